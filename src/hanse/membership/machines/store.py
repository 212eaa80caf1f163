"""PostgreSQL statements on API keys and edges.

`key_holder` statements answer "which key is this, and what may it see" in one round
trip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from hanse.membership.store import (
    CIRCLES,
    EPOCH,
    OF_KEY,
    POTS,
    Reach,
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
