"""The score: what independent claims add up to, and how it fades."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.trust.decay import half_life
from hanse.trust.score import ENFORCE_FROM, Opinion, points, score

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def opinion(confidence: int, age: timedelta = timedelta(), **more: object) -> Opinion:
    return Opinion("A", "url", confidence, NOW - age, **more)  # type: ignore[arg-type]


def test_nobody_says_so_means_nothing() -> None:
    assert score([], NOW).points == 0


def test_one_sure_member_is_enough_to_enforce() -> None:
    assert score([opinion(80)], NOW).is_enforced


def test_two_doubtful_members_together_are_enough() -> None:
    assert not score([opinion(45)], NOW).is_enforced
    assert score([opinion(45), opinion(45)], NOW).is_enforced


def test_belief_halves_with_the_half_life_of_the_kind() -> None:
    assert score([opinion(80, half_life("url"))], NOW).points == pytest.approx(40)


def test_a_claim_past_its_end_counts_nothing() -> None:
    assert score([opinion(90, valid_until=NOW)], NOW).points == 0


opinions = st.lists(
    st.builds(
        opinion,
        st.integers(0, 100),
        st.timedeltas(timedelta(), timedelta(days=400)),
    ),
    max_size=6,
)


@given(opinions)
def test_contributions_add_up_to_the_score(said: list[Opinion]) -> None:
    whole = score(said, NOW)
    assert sum(c.points for c in whole.contributions) == pytest.approx(
        whole.points, abs=0.06
    )
    assert 0 <= whole.points <= 100


@given(opinions, st.integers(0, 100))
def test_another_claim_never_lowers_the_score(said: list[Opinion], more: int) -> None:
    assert score([*said, opinion(more)], NOW).points >= score(said, NOW).points - 1e-9


def test_the_bare_score_is_the_same() -> None:
    assert points([(0.8, 1.0), (0.5, 0.5)]) == pytest.approx(85)
    assert ENFORCE_FROM < 85
