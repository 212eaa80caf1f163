"""A member company, and what others may know of it.

Everybody in the alliance sees who is active in it. How large a member is, whom to call
there, what it signed and how it stands are for itself, the operator and the overseers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from hanse.base.ids import MemberId
from hanse.membership import paging, store
from hanse.membership.caller import Caller, NotYours
from hanse.membership.paging import Page
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx


class Status(StrEnum):
    """How a member stands; in the order it comes in."""

    APPLIED = "applied"
    APPROVED = "approved"  # by the operator; the agreement is still to be signed
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call, and for what ("incidents", "legal")."""

    name: str
    duty: str
    email: str


@dataclass(frozen=True, slots=True)
class Details:
    """What is only for the member itself, the operator and the overseers."""

    customers: int
    contacts: tuple[Contact, ...]
    status_reason: str
    applied_at: datetime
    approved_at: datetime | None
    suspended_at: datetime | None
    agreement_version: str | None
    agreement_signed_at: datetime | None
    agreement_signed_by: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One member, as far as the caller may know it."""

    id: MemberId
    name_en: str
    name_zh: str
    sector: str
    status: Status
    active_at: datetime | None
    details: Details | None


def get_member(tx: Tx, caller: Caller, member: MemberId) -> Member:
    """One member; `NotYours` if it is neither active nor one's own."""
    caller.need(Scope.READ)
    row = store.member(tx, member)
    if row is None:
        raise NotYours
    found = member_of(row, caller)
    if found.details is None and not _is_among_peers(caller, found):
        raise NotYours
    return found


def need_known(tx: Tx, member: MemberId | None) -> None:
    """Raise `NotYours` if there is no such member; None is the association."""
    if member is not None and store.member(tx, member) is None:
        raise NotYours


def status_of(tx: Tx, member: MemberId) -> Status:
    """How a member stands; `NotYours` if there is no such member."""
    row = store.member(tx, member)
    if row is None:
        raise NotYours
    return Status(row[4])


def list_members(
    tx: Tx, caller: Caller, *, cursor: str = "", limit: int = 100
) -> Page[Member]:
    """Active members and one's own; for operator and overseers all."""
    caller.need(Scope.READ)
    sees_all = caller.is_operator or caller.is_overseer
    if not sees_all and not caller.viewer.is_active:
        own = [] if caller.member is None else [get_member(tx, caller, caller.member)]
        return Page(own)
    place = paging.behind(cursor)
    found = store.members(tx, caller.member, place, limit + 1, sees_all=sees_all)
    places = {row[0]: (row[9], row[0]) for row in found}
    members = [member_of(row, caller) for row in found]
    return paging.page_of(members, limit, lambda m: places[m.id])


def count_members(tx: Tx, caller: Caller) -> int:
    """How many `list_members` would tell of; an alliance has thousands at most."""
    caller.need(Scope.READ)
    sees_all = caller.is_operator or caller.is_overseer
    if not sees_all and not caller.viewer.is_active:
        return 0 if caller.member is None else 1
    first, most = paging.behind(""), 10_000
    return len(store.members(tx, caller.member, first, most, sees_all=sees_all))


def member_of(row: store.Row, caller: Caller) -> Member:
    """A member from its row, without what the caller may not know."""
    member, name_en, name_zh, sector, status, active_at, *private = row
    may_know = caller.is_operator or caller.is_overseer or member == caller.member
    return Member(
        id=MemberId(member),
        name_en=name_en,
        name_zh=name_zh,
        sector=sector,
        status=Status(status),
        active_at=active_at,
        details=_details(private) if may_know else None,
    )


def _details(private: Sequence[Any]) -> Details:
    customers, contacts, *rest = private
    return Details(customers, _contacts(contacts), *rest)


def _contacts(stored: Sequence[Mapping[str, str]]) -> tuple[Contact, ...]:
    return tuple(Contact(each["name"], each["duty"], each["email"]) for each in stored)


def _is_among_peers(caller: Caller, found: Member) -> bool:
    return caller.viewer.is_active and found.status is Status.ACTIVE
