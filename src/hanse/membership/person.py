"""A person, as read; what can be done about one is in `people`."""

from dataclasses import dataclass
from datetime import datetime

from hanse.audit.event import Actor, ActorKind
from hanse.base.ids import MemberId, PersonId
from hanse.membership.rights import Role
from hanse.membership.store import Row


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in. `organisation` is an overseer's authority."""

    id: PersonId
    member: MemberId | None
    organisation: str
    email: str
    name: str
    role: Role
    language: str
    theme: str
    is_disabled: bool
    has_second_factor: bool
    created_at: datetime
    last_login_at: datetime | None


def person_of(row: Row) -> Person:
    """A person from `store.PERSON_COLUMNS`."""
    person, member, organisation, email, name, role, *rest = row
    member_id = None if member is None else MemberId(member)
    return Person(
        PersonId(person), member_id, organisation, email, name, Role(role), *rest
    )


def actor_of(person: Person) -> Actor:
    """As whom a person stands in the log."""
    return Actor(ActorKind.PERSON, person.id, person.member, person.name)
