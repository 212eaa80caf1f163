"""The judge: is this a STIX object, and if not, what is wrong and where?

`read_object` takes the bytes of one object and gives back what the store's columns
need, or every fault it found; `read_envelope` takes a request's body apart without
changing a byte. STIX 2.1 is checked to the letter of its MUSTs (and where published
data breaks one, the check says so and why it lets it pass); STIX 2.0 objects, which
have no `spec_version`, only as far as they are stored and found by. Custom objects
and properties are kept; only their names and the common properties are checked.

35 microseconds for an average ATT&CK object, decoding included, is the budget.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from hanse.intel.stix.envelope import EnvelopeLimits, read_envelope
from hanse.intel.stix.faults import (
    MAX_FAULTS,
    Check,
    Fault,
    Faults,
    StixInvalid,
    at,
    below,
    here,
    unlike,
)
from hanse.intel.stix.ids import is_identifier_of
from hanse.intel.stix.names import NEW_IN_2_1, OBSERVABLE_TYPES, is_type_name
from hanse.intel.stix.objects import DOMAIN_OBJECTS
from hanse.intel.stix.observables import OBSERVABLES
from hanse.intel.stix.properties import (
    COMMON,
    COMMON_RULES,
    VERSIONED,
    selectors_select,
)
from hanse.intel.stix.reading import (
    TOO_DEEP,
    TooDeep,
    count_members,
    read_json_object,
)
from hanse.intel.stix.records import record
from hanse.intel.stix.relations import META_OBJECTS, RELATIONS
from hanse.intel.stix.timestamps import parse
from hanse.intel.stix.values import flag, text

__all__ = [
    "EnvelopeLimits",
    "Fault",
    "Header",
    "StixInvalid",
    "check_object",
    "read_envelope",
    "read_object",
]


class Header(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is looked for by: of a valid object, as it was told.

    `version` is `modified`, else `created`, as sent; None for observables, which
    are not versioned. `markings` are all marking definitions the object refers to,
    those of its parts (granular markings) too: whoever judges by the strictest of
    them never hands out a part that was marked more strictly than the whole.
    """

    type: str
    id: str
    spec_version: str
    version: str | None
    version_at: datetime | None
    created_at: datetime | None
    markings: tuple[str, ...]
    created_by: str | None
    revoked: bool


CHECKS: Mapping[str, Check] = {
    **DOMAIN_OBJECTS,
    **RELATIONS,
    **META_OBJECTS,
    **OBSERVABLES,
}
_CUSTOM_OBJECT = record(COMMON, required=VERSIONED, rules=COMMON_RULES)
_CUSTOM_OBSERVABLE = record({**COMMON, "defanged": flag}, rules=(selectors_select,))
_OF_2_0 = ("type", "id", "spec_version", "created", "modified", "revoked")
_STIX_2_0 = record(
    {
        name: COMMON[name]
        for name in (*_OF_2_0, "created_by_ref", "object_marking_refs")
    },
    required=("created",),
    rules=COMMON_RULES[:1],
)
_bundle = record({"type": text, "id": text, "spec_version": text})

_MISSING = "is required and missing"


def read_object(raw: bytes) -> tuple[Header, dict[str, Any]]:
    """One object from its bytes; raises `StixInvalid` with all its faults."""
    value = read_json_object(raw)
    if value.get("type") == "bundle":
        raise StixInvalid((at("type", "is a bundle; send the objects it holds"),))
    spec_version = _spec_version(value)
    faults = _judge(value, spec_version)
    if faults is not None:
        raise StixInvalid(faults)
    return _header(value, spec_version), value


def check_object(obj: object) -> list[Fault]:
    """Every fault of a decoded object or bundle, up to twenty; empty when valid."""
    if not isinstance(obj, dict):
        return list(unlike("an object", obj))
    try:
        count_members(obj)
    except TooDeep:
        return list(here(TOO_DEEP))
    if obj.get("type") == "bundle":
        return list(_judge_bundle(obj) or ())
    return list(_judge(obj, _spec_version(obj)) or ())


def _spec_version(value: dict[str, Any]) -> str:
    """2.1, 2.0, or empty when it is neither; without one it depends on the type."""
    told = value.get("spec_version")
    if told in ("2.1", "2.0"):
        return str(told)
    if "spec_version" in value:
        return ""
    kind = value.get("type")
    if not isinstance(kind, str):
        return "2.1"
    if kind in OBSERVABLE_TYPES:
        return "2.1"
    if kind in NEW_IN_2_1:
        return ""
    # A custom type: STIX 2.0 had custom objects with `created`, and no custom
    # observables outside of a container.
    return "2.0" if kind in CHECKS or "created" in value else "2.1"


