"""Invitations: a link to copy, shown once, good once, for 72 hours.

They work without mail: who invites hands the link over. The hub keeps only the digest
of the link's secret. An invitation brings in a person, resets a person's password and
second factor, or (in `machines.edges`) enrols an edge.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hanse.audit import log
from hanse.audit.event import JSON, Event
from hanse.base.errors import Conflict, NotFound
from hanse.base.ids import MemberId, PersonId, new_uuid
from hanse.membership import store, wording
from hanse.membership.caller import Caller, NotYours, RoleMissing
from hanse.membership.login import passwords
from hanse.membership.login import store as login
from hanse.membership.member import Status, need_known, status_of
from hanse.membership.people import LANGUAGES, get_person
from hanse.membership.person import Person, actor_of, person_of
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Tx

LIFETIME = timedelta(hours=72)
SECRET_BYTES = 32


class InvitationOver(NotFound):
    """The link is not, or no longer, good."""

    code = "membership.invitation_over"


class EmailTaken(Conflict):
    """There is an account of this address already."""

    code = "membership.email_taken"


class Purpose(StrEnum):
    """What an invitation brings about."""

    PERSON = "person"
    EDGE = "edge"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation, without its secret. `name` is whom or what it is for."""

    id: UUID
    purpose: Purpose
    role: Role | None
    member: MemberId | None
    organisation: str
    name: str
    person: PersonId | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return (
            self.used_at is None and self.revoked_at is None and now < self.expires_at
        )


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation and its secret, which is shown now and never again."""

    invitation: Invitation
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody enters who follows a link."""

    name: str
    email: str
    password: str = field(repr=False)
    language: str = "en"


def invite_person(
    tx: Tx,
    caller: Caller,
    role: Role,
    *,
    member: MemberId | None = None,
    organisation: str = "",
    name: str = "",
) -> Invited:
    """A link that makes an account in `role`.

    A member's admin invites for its own member; the operator invites anybody.
    """
    _need_no_machine_of_a_member(caller)
    caller.need(Scope.ADMIN)
    if role is Role.MEMBER or role.is_of_a_member != (member is not None):
        raise Conflict("analysts and admins belong to a member, all others to none")
    if member is None:
        caller.need_operator()
    else:
        _need_admin_of_one_coming_in(tx, caller, member)
    if role is Role.OVERSEER:
        organisation = wording.name(organisation, "organisation")
    return _make(
        tx,
        caller,
        Purpose.PERSON,
        LIFETIME,
        role=role,
        member=member,
        organisation=wording.optional_name(organisation, "organisation"),
        name=wording.optional_name(name, "name"),
    )


def invite_to_reset(tx: Tx, caller: Caller, person: PersonId) -> Invited:
    """A link with which `person` sets a new password; the second factor is dropped."""
    _need_no_machine_of_a_member(caller)
    found = get_person(tx, caller, person)
    caller.need_admin_of(found.member)
    return _make(
        tx,
        caller,
        Purpose.RESET,
        LIFETIME,
        role=found.role,
        member=found.member,
        name=found.name,
        person=found.id,
    )


def invite_edge(
    tx: Tx, caller: Caller, member: MemberId, name: str, lifetime: timedelta
) -> Invited:
    """The secret of an edge's enrolment code; `machines.edges` makes the code of it."""
    caller.need_admin_of(member)
    need_known(tx, member)
    name = wording.name(name, "name")
    return _make(tx, caller, Purpose.EDGE, lifetime, member=member, name=name)


def find_open(tx: Tx, secret: str, *purposes: Purpose) -> Invitation:
    """The invitation behind a link.

    Raises:
        InvitationOver: used, expired, taken back, or never made.
    """
    row = store.invitation_by_secret(tx, _digest(secret))
    found = None if row is None else _invitation(row)
    if found is None or not found.is_open(tx.now) or found.purpose not in purposes:
        raise InvitationOver(
            "this link has been used, has expired or was taken back; ask who sent it"
            " for a new one"
        )
    return found


def use(tx: Tx, invitation: Invitation) -> None:
    """Use it up; `InvitationOver` if somebody was faster."""
    if not store.use_invitation(tx, invitation.id, tx.now):
        raise InvitationOver("this link has just been used; ask for a new one")


