"""One value and everything a viewer may know of it.

The page of journey one: what it is, who says so, why the score stands where it
does, where it has been seen, who is protected since when, what it hangs together
with, and where all of that stands in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hanse.audit import log
from hanse.audit.entry import Entry
from hanse.base.errors import NotFound
from hanse.feed import audiences, protection
from hanse.feed.protection import Protected
from hanse.intel.lookup import store
from hanse.intel.lookup.people import Teller, sees_names, teller_of
from hanse.intel.lookup.store import ClaimRow, SightingRow
from hanse.membership.caller import Caller
from hanse.observables.kinds import Observable
from hanse.storage.tx import Tx
from hanse.trust.score import Opinion, Score, score

SIGHTINGS_SHOWN = timedelta(days=30)


class NoSuchIndicator(NotFound):
    """Nobody has claimed this value, or nobody the viewer may hear."""

    code = "intel.no_such_indicator"


@dataclass(frozen=True, slots=True)
class Told:
    """A claim and who made it, as the viewer may see."""

    claim: ClaimRow
    teller: Teller
    seq: int | None  # leaf of the log its newest item stands at


@dataclass(frozen=True, slots=True)
class Indicator:
    """A value as one viewer sees it. `digest` is its address."""

    observable_id: int
    observable: Observable
    digest: str
    claims: tuple[Told, ...]
    score: Score
    sightings: tuple[SightingRow, ...]
    protected: tuple[Protected, ...]
    first_told: datetime
    told_at: datetime  # of the item whose spread `protected` tells
    history: tuple[Entry, ...]

    @property
    def active(self) -> tuple[Told, ...]:
        """The claims that are not over."""
        return tuple(told for told in self.claims if told.claim.is_active)

    @property
    def state(self) -> str:
        """`enforced`, `watched`, `known` (too weak to act on) or `withdrawn`."""
        return state_of(self.score, is_active=bool(self.active))


def get_indicator(tx: Tx, caller: Caller, digest: str) -> Indicator:
    """The indicator at this address (hex SHA-256 of kind:value).

    Raises:
        NoSuchIndicator: unknown, or nothing the caller may see.
    """
    found = store.observable_by_digest(tx, _bytes(digest))
    visible = audiences.visible(tx, caller.viewer)
    rows = [] if found is None else store.claims_on(tx, [found[0]], visible)
    if found is None or not rows:
        raise NoSuchIndicator(
            "nobody has told the alliance of this value, or nobody you may hear;"
            " report it if you know it to be bad"
        )
    number, observable = found
    seqs = protection.positions(tx, [row.id for row in rows])
    told = tuple(Told(r, teller_of(tx, caller, r), seqs.get(r.id)) for r in rows)
    return Indicator(
        observable_id=number,
        observable=observable,
        digest=digest,
        claims=told,
        score=score(opinions(tx, caller, rows), tx.now),
        sightings=tuple(store.sightings(tx, number, visible, tx.now - SIGHTINGS_SHOWN)),
        protected=_protected(tx, told),
        first_told=min(row.reported_at for row in rows),
        told_at=_told_at(told),
        history=_history(tx, caller, rows),
    )


def opinions(tx: Tx, caller: Caller, rows: Sequence[ClaimRow]) -> list[Opinion]:
    """The active claims as opinions, labelled as the caller may know their tellers."""
    labelled = []
    for row in rows:
        if row.is_active:
            teller = teller_of(tx, caller, row)
            labelled.append(
                Opinion(
                    label=teller.name_en or f"band:{teller.band}",
                    kind=row.observable.kind.value,
                    confidence=row.confidence,
                    at=row.revised_at,
                    valid_until=row.valid_until,
                )
            )
    return labelled


def bare_score(rows: Sequence[ClaimRow], now: datetime) -> Score:
    """The score of one value's claims, without labels."""
    return score(
        [
            Opinion(
                "",
                row.observable.kind.value,
                row.confidence,
                row.revised_at,
                row.valid_until,
            )
            for row in rows
            if row.is_active
        ],
        now,
    )


def state_of(points: Score, *, is_active: bool) -> str:
    """What a score means for edges."""
    if not is_active:
        return "withdrawn"
    if points.is_enforced:
        return "enforced"
    return "watched" if points.is_watched else "known"


def _told_at(told: Sequence[Told]) -> datetime:
    placed = [each for each in told if each.seq is not None]
    if not placed:
        return told[0].claim.reported_at
    return min(placed, key=lambda each: each.seq or 0).claim.revised_at


def _protected(tx: Tx, told: Sequence[Told]) -> tuple[Protected, ...]:
    """Since when each edge that may hear has stood at the first claim told."""
    seqs = [(each.seq, each.claim) for each in told if each.seq is not None]
    if not seqs:
        return ()
    seq, claim = min(seqs, key=lambda pair: pair[0])
    return tuple(protection.of(tx, seq, claim.audience_id))


def _history(tx: Tx, caller: Caller, rows: Sequence[ClaimRow]) -> tuple[Entry, ...]:
    # Acts carry the actor's name: an anonymous reporter's are for the alliance's
    # own eyes and its own.
    open_to_caller = [
        row
        for row in rows
        if not row.is_anonymous or row.member == caller.member or sees_names(caller)
    ]
    entries = [e for r in open_to_caller for e in log.history(tx, f"claim:{r.id}", 50)]
    return tuple(sorted(entries, key=lambda entry: entry.seq))


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""
