"""A small real hub: a Merkle log, signed checkpoints, and the feed's own rules.

It stands in for the hub wherever an edge is tested alone: its proofs and signatures
are real, its delivery follows the rules of `hanse.feed` (removals first up to the
goal, then what is true now), and it can be told to misbehave. Equal seeds give equal
logs, byte for byte, in any process.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from hanse.audit import merkle
from hanse.audit.checkpoint import Checkpoint, Signer, sign
from hanse.audit.event import salted_leaf
from hanse.audit.multiproof import prove_many
from hanse.base.ids import ClaimId, MemberId
from hanse.feed.item import ClaimBody, ItemKind, RemovalBody, Source, encode
from hanse.feed.remote import AccessEnded, FeedCursor, HubAway, Ping
from hanse.feed.sharing import Tlp
from hanse.feed.wire import WireBatch, WireGrowth, WireItem

ORIGIN = "hub.example/log"
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stored:
    seq: int
    kind: ItemKind
    claim: UUID
    revision: int
    only: str | None
    salt: bytes
    body: bytes


@dataclass(slots=True)
class Truth:
    """What is now so of a claim."""

    revision: int
    audience: frozenset[str]
    is_active: bool
    body: ClaimBody


@dataclass(frozen=True, slots=True)
class Place:
    done: int = -1
    removed: int = -1
    until: int = -1
    size: int = 0


class Tree:
    """Leaves, and every complete subtree of them."""

    def __init__(self) -> None:
        self.frontier = merkle.Frontier()
        self._nodes: dict[tuple[int, int], bytes] = {}

    def append(self, leaf_hash: bytes) -> int:
        index = self.frontier.size
        self._nodes[0, index] = leaf_hash
        self.frontier, finished = merkle.append(self.frontier, [leaf_hash])
        self._nodes |= {(node.level, node.index): node.hash for node in finished}
        return index

    def get(self, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        return {position: self._nodes[position] for position in wanted}


class SimulatedHub:
    """One alliance. Circles are names; a claim's audience is a set of them."""

    def __init__(self, seed: int = 0, signing_seed: bytes = b"s" * 32) -> None:
        self.random = Random(seed)
        self.signer = Signer(ORIGIN, signing_seed)
        self.tree = Tree()
        self.items: list[Stored] = []
        self.truth: dict[UUID, Truth] = {}
        self.members = {"ours", "theirs"}
        self.circles: dict[str, set[str]] = {}
        self.now = MORNING
        self.checkpoints: list[str] = []
        self.acknowledged: list[str] = []
        self.sightings: dict[str, bytes] = {}
        self.sightings_heard = 0
        self.is_away = False
        self.suspended: set[str] = set()
        self.changed = asyncio.Event()
        self.note_act()

    # --- deeds ----------------------------------------------------------------

    def note_act(self) -> None:
        """A leaf of the log that is no feed item."""
        self._leaf(b'{"act":"something.done"}')
        self._seal()

    def say_something_new(self, raw: bytes) -> None:
        """An item of a kind that today's edges do not know."""
        claim = self.report("ip:198.51.100.1")
        self._place(ItemKind.CLAIM, claim, 1, None, raw)
        self._seal()

    def report(
        self,
        key: str,
        *,
        confidence: int = 90,
        to: Iterable[str] = ("all",),
        by: str = "Harbour Pay",
        **changed: object,
    ) -> UUID:
        """A new claim on `key` (kind:value) for these circles."""
        kind, _, value = key.partition(":")
        body = ClaimBody(
            kind=ItemKind.CLAIM,
            claim=ClaimId(UUID(int=self.random.getrandbits(128), version=4)),
            revision=1,
            observable_kind=kind,
            value=value,
            category="phishing",
            confidence=confidence,
            tlp=Tlp.GREEN,
            source=Source(member=MemberId(UUID(int=7)), name=by),
            valid_from=self.now,
            at=self.now,
        )
        for name, what in changed.items():
            body = _with(body, name, what)
        self.truth[body.claim] = Truth(1, frozenset(to), is_active=True, body=body)
        self._publish(self.truth[body.claim])
        return body.claim

    def revise(
        self, claim: UUID, *, confidence: int, to: Iterable[str] | None = None
    ) -> None:
        truth = self.truth[claim]
        before = self._readers(truth)
        truth.revision += 1
        truth.is_active = True
        truth.audience = truth.audience if to is None else frozenset(to)
        truth.body = _with(_with(truth.body, "confidence", confidence), "at", self.now)
        truth.body = _with(truth.body, "revision", truth.revision)
        for member in sorted(before - self._readers(truth)):
            self._remove(ItemKind.REVOKE, claim, truth.revision, only=member)
        self._publish(truth)

    def withdraw(self, claim: UUID) -> None:
        truth = self.truth[claim]
        if truth.is_active:
            truth.revision += 1
            truth.is_active = False
            self._remove(ItemKind.WITHDRAW, claim, truth.revision, only=None)
            self._seal()

    def join(self, circle: str, member: str) -> None:
        self._move(member, lambda: self.circles.setdefault(circle, set()).add(member))

    def leave(self, circle: str, member: str) -> None:
        self._move(member, lambda: self.circles.get(circle, set()).discard(member))

    def _move(self, member: str, change: object) -> None:
        assert callable(change)
        before = {c for c, t in self.truth.items() if self.may_read(member, t)}
        change()
        after = {c for c, t in self.truth.items() if self.may_read(member, t)}
        for claim, truth in self.truth.items():
            if truth.is_active and claim in before - after:
                self._remove(ItemKind.REVOKE, claim, truth.revision, only=member)
            if truth.is_active and claim in after - before:
                granted = _with(truth.body, "kind", ItemKind.GRANT)
                self._item(granted, truth.revision, only=member)
        self._seal()

    # --- who may read what --------------------------------------------------------

    def may_read(self, member: str, truth: Truth) -> bool:
        return "all" in truth.audience or any(
            member in self.circles.get(circle, ()) for circle in truth.audience
        )

    def held_by(self, member: str) -> dict[UUID, tuple[str, int]]:
        """What an edge of this member must hold: claim to (key, confidence)."""
        return {
            claim: (f"{t.body.observable_kind}:{t.body.value}", t.body.confidence)
            for claim, t in self.truth.items()
            if t.is_active and self.may_read(member, t)
        }

    def _readers(self, truth: Truth) -> set[str]:
        return {member for member in self.members if self.may_read(member, truth)}

    # --- the log ------------------------------------------------------------------

    @property
    def size(self) -> int:
        return self.tree.frontier.size

    @property
    def checkpoint(self) -> str:
        return self.checkpoints[-1]

    def _publish(self, truth: Truth) -> None:
        self._item(truth.body, truth.revision, only=None)
        self._seal()

    def _item(self, body: ClaimBody, revision: int, *, only: str | None) -> None:
        self._place(body.kind, body.claim, revision, only, encode(body))

    def _remove(
        self, kind: ItemKind, claim: UUID, revision: int, *, only: str | None
    ) -> None:
        body = RemovalBody(
            kind=kind, claim=ClaimId(claim), revision=revision, at=self.now
        )
        self._place(kind, claim, revision, only, encode(body))

    def _place(
        self, kind: ItemKind, claim: UUID, revision: int, only: str | None, raw: bytes
    ) -> None:
        seq, salt = self._leaf(raw)
        self.items.append(Stored(seq, kind, claim, revision, only, salt, raw))

    def _leaf(self, raw: bytes) -> tuple[int, bytes]:
        salt = self.random.randbytes(16)
        return self.tree.append(merkle.leaf_hash(salted_leaf(salt, raw))), salt

    def _seal(self) -> None:
        root = merkle.root(self.tree.frontier)
        self.checkpoints.append(sign(Checkpoint(ORIGIN, self.size, root), self.signer))
        self.now += timedelta(milliseconds=10)
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    # --- reading ------------------------------------------------------------------

    def read(self, member: str, place: Place, limit: int) -> tuple[WireBatch, Place]:
        goal = place.until if place.until > place.done else self.size - 1
        removed, done = max(place.removed, place.done), place.done
        chosen: list[Stored] = []
        if removed < goal:
            chosen = self._removals(member, removed, goal)[:limit]
            removed = chosen[-1].seq if len(chosen) == limit else goal
        if removed >= goal and len(chosen) < limit:
            found = self._contents(member, done, goal)[: limit - len(chosen)]
            done = found[-1].seq if len(found) == limit - len(chosen) else goal
            chosen += found
        following = Place(done, removed, goal if done < goal else -1, self.size)
        if done >= goal:
            following = Place(done, done, -1, self.size)
        batch = self._batch(chosen, place.size, following)
        return replace_batch(batch, more=following.done < self.size - 1), following

    def _removals(self, member: str, after: int, until: int) -> list[Stored]:
        return [
            item
            for item in self.items
            if after < item.seq <= until
            and item.kind.takes_away
            and (
                item.only == member
                if item.kind is ItemKind.REVOKE
                else self.may_read(member, self.truth[item.claim])
            )
        ]

    def _contents(self, member: str, after: int, until: int) -> list[Stored]:
        return [
            item
            for item in self.items
            if after < item.seq <= until
            and not item.kind.takes_away
            and item.only in (None, member)
            and self.truth[item.claim].is_active
            and self.truth[item.claim].revision == item.revision
            and self.may_read(member, self.truth[item.claim])
        ]

    def _batch(self, chosen: list[Stored], old: int, following: Place) -> WireBatch:
        seqs = sorted(item.seq for item in chosen)
        growth = None
        if 0 < old < self.size:
            growth = WireGrowth(old, tuple(self.consistency(old, self.size)))
        return WireBatch(
            items=tuple(WireItem(i.seq, i.salt, i.body.decode()) for i in chosen),
            proof=tuple(prove_many(self.tree, seqs, self.size)) if seqs else (),
            checkpoint=self.checkpoint,
            next=write_place(following),
            consistency=growth,
        )

    def batch_of(self, chosen: list[Stored]) -> WireBatch:
        """Items of one's choice, properly proven."""
        return self._batch(chosen, self.size, Place(self.size - 1, self.size - 1))

    def consistency(self, old: int, new: int) -> list[bytes]:
        return merkle.prove_consistency(self.tree, old, new)


