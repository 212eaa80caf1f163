"""The edge's own keys: which of the member's programs may ask it what.

They are spelled like the hub's (`hanse_...`), shown once, kept as SHA-256 (a secret
of 256 random bits needs no slow hash), and known to this edge alone: checks work
while the hub is away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_bytes

from hanse.base.errors import Forbidden, Malformed, NotFound, Unauthenticated
from hanse.edge.local import KeyRow, Local
from hanse.membership.machines import credentials

# A key for `hanse check` on the same machine, readable by the edge's own user.
FILE = "check.key"


class Scope(StrEnum):
    """What a key is good for."""

    CHECK = "check"
    READ = "read"  # status and mirror
    ADMIN = "admin"  # the brake and the never-block list


class KeyMissing(Unauthenticated):
    """No key, or none this edge knows."""

    code = "edge.key_missing"


class ScopeMissing(Forbidden):
    """The key is good, but not for this."""

    code = "edge.scope_missing"


class ScopeUnknown(Malformed):
    """There is no such scope."""

    code = "edge.scope_unknown"


class KeyUnknown(NotFound):
    """There is no such key, or it has ended."""

    code = "edge.key_unknown"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose request it is."""

    public_id: str
    scopes: frozenset[str]

    def need(self, scope: Scope) -> None:
        """Raise ScopeMissing unless the key is good for this."""
        if scope not in self.scopes:
            raise ScopeMissing(
                f"This key lacks the scope {scope}; make one with `hanse edge key new "
                f"--scope {scope}` where the edge runs."
            )


def new_key(
    local: Local, name: str, scopes: Iterable[str], randomness: bytes, now: datetime
) -> str:
    """Make a key from 39 random bytes; the whole text, which is shown once."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(Scope):
        raise ScopeUnknown(f"A key has scopes among: {', '.join(Scope)}.")
    public_id = credentials.public_id_of(randomness[:7])
    secret = credentials.secret_of(randomness[7:])
    with local.begin():
        local.add_key(
            KeyRow(
                public_id,
                credentials.digest(secret),
                name,
                " ".join(wanted),
                now.astimezone(UTC).isoformat(),
                None,
                None,
            )
        )
    return credentials.key_text(public_id, secret)


def holder_of(local: Local, authorization: str) -> Holder:
    """Whose key an `Authorization` header presents; raises KeyMissing."""
    presented = credentials.read_authorization(authorization)
    row = None
    if presented is not None and presented.public_id:
        row = local.find_key(presented.public_id)
    if presented is None or row is None or row.revoked_at is not None:
        raise _missing()
    if not credentials.is_right(presented, row.secret_sha256):
        raise _missing()
    return Holder(row.public_id, frozenset(row.scopes.split()))


def revoke(local: Local, public_id: str, now: datetime) -> None:
    """End a key; raises KeyUnknown."""
    with local.begin():
        if not local.revoke_key(public_id, now):
            raise KeyUnknown(
                "There is no such key that still works; `hanse edge key list` names "
                "them by the ten characters after hanse_."
            )


def own_key(local: Local, folder: Path, now: datetime) -> str:
    """The key with which commands on this machine ask; made when it is missing."""
    path = folder / FILE
    try:
        text = path.read_text().strip()
        if Scope.CHECK in holder_of(local, f"Bearer {text}").scopes:
            return text
    except (OSError, KeyMissing):
        pass
    scopes = (Scope.CHECK, Scope.READ)
    text = new_key(local, "commands on this machine", scopes, token_bytes(39), now)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text + "\n")
    return text


def _missing() -> KeyMissing:
    return KeyMissing(
        "This edge wants a key: send `Authorization: Bearer hanse_...`. Make one with "
        "`hanse edge key new --scope check` where the edge runs."
    )
