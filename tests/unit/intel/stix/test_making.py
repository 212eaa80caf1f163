"""What Hanse publishes is valid, canonical, and says what it was given."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.stix.ids import canonical_json, keyed_id
from hanse.intel.stix.making import identity, indicator, sighting
from hanse.intel.stix.markings import TLP_MARKING_IDS, tlp_of
from hanse.intel.stix.patterns import simple_values
from hanse.intel.stix.validate import read_object
from tests.unit.intel.stix.samples import ref

AT = datetime(2025, 3, 1, 8, 30, tzinfo=UTC)


def an_indicator(**changes: Any) -> bytes:
    given: dict[str, Any] = {
        "id": keyed_id(b"secret", "indicator", "claim"),
        "created_by_ref": ref("identity"),
        "created": AT,
        "modified": AT + timedelta(seconds=1),
        "kind": "url",
        "value": "https://shop.example/it's",
        "indicator_types": ["malicious-activity"],
        "labels": ["phishing"],
        "confidence": 80,
        "valid_from": AT,
        "valid_until": AT + timedelta(days=30),
        "description": "Asks for cards",
        "tlp": "amber+strict",
    }
    return indicator(**(given | changes))


def test_an_indicator_says_what_the_claim_says():
    header, value = read_object(an_indicator())
    assert header.version_at == AT + timedelta(seconds=1)
    assert tlp_of(header.markings) == "amber+strict"
    assert value == {
        "type": "indicator",
        "spec_version": "2.1",
        "id": keyed_id(b"secret", "indicator", "claim"),
        "created": "2025-03-01T08:30:00.000000Z",
        "modified": "2025-03-01T08:30:01.000000Z",
        "created_by_ref": ref("identity"),
        "name": "url: https://shop.example/it's",
        "description": "Asks for cards",
        "indicator_types": ["malicious-activity"],
        "pattern": "[url:value = 'https://shop.example/it\\'s']",
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": "2025-03-01T08:30:00.000000Z",
        "valid_until": "2025-03-31T08:30:00.000000Z",
        "labels": ["phishing"],
        "confidence": 80,
        "object_marking_refs": [TLP_MARKING_IDS["amber+strict"]],  # type: ignore[index]
    }


def test_what_is_empty_is_left_out_and_what_is_nought_is_not():
    value = json.loads(
        an_indicator(
            description="",
            labels=(),
            indicator_types=[],
            valid_until=None,
            confidence=0,
            external_references=[],
        )
    )
    left_out = {"description", "labels", "indicator_types", "valid_until", "revoked"}
    assert left_out.isdisjoint(value)
    assert value["confidence"] == 0


def test_a_withdrawn_claim_is_revoked():
    assert read_object(an_indicator(revoked=True))[0].revoked
    assert "revoked" not in json.loads(an_indicator())


def test_a_long_value_makes_a_short_name():
    value = json.loads(an_indicator(value="https://shop.example/" + "a" * 5000))
    assert len(value["name"]) == 200
    assert simple_values(value["pattern"]) == (
        ("url", "https://shop.example/" + "a" * 5000),
    )


def test_an_identity_is_valid():
    made = identity(
        id=keyed_id(b"secret", "identity", "7"),
        created=AT,
        modified=AT,
        name="示例商店 Example Shop",
        sectors=["retail"],
    )
    header, value = read_object(made)
    assert header.type == "identity"
    assert value["identity_class"] == "organization"
    assert "contact_information" not in value


def test_a_sighting_is_valid_and_its_count_stays_in_bounds():
    made = sighting(
        id=keyed_id(b"secret", "sighting", "7"),
        created_by_ref=ref("identity"),
        created=AT,
        modified=AT,
        sighting_of_ref=ref("indicator"),
        count=10**12,
        first_seen=AT,
        last_seen=AT + timedelta(hours=1),
        tlp="green",
        where_sighted_refs=[ref("identity")],
    )
    _, value = read_object(made)
    assert value["count"] == 999_999_999
    assert "revoked" not in value


@pytest.mark.parametrize("changes", [{"kind": "phone"}, {"tlp": "purple"}])
def test_what_is_not_known_is_not_published(changes: dict[str, str]):
    with pytest.raises(ValueError, match=r"no patterns|purple"):
        an_indicator(**changes)


@given(
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    description=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    confidence=st.integers(0, 100),
    seconds=st.integers(0, 10**9),
)
def test_every_indicator_is_valid_and_canonical(
    value: str, description: str, confidence: int, seconds: int
):
    made = an_indicator(
        value=value,
        description=description,
        confidence=confidence,
        modified=AT + timedelta(seconds=seconds),
        external_references=[{"source_name": "report", "url": "https://a.example/"}],
    )
    _, read = read_object(made)
    assert made == canonical_json(read).encode()
    assert simple_values(read["pattern"]) == (("url", value),)
    assert stix2.parse(made, version="2.1")["confidence"] == confidence
