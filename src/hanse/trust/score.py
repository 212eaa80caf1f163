"""From what members say of one value to one score, with its reasons.

Pure, and the same at the hub and at every edge: the score is computed where it is
delivered, from the opinions the viewer may see and nothing else. Independent
opinions combine as independent evidence (noisy or): the chance that all of them
are wrong is the product of the chances that each is. Belief fades with age
(`decay`). Contributions are points that add up to the score, so that a waterfall
drawn from them ends where the score stands.

`weight` is how far the reporter's word goes, 1 for now; earned trust and the gate
will set it and stand between score and enforcement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hanse.trust.decay import age_of, remaining

ENFORCE_FROM = 60
WATCH_FROM = 40


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one member says of a value. `confidence` 0..100, `weight` 0..1."""

    label: str
    kind: str
    confidence: int
    at: datetime
    valid_until: datetime | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Contribution:
    """Points (may be negative) that one reason adds to the score."""

    reason: str  # "claim" or "age"
    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """0..100 and the contributions that add up to it."""

    points: float
    contributions: tuple[Contribution, ...]

    @property
    def is_enforced(self) -> bool:
        """Whether edges refuse a value of this score."""
        return self.points >= ENFORCE_FROM

    @property
    def is_watched(self) -> bool:
        """Whether edges tell of a value of this score without refusing it."""
        return WATCH_FROM <= self.points < ENFORCE_FROM


def score(opinions: Sequence[Opinion], now: datetime) -> Score:
    """The score of a value at `now`; opinions past their end count nothing."""
    current = sorted(
        (o for o in opinions if o.valid_until is None or o.valid_until > now),
        key=lambda o: o.at,
    )
    contributions = []
    doubt = fresh_doubt = 1.0
    for opinion in current:
        belief = opinion.weight * opinion.confidence / 100
        points = 100 * fresh_doubt * belief
        contributions.append(Contribution("claim", opinion.label, points))
        fresh_doubt *= 1 - belief
        doubt *= 1 - belief * remaining(opinion.kind, age_of(opinion.at, now))
    total = 100 * (1 - doubt)
    faded = total - 100 * (1 - fresh_doubt)
    if faded < -0.05:
        contributions.append(Contribution("age", "", faded))
    return Score(total, tuple(contributions))


def points_of_one(belief: float, left: float) -> float:
    """`points` of a single opinion."""
    return 100 * (1 - (1 - belief * left))


def points(beliefs_and_ages: Sequence[tuple[float, float]]) -> float:
    """The bare score of (belief 0..1, share remaining 0..1) pairs, for hot paths."""
    doubt = 1.0
    for belief, left in beliefs_and_ages:
        doubt *= 1 - belief * left
    return 100 * (1 - doubt)
