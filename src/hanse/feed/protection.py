"""Who is protected since when: from what edges acknowledged.

An edge that stands at or past an item's position has applied it; the time from the
item's instant to the hub's receipt of that acknowledgement is the time to protect.
Only edges of members that may hear the item count, as if it came from nobody: where
only its origin's machines may hold it (TLP:RED), its edges would say whose it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hanse.base.ids import ClaimId, EdgeId, MemberId
from hanse.feed import audiences, store
from hanse.feed.sharing import Audience, may_see
from hanse.membership.standing import machine_viewers
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Protected:
    """An edge, whose it is, and since when it has applied an item (None: not yet)."""

    edge: EdgeId
    member: MemberId
    member_name: str
    edge_name: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How an item spread: of `edges` that may hear it, `reached` have applied it.

    `last_seconds` is the time from its instant to the last of those that have.
    """

    seq: int
    at: datetime
    edges: int
    reached: int
    last_seconds: float | None


def positions(tx: Tx, claims: Sequence[ClaimId]) -> dict[UUID, int]:
    """Where in the log the newest item of each of these claims stands."""
    return store.positions(tx, claims)


def of(tx: Tx, seq: int, audience_id: int) -> list[Protected]:
    """Every edge that may hear the item at `seq`, and since when it is applied."""
    audience = _of_nobody(audiences.of_ids(tx, [audience_id])[audience_id])
    hearing = {
        member
        for member, viewer in machine_viewers(tx).items()
        if may_see(viewer, audience)
    }
    return [
        Protected(EdgeId(r.edge), MemberId(r.member), r.member_name, r.edge_name, r.at)
        for r in store.protected(tx, seq)
        if r.member in hearing
    ]


def reach(tx: Tx, claims: Sequence[ClaimId]) -> list[Reach]:
    """How the newest items of these claims spread, newest first."""
    viewers = machine_viewers(tx)
    known = audiences.every(tx)
    hearing: dict[int, list[MemberId]] = {}
    spread = []
    for item in store.items_of(tx, claims):
        if item.audience_id not in hearing:
            audience = _of_nobody(known[item.audience_id])
            hearing[item.audience_id] = [
                m for m, viewer in viewers.items() if may_see(viewer, audience)
            ]
        acked = store.first_acks(tx, item.seq, hearing[item.audience_id])
        reached = [at for at in acked if at is not None]
        last = max(reached, default=None)
        spread.append(
            Reach(
                item.seq,
                item.at,
                len(acked),
                len(reached),
                None if last is None else max(0.0, (last - item.at).total_seconds()),
            )
        )
    return spread


def _of_nobody(audience: Audience) -> Audience:
    return replace(audience, origin=None)
