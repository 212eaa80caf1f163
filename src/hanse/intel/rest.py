"""Telling the alliance over HTTP: reports, withdrawals, sightings, imports.

JSON in, one deed, JSON out. Looking things up is in `lookup.rest`, STIX and MISP in
`exchange.rest`.
"""

from datetime import datetime
from types import NoneType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.concurrency import sync_to_thread
from litestar.params import Parameter

from hanse.base.errors import Malformed, Refusal
from hanse.base.ids import BrandId, CircleId, ClaimId
from hanse.feed.sharing import Tlp
from hanse.intel import reporting, sighting
from hanse.intel.claim import DEFAULT_CONFIDENCE, MAX_NOTE, Category, Draft
from hanse.intel.importing import deeds as importing
from hanse.intel.importing.deeds import Defaults, Understood
from hanse.intel.importing.store import JobRow
from hanse.intel.reporting import Refused, Report
from hanse.intel.sighting import Hits
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.observables.kinds import Kind, Observable
from hanse.observables.parse import parse, recognise
from hanse.storage.once import Door
from hanse.storage.tx import Database, Tx

MAX_IMPORT_BYTES = 256 * 2**20
MAX_VALUE = 8_192  # characters, before it is parsed
Instant = Annotated[datetime, msgspec.Meta(tz=True)]  # a time with its zone


class NothingToReport(Malformed):
    """A report without a single value."""

    code = "intel.nothing_to_report"


class ItemIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A value and what is said of it; without `kind` it is recognised."""

    value: Annotated[str, msgspec.Meta(max_length=MAX_VALUE)]
    kind: Kind | None = None
    category: Category = Category.PHISHING
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] = DEFAULT_CONFIDENCE
    tlp: Tlp = Tlp.GREEN
    circles: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []
    anonymous: bool = False
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE)] = ""
    brand: UUID | None = None
    valid_until: Instant | None = None


class ReportIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Up to 2,000 values; send more as an import."""

    items: Annotated[
        list[ItemIn], msgspec.Meta(min_length=1, max_length=importing.AT_ONCE)
    ]
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""


class MadeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that was made."""

    claim: UUID
    indicator: str
    kind: Kind
    value: str
    revision: int
    stix_id: str


class RefusedAnswer(msgspec.Struct, frozen=True):
    """A row that could not be taken, counted from 1, and why."""

    row: int
    reason: str


class ReportedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a report. `joined`: values others had told before."""

    report: UUID
    claims: list[MadeAnswer]
    joined: int
    refused: list[RefusedAnswer]


class WithdrawIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why the claim is over; peers do not see it, the log does."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class HitIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How often a known value was met. Never whom it concerned."""

    kind: Kind
    value: Annotated[str, msgspec.Meta(max_length=MAX_VALUE)]
    count: int
    first_seen: Instant
    last_seen: Instant


class SightingsIn(msgspec.Struct, forbid_unknown_fields=True):
    """Up to 5,000 values."""

    sightings: Annotated[list[HitIn], msgspec.Meta(max_length=sighting.MAX_SIGHTINGS)]


class ImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is; `state` is waiting, running, done or stopped."""

    id: UUID
    state: str
    title: str
    total: int
    done: int
    taken: int
    joined: int
    refused: int
    problem: str
    submitted_at: datetime
    finished_at: datetime | None


class PreviewAnswer(msgspec.Struct, frozen=True):
    """A row as it would be reported, or what is wrong with it."""

    row: int
    kind: Kind | None
    value: str
    problem: str


@post(
    "/v1/reports",
    sync_to_thread=True,
    status_code=201,
    tags=["reports"],
    summary="Report values to the alliance",
)
def make_report(door: Door, caller: Caller, data: ReportIn) -> ReportedAnswer:
    """A value that cannot be taken is named with its reason; the others are taken."""
    drafts, refused = _drafts(data.items)

    def deed(tx: Tx) -> ReportedAnswer:
        return reported(
            reporting.report(
                tx, caller, drafts, channel="rest", title=data.title, refused=refused
            )
        )

    return door.once(ReportedAnswer, deed)


@post(
    "/v1/claims/{claim_id:uuid}/withdraw",
    sync_to_thread=True,
    status_code=204,
    tags=["reports"],
    summary="Withdraw a claim",
)
def withdraw_claim(
    door: Door, caller: Caller, claim_id: UUID, data: WithdrawIn
) -> None:
    """A second later it is gone from every edge."""

    def deed(tx: Tx) -> None:
        reporting.withdraw(tx, caller, ClaimId(claim_id), data.reason)

    door.once(NoneType, deed)


@post(
    "/v1/sightings",
    sync_to_thread=True,
    status_code=202,
    tags=["sightings"],
    summary="Count hits on known values",
)
def count_sightings(door: Door, caller: Caller, data: SightingsIn) -> dict[str, int]:
    """Values the caller may not know of are passed over without a word."""
    hits = [
        Hits(parse(s.kind, s.value), s.count, s.first_seen, s.last_seen)
        for s in data.sightings
    ]
    source = "person" if caller.person is not None else "edge"

    def deed(tx: Tx) -> dict[str, int]:
        sighting.sight(tx, caller, hits, source=source)
        return {"received": len(hits)}

    return door.once(dict[str, int], deed)


@post(
    "/v1/imports",
    status_code=202,
    tags=["imports"],
    summary="Hand in many values as CSV or pasted text",
    request_max_body_size=MAX_IMPORT_BYTES,
)
async def hand_in_import(
    request: Request[Any, Any, Any],
    door: Door,
    caller: Caller,
    *,
    category: Category = Category.PHISHING,
    confidence: Annotated[int, Parameter(ge=0, le=100)] = DEFAULT_CONFIDENCE,
    tlp: Tlp = Tlp.GREEN,
    circle: list[UUID] | None = None,
    anonymous: bool = False,
    title: Annotated[str, Parameter(max_length=200)] = "",
) -> ImportAnswer:
    """The body is the text itself: `text/csv`, or `text/plain` for pasted values."""
    caller.need(Scope.REPORT)  # before anything is read
    text = await request.body()
    form = "csv" if request.content_type[0] == "text/csv" else "paste"
    defaults = Defaults(
        category=category,
        confidence=confidence,
        tlp=tlp,
        circles=tuple(circle or ()),
        is_anonymous=anonymous,
    )

    def deed(tx: Tx) -> ImportAnswer:
        job = importing.hand_in(tx, caller, text, form, defaults=defaults, title=title)
        return import_answer(job)

    return await sync_to_thread(door.once, ImportAnswer, deed)


@get(
    "/v1/imports/{import_id:uuid}",
    sync_to_thread=True,
    tags=["imports"],
    summary="How far an import is",
)
def get_import(database: Database, caller: Caller, import_id: UUID) -> ImportAnswer:
    """An import of the caller's member."""
    caller.need(Scope.READ)
    with database.read() as tx:
        return import_answer(importing.get_import(tx, caller, import_id))


@get(
    "/v1/imports/{import_id:uuid}/refused",
    sync_to_thread=True,
    tags=["imports"],
    summary="Rows of an import that could not be taken",
)
def get_refused(
    database: Database, caller: Caller, import_id: UUID
) -> list[RefusedAnswer]:
    """Each with its number and the reason; the first 1,000."""
    caller.need(Scope.READ)
    with database.read() as tx:
        rows = importing.refusals(tx, caller, import_id)
    return [RefusedAnswer(each.row, each.reason) for each in rows]


def _drafts(items: list[ItemIn]) -> tuple[list[Draft], list[Refused]]:
    drafts, refused = [], []
    for number, item in enumerate(items, start=1):
        try:
            drafts.append(_draft(item))
        except Refusal as refusal:
            refused.append(Refused(number, refusal.message))
    if not drafts:
        raise NothingToReport(
            f"none of the {len(items)} values can be taken; the first because:"
            f" {refused[0].reason}",
            pointer="/items/0/value",
        )
    return drafts, refused


def _draft(item: ItemIn) -> Draft:
    return Draft(
        observable=_observable(item),
        category=item.category,
        confidence=item.confidence,
        tlp=item.tlp,
        circles=frozenset(CircleId(circle) for circle in item.circles),
        is_anonymous=item.anonymous,
        note=item.note,
        brand=None if item.brand is None else BrandId(item.brand),
        valid_until=item.valid_until,
    )


def _observable(item: ItemIn) -> Observable:
    return recognise(item.value) if item.kind is None else parse(item.kind, item.value)


def reported(done: Report) -> ReportedAnswer:
    """A report's outcome as the API tells it."""
    return ReportedAnswer(
        report=done.id,
        claims=[
            MadeAnswer(
                claim=claim.id,
                indicator=reporting.digest_of(claim.observable).hex(),
                kind=claim.observable.kind,
                value=claim.observable.value,
                revision=claim.revision,
                stix_id=claim.stix_id,
            )
            for claim in done.claims
        ],
        joined=done.joined,
        refused=[RefusedAnswer(r.row, r.reason) for r in done.refused],
    )


def import_answer(job: JobRow) -> ImportAnswer:
    """An import as the API tells it."""
    return ImportAnswer(
        id=job.id,
        state=job.state,
        title=job.title,
        total=job.total,
        done=job.done,
        taken=job.taken,
        joined=job.joined,
        refused=job.refused,
        problem=job.problem,
        submitted_at=job.submitted_at,
        finished_at=job.finished_at,
    )


def preview_answer(each: Understood) -> PreviewAnswer:
    """A row of a preview as the API tells it."""
    draft = each.draft
    return PreviewAnswer(
        each.row,
        None if draft is None else draft.observable.kind,
        "" if draft is None else draft.observable.value,
        each.problem,
    )


HANDLERS = [
    make_report,
    withdraw_claim,
    count_sightings,
    hand_in_import,
    get_import,
    get_refused,
]
