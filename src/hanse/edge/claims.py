"""What one member's claim means at this edge: an opinion, and a sentence.

Pure, between `feed.item` (what travels) and `trust.score` (what it is worth).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from hanse.feed.item import ClaimBody, decode
from hanse.trust.score import Opinion


class Ground(StrEnum):
    """Why a verdict is what it is; clients may rely on these."""

    CLAIM = "claim"
    MORE_CLAIMS = "more_claims"
    FADED = "faded"
    WEAK = "weak"
    HELD = "held"
    WATCH_ONLY = "watch_only"
    NEVER_BLOCK = "never_block"


class Reason(msgspec.Struct, frozen=True):
    """One ground, with a sentence for people."""

    code: Ground
    text: str


class Known(msgspec.Struct, frozen=True, gc=False):
    """A value with all that is claimed of it, read and ready to be judged."""

    key: str
    is_held: bool
    bodies: tuple[ClaimBody, ...]
    opinions: tuple[Opinion, ...]
    begins: tuple[datetime | None, ...]  # None: it has begun
    said: tuple[Reason, ...]

    def opinions_at(self, now: datetime) -> tuple[Opinion, ...]:
        """Those of claims that have begun by now."""
        if not any(self.begins):
            return self.opinions
        pairs = zip(self.opinions, self.begins, strict=True)
        return tuple(o for o, begin in pairs if begin is None or begin <= now)


def read(raws: Iterable[bytes], held: Collection[str]) -> tuple[Known, ...]:
    """Stored bodies, by the value they are about (nearly always one)."""
    by_key: dict[str, list[ClaimBody]] = {}
    for body in claims_of(raws):
        by_key.setdefault(key_of(body), []).append(body)
    return tuple(_known(key, bodies, key in held) for key, bodies in by_key.items())


def claims_of(raws: Iterable[bytes]) -> list[ClaimBody]:
    """The claims among stored bodies (nothing else is stored under a value)."""
    bodies = (decode(raw) for raw in raws)
    return [body for body in bodies if isinstance(body, ClaimBody)]


def key_of(body: ClaimBody) -> str:
    """The key of the value a claim is about; see `observables.matcher`."""
    return f"{body.observable_kind}:{body.value}"


def opinion_of(body: ClaimBody) -> Opinion:
    """The claim as the score takes it."""
    return Opinion(
        label=teller_of(body),
        kind=body.observable_kind,
        confidence=body.confidence,
        at=body.at,
        valid_until=body.valid_until,
    )


def teller_of(body: ClaimBody) -> str:
    """Who says so, as far as this member may know."""
    if body.source.name:
        return body.source.name
    band = f", record: {body.source.band}" if body.source.band else ""
    return f"a member that stays unnamed{band}"


def _known(key: str, bodies: list[ClaimBody], is_held: bool) -> Known:  # noqa: FBT001
    return Known(
        key,
        is_held,
        tuple(bodies),
        tuple(opinion_of(body) for body in bodies),
        tuple(_begin(body) for body in bodies),
        tuple(_said(body) for body in bodies),
    )


def _begin(body: ClaimBody) -> datetime | None:
    # The hub's clock may be ahead of ours: what had begun when the hub sent it has.
    return None if body.valid_from <= body.at else body.valid_from


def _said(body: ClaimBody) -> Reason:
    brand = f" against {body.brand_name}" if body.brand_name else ""
    return Reason(
        Ground.CLAIM,
        f"{teller_of(body)}: {body.category}{brand}, confidence {body.confidence}, "
        f"{body.at.isoformat(' ', 'minutes')[:16]} UTC",
    )
