"""Applying what was proven: claims in and out, cursor and checkpoint with them.

One transaction per batch: after a kill -9 the edge either has the batch and its
cursor, or neither. Of everything said about one claim, the item that stands latest in
the log counts, in whatever order items come; so a batch applied twice changes
nothing, and an old item shown again is ignored.

The brake is asked here (see `brake`): values that begin to be blocked are counted,
and what exceeds the limit is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from hanse.edge import brake as braking
from hanse.edge.brake import Brake
from hanse.edge.claims import claims_of, opinion_of
from hanse.edge.local import Local
from hanse.edge.verifying import NOTHING, Head, Proven
from hanse.feed.item import ClaimBody, RemovalBody
from hanse.trust.score import score

STANDING = "standing"
BRAKE = "brake"
LISTS = "lists"  # raised whenever brake or lists change: a running edge looks


class Standing(msgspec.Struct, frozen=True):
    """Where this edge stands in the feed, and when it last heard from the hub.

    `heard_at` is when something verified last came; `applied_at` when something
    changed; `caught_up_at` when the edge first stood at the head. `unreadable`
    counts proven items that this version of the edge does not know.
    """

    cursor: str = ""
    head: Head = NOTHING
    heard_at: datetime | None = None
    applied_at: datetime | None = None
    caught_up_at: datetime | None = None
    unreadable: int = 0


@dataclass(slots=True)
class Changes:
    """What a batch did, for the index and the checker."""

    added: list[tuple[int, str]] = field(default_factory=list)
    removed: list[tuple[int, str]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    held: int = 0
    unreadable: int = 0


def standing(local: Local) -> Standing:
    """Where the edge stands."""
    return local.find_state(STANDING, Standing) or Standing()


def apply(
    local: Local,
    items: Sequence[Proven],
    *,
    head: Head,
    cursor: str,
    is_at_head: bool,
    limit: int | None,
    now: datetime,
) -> tuple[Standing, Changes]:
    """Apply proven items in one transaction; `limit` is the settings' brake."""
    with local.begin():
        stood = local.find_state_in_tx(STANDING, Standing) or Standing()
        brake = local.find_state_in_tx(BRAKE, Brake) or Brake()
        work = _Work(local, None if stood.caught_up_at is None else now)
        for item in items:
            work.take(item)
        braked = _brake(local, work, brake, stood, limit=limit, now=now)
        if is_at_head:
            braked = braking.caught_up(braked)
        if braked != brake:
            local.keep_state(BRAKE, braked)
        stands = _stands(stood, work, head, cursor, is_at_head=is_at_head, now=now)
        local.keep_state(STANDING, stands)
    return stands, work.changes


def hear(local: Local, cursor: str, now: datetime) -> Standing:
    """The hub has nothing new up to `cursor`: read on from there."""
    with local.begin():
        stood = local.find_state_in_tx(STANDING, Standing) or Standing()
        stands = msgspec.structs.replace(stood, cursor=cursor, heard_at=now)
        local.keep_state(STANDING, stands)
    return stands


def restart(local: Local) -> Standing:
    """Read the feed from its start again; all that is held stays and is confirmed."""
    with local.begin():
        stood = local.find_state_in_tx(STANDING, Standing) or Standing()
        stands = msgspec.structs.replace(stood, cursor="")
        local.keep_state(STANDING, stands)
    return stands


def _stands(
    stood: Standing,
    work: "_Work",
    head: Head,
    cursor: str,
    *,
    is_at_head: bool,
    now: datetime,
) -> Standing:
    first = stood.caught_up_at
    if first is None and is_at_head:
        first = now
    return Standing(
        cursor=cursor,
        head=head,
        heard_at=now,
        applied_at=now if work.changes.touched else stood.applied_at,
        caught_up_at=first,
        unreadable=stood.unreadable + work.changes.unreadable,
    )


def _brake(
    local: Local,
    work: "_Work",
    brake: Brake,
    stood: Standing,
    *,
    limit: int | None,
    now: datetime,
) -> Brake:
    """Hold what exceeds the limit; the brake afterwards."""
    in_force = brake.limit_or(limit)
    if stood.heard_at is not None:
        brake = braking.returning(brake, in_force, now - stood.heard_at)
    begun = work.begun_blocks()
    room = braking.room(brake, in_force, now)
    if not begun:
        return brake
    allowed = begun if room is None else begun[:room]
    over = begun[len(allowed) :]
    if over:
        local.hold(over, now)
        work.changes.held = len(over)
    return braking.spend(brake, len(allowed), in_force, now)


class _Work:
    """One batch being applied. `counted_at` is None while blocks are not counted."""

    def __init__(self, local: Local, counted_at: datetime | None) -> None:
        self._local = local
        self._counted_at = counted_at
        self._was_blocked: dict[int, bool] = {}
        self.changes = Changes()

    def take(self, item: Proven) -> None:
        """Let one item count, if it is the latest of its claim."""
        body = item.body
        if body is None:
            self.changes.unreadable += 1
            return
        claim = UUID(str(body.claim)).bytes
        known = self._local.find_claim(claim)
        if known is not None and known.seq >= item.seq:
            return
        before = None if known is None else known.value
        if isinstance(body, RemovalBody):
            self._local.put_claim(claim, item.seq, value=None, salt=b"", body=b"")
            value = None
        else:
            value = self._value_for(body)
            self._local.put_claim(
                claim, item.seq, value=value, salt=item.salt, body=item.raw
            )
        if before is not None and before != value:
            self._let_go(before)

    def begun_blocks(self) -> list[int]:
        """Values that this batch made the edge block, in the feed's order."""
        return [
            value
            for value, was_blocked in self._was_blocked.items()
            if not was_blocked
            and self._is_blocked(value)
            and not self._local.is_held_in_tx(value)
        ]

    def _value_for(self, body: ClaimBody) -> int:
        key = f"{body.observable_kind}:{body.value}"
        value = self._local.value_in_tx(key)
        if value is None:
            value = self._local.add_value(key)
            self.changes.added.append((value, key))
            if self._counted_at is not None:
                self._was_blocked[value] = False
        elif self._counted_at is not None and value not in self._was_blocked:
            self._was_blocked[value] = self._is_blocked(value)
        self.changes.touched.add(value)
        return value

    def _let_go(self, value: int) -> None:
        self.changes.touched.add(value)
        key = self._local.drop_value_without_claims(value)
        if key is not None:
            self.changes.removed.append((value, key))
            self._was_blocked.pop(value, None)

    def _is_blocked(self, value: int) -> bool:
        # As if every claim had begun, so that none slips past the brake by
        # beginning later.
        assert self._counted_at is not None
        bodies = claims_of(self._local.bodies_in_tx(value))
        opinions = [opinion_of(body) for body in bodies]
        return score(opinions, self._counted_at).is_enforced
