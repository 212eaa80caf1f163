"""Relationship objects and meta objects of STIX 2.1: sections 5 and 7.

What ties objects together (relationship, sighting) and what is said about them
(markings, translations, extensions). The traffic-light markings themselves are
known in `markings`; here only that nobody makes up further ones.
"""

from collections.abc import Mapping
from typing import Any

from hanse.intel.stix.faults import Check, Fault, at
from hanse.intel.stix.markings import only_genuine_traffic_lights
from hanse.intel.stix.names import META_TYPES, OBSERVABLE_TYPES, RELATIONSHIP_TYPES
from hanse.intel.stix.objects import SEEN_RULE, any_object
from hanse.intel.stix.properties import (
    COMMON_RULES,
    EXTENSION_TYPES,
    NOT_ALLOWED,
    VERSIONED,
    not_marked_by_itself,
    typed,
)
from hanse.intel.stix.records import after, record
from hanse.intel.stix.values import (
    dictionary,
    flag_or_text,
    hyphenated,
    integer,
    language,
    listed,
    one_of,
    reference,
    reference_but,
)

_NOT_NODES = RELATIONSHIP_TYPES | META_TYPES | {"bundle"}
_node = reference_but(_NOT_NODES, "a domain object or a cyber-observable object")


def _a_marking_is_defined(value: dict[str, Any]) -> Fault | None:
    if "extensions" not in value:
        for name in ("definition_type", "definition"):
            if name not in value:
                return at(name, "is required where there are no extensions")
    if value.get("definition_type") != "statement":
        return None
    definition = value.get("definition")
    if isinstance(definition, dict) and not isinstance(
        definition.get("statement"), str
    ):
        return Fault("/definition/statement", "is required, as a string")
    return None


def _properties_are_of_the_top_level(value: dict[str, Any]) -> Fault | None:
    kinds = value.get("extension_types")
    if "extension_properties" not in value or not isinstance(kinds, list):
        return None
    if "toplevel-property-extension" in kinds:
        return None
    return at(
        "extension_properties",
        "may only be used with the extension type toplevel-property-extension",
    )


RELATIONS: Mapping[str, Check] = {
    "relationship": record(
        {
            **typed(text="description", timestamps="start_time stop_time"),
            "relationship_type": hyphenated,
            "source_ref": _node,
            "target_ref": _node,
            **NOT_ALLOWED,
        },
        required=(*VERSIONED, "relationship_type", "source_ref", "target_ref"),
        rules=(*COMMON_RULES, after("start_time", "stop_time")),
    ),
    "sighting": record(
        {
            **typed(text="description", timestamps="first_seen last_seen"),
            "count": integer(0, 999_999_999),
            "sighting_of_ref": reference_but(
                _NOT_NODES | OBSERVABLE_TYPES, "a domain object"
            ),
            "observed_data_refs": listed(reference("observed-data")),
            "where_sighted_refs": listed(reference("identity", "location")),
            # The table of section 5.2.1 says string, its text true or false.
            "summary": flag_or_text,
            **NOT_ALLOWED,
        },
        required=(*VERSIONED, "sighting_of_ref"),
        rules=(*COMMON_RULES, SEEN_RULE),
    ),
}

META_OBJECTS: Mapping[str, Check] = {
    "marking-definition": record(
        {
            **typed(text="name definition_type"),
            "definition": dictionary(),
            **NOT_ALLOWED,
        },
        required=("created",),
        rules=(
            *COMMON_RULES,
            not_marked_by_itself,
            _a_marking_is_defined,
            only_genuine_traffic_lights,
        ),
    ),
    "language-content": record(
        {
            **typed(timestamps="object_modified"),
            "object_ref": any_object,
            "contents": dictionary(dictionary(), key=language),
            **NOT_ALLOWED,
        },
        required=(*VERSIONED, "object_ref", "contents"),
        rules=COMMON_RULES,
    ),
    "extension-definition": record(
        {
            **typed(
                text="name description schema version", texts="extension_properties"
            ),
            "extension_types": listed(one_of(*EXTENSION_TYPES)),
            **NOT_ALLOWED,
        },
        required=(
            *VERSIONED,
            *("created_by_ref", "name", "schema", "version", "extension_types"),
        ),
        rules=(*COMMON_RULES, _properties_are_of_the_top_level),
    ),
}
