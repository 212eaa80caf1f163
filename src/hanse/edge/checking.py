"""The check: may this be opened? Answered from what this edge holds, in microseconds.

`Checker` is the door for programs in the same process; `rest` puts HTTP before it.
It parses what is asked once, looks up every indicator that would cover it, confirms
each candidate by reading what is claimed of it, and scores that at this moment: a
claim that ended or faded since it came counts for what it is worth now.

Nothing that is asked is kept or told to anyone: `on_hit` hears only which value of
the alliance was met. Not for several threads at once; give each its own.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from hanse.edge import claims
from hanse.edge.brake import Exceptions
from hanse.edge.claims import Ground, Known, Reason
from hanse.edge.digest import Digester
from hanse.edge.local import Local
from hanse.feed.item import ClaimBody
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.matcher import expressions
from hanse.observables.parse import parse, recognise
from hanse.trust.score import ENFORCE_FROM, WATCH_FROM

MAX_REMEMBERED = 4_096  # values read and decoded, for those met again and again
MAX_SAID = 5  # claims spelled out as reasons
MIN_FADED = 1.0  # points; less is not worth a sentence


class Verdict(StrEnum):
    """What the asking program should do; later means stricter."""

    ALLOW = "allow"
    WATCH = "watch"
    BLOCK = "block"


class Match(msgspec.Struct, frozen=True, gc=False):
    """The value of the alliance that covers what was asked."""

    kind: str
    value: str


class Result(msgspec.Struct, frozen=True):
    """The answer. `score` is that of the match, 0..100, whatever the verdict."""

    verdict: Verdict
    score: int = 0
    reasons: tuple[Reason, ...] = ()
    matched: Match | None = None
    claims: tuple[ClaimBody, ...] = ()


CLEAR = Result(Verdict.ALLOW)

Asked = Observable | tuple[str, str] | str


class Values(Protocol):
    """Where keys are looked up."""

    def find(self, keys: Iterable[str]) -> list[int]:
        """The digests of those keys that may be claimed."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What the member's own people have set, and what their brake holds."""

    exceptions: Exceptions
    is_watch_only: bool = False
    held: frozenset[str] = frozenset()  # keys of what the brake lets be watched only


class _Judged(NamedTuple):
    known: Known
    points: float
    faded: float  # points lost with age
    verdict: Verdict


_RANK = {Verdict.ALLOW: 0, Verdict.WATCH: 1, Verdict.BLOCK: 2}


class Checker:
    """Answers checks from an index and the store behind it."""

    def __init__(
        self,
        values: Values,
        local: Local,
        policy: Policy,
        *,
        clock: Callable[[], datetime],
        on_hit: Callable[[str, datetime], None] | None = None,
    ) -> None:
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
        keys = expressions(observable)
        candidates = self.values.find(keys)
        if not candidates:
            return CLEAR
        return self._judge(observable, keys, candidates)

    def forget(self, digests: Iterable[int]) -> None:
        """These values have changed: read them again."""
        for digest in digests:
            self._remembered.pop(digest, None)

    def _judge(
        self, asked: Observable, keys: tuple[str, ...], candidates: list[int]
    ) -> Result:
        now = self._clock()
        strictest: _Judged | None = None
        for digest in candidates:
            for known in self._known(digest):
                if known.key not in keys:
                    continue
                judged = self._weigh(known, now)
                if strictest is None or _order(judged) > _order(strictest):
                    strictest = judged
        if strictest is None:
            return CLEAR
        return self._answer(asked, strictest, now)

    def _known(self, digest: int) -> tuple[Known, ...]:
        known = self._remembered.get(digest)
        if known is None:
            known = claims.read(self._local.claimed(digest))
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.popitem(last=False)
            self._remembered[digest] = known
        return known

    def _weigh(self, known: Known, now: datetime) -> _Judged:
        points, fresh = known.points(now)
        verdict = Verdict.ALLOW
        if points >= ENFORCE_FROM:
            is_braked = self.policy.is_watch_only or known.key in self.policy.held
            verdict = Verdict.WATCH if is_braked else Verdict.BLOCK
        elif points >= WATCH_FROM:
            verdict = Verdict.WATCH
        return _Judged(known, points, fresh - points, verdict)

    def _answer(self, asked: Observable, judged: _Judged, now: datetime) -> Result:
        known, verdict = judged.known, judged.verdict
        reasons = self._reasons(judged)
        if verdict is not Verdict.ALLOW:
            entry = self.policy.exceptions.covering(asked)
            if entry is not None:
                verdict = Verdict.ALLOW
                reasons = (_excepted(entry), *reasons)
            elif self._on_hit is not None:
                self._on_hit(known.key, now)
        kind, _, value = known.key.partition(":")
        return Result(
            verdict,
            _shown(judged.points),
            reasons,
            Match(kind, value),
            known.bodies,
        )

    def _reasons(self, judged: _Judged) -> tuple[Reason, ...]:
        said = judged.known.said
        reasons = said[-MAX_SAID:]
        if len(said) > MAX_SAID:
            more = Reason(
                Ground.MORE_CLAIMS, f"and {len(said) - MAX_SAID} earlier ones"
            )
            reasons = (*reasons, more)
        if judged.faded >= MIN_FADED:
            text = f"belief has faded by {judged.faded:.0f} points with age"
            reasons = (*reasons, Reason(Ground.FADED, text))
        if judged.verdict is Verdict.ALLOW:
            return (*reasons, _WEAK)
        if judged.points >= ENFORCE_FROM and judged.verdict is Verdict.WATCH:
            is_held = judged.known.key in self.policy.held
            reasons = (_HELD, *reasons) if is_held else reasons
            reasons = (_WATCH_ONLY, *reasons) if self.policy.is_watch_only else reasons
        return reasons


class StoreLookup:
    """Leaves it to the store whether a key is claimed: for single checks."""

    def __init__(self, local: Local) -> None:
        self._digester = Digester(local.secret)

    def find(self, keys: Iterable[str]) -> list[int]:
        """The digests of all keys."""
        return [self._digester.of(key) for key in keys]


def read_asked(asked: tuple[str, str] | str) -> Observable:
    """Parse what is asked; raises ObservableMalformed."""
    if isinstance(asked, str):
        is_url = asked.startswith(("https://", "http://"))
        return parse(Kind.URL, asked) if is_url else recognise(asked)
    kind, value = asked
    if kind not in _KINDS:
        raise ObservableMalformed(
            f"There is no such kind of value; there are: {', '.join(sorted(_KINDS))}."
        )
    return parse(_KINDS[kind], value)


_KINDS = {kind.value: kind for kind in Kind}

_WEAK = Reason(
    Ground.WEAK, f"the score is below {WATCH_FROM}, from where an edge watches"
)
_HELD = Reason(
    Ground.HELD,
    "held by this edge's brake: more new blocks came in an hour than it allows;"
    " `hanse edge brake release` enforces it",
)
_WATCH_ONLY = Reason(Ground.WATCH_ONLY, "this edge is set to watch only")


def _excepted(entry: str) -> Reason:
    return Reason(Ground.NEVER_BLOCK, f"on this edge's never-block list: {entry}")


def _shown(points: float) -> int:
    """Rounded, but never to a bound that was not reached."""
    rounded = round(points)
    return rounded - 1 if points < rounded in (ENFORCE_FROM, WATCH_FROM) else rounded


def _order(judged: _Judged) -> tuple[int, float]:
    return _RANK[judged.verdict], judged.points
