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

import msgspec

from hanse.edge import brake as braking
from hanse.edge.brake import Brake
from hanse.edge.claims import NOT_PLAIN, claims_of, gist_of, key_of, opinion_of
from hanse.edge.digest import Digester
from hanse.edge.local import ClaimRow, GistRow, Local
from hanse.edge.verifying import NOTHING, Head, Proven
from hanse.feed.item import ItemBody, RemovalBody
from hanse.trust.score import Opinion, score

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
    """What a batch did, for the index and the checker: digests of values."""

    added: list[int] = field(default_factory=list)  # digests, perhaps known before
    removed: list[int] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    gists: list[GistRow] = field(default_factory=list)  # of what is touched and stays
    held: int = 0
    unreadable: int = 0


def standing(local: Local) -> Standing:
    """Where the edge stands."""
    return local.find_state(STANDING, Standing) or Standing()


def apply(
    local: Local,
    digester: Digester,
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
        work = _Work(local, digester, items)
        counts = stood.caught_up_at is not None and bool(work.changes.added)
        before = work.blocked(now) if counts else set()
        work.write()
        begun = (
            [key for key in work.blocked(now) if key not in before] if counts else []
        )
        braked = _brake(work, begun, brake, stood, limit=limit, now=now)
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
    work: "_Work",
    begun: list[str],
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
    room = braking.room(brake, in_force, now)
    if not begun:
        return brake
    allowed = begun if room is None else begun[:room]
    work.hold(begun[len(allowed) :], now)
    return braking.spend(brake, len(allowed), in_force, now)


class _Work:
    """One batch being applied: of each claim the item that stands latest."""

    def __init__(
        self, local: Local, digester: Digester, items: Sequence[Proven]
    ) -> None:
        self._local = local
        self._digester = digester
        self.changes = Changes()
        latest = self._latest(items)
        known = local.claims_in_tx(list(latest))
        self._rows: list[ClaimRow] = []
        left: set[int] = set()
        for claim, (item, body) in latest.items():
            seq, before = known.get(claim, (-1, None))
            if seq >= item.seq:
                continue
            after = self._plan(claim, item, body)
            if before is not None and before != after:
                left.add(before)
        self._left = sorted(left)
        self.changes.touched |= left

    def write(self) -> None:
        """Put the claims into the store, and see which values have none left."""
        self._local.put_claims(self._rows)
        self.changes.gists = self._local.gists_in_tx(sorted(self.changes.touched))
        claimed = {row[0] for row in self.changes.gists}
        self.changes.removed = [each for each in self._left if each not in claimed]
        self._local.drop_holds(self.changes.removed)

    def blocked(self, now: datetime) -> list[str]:
        """The keys now blocked among the values that this batch says more about.

        As if every claim had begun, so that none slips past the brake by beginning
        later. Held values count as blocked: they are held already.
        """
        opinions: dict[str, list[Opinion]] = {}
        for body in claims_of(self._local.bodies_in_tx(self.changes.added)):
            opinions.setdefault(key_of(body), []).append(opinion_of(body))
        return [key for key, said in opinions.items() if score(said, now).is_enforced]

    def hold(self, keys: Sequence[str], now: datetime) -> None:
        """Let these values be watched only."""
        if keys:
            pairs = [(key, self._digester.of(key)) for key in keys]
            self._local.hold(pairs, now)
            self.changes.held = len(keys)

    def _latest(self, items: Sequence[Proven]) -> dict[bytes, tuple[Proven, ItemBody]]:
        latest: dict[bytes, tuple[Proven, ItemBody]] = {}
        for item in items:
            if item.body is None:
                self.changes.unreadable += 1
                continue
            claim = item.body.claim.bytes
            other = latest.get(claim)
            if other is None or other[0].seq < item.seq:
                latest[claim] = item, item.body
        return latest

    def _plan(self, claim: bytes, item: Proven, body: ItemBody) -> int | None:
        """Plan the claim's row; its digest unless it is over."""
        if isinstance(body, RemovalBody):
            self._rows.append(
                ClaimRow(claim, item.seq, None, b"", 0, 0, NOT_PLAIN, b"")
            )
            return None
        digest, proof = self._digester.proven(key_of(body))
        gist = gist_of(body, proof)
        self._rows.append(
            ClaimRow(
                claim,
                item.seq,
                digest,
                item.salt,
                gist.proof,
                gist.told,
                gist.confidence,
                item.raw,
            )
        )
        self.changes.added.append(digest)
        self.changes.touched.add(digest)
        return digest
