"""What is wrong with an object, type by type: the exact place and a sentence."""

from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.stix.validate import CHECKS, check_object
from tests.unit.intel.stix.samples import (
    DROP,
    LATER,
    TYPES,
    UUID,
    WHEN,
    raw,
    ref,
    sample,
)


def pointers(value: object) -> list[str]:
    return [fault.pointer for fault in check_object(value)]


def test_there_is_a_sample_of_every_type_of_the_standard():
    assert set(CHECKS) <= set(TYPES)


@pytest.mark.parametrize("kind", TYPES)
def test_the_sample_of_each_type_is_valid(kind: str):
    assert check_object(sample(kind)) == []


# The library's own slips: `summary` and `X-Mailer` are as the text of the standard
# has them, and custom types have to be registered with it first.
_NOT_COMPARED = {"email-message", "x-example-sdo", "x-example-sco"}


@pytest.mark.parametrize("kind", sorted(set(TYPES) - _NOT_COMPARED))
def test_the_library_of_oasis_takes_each_sample_too(kind: str):
    assert stix2.parse(raw(sample(kind)), allow_custom=True, version="2.1")


REQUIRED = {
    "attack-pattern": ["name"],
    "campaign": ["name"],
    "course-of-action": ["name"],
    "grouping": ["context", "object_refs"],
    "identity": ["name"],
    "incident": ["name"],
    "indicator": ["pattern", "pattern_type", "valid_from"],
    "infrastructure": ["name"],
    "intrusion-set": ["name"],
    "malware": ["is_family"],
    "malware-analysis": ["product"],
    "note": ["content", "object_refs"],
    "observed-data": ["first_observed", "last_observed", "number_observed"],
    "opinion": ["opinion", "object_refs"],
    "report": ["name", "published", "object_refs"],
    "threat-actor": ["name"],
    "tool": ["name"],
    "vulnerability": ["name"],
    "relationship": ["relationship_type", "source_ref", "target_ref"],
    "sighting": ["sighting_of_ref"],
    "language-content": ["object_ref", "contents"],
    "extension-definition": [
        "created_by_ref",
        "name",
        "schema",
        "version",
        "extension_types",
    ],
    "autonomous-system": ["number"],
    "directory": ["path"],
    "domain-name": ["value"],
    "email-addr": ["value"],
    "email-message": ["is_multipart"],
    "ipv4-addr": ["value"],
    "ipv6-addr": ["value"],
    "mac-addr": ["value"],
    "mutex": ["name"],
    "network-traffic": ["protocols"],
    "software": ["name"],
    "url": ["value"],
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in REQUIRED for name in REQUIRED[kind]]
)
def test_a_required_property_that_is_missing_is_named(kind: str, name: str):
    faults = check_object(sample(kind, **{name: DROP}))
    assert ("/" + name, "is required and missing") in [
        (fault.pointer, fault.message) for fault in faults
    ]


@given(kind=st.sampled_from(sorted(REQUIRED)), data=st.data())
def test_all_that_is_missing_is_named_whatever_else_is_wrong(
    kind: str, data: st.DataObject
):
    names = data.draw(st.sets(st.sampled_from(REQUIRED[kind]), min_size=1))
    changes: dict[str, Any] = dict.fromkeys(names, DROP)
    found = pointers(sample(kind, **changes, x_odd=data.draw(st.integers())))
    assert {"/" + name for name in names} <= set(found)


