"""The brake: what the feed may not do, whatever it says."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from hanse.edge import policy
from hanse.edge.brake import (
    Brake,
    EntryMalformed,
    Exceptions,
    caught_up,
    read_entry,
    returning,
    room,
    spend,
    spent,
)
from hanse.edge.claims import Ground
from hanse.edge.result import Result, Verdict
from hanse.edge.running import Edge
from hanse.observables.parse import recognise
from tests.unit.edge.builders import Clock, an_edge
from tests.unit.edge.simulated_hub import MORNING, SimulatedHub


def follow(edge: Edge) -> Edge:
    asyncio.run(edge.follower.catch_up())
    edge.refresh()
    return edge


def verdicts(edge: Edge, *names: str) -> list[Verdict]:
    return [edge.check(f"https://{name}.example/").verdict for name in names]


def codes(result: Result) -> list[str]:
    return [reason.code.value for reason in result.reasons]


# --- the most new blocks an hour ---------------------------------------------------


def test_the_first_catching_up_is_not_counted(tmp_path: Path):
    hub = SimulatedHub()
    for n in range(10):
        hub.report(f"domain:s{n}.example")

    edge = follow(an_edge(tmp_path, hub, most_new_blocks=3, catch_up_limit=4))

    assert verdicts(edge, *(f"s{n}" for n in range(10))) == [Verdict.BLOCK] * 10
    assert edge.status().brake.new_blocks_last_hour == 0


def test_what_exceeds_the_limit_is_watched_until_a_person_releases_it(tmp_path: Path):
    hub = SimulatedHub()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=2))
    for name in "abcd":
        hub.report(f"domain:{name}.example")

    follow(edge)

    block, watch = Verdict.BLOCK, Verdict.WATCH
    assert verdicts(edge, *"abcd") == [block, block, watch, watch]
    assert codes(edge.check("https://c.example/"))[0] == Ground.HELD
    assert edge.status().brake.held == 2
    assert "holds 2 values" in " ".join(edge.status().warnings)

    policy.release(edge.local, "domain:c.example")
    edge.refresh()
    assert verdicts(edge, *"abcd") == [block, block, block, watch]
    assert policy.release(edge.local, None) == 1
    edge.refresh()
    assert verdicts(edge, *"abcd") == [block] * 4


def test_held_values_stay_held_over_a_restart_and_after_the_hour(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=1, clock=clock))
    hub.report("domain:a.example")
    hub.report("domain:b.example")
    asyncio.run(follow(edge).stop())
    clock.turn(hours=2)

    again = an_edge(tmp_path, hub, most_new_blocks=1, clock=clock)
    again._build_index()
    hub.report("domain:c.example")
    follow(again)

    assert verdicts(again, *"abc") == [Verdict.BLOCK, Verdict.WATCH, Verdict.BLOCK]


def test_a_second_claim_does_not_free_a_held_value(tmp_path: Path):
    hub = SimulatedHub()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=0))
    hub.report("domain:a.example")
    hub.report("domain:a.example", by="Second Bank")

    assert verdicts(follow(edge), "a") == [Verdict.WATCH]


def test_more_claims_on_what_is_blocked_already_cost_nothing(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example")
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=1))
    for n in range(5):
        hub.report("domain:a.example", by=f"Bank {n}")
    hub.report("domain:b.example")

    assert verdicts(follow(edge), *"ab") == [Verdict.BLOCK, Verdict.BLOCK]
    assert edge.status().brake.new_blocks_last_hour == 1


def test_a_value_that_only_now_becomes_strong_enough_is_counted(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example", confidence=50)
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=0))
    assert verdicts(edge, "a") == [Verdict.WATCH]
    hub.report("domain:a.example", confidence=50, by="Second Bank")

    follow(edge)

    assert verdicts(edge, "a") == [Verdict.WATCH]
    assert edge.status().brake.held == 1


def test_a_claim_that_begins_later_does_not_slip_past(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=0, clock=clock))
    hub.report("domain:a.example", valid_from=MORNING + timedelta(hours=1))
    follow(edge)
    assert verdicts(edge, "a") == [Verdict.ALLOW]

    clock.turn(hours=2)

    assert verdicts(edge, "a") == [Verdict.WATCH]


def test_withdrawals_are_never_held_up(tmp_path: Path):
    hub = SimulatedHub()
    claim = hub.report("domain:a.example")
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=0))
    hub.withdraw(claim)

    assert verdicts(follow(edge), "a") == [Verdict.ALLOW]


def test_a_held_value_that_is_withdrawn_is_held_no_longer(tmp_path: Path):
    hub = SimulatedHub()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=0))
    claim = hub.report("domain:a.example")
    follow(edge)
    hub.withdraw(claim)

    assert follow(edge).status().brake.held == 0


def test_after_an_absence_the_hours_away_may_be_caught_up(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=2, clock=clock))
    for n in range(10):
        hub.report(f"domain:s{n}.example")
    clock.turn(hours=3, minutes=30)

    follow(edge)

    blocked = [v for v in verdicts(edge, *(f"s{n}" for n in range(10))) if v == "block"]
    assert len(blocked) == 2 + 3 * 2


def test_the_limit_may_be_changed_while_the_edge_runs(tmp_path: Path):
    hub = SimulatedHub()
    edge = follow(an_edge(tmp_path, hub, most_new_blocks=0))
    policy.set_limit(edge.local, "1")
    hub.report("domain:a.example")
    first = verdicts(follow(edge), "a")
    policy.set_limit(edge.local, "unlimited")
    for n in range(20):
        hub.report(f"domain:s{n}.example")
    second = verdicts(follow(edge), *(f"s{n}" for n in range(20)))

    assert [*first, *second] == [Verdict.BLOCK] * 21


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "10000000000"])
def test_a_limit_that_is_none_is_refused(tmp_path: Path, text: str):
    edge = an_edge(tmp_path, SimulatedHub())
    with pytest.raises(policy.LimitMalformed):
        policy.set_limit(edge.local, text)


def test_no_hour_has_more_than_the_limit():
    brake, now = Brake(), MORNING
    for _ in range(300):
        now += timedelta(minutes=1)
        allowed = min(7, room(brake, 60, now) or 0)
        brake = spend(brake, allowed, 60, now)
        assert spent(brake, now) <= 60
    assert len(brake.minutes) <= 61


def test_what_an_absence_adds_ends_with_catching_up():
    away = returning(Brake(), 10, timedelta(hours=100))
    assert room(away, 10, MORNING) == 10 + 24 * 10
    assert room(spend(away, 15, 10, MORNING), 10, MORNING) == 240 - 5
    assert room(caught_up(away), 10, MORNING) == 10


# --- watch only ----------------------------------------------------------------------


def test_the_watch_only_switch_blocks_nothing_and_survives_a_restart(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example")
    edge = follow(an_edge(tmp_path, hub))
    policy.set_watch_only(edge.local, is_on=True)
    asyncio.run(edge.stop())

    again = follow(an_edge(tmp_path, hub))
    again._build_index()

    assert verdicts(again, "a") == [Verdict.WATCH]
    assert codes(again.check("https://a.example/"))[0] == Ground.WATCH_ONLY
    policy.set_watch_only(again.local, is_on=False)
    again.refresh()
    assert verdicts(again, "a") == [Verdict.BLOCK]


# --- the never-block list -----------------------------------------------------------


def test_what_is_on_the_list_is_allowed_and_said_to_be_so(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("url:https://pay.lantern.example/login")
    edge = follow(an_edge(tmp_path, hub))
    policy.add_exception(edge.local, "Lantern.example", "ours", MORNING)
    edge.refresh()

    result = edge.check("https://pay.lantern.example/login")

    assert result.verdict is Verdict.ALLOW
    assert result.score == 90
    assert codes(result)[:2] == [Ground.NEVER_BLOCK, Ground.CLAIM]
    assert not edge.hits._counts  # nothing to tell: it may well be a false alarm


def test_the_file_in_the_folder_counts_too_and_is_read_again(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example")
    edge = follow(an_edge(tmp_path, hub))
    file = tmp_path / policy.FILE
    file.write_text("# ours\n\na.example  # the shop\nnot a value at all\n")
    edge.refresh()

    assert verdicts(edge, "a") == [Verdict.ALLOW]
    assert edge.status().brake.never_block_file_faults == (4,)
    assert "lines not understood: 4" in " ".join(edge.status().warnings)

    file.unlink()
    edge.refresh()
    assert verdicts(edge, "a") == [Verdict.BLOCK]


@pytest.mark.parametrize(
    ("entry", "asked", "is_covered"),
    [
        ("example.org", "https://example.org/a", True),
        ("example.org", "https://a.b.c.d.e.f.g.example.org/a", True),
        ("example.org", "https://notexample.org/", False),
        ("example.org", "https://example.org.evil.example/", False),
        ("b.example.org", "https://example.org/", False),
        ("https://shop.example/a/", "https://shop.example/a/b?c=1", True),
        ("https://shop.example/a/", "http://shop.example/a/", True),
        ("https://shop.example/a/", "https://shop.example/b", False),
        ("192.0.2.0/24", "https://192.0.2.9/x", True),
        ("192.0.2.0/24", "http://198.51.100.1/", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("2001:db8::/32", "2001:db8::5", True),
        ("hash:" + "a" * 64, "a" * 64, True),
        ("hash:" + "a" * 64, "b" * 64, False),
        ("lantern.example", "alerts@mail.lantern.example", True),
    ],
)
def test_what_an_entry_covers(entry: str, asked: str, is_covered: bool):
    found = Exceptions.of([read_entry(entry)]).covering(recognise(asked))
    assert (found is not None) is is_covered


@pytest.mark.parametrize("text", ["", "   ", "no value", "300.1.1.1/8", "planet:mars"])
def test_what_is_no_value_cannot_stand_on_the_list(text: str):
    with pytest.raises(EntryMalformed):
        read_entry(text)


def test_taking_off_what_is_not_there_is_refused(tmp_path: Path):
    edge = an_edge(tmp_path, SimulatedHub())
    with pytest.raises(policy.NotListed):
        policy.remove_exception(edge.local, "a.example")
