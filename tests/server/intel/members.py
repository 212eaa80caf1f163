"""Members and their callers, for tests of what they tell each other."""

from uuid import UUID

from hanse.audit.event import Actor, ActorKind
from hanse.base.ids import CircleId, MemberId, new_uuid
from hanse.membership.caller import Caller
from hanse.membership.rights import Role, Scope
from hanse.membership.viewer import Viewer, ViewerRole
from hanse.storage.tx import Tx


def member(tx: Tx, name: str, *circles: CircleId, role: Role = Role.MEMBER) -> Caller:
    """A new active member, seen through one of its machines or people."""
    made = MemberId(new_uuid())
    tx.conn.execute(
        "insert into member (id, name_en, name_zh, sector, customers, status,"
        " applied_at) values (%s, %s, %s, 'shop', 1, 'active', %s)",
        (made, name, name, tx.now),
    )
    for circle in circles:
        tx.conn.execute(
            "insert into circle_member values (%s, %s, %s)", (circle, made, tx.now)
        )
    is_person = role.is_of_a_member
    return Caller(
        viewer=Viewer(
            ViewerRole.MEMBER_PERSON if is_person else ViewerRole.MEMBER_MACHINE,
            made,
            True,
            frozenset(circles),
        ),
        actor=Actor(ActorKind.KEY, UUID(int=7), made, f"{name} key"),
        role=role,
        member=made,
        member_name=name,
        scopes=frozenset(Scope),
    )


def circle(tx: Tx, name: str) -> CircleId:
    made = CircleId(new_uuid())
    tx.conn.execute(
        "insert into circle (id, name_en, name_zh, created_at) values (%s, %s, %s, %s)",
        (made, name, name, tx.now),
    )
    return made


def operator() -> Caller:
    return Caller(
        viewer=Viewer(ViewerRole.OPERATOR, is_active=True),
        actor=Actor(ActorKind.PERSON, UUID(int=8), None, "operator"),
        role=Role.OPERATOR,
        scopes=frozenset({Scope.READ, Scope.ADMIN}),
    )
