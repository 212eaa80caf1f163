"""TAXII envelopes and STIX bundles taken apart, byte for byte.

What comes back is exactly what stood between the commas: nothing is decoded and
encoded again, so a signature or a hash somebody made over an object still holds.
The whole is skipped over once by the decoder (which bounds its depth), then the
objects are cut out of their list; none of them is looked into here.
"""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from hanse.intel.stix.faults import StixInvalid, at
from hanse.intel.stix.ids import is_identifier_of
from hanse.intel.stix.reading import decoded, refuse

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_entries = msgspec.json.Decoder(list[msgspec.Raw])
_text = msgspec.json.Decoder(str)

# In JSON that was found valid, from where the first member may begin.
_name = re.compile(rb'[\s{,]*("(?:[^"\\]|\\.)*+")\s*:\s*').match


@dataclass(frozen=True, slots=True)
class EnvelopeLimits:
    """How much one request may hold."""

    max_bytes: int = 100 << 20
    max_objects: int = 100_000


def read_envelope(
    body: bytes,
    limits: EnvelopeLimits = EnvelopeLimits(),
    *,
    kind: Literal["envelope", "bundle"] = "envelope",
) -> list[bytes]:
    """The exact bytes of each object, in order; raises `StixInvalid`.

    `kind` says what the body has to be: a TAXII 2.1 envelope (`{"objects": [...]}`,
    which may be empty) or a STIX bundle. The objects themselves are not judged.
    """
    if len(body) > limits.max_bytes:
        refuse(f"is {len(body)} bytes long; at most {limits.max_bytes} are taken")
    members: dict[str, msgspec.Raw] = decoded(body, _members.decode)
    _refuse_duplicates(body, members)
    if kind == "bundle":
        _expect_bundle(members)
    elif "type" in members:
        refuse(
            "looks like a STIX object or bundle; TAXII 2.1 takes an envelope, which "
            'is {"objects": [...]} and nothing around it'
        )
    objects = members.get("objects")
    if objects is None:
        return []
    if bytes(memoryview(objects)[:1]) != b"[":
        raise StixInvalid((at("objects", "must be a list of STIX objects"),))
    entries = decoded(objects, _entries.decode)
    if len(entries) > limits.max_objects:
        message = f"has {len(entries)} objects; at most {limits.max_objects} are taken"
        raise StixInvalid((at("objects", message),))
    return [bytes(entry) for entry in entries]


def _refuse_duplicates(body: bytes, members: dict[str, msgspec.Raw]) -> None:
    """Walk the top level: the decoder kept the last member of each name only.

    The length of each value is known from what was decoded; where something else
    stands in the text, it was a value that a later one of its name replaced.
    """
    seen: set[str] = set()
    position = 0
    while (match := _name(body, position)) is not None:
        name = _text.decode(match[1])
        position = match.end()
        value = bytes(members[name])
        if name in seen or not body.startswith(value, position):
            raise StixInvalid((at(name, "is there twice; names must be unique"),))
        seen.add(name)
        position += len(value)


def _expect_bundle(members: dict[str, msgspec.Raw]) -> None:
    if bytes(members.get("type", b"")) != b'"bundle"':
        raise StixInvalid((at("type", "must be bundle"),))
    told = bytes(members.get("id", b""))
    if not told.startswith(b'"') or not is_identifier_of(_text.decode(told), "bundle"):
        raise StixInvalid((at("id", "must be bundle, `--` and a UUID (RFC 4122)"),))