def _judge(value: dict[str, Any], spec_version: str) -> Faults | None:
    kind = value.get("type")
    if type(kind) is not str or kind == "bundle":
        return (at("type", _wrong_type(value)),)
    check = CHECKS.get(kind)
    if check is None:
        if not is_type_name(kind):
            return (at("type", "must be lowercase letters, digits, single hyphens"),)
        check = _custom(value)
    wrong_id = _wrong_id(value, kind)
    if wrong_id is None and spec_version:
        return check(value) if spec_version == "2.1" else _judge_2_0(value, kind)
    return _all_faults(value, spec_version, check, wrong_id)


def _all_faults(
    value: dict[str, Any], spec_version: str, check: Check, wrong_id: str | None
) -> Faults:
    found: list[Fault] = [at("id", wrong_id)] if wrong_id else []
    if not spec_version:
        is_there = "spec_version" in value
        found.append(at("spec_version", "must be 2.1" if is_there else _MISSING))
    if spec_version != "2.0":
        found.extend(check(value) or ())
    return tuple(found[:MAX_FAULTS])


def _wrong_type(value: dict[str, Any]) -> str:
    if "type" not in value:
        return _MISSING
    if value["type"] == "bundle":
        return "is a bundle, which is not a STIX object"
    return "must be a string"


def _wrong_id(value: dict[str, Any], kind: str) -> str | None:
    told = value.get("id")
    if type(told) is str:
        if is_identifier_of(told, kind):
            return None
        return "must be the object's type, `--` and a UUID (RFC 4122)"
    return "must be an identifier in a string" if "id" in value else _MISSING


def _custom(value: dict[str, Any]) -> Check:
    """Custom objects are versioned, custom observables are not; which is this?"""
    extensions = value.get("extensions")
    if isinstance(extensions, dict):
        for extension in extensions.values():
            kind = extension.get("extension_type") if type(extension) is dict else None
            if kind == "new-sco":
                return _CUSTOM_OBSERVABLE
            if kind in ("new-sdo", "new-sro"):
                return _CUSTOM_OBJECT
    if "created" in value or "modified" in value:
        return _CUSTOM_OBJECT
    return _CUSTOM_OBSERVABLE


def _judge_2_0(value: dict[str, Any], kind: str) -> Faults | None:
    faults = _STIX_2_0(value)
    if faults is None and kind != "marking-definition" and "modified" not in value:
        return (at("modified", _MISSING),)
    return faults


def _judge_bundle(value: dict[str, Any]) -> Faults | None:
    found = list(_bundle(value) or ())
    wrong_id = _wrong_id(value, "bundle")
    if wrong_id is not None:
        found.append(at("id", wrong_id))
    objects = value.get("objects", [{}])
    if not isinstance(objects, list):
        found.extend(below("objects", unlike("a list", objects)))
    elif not objects:
        found.append(at("objects", "must not be empty; leave the property out"))
    elif "objects" in value:
        for index, item in enumerate(objects):
            found.extend(_below_objects(index, item))
            if len(found) >= MAX_FAULTS:
                break
    return tuple(found[:MAX_FAULTS]) or None


def _below_objects(index: int, item: object) -> Faults:
    if not isinstance(item, dict):
        return below("objects", below(index, unlike("an object", item)))
    faults = _judge(item, _spec_version(item))
    return below("objects", below(index, faults)) if faults else ()


def _header(value: dict[str, Any], spec_version: str) -> Header:
    created = value.get("created")
    version = value.get("modified", created)
    return Header(
        type=value["type"],
        id=value["id"],
        spec_version=spec_version,
        version=version,
        version_at=parse(version) if version else None,
        created_at=parse(created) if created else None,
        markings=_markings(value),
        created_by=value.get("created_by_ref"),
        revoked=value.get("revoked", False),
    )


def _markings(value: dict[str, Any]) -> tuple[str, ...]:
    whole = tuple(value.get("object_marking_refs", ()))
    if "granular_markings" not in value:
        return whole
    parts = value["granular_markings"]
    # An object of STIX 2.0 was not checked that far.
    refs = [
        part["marking_ref"]
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict) and isinstance(part.get("marking_ref"), str)
    ]
    return tuple(dict.fromkeys((*whole, *refs)))
