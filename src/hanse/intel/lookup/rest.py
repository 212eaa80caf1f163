"""Looking things up over HTTP: indicators, their neighbours, reports, the overview.

Every answer is computed from what the caller may see; see `lookup`.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import Parameter

from hanse.feed.as_of_now import Readmit, as_of_now
from hanse.feed.sharing import Tlp
from hanse.intel.claim import Category
from hanse.intel.lookup import indicator, relations, reports, search
from hanse.intel.lookup.indicator import Told
from hanse.intel.lookup.people import Teller
from hanse.intel.lookup.search import Found, Query
from hanse.intel.lookup.store import ReportRow
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.observables.kinds import Kind
from hanse.storage.tx import Database

Digest = Annotated[str, Parameter(max_length=64, description="SHA-256 of kind:value")]
Cursor = Annotated[str, Parameter(max_length=100)]
Limit = Annotated[int, Parameter(ge=1, le=search.MAX_PAGE)]


class TellerAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who says so: a member, or the band of an anonymous one's record."""

    member: UUID | None = None
    name: str = ""
    band: str = ""


class ClaimAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One member's claim on a value."""

    claim: UUID
    source: TellerAnswer
    category: Category
    confidence: int
    tlp: Tlp
    circles: list[UUID]
    note: str
    brand: UUID | None
    valid_from: datetime
    valid_until: datetime | None
    is_active: bool
    revision: int
    reported_at: datetime
    revised_at: datetime
    stix_id: str
    is_mine: bool


class FoundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A value in a list."""

    indicator: str
    kind: Kind
    value: str
    category: Category
    members: int
    score: float
    state: str
    tlp: Tlp
    revised_at: datetime


class PageAnswer(msgspec.Struct, frozen=True):
    """A page; `next` is the cursor of the following one, empty on the last."""

    indicators: list[FoundAnswer]
    next: str


class ContributionAnswer(msgspec.Struct, frozen=True):
    """Points one reason adds to the score."""

    reason: str
    label: str
    points: float


class SightingAnswer(msgspec.Struct, frozen=True):
    """Hits within one hour."""

    hour: datetime
    member: UUID
    count: int
    source: str


class ProtectedAnswer(msgspec.Struct, frozen=True):
    """An edge and since when it stands at or past the claim."""

    edge: UUID
    member: UUID
    name: str
    at: datetime | None


class IndicatorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One value and all the caller may know of it."""

    indicator: str
    kind: Kind
    value: str
    state: str
    score: float
    contributions: list[ContributionAnswer]
    claims: list[ClaimAnswer]
    sightings: list[SightingAnswer]
    protected: list[ProtectedAnswer]


class NeighbourAnswer(msgspec.Struct, frozen=True):
    """A related value; `why` is host, report or brand."""

    indicator: str
    kind: Kind
    value: str
    why: str


class ReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A report of the caller's member."""

    report: UUID
    at: datetime
    channel: str
    title: str
    total: int
    taken: int
    joined: int
    refused: list[dict[str, str | int]]
    claims: list[ClaimAnswer] = []


class ReportsAnswer(msgspec.Struct, frozen=True):
    """A page of reports, newest first."""

    reports: list[ReportAnswer]
    next: str


