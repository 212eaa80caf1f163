"""The answer to a check: a verdict at once, its reasons when they are asked for.

Most programs look at the verdict only, and to tell the reasons a claim must be read
from the store, which takes longer than to decide. So `Result.reasons` and
`Result.claims` are read when first asked for. They always belong to the verdict: what
the edge's policy was, and how far belief had faded, is kept from the moment of the
check, and if the claim has changed or gone by then the reasons say so.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from hanse.edge.claims import Ground, Known, Reason
from hanse.edge.index import Candidate
from hanse.feed.item import ClaimBody
from hanse.trust.score import ENFORCE_FROM, WATCH_FROM

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


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A value weighed at one moment, before exceptions.

    `fresh` is what `points` would be if belief did not fade; `brakes` say why it is
    watched although there are points enough to block. `claimed` is what was read of
    it, or where to read it.
    """

    key: str
    points: float
    fresh: float
    verdict: Verdict
    brakes: tuple[Reason, ...]
    claimed: Known | Candidate


class Evidence(msgspec.Struct, gc=False):
    """What a verdict rests on. `read` gives what is claimed of a candidate."""

    judged: Judged
    entry: str | None  # of the never-block list
    read: Callable[[Candidate], Known]
    known: Known | None = None

    def claimed(self) -> Known:
        """All that was claimed, read at most once."""
        if self.known is None:
            claimed = self.judged.claimed
            if isinstance(claimed, Candidate):
                claimed = self.read(claimed)
            self.known = claimed
        return self.known

    def reasons(self) -> tuple[Reason, ...]:
        """The reasons, those that decide first."""
        reasons = (*self.judged.brakes, *_said(self.claimed().said))
        faded = self.judged.fresh - self.judged.points
        if faded >= MIN_FADED:
            text = f"belief has faded by {faded:.0f} points with age"
            reasons = (*reasons, Reason(Ground.FADED, text))
        if self.judged.verdict is Verdict.ALLOW:
            return (*reasons, _WEAK)
        if self.entry is not None:
            return (_excepted(self.entry), *reasons)
        return reasons


class Result(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The answer. Without evidence nothing is claimed of what was asked.

    Equal to another if all it says is equal, reasons and claims included. As long as
    these were not asked for they are read from the edge's store: ask in the thread
    that checks, and before the edge stops.
    """

    verdict: Verdict
    evidence: Evidence | None = None

    @property
    def score(self) -> int:
        """That of the match, 0..100, whatever the verdict."""
        return 0 if self.evidence is None else _shown(self.evidence.judged.points)

    @property
    def matched(self) -> Match | None:
        """The value that decides, if any covers what was asked."""
        if self.evidence is None:
            return None
        kind, _, value = self.evidence.judged.key.partition(":")
        return Match(kind, value)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the verdict is what it is."""
        return () if self.evidence is None else self.evidence.reasons()

    @property
    def claims(self) -> tuple[ClaimBody, ...]:
        """What is claimed of the match."""
        return () if self.evidence is None else self.evidence.claimed().bodies

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        return (
            self.verdict is other.verdict
            and self.score == other.score
            and self.matched == other.matched
            and self.reasons == other.reasons
            and self.claims == other.claims
        )

    def __hash__(self) -> int:
        return hash((self.verdict, self.score, self.matched))


CLEAR = Result(Verdict.ALLOW)

HELD = Reason(
    Ground.HELD,
    "held by this edge's brake: more new blocks came in an hour than it allows;"
    " `hanse edge brake release` enforces it",
)
WATCH_ONLY = Reason(Ground.WATCH_ONLY, "this edge is set to watch only")

_WEAK = Reason(
    Ground.WEAK, f"the score is below {WATCH_FROM}, from where an edge watches"
)
_GONE = Reason(
    Ground.GONE,
    "the claim that decided this cannot be told any more: it was revised or taken"
    " back since, or the edge was stopped",
)


def gone(key: str) -> Known:
    """A value of which nobody can say any more what was claimed."""
    return Known(key, (), (), (_GONE,))


def _shown(points: float) -> int:
    """Rounded, but never to a bound that was not reached."""
    rounded = round(points)
    return rounded - 1 if points < rounded in (ENFORCE_FROM, WATCH_FROM) else rounded


def _said(said: tuple[Reason, ...]) -> tuple[Reason, ...]:
    if len(said) <= MAX_SAID:
        return said
    more = f"and {len(said) - MAX_SAID} earlier ones"
    return (*said[-MAX_SAID:], Reason(Ground.MORE_CLAIMS, more))


def _excepted(entry: str) -> Reason:
    return Reason(Ground.NEVER_BLOCK, f"on this edge's never-block list: {entry}")
