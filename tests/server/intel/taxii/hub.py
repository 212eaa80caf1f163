"""A hub with nothing but TAXII in it, and the people and keys its tests need.

The guard is the real key check without sessions; `Alliance` writes members, circles
and keys straight into the tables, because how they come about is tested elsewhere.
"""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from anyio import to_thread
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hanse.base.errors import Unauthenticated
from hanse.base.ids import CircleId, CollectionId, KeyId, MemberId
from hanse.intel.taxii import arranging, catalogue, rest
from hanse.intel.taxii.catalogue import CollectionKind
from hanse.membership.caller import Caller, the_hub
from hanse.membership.machines import credentials, keys
from hanse.storage.tx import Database, Tx

OPERATOR = the_hub("test")
READ_WRITE = ("taxii:read", "taxii:write")


@dataclass(frozen=True, slots=True)
class Key:
    """A key, with what a client must send."""

    id: KeyId
    member: MemberId | None
    user: str
    password: str

    @property
    def header(self) -> dict[str, str]:
        """`Authorization` as Basic."""
        told = b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {told}"}

    def caller(self, tx: Tx) -> Caller:
        """Whom the key speaks for."""
        found = keys.caller_of_key_id(tx, self.id)
        assert found is not None
        return found


def member(tx: Tx, name: str) -> MemberId:
    """An active member."""
    number = uuid4()
    tx.conn.execute(
        "insert into member (id, name_en, name_zh, sector, customers, status,"
        " applied_at) values (%s, %s, %s, 'shop', 1, 'active', %s)",
        (number, name, name, tx.now),
    )
    return MemberId(number)


def circle(tx: Tx, *members: MemberId) -> CircleId:
    """A circle of these members."""
    number = uuid4()
    tx.conn.execute(
        "insert into circle (id, name_en, name_zh, created_at) values (%s, %s, %s, %s)",
        (number, f"circle {number}", "圈", tx.now),
    )
    for each in members:
        join(tx, CircleId(number), each)
    return CircleId(number)


def join(tx: Tx, circle: CircleId, member: MemberId) -> None:
    """One more member of a circle."""
    tx.conn.execute(
        "insert into circle_member (circle_id, member_id, joined_at)"
        " values (%s, %s, %s)",
        (circle, member, tx.now),
    )


def key(
    tx: Tx,
    member: MemberId | None,
    scopes: Sequence[str] = READ_WRITE,
    role: str = "member",
) -> Key:
    """A key with these scopes."""
    number, user, password = uuid4(), f"user-{uuid4().hex}", secrets.token_urlsafe(12)
    tx.conn.execute(
        "insert into api_key (id, public_id, secret_sha256, name, basic_user,"
        " member_id, role, scopes, created_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            number,
            secrets.token_hex(5),
            credentials.digest(password),
            user,
            user,
            member,
            role,
            list(scopes),
            tx.now,
        ),
    )
    return Key(KeyId(number), member, user, password)


def suspend(tx: Tx, member: MemberId) -> None:
    """The member is out."""
    tx.conn.execute("update member set status = 'suspended' where id = %s", (member,))


def pot(
    tx: Tx, path: str = arranging.ALLIANCE_ROOT, **grants: tuple[Key, bool, bool]
) -> CollectionId:
    """An operator-defined collection, and who may (read, write) there."""
    made = arranging.make_collection(
        tx, OPERATOR, path, kind=CollectionKind.POT, title="A pot"
    )
    for who, can_read, can_write in grants.values():
        arranging.grant(
            tx, OPERATOR, made, key=who.id, can_read=can_read, can_write=can_write
        )
    return made


def named(tx: Tx, alias: str) -> CollectionId:
    """The id of one of the alliance's windows, `all` or `enforceable`."""
    rows = catalogue.read(tx).collections
    return next(row.id for row in rows if row.alias == alias)


def application(database: Database) -> Litestar:
    """TAXII behind a guard that knows keys."""

    def find(authorization: str) -> Caller | None:
        with database.read() as tx:
            return keys.caller_of_key(tx, authorization)

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        authorization = connection.headers.get("authorization", "")
        caller = await to_thread.run_sync(find, authorization)
        if caller is None:
            raise Unauthenticated("this needs a key; send one as Basic or Bearer")
        connection.scope["state"]["caller"] = caller

    with database.read() as tx:
        paths = catalogue.read(tx).paths
    return Litestar(
        rest.handlers(database, "Test alliance", paths, {}),
        guards=[guard],
        openapi_config=None,
    )


def uuid_of(text: str) -> UUID:
    """A collection's or a status's id."""
    return UUID(text)
