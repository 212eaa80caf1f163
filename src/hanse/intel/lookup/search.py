"""Search over values and words: by value, by host, by text in either script.

A query that reads as a value (also defanged) finds that value and, for a URL or a
domain, what is known on its host; anything else is taken as words, of which every
one must occur (hanzi by pairs). Filters are combined with it. Pages are by opaque
cursors and each value stands on exactly one page.
"""

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hanse.base.errors import Malformed
from hanse.feed import audiences
from hanse.feed.sharing import Tlp
from hanse.intel.claim import Category
from hanse.intel.lookup import store
from hanse.intel.lookup.indicator import bare_score, state_of
from hanse.intel.lookup.people import Teller, sees_names, teller_of
from hanse.intel.lookup.store import ClaimRow, Wanted
from hanse.intel.reporting import digest_of
from hanse.intel.terms import asked
from hanse.membership.caller import Caller
from hanse.observables.defanging import refang
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.matcher import expressions
from hanse.observables.parse import recognise
from hanse.observables.url import host_of
from hanse.storage.tx import Tx
from hanse.trust.score import Score

MAX_PAGE = 200
MAX_QUERY = 2_000  # characters


class QueryUnfit(Malformed):
    """A search that cannot be understood."""

    code = "intel.query_unfit"
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody looks for; empty fields do not narrow."""

    text: str = ""
    kinds: tuple[Kind, ...] = ()
    categories: tuple[Category, ...] = ()
    brand: UUID | None = None
    member: UUID | None = None
    tlp: Tlp | None = None
    status: str = "active"  # active, withdrawn, all
    since: datetime | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A value in a list: its newest matching claim, and what all say together."""

    claim: ClaimRow
    teller: Teller
    members: int
    score: Score
    state: str


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor of the following page, empty on the last."""

    found: tuple[Found, ...]
    next: str


def search(
    tx: Tx, caller: Caller, query: Query, *, cursor: str = "", limit: int = 50
) -> Page:
    """Values the caller may see, newest first.

    Raises:
        QueryUnfit: a text too long, or a cursor this hub did not give out.
    """
    limit = max(1, min(limit, MAX_PAGE))
    visible = audiences.visible(tx, caller.viewer)
    rows = store.search(
        tx,
        _wanted(caller, query),
        visible,
        viewer=caller.member,
        sees_names=sees_names(caller),
        before=open_cursor(cursor),
        limit=limit + 1,
    )
    shown = rows[:limit]
    following = ""
    if len(rows) > limit:
        following = make_cursor(shown[-1].revised_at, shown[-1].id)
    return Page(tuple(_found(tx, caller, shown, visible)), following)


def _found(
    tx: Tx, caller: Caller, rows: Sequence[ClaimRow], visible: Sequence[int]
) -> list[Found]:
    numbers = [row.observable_id for row in rows]
    said: dict[int, list[ClaimRow]] = {}
    for claim in store.claims_on(tx, numbers, visible):
        said.setdefault(claim.observable_id, []).append(claim)
    found = []
    for row in rows:
        active = [c for c in said.get(row.observable_id, ()) if c.is_active]
        points = bare_score(active, tx.now)
        state = state_of(points, is_active=bool(active))
        teller = teller_of(tx, caller, row)
        found.append(Found(row, teller, len(active), points, state))
    return found


def _wanted(caller: Caller, query: Query) -> Wanted:
    text = query.text.strip()
    if len(text) > MAX_QUERY:
        raise QueryUnfit(f"a search has at most {MAX_QUERY} characters; shorten it")
    observable = _as_value(text)
    digests: tuple[bytes, ...] = ()
    host, prefix = "", ""
    if observable is not None:
        digests = tuple(_digests(observable))
        host = _host_reversed(observable)
    elif text and " " not in text and text.isascii():
        prefix = refang(text).lower()
    return Wanted(
        terms=() if observable is not None or not text else tuple(asked(text)),
        digests=digests,
        prefix=prefix,
        host=host,
        kinds=tuple(kind.value for kind in query.kinds),
        categories=tuple(category.value for category in query.categories),
        brand=query.brand,
        member=query.member,
        tlp="" if query.tlp is None else query.tlp.value,
        status=query.status,
        since=query.since,
        mine=caller.member if query.mine else None,
    )


def _as_value(text: str) -> Observable | None:
    if not text:
        return None
    try:
        return recognise(text)
    except ObservableMalformed:
        return None


def _digests(observable: Observable) -> list[bytes]:
    """The value itself and whatever would cover it at an edge."""
    covering = [digest_of(observable)]
    for expression in expressions(observable):
        kind, _, value = expression.partition(":")
        covering.append(digest_of(Observable(Kind(kind), value)))
    return covering


def _host_reversed(observable: Observable) -> str:
    if observable.kind is Kind.URL:
        host = host_of(observable.value)
    elif observable.kind is Kind.DOMAIN:
        host = observable.value
    else:
        return ""
    return ".".join(reversed(host.split("."))) + "."


# --- cursors ---------------------------------------------------------------------

_PLACE = struct.Struct(">q16s")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def make_cursor(at: datetime, row_id: UUID) -> str:
    """A place in a list ordered by instant and id, both of which the viewer saw."""
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    packed = _PLACE.pack(micros, row_id.bytes)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def open_cursor(text: str) -> tuple[datetime, UUID] | None:
    """Read a place back; the empty text is the beginning."""
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        micros, row_id = _PLACE.unpack(raw)
        return _EPOCH + timedelta(microseconds=micros), UUID(bytes=row_id)
    except (binascii.Error, ValueError, struct.error, OverflowError) as error:
        raise QueryUnfit(
            "this is not a page cursor of ours; start from the first page"
        ) from error
