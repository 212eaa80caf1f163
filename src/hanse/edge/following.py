"""Following the feed: catch up in batches, then listen; verify, apply, acknowledge.

One asyncio task per edge and no thread of its own. Every batch is verified whole
(`verifying`) and applied whole (`applying`); what does not verify changes nothing and
is said loudly. The place in the feed is kept with what was applied, so following
resumes without a gap after any interruption, of whichever side.

Large batches are worked on in the event loop's shared threads, so that checks go on
being answered.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from random import Random
from typing import Protocol

import structlog

from hanse.audit.checkpoint import Verifier
from hanse.base.errors import Refusal
from hanse.edge import applying, pace, verifying
from hanse.edge.applying import Changes, Standing
from hanse.edge.digest import Digester
from hanse.edge.link import Link, LinkState
from hanse.edge.local import Local
from hanse.edge.pace import Pace
from hanse.edge.verifying import Head, NotVerified
from hanse.feed.remote import (
    AccessEnded,
    CursorLost,
    FeedCursor,
    HubAway,
    Ping,
)
from hanse.feed.wire import WireBatch

MAX_INLINE = 100  # items; a thread costs more than such a batch

_journal = structlog.get_logger("hanse.edge")


class Feed(Protocol):
    """The hub's feed as an edge sees it; see `hanse.feed.remote`."""

    async def batch(self, cursor: FeedCursor, limit: int) -> WireBatch:
        """The next items after `cursor`."""
        ...

    def stream(self, cursor: FeedCursor) -> AsyncIterator[WireBatch | Ping]:
        """What the hub pushes after `cursor`."""
        ...

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """That the log of size `new` continues that of size `old`."""
        ...

    async def acknowledge(self, cursor: FeedCursor) -> None:
        """Everything before `cursor` is enforced here."""
        ...

    async def send_sightings(self, batch_id: str, sightings: bytes) -> None:
        """Hand over a batch of sightings under its id."""
        ...