def join(tx: Tx, secret: str, joining: Joining) -> Person:
    """Make the account a link is for.

    Raises:
        InvitationOver, EmailTaken, PasswordRefused, TextRefused.
    """
    invitation = find_open(tx, secret, Purpose.PERSON)
    assert invitation.role is not None
    email = wording.email(joining.email)
    kept = passwords.hashed(passwords.check(joining.password, email))
    person = PersonId(new_uuid())
    use(tx, invitation)
    values = {
        "id": person,
        "member": invitation.member,
        "organisation": invitation.organisation,
        "email": email,
        "name": wording.name(joining.name, "name"),
        "role": invitation.role.value,
        "password_hash": kept,
        "language": joining.language if joining.language in LANGUAGES else "en",
        "at": tx.now,
    }
    if not store.insert_person(tx, values):
        raise EmailTaken(
            "there is an account with this e-mail address already; log in with it, or"
            " ask the operator to reset its password",
            pointer="/email",
        )
    joined = _person(tx, person)
    details: dict[str, JSON] = {"role": joined.role.value, "name": joined.name}
    _note_by_person(tx, "person.joined", joined, invitation, details)
    return joined


def reset(tx: Tx, secret: str, password: str) -> Person:
    """Set the password a reset link is for; second factor and sessions are gone."""
    invitation = find_open(tx, secret, Purpose.RESET)
    assert invitation.person is not None
    person = _person(tx, invitation.person)
    kept = passwords.hashed(passwords.check(password, person.email))
    use(tx, invitation)
    login.set_password(tx, person.id, kept)
    login.set_totp(tx, person.id, None, 0)
    login.end_sessions_of(tx, person.id)
    _note_by_person(tx, "person.password_reset", person, invitation, {})
    return _person(tx, person.id)


def list_open(
    tx: Tx, caller: Caller, member: MemberId | None = None
) -> list[Invitation]:
    """Invitations that can still be used; for the operator all, if none is named."""
    if member is not None or not (caller.is_operator or caller.is_overseer):
        member = caller.member if member is None else member
        caller.need_view_of(member)
    caller.need(Scope.READ)
    return [_invitation(row) for row in store.open_invitations(tx, member, tx.now)]


def take_back(tx: Tx, caller: Caller, invitation: UUID) -> None:
    """The link is no longer good."""
    row = store.invitation(tx, invitation)
    if row is None:
        raise NotYours
    found = _invitation(row)
    caller.need_admin_of(found.member)
    if store.revoke_invitation(tx, invitation, tx.now):
        _note(tx, caller, "invitation.taken_back", found)


def _need_no_machine_of_a_member(caller: Caller) -> None:
    # A stolen key must not be able to turn itself into a person who outlives it.
    if caller.role == Role.MEMBER:
        raise RoleMissing("a key cannot invite people; an admin does so, logged in")


def _need_admin_of_one_coming_in(tx: Tx, caller: Caller, member: MemberId) -> None:
    caller.need_admin_of(member)
    if status_of(tx, member) is Status.SUSPENDED:
        raise RoleMissing("the member is suspended; reinstate it before inviting")


def _make(
    tx: Tx,
    caller: Caller,
    purpose: Purpose,
    lifetime: timedelta,
    *,
    role: Role | None = None,
    member: MemberId | None = None,
    organisation: str = "",
    name: str = "",
    person: PersonId | None = None,
) -> Invited:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    invitation = Invitation(
        id=new_uuid(),
        purpose=purpose,
        role=role,
        member=member,
        organisation=organisation,
        name=name,
        person=person,
        created_by=caller.actor.label,
        created_at=tx.now,
        expires_at=tx.now + lifetime,
        used_at=None,
        revoked_at=None,
    )
    values = {
        "id": invitation.id,
        "secret_sha256": _digest(secret),
        "purpose": purpose.value,
        "role": None if role is None else role.value,
        "member": member,
        "organisation": organisation,
        "name": name,
        "person": person,
        "by": invitation.created_by,
        "at": tx.now,
        "expires_at": invitation.expires_at,
    }
    store.insert_invitation(tx, values)
    _note(tx, caller, f"invitation.made_for_{purpose.value}", invitation)
    return Invited(invitation, secret)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _invitation(row: store.Row) -> Invitation:
    invitation, purpose, role, *rest = row
    wanted = None if role is None else Role(role)
    return Invitation(invitation, Purpose(purpose), wanted, *rest)


def _person(tx: Tx, person: PersonId) -> Person:
    row = store.person(tx, person)
    assert row is not None
    return person_of(row)


def _note(tx: Tx, caller: Caller, act: str, invitation: Invitation) -> None:
    details: dict[str, JSON] = {
        "for": invitation.name,
        "member": None if invitation.member is None else str(invitation.member),
        "role": None if invitation.role is None else invitation.role.value,
    }
    subject = f"invitation:{invitation.id}"
    log.append(tx, Event(act, caller.actor, subject, details))


def _note_by_person(
    tx: Tx,
    act: str,
    person: Person,
    invitation: Invitation,
    details: dict[str, JSON],
) -> None:
    told = {**details, "invitation": str(invitation.id)}
    log.append(tx, Event(act, actor_of(person), f"person:{person.id}", told))
