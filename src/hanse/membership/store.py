"""PostgreSQL statements on members, people, sessions, keys, edges, circles, brands.

Rows come back as tuples in the order the statement names them; who reads them gives
them names. The `holder` statements answer "who is this, and what may they see" in
one round trip, and so also read the read grants on operator-defined collections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from hanse.base.ids import MemberId
from hanse.membership.viewer import Viewer, ViewerRole
from hanse.storage.tx import Tx

Row = tuple[Any, ...]


def _one(tx: Tx, sql: LiteralString, *values: Any) -> Row | None:
    return tx.conn.execute(sql, values or None).fetchone()


def _rows(tx: Tx, sql: LiteralString, *values: Any) -> list[Row]:
    return tx.conn.execute(sql, values or None).fetchall()


def _count(tx: Tx, sql: LiteralString, *values: Any) -> int:
    return tx.conn.execute(sql, values or None).rowcount


# --- who is asking -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """What the member behind a key or a person is, and what it may see."""

    member_id: UUID | None
    name_en: str | None
    status: str | None
    circles: Sequence[UUID]
    pots: Sequence[UUID]
    epoch: int


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


# The member's open circles, the collections it (or this very key) may read, the epoch.
_CIRCLES: LiteralString = (
    " array(select cm.circle_id from circle_member cm"
    "  join circle c on c.id = cm.circle_id"
    "  where cm.member_id = m.id and c.closed_at is null)"
)
_POTS: LiteralString = (
    " array(select g.collection_id from taxii_grant g"
    "  join taxii_collection t on t.id = g.collection_id"
    "  where g.can_read and t.kind = 'pot' and t.closed_at is null and {})"
)
_OF_KEY: LiteralString = "(g.member_id = m.id or g.key_id = k.id)"
_OF_MEMBER: LiteralString = "g.member_id = m.id"
_EPOCH: LiteralString = " (select n from membership_epoch)"

_KEY_HOLDER: LiteralString = (  # only constants go into it
    "select k.id, k.public_id, k.secret_sha256, k.name, k.basic_user, k.role, k.scopes,"  # noqa: S608
    " k.expires_at, k.revoked_at, k.edge_id, e.revoked_at,"
    f" m.id, m.name_en, m.status, {_CIRCLES}, {_POTS.format(_OF_KEY)}, {_EPOCH}"
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
        found = _rows(tx, _KEY_HOLDER + " where k.public_id = %s", public_id)
    else:
        which: LiteralString = (
            " where k.basic_user = %s or (k.name = %s and k.secret_sha256 = %s)"
        )
        found = _rows(tx, _KEY_HOLDER + which, user, user, secret_sha256)
    return [(KeyHolder(*row[:11]), Reach(*row[11:])) for row in found]


def key_holder(tx: Tx, key_id: UUID) -> tuple[KeyHolder, Reach] | None:
    """The same by the key's id, for an open stream that asks again."""
    row = _one(tx, _KEY_HOLDER + " where k.id = %s", key_id)
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


def machine_viewers(tx: Tx, members: Sequence[MemberId] | None) -> list[Viewer]:
    """Each of these members, or all, as its machines see."""
    found = _rows(
        tx,
        f"select m.id, m.status = 'active', {_CIRCLES}, {_POTS.format(_OF_MEMBER)}"  # noqa: S608
        " from member m where %s::uuid[] is null or m.id = any(%s::uuid[])",
        members if members is None else list(members),
        members if members is None else list(members),
    )
    return [
        Viewer(
            role=ViewerRole.MEMBER_MACHINE,
            member=MemberId(member),
            is_active=is_active,
            circles=frozenset(circles),
            pots=frozenset(pots),
        )
        for member, is_active, circles, pots in found
    ]
