"""PostgreSQL statements on what members tell: values, claims, reports, sightings.

Searching and pages have their own statements in `reading/store.py`; STIX objects
belong to `taxii/store.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from hanse.base.ids import BrandId, ClaimId, MemberId
from hanse.intel.claim import Category, Claim
from hanse.observables.kinds import Kind, Observable
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value about to be known; `digest` is SHA-256 of kind:value."""

    kind: str
    value: str
    digest: bytes
    host_reversed: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report's row."""

    id: UUID
    member_id: UUID
    actor: str
    channel: str
    title: str
    total: int
    taken: int
    joined: int
    refused: list[dict[str, Any]]


_CLAIM = (
    "select c.id, c.observable_id, o.kind, o.value, c.member_id, c.category,"
    " c.confidence, c.audience_id, c.is_anonymous, c.note, c.brand_id, c.valid_from,"
    " c.valid_until, c.status = 'active', c.status_reason, c.revision,"
    " c.reported_at, c.revised_at, c.stix_id"
    " from claim c join observable o on o.id = c.observable_id"
)


def _claim(row: tuple[Any, ...]) -> Claim:
    return Claim(
        id=ClaimId(row[0]),
        observable_id=row[1],
        observable=Observable(Kind(row[2]), row[3]),
        member=MemberId(row[4]),
        category=Category(row[5]),
        confidence=row[6],
        audience_id=row[7],
        is_anonymous=row[8],
        note=row[9],
        brand=None if row[10] is None else BrandId(row[10]),
        valid_from=row[11],
        valid_until=row[12],
        is_active=row[13],
        status_reason=row[14],
        revision=row[15],
        reported_at=row[16],
        revised_at=row[17],
        stix_id=row[18],
    )


def know_values(tx: Tx, values: Sequence[NewValue]) -> dict[bytes, int]:
    """The number of each value by digest, made on first use.

    Sorted first, so that two reports of the same values never wait for each other
    in a circle.
    """
    ordered = sorted(values, key=lambda v: v.digest)
    tx.conn.execute(
        "insert into observable (kind, value, digest, host_reversed, created_at)"
        " select kind, value, digest, host_reversed, %s from"
        " unnest(%s::text[], %s::text[], %s::bytea[], %s::text[])"
        " as v (kind, value, digest, host_reversed)"
        " on conflict (digest) do nothing",
        (
            tx.now,
            [v.kind for v in ordered],
            [v.value for v in ordered],
            [v.digest for v in ordered],
            [v.host_reversed for v in ordered],
        ),
    )
    rows = tx.conn.execute(
        "select digest, id from observable where digest = any(%s)",
        ([v.digest for v in ordered],),
        binary=True,
    ).fetchall()
    return dict(rows)


def numbers_of(tx: Tx, digests: Sequence[bytes]) -> dict[bytes, int]:
    """The number of each of these values that is known."""
    rows = tx.conn.execute(
        "select digest, id from observable where digest = any(%s)",
        (list(digests),),
        binary=True,
    ).fetchall()
    return dict(rows)


def claims_of_member(
    tx: Tx, member: MemberId, observables: Sequence[int]
) -> dict[int, Claim]:
    """This member's claims on these values, locked, by value."""
    rows = tx.conn.execute(
        f"{_CLAIM} where c.member_id = %s and c.observable_id = any(%s)"
        " order by c.id for update of c",
        (member, list(observables)),
    ).fetchall()
    return {row[1]: _claim(row) for row in rows}


def claimed_by_others(
    tx: Tx, observables: Sequence[int], member: MemberId, visible: Sequence[int]
) -> set[int]:
    """Those of the values on which the member sees another's active claim."""
    rows = tx.conn.execute(
        "select distinct observable_id from claim where observable_id = any(%s)"
        " and member_id <> %s and status = 'active' and audience_id = any(%s)",
        (list(observables), member, list(visible)),
    ).fetchall()
    return {row[0] for row in rows}


