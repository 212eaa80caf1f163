"""Collections the operator defines, over REST: who may put things in and take them out.

TAXII shows members those they may use; here the operator makes and closes them and says
who that is, and overseers look. What a change means for the feed is `admitting`'s.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put

from hanse.base.errors import Forbidden
from hanse.base.ids import CollectionId, MemberId
from hanse.hub import admitting
from hanse.intel.taxii import arranging, catalogue
from hanse.intel.taxii.catalogue import CollectionKind, CollectionUnknown
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.once import Door
from hanse.storage.tx import Tx


class CollectionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new collection; `alias` is a name for addresses."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    description: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    alias: Annotated[str, msgspec.Meta(max_length=100)] = ""


class May(StrEnum):
    """What a member may do with a collection."""

    NOTHING = "nothing"
    READ = "read"
    WRITE = "write"
    BOTH = "read-write"


class GrantBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member may do from now on."""

    may: May


class Grant(msgspec.Struct, frozen=True):
    """What a member may do."""

    member: MemberId
    can_read: bool
    can_write: bool


class Collection(msgspec.Struct, frozen=True):
    """A collection in use and the members it is for. Its objects are TAXII's."""

    id: CollectionId
    title: str
    description: str
    alias: str
    grants: list[Grant]


@get("/v1/collections", sync_to_thread=True, tags=["collections"])
def list_collections(door: Door, caller: Caller) -> list[Collection]:
    """Those the operator has defined (operator, overseers)."""
    caller.need(Scope.READ)
    if not (caller.is_operator or caller.is_overseer):
        raise Forbidden("TAXII's collections/ lists those you may use")
    with door.read() as tx:
        return _in_use(tx)


@post("/v1/collections", sync_to_thread=True, tags=["collections"])
def make_collection(door: Door, caller: Caller, data: CollectionBody) -> Collection:
    """A new collection in the alliance's API root, nobody's yet (operator)."""

    def deed(tx: Tx) -> Collection:
        made = arranging.make_collection(
            tx,
            caller,
            arranging.ALLIANCE_ROOT,
            kind=CollectionKind.POT,
            title=data.title,
            description=data.description,
            alias=data.alias or None,
        )
        return _one(tx, made)

    return door.once(Collection, deed)


@put(
    "/v1/collections/{collection_id:uuid}/members/{member_id:uuid}",
    sync_to_thread=True,
    tags=["collections"],
)
def grant_collection(
    door: Door, caller: Caller, collection_id: UUID, member_id: UUID, data: GrantBody
) -> Collection:
    """What a member may do with it (operator); its edges hold what follows at once."""
    collection = CollectionId(collection_id)
    with door.database.begin() as tx:
        admitting.grant_collection(
            tx,
            caller,
            collection,
            MemberId(member_id),
            can_read=data.may in (May.READ, May.BOTH),
            can_write=data.may in (May.WRITE, May.BOTH),
        )
        return _one(tx, collection)


@post(
    "/v1/collections/{collection_id:uuid}/close",
    sync_to_thread=True,
    status_code=204,
    tags=["collections"],
)
def close_collection(door: Door, caller: Caller, collection_id: UUID) -> None:
    """Nobody reads or writes it any more (operator). For good."""
    with door.database.begin() as tx:
        admitting.close_collection(tx, caller, CollectionId(collection_id))


def _in_use(tx: Tx) -> list[Collection]:
    known = catalogue.read(tx)
    return [
        Collection(
            row.id,
            row.title,
            row.description,
            row.alias or "",
            [
                Grant(grant.member, grant.can_read, grant.can_write)
                for grant in known.grants.get(row.id, ())
                if grant.member is not None
            ],
        )
        for row in known.collections
        if row.kind == CollectionKind.POT
    ]


def _one(tx: Tx, collection: CollectionId) -> Collection:
    for each in _in_use(tx):
        if each.id == collection:
            return each
    raise CollectionUnknown("there is no such operator-defined collection in use")


HANDLERS = [list_collections, make_collection, grant_collection, close_collection]
