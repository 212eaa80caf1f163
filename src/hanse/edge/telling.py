"""What the edge tells the hub: how far it has applied the feed, and its hits.

Two asyncio tasks. Acknowledgements are joined: the newest stands for all before it,
and at most one goes out every `pace.ack` seconds. Hits go out every
`pace.sightings` seconds, a value met for the first time at once; see `hits` for what
becomes of them in a crash. Nothing here ever holds up a check or the feed.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from random import Random

import structlog

from hanse.base.errors import Refusal
from hanse.base.ids import new_uuid
from hanse.edge import hits as hitting
from hanse.edge import pace
from hanse.edge.following import Feed, Follower
from hanse.edge.hits import Hits
from hanse.edge.local import Local
from hanse.edge.pace import Pace
from hanse.feed.remote import RequestRefused

_journal = structlog.get_logger("hanse.edge")


async def acknowledge(
    feed: Feed, follower: Follower, *, pace_: Pace, chance: Random
) -> None:
    """Acknowledge whatever was applied, until cancelled."""
    failures = 0
    while True:
        await follower.has_news.wait()
        follower.has_news.clear()
        try:
            await feed.acknowledge(follower.cursor)
        except Refusal:
            # The follower notices, and says, that the hub is away.
            failures += 1
            follower.has_news.set()
            await asyncio.sleep(pace.wait(pace_, failures, chance))
            continue
        failures = 0
        await asyncio.sleep(pace_.ack)


class Teller:
    """Sends hits; `run` until cancelled."""

    def __init__(
        self,
        feed: Feed,
        local: Local,
        hits: Hits,
        *,
        writing: asyncio.Lock,
        clock: Callable[[], datetime],
        chance: Random,
        pace_: Pace,
    ) -> None:
        self._feed = feed
        self._local = local
        self._hits = hits
        self._writing = writing
        self._clock = clock
        self._chance = chance
        self._pace = pace_
        self._failures = 0

    async def run(self) -> None:
        """Keep hits every tick, tell them when it is time."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._pace.sightings * self._chance.random()
        while True:
            await asyncio.sleep(self._pace.tick)
            is_urgent, self._hits.is_urgent = self._hits.is_urgent, False
            try:
                async with self._writing:
                    self._hits.keep(self._local)
                if is_urgent or loop.time() >= due:
                    due = loop.time() + await self.tell()
            except Exception:  # noqa: BLE001 - outermost loop: never stop
                _journal.exception("edge.telling_failed")

    async def tell(self) -> float:
        """Send all there is; returns the seconds until the next time."""
        try:
            while await self._send_one():
                self._failures = 0
        except Refusal:
            self._failures += 1
            return max(
                self._pace.tick, pace.wait(self._pace, self._failures, self._chance)
            )
        return self._pace.sightings

    async def _send_one(self) -> bool:
        """Send the oldest batch, packed now if none is waiting; False if none is."""
        posted = self._local.posted()
        if posted is None:
            async with self._writing:
                if not hitting.pack(self._local, str(new_uuid()), self._clock()):
                    return False
            posted = self._local.posted()
            assert posted is not None
        batch_id, body = posted
        refused = None
        try:
            await self._feed.send_sightings(batch_id, body)
        except RequestRefused as refusal:
            # It would be refused for ever and hold up all that come after it.
            _journal.error("edge.sightings_refused", detail=refusal.message)
            refused = refusal.message
        async with self._writing:
            with self._local.begin():
                self._local.unpost(batch_id, refused)
        return True
