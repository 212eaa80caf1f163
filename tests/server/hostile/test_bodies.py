"""Bodies nobody sends in good faith: a clear refusal for each, and no harm done."""

import gzip
import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.server.hostile.conftest import Client, Unharmed

# Every address that takes a body from a member.
BODIES = (
    "/v1/reports",
    "/v1/sightings",
    "/v1/bundles",
    "/v1/misp",
    "/v1/circles",
    "/v1/edges/enrol",
    "/v1/claims/00000000-0000-4000-8000-000000000000/withdraw",
)
JSON = {"content-type": "application/json"}


def fault_of(answer: Any, *, may_be_good: bool = False) -> str:
    """What is wrong with how the hub answered; nothing if it said clearly no."""
    if may_be_good and answer.status_code < 300:
        return ""
    if not 400 <= answer.status_code < 500:
        return f"status {answer.status_code}: {answer.text[:200]}"
    if not answer.headers["content-type"].startswith("application/problem+json"):
        return f"no problem+json but {answer.headers['content-type']}"
    problem = answer.json()
    if not problem["code"] or len(problem["detail"]) <= 10:
        return f"says nothing: {answer.text[:200]}"
    return ""


def faults(answers: Iterable[tuple[object, Any]], *, may_be_good: bool) -> list[str]:
    """Each fault with what it was an answer to."""
    found = []
    for asked, answer in answers:
        fault = fault_of(answer, may_be_good=may_be_good)
        if fault:
            found.append(f"{asked!r:.80}: {fault}")
    return found


NO_REQUESTS = [
    b"",
    b"\xff\xfe\x00",
    b'{"items": [{"value": "http://a\xff.example/"}]}',
    b"{" * 100_000,
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"null",
    b"[]",
    b'"text"',
    b"1e400",
    b"-" + b"9" * 100_000,
    b'{"items": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"items": [{"value": "' + b"\\ud800" * 100 + b'"}]}',
    b'{"items": [], "items": [{}]}',
    gzip.compress(b"0" * 50_000_000),
]


@pytest.mark.parametrize("address", BODIES)
def test_a_body_that_is_no_request_is_refused_with_a_problem(
    member: Client, unharmed: Unharmed, address: str
):
    answers = (
        (body, member.post(address, content=body, headers=JSON)) for body in NO_REQUESTS
    )

    assert faults(answers, may_be_good=False) == []


def test_a_compressed_body_is_never_unpacked(member: Client, unharmed: Unharmed):
    bomb = gzip.compress(b'{"items": []}' + b" " * 100_000_000)
    headers = {**JSON, "content-encoding": "gzip"}
    answers = (
        (address, member.post(address, content=bomb, headers=headers))
        for address in BODIES
    )

    assert faults(answers, may_be_good=False) == []


def test_a_body_larger_than_the_address_takes_is_refused_as_too_large(
    member: Client, unharmed: Unharmed
):
    statuses = {
        address: member.post(address, content=b" " * size, headers=JSON).status_code
        for address, size in (
            ("/v1/reports", 2_000_000),
            ("/v1/circles", 2_000_000),
            ("/v1/bundles", 40_000_000),
            ("/v1/misp", 40_000_000),
        )
    }

    assert set(statuses.values()) == {413}, statuses


def test_two_thousand_and_one_values_are_too_many_for_one_report(
    member: Client, unharmed: Unharmed
):
    items = [{"value": f"http://n{n}.example/"} for n in range(2_001)]

    answer = member.post("/v1/reports", json={"items": items})

    assert fault_of(answer) == ""
    assert answer.json()["pointer"] == "/items"


CONTROLS = ("\x00", "a\x00b", "\x1b[2J", "\u202e", "\ufffe", "\x85", "\u2028")


def test_control_characters_are_taken_or_refused_and_never_fail(
    member: Client, unharmed: Unharmed
):
    def body(field: str, text: str) -> dict[str, Any]:
        item = {"value": "http://control.example/x", "note": "a note"}
        if field == "title":
            return {"items": [item], "title": f"a {text} title"}
        return {"items": [{**item, field: item[field] + text}]}

    answers = (
        ((field, text), member.post("/v1/reports", json=body(field, text)))
        for field in ("value", "note", "title")
        for text in CONTROLS
    )

    assert faults(answers, may_be_good=True) == []