@pytest.mark.parametrize("kind", [k for k in TYPES if "created" in sample(k)])
def test_what_is_versioned_needs_its_times_its_id_and_its_type(kind: str):
    names = ["type", "id", "created"]
    names += ["modified"] if kind != "marking-definition" else []
    for name in names:
        assert pointers(sample(kind, **{name: DROP})) == ["/" + name]


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    # What all objects share.
    ("tool", {"type": 7}, "/type", "must be a string"),
    ("tool", {"type": "Tool"}, "/type", "must be lowercase"),
    ("tool", {"type": "x--tool"}, "/type", "must be lowercase"),
    ("tool", {"id": ref("malware")}, "/id", "must be the object's type"),
    ("tool", {"id": f"tool-{UUID}"}, "/id", "must be the object's type"),
    ("tool", {"id": f"tool--{UUID[:-1]}g"}, "/id", "must be the object's type"),
    ("tool", {"id": f"tool--{UUID}\n"}, "/id", "must be the object's type"),
    (
        "tool",
        {"id": "tool--8e2e2d2b-17d4-4cbf-138f-98ee46b3cd3f"},
        "/id",
        "must be the object's type",
    ),
    ("tool", {"id": 5}, "/id", "must be an identifier"),
    ("tool", {"spec_version": "2.2"}, "/spec_version", "must be 2.1"),
    ("tool", {"spec_version": 2.1}, "/spec_version", "must be 2.1"),
    ("tool", {"created": "2025-03-01"}, "/created", "must be a timestamp in UTC"),
    ("tool", {"created": 1740816000}, "/created", "must be a timestamp in a string"),
    ("tool", {"modified": "2025-02-01T00:00:00Z"}, "/modified", "earlier than created"),
    ("tool", {"created_by_ref": ref("tool")}, "/created_by_ref", "of type identity"),
    ("tool", {"created_by_ref": "me"}, "/created_by_ref", "must be an identifier"),
    ("tool", {"revoked": "true"}, "/revoked", "must be true or false, not a string"),
    ("tool", {"labels": []}, "/labels", "must not be empty"),
    ("tool", {"labels": "one"}, "/labels", "must be a list, not a string"),
    ("tool", {"labels": ["a", None]}, "/labels/1", "must be a string, not null"),
    ("tool", {"confidence": 101}, "/confidence", "between 0 and 100"),
    ("tool", {"confidence": 50.5}, "/confidence", "whole number"),
    ("tool", {"confidence": True}, "/confidence", "whole number, not a boolean"),
    ("tool", {"lang": "no language!"}, "/lang", "language code"),
    ("tool", {"defanged": True}, "/defanged", "only be used on cyber-observable"),
    ("tool", {"severity": "high"}, "/severity", "reserved"),
    ("tool", {"phone_number": "1"}, "/phone_number", "reserved"),
    ("tool", {"Name2": 1}, "/Name2", "3 to 250 lowercase letters"),
    ("tool", {"xy": 1}, "/xy", "3 to 250 lowercase letters"),
    ("tool", {"a/b~c": 1}, "/a~1b~0c", "3 to 250 lowercase letters"),
    (
        "tool",
        {"external_references": [{"source_name": "a", "url": "b"}, {"url": "b"}]},
        "/external_references/1/source_name",
        "is required and missing",
    ),
    (
        "tool",
        {"external_references": [{"source_name": "a"}]},
        "/external_references/0",
        "at least one of description, url, external_id",
    ),
    (
        "tool",
        {
            "external_references": [
                {"source_name": "a", "url": "b", "hashes": {"MD5": "c"}}
            ]
        },
        "/external_references/0/hashes/MD5",
        "32 hexadecimal digits",
    ),
    (
        "tool",
        {"kill_chain_phases": [{"kill_chain_name": "a"}]},
        "/kill_chain_phases/0/phase_name",
        "is required",
    ),
    (
        "tool",
        {"object_marking_refs": [ref("identity")]},
        "/object_marking_refs/0",
        "of type marking-definition",
    ),
    (
        "tool",
        {"granular_markings": [{"selectors": ["name"]}]},
        "/granular_markings/0",
        "at least one of lang, marking_ref",
    ),
    (
        "tool",
        {
            "granular_markings": [
                {
                    "selectors": ["name"],
                    "lang": "de",
                    "marking_ref": ref("marking-definition"),
                }
            ]
        },
        "/granular_markings/0/marking_ref",
        "must not be present where lang is",
    ),
    ("tool", {"extensions": {}}, "/extensions", "must not be empty"),
    (
        "tool",
        {"extensions": {"extension-definition--1": {"extension_type": "new-sdo"}}},
        "/extensions/extension-definition--1",
        "identifier of an extension definition",
    ),
    (
        "tool",
        {"extensions": {ref("extension-definition"): {"rank": 1}}},
        f"/extensions/{ref('extension-definition')}/extension_type",
        "is required",
    ),
    (
        "tool",
        {"extensions": {ref("extension-definition"): {"extension_type": "new"}}},
        f"/extensions/{ref('extension-definition')}/extension_type",
        "must be one of new-sdo",
    ),
    (
        "tool",
        {"extensions": {"my-ext": [1]}},
        "/extensions/my-ext",
        "must be an object",
    ),
    # Domain objects.
    ("campaign", {"last_seen": "2020-01-01T00:00:00Z"}, "/last_seen", "earlier than"),
    ("grouping", {"object_refs": [ref("bundle")]}, "/object_refs/0", "a STIX object"),
    ("indicator", {"valid_until": WHEN}, "/valid_until", "later than valid_from"),
    ("indicator", {"pattern": "[url:value]"}, "/pattern", "column 11"),
    ("indicator", {"pattern": 5}, "/pattern", "must be a string, not a number"),
    ("location", {"latitude": 91}, "/latitude", "between -90 and 90"),
    ("location", {"latitude": "31.2"}, "/latitude", "must be a number, not a string"),
    ("location", {"longitude": DROP}, "/longitude", "where latitude is present"),
    ("location", {"precision": -1}, "/precision", "between 0 and"),
    (
        "location",
        {"region": DROP, "latitude": DROP, "longitude": DROP, "precision": DROP},
        "",
        "at least one of region, country, latitude",
    ),
    ("malware", {"name": DROP}, "/name", "malware family"),
    ("malware", {"sample_refs": [ref("url")]}, "/sample_refs/0", "file or artifact"),
    (
        "malware",
        {"operating_system_refs": [ref("tool")]},
        "/operating_system_refs/0",
        "of type software",
    ),
    ("malware-analysis", {"result": DROP, "analysis_sco_refs": DROP}, "", "result"),
    (
        "malware-analysis",
        {"analysis_sco_refs": [ref("tool")]},
        "/analysis_sco_refs/0",
        "cyber-observable object",
    ),
    ("observed-data", {"number_observed": 0}, "/number_observed", "between 1 and"),
    (
        "observed-data",
        {"object_refs": DROP},
        "",
        "at least one of objects, object_refs",
    ),
    (
        "observed-data",
        {"objects": {"0": {"type": "url", "value": "a"}}},
        "/object_refs",
        "must not be present where objects is",
    ),
    (
        "observed-data",
        {"object_refs": DROP, "objects": {"0": {"value": "a"}}},
        "/objects/0",
        "needs a type",
    ),
    ("observed-data", {"object_refs": [ref("tool")]}, "/object_refs/0", "observable"),
    (
        "observed-data",
        {"object_refs": [ref("relationship")]},
        "/object_refs",
        "at least one cyber-observable object",
    ),
    ("opinion", {"opinion": "maybe"}, "/opinion", "one of strongly-disagree, disagree"),
    ("report", {"object_refs": []}, "/object_refs", "must not be empty"),
    # Relationships and what is said about objects.
    ("relationship", {"stop_time": WHEN}, "/stop_time", "later than start_time"),
    ("relationship", {"relationship_type": "Uses It"}, "/relationship_type", "hyphens"),
    ("relationship", {"source_ref": ref("sighting")}, "/source_ref", "a domain object"),
    ("relationship", {"target_ref": ref("bundle")}, "/target_ref", "a domain object"),
    ("sighting", {"count": -1}, "/count", "between 0 and 999999999"),
    ("sighting", {"count": 10**9}, "/count", "between 0 and 999999999"),
    ("sighting", {"sighting_of_ref": ref("url")}, "/sighting_of_ref", "domain object"),
    (
        "sighting",
        {"where_sighted_refs": [ref("tool")]},
        "/where_sighted_refs/0",
        "identity or location",
    ),
    ("marking-definition", {"definition": DROP}, "/definition", "no extensions"),
    (
        "marking-definition",
        {"definition": {"text": "a"}},
        "/definition/statement",
        "is required",
    ),
    (
        "marking-definition",
        {"object_marking_refs": [ref("marking-definition")]},
        "/object_marking_refs",
        "this very object",
    ),
    (
        "language-content",
        {"contents": {"d!": {"a": "b"}}},
        "/contents/d!",
        "language code",
    ),
    (
        "language-content",
        {"contents": {"1_a": {"a": "b"}}},
        "/contents/1_a",
        "language code",
    ),
    (
        "language-content",
        {"contents": {"de": {}}},
        "/contents/de",
        "at least one member",
    ),
    (
        "extension-definition",
        {"extension_types": ["new-sdo"]},
        "/extension_properties",
        "toplevel-property-extension",
    ),
    (
        "extension-definition",
        {"extension_types": ["new-sxo"], "extension_properties": DROP},
        "/extension_types/0",
        "must be one of new-sdo",
    ),
    # Custom objects: the common properties and the names are checked.
    ("x-example-sdo", {"modified": DROP}, "/modified", "is required and missing"),
    ("x-example-sdo", {"Any-Thing": 1}, "/Any-Thing", "lowercase letters"),
    ("x-example-sdo", {"labels": [1]}, "/labels/0", "must be a string"),
    ("x-example-sco", {"object_marking_refs": []}, "/object_marking_refs", "empty"),
]


