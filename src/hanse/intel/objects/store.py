"""PostgreSQL statements on kept STIX objects.

Rows are written with binary COPY and read by one walk through an index in the order
of addition; a page of bodies is joined by the server and never taken apart again.
Each question names the audiences its asker may see, and no other row has any
influence on the answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from hanse.base.ids import CollectionId, MemberId
from hanse.intel.objects.filters import (
    Filter,
    Position,
    Record,
    View,
    ViewOutdated,
)
from hanse.storage.tx import Tx

MAIN_STORE = CollectionId(UUID(int=0))

# A page ends before it grows larger than this, but always holds one object.
MAX_PAGE_BYTES = 16 * 2**20

# What makes two tellings the same: where, id, version, STIX, contributor, audience.
# UUIDs as numbers, because Python hashes those ten times faster.
Key = tuple[int, str, datetime, str, int | None, int]
NewRow = tuple[
    datetime,
    CollectionId,
    str,
    str,
    str,
    str,
    datetime,
    int,
    MemberId | None,
    bool,
    bool,
    bytes,
]


@dataclass(frozen=True, slots=True)
class Known:
    """A row that is there."""

    added: datetime
    pot: CollectionId
    stix_id: str
    version_at: datetime
    spec_version: str
    member_id: MemberId | None
    audience_id: int

    @property
    def key(self) -> Key:
        """What makes two tellings the same."""
        return (
            self.pot.int,
            self.stix_id,
            self.version_at,
            self.spec_version,
            None if self.member_id is None else self.member_id.int,
            self.audience_id,
        )


@dataclass(frozen=True, slots=True)
class Bodies:
    """A page of bodies, joined by commas.

    `beyond` is when the first object after the page was added, None at the end.
    """

    joined: bytes
    count: int
    first: datetime
    last: Position
    beyond: datetime | None


_KNOWN: LiteralString = (
    "o.added, o.pot, o.stix_id, o.version_at, o.spec_version, o.member_id,"
    " o.audience_id"
)


# Row by row through the index, whatever the planner believes the table to hold: its
# statistics lag behind a hub that fills up. `offset 0` keeps it from rewriting this.
_IDS: LiteralString = "unnest(string_to_array(%s, ',')) i (id)"  # quicker than a list
_OF_ID: LiteralString = (
    "select o.added, o.id, o.pot, o.stix_id, o.version_at, o.spec_version,"
    " o.member_id, o.audience_id, o.is_alone"
    " from stix_object o where o.stix_id = i.id offset 0"
)


def find_by_ids(
    tx: Tx, stix_ids: Collection[str]
) -> tuple[datetime | None, list[Known]]:
    """All rows of these ids, and the newest instant of the very same snapshot."""
    rows = tx.conn.execute(
        "with newest as (select added from stix_object order by added desc limit 1)"  # noqa: S608
        f" select n.added, {_KNOWN} from newest n left join"
        f" ({_IDS} cross join lateral ({_OF_ID}) o) on true",
        (",".join(stix_ids),),
        binary=True,
    ).fetchall()
    if not rows:
        return None, []
    return rows[0][0], [Known(*row[1:]) for row in rows if row[1] is not None]


def added_since(tx: Tx, since: datetime | None) -> list[Known]:
    """Rows added after this instant."""
    found: LiteralString = f"select {_KNOWN} from stix_object o"  # noqa: S608
    if since is None:
        rows = tx.conn.execute(found, binary=True).fetchall()
    else:
        later = f"{found} where o.added > %s"
        rows = tx.conn.execute(later, (since,), binary=True).fetchall()
    return [Known(*row) for row in rows]


def note_company(tx: Tx, stix_ids: Sequence[str]) -> None:
    """These ids have, or are about to have, more than one row."""
    tx.conn.execute(
        "update stix_object s set is_alone = false"  # noqa: S608
        f" from {_IDS} cross join lateral ({_OF_ID}) o"
        " where s.added = o.added and s.id = o.id and o.is_alone",
        (",".join(stix_ids),),
    )


def insert(tx: Tx, rows: Sequence[NewRow]) -> None:
    """Write rows; only under the log's lock, or before anybody reads."""
    with (
        tx.conn.cursor() as cursor,
        cursor.copy(
            "copy stix_object (added, pot, stix_id, type, spec_version, version,"
            " version_at, audience_id, member_id, is_alone, is_enforceable, body)"
            " from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(
            (
                *("timestamptz", "uuid", "text", "text", "text", "text"),
                *("timestamptz", "int4", "uuid", "bool", "bool", "bytea"),
            )
        )
        for row in rows:
            copy.write_row(row)


def delete(tx: Tx, positions: Sequence[Position]) -> int:
    """Remove rows."""
    return tx.conn.execute(
        "delete from stix_object o using unnest(%s::timestamptz[], %s::bigint[])"
        " as p (added, id) where o.added = p.added and o.id = p.id",
        ([p.added for p in positions], [p.id for p in positions]),
    ).rowcount


# --- pages -------------------------------------------------------------------

# Only what is meant to choose the index may look like a condition on a column. All else
# is written so that no index fits it (`+ 0`, `is not distinct from`): the planner's
# statistics lag behind a hub that fills up, and a wrong guess reads the whole table.
_IS_VISIBLE: LiteralString = "o.audience_id + 0 = any(%(audiences)s)"
_IN_VIEW: LiteralString = (
    "x.stix_id = o.stix_id and x.audience_id + 0 = any(%(audiences)s)"
)
_NAMED: LiteralString = (
    "unnest(%(ids)s::text[]) l (lane) cross join lateral (select o.added, o.id, o.pot,"
    " o.stix_id, o.type, o.spec_version, o.version, o.version_at, o.audience_id,"
    " o.member_id, o.is_alone, o.is_enforceable, o.body"
    " from stix_object o where o.stix_id = l.lane offset 0) o"
)
_ORDER: LiteralString = "order by o.added, o.id"


def page_of_bodies(
    tx: Tx,
    view: View,
    asked: Filter,
    *,
    limit: int,
    after: Position | None = None,
    before: datetime | None = None,
) -> Bodies | None:
    """The next objects after a position, at most `limit`; None if there are none.

    `tx` is best a `Database.walk`. Raises `ViewOutdated`.
    """
    source, values = _source(view, asked, "o.added, o.id, o.body", after, before)
    row = tx.conn.execute(
        "select e.n, p.* from membership_epoch e cross join lateral ("  # noqa: S608
        "select string_agg(body, ','::bytea) filter (where fits),"
        " count(*) filter (where fits), min(added) filter (where fits),"
        " max(added) filter (where fits),"
        " (array_agg(id) filter (where fits))[count(*) filter (where fits)],"
        " min(added) filter (where not fits)"
        " from (select added, id, body, row_number() over w = 1 or"
        "   (row_number() over w <= %(limit)s"
        "    and sum(octet_length(body)) over w <= %(max_bytes)s) as fits"
        f" from ({source}) o window w as ({_ORDER} rows unbounded preceding)"
        f" {_ORDER} limit %(limit)s + 1) p) p",
        {**values, "limit": limit, "max_bytes": MAX_PAGE_BYTES},
        prepare=True,
        binary=True,
    ).fetchone()
    if row is None:
        raise ViewOutdated
    epoch, joined, count, first, last, last_id, beyond = row
    _require(view, epoch)
    if not count:
        return None
    return Bodies(joined, count, first, Position(last, last_id), beyond)


def page_of_records(
    tx: Tx,
    view: View,
    asked: Filter,
    *,
    limit: int,
    after: Position | None = None,
    before: datetime | None = None,
) -> list[Record]:
    """The same rows without their bodies, one more than `limit` if there are more.

    `tx` is best a `Database.walk`. Raises `ViewOutdated`.
    """
    columns: LiteralString = (
        "o.added, o.id, o.stix_id, o.version, o.spec_version, o.pot, o.member_id"
    )
    source, values = _source(view, asked, columns, after, before)
    rows = tx.conn.execute(
        "select e.n, o.* from membership_epoch e left join lateral ("  # noqa: S608
        f"select {columns} from ({source}) o {_ORDER} limit %(limit)s + 1) o on true",
        {**values, "limit": limit},
        prepare=True,
        binary=True,
    ).fetchall()
    _require(view, rows[0][0])
    return [Record(Position(*row[1:3]), *row[3:]) for row in rows if row[1] is not None]


def _require(view: View, epoch: int) -> None:
    """That the page came from a moment of the view's own epoch."""
    if epoch != view.epoch:
        raise ViewOutdated


def rows_of(tx: Tx, view: View, asked: Filter, *, most: int) -> list[Record]:
    """Rows of the objects named, also those that others stand in front of."""
    conditions, values = _conditions(view, asked)
    versions = _versions(view, asked)
    if versions:
        conditions += f" and ({versions})"
    rows = tx.conn.execute(
        "select o.added, o.id, o.stix_id, o.version, o.spec_version, o.pot, o.member_id"  # noqa: S608
        f" from {_NAMED} where {_IS_VISIBLE}{conditions} {_ORDER} limit %(most)s",
        {**values, "most": most},
        binary=True,
    ).fetchall()
    return [Record(Position(*row[:2]), *row[2:]) for row in rows]


def is_there(tx: Tx, view: View, stix_id: str) -> bool:
    """Whether the view has any version of this object."""
    conditions, values = _conditions(view, Filter(ids=(stix_id,)))
    row = tx.conn.execute(
        f"select 1 from {_NAMED} where {_IS_VISIBLE}{conditions} limit 1",  # noqa: S608
        values,
    ).fetchone()
    return row is not None


def _source(
    view: View,
    asked: Filter,
    columns: LiteralString,
    after: Position | None,
    before: datetime | None,
) -> tuple[LiteralString, Mapping[str, Any]]:
    """A subquery of the rows shown, and its parameters.

    Where few of all rows can be meant (a circle's audiences, several types) the first
    rows of each lane are taken and merged; a single walk would meet mostly others.
    """
    conditions, values = _conditions(view, asked)
    shown: LiteralString = f"{_IS_VISIBLE}{conditions}{_shown(view, asked)}"
    if after is not None:
        shown += " and (o.added, o.id) > (%(after_added)s, %(after_id)s)"
        values.update(after_added=after.added, after_id=after.id)
    if before is not None:
        shown += " and o.added < %(before)s"
        values["before"] = before
    if asked.ids:
        return f"select {columns} from {_NAMED} where {shown}", values  # noqa: S608
    if view.is_narrow:
        lanes: LiteralString = "unnest(%(audiences)s::int[])"
        lane: LiteralString = "o.audience_id = l.lane"
    elif len(asked.types) > 1:
        lanes, lane = "unnest(%(types)s::text[])", "o.type = l.lane"
    else:
        return f"select {columns} from stix_object o where {shown}", values  # noqa: S608
    return (
        f"select {columns} from (select k.added, k.id from {lanes} l (lane)"  # noqa: S608
        " cross join lateral (select o.added, o.id from stix_object o"
        f" where {lane} and {shown} {_ORDER} limit %(limit)s + 1) k"
        " order by k.added, k.id limit %(limit)s + 1) k"
        " join stix_object o on o.added = k.added and o.id = k.id"
    ), values


def _conditions(view: View, asked: Filter) -> tuple[LiteralString, dict[str, Any]]:
    """What a row must be by itself, besides being visible and one of those named."""
    sql: LiteralString = ""
    values: dict[str, Any] = {"audiences": list(view.audiences)}
    if view.pot is not None:
        sql += (
            " and o.pot is not distinct from %(pot)s::uuid"
            if asked.ids
            # Spelled out for the planner: this is what the partial index is about.
            else " and o.pot = %(pot)s"
            " and o.pot <> '00000000-0000-0000-0000-000000000000'"
        )
        values["pot"] = view.pot
    if view.is_enforceable:
        sql += " and o.is_enforceable"
    if asked.added_after is not None:
        sql += " and o.added > %(added_after)s"
        values["added_after"] = asked.added_after
    if asked.ids:
        values["ids"] = list(dict.fromkeys(asked.ids))
    if len(asked.types) == 1 and not (asked.ids or view.is_narrow):
        sql += " and o.type = %(type)s"
        values["type"] = asked.types[0]
    elif asked.types:
        sql += " and o.type || '' = any(%(types)s)"
        values["types"] = list(dict.fromkeys(asked.types))
    if asked.spec_versions:
        sql += " and o.spec_version = any(%(spec_versions)s)"
        values["spec_versions"] = list(asked.spec_versions)
    if asked.versions.exact:
        values["exact"] = list(asked.versions.exact)
    return sql, values


def _shown(view: View, asked: Filter) -> LiteralString:
    """That this row stands for its version in the view, and the version is asked for.

    Of rows of one version the first stands for all, but one of a newer STIX goes
    before (TAXII 2.1, 3.4.1), unless the asker names the STIX it wants.
    """
    x = _in_view(view, asked)
    earlier: LiteralString = "(x.added, x.id) < (o.added, o.id)"
    if asked.spec_versions:
        before: LiteralString = f"x.spec_version = o.spec_version and {earlier}"
    else:
        before = (
            "(x.spec_version > o.spec_version"
            f" or (x.spec_version = o.spec_version and {earlier}))"
        )
    sql: LiteralString = (
        f" and (o.is_alone or not exists (select 1 from stix_object x where {x}"  # noqa: S608
        f" and x.version_at = o.version_at and {before}))"
    )
    versions = _versions(view, asked)
    return f"{sql} and ({versions})" if versions else sql


def _versions(view: View, asked: Filter) -> LiteralString:
    """That the row is of a version asked for; empty if every version is."""
    wanted = asked.versions
    if wanted.every:
        return ""
    x = _in_view(view, asked)
    ways: list[LiteralString] = []
    if wanted.first or wanted.last:
        ways.append("o.is_alone")
    if wanted.last:
        ways.append(
            f"not exists (select 1 from stix_object x where {x}"  # noqa: S608
            " and x.version_at > o.version_at)"
        )
    if wanted.first:
        ways.append(
            f"not exists (select 1 from stix_object x where {x}"  # noqa: S608
            " and x.version_at < o.version_at)"
        )
    if wanted.exact:
        ways.append(
            "case when o.version = '' then o.added else o.version_at end"
            " = any(%(exact)s)"
        )
    # A question without an answer is answered with nothing, never with everything.
    return " or ".join(ways) or "false"


def _in_view(view: View, asked: Filter) -> LiteralString:
    sql = _IN_VIEW
    if view.pot is not None:
        sql += " and x.pot is not distinct from %(pot)s::uuid"
    if asked.spec_versions:
        sql += " and x.spec_version = any(%(spec_versions)s)"
    return sql
