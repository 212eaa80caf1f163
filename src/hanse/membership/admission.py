"""A company's way in and out: applied, approved, active, suspended, active again.

Each step is a deed of its own and stands in the log. The operator enters and approves
a member; one of the member's own admins signs the agreement, which makes it active;
the operator suspends and reinstates. A suspended member is out at once: its people's
sessions end here, and its keys and streams are judged by its status each time.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NoReturn

from hanse.audit import log
from hanse.audit.event import JSON, Event
from hanse.base.errors import Conflict, Malformed
from hanse.base.ids import MemberId, new_uuid
from hanse.membership import agreement, store, wording
from hanse.membership.agreement import AgreementConflict
from hanse.membership.caller import Caller, NotYours, RoleMissing
from hanse.membership.login import store as login
from hanse.membership.member import Contact, Member, Status, member_of
from hanse.membership.rights import Role
from hanse.storage.tx import Tx

MAX_CONTACTS = 20
MAX_CUSTOMERS = 10_000_000_000


class NameTaken(Conflict):
    """Another member has this name."""

    code = "membership.name_taken"


class StepRefused(Conflict):
    """From where the member stands there is no such step."""

    code = "membership.step_refused"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member says of itself."""

    name_en: str
    name_zh: str
    sector: str
    customers: int
    contacts: Sequence[Contact] = ()


def apply(tx: Tx, caller: Caller, profile: Profile) -> Member:
    """Enter a company that wants to come in. The operator's."""
    caller.need_operator()
    member = MemberId(new_uuid())
    checked = _checked(profile)
    if not store.insert_member(tx, {**checked, "id": member, "at": tx.now}):
        raise _name_taken()
    _note(tx, caller, "member.applied", member, {"name": checked["name_en"]})
    return _again(tx, caller, member)


def approve(tx: Tx, caller: Caller, member: MemberId) -> Member:
    """The association wants it in; its admin can now sign. The operator's."""
    caller.need_operator()
    found = _locked(tx, caller, member)
    if found.status is not Status.APPLIED:
        _no_such_step(found, "approved", "has applied")
    store.approve_member(tx, member, tx.now)
    _note(tx, caller, "member.approved", member)
    return _again(tx, caller, member)


def sign_agreement(tx: Tx, caller: Caller, member: MemberId, version: str) -> Member:
    """One of the member's own admins signs; an approved member becomes active.

    Raises:
        AgreementConflict: `version` is not the newest; read that one first.
    """
    caller.need_person()
    caller.need_view_of(member)
    if caller.member != member or caller.role != Role.MEMBER_ADMIN:
        raise RoleMissing("only an admin of the member itself can sign its agreement")
    found = _locked(tx, caller, member)
    if found.status not in (Status.APPROVED, Status.ACTIVE):
        _no_such_step(found, "signed for", "is approved")
    if version != agreement.newest(tx).version:
        raise AgreementConflict(
            "another version of the agreement is to be signed by now; read it, then"
            " sign that one",
            pointer="/version",
        )
    store.sign_agreement(tx, version, tx.now, caller.actor.label, member)
    _note(tx, caller, "member.agreement_signed", member, {"version": version})
    if found.status is Status.APPROVED:
        store.activate_member(tx, member, tx.now, "")
        _note(tx, caller, "member.activated", member)
    return _again(tx, caller, member)


def suspend(tx: Tx, caller: Caller, member: MemberId, reason: str) -> Member:
    """Put a member out, at once and everywhere. The operator's; says why."""
    caller.need_operator()
    reason = _reason(reason)
    found = _locked(tx, caller, member)
    if found.status is not Status.ACTIVE:
        _no_such_step(found, "suspended", "is active")
    store.suspend_member(tx, member, tx.now, reason)
    login.end_sessions_of_member(tx, member)
    _note(tx, caller, "member.suspended", member, {"reason": reason})
    return _again(tx, caller, member)


def reinstate(tx: Tx, caller: Caller, member: MemberId, reason: str) -> Member:
    """Let a suspended member in again, with the keys and edges it had."""
    caller.need_operator()
    reason = _reason(reason)
    found = _locked(tx, caller, member)
    if found.status is not Status.SUSPENDED:
        _no_such_step(found, "reinstated", "is suspended")
    store.activate_member(tx, member, tx.now, reason)
    _note(tx, caller, "member.reinstated", member, {"reason": reason})
    return _again(tx, caller, member)


def revise(tx: Tx, caller: Caller, member: MemberId, profile: Profile) -> Member:
    """Change what a member says of itself: its admins, or the operator."""
    caller.need_admin_of(member)
    found = _locked(tx, caller, member)
    values = _checked(profile)
    if values["name_en"] != found.name_en and not caller.is_operator:
        raise RoleMissing("a member's English name is changed by the operator only")
    if store.is_name_taken(tx, str(values["name_en"]), member):
        raise _name_taken()
    store.revise_member(tx, {**values, "id": member})
    _note(tx, caller, "member.revised", member, {"name": values["name_en"]})
    return _again(tx, caller, member)


def _checked(profile: Profile) -> dict[str, JSON]:
    if not 0 <= profile.customers <= MAX_CUSTOMERS:
        raise Malformed(
            "customers must be the number of people served", pointer="/customers"
        )
    if len(profile.contacts) > MAX_CONTACTS:
        raise Malformed(f"at most {MAX_CONTACTS} contacts", pointer="/contacts")
    contacts = [
        Contact(
            name=wording.name(each.name, f"contacts/{at}/name"),
            duty=wording.optional_name(each.duty, f"contacts/{at}/duty"),
            email=wording.email(each.email, f"contacts/{at}/email"),
        )
        for at, each in enumerate(profile.contacts)
    ]
    return {
        "name_en": wording.name(profile.name_en, "name_en"),
        "name_zh": wording.name(profile.name_zh, "name_zh"),
        "sector": wording.name(profile.sector, "sector", max_chars=60),
        "customers": profile.customers,
        "contacts": [asdict(each) for each in contacts],
    }


def _locked(tx: Tx, caller: Caller, member: MemberId) -> Member:
    row = store.member_locked(tx, member)
    if row is None:
        raise NotYours
    return member_of(row, caller)


def _again(tx: Tx, caller: Caller, member: MemberId) -> Member:
    row = store.member(tx, member)
    assert row is not None
    return member_of(row, caller)


def _reason(text: str) -> str:
    reason = wording.note(text, "reason")
    if not reason:
        raise Malformed("say why; the reason stands in the log", pointer="/reason")
    return reason


def _no_such_step(found: Member, done: str, condition: str) -> NoReturn:
    raise StepRefused(
        f"the member is {found.status.value}; it can be {done} once it {condition}"
    )


def _name_taken() -> NameTaken:
    return NameTaken("another member has this English name", pointer="/name_en")


def _note(
    tx: Tx,
    caller: Caller,
    act: str,
    member: MemberId,
    details: dict[str, JSON] | None = None,
) -> None:
    log.append(tx, Event(act, caller.actor, f"member:{member}", details or {}))
