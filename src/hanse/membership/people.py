"""People: who may log in, in which role, for whom.

A person belongs to a member company (analyst, admin), or is the association's
operator, or an overseer. Nobody is ever deleted, because what they did stands in the
log; a person who left is disabled, and out at once.
"""

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Conflict, Malformed
from hanse.base.ids import MemberId, PersonId
from hanse.membership import paging, store
from hanse.membership.caller import Caller, NotYours
from hanse.membership.login import store as login
from hanse.membership.paging import Page
from hanse.membership.person import Person, person_of
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Tx

LANGUAGES = ("en", "zh_Hans")
THEMES = ("auto", "light", "dark")


class LastOfItsKind(Conflict):
    """Without this person nobody could do what only this role may."""

    code = "membership.last_of_its_kind"


class PreferenceUnknown(Malformed):
    """A language or a theme there is not."""

    code = "membership.preference_unknown"


def get_person(tx: Tx, caller: Caller, person: PersonId) -> Person:
    """One person; `NotYours` if of another member."""
    row = store.person(tx, person)
    if row is None:
        raise NotYours
    found = person_of(row)
    if found.id != caller.person:
        caller.need(Scope.READ)
        caller.need_view_of(found.member)
    return found


def me(tx: Tx, caller: Caller) -> Person:
    """The logged-in person."""
    return get_person(tx, caller, caller.need_person())


def list_people(
    tx: Tx,
    caller: Caller,
    *,
    member: MemberId | None = None,
    cursor: str = "",
    limit: int = 100,
) -> Page[Person]:
    """A member's people; for operator and overseers everybody's, if none is named."""
    caller.need(Scope.READ)
    if member is not None or not (caller.is_operator or caller.is_overseer):
        member = caller.member if member is None else member
        caller.need_view_of(member)
    found = store.people(tx, member, paging.behind(cursor), limit + 1)
    people = [person_of(row) for row in found]
    return paging.page_of(people, limit, lambda p: (p.created_at, p.id))


def disable(tx: Tx, caller: Caller, person: PersonId) -> None:
    """The person is out at once and cannot log in any more."""
    found = _to_change(tx, caller, person)
    if found.id == caller.person:
        raise LastOfItsKind("you cannot disable yourself; ask another administrator")
    if found.is_disabled:
        return
    store.set_disabled(tx, person, is_disabled=True)
    login.end_sessions_of(tx, person)
    _note(tx, caller, "person.disabled", found)


def enable(tx: Tx, caller: Caller, person: PersonId) -> None:
    """The person may log in again."""
    found = _to_change(tx, caller, person)
    if found.is_disabled:
        store.set_disabled(tx, person, is_disabled=False)
        _note(tx, caller, "person.enabled", found)


def change_role(tx: Tx, caller: Caller, person: PersonId, role: Role) -> None:
    """A member's analyst becomes admin, or the other way round."""
    found = _to_change(tx, caller, person)
    if not (found.role.is_of_a_member and role.is_of_a_member):
        raise Conflict(
            "only a member's analyst and admin can be changed into one another; invite"
            " the person anew for another role"
        )
    if found.id == caller.person:
        raise LastOfItsKind("you cannot change your own role; ask another admin")
    if found.role is role:
        return
    store.set_role(tx, person, role)
    login.end_sessions_of(tx, person)
    _note(tx, caller, "person.role_changed", found, role=role.value)


def prefer(tx: Tx, caller: Caller, *, language: str, theme: str) -> None:
    """How pages look for the person who asks."""
    person = caller.need_person()
    if language not in LANGUAGES or theme not in THEMES:
        raise PreferenceUnknown(
            f"languages are {', '.join(LANGUAGES)}; themes are {', '.join(THEMES)}"
        )
    store.set_preferences(tx, person, language, theme)


def _to_change(tx: Tx, caller: Caller, person: PersonId) -> Person:
    found = get_person(tx, caller, person)
    caller.need_admin_of(found.member)
    return found


def _note(tx: Tx, caller: Caller, act: str, person: Person, **details: str) -> None:
    member = None if person.member is None else str(person.member)
    told = {"name": person.name, "role": person.role.value, "member": member}
    subject = f"person:{person.id}"
    log.append(tx, Event(act, caller.actor, subject, {**told, **details}))
