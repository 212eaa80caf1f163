"""API keys and edges over REST; `POST /v1/edges/enrol` is open to who has a code."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import Parameter

from hanse.base.ids import EdgeId, KeyId, MemberId
from hanse.membership.caller import Caller
from hanse.membership.machines import edges, issuing
from hanse.membership.machines.edges import Edge, Enrolled
from hanse.membership.machines.issuing import ApiKey, Issued, Order
from hanse.membership.paging import MAX_LIMIT, Page
from hanse.membership.rights import Role, Scope
from hanse.storage.once import Door
from hanse.storage.tx import Tx

Cursor = Annotated[str, Parameter(max_length=100, description="as given by `next`")]
Limit = Annotated[int, Parameter(ge=1, le=MAX_LIMIT)]
OPEN = {"hanse.open": True}  # see hub.access


class KeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which key is wanted; without `member` one's own."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=len(Scope))]
    member: UUID | None = None
    role: Literal["member", "operator", "overseer"] = "member"
    expires_at: datetime | None = None


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the old key goes on."""

    grace_hours: Annotated[int, msgspec.Meta(ge=0, le=2160)] = 24


@dataclass(frozen=True, slots=True)
class KeyMade:
    """A key and its text, shown now and never again."""

    key: ApiKey
    text: str


class CodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the edge is called, and whose it is if not one's own."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    member: UUID | None = None


@dataclass(frozen=True, slots=True)
class CodeMade:
    """A code for `hanse edge join`, shown now, good once and for 24 hours."""

    code: str
    expires_at: datetime


class EnrolBody(msgspec.Struct, frozen=True):
    """The code's secret, what the edge calls itself, which version it runs."""

    code: Annotated[str, msgspec.Meta(max_length=200)]
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    version: Annotated[str, msgspec.Meta(max_length=40)] = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A member or the alliance, by name."""

    id: str
    name: str
    name_en: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """What a new edge keeps. `hub_vkey` must have the fingerprint its code names."""

    edge_id: UUID
    key: str
    member: Party
    alliance: Party
    hub_vkey: str
    origin: str


@get("/v1/keys", sync_to_thread=True, tags=["keys"])
def list_keys(
    door: Door,
    caller: Caller,
    member_id: UUID | None = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[ApiKey]:
    """A member's keys; all of them for operator and overseers."""
    of = None if member_id is None else MemberId(member_id)
    with door.read() as tx:
        return issuing.list_keys(tx, caller, member=of, cursor=cursor, limit=limit)


@post("/v1/keys", sync_to_thread=True, tags=["keys"])
def make_key(door: Door, caller: Caller, data: KeyBody) -> KeyMade:
    """A new key; its text is in the answer and nowhere else."""
    of = caller.member if data.member is None else MemberId(data.member)
    order = Order(
        data.name, frozenset(data.scopes), of, Role(data.role), data.expires_at
    )
    return door.once(KeyMade, lambda tx: _made(issuing.issue(tx, caller, order)))


@get("/v1/keys/{key_id:uuid}", sync_to_thread=True, tags=["keys"])
def get_key(door: Door, caller: Caller, key_id: UUID) -> ApiKey:
    """One key, without its secret."""
    with door.read() as tx:
        return issuing.get_key(tx, caller, KeyId(key_id))


@post("/v1/keys/{key_id:uuid}/rotate", sync_to_thread=True, tags=["keys"])
def rotate_key(door: Door, caller: Caller, key_id: UUID, data: Rotation) -> KeyMade:
    """A new key with the same rights; the old one ends after the grace period."""
    grace = timedelta(hours=data.grace_hours)
    return door.once(
        KeyMade,
        lambda tx: _made(issuing.rotate(tx, caller, KeyId(key_id), grace=grace)),
    )


@delete("/v1/keys/{key_id:uuid}", sync_to_thread=True, tags=["keys"])
def revoke_key(door: Door, caller: Caller, key_id: UUID) -> None:
    """The key is out at once, on open streams too."""
    with door.database.begin() as tx:
        issuing.revoke(tx, caller, KeyId(key_id))


@get("/v1/edges", sync_to_thread=True, tags=["edges"])
def list_edges(
    door: Door,
    caller: Caller,
    member_id: UUID | None = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Edge]:
    """A member's edges and where they stand; all for operator and overseers."""
    of = None if member_id is None else MemberId(member_id)
    with door.read() as tx:
        return edges.list_edges(tx, caller, member=of, cursor=cursor, limit=limit)


@post("/v1/edges/codes", sync_to_thread=True, tags=["edges"])
def make_code(door: Door, caller: Caller, data: CodeBody, public_url: str) -> CodeMade:
    """A code that enrols one edge."""
    of = caller.need_member() if data.member is None else MemberId(data.member)

    def deed(tx: Tx) -> CodeMade:
        code = edges.make_code(tx, caller, of, data.name, public_url)
        return CodeMade(code.text, code.invitation.expires_at)

    return door.once(CodeMade, deed)


@post("/v1/edges/enrol", sync_to_thread=True, opt=OPEN, security=[{}], tags=["edges"])
def enrol(door: Door, data: EnrolBody, source: str) -> EnrolAnswer:
    """Turn a code's secret into an edge with a key of its own."""
    with door.database.begin() as tx:
        edges.charge_attempt(tx, source)
    return door.once(
        EnrolAnswer,
        lambda tx: _told(
            edges.enrol(
                tx, data.code, name=data.name, version=data.version, source=source
            )
        ),
    )


@get("/v1/edges/{edge_id:uuid}", sync_to_thread=True, tags=["edges"])
def get_edge(door: Door, caller: Caller, edge_id: UUID) -> Edge:
    """One edge."""
    with door.read() as tx:
        return edges.get_edge(tx, caller, EdgeId(edge_id))


@delete("/v1/edges/{edge_id:uuid}", sync_to_thread=True, tags=["edges"])
def revoke_edge(door: Door, caller: Caller, edge_id: UUID) -> None:
    """The edge and its keys are out at once."""
    with door.database.begin() as tx:
        edges.revoke(tx, caller, EdgeId(edge_id))


def _made(issued: Issued) -> KeyMade:
    return KeyMade(issued.key, issued.text)


def _told(enrolled: Enrolled) -> EnrolAnswer:
    member, hub = enrolled.member, enrolled.alliance
    return EnrolAnswer(
        edge_id=enrolled.edge.id,
        key=enrolled.issued.text,
        member=Party(str(member.id), member.name_en, member.name_en, member.name_zh),
        alliance=Party(hub.origin, hub.name_en, hub.name_en, hub.name_zh),
        hub_vkey=enrolled.hub_vkey,
        origin=hub.origin,
    )


HANDLERS = [
    list_keys,
    make_key,
    get_key,
    rotate_key,
    revoke_key,
    list_edges,
    make_code,
    enrol,
    get_edge,
    revoke_edge,
]
