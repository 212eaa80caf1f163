"""The check: what covers what, how strongly, and what is told about it."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.base.errors import Refusal
from hanse.edge import claims
from hanse.edge.brake import Exceptions
from hanse.edge.checking import Checker, Policy, StoreLookup
from hanse.edge.claims import Ground
from hanse.edge.result import Verdict
from hanse.edge.running import Edge
from hanse.feed.item import Source, encode
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.trust.score import score
from tests.unit.edge.builders import Clock, an_edge
from tests.unit.edge.simulated_hub import MORNING, SimulatedHub

SHA256 = "sha256:" + "ab" * 32


def an_edge_that_heard(folder: Path, hub: SimulatedHub, clock: Clock) -> Edge:
    edge = an_edge(folder, hub, clock=clock)
    asyncio.run(edge.follower.catch_up())
    return edge


@pytest.mark.parametrize(
    ("claimed", "asked"),
    [
        ("url:https://a.example/pay", "https://a.example/pay"),
        ("url:https://a.example/pay", "HTTP://A.example:80/pay?x=1#top"),
        ("url:https://a.example/kit/", "https://a.example/kit/x/y.php"),
        ("domain:a.example", "https://login.a.example/x"),
        ("domain:a.example", "a.example"),
        ("domain:a.example", ("email", "alerts@mail.a.example")),
        ("ip:192.0.2.7", "http://192.0.2.7/x"),
        ("ip:192.0.2.7", ("ip", "192.0.2.7")),
        (f"hash:{SHA256}", ("hash", "AB" * 32)),
        (f"certificate:{SHA256}", ("certificate", ":".join(["AB"] * 32))),
        ("wifi:ssid:Free Airport WiFi", ("wifi", "ssid:Free Airport WiFi")),
        ("app:com.example.wallet", ("app", "com.example.wallet")),
        ("email:x@a.example", Observable(Kind.EMAIL, "x@a.example")),
    ],
)
def test_what_covers_what(tmp_path: Path, claimed: str, asked: object):
    hub = SimulatedHub()
    hub.report(claimed)
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    result = edge.check(asked)  # type: ignore[arg-type]

    assert result.verdict is Verdict.BLOCK
    assert result.matched is not None
    assert f"{result.matched.kind}:{result.matched.value}" == claimed


@pytest.mark.parametrize(
    ("claimed", "asked"),
    [
        ("url:https://a.example/pay", "https://a.example/pays"),
        ("url:https://a.example/pay", "https://b.a.example/pay"),
        ("domain:a.example", "https://aa.example/"),
        ("domain:login.a.example", "https://a.example/"),
        ("ip:192.0.2.7", "http://192.0.2.70/"),
        (f"hash:{SHA256}", ("certificate", "ab" * 32)),
        ("app:com.example.wallet", ("app", "com.example.Wallet")),
    ],
)
def test_what_does_not_cover_what(tmp_path: Path, claimed: str, asked: object):
    hub = SimulatedHub()
    hub.report(claimed)
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    assert edge.check(asked).verdict is Verdict.ALLOW  # type: ignore[arg-type]


def test_a_hash_of_the_same_digits_under_another_kind_is_another_value(tmp_path: Path):
    hub = SimulatedHub()
    hub.report(f"hash:{SHA256}")
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    assert edge.check(("hash", "ab" * 32)).matched is not None
    assert edge.check(("certificate", "ab" * 32)).matched is None


def test_the_strictest_of_several_covering_values_decides(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example", confidence=45)
    hub.report("url:https://a.example/pay", confidence=80)
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    page, other = edge.check("https://a.example/pay"), edge.check("https://a.example/")

    assert (page.verdict, page.score) == (Verdict.BLOCK, 80)
    assert (other.verdict, other.score) == (Verdict.WATCH, 45)


def test_a_score_just_below_a_bound_is_not_shown_as_reaching_it(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example", confidence=60)
    hub.report("domain:b.example", confidence=40)
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    shown = [(r.verdict, r.score) for r in map(edge.check, ("a.example", "b.example"))]

    assert shown == [(Verdict.WATCH, 59), (Verdict.ALLOW, 39)]


def test_claims_of_several_members_add_up(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example", confidence=50, by="First Bank")
    hub.report("domain:a.example", confidence=50, by="Second Bank")
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    result = edge.check("a.example")

    assert (result.verdict, result.score) == (Verdict.BLOCK, 75)
    assert [r.text.partition(":")[0] for r in result.reasons] == [
        "First Bank",
        "Second Bank",
    ]


def test_a_weak_claim_is_told_and_allowed(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example", confidence=30)
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    result = edge.check("a.example")

    assert (result.verdict, result.score) == (Verdict.ALLOW, 30)
    assert result.reasons[-1].code is Ground.WEAK
    assert not edge.hits._counts


def test_belief_fades_and_the_verdict_with_it(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    hub.report("ip:192.0.2.7", confidence=80)
    edge = an_edge_that_heard(tmp_path, hub, clock)
    verdicts = []

    for _ in range(3):
        verdicts.append(edge.check("192.0.2.7").verdict)
        clock.turn(days=10)

    assert verdicts == [Verdict.BLOCK, Verdict.WATCH, Verdict.ALLOW]
    assert Ground.FADED in [r.code for r in edge.check("192.0.2.7").reasons]


def test_a_claim_past_its_end_counts_nothing(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    hub.report("domain:a.example", valid_until=MORNING + timedelta(hours=1))
    edge = an_edge_that_heard(tmp_path, hub, clock)
    before = edge.check("a.example").verdict

    clock.turn(hours=1)

    assert (before, edge.check("a.example").verdict) == (Verdict.BLOCK, Verdict.ALLOW)


def test_a_hub_whose_clock_is_ahead_is_believed_at_once(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    hub.now = clock.now + timedelta(seconds=30)
    hub.report("domain:a.example")
    edge = an_edge_that_heard(tmp_path, hub, clock)

    assert edge.check("a.example").verdict is Verdict.BLOCK


def test_who_stays_unnamed_is_named_by_a_band(tmp_path: Path):
    hub = SimulatedHub()
    hub.report("domain:a.example", source=Source(band="good"))
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    text = edge.check("a.example").reasons[0].text

    assert text.startswith("a member that stays unnamed, record: good: phishing")


def test_more_claims_than_can_be_said_are_counted(tmp_path: Path):
    hub = SimulatedHub()
    for n in range(9):
        hub.report("domain:a.example", by=f"Bank {n}")
    edge = an_edge_that_heard(tmp_path, hub, Clock())

    codes = [r.code for r in edge.check("a.example").reasons]

    assert codes == [Ground.CLAIM] * 5 + [Ground.MORE_CLAIMS]
    assert len(edge.check("a.example").claims) == 9


def test_the_store_alone_answers_like_the_running_edge(tmp_path: Path):
    hub, clock = SimulatedHub(), Clock()
    hub.report("domain:a.example")
    hub.report("url:https://b.example/x", confidence=50)
    edge = an_edge_that_heard(tmp_path, hub, clock)
    lone = Checker(
        StoreLookup(edge.local),
        edge.local,
        Policy(Exceptions.of([])),
        clock=clock().timestamp,
    )

    for asked in ("https://a.example/", "https://b.example/x", "https://c.example/"):
        assert lone.check(asked) == edge.check(asked)


@pytest.mark.parametrize(
    "asked", ["", "no value", ("planet", "mars"), ("ip", "1.2.3"), ("url", "mailto:a")]
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, asked: object):
    edge = an_edge_that_heard(tmp_path, SimulatedHub(), Clock())
    with pytest.raises(ObservableMalformed):
        edge.check(asked)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def some_edge(tmp_path_factory: pytest.TempPathFactory) -> Edge:
    hub = SimulatedHub()
    hub.report("domain:a.example")
    return an_edge_that_heard(tmp_path_factory.mktemp("edge"), hub, Clock())


@settings(max_examples=300, deadline=None)
@given(
    text=st.text() | st.from_regex(r"https?://\S*"), kind=st.sampled_from(list(Kind))
)
def test_whatever_is_asked_is_answered_or_refused(
    some_edge: Edge, text: str, kind: Kind
):
    for asked in (text, (kind.value, text)):
        with contextlib.suppress(Refusal):
            assert some_edge.check(asked).verdict in Verdict


_instants = st.datetimes(MORNING.replace(tzinfo=None), timezones=st.just(UTC))
_said = st.lists(
    st.tuples(st.integers(0, 100), _instants, st.none() | _instants), max_size=6
)


@given(_said, _instants)
def test_the_quick_score_is_the_score(
    said: list[tuple[int, datetime, datetime | None]], now: datetime
):
    hub = SimulatedHub()
    raws = []
    for confidence, at, until in said:
        claim = hub.report("ip:192.0.2.7", confidence=confidence, at=at, valid_from=at)
        body = msgspec.structs.replace(hub.truth[claim].body, valid_until=until)
        raws.append(encode(body))
    bodies = claims.claims_of(raws)

    quick = [known.points(now.timestamp())[0] for known in claims.read(raws)] or [0.0]

    full = score([claims.opinion_of(body) for body in bodies], now).points
    assert quick == pytest.approx([full])
