"""PostgreSQL statements for looking up claims, sightings and relations.

Each takes the numbers of the audiences its viewer may see and uses no other row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from hanse.base.ids import BrandId, CircleId, ClaimId, MemberId
from hanse.feed.sharing import Tlp
from hanse.intel.claim import Category
from hanse.observables.kinds import Kind, Observable
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with what a page shows of it; names are not yet hidden."""

    id: ClaimId
    observable_id: int
    observable: Observable
    digest: bytes
    member: MemberId
    member_name_en: str
    member_name_zh: str
    category: Category
    confidence: int
    audience_id: int
    tlp: Tlp
    circles: tuple[CircleId, ...]
    is_anonymous: bool
    note: str
    brand: BrandId | None
    brand_name_en: str
    brand_name_zh: str
    valid_from: datetime
    valid_until: datetime | None
    is_active: bool
    status_reason: str
    revision: int
    reported_at: datetime
    revised_at: datetime
    stix_id: str


_COLUMNS = (
    "c.id, c.observable_id, o.kind, o.value, o.digest, c.member_id, m.name_en,"
    " m.name_zh, c.category, c.confidence, c.audience_id, a.tlp, a.circles,"
    " c.is_anonymous, c.note, c.brand_id, coalesce(b.name_en, ''),"
    " coalesce(b.name_zh, ''), c.valid_from, c.valid_until, c.status = 'active',"
    " c.status_reason, c.revision, c.reported_at, c.revised_at, c.stix_id"
)
_TABLES = (
    " from claim c join observable o on o.id = c.observable_id"
    " join member m on m.id = c.member_id join audience a on a.id = c.audience_id"
    " left join brand b on b.id = c.brand_id"
)


def _row(row: tuple[Any, ...]) -> ClaimRow:
    return ClaimRow(
        id=ClaimId(row[0]),
        observable_id=row[1],
        observable=Observable(Kind(row[2]), row[3]),
        digest=row[4],
        member=MemberId(row[5]),
        member_name_en=row[6],
        member_name_zh=row[7],
        category=Category(row[8]),
        confidence=row[9],
        audience_id=row[10],
        tlp=Tlp(row[11]),
        circles=tuple(CircleId(circle) for circle in row[12]),
        is_anonymous=row[13],
        note=row[14],
        brand=None if row[15] is None else BrandId(row[15]),
        brand_name_en=row[16],
        brand_name_zh=row[17],
        valid_from=row[18],
        valid_until=row[19],
        is_active=row[20],
        status_reason=row[21],
        revision=row[22],
        reported_at=row[23],
        revised_at=row[24],
        stix_id=row[25],
    )


def claims_on(
    tx: Tx, observables: Sequence[int], visible: Sequence[int]
) -> list[ClaimRow]:
    """All visible claims on these values, oldest first, also past ones."""
    rows = tx.conn.execute(
        f"select {_COLUMNS} {_TABLES}"
        " where c.observable_id = any(%s) and c.audience_id = any(%s)"
        " order by c.reported_at, c.id",
        (list(observables), list(visible)),
    ).fetchall()
    return [_row(row) for row in rows]


