"""STIX domain objects: section 4, one check per type.

A table per type says which properties are text, lists of text, timestamps or
something else, which are required, and which further rules hold. Open
vocabularies are plain text. References to custom types are good wherever the
standard only says "SDO" or "SCO".
"""

from collections.abc import Mapping
from typing import Any

from hanse.intel.stix.faults import Check, Fault, Faults, at, here, unlike
from hanse.intel.stix.names import (
    DOMAIN_TYPES,
    META_TYPES,
    RELATIONSHIP_TYPES,
    is_type_name,
)
from hanse.intel.stix.patterns import check_pattern
from hanse.intel.stix.properties import COMMON_RULES, NOT_ALLOWED, VERSIONED, typed
from hanse.intel.stix.records import (
    Rule,
    after,
    at_least_one,
    kill_chain_phase,
    needs,
    not_before,
    not_both,
    record,
)
from hanse.intel.stix.values import (
    dictionary,
    flag,
    integer,
    listed,
    number,
    one_of,
    reference,
    reference_but,
)

any_object = reference_but({"bundle"}, "a STIX object")
_observable = reference_but(
    DOMAIN_TYPES | META_TYPES | RELATIONSHIP_TYPES | {"bundle"},
    "a cyber-observable object",
)
_observed = reference_but(
    DOMAIN_TYPES | META_TYPES | {"bundle"},
    "a cyber-observable object or a relationship",
)
_software = reference("software")
_phases = listed(kill_chain_phase)

_SEEN = "first_seen last_seen"
SEEN_RULE = not_before("first_seen", "last_seen")


def _pattern_parses(value: dict[str, Any]) -> Fault | None:
    """A STIX pattern has to follow the grammar of STIX 2.1, section 9.

    Other languages, and patterns that say they are of another version, are
    their readers' business.
    """
    if value.get("pattern_type") != "stix":
        return None
    if value.get("pattern_version", "2.1") != "2.1":
        return None
    pattern = value.get("pattern")
    fault = check_pattern(pattern) if isinstance(pattern, str) else None
    return at("pattern", fault.message) if fault else None


def _a_family_has_a_name(value: dict[str, Any]) -> Fault | None:
    if value.get("is_family") is True and "name" not in value:
        return at("name", "is required for a malware family")
    return None


def _an_observable_was_observed(value: dict[str, Any]) -> Fault | None:
    refs = value.get("object_refs")
    if not isinstance(refs, list) or not refs:
        return None
    for ref in refs:
        if not isinstance(ref, str) or ref.partition("--")[0] not in RELATIONSHIP_TYPES:
            return None
    return at("object_refs", "needs at least one cyber-observable object")


def _contained(value: object) -> Faults | None:
    """An object in the deprecated container of section 2.13.

    These are objects of STIX 2.0, told apart by local keys and referring to each
    other by them; that each has a type is all that is asked.
    """
    if type(value) is not dict:
        return unlike("an object", value)
    kind = value.get("type")
    if type(kind) is str and is_type_name(kind):
        return None
    return here("needs a type")


def _object(
    *rules: Rule,
    required: str = "name",
    text: str = "",
    texts: str = "",
    timestamps: str = "",
    **others: Check,
) -> Check:
    """The check of a domain object; names of properties are separated by spaces."""
    return record(
        {
            **typed(text=text, texts=texts, timestamps=timestamps),
            **others,
            **NOT_ALLOWED,
        },
        required=(*VERSIONED, *required.split()),
        rules=(*COMMON_RULES, *rules),
    )


DOMAIN_OBJECTS: Mapping[str, Check] = {
    "attack-pattern": _object(
        text="name description",
        texts="aliases",
        kill_chain_phases=_phases,
    ),
    "campaign": _object(
        SEEN_RULE,
        text="name description objective",
        texts="aliases",
        timestamps=_SEEN,
    ),
    "course-of-action": _object(text="name description"),
    "grouping": _object(
        required="context object_refs",
        text="name description context",
        object_refs=listed(any_object),
    ),
    "identity": _object(
        text="name description identity_class contact_information",
        texts="roles sectors",
    ),
    "incident": _object(text="name description", kill_chain_phases=_phases),
    "indicator": _object(
        after("valid_from", "valid_until"),
        _pattern_parses,
        required="pattern pattern_type valid_from",
        text="name description pattern pattern_type pattern_version",
        texts="indicator_types",
        timestamps="valid_from valid_until",
        kill_chain_phases=_phases,
    ),
    "infrastructure": _object(
        SEEN_RULE,
        text="name description",
        texts="infrastructure_types aliases",
        timestamps=_SEEN,
        kill_chain_phases=_phases,
    ),
    "intrusion-set": _object(
        SEEN_RULE,
        text="name description resource_level primary_motivation",
        texts="aliases goals secondary_motivations",
        timestamps=_SEEN,
    ),
    "location": _object(
        at_least_one("region", "country", "latitude"),
        needs("latitude", "longitude"),
        needs("longitude", "latitude"),
        needs("precision", "latitude"),
        required="",
        text="name description region country administrative_area city "
        "street_address postal_code",
        latitude=number(-90, 90),
        longitude=number(-180, 180),
        precision=number(0),
    ),
    "malware": _object(
        SEEN_RULE,
        _a_family_has_a_name,
        required="is_family",
        text="name description",
        texts="malware_types aliases architecture_execution_envs "
        "implementation_languages capabilities",
        timestamps=_SEEN,
        is_family=flag,
        kill_chain_phases=_phases,
        operating_system_refs=listed(_software),
        sample_refs=listed(reference("file", "artifact")),
    ),
    "malware-analysis": _object(
        at_least_one("result", "analysis_sco_refs"),
        required="product",
        text="product version configuration_version analysis_engine_version "
        "analysis_definition_version result_name result",
        texts="modules",
        timestamps="submitted analysis_started analysis_ended",
        host_vm_ref=_software,
        operating_system_ref=_software,
        installed_software_refs=listed(_software),
        analysis_sco_refs=listed(_observable),
        sample_ref=reference("file", "network-traffic", "artifact"),
    ),
    "note": _object(
        required="content object_refs",
        text="abstract content",
        texts="authors",
        object_refs=listed(any_object),
    ),
    "observed-data": _object(
        not_before("first_observed", "last_observed"),
        at_least_one("objects", "object_refs"),
        not_both("objects", "object_refs"),
        _an_observable_was_observed,
        required="first_observed last_observed number_observed",
        timestamps="first_observed last_observed",
        number_observed=integer(1, 999_999_999),
        objects=dictionary(_contained),
        object_refs=listed(_observed),
    ),
    "opinion": _object(
        required="opinion object_refs",
        text="explanation",
        texts="authors",
        opinion=one_of(
            "strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"
        ),
        object_refs=listed(any_object),
    ),
    "report": _object(
        required="name published object_refs",
        text="name description",
        texts="report_types",
        timestamps="published",
        object_refs=listed(any_object),
    ),
    "threat-actor": _object(
        SEEN_RULE,
        text="name description sophistication resource_level primary_motivation",
        texts="threat_actor_types aliases roles goals secondary_motivations "
        "personal_motivations",
        timestamps=_SEEN,
    ),
    "tool": _object(
        text="name description tool_version",
        texts="tool_types aliases",
        kill_chain_phases=_phases,
    ),
    "vulnerability": _object(text="name description"),
}
