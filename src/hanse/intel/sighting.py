"""Sightings: a member saw a known value. Counts only, never who was concerned.

Edges count hits by value and hour and hand them in; people add what they saw. A
sighting is heard by nobody who could not see a claim the sighting member sees: its
audience is that of the claim it matched, with the member as origin, so that a hit
on a value known only in a circle is known only in that circle. What the member may
see only because it told it itself, it alone is told of: its hits would name it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Malformed, TooLarge
from hanse.feed import audiences
from hanse.feed.sharing import Audience, Tlp, may_see
from hanse.intel import store
from hanse.intel.reporting import digest_of
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.observables.kinds import Observable
from hanse.storage.tx import Tx

MAX_SIGHTINGS = 5_000  # values in one call
MAX_COUNT = 10**12  # hits on one value in one hour; more is a fault, not a fact
MAX_AGE = timedelta(days=30)
MAX_AHEAD = timedelta(minutes=10)  # how far an edge's clock may run ahead

_WIDTH = {
    Tlp.CLEAR: 4,
    Tlp.GREEN: 3,
    Tlp.AMBER: 2,
    Tlp.AMBER_STRICT: 1,
    Tlp.RED: 0,
}


class SightingUnfit(Malformed):
    """A count or time that cannot be."""

    code = "intel.sighting_unfit"


class TooManySightings(TooLarge):
    """More values at once than one call takes."""

    code = "intel.too_many_sightings"


@dataclass(frozen=True, slots=True)
class Hits:
    """How often a value was met between two instants."""

    observable: Observable
    count: int
    first_seen: datetime
    last_seen: datetime


def sight(tx: Tx, caller: Caller, hits: Sequence[Hits], *, source: str) -> int:
    """Count these hits; returns how many were of values the caller may know.

    Values nobody has claimed, or whose claims the caller may not see, are passed
    over without a word: the answer is the same as for a value that does not exist.
    `source` is `edge`, `person` or `stix`.

    Raises:
        SightingUnfit, TooManySightings
    """
    caller.need(Scope.SIGHTINGS)
    member = caller.need_member()
    _refuse_unfit(tx, hits)
    digests = [digest_of(hit.observable) for hit in hits]
    numbers = store.numbers_of(tx, digests)
    audience_of = _audiences(tx, caller, list(numbers.values()))
    rows: dict[tuple[int, datetime, int], store.NewSighting] = {}
    for hit, digest in zip(hits, digests, strict=True):
        number = numbers.get(digest)
        if number is None or number not in audience_of:
            continue
        row = _row(number, audience_of[number], hit)
        place = (row.observable_id, row.hour, row.audience_id)
        rows[place] = row if place not in rows else _sum(rows[place], row)
    if rows:
        store.add_sightings(tx, member, source, list(rows.values()))
        log.append(
            tx,
            Event(
                "sightings.counted",
                caller.actor,
                f"member:{member}",
                {
                    "values": len({row.observable_id for row in rows.values()}),
                    "hits": sum(row.count for row in rows.values()),
                    "source": source,
                },
            ),
        )
    return len({row.observable_id for row in rows.values()})


def _refuse_unfit(tx: Tx, hits: Sequence[Hits]) -> None:
    if len(hits) > MAX_SIGHTINGS:
        raise TooManySightings(
            f"a call has at most {MAX_SIGHTINGS} sightings; send them in pieces"
        )
    for number, hit in enumerate(hits):
        if not 1 <= hit.count <= MAX_COUNT:
            raise SightingUnfit(
                f"a count is between 1 and {MAX_COUNT}", pointer=f"/{number}/count"
            )
        if hit.last_seen < hit.first_seen or not (
            tx.now - MAX_AGE <= hit.last_seen <= tx.now + MAX_AHEAD
        ):
            raise SightingUnfit(
                "a sighting ends after it begins, within the last 30 days and not in"
                " the future; set the clock of the machine that counts",
                pointer=f"/{number}/last_seen",
            )


def _audiences(tx: Tx, caller: Caller, observables: Sequence[int]) -> dict[int, int]:
    """For each value the audience its sightings have: the widest the member sees."""
    visible = audiences.visible(tx, caller.viewer)
    claimed = store.active_audiences_of(tx, observables, visible)
    known = audiences.of_ids(tx, sorted({audience for _, audience in claimed}))
    widest: dict[int, Audience] = {}
    for observable, audience_id in claimed:
        audience = _audience(caller, known[audience_id])
        old = widest.get(observable)
        if old is None or _width(audience) > _width(old):
            widest[observable] = audience
    numbers = {a: audiences.audience_id(tx, a) for a in set(widest.values())}
    return {observable: numbers[a] for observable, a in widest.items()}


def _audience(caller: Caller, claimed: Audience) -> Audience:
    if may_see(caller.viewer, replace(claimed, origin=None)):
        return replace(claimed, origin=caller.member)
    return Audience(caller.member, Tlp.RED)


def _width(audience: Audience) -> tuple[bool, bool, int]:
    return (audience.pot is None, not audience.circles, _WIDTH[audience.tlp])


def _row(number: int, audience_id: int, hit: Hits) -> store.NewSighting:
    return store.NewSighting(
        observable_id=number,
        hour=hit.last_seen.replace(minute=0, second=0, microsecond=0),
        audience_id=audience_id,
        count=hit.count,
        first_seen=hit.first_seen,
        last_seen=hit.last_seen,
    )


def _sum(a: store.NewSighting, b: store.NewSighting) -> store.NewSighting:
    return replace(
        a,
        count=a.count + b.count,
        first_seen=min(a.first_seen, b.first_seen),
        last_seen=max(a.last_seen, b.last_seen),
    )
