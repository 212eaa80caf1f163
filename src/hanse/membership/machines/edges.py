"""Edges: a member's own processes, enrolled with a one-time code.

The code names the hub's address, the fingerprint of its signing key and a secret good
once within 24 hours. It is handed over inside the member's company, so whoever enrols
an edge with it pins the right key from the first word on.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from hanse.audit import log
from hanse.audit.checkpoint import Signer
from hanse.audit.event import Actor, ActorKind, Event
from hanse.base.ids import EdgeId, MemberId, new_uuid
from hanse.membership import alliance, invitations, paging, wording
from hanse.membership.alliance import Alliance
from hanse.membership.caller import Caller, NotYours, the_hub
from hanse.membership.invitations import Invitation, InvitationOver, Purpose
from hanse.membership.login import throttle
from hanse.membership.machines import issuing, store
from hanse.membership.machines.issuing import Issued
from hanse.membership.member import Member, Status, get_member
from hanse.membership.paging import Page
from hanse.membership.rights import SCOPES_OF_EDGES, Scope
from hanse.membership.store import Row
from hanse.storage.tx import Tx

CODE_LIFETIME = timedelta(hours=24)
CODE_PREFIX = "hanse1."


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge, and how far it says it stands in the feed (`acked_seq`, -1: nowhere)."""

    id: EdgeId
    member: MemberId
    member_name_en: str
    member_name_zh: str
    name: str
    version: str
    enrolled_at: datetime
    seen_at: datetime | None
    acked_seq: int
    acked_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Code:
    """A code for `hanse edge join`, shown now and never again."""

    invitation: Invitation
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a new edge is told: who it is, its key, and which hub to believe."""

    edge: Edge
    issued: Issued
    member: Member
    alliance: Alliance
    hub_vkey: str


def make_code(
    tx: Tx, caller: Caller, member: MemberId, name: str, public_url: str
) -> Code:
    """A code that enrols one edge for `member`: by its admin or the operator."""
    invited = invitations.invite_edge(tx, caller, member, name, CODE_LIFETIME)
    body = {
        "url": public_url,
        "fingerprint": tx.tool(Signer).verifier.fingerprint.hex(),
        "secret": invited.secret,
    }
    encoded = base64.urlsafe_b64encode(msgspec.json.encode(body)).rstrip(b"=").decode()
    return Code(invited.invitation, CODE_PREFIX + encoded)


def charge_attempt(tx: Tx, source: str) -> None:
    """Count an attempt to enrol; commit before judging it. `Throttled`."""
    throttle.charge(tx, throttle.subject("enrol", source), throttle.PER_SOURCE)


def enrol(
    tx: Tx, secret: str, *, name: str, version: str, source: str = ""
) -> Enrolled:
    """Turn a code's secret into an edge with a key of its own.

    Raises:
        InvitationOver: used, expired, taken back, or the member is not active.
    """
    invitation = invitations.find_open(tx, secret, Purpose.EDGE)
    assert invitation.member is not None
    hub = the_hub("enrolment")
    member = get_member(tx, hub, invitation.member)
    if member.status is not Status.ACTIVE:
        raise InvitationOver("the membership is not active; ask the operator")
    invitations.use(tx, invitation)
    throttle.refund(tx, throttle.subject("enrol", source))
    edge = EdgeId(new_uuid())
    name = wording.name(name or invitation.name, "name")
    version = wording.optional_name(version, "version", max_chars=40)
    store.insert_edge(tx, edge, member.id, name, version, tx.now)
    actor = Actor(ActorKind.EDGE, edge, member.id, name)
    details = {"name": name, "invitation": str(invitation.id)}
    log.append(tx, Event("edge.enrolled", actor, f"edge:{edge}", details))
    issued = issuing.issue_for_edge(tx, hub, member.id, edge, SCOPES_OF_EDGES)
    return Enrolled(
        edge=_get(tx, edge),
        issued=issued,
        member=member,
        alliance=alliance.get_alliance(tx),
        hub_vkey=tx.tool(Signer).public,
    )


def get_edge(tx: Tx, caller: Caller, edge: EdgeId) -> Edge:
    """One edge; `NotYours` if it is another member's."""
    found = _get(tx, edge)
    if found.id != caller.edge:
        caller.need_view_of(found.member)
        caller.need(Scope.READ)
    return found


def list_edges(
    tx: Tx,
    caller: Caller,
    *,
    member: MemberId | None = None,
    cursor: str = "",
    limit: int = 100,
) -> Page[Edge]:
    """A member's edges; for operator and overseers all, if none is named."""
    caller.need(Scope.READ)
    if member is not None or not (caller.is_operator or caller.is_overseer):
        member = caller.member if member is None else member
        caller.need_view_of(member)
    found = store.edges(tx, member, paging.behind(cursor), limit + 1)
    edges = [Edge(*row) for row in found]
    return paging.page_of(edges, limit, lambda e: (e.enrolled_at, e.id))


def count_edges(tx: Tx, caller: Caller) -> int:
    """How many edges in use `list_edges` would tell of."""
    caller.need(Scope.READ)
    if caller.is_operator or caller.is_overseer:
        return store.count_edges(tx, None)
    return 0 if caller.member is None else store.count_edges(tx, caller.member)


def revoke(tx: Tx, caller: Caller, edge: EdgeId) -> None:
    """The edge and its keys are out at once; its stream ends with `bye`."""
    found = _get(tx, edge)
    caller.need_admin_of(found.member)
    if store.revoke_edge(tx, edge, tx.now):
        details = {"name": found.name, "member": str(found.member)}
        log.append(tx, Event("edge.revoked", caller.actor, f"edge:{edge}", details))


def note_version(tx: Tx, edge: EdgeId, version: str) -> None:
    """Which version the edge runs, as it says."""
    text = wording.optional_name(version, "version", max_chars=40)
    store.set_edge_version(tx, edge, text)


def _get(tx: Tx, edge: EdgeId) -> Edge:
    row: Row | None = store.edge(tx, edge)
    if row is None:
        raise NotYours
    return Edge(*row)
