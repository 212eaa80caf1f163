"""Edges and a real hub: the main journey, and every way it is interrupted."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from hanse import __version__
from hanse.base.ids import MemberId
from hanse.edge.joining import JoinRefused
from hanse.edge.link import LinkState
from hanse.edge.result import Verdict
from hanse.edge.running import Edge
from hanse.hub import admitting
from hanse.membership import admission, circles
from hanse.observables.kinds import Kind, Observable
from tests.server.edge.conftest import Hub
from tests.server.membership.alliance import HUB

PAGE = "https://login.lotus-refund.example/pay"
DOMAIN = Observable(Kind.DOMAIN, "lotus-refund.example")


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - watches state, not an event
            await asyncio.sleep(0.01)


def blocks(edge: Edge, asked: str = PAGE) -> bool:
    return edge.check(asked).verdict is Verdict.BLOCK


def acked(hub: Hub) -> list[int]:
    with hub.alliance.database.read() as tx:
        rows = tx.conn.execute("select acked_seq from edge").fetchall()
    return [row[0] for row in rows]


def head(hub: Hub) -> int:
    with hub.alliance.database.read() as tx:
        row = tx.conn.execute("select size - 1 from log_head").fetchone()
    assert row is not None
    return int(row[0])


def test_what_one_member_reports_every_other_edge_refuses_and_then_no_longer(hub: Hub):
    async def play() -> None:
        lotus, crane, reed = (
            hub.alliance.member(n) for n in ("Lotus", "Crane", "Reed")
        )
        async with hub.running():
            first, second = await hub.join(crane, "a"), await hub.join(reed, "b")
            async with first, second:
                await first.caught_up(20)
                await second.caught_up(20)
                teller = hub.teller(lotus)
                (claim,) = await teller.report(PAGE, confidence=90)
                await until(lambda: blocks(first) and blocks(second))
                said = first.check(PAGE).reasons[0].text
                assert said.startswith("Lotus: phishing, confidence 90")
                await until(lambda: min(acked(hub)) >= 0)

                await teller.withdraw(claim)
                await until(lambda: not blocks(first) and not blocks(second))

    asyncio.run(play())


def versions(hub: Hub) -> set[str]:
    with hub.alliance.database.read() as tx:
        return {
            row[0] for row in tx.conn.execute("select version from edge").fetchall()
        }


def test_the_hub_learns_of_an_edges_new_version(hub: Hub):
    async def play() -> None:
        crane = hub.alliance.member("Crane")
        async with hub.running():
            edge = await hub.join(crane, "a")
            with hub.alliance.database.begin() as tx:  # as of another time
                tx.conn.execute("update edge set version = '0.0.1'")
            async with edge:
                await edge.caught_up(20)
                await until(lambda: versions(hub) == {__version__})

    asyncio.run(play())


def test_an_edge_that_was_away_ends_like_a_fresh_one(hub: Hub):
    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        async with hub.running():
            teller = hub.teller(lotus)
            (gone,) = await teller.report("gone.example")
            async with await hub.join(crane, "old") as old:
                await old.caught_up(20)
                assert blocks(old, "gone.example")
            await teller.withdraw(gone)
            for n in range(30):
                await teller.report(f"shop{n}.example")
            old, fresh = hub.edge("old"), await hub.join(crane, "fresh")
            async with old, fresh:
                await old.caught_up(20)
                await fresh.caught_up(20)
                held = [
                    [row.body for row in e.local.mirror(0, 100)] for e in (old, fresh)
                ]
                assert sorted(held[0]) == sorted(held[1])
                assert len(held[0]) == 30
                assert not blocks(old, "gone.example")

    asyncio.run(play())


def test_an_edge_goes_on_without_its_hub_and_comes_back_without_a_gap(hub: Hub):
    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        async with hub.running():
            edge = await hub.join(crane, "a")
            await edge.start()
            await hub.teller(lotus).report(PAGE)
            await until(lambda: blocks(edge))
        await until(lambda: edge.follower.link.state is LinkState.AWAY)
        assert blocks(edge)
        assert edge.position().hub.startswith("away since")
        async with hub.running():
            await hub.teller(lotus).report("new.example")
            await until(lambda: blocks(edge, "new.example"))
            await edge.stop()

    asyncio.run(play())


def test_a_suspended_member_hears_nothing_more_until_it_is_back(hub: Hub):
    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        async with hub.running(), await hub.join(crane, "a") as edge:
            await edge.caught_up(20)
            await asyncio.to_thread(suspend, hub, crane)
            await until(lambda: edge.follower.link.state is LinkState.ENDED)
            await hub.teller(lotus).report(PAGE)
            await asyncio.sleep(0.5)
            assert not blocks(edge)
            with hub.alliance.database.begin() as tx:
                admission.reinstate(tx, HUB, crane, "settled")
            await until(lambda: blocks(edge))

    asyncio.run(play())


def suspend(hub: Hub, member: MemberId) -> None:
    with hub.alliance.database.begin() as tx:
        admission.suspend(tx, HUB, member, "under review")


def test_what_is_told_in_a_circle_is_held_by_its_members_as_long_as_they_are(hub: Hub):
    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        with hub.alliance.database.begin() as tx:
            circle = circles.open_circle(tx, HUB, name_en="Banks", name_zh="银行").id
        with hub.alliance.database.begin() as tx:
            admitting.join_circle(tx, HUB, circle, lotus)
        async with hub.running(), await hub.join(crane, "a") as edge:
            await edge.caught_up(20)
            await hub.teller(lotus).report(PAGE, circles=[str(circle)])
            await hub.teller(lotus).report("other.example")
            await until(lambda: blocks(edge, "other.example"))
            assert not blocks(edge)
            with hub.alliance.database.begin() as tx:
                admitting.join_circle(tx, HUB, circle, crane)
            await until(lambda: blocks(edge))
            with hub.alliance.database.begin() as tx:
                admitting.leave_circle(tx, HUB, circle, crane)
            await until(lambda: not blocks(edge))

    asyncio.run(play())


def test_hits_become_sightings_counted_once(hub: Hub):
    def sightings() -> list[tuple[str, int, str]]:
        with hub.alliance.database.read() as tx:
            return tx.conn.execute(
                "select o.value, sum(s.count)::int, min(s.source) from sighting s"
                " join observable o on o.id = s.observable_id group by o.value"
            ).fetchall()

    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        async with hub.running(), await hub.join(crane, "a") as edge:
            await hub.teller(lotus).report("lotus-refund.example")
            await until(lambda: len(edge.checker.values.find(DOMAIN)) == 1)
            for n in range(9):
                assert blocks(edge, f"{PAGE}?customer={n}")
            await until(lambda: edge.local.count_hits() == (0, 0) and bool(sightings()))
            await asyncio.sleep(0.5)
            assert sightings() == [("lotus-refund.example", 9, "edge")]

    asyncio.run(play())


def test_a_code_is_good_once_and_says_so(hub: Hub):
    async def play() -> None:
        from hanse.edge import joining

        crane = hub.alliance.member("Crane")
        code = joining.read_code(hub.code(crane))

        def join(name: str) -> None:
            with httpx.Client() as client:
                joining.join(client, code, hub.folder / name, name="")

        async with hub.running():
            await asyncio.to_thread(join, "a")
            with pytest.raises(JoinRefused, match="does not take this code"):
                await asyncio.to_thread(join, "b")
        with pytest.raises(JoinRefused, match="cannot be reached"):
            await asyncio.to_thread(join, "c")

    asyncio.run(play())


def test_what_is_too_much_for_one_batch_comes_in_several(hub: Hub):
    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        async with hub.running():
            teller = hub.teller(lotus)
            for start in range(0, 4_500, 1_500):
                names = [f"shop{n}.example" for n in range(start, start + 1_500)]
                await teller.report(*names)
            async with await hub.join(crane, "a") as edge:
                await edge.caught_up(60)
                assert edge.local.count()[:2] == (4_500, 4_500)
                assert edge.follower.standing.head.size == head(hub) + 1

    asyncio.run(play())
