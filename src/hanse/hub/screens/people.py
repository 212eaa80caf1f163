"""People: who may log in, in which role; invitations as links shown once."""

from uuid import UUID

from litestar import Response, get, post

from hanse.base.errors import Malformed, Refusal
from hanse.base.ids import MemberId, PersonId
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.edges import members_to_choose
from hanse.hub.screens.forms import Form, errors_of, id_of
from hanse.hub.screens.refusals import sentence
from hanse.membership import invitations, people
from hanse.membership.caller import Caller
from hanse.membership.invitations import Invitation, Invited, Purpose
from hanse.membership.member import Status
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Tx
from hanse.ui.session import is_name_typed_right


@get("/people", include_in_schema=False, sync_to_thread=True)
def list_people(desk: Desk, caller: Caller) -> Response[bytes]:
    """One's own people; everybody for operator and overseers."""
    return _page(desk, caller, {}, {})


@post("/people", include_in_schema=False, sync_to_thread=True)
def invite(desk: Desk, caller: Caller, data: Form, public_url: str) -> Response[bytes]:
    """A link that makes an account; shown now and never again."""
    try:
        role = _role(data.get("role", ""))
        with desk.database.begin() as tx:
            invited = invitations.invite_person(
                tx,
                caller,
                role,
                member=_member(caller, role, data.get("member", "")),
                organisation=data.get("organisation", ""),
                name=data.get("name", ""),
            )
    except Refusal as refusal:
        return _page(desk, caller, errors_of(refusal, "role"), data)
    return _once(desk, invited, public_url)


@get("/people/{person_id:uuid}", include_in_schema=False, sync_to_thread=True)
def show_person(desk: Desk, caller: Caller, person_id: UUID) -> Response[bytes]:
    """One person."""
    return _one(desk, caller, PersonId(person_id), "")


@post("/people/{person_id:uuid}/reset", include_in_schema=False, sync_to_thread=True)
def reset(
    desk: Desk, caller: Caller, person_id: UUID, public_url: str
) -> Response[bytes]:
    """A link with which the person sets a new password."""
    with desk.database.begin() as tx:
        invited = invitations.invite_to_reset(tx, caller, PersonId(person_id))
    return _once(desk, invited, public_url)


@post("/people/{person_id:uuid}/disable", include_in_schema=False, sync_to_thread=True)
def disable(desk: Desk, caller: Caller, person_id: UUID, data: Form) -> Response[bytes]:
    """The person is out at once, once the name was typed."""
    person = PersonId(person_id)
    try:
        with desk.database.begin() as tx:
            found = people.get_person(tx, caller, person)
            is_sure = is_name_typed_right(found.name, data.get("typed", ""))
            if is_sure:
                people.disable(tx, caller, person)
    except people.LastOfItsKind as refusal:
        return _one(desk, caller, person, sentence(refusal))
    if not is_sure:
        return _one(desk, caller, person, desk.say("This is not the person's name."))
    return desk.go(f"/people/{person}", desk.say("The person is out."))


@post("/people/{person_id:uuid}/enable", include_in_schema=False, sync_to_thread=True)
def enable(desk: Desk, caller: Caller, person_id: UUID) -> Response[bytes]:
    """The person may log in again."""
    with desk.database.begin() as tx:
        people.enable(tx, caller, PersonId(person_id))
    return desk.go(f"/people/{person_id}", desk.say("The person may log in again."))


@post("/people/{person_id:uuid}/role", include_in_schema=False, sync_to_thread=True)
def change_role(
    desk: Desk, caller: Caller, person_id: UUID, data: Form
) -> Response[bytes]:
    """A member's analyst becomes admin, or the other way round."""
    with desk.database.begin() as tx:
        role = _role(data.get("role", ""))
        people.change_role(tx, caller, PersonId(person_id), role)
    return desk.go(f"/people/{person_id}", desk.say("The role was changed."))


def role_words(desk: Desk) -> dict[str, str]:
    """What roles are called."""
    _ = desk.say
    return {
        Role.MEMBER_ANALYST.value: _("analyst"),
        Role.MEMBER_ADMIN.value: _("admin"),
        Role.OPERATOR.value: _("operator"),
        Role.OVERSEER.value: _("overseer"),
    }


def _role(text: str) -> Role:
    if text not in {role.value for role in Role}:
        raise Malformed("choose one of the roles offered", pointer="/role")
    return Role(text)


def _member(caller: Caller, role: Role, chosen: str) -> MemberId | None:
    if not role.is_of_a_member:
        return None
    return MemberId(id_of(chosen, "member")) if chosen else caller.member


def _open(tx: Tx, caller: Caller) -> list[Invitation]:
    if Scope.ADMIN not in caller.scopes:
        return []
    found = invitations.list_open(tx, caller)
    return [each for each in found if each.purpose is not Purpose.EDGE]


def _page(
    desk: Desk, caller: Caller, errors: dict[str, str], values: dict[str, str]
) -> Response[bytes]:
    cursor = desk.request.query_params.get("cursor", "")
    with desk.database.read() as tx:
        page = people.list_people(tx, caller, cursor=cursor, limit=100)
        open_ = _open(tx, caller)
        # A member's first admin is invited before it can be active.
        coming = (Status.APPLIED, Status.APPROVED)
        members = members_to_choose(desk, tx, caller, *coming)
    words = role_words(desk)
    offered = [
        (role.value, words[role.value])
        for role in (
            Role.MEMBER_ANALYST,
            Role.MEMBER_ADMIN,
            Role.OPERATOR,
            Role.OVERSEER,
        )
        if role.is_of_a_member or caller.is_operator
    ]
    return desk.page(
        "hub/people.html",
        "members",
        status=422 if errors else 200,
        people=page.items,
        next=page.next,
        words=words,
        invitations=open_,
        members=members,
        roles=offered,
        may_invite=may_invite(caller),
        errors=errors,
        values=values,
    )


def may_invite(caller: Caller) -> bool:
    """Whether this person hands out links."""
    is_admin = caller.role == Role.MEMBER_ADMIN and caller.viewer.is_active
    return caller.is_operator or is_admin


def _one(
    desk: Desk, caller: Caller, person_id: PersonId, error: str
) -> Response[bytes]:
    with desk.database.read() as tx:
        person = people.get_person(tx, caller, person_id)
    return desk.page(
        "hub/person.html",
        "members",
        status=422 if error else 200,
        person=person,
        words=role_words(desk),
        may_change=may_invite(caller) and person.id != caller.person,
        error=error,
    )


def _once(desk: Desk, invited: Invited, public_url: str) -> Response[bytes]:
    return desk.page(
        "hub/invited.html",
        "members",
        invitation=invited.invitation,
        link=f"{public_url}/join/{invited.secret}",
        words=role_words(desk),
    )


HANDLERS = [list_people, invite, show_person, reset, disable, enable, change_role]
