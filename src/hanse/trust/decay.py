"""How fast belief in a claim fades when nobody says it again.

A phishing page lives for days, a signing certificate for years. Belief halves
once per half-life of the observable's kind. The half-lives are first, hand-set
values; measuring them against histories is later work.
"""

from datetime import datetime, timedelta

HALF_LIVES = {
    "url": timedelta(days=30),
    "domain": timedelta(days=60),
    "ip": timedelta(days=14),
    "email": timedelta(days=60),
    "wifi": timedelta(days=60),
    "hash": timedelta(days=730),
    "app": timedelta(days=365),
    "certificate": timedelta(days=730),
}
_OTHERWISE = timedelta(days=30)
_SECONDS = {kind: life.total_seconds() for kind, life in HALF_LIVES.items()}
_SECONDS_OTHERWISE = _OTHERWISE.total_seconds()


def half_life(kind: str) -> timedelta:
    """The half-life of belief in a claim on this kind of observable."""
    return HALF_LIVES.get(kind, _OTHERWISE)


def remaining(kind: str, age: timedelta) -> float:
    """The share of belief left after `age`, 0 < share <= 1; 1 for the future."""
    return remaining_after(kind, age.total_seconds())


def remaining_after(kind: str, seconds: float) -> float:
    """`remaining` of an age in seconds, for hot paths."""
    if seconds <= 0.0:
        return 1.0
    return 0.5 ** (seconds / _SECONDS.get(kind, _SECONDS_OTHERWISE))  # type: ignore[no-any-return]


def age_of(at: datetime, now: datetime) -> timedelta:
    """How old something said at `at` is, never negative."""
    return max(now - at, timedelta())
