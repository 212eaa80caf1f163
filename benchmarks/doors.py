"""Every way out of the hub, as a function from a caller to the claims it got.

For the sharing benchmark and the sharing tests: they compare what comes out of each
door with the rule, and the answers of each door with and without a hidden item.
`should_see` says the rule a second time, in other words than `feed.sharing`, from the
text of the documentation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec

from hanse.base.errors import NotFound
from hanse.feed import audiences, item, reading
from hanse.feed.item import ClaimBody
from hanse.intel.lookup import indicator, overview, relations, search
from hanse.intel.lookup import rest as lookup_rest
from hanse.intel.lookup.search import Query
from hanse.intel.taxii import arranging, catalogue
from hanse.intel.taxii import reading as taxii
from hanse.intel.taxii.asking import Query as TaxiiQuery
from hanse.intel.taxii.catalogue import CollectionKind
from hanse.membership.caller import Caller
from hanse.membership.viewer import ViewerRole
from hanse.storage.tx import Tx

Door = Callable[[Tx, Caller, "World"], set[UUID]]


@dataclass(frozen=True, slots=True)
class Meant:
    """For whom a claim was meant, in plain values."""

    claim: UUID
    origin: UUID
    tlp: str
    circles: frozenset[UUID]
    digest: str
    stix_id: str


@dataclass(frozen=True, slots=True)
class World:
    """All active claims, by id."""

    claims: Mapping[UUID, Meant]


def should_see(caller: Caller, meant: Meant) -> bool:
    """The rule, as the documentation says it."""
    viewer = caller.viewer
    if viewer.role in (ViewerRole.OPERATOR, ViewerRole.OVERSEER):
        return viewer.is_active
    if not viewer.is_active or viewer.member is None:
        return False
    if viewer.member == meant.origin:
        return True
    shares_a_circle = any(circle in meant.circles for circle in viewer.circles)
    if meant.tlp == "red":
        return viewer.role == ViewerRole.MEMBER_PERSON and shares_a_circle
    return shares_a_circle if meant.circles else True


def through_the_feed(tx: Tx, caller: Caller, world: World) -> set[UUID]:
    """What an edge of this caller would hold."""
    del world
    held: set[UUID] = set()
    cursor = reading.START
    while True:
        batch = reading.read(tx, caller.viewer, cursor, 500)
        for each in batch.items:
            body = item.decode(each.body)
            if isinstance(body, ClaimBody):
                held.add(body.claim)
            else:
                held.discard(body.claim)
        cursor = batch.next
        if not batch.more:
            return held


def through_search(tx: Tx, caller: Caller, world: World) -> set[UUID]:
    """All pages of the search, and each value's own page."""
    seen: set[UUID] = set()
    cursor = ""
    while True:
        page = search.search(tx, caller, Query(), cursor=cursor, limit=40)
        for found in page.found:
            shown = indicator.get_indicator(tx, caller, found.claim.digest.hex())
            seen |= {told.claim.id for told in shown.active}
        cursor = page.next
        if not cursor:
            return seen


def through_guessing(tx: Tx, caller: Caller, world: World) -> set[UUID]:
    """Asking for every value there is by its address."""
    seen: set[UUID] = set()
    for digest in {meant.digest for meant in world.claims.values()}:
        try:
            shown = indicator.get_indicator(tx, caller, digest)
        except NotFound:
            continue
        seen |= {told.claim.id for told in shown.active}
    return seen


def through_taxii(tx: Tx, caller: Caller, world: World) -> set[UUID]:
    """Every collection the caller may read, to the end."""
    by_stix = {meant.stix_id: meant.claim for meant in world.claims.values()}
    caller = replace(caller, epoch=audiences.epoch(tx))
    seen: set[UUID] = set()
    for collection in catalogue.read(tx).of_root(arranging.ALLIANCE_ROOT, caller):
        if not collection.rights.can_read:
            continue
        query = TaxiiQuery()
        while True:
            page = taxii.objects(tx, taxii.Asked(caller, collection, query, 100))
            answer = msgspec.json.decode(page.body)
            for each in answer.get("objects", []):
                if not each.get("revoked") and each["id"] in by_stix:
                    seen.add(by_stix[each["id"]])
            if not answer.get("more"):
                break
            query = TaxiiQuery(next=answer["next"])
    return seen


DOORS: Mapping[str, Door] = {
    "feed": through_the_feed,
    "search": through_search,
    "guessing": through_guessing,
    "taxii": through_taxii,
}
# Doors of machines: what they hand out is judged for a machine, never for a person.
MACHINE_DOORS = frozenset({"feed", "taxii"})


def answers(tx: Tx, caller: Caller, world: World) -> dict[str, object]:
    """What every door answers, without positions in the log and instants of now."""
    found: dict[str, object] = {}
    page = search.search(tx, caller, Query(status="all"), limit=200)
    found["search"] = msgspec.to_builtins(
        [
            (f.claim.digest.hex(), f.members, round(f.score.points, 6), f.state)
            for f in page.found
        ]
    )
    seen = overview.overview(tx, caller)
    found["overview"] = (
        seen.counts,
        seen.hits_today,
        [(b.brand, b.values) for b in seen.brands],
        len(seen.reaches),
    )
    for digest in sorted({meant.digest for meant in world.claims.values()}):
        found[digest] = _indicator(tx, caller, digest)
    for name in ("feed", "taxii"):
        found[name] = sorted(map(str, DOORS[name](tx, caller, world)))
    found["collections"] = [
        (each.row.id, each.kind is CollectionKind.CIRCLE)
        for each in catalogue.read(tx).of_root(arranging.ALLIANCE_ROOT, caller)
    ]
    return found


def _indicator(tx: Tx, caller: Caller, digest: str) -> object:
    try:
        shown = indicator.get_indicator(tx, caller, digest)
        near = relations.neighbourhood(tx, caller, digest)
    except NotFound as refusal:
        return refusal.code, refusal.message
    return (
        shown.state,
        round(shown.score.points, 6),
        [lookup_rest.claim_answer(told) for told in shown.claims],
        [(s.hour, s.count) for s in shown.sightings],
        [(n.digest, n.why) for n in near.neighbours],
    )
