"""Edges: is everyone up to date? Enrolling one, and putting one out."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post

from hanse.base.errors import Refusal
from hanse.base.ids import EdgeId, MemberId
from hanse.feed import reading
from hanse.feed.reading import Cursor
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.forms import Form, errors_of, id_of
from hanse.membership import invitations
from hanse.membership.caller import Caller
from hanse.membership.invitations import Invitation, Purpose
from hanse.membership.machines import edges
from hanse.membership.machines.edges import Edge
from hanse.membership.member import Status, list_members
from hanse.membership.rights import Role, Scope
from hanse.membership.standing import machine_viewers
from hanse.membership.viewer import NOBODY, Viewer
from hanse.storage.tx import Tx
from hanse.ui.session import FlashTone, is_name_typed_right

AWAY = timedelta(minutes=3)  # an edge that listens is heard of every minute
COUNTED = 100  # items; further behind is said to be more than that


@dataclass(frozen=True, slots=True)
class Standing:
    """An edge, how many items it still has to hear, and what that makes of it."""

    edge: Edge
    behind: int
    state: str  # online, behind, offline, suspended


@get("/edges", include_in_schema=False, sync_to_thread=True)
def list_edges(desk: Desk, caller: Caller) -> Response[bytes]:
    """All edges this person may see, and how to enrol another."""
    return _page(desk, caller, {}, {})


@post("/edges", include_in_schema=False, sync_to_thread=True)
def make_code(
    desk: Desk, caller: Caller, data: Form, public_url: str
) -> Response[bytes]:
    """A code that enrols one edge; shown now and never again."""
    try:
        with desk.database.begin() as tx:
            chosen = data.get("member", "")
            member = (
                MemberId(id_of(chosen, "member")) if chosen else caller.need_member()
            )
            name = data.get("name", "")
            code = edges.make_code(tx, caller, member, name, public_url)
    except Refusal as refusal:
        return _page(desk, caller, errors_of(refusal, "name"), data)
    return desk.page(
        "hub/edge_code.html",
        "edges",
        code=code.text,
        name=code.invitation.name,
        ends=code.invitation.expires_at,
    )


@get("/edges/{edge_id:uuid}", include_in_schema=False, sync_to_thread=True)
def show_edge(desk: Desk, caller: Caller, edge_id: UUID) -> Response[bytes]:
    """One edge."""
    return _one(desk, caller, EdgeId(edge_id), "")


@post("/edges/{edge_id:uuid}/revoke", include_in_schema=False, sync_to_thread=True)
def revoke(desk: Desk, caller: Caller, edge_id: UUID, data: Form) -> Response[bytes]:
    """Put an edge out, once its name was typed."""
    edge = EdgeId(edge_id)
    with desk.database.begin() as tx:
        found = edges.get_edge(tx, caller, edge)
        is_sure = is_name_typed_right(found.name, data.get("typed", ""))
        if is_sure:
            edges.revoke(tx, caller, edge)
    if not is_sure:
        return _one(desk, caller, edge, desk.say("This is not the edge's name."))
    return desk.go("/edges", desk.say("The edge is out; its stream has ended."))


@post(
    "/invitations/{invitation_id:uuid}/take-back",
    include_in_schema=False,
    sync_to_thread=True,
)
def take_back(
    desk: Desk, caller: Caller, invitation_id: UUID, data: Form
) -> Response[bytes]:
    """A link or code is no longer good."""
    with desk.database.begin() as tx:
        invitations.take_back(tx, caller, invitation_id)
    back = {"edges": "/edges", "people": "/people"}.get(data.get("back", ""), "")
    said = desk.say("Taken back; it opens nothing any more.")
    return desk.go(back or "/members", said, tone=FlashTone.DONE)


def standing_of(tx: Tx, found: list[Edge]) -> list[Standing]:
    """How each of these edges stands, in two looks at the database and one each."""
    viewers = machine_viewers(tx, sorted({edge.member for edge in found}))
    return [_standing(tx, edge, viewers.get(edge.member, NOBODY)) for edge in found]


def _standing(tx: Tx, edge: Edge, viewer: Viewer) -> Standing:
    if edge.revoked_at is not None:
        return Standing(edge, 0, "suspended")
    place = Cursor(edge.acked_seq, edge.acked_seq, 0)
    behind = len(reading.read(tx, viewer, place, COUNTED).items)
    seen = max(filter(None, (edge.seen_at, edge.acked_at)), default=None)
    if seen is None or seen + AWAY < tx.now:
        return Standing(edge, behind, "offline")
    return Standing(edge, behind, "behind" if behind else "online")


def _page(
    desk: Desk, caller: Caller, errors: dict[str, str], values: dict[str, str]
) -> Response[bytes]:
    with desk.database.read() as tx:
        page = edges.list_edges(
            tx, caller, cursor=desk.request.query_params.get("cursor", ""), limit=100
        )
        found = standing_of(tx, list(page.items))
        codes = _codes(tx, caller)
        members = members_to_choose(desk, tx, caller)
    live = [each for each in found if each.edge.revoked_at is None]
    return desk.page(
        "hub/edges.html",
        "edges",
        status=422 if errors else 200,
        found=found,
        next=page.next,
        live=len(live),
        fresh=sum(not each.behind for each in live),
        codes=codes,
        members=members,
        may_enrol=may_enrol(caller),
        errors=errors,
        values=values,
        COUNTED=COUNTED,
    )


def may_enrol(caller: Caller) -> bool:
    """Whether this person hands out codes: a member's admin or the operator."""
    is_admin = caller.role == Role.MEMBER_ADMIN and caller.viewer.is_active
    return caller.is_operator or is_admin


def _codes(tx: Tx, caller: Caller) -> list[Invitation]:
    if Scope.ADMIN not in caller.scopes:
        return []
    found = invitations.list_open(tx, caller)
    return [each for each in found if each.purpose is Purpose.EDGE]


def members_to_choose(
    desk: Desk, tx: Tx, caller: Caller, *also: Status
) -> list[tuple[str, str]]:
    """The active members (and others `also`), where the operator acts for one."""
    if not caller.is_operator:
        return []
    return [
        (str(member.id), desk.name(member.name_en, member.name_zh))
        for member in list_members(tx, caller, limit=500).items
        if member.status in (Status.ACTIVE, *also)
    ]


def _one(desk: Desk, caller: Caller, edge_id: EdgeId, error: str) -> Response[bytes]:
    with desk.database.read() as tx:
        edge = edges.get_edge(tx, caller, edge_id)
        (standing,) = standing_of(tx, [edge])
    return desk.page(
        "hub/edge.html",
        "edges",
        status=422 if error else 200,
        standing=standing,
        edge=edge,
        may_revoke=may_enrol(caller) and edge.revoked_at is None,
        error=error,
        COUNTED=COUNTED,
    )


HANDLERS = [list_edges, make_code, show_edge, revoke, take_back]
