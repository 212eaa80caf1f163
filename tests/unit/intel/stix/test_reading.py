"""Bytes of strangers: what is read from an object, and what is refused unread."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.base.errors import Refusal
from hanse.intel.stix.ids import type_of
from hanse.intel.stix.reading import MAX_DEPTH, MAX_OBJECT_BYTES
from hanse.intel.stix.validate import Header, StixInvalid, check_object, read_object
from tests.unit.intel.stix.samples import (
    DROP,
    LATER,
    RED_1,
    TYPES,
    WHEN,
    raw,
    ref,
    sample,
)


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(StixInvalid) as caught:
        read_object(data)
    return caught.value.faults[0].pointer, caught.value.faults[0].message


def nested(depth: int) -> bytes:
    """A valid tool that nests `depth` levels deep."""
    inner = b"[" * (depth - 1) + b"1" + b"]" * (depth - 1)
    return raw(sample("tool", x_deep=0)).replace(b'"x_deep": 0', b'"x_deep": ' + inner)


class TestHeader:
    def test_it_has_what_the_store_looks_for(self):
        value = sample(
            "tool",
            created_by_ref=ref("identity"),
            object_marking_refs=[RED_1],
            revoked=True,
        )
        header, read = read_object(raw(value))
        assert header == Header(
            type="tool",
            id=ref("tool"),
            spec_version="2.1",
            version=LATER,
            version_at=datetime(2025, 3, 2, 8, 30, tzinfo=UTC),
            created_at=datetime(2025, 3, 1, 8, 30, tzinfo=UTC),
            markings=(RED_1,),
            created_by=ref("identity"),
            revoked=True,
        )
        assert read == value

    def test_the_version_is_kept_as_it_was_told(self):
        told = "2025-03-02T08:30:00.1234567890Z"
        header, _ = read_object(raw(sample("tool", modified=told)))
        assert header.version == told
        assert header.version_at == datetime(2025, 3, 2, 8, 30, 0, 123456, tzinfo=UTC)

    def test_a_marking_definition_goes_by_its_creation(self):
        header, _ = read_object(raw(sample("marking-definition")))
        assert header.version == WHEN

    def test_an_observable_has_no_version(self):
        header, _ = read_object(raw(sample("url")))
        assert (header.version, header.version_at, header.created_at) == (None,) * 3
        assert header.spec_version == "2.1"

    def test_an_object_of_stix_2_0_is_told_as_such(self):
        value = sample("tool", spec_version=DROP, granular_markings=["oops"])
        header, _ = read_object(raw(value))
        assert header.spec_version == "2.0"
        assert header.version == LATER

    def test_markings_of_parts_count_as_markings_of_the_whole(self):
        marking = {"selectors": ["value"], "marking_ref": ref("marking-definition")}
        header, _ = read_object(raw(sample("url", granular_markings=[marking])))
        assert header.markings == (ref("marking-definition"),)


class TestHostileBytes:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "not valid JSON"),
            (b"{", "not valid JSON"),
            (b"{}{}", "not valid JSON"),
            (b"\xef\xbb\xbf{}", "not valid JSON"),
            (b'{"type": NaN}', "not valid JSON"),
            (b'{"type": -Infinity}', "not valid JSON"),
            (b'{"type": 01}', "not valid JSON"),
            (b'{"a": "\x00"}', "not valid JSON"),
            (b"{'a': 1}", "not valid JSON"),
            (b'{"a": "\xff"}', "not valid UTF-8"),
            (b'{"a": "\xed\xa0\x80"}', "not valid UTF-8"),
            (b'{"a": "\xc0\x80"}', "not valid UTF-8"),
            (b'{"\xff": 1}', "not valid UTF-8"),
            (b'{"a": "\\ud800"}', "surrogate"),
            (b'{"a": "\\ude00\\ud83d"}', "surrogate"),
            (b'{"a": 1e999}', "out of range"),
            (b'{"a": ' + b"9" * 5000 + b"}", "out of range"),
            (b"[]", "must be a JSON object"),
            (b'"tool"', "must be a JSON object"),
            (b"null", "must be a JSON object"),
            (b"{}", "is required and missing"),
        ],
    )
    def test_it_is_refused_with_a_sentence(self, data: bytes, words: str):
        assert words in refusal(data)[1]

    def test_a_hundred_megabytes_of_brackets_do_not_recurse(self):
        assert "at most" in refusal(b"[" * 100_000_000)[1]

    def test_a_megabyte_of_brackets_does_not_recurse(self):
        assert "deeper than 64" in refusal(b"[" * MAX_OBJECT_BYTES)[1]
        assert "deeper than 64" in refusal(b'{"a":' * (MAX_OBJECT_BYTES // 5))[1]

    def test_the_deepest_allowed_nesting_is_read_and_one_more_is_not(self):
        assert read_object(nested(MAX_DEPTH))
        assert "deeper than 64" in refusal(nested(MAX_DEPTH + 1))[1]
        assert "deeper than 64" in refusal(nested(900))[1]

    def test_deep_values_are_refused_decoded_too(self):
        value: Any = 1
        for _ in range(900):
            value = [value]
        assert "deeper" in check_object(sample("tool", x_deep=value))[0].message

    def test_an_object_over_the_limit_is_refused_by_its_length(self):
        value = sample("tool", description="x" * MAX_OBJECT_BYTES)
        assert "bytes long" in refusal(raw(value))[1]

    def test_u_0000_is_refused_where_it_stands(self):
        pointer, message = refusal(raw(sample("tool", labels=["a", "b\0c"])))
        assert (pointer, "U+0000" in message) == ("/labels/1", True)
        assert refusal(b'{"a\\u0000b": 1}')[0] == ""

    def test_an_escaped_backslash_before_u0000_is_just_text(self):
        assert read_object(raw(sample("tool", name="\\u0000")))

    def test_integers_beyond_54_bits_are_refused_where_stix_has_integers(self):
        value = sample("autonomous-system", number=10**30)
        assert refusal(raw(value))[0] == "/number"
        assert read_object(raw(sample("tool", x_big=10**30)))

    def test_a_bundle_is_not_an_object(self):
        assert refusal(raw({"type": "bundle", "id": ref("bundle")}))[0] == "/type"

    @pytest.mark.parametrize("name", ["type", "id", "spec_version", "extensions"])
    @pytest.mark.parametrize("odd", [None, [], {}, 5, True, [["x"]], {"type": "url"}])
    def test_odd_values_in_odd_places_are_faults_not_accidents(
        self, name: str, odd: object
    ):
        assert refusal(raw(sample("tool", **{name: odd})))[0].startswith("/" + name)


class TestDuplicates:
    @pytest.mark.parametrize(
        ("old", "new", "pointer"),
        [
            ('"name":', '"name":"other","name":', "/name"),
            ('"name":', '"name" :"other","name":', "/name"),
            ('"name":', '"name"\n:"other","name":', "/name"),
            ('"name":', '"name"  \t :"other","name" :', "/name"),
            ('"name":', '"n\\u0061me":"other","name":', "/name"),
            ('"name":', '"x_a":{"b":[{"c":1,"c":1}]},"name":', "/x_a/b/0/c"),
            ('"name":', '"x_a":"\\":","x_a" : 5,"name":', "/x_a"),
            ('"name":', '"a/b":1,"a/b":2,"name":', "/a~1b"),
        ],
    )
    def test_a_name_that_stands_twice_is_found(self, old: str, new: str, pointer: str):
        text = json.dumps(sample("tool"), separators=(",", ":")).replace(old, new, 1)
        assert refusal(text.encode()) == (
            pointer,
            "is there twice; names must be unique",
        )

    def test_a_duplicate_that_hides_deep_nesting_is_found(self):
        deep = b'"name":' + b"[" * 900 + b"]" * 900 + b',"name":'
        text = json.dumps(sample("tool"), separators=(",", ":")).encode()
        assert "twice" in refusal(text.replace(b'"name":', deep))[1]

    @pytest.mark.parametrize(
        "name", ['":', '\\":', '": ":', '" :', "a :", '{"a":1,"a":2}', '"a" :1']
    )
    @pytest.mark.parametrize("indent", [None, 2, "\t"])
    def test_text_that_looks_like_names_is_not_taken_for_them(
        self, name: str, indent: int | str | None
    ):
        text = json.dumps(sample("tool", name=name), indent=indent)
        assert read_object(text.encode())[1]["name"] == name

    @given(
        names=st.lists(st.sampled_from(["a", 'b"', "c\\", "d:", "e"]), max_size=5),
        colon=st.sampled_from([":", ": ", " :", "\n:", " \t:"]),
        text=st.text(alphabet='":, \\{}\n', max_size=8),
    )
    def test_counting_agrees_with_a_slow_parser(
        self, names: list[str], colon: str, text: str
    ):
        members = ",".join(f"{json.dumps(n)}{colon}{json.dumps(text)}" for n in names)
        data = f'{{"x_inner":{{{members}}},"x_text"{colon}{json.dumps(text)}}}'.encode()
        with pytest.raises(StixInvalid) as caught:
            read_object(data)
        is_twice = "twice" in caught.value.faults[0].message
        assert is_twice == (len(set(names)) < len(names))


class TestWhateverComes:
    @given(st.binary(max_size=200))
    def test_bytes_are_read_or_refused(self, data: bytes):
        with pytest.raises(StixInvalid):
            read_object(data)

    @given(
        kind=st.sampled_from(TYPES),
        value=st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
        data=st.data(),
    )
    def test_any_value_in_any_property_is_judged(
        self, kind: str, value: object, data: st.DataObject
    ):
        name = data.draw(st.sampled_from(sorted(sample(kind))))
        faults = check_object(sample(kind, **{name: value}))
        assert all(fault.message for fault in faults)

    @given(kind=st.sampled_from(TYPES), data=st.data())
    def test_any_byte_may_change(self, kind: str, data: st.DataObject):
        changed = bytearray(raw(sample(kind)))
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(changed) - 1))
            changed[place] = data.draw(st.integers(0, 255))
        with contextlib.suppress(StixInvalid):
            header, _ = read_object(bytes(changed))
            assert type_of(header.id) == header.type

    @given(kind=st.sampled_from(TYPES), data=st.data())
    def test_the_order_of_properties_changes_nothing(
        self, kind: str, data: st.DataObject
    ):
        value = sample(kind)
        names = data.draw(st.permutations(sorted(value)))
        assert check_object({name: value[name] for name in names}) == []


def test_a_refusal_carries_code_status_and_the_first_place():
    with pytest.raises(Refusal) as caught:
        read_object(raw(sample("tool", name=DROP, labels=[])))
    assert isinstance(caught.value, StixInvalid)
    assert caught.value.code == "intel.stix_invalid"
    assert caught.value.status == 422
    assert caught.value.pointer == "/name"
    assert caught.value.message == "/name: is required and missing (1 more)"


def test_no_message_repeats_what_was_sent():
    secret = "hunter2"
    value = sample("indicator", pattern=f"[{secret} {secret}", valid_from=secret)
    value["object_marking_refs"] = [secret]
    with pytest.raises(StixInvalid) as caught:
        read_object(raw(value))
    assert len(caught.value.faults) == 3
    assert not any(secret in str(fault) for fault in caught.value.faults)
