"""A throw-away hub for other people's test suites.

Six users with different rights, one TAXII API root `/sandbox/` with four
collections that user `full` may read and write, only read, only write, or not use at
all, and whatever a seed file adds. One JSON line says where everything is.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hanse.base.errors import Malformed
from hanse.base.ids import CollectionId, KeyId, MemberId
from hanse.demo.house import Hub
from hanse.demo.members import enter, settle
from hanse.hub.founding import Names
from hanse.intel.taxii import arranging, seeding
from hanse.intel.taxii.catalogue import CollectionKind
from hanse.membership.admission import Profile
from hanse.membership.caller import Caller, the_hub
from hanse.membership.invitations import Joining
from hanse.membership.machines import issuing
from hanse.membership.machines.issuing import BasicPair, Order
from hanse.membership.rights import SCOPES_OF_KEYS, Role, Scope
from hanse.storage.tx import Database, Tx

NAMES = Names("Sandbox Alliance", "沙盒联盟", "sandbox.hanse.example/log")
ROOT = "/sandbox/"
MAX_SEED_BYTES = 256 * 2**20

_TAXII = frozenset({Scope.TAXII_READ, Scope.TAXII_WRITE})
# What user `full` may do with each of the four collections: read, write.
_COLLECTIONS = {
    "collection": (True, True),
    "readonly": (True, False),
    "writeonly": (False, True),
    "nothing": (False, False),
}


class SeedUnreadable(Malformed):
    """The seed file is not what it should be."""

    code = "demo.seed_unreadable"


class SeedUser(msgspec.Struct, forbid_unknown_fields=True):
    """Another account that may use what the seed brings, by HTTP Basic."""

    user: str
    password: str


class Seed(msgspec.Struct):
    """`--seed FILE`: accounts and API roots, loaded before the first request."""

    users: list[SeedUser] = []
    api_roots: msgspec.Raw = msgspec.Raw(b"[]")


@dataclass(slots=True)
class Sandbox:
    """What `furnish` made, for the JSON line."""

    seed: Seed
    users: dict[str, dict[str, str]]
    collections: dict[str, CollectionId]

    @classmethod
    def planned(cls, seed_file: Path | None) -> "Sandbox":
        """Read the seed; nothing is started yet. Raises `SeedUnreadable`."""
        return cls(read_seed(seed_file), {}, {})

    def furnish(self, database: Database, url: str) -> None:
        """Fill the hub before it serves."""
        del url
        with database.begin() as tx:
            hub = the_hub("hanse sandbox")
            member = self._settle(tx, hub)
            keys = self._make_users(tx, hub, member)
            arranging.make_root(tx, hub, ROOT, title="Sandbox")
            self._make_collections(tx, hub, keys)
            self._load(tx, hub, member, list(keys.values()))

    def announce(self, hub: Hub) -> dict[str, Any]:
        """The JSON line's content."""
        ids = {name: str(made) for name, made in self.collections.items()}
        return {
            "console": hub.url,
            "rest": f"{hub.url}/v1",
            "openapi": f"{hub.url}/openapi.json",
            "taxii": {
                "discovery": f"{hub.url}/taxii2/",
                "api_root": f"{hub.url}{ROOT}",
                **ids,
            },
            "users": self.users,
            "pids": hub.pids,
        }

    def _settle(self, tx: Tx, hub: Caller) -> MemberId:
        joining = self._joining("full")
        profile = Profile("Sandbox Shop", "沙盒商店", "shop", 1_000)
        return settle(tx, hub, profile, joining).member

    def _joining(self, name: str) -> Joining:
        """An account for the console; its password is in the JSON line too."""
        password = secrets.token_urlsafe(18)
        email = f"{name}@sandbox.example"
        self.users[name] = {"email": email, "console_password": password}
        return Joining(name, email, password)

    def _make_users(self, tx: Tx, hub: Caller, member: MemberId) -> Mapping[str, KeyId]:
        everything = SCOPES_OF_KEYS[Role.MEMBER] - {Scope.FEED}
        keys = {
            "full": self._user(tx, hub, "full", everything, member),
            "readonly": self._user(
                tx, hub, "readonly", {Scope.TAXII_READ, Scope.READ}, member
            ),
            "writeonly": self._user(
                tx, hub, "writeonly", {Scope.TAXII_WRITE, Scope.REPORT}, member
            ),
            "nothing": self._user(tx, hub, "nothing", _TAXII, member),
        }
        for role in (Role.OPERATOR, Role.OVERSEER):
            enter(tx, hub, role, self._joining(role.value), organisation="Sandbox")
            keys[role.value] = self._user(
                tx, hub, role.value, SCOPES_OF_KEYS[role], None, role=role
            )
        return keys

    def _user(
        self,
        tx: Tx,
        hub: Caller,
        name: str,
        scopes: frozenset[Scope] | set[Scope],
        member: MemberId | None,
        *,
        role: Role = Role.MEMBER,
    ) -> KeyId:
        issued = issuing.issue(
            tx, hub, Order(name, frozenset(scopes), member, role=role)
        )
        self.users.setdefault(name, {}).update(
            user=name, password=issued.text, token=issued.text
        )
        return issued.key.id

    def _make_collections(self, tx: Tx, hub: Caller, keys: Mapping[str, KeyId]) -> None:
        for name, (can_read, can_write) in _COLLECTIONS.items():
            made = arranging.make_collection(
                tx, hub, ROOT, kind=CollectionKind.POT, title=f"Sandbox: {name}"
            )
            self.collections[name] = made
            rights = {
                "full": (can_read, can_write),
                "readonly": (can_read, False),
                "writeonly": (False, can_write),
            }
            for user, (reads, writes) in rights.items():
                if reads or writes:
                    arranging.grant(
                        tx,
                        hub,
                        made,
                        key=keys[user],
                        can_read=reads,
                        can_write=writes,
                    )

    def _load(
        self, tx: Tx, hub: Caller, member: MemberId, keys: Sequence[KeyId]
    ) -> None:
        granted = list(keys[:1])  # user full
        for each in self.seed.users:
            order = Order(each.user, SCOPES_OF_KEYS[Role.MEMBER], member)
            pair = BasicPair(each.user, each.password)
            granted.append(issuing.adopt(tx, hub, order, pair).id)
        roots = seeding.read_roots(bytes(self.seed.api_roots))
        seeding.seed(tx, hub, roots, origin=member, keys=granted)


def read_seed(file: Path | None) -> Seed:
    """The seed of a file, or an empty one. Raises `SeedUnreadable`."""
    if file is None:
        return Seed()
    if file.stat().st_size > MAX_SEED_BYTES:
        raise SeedUnreadable(f"a seed has at most {MAX_SEED_BYTES} bytes; split it")
    try:
        return msgspec.json.decode(file.read_bytes(), type=Seed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SeedUnreadable(
            f"the seed file cannot be read ({error}); it holds an object with `users`"
            " and `api_roots`, see docs/sandbox.md"
        ) from error
