"""PostgreSQL statements on API roots, collections, grants and status resources.

Kept objects have a store of their own (`intel.objects`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hanse.base.ids import CircleId, CollectionId, KeyId, MemberId
from hanse.storage.tx import Tx

STATUS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RootRow:
    """An API root as stored."""

    path: str
    title: str
    description: str
    max_page_size: int


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection as stored."""

    id: CollectionId
    root: str
    kind: str
    circle: CircleId | None
    alias: str | None
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class GrantRow:
    """What a member or a single key may do with an operator-defined collection."""

    collection: CollectionId
    member: MemberId | None
    key: KeyId | None
    can_read: bool
    can_write: bool


def roots(tx: Tx) -> list[RootRow]:
    """All API roots, the oldest first."""
    rows = tx.conn.execute(
        "select path, title, description, max_page_size from taxii_root"
        " order by created_at, path"
    ).fetchall()
    return [RootRow(*row) for row in rows]


def collections(tx: Tx) -> list[CollectionRow]:
    """All open collections, in an order that stays."""
    rows = tx.conn.execute(
        "select id, root, kind, circle_id, alias, title, description"
        " from taxii_collection where closed_at is null"
        " order by root, created_at, id"
    ).fetchall()
    return [CollectionRow(*row) for row in rows]


def grants(tx: Tx, collection: CollectionId | None = None) -> list[GrantRow]:
    """The grants on one collection, or all there are."""
    rows = tx.conn.execute(
        "select collection_id, member_id, key_id, can_read, can_write from taxii_grant"
        " where %(id)s::uuid is null or collection_id = %(id)s"
        " order by collection_id, member_id, key_id",
        {"id": collection},
    ).fetchall()
    return [GrantRow(*row) for row in rows]


def insert_root(tx: Tx, row: RootRow) -> bool:
    """Make an API root; False if its path is taken."""
    return (
        tx.conn.execute(
            "insert into taxii_root (path, title, description, max_page_size,"
            " created_at) values (%s, %s, %s, %s, %s) on conflict do nothing",
            (row.path, row.title, row.description, row.max_page_size, tx.now),
        ).rowcount
        == 1
    )


def insert_collections(tx: Tx, rows: Sequence[CollectionRow]) -> int:
    """Make collections, listed in this order; returns how many ids were free."""
    # Microseconds apart, because the order of a list must not change (TAXII 3.3).
    with tx.conn.cursor() as cursor:
        cursor.executemany(
            "insert into taxii_collection (id, root, kind, circle_id, alias, title,"
            " description, created_at) values (%s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict do nothing",
            [
                (
                    *(row.id, row.root, row.kind, row.circle, row.alias),
                    *(row.title, row.description),
                    tx.now + timedelta(microseconds=place),
                )
                for place, row in enumerate(rows)
            ],
        )
        return cursor.rowcount


def close_collection(tx: Tx, collection: CollectionId) -> None:
    """Take a collection out of use."""
    tx.conn.execute(
        "update taxii_collection set closed_at = %s"
        " where id = %s and closed_at is null",
        (tx.now, collection),
    )


def set_grant(tx: Tx, row: GrantRow) -> None:
    """Give, change or (both rights false) take away a grant."""
    tx.conn.execute(
        "delete from taxii_grant where collection_id = %s"
        " and member_id is not distinct from %s and key_id is not distinct from %s",
        (row.collection, row.member, row.key),
    )
    if row.can_read or row.can_write:
        tx.conn.execute(
            "insert into taxii_grant (collection_id, member_id, key_id, can_read,"
            " can_write) values (%s, %s, %s, %s, %s)",
            (row.collection, row.member, row.key, row.can_read, row.can_write),
        )


def insert_status(tx: Tx, status: UUID, root: str, caller: str, body: bytes) -> None:
    """Keep a status resource, and forget those kept long enough."""
    tx.conn.execute(
        "with old as (delete from taxii_status where at < %(then)s)"
        " insert into taxii_status (id, root, caller, at, body)"
        " values (%(id)s, %(root)s, %(caller)s, %(now)s, %(body)s)",
        {
            "id": status,
            "root": root,
            "caller": caller,
            "now": tx.now,
            "then": tx.now - STATUS_KEPT,
            "body": body,
        },
    )


def find_status(tx: Tx, status: UUID, root: str, caller: str) -> bytes | None:
    """A status resource of this caller's, if it is still kept."""
    row: tuple[bytes, datetime] | None = tx.conn.execute(
        "select body, at from taxii_status"
        " where id = %s and root = %s and caller = %s and at >= %s",
        (status, root, caller, tx.now - STATUS_KEPT),
        binary=True,
    ).fetchone()
    return None if row is None else bytes(row[0])