@get(
    "/v1/indicators",
    sync_to_thread=True,
    tags=["indicators"],
    summary="Search what is known",
)
def list_indicators(
    database: Database,
    caller: Caller,
    readmit: Readmit,
    *,
    q: Annotated[str, Parameter(max_length=search.MAX_QUERY)] = "",
    kind: list[Kind] | None = None,
    category: list[Category] | None = None,
    brand: UUID | None = None,
    member: UUID | None = None,
    tlp: Tlp | None = None,
    status: Annotated[str, Parameter(pattern="^(active|withdrawn|all)$")] = "active",
    since: datetime | None = None,
    mine: bool = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> PageAnswer:
    """Values by text, value, host and filters, newest first."""
    caller.need(Scope.READ)
    query = Query(
        text=q,
        kinds=tuple(kind or ()),
        categories=tuple(category or ()),
        brand=brand,
        member=member,
        tlp=tlp,
        status=status,
        since=since,
        mine=mine,
    )
    with database.read() as tx:
        page = as_of_now(
            tx,
            caller,
            readmit,
            lambda c: search.search(tx, c, query, cursor=cursor, limit=limit),
        )
    return PageAnswer([_found(each) for each in page.found], page.next)


@get(
    "/v1/indicators/{digest:str}",
    sync_to_thread=True,
    tags=["indicators"],
    summary="One value and everything the caller may know of it",
)
def get_indicator(
    database: Database, caller: Caller, readmit: Readmit, digest: Digest
) -> IndicatorAnswer:
    """Claims, the score explained, sightings, who is protected since when."""
    caller.need(Scope.READ)
    with database.read() as tx:
        found = as_of_now(
            tx, caller, readmit, lambda c: indicator.get_indicator(tx, c, digest)
        )
    return IndicatorAnswer(
        indicator=found.digest,
        kind=found.observable.kind,
        value=found.observable.value,
        state=found.state,
        score=round(found.score.points, 2),
        contributions=[
            ContributionAnswer(each.reason, each.label, round(each.points, 2))
            for each in found.score.contributions
        ],
        claims=[claim_answer(told) for told in found.claims],
        sightings=[
            SightingAnswer(s.hour, s.member, s.count, s.source) for s in found.sightings
        ],
        protected=[
            ProtectedAnswer(p.edge, p.member, p.member_name, p.at)
            for p in found.protected
        ],
    )


@get(
    "/v1/indicators/{digest:str}/neighbours",
    sync_to_thread=True,
    tags=["indicators"],
    summary="What hangs together with a value",
)
def get_neighbours(
    database: Database, caller: Caller, readmit: Readmit, digest: Digest
) -> list[NeighbourAnswer]:
    """Values on the same host, of the same report, or imitating the same brand."""
    caller.need(Scope.READ)
    with database.read() as tx:
        found = as_of_now(
            tx, caller, readmit, lambda c: relations.neighbourhood(tx, c, digest)
        )
    return [
        NeighbourAnswer(n.digest, n.observable.kind, n.observable.value, n.why)
        for n in found.neighbours
    ]


@get(
    "/v1/reports",
    sync_to_thread=True,
    tags=["reports"],
    summary="Reports of one's own member",
)
def list_reports(
    database: Database, caller: Caller, cursor: Cursor = "", limit: Limit = 50
) -> ReportsAnswer:
    """Newest first; the operator and overseers see everyone's."""
    with database.read() as tx:
        found = reports.list_reports(tx, caller, cursor=cursor, limit=limit)
    return ReportsAnswer([_report(row) for row in found.reports], found.next)


@get(
    "/v1/reports/{report_id:uuid}",
    sync_to_thread=True,
    tags=["reports"],
    summary="One report and what it claimed",
)
def get_report(database: Database, caller: Caller, report_id: UUID) -> ReportAnswer:
    """With its claims as they are now, up to 1,000 of them."""
    with database.read() as tx:
        found = reports.get_report(tx, caller, report_id)
    row = found.report
    me = Teller(row.member, row.member_name, row.member_name, "", False, True)
    told = [claim_answer(Told(claim, me, None)) for claim in found.claims]
    return msgspec.structs.replace(_report(row), claims=told)


def claim_answer(told: Told) -> ClaimAnswer:
    """A claim as the API tells it."""
    claim, teller = told.claim, told.teller
    return ClaimAnswer(
        claim=claim.id,
        source=TellerAnswer(teller.member, teller.name_en, teller.band),
        category=claim.category,
        confidence=claim.confidence,
        tlp=claim.tlp,
        circles=list(claim.circles),
        note=claim.note,
        brand=claim.brand,
        valid_from=claim.valid_from,
        valid_until=claim.valid_until,
        is_active=claim.is_active,
        revision=claim.revision,
        reported_at=claim.reported_at,
        revised_at=claim.revised_at,
        stix_id=claim.stix_id,
        is_mine=teller.is_me,
    )


def _found(each: Found) -> FoundAnswer:
    return FoundAnswer(
        indicator=each.claim.digest.hex(),
        kind=each.claim.observable.kind,
        value=each.claim.observable.value,
        category=each.claim.category,
        members=each.members,
        score=round(each.score.points, 2),
        state=each.state,
        tlp=each.claim.tlp,
        revised_at=each.claim.revised_at,
    )


def _report(row: ReportRow) -> ReportAnswer:
    return ReportAnswer(
        report=row.id,
        at=row.at,
        channel=row.channel,
        title=row.title,
        total=row.total,
        taken=row.taken,
        joined=row.joined,
        refused=row.refused,
    )


HANDLERS = [
    list_indicators,
    get_indicator,
    get_neighbours,
    list_reports,
    get_report,
]
