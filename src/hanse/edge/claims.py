"""What one member's claim means at this edge: an opinion, and a sentence.

Pure, between `feed.item` (what travels) and `trust.score` (what it is worth).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from hanse.feed.item import ClaimBody, decode
from hanse.trust.decay import remaining_after
from hanse.trust.score import Opinion, points, points_of_one

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ground(StrEnum):
    """Why a verdict is what it is; clients may rely on these."""

    CLAIM = "claim"
    MORE_CLAIMS = "more_claims"
    FADED = "faded"
    GONE = "gone"
    WEAK = "weak"
    HELD = "held"
    WATCH_ONLY = "watch_only"
    NEVER_BLOCK = "never_block"


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One ground, with a sentence for people."""

    code: Ground
    text: str


class Gist(msgspec.Struct, frozen=True, gc=False):
    """All that decides on a value with one plain claim, small enough for memory.

    A claim is plain if it counts from the moment it is told until it is taken back.
    `proof` is the key's (see `digest`), `told` in microseconds since 1970.
    """

    proof: int  # or ANYWHERE: values of several keys stand under one digest
    told: int
    confidence: int  # 0..100, or NOT_PLAIN: only the stored claims say what counts

    def points(self, kind: str, now: float) -> tuple[float, float]:
        """What `Known.points` says of this claim at `now`, if it is on this kind."""
        belief = self.confidence / 100
        left = remaining_after(kind, now - self.told / 1e6)
        return points_of_one(belief, left), points_of_one(belief, 1.0)


NOT_PLAIN = -1
ANYWHERE = -1


class Weight(msgspec.Struct, frozen=True, gc=False):
    """A claim as far as the score depends on it; its times are POSIX times.

    `begins` None: it has begun.
    """

    belief: float
    kind: str
    at: float
    begins: float | None
    ends: float | None


class Known(msgspec.Struct, frozen=True, gc=False):
    """A value with all that is claimed of it, read and ready to be judged."""

    key: str
    bodies: tuple[ClaimBody, ...]
    weights: tuple[Weight, ...]
    said: tuple[Reason, ...]

    def points(self, now: float) -> tuple[float, float]:
        """The score at `now` (POSIX time), and what it would be if belief did not fade.

        What `trust.score.score` says of the same opinions, without its list of
        contributions.
        """
        current = [
            weight
            for weight in self.weights
            if (weight.begins is None or weight.begins <= now)
            and (weight.ends is None or weight.ends > now)
        ]
        faded = [(w.belief, remaining_after(w.kind, now - w.at)) for w in current]
        return points(faded), points([(w.belief, 1.0) for w in current])


def read(raws: Sequence[bytes]) -> tuple[Known, ...]:
    """Stored bodies, by the value they are about (nearly always one)."""
    bodies = claims_of(raws)
    keys = dict.fromkeys(key_of(body) for body in bodies)
    if len(keys) == 1:
        return (_known(next(iter(keys)), bodies),)
    return tuple(_known(key, [b for b in bodies if key_of(b) == key]) for key in keys)


def claims_of(raws: Iterable[bytes]) -> list[ClaimBody]:
    """The claims among stored bodies (nothing else is stored under a value)."""
    bodies = (decode(raw) for raw in raws)
    return [body for body in bodies if isinstance(body, ClaimBody)]


def key_of(body: ClaimBody) -> str:
    """The key of the value a claim is about; see `observables.matcher`."""
    return f"{body.observable_kind}:{body.value}"


def gist_of(body: ClaimBody, proof: int) -> Gist:
    """The claim's gist; of one that is not plain only the proof counts."""
    told = body.told_at
    is_plain = (
        told.tzinfo is not None
        and body.valid_until is None
        and body.valid_from <= told
        and 0 <= body.confidence <= 100
        and ":" not in body.observable_kind  # the key's first part tells the kind
    )
    if not is_plain:
        return Gist(proof, 0, NOT_PLAIN)
    return Gist(proof, _microseconds(told), body.confidence)


def is_gist(known: Known, gist: Gist | None) -> bool:
    """Whether this is still the gist of what is claimed."""
    if gist is None or len(known.bodies) != 1:
        return False
    return gist_of(known.bodies[0], gist.proof) == gist


def _microseconds(at: datetime) -> int:
    age = at - _EPOCH
    return (age.days * 86_400 + age.seconds) * 1_000_000 + age.microseconds


def opinion_of(body: ClaimBody) -> Opinion:
    """The claim as the score takes it."""
    return Opinion(
        label=teller_of(body),
        kind=body.observable_kind,
        confidence=body.confidence,
        at=body.told_at,
        valid_until=body.valid_until,
    )


def teller_of(body: ClaimBody) -> str:
    """Who says so, as far as this member may know."""
    if body.source.name:
        return body.source.name
    band = f", record: {body.source.band}" if body.source.band else ""
    return f"a member that stays unnamed{band}"


def _known(key: str, bodies: list[ClaimBody]) -> Known:
    weights = [_weight(body) for body in bodies]
    said = [_said(body) for body in bodies]
    return Known(key, tuple(bodies), tuple(weights), tuple(said))


def _weight(body: ClaimBody) -> Weight:
    # The hub's clock may be ahead of ours: what had begun when the hub sent it has.
    begins = None if body.valid_from <= body.told_at else body.valid_from.timestamp()
    ends = None if body.valid_until is None else body.valid_until.timestamp()
    at, belief = body.told_at.timestamp(), body.confidence / 100
    return Weight(belief, body.observable_kind, at, begins, ends)


def _said(body: ClaimBody) -> Reason:
    brand = f" against {body.brand_name}" if body.brand_name else ""
    return Reason(
        Ground.CLAIM,
        f"{teller_of(body)}: {body.category}{brand}, confidence {body.confidence}, "
        f"{body.told_at.isoformat(' ', 'minutes')[:16]} UTC",
    )
