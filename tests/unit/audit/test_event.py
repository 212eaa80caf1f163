"""The bytes of a leaf: one spelling, salted."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit.event import (
    Actor,
    ActorKind,
    Event,
    body_of,
    canonical_json,
    salted_leaf,
)
from hanse.base.ids import MemberId

NOON = datetime(2025, 3, 1, 12, 0, 0, 7, tzinfo=UTC)
ANNA = UUID("6f1c0a3e-94c7-4a55-9d0c-0b8f2f6d1a11")
HARBOUR = MemberId(UUID("0d8a6b1e-5a43-4d43-8a7e-5b2b3c4d5e6f"))

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_a_body_says_who_did_what_when_in_a_fixed_spelling():
    anna = Actor(ActorKind.PERSON, ANNA, HARBOUR, "安娜 (Harbour Pay)")
    event = Event("report.made", anna, "claim:1", {"tlp": "green", "count": 2})
    assert body_of(event, NOON).decode() == (
        '{"act":"report.made","actor":{"id":"6f1c0a3e-94c7-4a55-9d0c-0b8f2f6d1a11",'
        '"kind":"person","label":"安娜 (Harbour Pay)",'
        '"member":"0d8a6b1e-5a43-4d43-8a7e-5b2b3c4d5e6f"},'
        '"at":"2025-03-01T12:00:00.000007Z","details":{"count":2,"tlp":"green"},'
        '"subject":"claim:1"}'
    )


def test_the_hub_itself_has_no_id_and_no_member():
    body = json.loads(
        body_of(Event("x", Actor(ActorKind.SYSTEM, None, None, "hub"), "y"), NOON)
    )
    assert body["actor"] == {
        "id": None,
        "kind": "system",
        "label": "hub",
        "member": None,
    }
    assert body["details"] == {}


def test_an_instant_is_written_in_utc_wherever_it_was_read():
    event = Event("x", Actor(ActorKind.SYSTEM, None, None, "hub"), "y")
    shanghai = NOON.astimezone(timezone(timedelta(hours=8)))
    assert body_of(event, shanghai) == body_of(event, NOON)


@given(values)
def test_canonical_json_is_compact_sorted_utf8(value: object):
    ours = canonical_json(value)  # type: ignore[arg-type]
    assert json.loads(ours) == value
    again = canonical_json(msgspec.json.decode(ours))
    assert again == ours


@given(st.dictionaries(st.text(), st.integers(0, 9), max_size=6))
def test_the_order_of_keys_does_not_show(value: dict[str, int]):
    turned = dict(reversed(value.items()))
    assert canonical_json(turned) == canonical_json(value)
    keys = list(json.loads(canonical_json(value)))
    assert keys == sorted(value)


def test_a_leaf_is_the_hash_of_salt_and_body():
    assert salted_leaf(b"s" * 16, b"{}") == sha256(b"s" * 16 + b"{}").digest()
    assert salted_leaf(b"t" * 16, b"{}") != salted_leaf(b"s" * 16, b"{}")


@pytest.mark.parametrize("salt", [b"", b"s" * 15, b"s" * 17])
def test_a_salt_has_16_bytes(salt: bytes):
    with pytest.raises(ValueError, match="16"):
        salted_leaf(salt, b"{}")
