"""A member's own reports: what each claimed, and whom it has reached by now.

Another member's report is answered like one that does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from hanse.base.errors import NotFound
from hanse.base.ids import ClaimId
from hanse.feed import protection
from hanse.feed.protection import Protected
from hanse.intel.lookup import store
from hanse.intel.lookup.search import make_cursor, open_cursor
from hanse.intel.lookup.store import ClaimRow, ReportRow
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx

CLAIMS_SHOWN = 1_000


class NoSuchReport(NotFound):
    """No such report, or another member's."""

    code = "intel.no_such_report"


@dataclass(frozen=True, slots=True)
class Told:
    """A report, its claims as they are now, and the edges its last item concerns.

    An edge that has applied the last item has applied all before it.
    """

    report: ReportRow
    claims: tuple[ClaimRow, ...]
    protected: tuple[Protected, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """`next` is the cursor of the following page, empty on the last."""

    reports: Sequence[ReportRow]
    next: str


def list_reports(
    tx: Tx, caller: Caller, *, cursor: str = "", limit: int = 50
) -> Reports:
    """Newest first; the operator and overseers see everyone's."""
    caller.need(Scope.READ)
    sees_all = caller.is_operator or caller.is_overseer
    member = None if sees_all else caller.need_member()
    rows = store.reports(tx, member, open_cursor(cursor), limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    return Reports(shown, make_cursor(shown[-1].at, shown[-1].id) if more else "")


def get_report(tx: Tx, caller: Caller, report: UUID) -> Told:
    """One report; raises `NoSuchReport`."""
    caller.need(Scope.READ)
    row = store.report(tx, report)
    may = caller.is_operator or caller.is_overseer
    if row is None or not (may or row.member == caller.member):
        raise NoSuchReport("there is no such report of yours; look at your list")
    claims = store.claims_of_report(tx, report, CLAIMS_SHOWN)
    return Told(row, tuple(claims), tuple(_protected(tx, claims)))


def _protected(tx: Tx, claims: Sequence[ClaimRow]) -> list[Protected]:
    active = [claim for claim in claims if claim.is_active]
    seqs = protection.positions(tx, [ClaimId(claim.id) for claim in active])
    placed = [(seqs[c.id], c.audience_id) for c in active if c.id in seqs]
    return protection.of(tx, *max(placed)) if placed else []
