"""Who is calling, and what it may do: handed by a process's door to its deeds.

The hub's door (`hub.access`) makes a `Caller` from a session cookie or a key; the
domains' `rest.py` files receive it as the dependency named `caller`.
"""

from dataclasses import dataclass, field

from hanse.audit.event import Actor
from hanse.base.errors import Forbidden
from hanse.base.ids import EdgeId, KeyId, MemberId, PersonId
from hanse.membership.viewer import Viewer


class ScopeMissing(Forbidden):
    """The caller is known but may not do this."""

    code = "membership.scope_missing"


@dataclass(frozen=True, slots=True)
class Caller:
    """A person's session, a key, or an edge's key.

    `role` is one of member_analyst, member_admin, operator, overseer for a person
    and member, operator, overseer for a key. A person has every scope its role
    allows; `epoch` is the membership epoch this was read under.
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

    def need(self, *scopes: str) -> None:
        """Raise `ScopeMissing` unless the caller has all of these scopes."""
        missing = [scope for scope in scopes if scope not in self.scopes]
        if missing:
            raise ScopeMissing(
                f"this needs the scope {', '.join(missing)}; ask the member's"
                " admin (or the operator) for a key or a role that has it"
            )
