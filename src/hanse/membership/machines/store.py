"""PostgreSQL statements on API keys and edges.

`key_holder` statements answer "which key is this, and what may it see" in one round
trip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from hanse.membership.store import (
    CIRCLES,
    EPOCH,
    OF_KEY,
    POTS,
    After,
    Reach,
    Row,
    count,
    one,
    rows,
)
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key as stored, for judging whether it opens."""

    id: UUID
    public_id: str
    secret_sha256: bytes
    name: str
    basic_user: str | None
    role: str
    scopes: Sequence[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    edge_id: UUID | None
    edge_revoked_at: datetime | None


_KEY_HOLDER: LiteralString = (  # only constants go into it
    "select k.id, k.public_id, k.secret_sha256, k.name, k.basic_user, k.role, k.scopes,"  # noqa: S608
    " k.expires_at, k.revoked_at, k.edge_id, e.revoked_at,"
    f" m.id, m.name_en, m.status, {CIRCLES}, {POTS.format(OF_KEY)}, {EPOCH}"
    " from api_key k left join member m on m.id = k.member_id"
    " left join edge e on e.id = k.edge_id"
)


def key_holders(
    tx: Tx, public_id: str, user: str, secret_sha256: bytes
) -> list[tuple[KeyHolder, Reach]]:
    """The key of this public id; else those this Basic user and secret may mean.

    A key's name is not unique, so among equal names only the secret tells.
    """
    if public_id:
        found = rows(tx, _KEY_HOLDER + " where k.public_id = %s", public_id)
    else:
        which: LiteralString = (
            " where k.basic_user = %s or (k.name = %s and k.secret_sha256 = %s)"
        )
        found = rows(tx, _KEY_HOLDER + which, user, user, secret_sha256)
    return [(KeyHolder(*row[:11]), Reach(*row[11:])) for row in found]


def key_holder(tx: Tx, key_id: UUID) -> tuple[KeyHolder, Reach] | None:
    """The same by the key's id, for an open stream that asks again."""
    row = one(tx, _KEY_HOLDER + " where k.id = %s", key_id)
    return (KeyHolder(*row[:11]), Reach(*row[11:])) if row else None


def note_key_uses(tx: Tx, used: Mapping[UUID, datetime]) -> None:
    """When keys, and the edges they belong to, were last heard of."""
    tx.conn.execute(
        "with used as (select id, at from"
        " unnest(%s::uuid[], %s::timestamptz[]) as u (id, at)),"
        " k as (update api_key a set used_at = greatest(a.used_at, used.at)"
        "  from used where a.id = used.id returning a.edge_id, used.at)"
        " update edge e set seen_at = greatest(e.seen_at, k.at)"
        " from k where e.id = k.edge_id",
        (list(used), list(used.values())),
    )


# --- keys as their owners see them ---------------------------------------------

_KEY: LiteralString = (
    "select k.id, k.public_id, k.name, k.basic_user, k.member_id, k.edge_id,"
    " k.person_id, k.role, k.scopes, k.created_at, k.expires_at, k.used_at,"
    " k.revoked_at, k.rotated_from from api_key k"
)


def key(tx: Tx, key_id: UUID) -> Row | None:
    """One key."""
    return one(tx, _KEY + " where k.id = %s", key_id)


def key_locked(tx: Tx, key_id: UUID) -> Row | None:
    """One key, locked until the transaction ends."""
    return one(tx, _KEY + " where k.id = %s for update", key_id)


def keys(tx: Tx, member_id: UUID | None, after: After, n: int) -> list[Row]:
    """Keys of a member (all, if None), in the order they were made."""
    return rows(
        tx,
        _KEY + " where (%s::uuid is null or k.member_id = %s)"
        " and (k.created_at, k.id) > (%s, %s) order by k.created_at, k.id limit %s",
        member_id,
        member_id,
        *after,
        n,
    )


def insert_key(tx: Tx, values: Mapping[str, Any]) -> int:
    """A key; 0 if its public id or Basic user name is taken."""
    return tx.conn.execute(
        "insert into api_key (id, public_id, secret_sha256, name, basic_user,"
        " member_id, edge_id, person_id, role, scopes, created_at, expires_at,"
        " rotated_from)"
        " values (%(id)s, %(public_id)s, %(secret_sha256)s, %(name)s, %(basic_user)s,"
        " %(member)s, %(edge)s, %(person)s, %(role)s, %(scopes)s, %(at)s,"
        " %(expires_at)s, %(rotated_from)s) on conflict do nothing",
        values,
    ).rowcount


def copy_grants(tx: Tx, old: UUID, new: UUID) -> None:
    """What was granted to a key in person is granted to the one that replaces it."""
    count(
        tx,
        "insert into taxii_grant (collection_id, key_id, can_read, can_write)"
        " select collection_id, %s, can_read, can_write from taxii_grant"
        " where key_id = %s on conflict do nothing",
        new,
        old,
    )


def expire_key(tx: Tx, key_id: UUID, at: datetime) -> None:
    """It ends at `at`, if it does not end before."""
    count(
        tx,
        "update api_key set expires_at = least(coalesce(expires_at, %s), %s)"
        " where id = %s",
        at,
        at,
        key_id,
    )


def revoke_key(tx: Tx, key_id: UUID, at: datetime) -> int:
    """It ends now; 0 if it had."""
    return count(
        tx,
        "update api_key set revoked_at = %s where id = %s and revoked_at is null",
        at,
        key_id,
    )


def count_keys(tx: Tx, member_id: UUID | None, at: datetime) -> int:
    """How many keys of this owner open anything."""
    row = one(
        tx,
        "select count(*) from api_key where member_id is not distinct from %s"
        " and revoked_at is null and (expires_at is null or expires_at > %s)",
        member_id,
        at,
    )
    return int(row[0]) if row else 0


# --- edges ---------------------------------------------------------------------

_EDGE: LiteralString = (
    "select e.id, e.member_id, m.name_en, m.name_zh, e.name, e.version, e.enrolled_at,"
    " e.seen_at, e.acked_seq, e.acked_at, e.revoked_at"
    " from edge e join member m on m.id = e.member_id"
)


def edge(tx: Tx, edge_id: UUID) -> Row | None:
    """One edge."""
    return one(tx, _EDGE + " where e.id = %s", edge_id)


def edges(tx: Tx, member_id: UUID | None, after: After, n: int) -> list[Row]:
    """Edges of a member (all, if None), in the order they were enrolled."""
    return rows(
        tx,
        _EDGE + " where (%s::uuid is null or e.member_id = %s)"
        " and (e.enrolled_at, e.id) > (%s, %s) order by e.enrolled_at, e.id limit %s",
        member_id,
        member_id,
        *after,
        n,
    )


def count_edges(tx: Tx, member_id: UUID | None) -> int:
    """How many edges of a member (of all, if None) are not revoked."""
    row = one(
        tx,
        "select count(*) from edge"
        " where (%s::uuid is null or member_id = %s) and revoked_at is null",
        member_id,
        member_id,
    )
    return int(row[0]) if row else 0


def insert_edge(tx: Tx, *values: Any) -> None:
    """(id, member, name, version, enrolled_at)."""
    count(
        tx,
        "insert into edge (id, member_id, name, version, enrolled_at)"
        " values (%s, %s, %s, %s, %s)",
        *values,
    )


def set_edge_version(tx: Tx, edge_id: UUID, version: str) -> None:
    """Which version it runs, as it says."""
    count(
        tx,
        "update edge set version = %s where id = %s and version <> %s",
        version,
        edge_id,
        version,
    )


def revoke_edge(tx: Tx, edge_id: UUID, at: datetime) -> int:
    """The edge and its keys are out; 0 if it was."""
    gone = count(
        tx,
        "update edge set revoked_at = %s where id = %s and revoked_at is null",
        at,
        edge_id,
    )
    count(
        tx,
        "update api_key set revoked_at = %s where edge_id = %s and revoked_at is null",
        at,
        edge_id,
    )
    return gone