def write_claims(
    tx: Tx, claims: Sequence[Claim], report: UUID | None, terms: Sequence[list[str]]
) -> None:
    """Insert claims or write their new revision, with the terms they are found by."""
    tx.conn.execute(
        """
        insert into claim (id, observable_id, member_id, report_id, category,
                           confidence, audience_id, is_anonymous, note, brand_id,
                           valid_from, valid_until, status, status_reason, revision,
                           reported_at, revised_at, stix_id)
        select id, observable_id, member_id, %(report)s, category, confidence,
               audience_id, is_anonymous, note, brand_id, valid_from, valid_until,
               status, status_reason, revision, reported_at, revised_at, stix_id
        from unnest(%(id)s::uuid[], %(observable)s::bigint[], %(member)s::uuid[],
                    %(category)s::text[], %(confidence)s::smallint[],
                    %(audience)s::integer[], %(anonymous)s::boolean[],
                    %(note)s::text[], %(brand)s::uuid[], %(from)s::timestamptz[],
                    %(until)s::timestamptz[], %(status)s::text[], %(reason)s::text[],
                    %(revision)s::integer[], %(reported)s::timestamptz[],
                    %(revised)s::timestamptz[], %(stix)s::text[])
             as c (id, observable_id, member_id, category, confidence, audience_id,
                   is_anonymous, note, brand_id, valid_from, valid_until, status,
                   status_reason, revision, reported_at, revised_at, stix_id)
        on conflict (id) do update set
            report_id = coalesce(excluded.report_id, claim.report_id),
            category = excluded.category, confidence = excluded.confidence,
            audience_id = excluded.audience_id,
            is_anonymous = excluded.is_anonymous, note = excluded.note,
            brand_id = excluded.brand_id, valid_from = excluded.valid_from,
            valid_until = excluded.valid_until, status = excluded.status,
            status_reason = excluded.status_reason, revision = excluded.revision,
            revised_at = excluded.revised_at, stix_id = excluded.stix_id
        """,
        {
            "report": report,
            "id": [c.id for c in claims],
            "observable": [c.observable_id for c in claims],
            "member": [c.member for c in claims],
            "category": [c.category.value for c in claims],
            "confidence": [c.confidence for c in claims],
            "audience": [c.audience_id for c in claims],
            "anonymous": [c.is_anonymous for c in claims],
            "note": [c.note for c in claims],
            "brand": [c.brand for c in claims],
            "from": [c.valid_from for c in claims],
            "until": [c.valid_until for c in claims],
            "status": ["active" if c.is_active else "withdrawn" for c in claims],
            "reason": [c.status_reason for c in claims],
            "revision": [c.revision for c in claims],
            "reported": [c.reported_at for c in claims],
            "revised": [c.revised_at for c in claims],
            "stix": [c.stix_id for c in claims],
        },
    )
    with tx.conn.cursor() as cursor:
        cursor.executemany(
            "insert into claim_term (claim_id, audience_id, terms) values (%s, %s, %s)"
            " on conflict (claim_id) do update set audience_id = excluded.audience_id,"
            " terms = excluded.terms",
            [
                (claim.id, claim.audience_id, found)
                for claim, found in zip(claims, terms, strict=True)
            ],
        )


def insert_report(tx: Tx, report: NewReport) -> None:
    """Write a report's row."""
    tx.conn.execute(
        "insert into report (id, member_id, actor, channel, at, title, total, taken,"
        " joined, refused) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            report.id,
            report.member_id,
            report.actor,
            report.channel,
            tx.now,
            report.title,
            report.total,
            report.taken,
            report.joined,
            Jsonb(report.refused),
        ),
    )


def claim(tx: Tx, claim_id: ClaimId, *, lock: bool = False) -> Claim | None:
    """One claim."""
    suffix = " for update of c" if lock else ""
    row = tx.conn.execute(
        f"{_CLAIM} where c.id = %s{suffix}",
        (claim_id,),
    ).fetchone()
    return None if row is None else _claim(row)


def claims_of_stix(tx: Tx, member: MemberId, stix_ids: Sequence[str]) -> list[Claim]:
    """This member's claims that were read from these STIX objects, locked."""
    rows = tx.conn.execute(
        f"{_CLAIM} where c.member_id = %s and c.stix_id = any(%s)"
        " order by c.id for update of c",
        (member, list(stix_ids)),
    ).fetchall()
    return [_claim(row) for row in rows]


def open_record(tx: Tx, member: MemberId) -> tuple[int, int]:
    """(claims, withdrawn ones) of a member that the whole alliance could see."""
    row = tx.conn.execute(
        "select count(*), count(*) filter (where c.status = 'withdrawn')"
        " from claim c join audience a on a.id = c.audience_id"
        " where c.member_id = %s and a.circles = '{}' and a.pot is null"
        " and a.tlp <> 'red'",
        (member,),
    ).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class NewSighting:
    """A count of hits within one hour."""

    observable_id: int
    hour: datetime
    audience_id: int
    count: int
    first_seen: datetime
    last_seen: datetime


def add_sightings(
    tx: Tx, member: MemberId, source: str, sightings: Sequence[NewSighting]
) -> None:
    """Add counts to their hours."""
    tx.conn.execute(
        "insert into sighting (observable_id, member_id, hour, audience_id, count,"
        " first_seen, last_seen, source)"
        " select observable_id, %s, hour, audience_id, count, first_seen, last_seen, %s"
        " from unnest(%s::bigint[], %s::timestamptz[], %s::integer[], %s::bigint[],"
        " %s::timestamptz[], %s::timestamptz[])"
        " as s (observable_id, hour, audience_id, count, first_seen, last_seen)"
        " on conflict (observable_id, member_id, hour, audience_id, source) do update"
        " set count = sighting.count + excluded.count,"
        " first_seen = least(sighting.first_seen, excluded.first_seen),"
        " last_seen = greatest(sighting.last_seen, excluded.last_seen)",
        (
            member,
            source,
            [s.observable_id for s in sightings],
            [s.hour for s in sightings],
            [s.audience_id for s in sightings],
            [s.count for s in sightings],
            [s.first_seen for s in sightings],
            [s.last_seen for s in sightings],
        ),
    )


def active_audiences_of(
    tx: Tx, observables: Sequence[int], visible: Sequence[int]
) -> list[tuple[int, int]]:
    """(value, audience) of the active claims on these values the viewer sees."""
    return tx.conn.execute(
        "select observable_id, audience_id from claim where observable_id = any(%s)"
        " and status = 'active' and audience_id = any(%s)"
        " order by observable_id, reported_at",
        (list(observables), list(visible)),
    ).fetchall()
