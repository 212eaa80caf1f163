"""The live end of the feed: one reader per worker, many streams.

Each worker listens for PostgreSQL's notifications, reads every new item once, and
keeps a window of the newest. A stream filters the window by what its member may
see; members who see the same share the same encoded batch and proof. A stream
behind the window reads from the database until it has caught up.

When anything changes that may change who sees what (the membership epoch), every
stream is admitted anew before it is sent another byte, and ended with `bye` if it
no longer is. The same is done with every ping, so that also an expired key ends.
"""

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

import psycopg
import structlog

from hanse.audit import log
from hanse.base.secret import Secret
from hanse.feed import audiences, reading, store, wire
from hanse.feed.as_of_now import Readmit
from hanse.feed.item import ItemKind
from hanse.feed.reading import Batch, Cursor
from hanse.feed.store import StoredItem, TailItem
from hanse.membership.caller import Caller
from hanse.storage.tx import Database, Tx

MAX_WINDOW = 5_000  # items kept in memory by each worker
MAX_ENCODED = 256  # encoded batches shared by streams
CATCH_UP = 2_000  # items in one batch from the database
PING_SECONDS = 10.0
EPOCH_SECONDS = 0.05
RETRY_SECONDS = 1.0

_journal = structlog.get_logger("hanse.feed")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A stream's caller and what it may see, good for one epoch."""

    caller: Caller
    visible: frozenset[int]
    epoch: int


@dataclass(frozen=True, slots=True)
class Window:
    """The newest items, the head they reach to, and the epoch they may be judged by.

    Never changed, only replaced, so that a stream sees items, head and epoch that
    belong together. `start` is the first position the window knows about; `truth`
    the newest (revision, is_active) of the claims in it.
    """

    start: int = 0
    size: int = 0
    note: str = ""
    epoch: int = 0
    items: tuple[TailItem, ...] = ()
    seqs: tuple[int, ...] = ()
    truth: Mapping[UUID, tuple[int, bool]] = field(default_factory=dict)


class Tail:
    """The live end of the feed, as this worker knows it."""

    def __init__(self, database: Database, secret: Secret) -> None:
        self._database = database
        self._secret = secret
        self._window = Window()
        self._encoded: OrderedDict[tuple[tuple[int, ...], int, int], bytes] = (
            OrderedDict()
        )
        self._encoding = asyncio.Lock()
        self._changed = asyncio.Event()
        self._is_closed = False

    async def run(self) -> None:
        """Follow the database until cancelled; survives its restarts."""
        while not self._is_closed:
            try:
                await self._follow()
            except (psycopg.Error, OSError) as error:
                _journal.warning("feed.tail_lost", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                # This is who notices first; no request has to find each dead one.
                await asyncio.to_thread(self._database.renew)

    def close(self) -> None:
        """End all streams."""
        self._is_closed = True
        self._wake()

    async def _follow(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._database.url, autocommit=True
        )
        async with connection:
            await connection.execute("listen hanse_feed")
            await connection.execute("listen hanse_membership")
            while not self._is_closed:
                await asyncio.to_thread(self._refresh)
                self._wake()
                async for _ in connection.notifies(timeout=PING_SECONDS, stop_after=1):
                    pass

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _refresh(self) -> None:
        old = self._window
        with self._database.read() as tx:
            if store.head_seq(tx) < 0:
                self._window = replace(old, epoch=store.epoch(tx))
                return
            size, note = log.newest_checkpoint(tx)
            news: list[TailItem] = []
            if old.size and size > old.size:
                news = store.tail(tx, old.size - 1, size - 1)
            # Read last: an item must never be judged by an epoch older than itself.
            epoch = store.epoch(tx)
        # What was there before the first look is read from the database.
        start = old.start if old.size else size
        self._window = _grown(replace(old, start=start), news, size, note, epoch)

    # --- streams -----------------------------------------------------------

    async def batches(
        self, admitted: Admitted, cursor: Cursor, readmit: Readmit
    ) -> AsyncIterator[bytes]:
        """Server-sent events for one reader, until its access or the hub ends."""
        clock = asyncio.get_running_loop().time
        said_at = admitted_at = clock()
        while not self._is_closed:
            changed = self._changed
            is_due = clock() - admitted_at >= PING_SECONDS
            if is_due or admitted.epoch != self._window.epoch:
                again = await asyncio.to_thread(self._readmit, admitted, readmit)
                if again is None:
                    yield b'event: bye\ndata: {"reason":"access ended"}\n\n'
                    return
                admitted, admitted_at = again, clock()
            if admitted.epoch != self._window.epoch:
                # One of the two is older; whichever it is will have caught up soon.
                await self._wait(changed, EPOCH_SECONDS)
                continue
            event, cursor, more = await self._next(admitted, cursor)
            if not event and clock() - said_at >= PING_SECONDS:
                event = self._ping(admitted, cursor)
            if event:
                yield event
                said_at = clock()
            if not more:
                await self._wait(changed, PING_SECONDS - (clock() - said_at))

    def _readmit(self, admitted: Admitted, readmit: Readmit) -> Admitted | None:
        with self._database.read() as tx:
            caller = readmit(tx, admitted.caller)
            return None if caller is None else admit(tx, caller)

    async def _next(
        self, admitted: Admitted, cursor: Cursor
    ) -> tuple[bytes, Cursor, bool]:
        window = self._window
        if admitted.epoch != window.epoch:
            return b"", cursor, True  # admit again before anything is sent
        if cursor.done < window.start - 1 or window.size == 0:
            return await asyncio.to_thread(self._from_database, admitted, cursor)
        if cursor.done >= window.size - 1:
            return b"", cursor, False
        items = _pick(window, admitted, cursor.done)
        if not items:
            return b"", Cursor(window.size - 1, window.size - 1, cursor.size), False
        shared = await self._encode(items, window.size, window.note, cursor.size)
        following = Cursor(window.size - 1, window.size - 1, window.size)
        return self._event(shared, admitted, following), following, False

    async def _encode(
        self, items: tuple[StoredItem, ...], size: int, note: str, old: int
    ) -> bytes:
        key = (tuple(item.seq for item in items), size, old)
        async with self._encoding:
            if (found := self._encoded.get(key)) is None:
                found = await asyncio.to_thread(self._prove, items, size, note, old)
                self._encoded[key] = found
                while len(self._encoded) > MAX_ENCODED:
                    self._encoded.popitem(last=False)
        return found

    def _prove(
        self, items: tuple[StoredItem, ...], size: int, note: str, old: int
    ) -> bytes:
        with self._database.read() as tx:
            batch = Batch(
                items=items,
                proof=tuple(reading.prove(tx, items, size)),
                checkpoint=note,
                old_size=old,
                consistency=tuple(reading.prove_growth(tx, old, size)),
                next=Cursor(),
                more=False,
            )
        return wire.encode(to_wire(batch, ""))

    def _from_database(
        self, admitted: Admitted, cursor: Cursor
    ) -> tuple[bytes, Cursor, bool]:
        with self._database.walk() as tx:
            if store.head_seq(tx) < 0:
                return b"", cursor, False
            batch = reading.read(tx, admitted.caller.viewer, cursor, CATCH_UP)
            # Read last, as in `_refresh`.
            if store.epoch(tx) != admitted.epoch:
                return b"", cursor, True  # what may be seen changed while reading
        if not batch.items:
            return b"", batch.next, batch.more
        shared = wire.encode(to_wire(batch, ""))
        return self._event(shared, admitted, batch.next), batch.next, batch.more

    def _event(self, shared: bytes, admitted: Admitted, following: Cursor) -> bytes:
        sealed = self._seal(admitted, following)
        # `shared` is a JSON object without `next`; the reader's own cursor goes in.
        return b'event: batch\ndata: %b,"next":"%b"}\n\n' % (shared[:-1], sealed)

    def _ping(self, admitted: Admitted, cursor: Cursor) -> bytes:
        return b'event: ping\ndata: {"next":"%b"}\n\n' % self._seal(admitted, cursor)

    def _seal(self, admitted: Admitted, cursor: Cursor) -> bytes:
        member = admitted.caller.viewer.member
        return reading.seal_cursor(self._secret, member, cursor).encode()

    async def _wait(self, changed: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), max(0.01, seconds))


