"""The check: may this be opened? Answered from what this edge holds, in microseconds.

`Checker` is the door for programs in the same process; `rest` puts HTTP before it.
It parses what is asked once, looks up every indicator that would cover it, and scores
each candidate at this moment: a claim that ended or faded since it came counts for
what it is worth now. What decides is the gist that the index keeps in memory; a
candidate without one (several claims, or one that begins or ends at a given time) is
confirmed and judged by reading what is claimed of it. Both ways say the same.

Nothing that is asked is kept or told to anyone: `on_hit` hears only which value of
the alliance was met. Not for several threads at once; give each its own.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from hanse.edge import claims
from hanse.edge.brake import Exceptions
from hanse.edge.claims import Known, Reason
from hanse.edge.digest import Digester
from hanse.edge.index import Candidate
from hanse.edge.local import Local
from hanse.edge.result import (
    CLEAR,
    HELD,
    WATCH_ONLY,
    Evidence,
    Judged,
    Result,
    Verdict,
    gone,
)
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.matcher import expressions
from hanse.observables.parse import parse, recognise
from hanse.observables.url import already_canonical
from hanse.trust.score import ENFORCE_FROM, WATCH_FROM

MAX_REMEMBERED = 4_096  # values read and decoded, for those met again and again

_URL = Kind.URL

Asked = Observable | tuple[str, str] | str


class Values(Protocol):
    """Where it is looked up whether something may be claimed of a value."""

    def find(self, asked: Observable) -> list[Candidate]:
        """Those of its `expressions` that may be claimed."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What the member's own people have set, and what their brake holds."""

    exceptions: Exceptions
    is_watch_only: bool = False
    held: frozenset[str] = frozenset()  # keys of what the brake lets be watched only


class Checker:
    """Answers checks from an index and the store behind it."""

    def __init__(
        self,
        values: Values,
        local: Local,
        policy: Policy,
        *,
        clock: Callable[[], float],
        on_hit: Callable[[str, float], None] | None = None,
    ) -> None:
        """`clock` gives POSIX time; `on_hit` hears the key that was met, and when."""
        self.values = values
        self.policy = policy
        self._local = local
        self._clock = clock
        self._on_hit = on_hit
        self._remembered: OrderedDict[int, tuple[Known, ...]] = OrderedDict()

    def check(self, asked: Asked) -> Result:
        """The verdict on a parsed value, a (kind, value) pair, or text.

        Text is taken for a URL if it has a scheme, else its kind is guessed.
        Raises ObservableMalformed if it cannot be read.
        """
        observable = asked if isinstance(asked, Observable) else read_asked(asked)
        candidates = self.values.find(observable)
        return self._judge(observable, candidates) if candidates else CLEAR

    def forget(self, digests: Iterable[int]) -> None:
        """These values have changed: read them again."""
        for digest in digests:
            self._remembered.pop(digest, None)

    def _judge(self, asked: Observable, candidates: list[Candidate]) -> Result:
        now = self._clock()
        strictest: Judged | None = None
        for candidate in candidates:
            judged = self._weigh(candidate, now)
            if judged is not None and (
                strictest is None or _strictness(judged) > _strictness(strictest)
            ):
                strictest = judged
        return CLEAR if strictest is None else self._answer(asked, strictest, now)

    def _weigh(self, candidate: Candidate, now: float) -> Judged | None:
        key, gist = candidate.key, candidate.gist
        claimed: Known | Candidate
        if gist is not None:
            claimed = candidate
            points, fresh = gist.points(key[: key.index(":")], now)
        else:
            known = self._find(candidate)
            if known is None:
                return None
            claimed = known
            points, fresh = known.points(now)
        verdict, brakes = _ALLOW, _NO_BRAKES
        if points >= ENFORCE_FROM:
            brakes = self._brakes(key)
            verdict = _WATCH if brakes else _BLOCK
        elif points >= WATCH_FROM:
            verdict = _WATCH
        return Judged(key, points, fresh, verdict, brakes, claimed)

    def _brakes(self, key: str) -> tuple[Reason, ...]:
        brakes = (HELD,) if key in self.policy.held else _NO_BRAKES
        return (WATCH_ONLY, *brakes) if self.policy.is_watch_only else brakes

    def _answer(self, asked: Observable, judged: Judged, now: float) -> Result:
        verdict, entry = judged.verdict, None
        if verdict is not _ALLOW:
            entry = self.policy.exceptions.covering(asked)
            if entry is not None:
                verdict = _ALLOW
            elif self._on_hit is not None:
                self._on_hit(judged.key, now)
        return Result(verdict, Evidence(judged, entry, self._recall))

    def _find(self, candidate: Candidate) -> Known | None:
        """What is claimed of the candidate, if anything is."""
        known = self._remembered.get(candidate.digest)
        if known is None:
            known = claims.read(self._local.claimed(candidate.digest))
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.popitem(last=False)
            self._remembered[candidate.digest] = known
        return next((each for each in known if each.key == candidate.key), None)

    def _recall(self, candidate: Candidate) -> Known:
        """What is claimed of a candidate that was decided by its gist before."""
        known = None if self._local.is_closed else self._find(candidate)
        if known is None or not claims.is_gist(known, candidate.gist):
            return gone(candidate.key)
        return known


class StoreLookup:
    """Leaves it to the store whether a key is claimed: for single checks."""

    def __init__(self, local: Local) -> None:
        self._digester = Digester(local.secret)

    def find(self, asked: Observable) -> list[Candidate]:
        """All of them, and no gists."""
        keys = expressions(asked)
        return [Candidate(self._digester.of(key), key, None) for key in keys]


def read_asked(asked: tuple[str, str] | str) -> Observable:
    """Parse what is asked; raises ObservableMalformed."""
    if isinstance(asked, str):
        plain = already_canonical(asked)
        if plain is not None:
            return Observable(_URL, plain)
        is_url = asked.startswith(("https://", "http://"))
        return parse(_URL, asked) if is_url else recognise(asked)
    kind, value = asked
    if kind not in _KINDS:
        raise ObservableMalformed(
            f"There is no such kind of value; there are: {', '.join(sorted(_KINDS))}."
        )
    return parse(_KINDS[kind], value)


_KINDS = {kind.value: kind for kind in Kind}

_ALLOW, _WATCH, _BLOCK = Verdict  # bound once: a member's look-up is slow
_NO_BRAKES: tuple[Reason, ...] = ()
_RANK = {_ALLOW: 0, _WATCH: 1, _BLOCK: 2}


def _strictness(judged: Judged) -> tuple[int, float]:
    return _RANK[judged.verdict], judged.points
