"""What all STIX objects share: common properties (3.2), granular markings (7.2.3),
extensions (7.3), reserved names (3.8).

Extensions Hanse does not know are kept and not looked into: their schema lies
elsewhere, and the standard lets a consumer ignore them. Only their form is
checked: an object, a known `extension_type`, an identifier where one is claimed.
"""

from collections.abc import Mapping
from typing import Any

from hanse.intel.stix.faults import (
    MAX_FAULTS,
    Check,
    Fault,
    Faults,
    at,
    below,
    here,
    unlike,
)
from hanse.intel.stix.ids import remembered_type_of
from hanse.intel.stix.names import is_dictionary_key
from hanse.intel.stix.records import (
    Rule,
    at_least_one,
    external_reference,
    fields,
    not_before,
    not_both,
    record,
)
from hanse.intel.stix.values import (
    anything,
    flag,
    integer,
    language,
    listed,
    reference,
    text,
    timestamp,
)

EXTENSION_TYPES = (
    "new-sdo",
    "new-sco",
    "new-sro",
    "property-extension",
    "toplevel-property-extension",
)
_EXTENSION_PREFIX = "extension-definition--"
_RESERVED = ("severity", "username", "phone_number", "action")


def reserved(value: object) -> Faults | None:
    """No object of this version of STIX may have this property."""
    return here("is reserved by STIX 2.1 for later versions; use another name")


def only_on_observables(value: object) -> Faults | None:
    """`defanged` outside cyber-observable objects (section 3.2: MUST NOT)."""
    return here("may only be used on cyber-observable objects")


_granular_marking = record(
    {
        "lang": language,
        "marking_ref": reference("marking-definition"),
        "selectors": listed(text),
    },
    required=("selectors",),
    rules=(at_least_one("lang", "marking_ref"), not_both("lang", "marking_ref")),
)


def selectors_select(value: dict[str, Any]) -> Fault | None:
    """Every selector of a granular marking has to select something that is there."""
    if "granular_markings" not in value:
        return None
    markings = value["granular_markings"]
    if not isinstance(markings, list):
        return None
    for index, marking in enumerate(markings):
        selectors = marking.get("selectors") if isinstance(marking, dict) else None
        if not isinstance(selectors, list):
            continue
        for place, selector in enumerate(selectors):
            if isinstance(selector, str) and not _selects(selector, value):
                return Fault(
                    f"/granular_markings/{index}/selectors/{place}",
                    "must select something this object has, like name or labels.[0]",
                )
    return None


def _selects(selector: str, value: object) -> bool:
    """Walk the selector's steps; at most as many as the object is deep."""
    for step in selector.split("."):
        if isinstance(value, dict):
            if step not in value:
                return False
            value = value[step]
        elif isinstance(value, list):
            if not (step[:1] == "[" and step[-1:] == "]"):
                return False
            index = step[1:-1]
            if not (index.isascii() and index.isdigit()) or len(index) > 7:
                return False
            if int(index) >= len(value):
                return False
            value = value[int(index)]
        else:
            return False
    return True


def not_marked_by_itself(value: dict[str, Any]) -> Fault | None:
    """A marking definition must not carry itself as a marking."""
    marks = value.get("object_marking_refs")
    if isinstance(marks, list) and value.get("id") in marks:
        return at("object_marking_refs", "must not refer to this very object")
    return None


def extensions(predefined: Mapping[str, Check] | None = None) -> Check:
    """The `extensions` dictionary of an object type with these predefined ones."""
    known = predefined or {}

    def check(value: object) -> Faults | None:
        if type(value) is not dict:
            return unlike("an object", value)
        if not value:
            return here("must not be empty; leave the property out instead")
        found: list[Fault] = []
        for key, extension in value.items():
            test = known.get(key)
            faults = test(extension) if test else _extension(key, extension)
            if faults is not None:
                found.extend(below(key, faults))
            if len(found) >= MAX_FAULTS:
                break
        return tuple(found[:MAX_FAULTS]) or None

    return check


def _extension(key: str, value: object) -> Faults | None:
    is_defined = key.startswith(_EXTENSION_PREFIX)
    if is_defined and remembered_type_of(key) is None:
        return here("must be keyed by the identifier of an extension definition")
    if not is_dictionary_key(key):
        return here("must be keyed by an identifier or a name of letters, digits, - _")
    if type(value) is not dict:
        return unlike("an object", value)
    if not value:
        return here("must not be empty")
    if "extension_type" not in value:
        missing = (at("extension_type", "is required and missing"),)
        return missing if is_defined else None
    if value["extension_type"] not in EXTENSION_TYPES:
        words = ", ".join(EXTENSION_TYPES)
        return (at("extension_type", f"must be one of {words}"),)
    return None


# These are checked before any table is chosen.
SETTLED: Mapping[str, Check] = dict.fromkeys(("type", "id", "spec_version"), anything)

_MARKED: Mapping[str, Check] = {
    "object_marking_refs": listed(reference("marking-definition")),
    "granular_markings": listed(_granular_marking),
    "extensions": extensions(),
}
# Section 3.2 wants at least milliseconds in `created` and `modified`. Whole seconds
# are taken too: they mean the same instant, and many producers write them.
COMMON: Mapping[str, Check] = {
    **SETTLED,
    **_MARKED,
    "created_by_ref": reference("identity"),
    "created": timestamp,
    "modified": timestamp,
    "revoked": flag,
    "labels": listed(text),
    "confidence": integer(0, 100),
    "lang": language,
    "external_references": listed(external_reference),
}
# For objects the standard defines; in custom ones these names are their maker's.
NOT_ALLOWED: Mapping[str, Check] = {
    "defanged": only_on_observables,
    **dict.fromkeys(_RESERVED, reserved),
}
ON_OBSERVABLES: Mapping[str, Check] = {
    "defanged": flag,
    **dict.fromkeys(_RESERVED, reserved),
}


def typed(*, text: str = "", texts: str = "", timestamps: str = "") -> dict[str, Check]:
    """The common properties and these; names are separated by spaces."""
    return {**COMMON, **fields(text=text, texts=texts, timestamps=timestamps)}


COMMON_RULES: tuple[Rule, ...] = (not_before("created", "modified"), selectors_select)
VERSIONED = ("created", "modified")
