"""One running edge: the store, the index, the follower and the check, put together.

Embeddable: `Edge` needs no server and no thread of its own, and many may live in one
process, each with its own folder, store, key and place in the feed. `app` puts HTTP
before one of them.

    async with Edge(Settings(data=folder)) as edge:
        await edge.caught_up(10)
        edge.check("https://login.example/")
"""

import asyncio
import fcntl
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from types import TracebackType
from typing import IO, Self

import httpx

from hanse import __version__
from hanse.base.clock import now as clock_now
from hanse.base.errors import Conflict, Refusal
from hanse.edge import identity as identities
from hanse.edge import policy, telling
from hanse.edge.applying import Changes
from hanse.edge.brake import Exceptions
from hanse.edge.checking import Asked, Checker, Policy
from hanse.edge.digest import Digester
from hanse.edge.following import Feed, Follower
from hanse.edge.hits import Hits
from hanse.edge.identity import Identity
from hanse.edge.index import Index
from hanse.edge.local import Local
from hanse.edge.pace import Pace
from hanse.edge.result import Result
from hanse.edge.settings import Settings
from hanse.edge.status import Position, Status, position_of, status_of
from hanse.feed.remote import HubFeed

LOCK = "edge.lock"


class AlreadyRunning(Conflict):
    """Another process runs an edge with this folder."""

    code = "edge.already_running"


class CaughtUpTooLate(Refusal):
    """The edge did not reach the head of the feed in time."""

    code = "edge.caught_up_too_late"
    status = 504


class Edge:
    """A member's edge. `start` and `stop`, or `async with`."""

    def __init__(
        self,
        settings: Settings,
        client: httpx.AsyncClient | None = None,
        *,
        feed: Feed | None = None,
        clock: Callable[[], datetime] = clock_now,
        chance: Random | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Raises NotJoined, StoreForeign, AlreadyRunning.

        `client` stays the caller's to close; without one the edge makes its own.
        `feed` replaces the hub's HTTP altogether.
        """
        self.settings = settings
        self.identity: Identity = identities.load(settings.data)
        self.clock = clock
        self._pace = pace or Pace()
        self._chance = chance or Random()  # noqa: S311 - spreads waits, keeps no secret
        self._lock = _take_lock(settings.data)
        self.local = Local(settings.store)
        self._digester = Digester(self.local.secret)
        self._own_client = None if client or feed else _new_client()
        self._feed = feed or self._hub_feed(client or self._own_client)
        self.writing = asyncio.Lock()
        self.hits = Hits()
        self._watch = policy.Watch(self.local, settings.data)
        self.checker = Checker(
            Index(self._digester),
            self.local,
            Policy(Exceptions.of([])),
            clock=time.time if clock is clock_now else lambda: clock().timestamp(),
            on_hit=self.hits.count if settings.sends_sightings else None,
        )
        self.follower = self._new_follower()
        self._tasks: list[asyncio.Task[None]] = []
        self.on_applied: Callable[[Changes], None] | None = None

    async def start(self) -> None:
        """Read the store into memory, answer checks, begin to follow the feed."""
        self._refresh_policy()
        await asyncio.to_thread(self._build_index)
        runs = [self.follower.run(), self._acknowledge(), self._tick()]
        if self.settings.sends_sightings:
            runs.append(self._new_teller().run())
        self._tasks = [asyncio.create_task(run) for run in runs]

    async def stop(self) -> None:
        """End every task, keep what must be kept, close the store."""
        await _end(self._tasks)
        self.hits.keep(self.local)
        self.local.close()
        if self._own_client is not None:
            await self._own_client.aclose()
        self._lock.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def check(self, asked: Asked) -> Result:
        """See `Checker.check`."""
        return self.checker.check(asked)

    async def caught_up(self, seconds: float) -> None:
        """Wait until the edge stands at the head of the feed."""
        try:
            await asyncio.wait_for(self.follower.is_at_head.wait(), seconds)
        except TimeoutError:
            link = self.follower.link
            raise CaughtUpTooLate(
                f"The edge did not catch up within {seconds:g} s; it says: "
                f"{link.state.value} {link.detail}".strip()
            ) from None

    def position(self) -> Position:
        """Where every answer of this moment stands."""
        return position_of(self.follower.standing, self.follower.link, self.clock())

    def status(self) -> Status:
        """Everything a person wants to know of this edge."""
        return status_of(
            self.identity,
            self.local,
            self.position(),
            self.follower.standing,
            self.follower.link,
            file=self.file_list,
            settings=self.settings,
            now=self.clock(),
        )

    @property
    def file_list(self) -> policy.FileList:
        """The never-block file, as last read."""
        return self._watch.file

    def refresh(self) -> None:
        """Take notice at once of what was just set, not only with the next tick."""
        self._refresh_policy()

    def _refresh_policy(self) -> None:
        changed = self._watch.changed()
        if changed is not None:
            self.checker.policy = changed

    def _apply(self, changes: Changes) -> None:
        index = self.checker.values
        assert isinstance(index, Index)
        self.local.renew()
        index.remove(changes.removed)
        index.put(changes.gists)
        self.checker.forget(changes.touched)
        if changes.held or (changes.removed and self.checker.policy.held):
            held = self.local.held_keys()
            self.checker.policy = replace(self.checker.policy, held=held)
        if self.on_applied is not None:
            self.on_applied(changes)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._pace.tick)
            self.local.renew()
            self._refresh_policy()
            index = self.checker.values
            if isinstance(index, Index) and index.is_stale:
                async with self.writing:
                    await asyncio.to_thread(self._build_index)

    def _build_index(self) -> None:
        self.checker.values = Index.of(self._digester, self.local.gists())

    async def _acknowledge(self) -> None:
        await telling.acknowledge(
            self._feed, self.follower, pace_=self._pace, chance=self._chance
        )

    def _new_follower(self) -> Follower:
        return Follower(
            self._feed,
            self.local,
            self.identity.verifier,
            writing=self.writing,
            on_changes=self._apply,
            clock=self.clock,
            chance=self._chance,
            pace=self._pace,
            limit=self.settings.catch_up_limit,
            most_new_blocks=self.settings.most_new_blocks_per_hour,
        )

    def _new_teller(self) -> telling.Teller:
        return telling.Teller(
            self._feed,
            self.local,
            self.hits,
            writing=self.writing,
            clock=self.clock,
            chance=self._chance,
            pace_=self._pace,
        )

    def _hub_feed(self, client: httpx.AsyncClient | None) -> HubFeed:
        assert client is not None
        return HubFeed(client, self.identity.hub_url, self.identity.key)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    # Cancelling once is not always enough: in Python 3.11 `asyncio.wait_for`, which
    # libraries use, can swallow a cancellation that meets its result.
    running = set(tasks)
    tasks.clear()
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=1.0)


@cache
def _tls() -> ssl.SSLContext:
    # Some 20 ms and 1 MB each: shared by all edges of a process.
    return ssl.create_default_context()


def _new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=_tls(), headers={"user-agent": f"hanse-edge/{__version__}"}
    )


def _take_lock(folder: Path) -> IO[bytes]:
    path = folder / LOCK
    path.touch(mode=0o600)
    file = path.open("rb+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise AlreadyRunning(
            f"An edge is running with the folder {folder} already. Stop it first, or "
            "name another folder with --data."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file
