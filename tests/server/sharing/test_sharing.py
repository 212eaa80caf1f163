"""Nothing that is hidden from somebody changes any answer that one is given."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.doors import Meant, World, answers
from benchmarks.sharing import SMALL, Tally, judge, populate
from hanse.feed.sharing import Tlp
from hanse.hub import founding
from hanse.hub.founding import Names
from hanse.intel import reporting, sighting
from hanse.intel.claim import Claim, Draft
from hanse.intel.reporting import digest_of
from hanse.intel.sighting import Hits
from hanse.membership.caller import Caller
from hanse.observables.kinds import Kind
from hanse.observables.parse import parse
from hanse.storage.tx import Database, Tx
from tests.server.intel.members import circle as new_circle
from tests.server.intel.members import member as new_member

NAMES = Names("Sharing", "共享", "hub.hanse.test/log")


@pytest.mark.parametrize("seed", [1, 2])
def test_every_door_gives_exactly_what_the_rule_says(
    database: Database, seed: int
) -> None:
    with database.begin() as tx:
        founding.found(tx, NAMES)
    made = populate(database, Random(seed), SMALL)
    tally = Tally()

    with database.read() as tx:
        judge(tx, made, tally, plant="")

    assert tally.cases > 1_000
    assert (tally.leaks, tally.wrong_denials) == (0, 0)


def test_the_judge_sees_a_planted_leak(database: Database) -> None:
    with database.begin() as tx:
        founding.found(tx, NAMES)
    made = populate(database, Random(3), SMALL)
    tally = Tally()

    with database.read() as tx:
        judge(tx, made, tally, plant="leak")

    assert tally.leaks > 0


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tlp=st.sampled_from([t for t in Tlp if t is not Tlp.CLEAR]),
    confidence=st.integers(1, 100),
    is_anonymous=st.booleans(),
    is_same_value=st.booleans(),
    is_same_host=st.booleans(),
)
def test_a_hidden_item_changes_no_answer(  # noqa: PLR0917
    tx: Tx,
    tlp: Tlp,
    confidence: int,
    is_anonymous: bool,
    is_same_value: bool,
    is_same_host: bool,
) -> None:
    """The same questions before and after something was told to a circle."""
    with tx.conn.transaction(force_rollback=True):
        if tx.conn.execute("select 1 from alliance").fetchone() is None:
            founding.found(tx, NAMES)
        inner = new_circle(tx, "Inner")
        teller, outsider = new_member(tx, "Lotus", inner), new_member(tx, "Crane")
        known = parse(Kind.URL, "http://known.example/login")
        claim = _tell(tx, teller, Draft(observable=known))
        hidden = known
        if not is_same_value:
            host = "known.example" if is_same_host else "hidden.example"
            hidden = parse(Kind.URL, f"http://{host}/other")
        world = World(
            {
                claim.id: Meant(
                    claim.id,
                    claim.member,
                    "green",
                    frozenset(),
                    digest_of(known).hex(),
                    claim.stix_id,
                )
            }
        )
        witnesses = [outsider]
        before = [answers(tx, witness, world) for witness in witnesses]

        insider = new_member(tx, "Bamboo", inner)
        _tell(
            tx,
            insider,
            Draft(
                observable=hidden,
                tlp=tlp,
                circles=frozenset({inner}),
                confidence=confidence,
                is_anonymous=is_anonymous,
                note="冒充 only the circle knows",
            ),
        )
        if not is_same_value:
            # Seen by one of the circle: that it was seen is the circle's too.
            sighting.sight(
                tx, insider, [Hits(hidden, 3, tx.now, tx.now)], source="edge"
            )
            tx.run_seals()

        after = [answers(tx, witness, world) for witness in witnesses]
        assert after == before


def _tell(tx: Tx, caller: Caller, draft: Draft) -> Claim:
    done = reporting.report(tx, caller, [draft], channel="rest")
    tx.run_seals()
    return done.claims[0]