TIMES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-23:59",
    "1969-12-31T23:59:60Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "292277026596-12-04T15:30:08Z",
    "-0001-01-01T00:00:00Z",
    "now",
    "",
    0,
    10**30,
    -1,
    1e308,
]


def test_an_absurd_time_in_a_report_is_taken_or_refused(
    member: Client, unharmed: Unharmed
):
    def body(time: object) -> dict[str, Any]:
        return {"items": [{"value": "http://times.example/x", "valid_until": time}]}

    answers = ((time, member.post("/v1/reports", json=body(time))) for time in TIMES)

    assert faults(answers, may_be_good=True) == []


def test_an_absurd_sighting_is_taken_or_refused(member: Client, unharmed: Unharmed):
    value = "http://sighted.example/x"
    member.post("/v1/reports", json={"items": [{"value": value}]})

    def body(count: int, first: object, last: object) -> dict[str, Any]:
        seen = {"first_seen": first, "last_seen": last}
        return {"sightings": [{"kind": "url", "value": value, "count": count, **seen}]}

    good = "2026-01-01T00:00:00Z"
    odd = [(1, time, time) for time in TIMES]
    odd += [(1, good, time) for time in TIMES] + [(1, time, good) for time in TIMES]
    odd += [(count, good, good) for count in (0, -1, 2**31, 2**63, 10**40)]
    answers = ((each, member.post("/v1/sightings", json=body(*each))) for each in odd)

    assert faults(answers, may_be_good=True) == []


def test_an_absurd_time_in_a_bundle_is_taken_or_named(
    member: Client, unharmed: Unharmed
):
    def bundle(number: int, time: object) -> dict[str, Any]:
        indicator = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3{number:04x}",
            "created": time,
            "modified": time,
            "valid_from": time,
            "pattern": "[url:value = 'http://bundled.example/x']",
            "pattern_type": "stix",
        }
        name = "bundle--44af6c39-c09b-49c5-9de2-394224b04982"
        return {"type": "bundle", "id": name, "objects": [indicator]}

    answers = (
        (time, member.post("/v1/bundles", json=bundle(number, time)))
        for number, time in enumerate(TIMES)
    )

    assert faults(answers, may_be_good=True) == []


NAMES = [
    "http://xn--/",
    "http://xn--a/",
    "http://xn--" + "a" * 70 + ".example/",
    "http://" + "a." * 200 + "example/",
    "http://" + "ｅｘａｍｐｌｅ．ｃｏｍ/",
    "http://exa\u00admple.com/",
    "http://example.com\u3002evil.example/",
    "http://ex\u200dample.com/",
    "http://\u202eexample.com/",
    "http://exаmple.com/",
    "http://ß.example/",
    "http://İ.example/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::1%25eth0]/",
    "http://user:pass@@example.com/",
    "http://example.com:99999/",
    "http://example.com:٣/",
    "http://%00.example/",
    "http://example.com/%" * 50,
    "http://example.com/" + "../" * 2_000,
    "http://" + "一" * 3_000 + "/",
    "javascript:alert(1)",
    "data:text/html," + "A" * 5_000,
    "http:\\\\example.com\\x",
    "h\ttp://exa\nmple.com/",
]


def test_a_name_made_to_confuse_is_taken_in_one_spelling_or_refused(
    member: Client, unharmed: Unharmed
):
    def told(value: str) -> Any:
        return member.post("/v1/reports", json={"items": [{"value": value}]})

    found = []
    for name in NAMES:
        first = told(name)
        found += faults([(name, first)], may_be_good=True)
        if first.status_code == 201:
            made = first.json()["claims"][0]
            again = told(made["value"])
            is_same = again.status_code == 201 and (
                again.json()["claims"][0]["claim"] == made["claim"]
            )
            if not is_same:
                found.append(f"{name!r:.80}: its own spelling is another value")

    assert found == []


def test_a_bundle_of_many_small_faults_names_them_and_answers_soon(
    member: Client, unharmed: Unharmed
):
    objects = [{"type": "x", "id": n} for n in range(20_000)]
    bundle = {"type": "bundle", "id": "bundle--1", "objects": objects}

    answer = member.post("/v1/bundles", content=json.dumps(bundle), headers=JSON)

    assert fault_of(answer, may_be_good=True) == ""
    assert len(answer.content) < 2_000_000
