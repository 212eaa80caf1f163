"""Envelopes and bundles: the exact bytes of each object, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.stix.validate import EnvelopeLimits, StixInvalid, read_envelope
from tests.unit.intel.stix.samples import raw, ref, sample


def refusal(body: bytes, limits: EnvelopeLimits | None = None) -> tuple[str, str]:
    with pytest.raises(StixInvalid) as caught:
        read_envelope(body, limits or EnvelopeLimits())
    return caught.value.faults[0].pointer, caught.value.faults[0].message


def test_objects_come_out_as_they_went_in():
    odd = b'{ "b" : 1.0e1,\n"a":"\\u00e9" }'
    body = b'{"more": false, "objects" : [ ' + odd + b" ,\t{}]}"
    assert read_envelope(body) == [odd, b"{}"]


def test_a_broken_object_does_not_break_the_others():
    broken = b'{"a": "\xff"}'
    assert read_envelope(b'{"objects": [{}, ' + broken + b"]}") == [b"{}", broken]


@pytest.mark.parametrize("body", [b"{}", b'{"objects": []}', b'{"more": true}'])
def test_an_envelope_may_be_empty(body: bytes):
    assert read_envelope(body) == []


def test_entries_that_are_no_objects_come_out_to_be_judged():
    assert read_envelope(b'{"objects": [1, "a", null, []]}') == [
        b"1",
        b'"a"',
        b"null",
        b"[]",
    ]


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        (b"", "", "not valid JSON"),
        (b"[]", "", "expected `object`, got `array`"),
        (b'{"objects": {}}', "/objects", "must be a list"),
        (b'{"objects": null}', "/objects", "must be a list"),
        (b'{"objects": [{}', "", "not valid JSON"),
        (b'{"objects": [' + b"[" * 5000 + b"]", "", "deeper than"),
        (b'{"objects": [1], "objects": [1]}', "/objects", "twice"),
        (b'{"objects": [1, 2], "more": true, "objects": [1]}', "/objects", "twice"),
        (b'{"objects": [], "objects" : [1]}', "/objects", "twice"),
        (b'{"objects": [], "\\u006fbjects": []}', "/objects", "twice"),
        (b'{"more": 1, "a}\\"b": {"more": 2}, "more": 1}', "/more", "twice"),
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes, pointer: str, words: str):
    found, message = refusal(body)
    assert (found, words in message) == (pointer, True), message


def test_a_bundle_is_not_taken_for_an_envelope():
    body = raw({"type": "bundle", "id": ref("bundle"), "objects": [sample("url")]})
    assert "TAXII 2.1 takes an envelope" in refusal(body)[1]
    assert len(read_envelope(body, kind="bundle")) == 1


def test_an_object_is_not_taken_for_an_envelope():
    assert "TAXII 2.1 takes an envelope" in refusal(raw(sample("url")))[1]


@pytest.mark.parametrize(
    ("bundle", "pointer"),
    [
        ({"objects": []}, "/type"),
        ({"type": "report", "id": ref("bundle")}, "/type"),
        ({"type": "bundle"}, "/id"),
        ({"type": "bundle", "id": 5}, "/id"),
        ({"type": "bundle", "id": ref("tool")}, "/id"),
    ],
)
def test_a_bundle_says_what_it_is(bundle: dict[str, object], pointer: str):
    with pytest.raises(StixInvalid) as caught:
        read_envelope(raw(bundle), kind="bundle")
    assert caught.value.pointer == pointer


def test_limits_are_kept():
    limits = EnvelopeLimits(max_bytes=40, max_objects=2)
    assert read_envelope(b'{"objects": [1, 2]}', limits) == [b"1", b"2"]
    assert refusal(b'{"objects": [1, 2, 3]}', limits)[0] == "/objects"
    assert "bytes long" in refusal(b'{"objects": [1, 2]}' + b" " * 40, limits)[1]


def test_a_hundred_megabytes_of_brackets_end_soon():
    assert "deeper" in refusal(b'{"objects":' + b"[" * 100_000_000)[1]


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    entries=st.lists(_json, max_size=4),
    others=st.dictionaries(
        st.text(max_size=8).filter(lambda name: name not in ("objects", "type")),
        _json,
        max_size=3,
    ),
    first=st.booleans(),
    indent=st.sampled_from([None, 0, 3]),
    is_ascii=st.booleans(),
)
def test_whatever_stands_around_the_objects_they_are_found(
    entries: list[object],
    others: dict[str, object],
    first: bool,
    indent: int | None,
    is_ascii: bool,
):
    members = (
        {"objects": entries, **others} if first else {**others, "objects": entries}
    )
    body = json.dumps(members, indent=indent, ensure_ascii=is_ascii)
    found = read_envelope(body.encode("utf-8", "surrogatepass"))
    assert [json.loads(entry) for entry in found] == entries
    assert all(entry in body.encode() for entry in found)
