"""What a leaf of the log says: who did what to what, and when.

A leaf's bytes are `salted_leaf(salt, body)`; the tree then hashes them with
`merkle.leaf_hash`. Body and salt are kept apart from the tree and can be erased:
without the 16 random bytes nobody can guess a body from its leaf.

Every body is canonical JSON (UTF-8, sorted keys, no blanks, no fractions), a JSON
object whose `at` is the instant of its position in the log. An event's body has
`act`, a feed item's does not: this is how `verify` sees that the columns of an
exported row say the same as its body. Numbers with fractions are left out because
two programs rarely spell them alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

import msgspec

from hanse.base.clock import rfc3339
from hanse.base.ids import MemberId

SALT_BYTES = 16

JSON: TypeAlias = str | int | bool | Sequence["JSON"] | Mapping[str, "JSON"] | None

_canonical = msgspec.json.Encoder(order="sorted")


class EntryKind(StrEnum):
    """What an entry of the log is; stands in an export's `kind`."""

    EVENT = "event"
    ITEM = "item"


class ActorKind(StrEnum):
    """In which capacity somebody acted."""

    PERSON = "person"
    KEY = "key"
    EDGE = "edge"
    SYSTEM = "system"  # the hub itself: jobs, set-up, expiry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted. `label` is what a reader sees, as it was at the time."""

    kind: ActorKind
    id: UUID | None
    member_id: MemberId | None
    label: str


@dataclass(frozen=True, slots=True)
class Event:
    """One act, to be appended in the transaction of the deed itself.

    `act` is a noun and a verb ("report.made"), `subject` what it was done to
    ("member:<uuid>", "claim:<uuid>"), `details` what else a reader must know.
    """

    act: str
    actor: Actor
    subject: str
    details: Mapping[str, JSON] = field(default_factory=dict)


def body_of(event: Event, at: datetime) -> bytes:
    """The body of an event's leaf. `at` is the instant of its place in the log."""
    actor = event.actor
    return canonical_json(
        {
            "act": event.act,
            "actor": {
                "id": None if actor.id is None else str(actor.id),
                "kind": actor.kind.value,
                "label": actor.label,
                "member": None if actor.member_id is None else str(actor.member_id),
            },
            "at": rfc3339(at),
            "details": event.details,
            "subject": event.subject,
        }
    )


def canonical_json(value: JSON) -> bytes:
    """The one spelling of a JSON value: compact, UTF-8, keys in code point order."""
    return _canonical.encode(value)


def salted_leaf(salt: bytes, body: bytes) -> bytes:
    """The data of a leaf: SHA-256 over 16 random bytes and the body."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return sha256(salt + body).digest()