def _grown(
    old: Window, news: Sequence[TailItem], size: int, note: str, epoch: int
) -> Window:
    if not news:
        return replace(old, size=size, note=note, epoch=epoch)
    truth = dict(old.truth)
    for each in news:
        if each.stored.kind in (ItemKind.CLAIM, ItemKind.WITHDRAW):
            truth[each.claim_id] = (each.revision, each.stored.kind == ItemKind.CLAIM)
    items, start = (*old.items, *news), old.start
    if len(items) > MAX_WINDOW:
        items = items[-MAX_WINDOW // 2 :]
        start = items[0].stored.seq
        alive = {each.claim_id for each in items}
        truth = {claim: state for claim, state in truth.items() if claim in alive}
    seqs = tuple(each.stored.seq for each in items)
    return Window(start, size, note, epoch, items, seqs, truth)


def _pick(window: Window, admitted: Admitted, done: int) -> tuple[StoredItem, ...]:
    """What of the window past `done` this reader must hear: removals, then content."""
    member, visible = admitted.caller.viewer.member, admitted.visible
    gone, new = [], []
    for each in window.items[bisect_right(window.seqs, done) :]:
        stored = each.stored
        if stored.kind == ItemKind.REVOKE:
            if stored.only_member == member:
                gone.append(stored)
        elif stored.audience_id not in visible:
            continue
        elif stored.kind == ItemKind.WITHDRAW:
            gone.append(stored)
        elif _is_true(window, each) and stored.only_member in (None, member):
            new.append(stored)
    return (*gone, *new)


def _is_true(window: Window, each: TailItem) -> bool:
    # A grant may be of a claim older than the window: then nothing in the window
    # contradicts it.
    newest = window.truth.get(each.claim_id, (each.revision, True))
    return newest == (each.revision, True)


def admit(tx: Tx, caller: Caller) -> Admitted:
    """What `caller` may see, with the epoch the caller itself was read under.

    Not with the newest one: it may have left a circle since, and a stream is told by
    the epoch that it must be admitted anew.
    """
    visible = frozenset(audiences.visible(tx, caller.viewer))
    return Admitted(caller, visible, caller.epoch)


def to_wire(batch: Batch, next_cursor: str) -> wire.WireBatch:
    """A batch as it travels."""
    growth = None
    if batch.consistency:
        growth = wire.WireGrowth(batch.old_size, batch.consistency)
    return wire.WireBatch(
        items=tuple(
            wire.WireItem(item.seq, item.salt, item.body.decode())
            for item in batch.items
        ),
        proof=batch.proof,
        checkpoint=batch.checkpoint,
        next=next_cursor,
        more=batch.more,
        consistency=growth,
    )