@dataclass(slots=True)
class MemberFeed:
    """The feed as one member's edge reaches it; see `hanse.edge.following.Feed`."""

    hub: SimulatedHub
    member: str = "ours"
    # The connection breaks after so many calls; None: never.
    breaks_after: int | None = None
    calls: int = field(default=0)

    async def batch(self, cursor: FeedCursor, limit: int) -> WireBatch:
        self._reach()
        return self.hub.read(self.member, read_place(cursor), limit)[0]

    async def stream(self, cursor: FeedCursor) -> AsyncIterator[WireBatch | Ping]:
        place = read_place(cursor)
        while True:
            self._reach()
            changed = self.hub.changed
            batch, following = self.hub.read(self.member, place, 2_000)
            if batch.items:
                place = following
                yield batch
            else:
                place = replace(following, size=place.size)
                yield Ping(write_place(place))
            if not batch.more:
                async with asyncio.timeout(30):
                    await changed.wait()

    async def consistency(self, old: int, new: int) -> list[bytes]:
        self._reach()
        return self.hub.consistency(old, new)

    async def acknowledge(self, cursor: FeedCursor) -> None:
        self._reach()
        self.hub.acknowledged.append(cursor)

    async def send_sightings(self, batch_id: str, sightings: bytes) -> None:
        self._reach()
        self.hub.sightings_heard += 1
        self.hub.sightings.setdefault(batch_id, sightings)

    def _reach(self) -> None:
        self.calls += 1
        if self.breaks_after is not None and self.calls > self.breaks_after:
            raise HubAway("The line broke.")
        if self.hub.is_away:
            raise HubAway("The hub is away.")
        if self.member in self.hub.suspended:
            raise AccessEnded("The member is suspended.")


def replace_batch(batch: WireBatch, **changed: object) -> WireBatch:
    """The batch with some fields changed."""
    return msgspec.structs.replace(batch, **changed)


def write_place(place: Place) -> str:
    return json.dumps([place.done, place.removed, place.until, place.size])


def read_place(cursor: str) -> Place:
    return Place(*json.loads(cursor)) if cursor else Place()


def _with(body: ClaimBody, name: str, what: object) -> ClaimBody:

    return msgspec.structs.replace(body, **{name: what})