class Follower:
    """Keeps one store in step with one hub."""

    def __init__(
        self,
        feed: Feed,
        local: Local,
        verifier: Verifier,
        *,
        writing: asyncio.Lock,
        on_changes: Callable[[Changes], None],
        clock: Callable[[], datetime],
        chance: Random,
        pace: Pace,
        limit: int,
        most_new_blocks: int | None,
    ) -> None:
        """`writing` is held by whoever writes to `local`; `limit` is per batch."""
        self._feed = feed
        self._local = local
        self._digester = Digester(local.secret)
        self._verifier = verifier
        self._writing = writing
        self._on_changes = on_changes
        self._clock = clock
        self._chance = chance
        self._pace = pace
        self._limit = limit
        self._most_new_blocks = most_new_blocks
        self._failures = 0
        self._taking = asyncio.Lock()  # a batch is judged by what stood before it
        self.standing: Standing = applying.standing(local)
        self.link = Link(LinkState.STARTING, clock())
        self.is_at_head = asyncio.Event()
        self.has_news = asyncio.Event()  # something to acknowledge

    @property
    def cursor(self) -> FeedCursor:
        """Where to read on."""
        return FeedCursor(self.standing.cursor)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._follow()
            except Refusal as refusal:
                seconds = await self._meet(refusal)
            except Exception as error:  # noqa: BLE001 - outermost loop: never stop
                self._turn(LinkState.AWAY, f"a fault of this edge: {error!r}")
                _journal.exception("edge.following_failed")
                self._failures += 1
                seconds = pace.wait(self._pace, self._failures, self._chance)
            await asyncio.sleep(seconds)

    async def take(self, batch: WireBatch) -> None:
        """Verify and apply one batch; NotVerified leaves everything as it was."""
        head = verifying.head_of(batch.checkpoint, self._verifier)
        async with self._taking:
            await self._require_growth(batch, head)
            async with self._writing:
                stands, changes = await self._work(batch, head)
                self.standing = stands
                self._on_changes(changes)
        if changes.held:
            _journal.warning("edge.brake_holds", values=changes.held)
        if changes.unreadable:
            _journal.warning("edge.items_unreadable", items=changes.unreadable)
        self._failures = 0
        self.has_news.set()
        if not batch.more:
            self.is_at_head.set()

    async def catch_up(self) -> None:
        """Read batches until the head of the feed."""
        self.is_at_head.clear()
        if self.link.state in (LinkState.STARTING, LinkState.CONNECTED):
            self._turn(LinkState.CATCHING_UP)
        batch = await self._feed.batch(self.cursor, self._limit)
        while batch.more:
            # The hub reads the next batch while this one is verified and applied.
            coming = asyncio.ensure_future(
                self._feed.batch(FeedCursor(batch.next), self._limit)
            )
            coming.add_done_callback(_ignore_failure)
            try:
                await self.take(batch)
                self._turn(LinkState.CATCHING_UP)
                batch = await coming
            finally:
                coming.cancel()
        await self.take(batch)
        self._turn(LinkState.CONNECTED)

    async def _follow(self) -> None:
        await self.catch_up()
        async for event in self._feed.stream(self.cursor):
            if isinstance(event, Ping):
                await self._hear(event)
            else:
                await self.take(event)
            self._turn(LinkState.CONNECTED)

    async def _require_growth(self, batch: WireBatch, head: Head) -> None:
        old = self.standing.head
        if not verifying.needs_proof(old, head):
            return
        growth = batch.consistency
        if growth is not None and growth.old == old.size:
            proof = list(growth.proof)
        else:
            proof = await self._feed.consistency(old.size, head.size)
        verifying.require_growth(old, head, proof)

    async def _work(self, batch: WireBatch, head: Head) -> tuple[Standing, Changes]:
        if len(batch.items) <= MAX_INLINE:
            return self._prove_and_apply(batch, head)
        work = asyncio.ensure_future(
            asyncio.to_thread(self._prove_and_apply, batch, head)
        )
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await work  # the store must not be closed under the thread
            raise

    def _prove_and_apply(
        self, batch: WireBatch, head: Head
    ) -> tuple[Standing, Changes]:
        items = verifying.prove_items(batch, head)
        return applying.apply(
            self._local,
            self._digester,
            items,
            head=head,
            cursor=batch.next,
            is_at_head=not batch.more,
            limit=self._most_new_blocks,
            now=self._clock(),
        )

    async def _hear(self, ping: Ping) -> None:
        async with self._writing:
            self.standing = applying.hear(self._local, ping.next, self._clock())
        self._failures = 0

    async def _meet(self, refusal: Refusal) -> float:
        """Say what happened; how long to wait before the next attempt."""
        if isinstance(refusal, CursorLost):
            await self._restart_reading()
        if isinstance(refusal, AccessEnded):
            self._turn(LinkState.ENDED, refusal.message)
            return pace.slow_wait(self._pace, self._chance)
        self._failures += 1
        if isinstance(refusal, HubAway):
            self._turn(LinkState.AWAY, refusal.message)
        else:
            self._turn(LinkState.REFUSED, refusal.message)
        seconds = pace.wait(self._pace, self._failures, self._chance)
        return seconds + self._pace.first_wait * isinstance(refusal, NotVerified)

    async def _restart_reading(self) -> None:
        async with self._writing:
            self.standing = applying.restart(self._local)

    def _turn(self, state: LinkState, detail: str = "") -> None:
        if state is not self.link.state:
            is_trouble = state in (LinkState.REFUSED, LinkState.ENDED)
            level = "error" if is_trouble else "info"
            said = {"detail": detail} if detail else {}
            getattr(_journal, level)("edge.link", state=state.value, **said)
        if state is not self.link.state or detail != self.link.detail:
            self.link = self.link.turned(state, self._clock(), detail)
        if state is not LinkState.CONNECTED:
            self.is_at_head.clear()


def _ignore_failure(done: asyncio.Future[WireBatch]) -> None:
    """Nobody waits for this one any more if the batch before it was refused."""
    if not done.cancelled():
        done.exception()
