"""How long to wait: between attempts, between acknowledgements, for a sign of life.

Pure but for the chance it is handed. Waits grow twofold and are drawn at random
below their bound (full jitter), so that a hundred edges do not come back to a hub
that has just risen in the same instant.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    first_wait: float = 0.5
    most_wait: float = 30.0
    # After access has ended a person has to act; asking more often would not help.
    slow_wait: float = 60.0
    ack: float = 0.25
    sightings: float = 30.0
    tick: float = 1.0


def wait(pace: Pace, failures: int, chance: Random) -> float:
    """The wait after so many failures in a row (at least one)."""
    bound = min(pace.most_wait, pace.first_wait * 2.0 ** min(failures - 1, 16))
    return chance.uniform(0.0, bound)


def slow_wait(pace: Pace, chance: Random) -> float:
    """The wait when only a person can help."""
    return chance.uniform(pace.slow_wait / 2, pace.slow_wait)
