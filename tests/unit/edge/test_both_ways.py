"""Deciding from memory says what deciding from the store says, then and later."""

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.edge.brake import Exceptions
from hanse.edge.checking import Asked, Checker, Policy, StoreLookup
from hanse.edge.claims import Ground
from hanse.edge.index import Index
from hanse.edge.result import Result, Verdict
from hanse.edge.running import Edge
from hanse.observables.kinds import Kind, Observable
from tests.unit.edge.builders import Clock, an_edge
from tests.unit.edge.simulated_hub import MORNING, SimulatedHub
from tests.unit.edge.test_convergence import History

VALUES = [
    "url:https://pay.a.example/kit/",
    "url:https://pay.a.example/kit/x",
    "domain:a.example",
    "domain:pay.a.example",
    "ip:192.0.2.1",
    "email:x@a.example",
    "app:com.example.wallet",
    "wifi:ssid:Free: WiFi",
    "certificate:sha256:" + "ab" * 32,
]
ASKED: list[Asked] = [
    "https://pay.a.example/kit/x?y=1",
    "https://a.example/",
    "http://192.0.2.1/x",
    ("email", "x@a.example"),
    ("app", "com.example.wallet"),
    ("wifi", "bssid:aa:bb:cc:dd:ee:ff|ssid:Free: WiFi"),
    ("wifi", "ssid:Free: WiFi"),
    ("certificate", "ab" * 32),
]
EXCEPTIONS = ["domain:a.example", "network:192.0.2.0/24", "app:com.example.wallet"]
BOUNDS = st.sampled_from([0, 39, 40, 41, 59, 60, 61, 100])

_confidence = st.integers(0, 100) | BOUNDS
_ago = st.timedeltas(timedelta(0), timedelta(days=800)) | st.just(timedelta(0))
_off = st.timedeltas(timedelta(days=-3), timedelta(days=30))
_deeds = st.one_of(
    st.tuples(
        st.just("say"),
        st.sampled_from(VALUES) | st.sampled_from(VALUES[:2]),
        _confidence,
        st.sampled_from([["all"], ["banks"]]),
        # Said so long before it was granted; from when, until when.
        st.tuples(st.none() | _ago, st.none() | _off, st.none() | _off),
    ),
    st.tuples(
        st.just("say_again"), st.integers(0, 9), _confidence, st.sampled_from(["all"])
    ),
    st.tuples(st.just("withdraw"), st.integers(0, 9)),
    st.tuples(st.just("join"), st.just("banks"), st.just("ours")),
    st.tuples(st.just("leave"), st.just("banks"), st.just("ours")),
    st.tuples(st.just("follow"), st.none(), st.integers(1, 4)),
    st.tuples(st.just("merge")),
    st.tuples(st.just("restart")),
)
_policies = st.builds(
    lambda entries, is_watch_only, held: Policy(
        Exceptions.of(entries), is_watch_only, frozenset(held)
    ),
    st.lists(st.sampled_from(EXCEPTIONS), unique=True, max_size=2) | st.just([]),
    st.booleans(),
    st.lists(st.sampled_from(VALUES), unique=True, max_size=3),
)


class Told(History):
    """More to say: how sure, since when, until when."""

    def say(
        self,
        key: str,
        confidence: int,
        to: list[str],
        when: tuple[timedelta | None, timedelta | None, timedelta | None],
    ) -> None:
        now = self.hub.now
        ago, start, end = when
        told = now if ago is None else now - ago
        said = self.hub.report(
            key,
            confidence=confidence,
            to=to,
            by=f"Bank {len(self.claims)}",
            said_at=None if ago is None else told,
            valid_from=told if start is None else told + start,
            valid_until=None if end is None else now + end,
        )
        self.claims.append(said)

    def say_again(self, which: int, confidence: int, to: str) -> None:
        if self.claims:
            claim = self.claims[which % len(self.claims)]
            self.hub.revise(claim, confidence=confidence, to=[to])

    def merge(self) -> None:
        index_of(self.edge)._merge()


@settings(max_examples=200, deadline=None)
@given(
    before=st.lists(_deeds, max_size=15),
    between=st.sampled_from(["merge", "restart"]),
    after=st.lists(_deeds, max_size=15),
    policy=_policies,
    later=st.lists(_ago, min_size=1, max_size=3),
)
def test_memory_and_store_say_the_same_after_any_history(
    before: list[tuple[Any, ...]],
    between: str,
    after: list[tuple[Any, ...]],
    policy: Policy,
    later: list[timedelta],
):
    with tempfile.TemporaryDirectory() as folder:
        hub = SimulatedHub()
        history = Told(hub, Path(folder) / "edge")
        told = [("follow", None, 100)]
        for deed, *given_ in [*before, *told, (between,), *after, *told]:
            getattr(history, deed)(*given_)

        edge = history.edge
        assert gists_of(index_of(edge)) == gists_of(
            Index.of(edge._digester, edge.local.gists())
        )
        for wait in later:
            quick, slow = checkers(edge, policy, MORNING + wait)
            for asked in ASKED:
                assert quick.checker.check(asked) == slow.checker.check(asked)
            assert quick.hits == slow.hits
        asyncio.run(edge.stop())