@pytest.mark.parametrize(("kind", "changes", "pointer", "words"), FAULTS)
def test_each_fault_is_found_where_it_is(
    kind: str, changes: dict[str, Any], pointer: str, words: str
):
    faults = check_object(sample(kind, **changes))
    assert [fault.pointer for fault in faults] == [pointer]
    assert words in faults[0].message


@pytest.mark.parametrize(
    ("selector", "is_good"),
    [
        ("name", True),
        ("tool_types.[0]", True),
        ("tool_types", True),
        ("kill_chain_phases.[0].phase_name", True),
        ("kill_chain_phases.[0].phase", False),
        ("id", True),
        ("tool_types.[1]", False),
        ("tool_types.[-1]", False),
        ("tool_types.[٠]", False),
        ("tool_types.[99999999999999999999]", False),
        ("tool_types.0", False),
        ("tool_types.name", False),
        ("name.[0]", False),
        ("pattern", False),
        ("", False),
    ],
)
def test_a_selector_has_to_select_something(selector: str, is_good: bool):
    marking = {"selectors": ["name", selector], "lang": "de"}
    phases = [{"kill_chain_name": "a", "phase_name": "b"}]
    value = sample("tool", granular_markings=[marking], kill_chain_phases=phases)
    found = pointers(value)
    assert found == ([] if is_good else ["/granular_markings/0/selectors/1"])


