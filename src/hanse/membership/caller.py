"""Who is calling, and what it may do: handed by a process's door to its deeds.

The hub's door (`hub.access`) makes a `Caller` from a session cookie or a key; the
domains' `rest.py` files receive it as the dependency named `caller`. A deed says
what it needs of its caller in the words below and nowhere else.

What belongs to another member is answered like what does not exist: nobody learns
by guessing that an id is taken.
"""

from dataclasses import dataclass, field
from datetime import datetime

from hanse.audit.event import Actor, ActorKind
from hanse.base.errors import Forbidden, NotFound
from hanse.base.ids import EdgeId, KeyId, MemberId, PersonId
from hanse.membership.rights import Role, Scope
from hanse.membership.viewer import Viewer, ViewerRole


class ScopeMissing(Forbidden):
    """The caller is known but may not do this."""

    code = "membership.scope_missing"


class RoleMissing(Forbidden):
    """The caller is known, and this is for somebody in another capacity."""

    code = "membership.role_missing"


class NotYours(NotFound):
    """There is no such thing, or it is another member's.

    One wording for both and for everything, so that no answer tells them apart.
    """

    code = "membership.not_found"

    def __init__(self) -> None:
        super().__init__("there is no such thing, or it is not yours to see")


@dataclass(frozen=True, slots=True)
class Caller:
    """A person's session, a key, or an edge's key.

    `role` is one of member_analyst, member_admin, operator, overseer for a person
    and member, operator, overseer for a key. A person has every scope its role
    allows; `epoch` is the membership epoch this was read under, `ends_at` when the
    session or key stops by itself.
    """

    viewer: Viewer
    actor: Actor
    role: str
    member: MemberId | None = None
    member_name: str = ""
    person: PersonId | None = None
    key: KeyId | None = None
    edge: EdgeId | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    epoch: int = 0
    ends_at: datetime | None = None
    session: bytes | None = None  # the digest of the session's token

    @property
    def is_operator(self) -> bool:
        """Whether the association itself asks."""
        return self.role == Role.OPERATOR

    @property
    def is_overseer(self) -> bool:
        """Whether a regulator asks: reads everything, changes nothing."""
        return self.role == Role.OVERSEER

    def need(self, *scopes: str) -> None:
        """Raise `ScopeMissing` unless the caller has all of these scopes.

        Who may administer may also look at what it administers.
        """
        may_look = {Scope.READ} if Scope.ADMIN in self.scopes else set()
        missing = [scope for scope in scopes if scope not in self.scopes | may_look]
        if missing:
            raise ScopeMissing(
                f"this needs the scope {', '.join(missing)}; ask the member's"
                " admin (or the operator) for a key or a role that has it"
            )

    def need_operator(self) -> None:
        """Raise `RoleMissing` unless the association's operator asks."""
        if not self.is_operator:
            raise RoleMissing("only the association's operator may do this")
        self.need(Scope.ADMIN)

    def need_member(self) -> MemberId:
        """The member in whose name this is done; `RoleMissing` if there is none."""
        if self.member is None:
            raise RoleMissing(
                "this is done in a member's name, and you act for none; log in as"
                " one of a member's people or use one of its keys"
            )
        return self.member

    def need_person(self) -> PersonId:
        """The person who asks; `RoleMissing` for a machine."""
        if self.person is None:
            raise RoleMissing("only a person may do this; log in and do it there")
        return self.person

    def need_view_of(self, member: MemberId | None) -> None:
        """Raise `NotYours` unless this member's own things may be looked at."""
        if self.is_operator or self.is_overseer:
            return
        if member is None or member != self.member:
            raise NotYours

    def need_admin_of(self, member: MemberId | None) -> None:
        """Unless this member's things may be changed: `NotYours` or `Forbidden`.

        `member` None means the association's own, which is the operator's alone.
        """
        self.need_view_of(member)
        if not self.is_operator and not self.viewer.is_active:
            raise RoleMissing(
                "the membership is not active yet; it is once the operator has"
                " approved it and the agreement is signed"
            )
        self.need(Scope.ADMIN)


def the_hub(label: str) -> Caller:
    """The hub itself at work: set-up on the command line, jobs by the clock."""
    return Caller(
        viewer=Viewer(ViewerRole.OPERATOR, is_active=True),
        actor=Actor(ActorKind.SYSTEM, None, None, label),
        role=Role.OPERATOR,
        scopes=frozenset({Scope.READ, Scope.ADMIN}),
    )