@dataclass(slots=True)
class Counting:
    """A checker and the hits it told of."""

    checker: Checker
    hits: list[tuple[str, float]]


def checkers(edge: Edge, policy: Policy, now: datetime) -> tuple[Counting, Counting]:
    """One that looks into memory first, one that always reads the store."""

    def counting(values: Any) -> Counting:
        hits: list[tuple[str, float]] = []
        checker = Checker(
            values,
            edge.local,
            policy,
            clock=now.timestamp,
            on_hit=lambda key, at: hits.append((key, at)),
        )
        return Counting(checker, hits)

    return counting(index_of(edge)), counting(StoreLookup(edge.local))


def index_of(edge: Edge) -> Index:
    assert isinstance(edge.checker.values, Index)
    return edge.checker.values


def gists_of(index: Index) -> dict[str, Any]:
    asked = [Observable(Kind(kind), value) for kind, _, value in map(_parts, VALUES)]
    found = [candidate for each in asked for candidate in index.find(each)]
    return {each.key: each.gist for each in found if each.gist}


def _parts(key: str) -> tuple[str, str, str]:
    return key.partition(":")


def codes(result: Result) -> list[str]:
    return [reason.code for reason in result.reasons]


@pytest.fixture
def hub() -> SimulatedHub:
    hub = SimulatedHub()
    hub.report("domain:a.example", confidence=80)
    return hub


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def edge(tmp_path: Path, hub: SimulatedHub, clock: Clock) -> Edge:
    edge = an_edge(tmp_path, hub, clock=clock)
    follow(edge)
    return edge


def follow(edge: Edge) -> None:
    asyncio.run(edge.follower.catch_up())


def test_a_plain_claim_is_decided_without_the_store_and_read_when_asked_for(edge: Edge):
    result = edge.check("a.example")

    assert (result.verdict, result.score) == (Verdict.BLOCK, 80)
    assert not edge.checker._remembered
    assert codes(result) == [Ground.CLAIM]
    assert [body.confidence for body in result.claims] == [80]


def test_a_claim_with_an_end_is_judged_from_the_store(
    edge: Edge, hub: SimulatedHub, clock: Clock
):
    hub.report("domain:b.example", valid_until=clock.now + timedelta(hours=1))
    follow(edge)

    assert edge.check("b.example").verdict is Verdict.BLOCK
    assert edge.checker._remembered


def test_when_one_of_two_takes_back_the_other_is_decided_from_memory(
    edge: Edge, hub: SimulatedHub
):
    second = hub.report("domain:a.example", by="Second Bank")
    follow(edge)
    both = edge.check("a.example")
    hub.withdraw(second)
    follow(edge)

    one = edge.check("a.example")

    assert (both.score, one.score) == (98, 80)
    assert not edge.checker._remembered
    assert [reason.text[:11] for reason in one.reasons] == ["Harbour Pay"]


def test_reasons_asked_for_later_are_those_of_the_check(edge: Edge, clock: Clock):
    clock.turn(days=3)
    edge.checker.policy = Policy(Exceptions.of([]), is_watch_only=True)
    result, same = edge.check("a.example"), edge.check("a.example")
    at_once = same.reasons
    clock.turn(days=300)
    edge.checker.policy = Policy(Exceptions.of(["domain:a.example"]))

    assert result.reasons == at_once
    assert codes(result) == [Ground.WATCH_ONLY, Ground.CLAIM, Ground.FADED]
    assert result == same
    assert hash(result) == hash(same)
    assert result != edge.check("a.example")


@pytest.mark.parametrize("change", ["withdrawn", "revised", "joined", "stopped"])
def test_a_claim_that_changed_before_its_reasons_were_asked_for_is_said_to_be_gone(
    edge: Edge, hub: SimulatedHub, change: str
):
    result = edge.check("a.example")
    (claim,) = hub.truth
    if change == "withdrawn":
        hub.withdraw(claim)
    elif change == "revised":
        hub.revise(claim, confidence=90)
    elif change == "joined":
        hub.report("domain:a.example", by="Second Bank")
    follow(edge)
    if change == "stopped":
        asyncio.run(edge.stop())

    assert codes(result) == [Ground.GONE]
    assert (result.verdict, result.score, result.claims) == (Verdict.BLOCK, 80, ())


def test_what_was_read_before_a_change_stays(edge: Edge, hub: SimulatedHub):
    result = edge.check("a.example")
    reasons = result.reasons
    hub.withdraw(next(iter(hub.truth)))
    follow(edge)

    assert edge.check("a.example").matched is None
    assert result.reasons == reasons
    assert len(result.claims) == 1