def test_every_fault_of_an_object_is_reported_at_once():
    value = sample("tool", name=DROP, created="now", labels=[1, "a", 2])
    assert pointers(value) == ["/name", "/created", "/labels/0", "/labels/2"]


def test_no_more_than_twenty_faults_are_reported():
    assert len(check_object(sample("tool", labels=[1] * 1000))) == 20


@pytest.mark.parametrize("value", [None, 5, "tool", [], [{}], True])
def test_what_is_not_an_object_is_refused(value: object):
    assert pointers(value) == [""]


def test_a_value_of_an_open_vocabulary_is_never_a_fault():
    assert check_object(sample("malware", malware_types=["tea-pot"])) == []
    assert check_object(sample("indicator", pattern_type="dance")) == []


def test_a_pattern_of_another_language_or_version_is_not_parsed():
    assert check_object(sample("indicator", pattern="x", pattern_type="yara")) == []
    assert check_object(sample("indicator", pattern="x", pattern_version="2.0")) == []


def test_relationships_may_touch_custom_objects_and_observables():
    value = sample("relationship", source_ref=ref("x-own"), target_ref=ref("url"))
    assert check_object(value) == []


def test_whole_floats_count_as_integers_and_booleans_do_not():
    assert check_object(sample("sighting", count=5.0)) == []
    assert pointers(sample("sighting", count=True)) == ["/count"]


def test_timestamps_are_compared_to_the_last_digit():
    first, second = "2025-03-01T08:30:00.0000001Z", "2025-03-01T08:30:00Z"
    assert pointers(sample("tool", created=first, modified=second)) == ["/modified"]
    assert check_object(sample("tool", created=second, modified=first)) == []


def test_a_custom_object_with_an_extension_is_told_by_it():
    extension = {ref("extension-definition"): {"extension_type": "new-sdo"}}
    value = sample("x-example-sco", spec_version="2.1", extensions=extension)
    assert pointers(value) == ["/created", "/modified"]
    extension[ref("extension-definition")]["extension_type"] = "new-sco"
    value = sample("x-example-sdo", modified=DROP, extensions=extension)
    assert check_object(value) == []


def test_modified_is_later_or_the_same():
    assert check_object(sample("tool", created=LATER, modified=LATER)) == []
