"""Hits: each told once, and nothing told but the value, the hour and the count."""

import asyncio
from pathlib import Path

import msgspec

from hanse.edge import hits as hitting
from hanse.edge.running import Edge
from hanse.feed.remote import FeedCursor, HubAway, RequestRefused
from tests.unit.edge.builders import Clock, an_edge
from tests.unit.edge.simulated_hub import MemberFeed, SimulatedHub
from tests.unit.edge.test_following import until

PAGE = "https://login.example/pay"


def totals(hub: SimulatedHub) -> dict[str, int]:
    """What the hub counts, each batch id once."""
    counted: dict[str, int] = {}
    for body in hub.sightings.values():
        for sighting in msgspec.json.decode(body)["sightings"]:
            key = f"{sighting['kind']}:{sighting['value']}"
            counted[key] = counted.get(key, 0) + sighting["count"]
    return counted


def test_hits_reach_the_hub_as_counts_of_the_matched_value(tmp_path: Path):
    async def play() -> None:
        hub = SimulatedHub()
        hub.report("domain:login.example")
        async with an_edge(tmp_path, hub) as edge:
            await edge.caught_up(5)
            for n in range(7):
                edge.check(f"https://login.example/pay?customer={n}")
            edge.check("https://other.example/")
            await until(lambda: totals(hub) == {"domain:login.example": 7})
            for body in hub.sightings.values():
                assert b"customer" not in body
                assert b"pay" not in body

    asyncio.run(play())


def test_times_are_told_in_whole_minutes(tmp_path: Path):
    async def play() -> None:
        hub, clock = SimulatedHub(), Clock()
        hub.report(f"url:{PAGE}")
        clock.turn(seconds=42.7)
        async with an_edge(tmp_path, hub, clock=clock) as edge:
            await edge.caught_up(5)
            edge.check(PAGE)
            await until(lambda: hub.sightings)
        (body,) = hub.sightings.values()
        (sighting,) = msgspec.json.decode(body)["sightings"]
        assert sighting["first_seen"] == sighting["last_seen"] == "2026-03-02T08:01:00Z"

    asyncio.run(play())


def test_hits_of_two_hours_are_two_counts(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    hub.report(f"url:{PAGE}")
    edge = an_edge(tmp_path, hub, clock=clock)
    asyncio.run(edge.follower.catch_up())
    edge.check(PAGE)
    clock.turn(hours=1)
    edge.check(PAGE)

    edge.hits.keep(edge.local)
    assert hitting.pack(edge.local, "b-1", clock())

    posted = edge.local.posted()
    assert posted is not None
    sent = msgspec.json.decode(posted[1])["sightings"]
    assert [(s["count"], s["first_seen"][:13]) for s in sent] == [
        (1, "2026-03-02T08"),
        (1, "2026-03-02T09"),
    ]


def test_an_answer_that_is_lost_doubles_nothing(tmp_path: Path):
    class Lossy(MemberFeed):
        async def send_sightings(self, batch_id: str, sightings: bytes) -> None:
            await super().send_sightings(batch_id, sightings)
            if self.hub.sightings_heard < 4:
                raise HubAway("The answer got lost.")

    async def play() -> None:
        hub = SimulatedHub()
        hub.report(f"url:{PAGE}")
        async with an_edge(tmp_path, hub, feed=Lossy(hub)) as edge:
            await edge.caught_up(5)
            for _ in range(5):
                edge.check(PAGE)
                await asyncio.sleep(0.03)
            await until(
                lambda: edge.local.count_hits() == (0, 0) and not edge.hits._counts
            )
        assert hub.sightings_heard >= 4
        assert totals(hub) == {f"url:{PAGE}": 5}

    asyncio.run(play())


def test_hits_wait_for_a_hub_that_is_away_over_a_restart(tmp_path: Path):
    async def play() -> None:
        hub = SimulatedHub()
        hub.report(f"url:{PAGE}")
        async with an_edge(tmp_path, hub) as edge:
            await edge.caught_up(5)
            hub.is_away = True
            for _ in range(3):
                edge.check(PAGE)
        assert hub.sightings == {}
        hub.is_away = False
        async with an_edge(tmp_path, hub):
            await until(lambda: totals(hub) == {f"url:{PAGE}": 3})

    asyncio.run(play())


def test_a_batch_the_hub_will_never_take_is_set_aside_and_said(tmp_path: Path):
    class Picky(MemberFeed):
        async def send_sightings(self, batch_id: str, sightings: bytes) -> None:
            if b"bad.example" in sightings:
                raise RequestRefused("The hub refused the request: no such kind")
            await super().send_sightings(batch_id, sightings)

    async def play() -> None:
        hub = SimulatedHub()
        hub.report("domain:bad.example")
        hub.report("domain:worse.example")
        async with an_edge(tmp_path, hub, feed=Picky(hub)) as edge:
            await edge.caught_up(5)
            edge.check("bad.example")
            await until(lambda: edge.local.count_hits() == (0, 1))
            edge.check("worse.example")
            await until(lambda: totals(hub) == {"domain:worse.example": 1})
            assert "refused 1 batches" in " ".join(edge.status().warnings)

    asyncio.run(play())


def test_an_edge_may_be_told_to_keep_its_hits_to_itself(tmp_path: Path):
    from dataclasses import replace

    from hanse.edge.settings import Settings

    async def play() -> None:
        hub = SimulatedHub()
        hub.report(f"url:{PAGE}")
        edge = an_edge(tmp_path, hub)
        await edge.stop()
        quiet = Edge(
            replace(edge.settings, sends_sightings=False),
            feed=MemberFeed(hub),
            clock=Clock(),
            pace=edge._pace,
        )
        assert isinstance(quiet.settings, Settings)
        async with quiet:
            await quiet.caught_up(5)
            quiet.check(PAGE)
            await asyncio.sleep(0.2)
        assert hub.sightings == {}

    asyncio.run(play())


def test_acknowledgements_are_joined(tmp_path: Path):
    async def play() -> None:
        hub = SimulatedHub()
        async with an_edge(tmp_path, hub) as edge:
            await edge.caught_up(5)
            for n in range(50):
                hub.report(f"domain:s{n}.example")
                await asyncio.sleep(0)
            await until(lambda: edge.follower.standing.head.size == hub.size)
            await until(lambda: edge.follower.cursor in hub.acknowledged)
            assert len(hub.acknowledged) < 30
            assert isinstance(edge.follower.cursor, str)
            assert FeedCursor(hub.acknowledged[-1]) == edge.follower.cursor

    asyncio.run(play())