def observable_by_digest(tx: Tx, digest: bytes) -> tuple[int, Observable] | None:
    """A value by what it is known by."""
    row = tx.conn.execute(
        "select id, kind, value from observable where digest = %s", (digest,)
    ).fetchone()
    return None if row is None else (row[0], Observable(Kind(row[1]), row[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a search asks for; empty means everything."""

    terms: tuple[str, ...] = ()
    digests: tuple[bytes, ...] = ()
    prefix: str = ""  # of the value
    host: str = ""  # reversed, as stored
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brand: UUID | None = None
    member: UUID | None = None  # only what is not anonymous, or one's own
    tlp: str = ""
    status: str = "active"  # active, withdrawn or all
    since: datetime | None = None
    mine: UUID | None = None


def search(
    tx: Tx,
    wanted: Wanted,
    visible: Sequence[int],
    *,
    viewer: UUID | None,
    sees_names: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ClaimRow]:
    """For each value found its newest matching claim, newest first.

    A value stands where its newest visible matching claim does, so that pages do
    not show it twice.
    """
    rows = tx.conn.execute(
        f"select {_COLUMNS} {_TABLES}"  # noqa: S608
        f" where {_fits('c', 'a')}"
        " and (%(before_at)s::timestamptz is null"
        "      or (c.revised_at, c.id) < (%(before_at)s, %(before_id)s::uuid))"
        " and not exists (select from claim n join audience na on na.id = n.audience_id"
        "      where n.observable_id = c.observable_id and n.id <> c.id"
        f"     and (n.revised_at, n.id) > (c.revised_at, c.id) and {_fits('n', 'na')})"
        " order by c.revised_at desc, c.id desc limit %(limit)s",
        {
            "visible": list(visible),
            "terms": list(wanted.terms),
            "digests": list(wanted.digests),
            "prefix": wanted.prefix,
            "prefix_like": _like(wanted.prefix),
            "host": wanted.host,
            "host_like": _like(wanted.host),
            "kinds": list(wanted.kinds),
            "categories": list(wanted.categories),
            "brand": wanted.brand,
            "member": wanted.member,
            "mine": wanted.mine,
            "viewer": viewer,
            "names": sees_names,
            "tlp": wanted.tlp,
            "status": wanted.status,
            "since": wanted.since,
            "before_at": None if before is None else before[0],
            "before_id": None if before is None else before[1],
            "limit": limit,
        },
    ).fetchall()
    return [_row(row) for row in rows]


def _fits(c: LiteralString, a: LiteralString) -> LiteralString:
    """That the claim `c` on the value `o`, for the audience `a`, is one wanted."""
    return (
        f"{c}.audience_id = any(%(visible)s)"
        " and (%(terms)s::text[] = '{}' and %(digests)s::bytea[] = '{}'"
        " and %(prefix)s = '' and %(host)s = ''"
        " or (%(terms)s::text[] <> '{}' and exists (select from claim_term t"
        f"    where t.claim_id = {c}.id and t.terms @> %(terms)s::text[]))"
        " or o.digest = any(%(digests)s::bytea[])"
        " or (%(prefix)s <> '' and left(o.value, 200) like %(prefix_like)s)"
        " or (%(host)s <> '' and left(o.host_reversed, 200) like %(host_like)s))"
        " and (%(kinds)s::text[] = '{}' or o.kind = any(%(kinds)s::text[]))"
        f" and (%(categories)s::text[] = '{{}}' or {c}.category = any(%(categories)s))"
        f" and (%(brand)s::uuid is null or {c}.brand_id = %(brand)s)"
        f" and (%(member)s::uuid is null or ({c}.member_id = %(member)s"
        f"      and (not {c}.is_anonymous or %(names)s"
        f"           or {c}.member_id = %(viewer)s)))"
        f" and (%(mine)s::uuid is null or {c}.member_id = %(mine)s)"
        f" and (%(tlp)s = '' or {a}.tlp = %(tlp)s)"
        f" and (%(status)s = 'all' or {c}.status = %(status)s)"
        f" and (%(since)s::timestamptz is null or {c}.revised_at >= %(since)s)"
    )


def _like(prefix: str) -> str:
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped[:200] + "%"


@dataclass(frozen=True, slots=True)
class SightingRow:
    """Hits in one hour; the member's name is not yet hidden."""

    hour: datetime
    member: MemberId
    count: int
    last_seen: datetime
    source: str


def sightings(
    tx: Tx, observable: int, visible: Sequence[int], since: datetime
) -> list[SightingRow]:
    """Visible sightings of one value, oldest first."""
    rows = tx.conn.execute(
        "select hour, member_id, sum(count)::bigint, max(last_seen), source"
        " from sighting where observable_id = %s and audience_id = any(%s)"
        " and hour >= %s group by hour, member_id, source order by hour, member_id",
        (observable, list(visible), since),
    ).fetchall()
    return [SightingRow(r[0], MemberId(r[1]), r[2], r[3], r[4]) for r in rows]


def hits_since(tx: Tx, visible: Sequence[int], since: datetime) -> int:
    """All visible hits since an instant."""
    row = tx.conn.execute(
        "select coalesce(sum(count), 0)::bigint from sighting"
        " where audience_id = any(%s) and hour >= %s",
        (list(visible), since),
    ).fetchone()
    return 0 if row is None else int(row[0])


def on_host(
    tx: Tx, host_reversed: str, visible: Sequence[int], limit: int
) -> list[tuple[bytes, Observable, int]]:
    """(digest, value, members saying so) of values on or under a host."""
    rows = tx.conn.execute(
        "select o.digest, o.kind, o.value, count(*) from observable o"
        " join claim c on c.observable_id = o.id and c.status = 'active'"
        " and c.audience_id = any(%s)"
        " where o.host_reversed <> '' and left(o.host_reversed, 200) like %s"
        " group by o.id order by count(*) desc, o.id desc limit %s",
        (list(visible), _like(host_reversed), limit),
    ).fetchall()
    return [(r[0], Observable(Kind(r[1]), r[2]), r[3]) for r in rows]


def beside(
    tx: Tx, observable: int, visible: Sequence[int], limit: int
) -> list[tuple[bytes, Observable, UUID]]:
    """(digest, value, report) of values told in the same small report."""
    rows = tx.conn.execute(
        "select o.digest, o.kind, o.value, x.report_id from claim c"
        " join report r on r.id = c.report_id and r.taken <= 100"
        " join claim x on x.report_id = c.report_id and x.id <> c.id"
        " and x.status = 'active' and x.audience_id = any(%(visible)s)"
        " join observable o on o.id = x.observable_id"
        " where c.observable_id = %(observable)s"
        " and c.audience_id = any(%(visible)s)"
        " and not (c.is_anonymous or x.is_anonymous)"
        " order by x.revised_at desc limit %(limit)s",
        {"observable": observable, "visible": list(visible), "limit": limit},
    ).fetchall()
    return [(r[0], Observable(Kind(r[1]), r[2]), r[3]) for r in rows]


def of_brand(
    tx: Tx, brand: UUID, visible: Sequence[int], limit: int
) -> list[tuple[bytes, Observable]]:
    """The newest values said to imitate a brand."""
    rows = tx.conn.execute(
        "select o.digest, o.kind, o.value from claim c"
        " join observable o on o.id = c.observable_id"
        " where c.brand_id = %s and c.status = 'active' and c.audience_id = any(%s)"
        " group by o.id order by max(c.revised_at) desc limit %s",
        (brand, list(visible), limit),
    ).fetchall()
    return [(r[0], Observable(Kind(r[1]), r[2])) for r in rows]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is known, as far as the viewer sees."""

    values: int
    claims: int
    new_values: int


def counts(tx: Tx, visible: Sequence[int], since: datetime) -> Counts:
    """Active values and claims, and values first claimed since an instant."""
    row = tx.conn.execute(
        "select count(distinct observable_id), count(*),"
        " count(distinct observable_id) filter (where reported_at >= %s)"
        " from claim where status = 'active' and audience_id = any(%s)",
        (since, list(visible)),
    ).fetchone()
    return Counts(0, 0, 0) if row is None else Counts(*row)


def count_values(tx: Tx, visible: Sequence[int], most: int) -> int:
    """How many values are claimed, counted over at most so many claims."""
    row = tx.conn.execute(
        "select count(distinct observable_id) from (select observable_id from claim"
        " where status = 'active' and audience_id = any(%s) limit %s) c",
        (list(visible), most),
    ).fetchone()
    return 0 if row is None else int(row[0])


def attacked_brands(
    tx: Tx, visible: Sequence[int], since: datetime, limit: int
) -> list[tuple[UUID, str, str, int]]:
    """(brand, name in English, in Chinese, values) most imitated since an instant."""
    return tx.conn.execute(
        "select b.id, b.name_en, b.name_zh, count(distinct c.observable_id)"
        " from claim c join brand b on b.id = c.brand_id"
        " where c.status = 'active' and c.audience_id = any(%s)"
        " and c.revised_at >= %s group by b.id"
        " order by count(distinct c.observable_id) desc, b.name_en limit %s",
        (list(visible), since, limit),
    ).fetchall()


def newest_claims(
    tx: Tx, visible: Sequence[int], since: datetime, limit: int
) -> list[tuple[UUID, datetime]]:
    """(claim, revised at) of the newest visible claims, active or not."""
    return tx.conn.execute(
        "select id, revised_at from claim where audience_id = any(%s)"
        " and revised_at >= %s order by revised_at desc limit %s",
        (list(visible), since, limit),
    ).fetchall()


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as its own member sees it."""

    id: UUID
    member: MemberId
    member_name: str
    actor: str
    channel: str
    at: datetime
    title: str
    total: int
    taken: int
    joined: int
    refused: list[dict[str, Any]]


def reports(
    tx: Tx,
    member: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ReportRow]:
    """A member's reports (or everyone's), newest first."""
    rows = tx.conn.execute(
        "select r.id, r.member_id, m.name_en, r.actor, r.channel, r.at, r.title,"
        " r.total, r.taken, r.joined, r.refused"
        " from report r join member m on m.id = r.member_id"
        " where (%(member)s::uuid is null or r.member_id = %(member)s)"
        " and (%(at)s::timestamptz is null or (r.at, r.id) < (%(at)s, %(id)s::uuid))"
        " order by r.at desc, r.id desc limit %(limit)s",
        {
            "member": member,
            "at": None if before is None else before[0],
            "id": None if before is None else before[1],
            "limit": limit,
        },
    ).fetchall()
    return [ReportRow(r[0], MemberId(r[1]), *r[2:]) for r in rows]


def report(tx: Tx, report_id: UUID) -> ReportRow | None:
    """One report."""
    row = tx.conn.execute(
        "select r.id, r.member_id, m.name_en, r.actor, r.channel, r.at, r.title,"
        " r.total, r.taken, r.joined, r.refused"
        " from report r join member m on m.id = r.member_id where r.id = %s",
        (report_id,),
    ).fetchone()
    return None if row is None else ReportRow(row[0], MemberId(row[1]), *row[2:])


def claims_of_report(tx: Tx, report_id: UUID, limit: int) -> list[ClaimRow]:
    """What a report claimed."""
    rows = tx.conn.execute(
        f"select {_COLUMNS} {_TABLES} where c.report_id = %s"
        " order by c.reported_at, c.id limit %s",
        (report_id, limit),
    ).fetchall()
    return [_row(row) for row in rows]
