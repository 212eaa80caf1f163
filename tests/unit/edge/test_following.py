"""What an edge believes, and that it ends with exactly what is true."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import msgspec
import pytest

from hanse.audit import merkle
from hanse.edge.link import LinkState
from hanse.edge.local import StoreForeign
from hanse.edge.result import Verdict
from hanse.edge.running import AlreadyRunning, Edge
from hanse.edge.verifying import NotVerified
from hanse.feed.remote import START, CursorLost, FeedCursor
from hanse.feed.wire import WireBatch
from tests.unit.edge.builders import Clock, an_edge, held_by
from tests.unit.edge.simulated_hub import MemberFeed, SimulatedHub, replace_batch

PAGE = "url:https://login.example/pay"


def caught_up(edge: Edge) -> Edge:
    asyncio.run(edge.follower.catch_up())
    return edge


def refused(edge: Edge, batch: WireBatch) -> str:
    before = edge.follower.standing, held_by(edge.local)
    with pytest.raises(NotVerified) as error:
        asyncio.run(edge.follower.take(batch))
    assert (edge.follower.standing, held_by(edge.local)) == before
    return error.value.message


def first_batch(hub: SimulatedHub) -> WireBatch:
    return asyncio.run(MemberFeed(hub).batch(START, 100))


def test_an_edge_that_catches_up_blocks_what_was_reported(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)

    edge = caught_up(an_edge(tmp_path, hub))

    assert edge.check("https://login.example/pay").verdict is Verdict.BLOCK
    assert edge.check("https://login.example/help").verdict is Verdict.ALLOW


def test_catching_up_goes_on_over_many_batches(tmp_path: Path):
    hub = SimulatedHub()
    for n in range(25):
        hub.report(f"domain:shop{n}.example")

    edge = caught_up(an_edge(tmp_path, hub, catch_up_limit=4))

    assert held_by(edge.local) == hub.held_by("ours")
    assert edge.follower.standing.head.size == hub.size


def test_an_edge_that_comes_back_reads_on_where_it_stood(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    edge = caught_up(an_edge(tmp_path, hub))
    asyncio.run(edge.stop())
    hub.report("ip:192.0.2.7")
    feed = MemberFeed(hub)

    again = an_edge(tmp_path, hub, feed=feed)
    batch = asyncio.run(feed.batch(again.follower.cursor, 100))

    assert [item.body for item in batch.items if "192.0.2.7" in item.body]
    assert len(batch.items) == 1


def test_a_withdrawn_claim_is_no_longer_enforced(tmp_path: Path):
    hub = SimulatedHub()
    claim = hub.report(PAGE)
    edge = caught_up(an_edge(tmp_path, hub))
    hub.withdraw(claim)

    caught_up(edge)

    assert edge.check("https://login.example/pay").verdict is Verdict.ALLOW
    assert held_by(edge.local) == {}
    assert edge.local.count() == (0, 0, 0)


def test_a_withdrawal_travels_before_a_newer_claim_of_an_earlier_place(tmp_path: Path):
    hub = SimulatedHub()
    wrong = hub.report("domain:innocent.example")
    edge = caught_up(an_edge(tmp_path, hub, catch_up_limit=1))
    hub.report(PAGE)
    hub.withdraw(wrong)

    batch = asyncio.run(MemberFeed(hub).batch(edge.follower.cursor, 1))
    asyncio.run(edge.follower.take(batch))

    assert edge.check("https://innocent.example/").verdict is Verdict.ALLOW
    assert edge.check("https://login.example/pay").verdict is Verdict.ALLOW


def test_a_second_claim_keeps_the_value_when_the_first_is_withdrawn(tmp_path: Path):
    hub = SimulatedHub()
    first, _ = hub.report(PAGE), hub.report(PAGE, by="Second Bank")
    edge = caught_up(an_edge(tmp_path, hub))
    hub.withdraw(first)

    result = caught_up(edge).check("https://login.example/pay")

    assert result.verdict is Verdict.BLOCK
    assert [claim.source.name for claim in result.claims] == ["Second Bank"]


def test_joining_a_circle_grants_and_leaving_it_revokes(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE, to=["banks"])
    edge = caught_up(an_edge(tmp_path, hub))
    verdicts = [edge.check("https://login.example/pay").verdict]

    hub.join("banks", "ours")
    verdicts.append(caught_up(edge).check("https://login.example/pay").verdict)
    hub.leave("banks", "ours")
    verdicts.append(caught_up(edge).check("https://login.example/pay").verdict)

    assert verdicts == [Verdict.ALLOW, Verdict.BLOCK, Verdict.ALLOW]


def test_a_narrowed_claim_is_forgotten_by_those_left_out(tmp_path: Path):
    hub = SimulatedHub()
    hub.join("banks", "ours")
    hub.join("shops", "theirs")
    claim = hub.report(PAGE)
    edge = caught_up(an_edge(tmp_path, hub))
    hub.revise(claim, confidence=90, to=["shops"])

    assert held_by(caught_up(edge).local) == {}


def test_a_batch_applied_twice_changes_nothing(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    edge = caught_up(an_edge(tmp_path, hub))
    held, standing = held_by(edge.local), edge.follower.standing

    asyncio.run(edge.follower.take(first_batch(hub)))

    assert held_by(edge.local) == held
    assert edge.follower.standing.head == standing.head


def test_an_old_claim_shown_again_after_its_withdrawal_is_ignored(tmp_path: Path):
    hub = SimulatedHub()
    claim = hub.report(PAGE)
    feed = MemberFeed(hub)
    edge = caught_up(an_edge(tmp_path, hub, feed=feed))
    item = next(i for i in hub.items if i.claim == claim)
    hub.withdraw(claim)
    caught_up(edge)

    replayed = hub.batch_of([item])
    asyncio.run(edge.follower.take(replayed))

    assert held_by(edge.local) == {}


def test_a_changed_body_is_refused_with_its_whole_batch(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    hub.report("domain:other.example")
    batch = first_batch(hub)
    first, *rest = batch.items
    changed = msgspec.structs.replace(
        first, body=first.body.replace("login.example", "shop.example")
    )

    said = refused(an_edge(tmp_path, hub), replace_batch(batch, items=(changed, *rest)))

    assert "does not stand in its log" in said


def test_an_item_moved_to_another_place_is_refused(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    batch = first_batch(hub)
    moved = msgspec.structs.replace(batch.items[0], seq=batch.items[0].seq - 1)

    refused(an_edge(tmp_path, hub), replace_batch(batch, items=(moved,)))


def test_bytes_moved_from_the_body_into_the_salt_are_refused(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    batch = first_batch(hub)
    item = batch.items[0]
    moved = msgspec.structs.replace(
        item, salt=item.salt + item.body[:1].encode(), body=item.body[1:]
    )

    said = refused(an_edge(tmp_path, hub), replace_batch(batch, items=(moved,)))

    assert "salt" in said


def test_a_checkpoint_of_another_key_is_refused(tmp_path: Path):
    hub, impostor = SimulatedHub(), SimulatedHub(signing_seed=b"i" * 32)
    impostor.report(PAGE)

    said = refused(an_edge(tmp_path, hub), first_batch(impostor))

    assert "checkpoint does not verify" in said


def test_a_log_that_shrank_is_refused(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    old = first_batch(hub)
    hub.report("domain:other.example")
    edge = caught_up(an_edge(tmp_path, hub))

    assert "was cut or put back" in refused(edge, old)


def test_a_forked_log_of_equal_size_is_refused(tmp_path: Path):
    hub, fork = SimulatedHub(seed=1), SimulatedHub(seed=2)
    hub.report(PAGE)
    fork.report("domain:innocent.example")
    edge = caught_up(an_edge(tmp_path, hub))

    assert "was forked" in refused(edge, first_batch(fork))


def test_a_forked_log_that_grew_cannot_show_that_it_continues_ours(tmp_path: Path):
    hub, fork = SimulatedHub(seed=1), SimulatedHub(seed=2)
    hub.report(PAGE)
    for n in range(5):
        fork.report(f"domain:shop{n}.example")
    feed = MemberFeed(hub)
    edge = caught_up(an_edge(tmp_path, hub, feed=feed))
    feed.hub = fork

    assert "cannot show that its log" in refused(edge, first_batch(fork))


def test_growth_is_asked_for_when_the_batch_does_not_bring_it(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    edge = caught_up(an_edge(tmp_path, hub))
    hub.report("domain:other.example")
    batch = asyncio.run(MemberFeed(hub).batch(edge.follower.cursor, 100))

    asyncio.run(edge.follower.take(replace_batch(batch, consistency=None)))

    assert edge.follower.standing.head.size == hub.size


def test_an_item_of_an_unknown_kind_is_skipped_and_counted(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(PAGE)
    hub.say_something_new(b'{"kind":"advisory","claim":"none"}')

    edge = caught_up(an_edge(tmp_path, hub))

    assert edge.follower.standing.unreadable == 1
    assert held_by(edge.local) == hub.held_by("ours")
    assert "update the edge" in " ".join(edge.status().warnings)


def test_an_empty_log_is_believed_and_grows(tmp_path: Path):
    hub = SimulatedHub()

    edge = caught_up(an_edge(tmp_path, hub))
    hub.report(PAGE)

    assert held_by(caught_up(edge).local) == hub.held_by("ours")
    assert merkle.root(hub.tree.frontier) == edge.follower.standing.head.root


# --- while it runs ---------------------------------------------------------------


async def until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - watches state, not an event
            await asyncio.sleep(0.005)


def test_what_is_reported_while_the_edge_listens_is_enforced_and_acknowledged(
    tmp_path: Path,
):
    async def play() -> None:
        hub = SimulatedHub()
        async with an_edge(tmp_path, hub) as edge:
            await edge.caught_up(5)
            hub.report(PAGE)
            await until(lambda: edge.check("https://login.example/pay").score >= 60)
            await until(lambda: edge.follower.cursor in hub.acknowledged)
            assert edge.position().hub == "connected"

    asyncio.run(play())


def test_an_edge_without_its_hub_answers_from_its_last_state_and_says_how_old(
    tmp_path: Path,
):
    async def play() -> None:
        hub = SimulatedHub()
        hub.report(PAGE)
        clock = Clock()
        async with an_edge(tmp_path, hub, clock=clock) as edge:
            await edge.caught_up(5)
        hub.is_away = True
        clock.turn(seconds=90)
        async with an_edge(tmp_path, hub, clock=clock) as edge:
            await until(lambda: edge.follower.link.state is LinkState.AWAY)
            assert edge.check("https://login.example/pay").verdict is Verdict.BLOCK
            assert edge.position().hub.startswith("away since 2026-03-02T08:")
            assert edge.position().age_seconds == 90.0
            hub.is_away = False
            await until(lambda: edge.position().hub == "connected")
            assert edge.position().age_seconds == 0.0

    asyncio.run(play())


def test_a_suspended_edge_says_so_keeps_its_state_and_comes_back(tmp_path: Path):
    async def play() -> None:
        hub = SimulatedHub()
        hub.report(PAGE)
        async with an_edge(tmp_path, hub) as edge:
            await edge.caught_up(5)
            hub.suspended.add("ours")
            hub.report("domain:new.example")
            await until(lambda: edge.follower.link.state is LinkState.ENDED)
            assert edge.check("https://login.example/pay").verdict is Verdict.BLOCK
            assert edge.check("https://new.example/").verdict is Verdict.ALLOW
            assert edge.position().hub.startswith("access ended since")
            hub.suspended.clear()
            await until(lambda: edge.check("https://new.example/").score >= 60)

    asyncio.run(play())


def test_a_hub_whose_word_does_not_verify_is_refused_loudly_and_asked_again(
    tmp_path: Path,
):
    async def play() -> None:
        hub, fork = SimulatedHub(seed=1), SimulatedHub(seed=2)
        hub.report(PAGE)
        feed = MemberFeed(hub)
        async with an_edge(tmp_path, hub, feed=feed) as edge:
            await edge.caught_up(5)
            feed.hub = fork
            fork.report("domain:innocent.example")
            fork.report("domain:other.example")
            hub.note_act()  # wakes the stream
            await until(lambda: edge.follower.link.state is LinkState.REFUSED)
            assert "cannot show" in edge.status().hub.detail
            assert edge.check("https://innocent.example/").verdict is Verdict.ALLOW
            feed.hub = hub
            await until(lambda: edge.follower.link.state is LinkState.CONNECTED)

    asyncio.run(play())


def test_a_lost_cursor_makes_the_edge_read_everything_again(tmp_path: Path):
    class Forgetful(MemberFeed):
        async def batch(self, cursor: FeedCursor, limit: int) -> WireBatch:
            if cursor:
                raise CursorLost("Unknown cursor.")
            return await super().batch(cursor, limit)

    async def play() -> None:
        hub = SimulatedHub()
        hub.report(PAGE)
        edge = an_edge(tmp_path, hub)
        await edge.follower.catch_up()
        await edge.stop()
        feed = Forgetful(hub)
        async with an_edge(tmp_path, hub, feed=feed) as edge:
            await until(lambda: edge.follower.link.state is LinkState.CONNECTED)
            assert held_by(edge.local) == hub.held_by("ours")

    asyncio.run(play())


def test_two_edges_cannot_share_a_folder(tmp_path: Path):
    hub = SimulatedHub()
    an_edge(tmp_path, hub)

    with pytest.raises(AlreadyRunning):
        an_edge(tmp_path, hub)


def test_a_store_of_another_layout_is_refused_and_fetched_anew_once_moved_away(
    tmp_path: Path,
):
    hub = SimulatedHub()
    hub.report("domain:a.example")
    edge = an_edge(tmp_path, hub)
    store = edge.settings.store
    asyncio.run(edge.stop())
    with contextlib.closing(sqlite3.connect(store)) as other:
        other.execute("pragma user_version = 1")

    with pytest.raises(StoreForeign, match="has layout 1, this edge reads 3"):
        an_edge(tmp_path, hub)
    store.rename(store.with_name("old.db"))
    anew = an_edge(tmp_path, hub)
    asyncio.run(anew.follower.catch_up())

    assert anew.check("a.example").verdict is Verdict.BLOCK
