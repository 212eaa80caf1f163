"""What a caller may do, in the words deeds use."""

from dataclasses import replace
from uuid import uuid4

import pytest

from hanse.audit.event import Actor, ActorKind
from hanse.base.ids import MemberId, PersonId
from hanse.membership.caller import Caller, NotYours, RoleMissing, ScopeMissing, the_hub
from hanse.membership.rights import (
    SCOPES_OF_EDGES,
    SCOPES_OF_KEYS,
    SCOPES_OF_PEOPLE,
    Role,
    Scope,
)
from hanse.membership.viewer import Viewer, ViewerRole

MINE, OTHERS = MemberId(uuid4()), MemberId(uuid4())


def person(
    role: Role, member: MemberId | None = None, *, is_active: bool = True
) -> Caller:
    viewer = ViewerRole.MEMBER_PERSON if member else ViewerRole(role.value)
    return Caller(
        viewer=Viewer(viewer, member, is_active),
        actor=Actor(ActorKind.PERSON, uuid4(), member, "Lin"),
        role=role,
        member=member,
        person=PersonId(uuid4()),
        scopes=SCOPES_OF_PEOPLE[role],
    )


def test_an_admin_changes_its_own_members_things():
    person(Role.MEMBER_ADMIN, MINE).need_admin_of(MINE)


def test_another_members_things_look_like_no_things():
    with pytest.raises(NotYours) as refused:
        person(Role.MEMBER_ADMIN, MINE).need_admin_of(OTHERS)

    assert refused.value.status == 404


def test_the_associations_own_things_are_the_operators_alone():
    person(Role.OPERATOR).need_admin_of(None)
    with pytest.raises(NotYours):
        person(Role.MEMBER_ADMIN, MINE).need_admin_of(None)


def test_an_analyst_changes_nothing():
    with pytest.raises(ScopeMissing):
        person(Role.MEMBER_ANALYST, MINE).need_admin_of(MINE)


def test_an_admin_of_a_member_not_yet_active_changes_nothing():
    with pytest.raises(RoleMissing):
        person(Role.MEMBER_ADMIN, MINE, is_active=False).need_admin_of(MINE)


def test_an_overseer_looks_everywhere_and_changes_nothing():
    overseer = person(Role.OVERSEER)

    overseer.need_view_of(MINE)
    overseer.need_view_of(None)
    for refused in (lambda: overseer.need_admin_of(MINE), overseer.need_operator):
        with pytest.raises((RoleMissing, ScopeMissing)):
            refused()


def test_a_missing_scope_is_named():
    with pytest.raises(ScopeMissing, match="taxii:write"):
        person(Role.MEMBER_ADMIN, MINE).need(Scope.READ, Scope.TAXII_WRITE)


def test_who_may_administer_may_also_look():
    admin = replace(person(Role.MEMBER_ADMIN, MINE), scopes=frozenset({Scope.ADMIN}))

    admin.need(Scope.READ)
    with pytest.raises(ScopeMissing):
        admin.need(Scope.REPORT)


def test_only_admins_and_the_operator_hold_the_scope_admin():
    holders = {role for role, held in SCOPES_OF_PEOPLE.items() if Scope.ADMIN in held}

    assert holders == {Role.MEMBER_ADMIN, Role.OPERATOR}
    assert Scope.ADMIN not in SCOPES_OF_EDGES
    assert SCOPES_OF_KEYS[Role.OVERSEER] == {Scope.READ, Scope.TAXII_READ}


def test_the_hub_itself_is_nobody_of_a_members():
    with pytest.raises(RoleMissing):
        the_hub("set-up").need_person()
