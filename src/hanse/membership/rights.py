"""Roles and scopes: the words in which rights are given, and who may have which.

Rights are scopes; a role says which scopes a person has, and which a key of that
kind may be given at most. An overseer's role holds nothing that changes anything.
"""

from enum import StrEnum


class Scope(StrEnum):
    """What a key or a person may do."""

    READ = "read"
    REPORT = "report"
    SIGHTINGS = "sightings"
    FEED = "feed"
    CHECK = "check"
    TAXII_READ = "taxii:read"
    TAXII_WRITE = "taxii:write"
    ADMIN = "admin"


class Role(StrEnum):
    """In which capacity somebody acts; `MEMBER` is a machine of a member's."""

    MEMBER_ANALYST = "member_analyst"
    MEMBER_ADMIN = "member_admin"
    MEMBER = "member"
    OPERATOR = "operator"
    OVERSEER = "overseer"

    @property
    def needs_second_factor(self) -> bool:
        """Whether a password alone never suffices: those who see everything."""
        return self in (Role.OPERATOR, Role.OVERSEER)

    @property
    def is_of_a_member(self) -> bool:
        """Whether a person in this role belongs to a member company."""
        return self in (Role.MEMBER_ANALYST, Role.MEMBER_ADMIN)


_ANALYST = frozenset({Scope.READ, Scope.REPORT, Scope.SIGHTINGS})

SCOPES_OF_PEOPLE: dict[Role, frozenset[Scope]] = {
    Role.MEMBER_ANALYST: _ANALYST,
    Role.MEMBER_ADMIN: _ANALYST | {Scope.ADMIN},
    Role.OPERATOR: frozenset({Scope.READ, Scope.ADMIN}),
    Role.OVERSEER: frozenset({Scope.READ}),
}

SCOPES_OF_KEYS: dict[Role, frozenset[Scope]] = {
    Role.MEMBER: frozenset(Scope),
    Role.OPERATOR: frozenset(Scope) - {Scope.FEED, Scope.SIGHTINGS},
    Role.OVERSEER: frozenset({Scope.READ, Scope.TAXII_READ}),
}

SCOPES_OF_EDGES = frozenset({Scope.FEED, Scope.CHECK, Scope.SIGHTINGS, Scope.REPORT})
