"""Identifiers: reading, the deterministic ones of the standard, and our own."""

import json
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.stix import ids
from hanse.intel.stix.ids import canonical_json, keyed_id, observable_id, type_of
from hanse.intel.stix.names import OBSERVABLE_TYPES
from tests.unit.intel.stix.samples import DROP, UUID, raw, sample


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        (f"tool--{UUID}", "tool"),
        (f"x-own-thing--{UUID.upper()}", "x-own-thing"),
        ("url--00000000-0000-1000-8000-000000000000", "url"),
        ("url--018f2e2d-2b17-7d4c-bf93-8f98ee46b3cd", "url"),
        (f"tool-{UUID}", None),
        (f"tool---{UUID}", None),
        (f"Tool--{UUID}", None),
        (f"x--y--{UUID}", None),
        (f"ab--{UUID}", None),
        (f"{'a' * 251}--{UUID}", None),
        (f"tool--{UUID}x", None),
        (f"tool--{UUID}\n", None),
        (f"tool--{UUID.replace('-', '')}", None),
        ("tool--{" + UUID + "}", None),
        ("tool--8e2e2d2b-17d4-4cbf-c38f-98ee46b3cd3f", None),
        ("tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f".replace("8", "８"), None),
        ("", None),
    ],
)
def test_an_identifier_is_a_type_and_a_uuid(identifier: str, kind: str | None):
    assert type_of(identifier) == kind


# From the examples of STIX 2.1 with errata 01, section 6.
PUBLISHED: list[tuple[str, dict[str, Any]]] = [
    (
        "28bb3599-77cd-5a82-a950-b5bc3caf07c4",
        {"type": "ipv4-addr", "value": "198.51.100.3"},
    ),
    (
        "1ea47840-aa39-5aa8-b4a2-cd203eb6662a",
        {"type": "ipv4-addr", "value": "198.51.100.0/24"},
    ),
    (
        "bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
        {"type": "domain-name", "value": "example.com"},
    ),
    (
        "3aa27478-50b5-5ab8-9da9-cdc12b657fff",
        {"type": "autonomous-system", "number": 15139},
    ),
    (
        "0a58d0c1-59e6-5afd-8252-dcd3f13e5622",
        {"type": "directory", "path": "C:\\Windows\\System32"},
    ),
    (
        "f93fe911-e545-5239-b9b0-597840d0c871",
        {"type": "mutex", "name": "__CLEANSWEEP__"},
    ),
    (
        "757b1725-9903-54f5-a855-1240691d7659",
        {"type": "mac-addr", "value": "d2:fb:49:24:37:18"},
    ),
    (
        "f94d689e-707d-58c3-b803-c720bb6ed096",
        {
            "type": "user-account",
            "user_id": "1001",
            "account_login": "jdoe",
            "account_type": "unix",
        },
    ),
    (
        "1884b770-b679-522a-a9c7-45fadaaec7bb",
        {"type": "windows-registry-key", "key": "HKEY_LOCAL_MACHINE\\System\\Foo\\Bar"},
    ),
    (
        "66772174-3442-5e0d-b577-4bd7be55fb87",
        {
            "type": "file",
            "name": "picture.jpg",
            "hashes": {
                "SHA-256": "4bac27393bdd9777ce02453256c5577c"
                "d02275510b2227f473d03f533924f877"
            },
            "extensions": {
                "raster-image-ext": {
                    "exif_tags": {
                        "Make": "Nikon",
                        "Model": "D7000",
                        "XResolution": 4928,
                        "YResolution": 3264,
                    }
                }
            },
        },
    ),
]


@pytest.mark.parametrize(("uuid", "value"), PUBLISHED)
def test_observables_get_the_identifiers_the_standard_publishes(
    uuid: str, value: dict[str, Any]
):
    assert observable_id(value) == f"{value['type']}--{uuid}"


@pytest.mark.parametrize(
    "kind", sorted(OBSERVABLE_TYPES - {"email-message", "process"})
)
def test_observables_get_the_identifiers_the_oasis_library_gives(kind: str):
    # The library writes timestamps anew before it hashes them; so none here.
    value = sample(kind, id=DROP, extensions=DROP, start=DROP, end=DROP)
    parsed = stix2.parse(raw(value), version="2.1", allow_custom=True)
    assert observable_id(value) == parsed.id


def test_without_contributing_properties_there_is_no_deterministic_identifier():
    assert observable_id({"type": "process", "pid": 1}) is None
    assert observable_id({"type": "user-account", "display_name": "a"}) is None
    assert observable_id({"type": "x-own", "value": "a"}) is None
    assert observable_id({}) is None


def test_a_keyed_identifier_is_a_valid_one_and_always_the_same():
    made = keyed_id(b"secret", "indicator", "claim", "7")
    assert made == keyed_id(b"secret", "indicator", "claim", "7")
    assert type_of(made) == "indicator"
    assert made[25] == "5"


def test_keyed_identifiers_tell_secrets_types_and_the_seams_of_parts_apart():
    made = {
        keyed_id(b"secret", "indicator", "ab", "c"),
        keyed_id(b"secret", "indicator", "a", "bc"),
        keyed_id(b"secret", "indicator", "abc"),
        keyed_id(b"secret", "indicator", "abc", ""),
        keyed_id(b"secret", "identity", "abc"),
        keyed_id(b"other", "indicator", "abc"),
    }
    assert len({identifier.partition("--")[2] for identifier in made}) == 6


# RFC 8785, appendix B and section 3.2.3.
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1e21, "1e+21"),
        (999999999999999900000.0, "999999999999999900000"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
        (4.5, "4.5"),
        (2e-3, "0.002"),
        ('\u20ac$\u000f\nA\'B"\\\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ([56, {"d": True, "10": None, "1": []}], '[56,{"1":[],"10":null,"d":true}]'),
        (
            {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "1": 5, "\u0080": 6},
            '{"\\r":4,"1":5,"\u0080":6,"\u20ac":3,"\U0001f600":2,"\ufb33":1}',
        ),
    ],
)
def test_canonical_json_is_that_of_rfc_8785(value: object, written: str):
    assert canonical_json(value) == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_the_same(number: float):
    assert float(canonical_json(number)) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_canonical_json_is_json(value: object):
    assert json.loads(canonical_json(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"a"])
def test_what_json_cannot_hold_is_refused(value: object):
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(value)


def test_a_million_references_do_not_stay_in_memory():
    for number in range(40_000):
        ids.remembered_type_of(f"url--{number:08x}-0000-4000-8000-000000000000")
    assert len(ids.remembered) <= 16_384
