"""Bringing invented members in the way real ones come: invited, approved, signed."""

from dataclasses import dataclass

from hanse.base.ids import MemberId
from hanse.membership import admission, agreement, invitations, standing
from hanse.membership.admission import Profile
from hanse.membership.caller import Caller
from hanse.membership.invitations import Joining
from hanse.membership.person import Person, actor_of
from hanse.membership.rights import SCOPES_OF_PEOPLE, Role
from hanse.membership.viewer import Viewer, ViewerRole
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Settled:
    """An active member and the admin who signed for it."""

    member: MemberId
    admin: Person


def settle(tx: Tx, hub: Caller, profile: Profile, admin: Joining) -> Settled:
    """A member that applied, was approved, and signed; with its first admin."""
    member = admission.apply(tx, hub, profile).id
    admission.approve(tx, hub, member)
    person = enter(tx, hub, Role.MEMBER_ADMIN, admin, member=member)
    version = agreement.newest(tx).version
    admission.sign_agreement(tx, acting_as(tx, person), member, version)
    return Settled(member, person)


def enter(
    tx: Tx,
    hub: Caller,
    role: Role,
    joining: Joining,
    *,
    member: MemberId | None = None,
    organisation: str = "",
) -> Person:
    """A person who was invited and followed the link."""
    invited = invitations.invite_person(
        tx, hub, role, member=member, organisation=organisation
    )
    return invitations.join(tx, invited.secret, joining)


def acting_as(tx: Tx, person: Person) -> Caller:
    """The person at the console, with what the role allows."""
    viewer = Viewer(_VIEWERS.get(person.role, ViewerRole.MEMBER_PERSON), None, True)
    name = ""
    if person.member is not None:
        viewer = standing.person_viewer(tx, person.member)
        name = standing.name_of(tx, person.member)
    return Caller(
        viewer=viewer,
        actor=actor_of(person),
        role=person.role,
        member=person.member,
        member_name=name,
        person=person.id,
        scopes=frozenset(SCOPES_OF_PEOPLE[person.role]),
    )


_VIEWERS = {
    Role.OPERATOR: ViewerRole.OPERATOR,
    Role.OVERSEER: ViewerRole.OVERSEER,
}
