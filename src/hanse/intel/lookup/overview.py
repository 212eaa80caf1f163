"""What is happening: the figures of the first page, as one viewer may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hanse.base.ids import ClaimId
from hanse.feed import audiences, protection
from hanse.feed.protection import Reach
from hanse.intel.lookup import search, store
from hanse.intel.lookup.search import Found, Query
from hanse.intel.lookup.store import Counts
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx

DAY = timedelta(days=1)
REACHES_SHOWN = 500  # items in the chart of times to protect
NEWEST_SHOWN = 12
BRANDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class AttackedBrand:
    """A brand and how many values imitate it."""

    brand: UUID
    name_en: str
    name_zh: str
    values: int


@dataclass(frozen=True, slots=True)
class Overview:
    """`p95_seconds`: time to protect the last edge, over the items of a day."""

    counts: Counts
    hits_today: int
    reaches: tuple[Reach, ...]
    p95_seconds: float | None
    newest: tuple[Found, ...]
    brands: tuple[AttackedBrand, ...]


def overview(tx: Tx, caller: Caller) -> Overview:
    """The overview at this instant."""
    visible = audiences.visible(tx, caller.viewer)
    claims = store.newest_claims(tx, visible, tx.now - DAY, REACHES_SHOWN)
    reaches = protection.reach(tx, [ClaimId(claim) for claim, _ in claims])
    attacked = store.attacked_brands(tx, visible, tx.now - 7 * DAY, BRANDS_SHOWN)
    newest = search.search(tx, caller, Query(status="all"), limit=NEWEST_SHOWN)
    return Overview(
        counts=store.counts(tx, visible, tx.now - DAY),
        hits_today=store.hits_since(tx, visible, tx.now - DAY),
        reaches=tuple(reaches),
        p95_seconds=_p95(reaches),
        newest=newest.found,
        brands=tuple(AttackedBrand(*row) for row in attacked),
    )


def count_values(tx: Tx, caller: Caller, most: int) -> int:
    """Active values the caller may see; a lower bound beyond `most` claims."""
    return store.count_values(tx, audiences.visible(tx, caller.viewer), most)


def _p95(reaches: Sequence[Reach]) -> float | None:
    """Of the items that reached every edge; None if there are none."""
    seconds = sorted(
        each.last_seconds
        for each in reaches
        if each.last_seconds is not None and each.reached == each.edges
    )
    return seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))] if seconds else None
