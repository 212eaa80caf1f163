"""API keys: how a machine is known to the hub.

A key belongs to a member (or to the association), has scopes, and is shown once.
A request is judged in one round trip against what the database says at that
moment, so that a revoked key, a closed edge or a suspended member is out with the
very next request; nothing of it is cached.
"""

from datetime import datetime

from hanse.audit.event import Actor, ActorKind
from hanse.base.ids import CircleId, CollectionId, EdgeId, KeyId, MemberId
from hanse.membership.caller import Caller
from hanse.membership.machines import credentials, store
from hanse.membership.machines.credentials import Presented
from hanse.membership.rights import Role
from hanse.membership.store import Reach
from hanse.membership.viewer import Viewer, ViewerRole
from hanse.storage.tx import Tx

# A machine of a member's stays one whatever its scopes are: nothing RED goes to it.
_VIEWERS = {
    Role.MEMBER: ViewerRole.MEMBER_MACHINE,
    Role.OPERATOR: ViewerRole.ALLIANCE_MACHINE,
    Role.OVERSEER: ViewerRole.ALLIANCE_MACHINE,
}


def caller_of_key(tx: Tx, authorization: str) -> Caller | None:
    """Whom an `Authorization` header speaks for; None if nobody at this moment."""
    presented = credentials.read_authorization(authorization)
    if presented is None:
        return None
    wanted = presented.public_id, presented.user, credentials.digest(presented.secret)
    for holder, reach in store.key_holders(tx, *wanted):
        if _opens(presented, holder):
            return _caller(tx, holder, reach)
    return None


def caller_of_key_id(tx: Tx, key: KeyId) -> Caller | None:
    """The same, later, for a stream opened with this key; None if it must end."""
    found = store.key_holder(tx, key)
    return _caller(tx, *found) if found else None


def _opens(presented: Presented, holder: store.KeyHolder) -> bool:
    is_right = credentials.is_right(presented, holder.secret_sha256)
    names = {"", holder.public_id, holder.basic_user, holder.name}
    return is_right and presented.user in names


def _caller(tx: Tx, holder: store.KeyHolder, reach: Reach) -> Caller | None:
    if not _is_open(holder, reach, tx.now):
        return None
    member = None if reach.member_id is None else MemberId(reach.member_id)
    edge = None if holder.edge_id is None else EdgeId(holder.edge_id)
    return Caller(
        viewer=Viewer(
            role=_VIEWERS[Role(holder.role)],
            member=member,
            is_active=True,
            circles=frozenset(CircleId(circle) for circle in reach.circles),
            pots=frozenset(CollectionId(pot) for pot in reach.pots),
        ),
        actor=Actor(
            kind=ActorKind.KEY if edge is None else ActorKind.EDGE,
            id=holder.id if edge is None else edge,
            member_id=member,
            label=f"{holder.name} ({holder.public_id})",
        ),
        role=Role(holder.role),
        member=member,
        member_name=reach.name_en or "",
        key=KeyId(holder.id),
        edge=edge,
        scopes=frozenset(holder.scopes),
        epoch=reach.epoch,
        ends_at=holder.expires_at,
    )


def _is_open(holder: store.KeyHolder, reach: Reach, now: datetime) -> bool:
    if holder.revoked_at is not None or holder.edge_revoked_at is not None:
        return False
    if holder.expires_at is not None and holder.expires_at <= now:
        return False
    return reach.member_id is None or reach.status == "active"
