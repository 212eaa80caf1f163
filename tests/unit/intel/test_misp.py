"""MISP events: every attribute is a value or has a reason, in every wrapping."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.feed.sharing import Tlp
from hanse.intel.claim import Category
from hanse.intel.imports import Limits
from hanse.intel.misp import MispUnreadable, read_events
from hanse.observables.kinds import Kind, Observable

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MD5 = "098f6bcd4621d373cade4e832627b4f6"


def attribute(kind, value, **more):
    return {"type": kind, "value": value, "to_ids": True, **more}


def event(*attributes, **more):
    return {"info": "A wave of mails", "Attribute": list(attributes), **more}


def read(document, **limits):
    return list(read_events(json.dumps(document).encode(), Limits(**limits)))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("url", "hxxp://evil[.]example/a|b", [(Kind.URL, "http://evil.example/a|b")]),
        ("uri", "https://evil.example", [(Kind.URL, "https://evil.example/")]),
        ("domain", "Evil.example", [(Kind.DOMAIN, "evil.example")]),
        ("hostname", "www.evil.example", [(Kind.DOMAIN, "www.evil.example")]),
        ("hostname|port", "evil.example|8080", [(Kind.DOMAIN, "evil.example")]),
        ("ip-src", "192.0.2.7", [(Kind.IP, "192.0.2.7")]),
        ("ip-dst", "2001:db8::1", [(Kind.IP, "2001:db8::1")]),
        ("ip-dst|port", "192.0.2.7|443", [(Kind.IP, "192.0.2.7")]),
        (
            "domain|ip",
            "evil.example|192.0.2.7",
            [(Kind.DOMAIN, "evil.example"), (Kind.IP, "192.0.2.7")],
        ),
        ("email-src", "Pay@evil.example", [(Kind.EMAIL, "pay@evil.example")]),
        ("email", "pay@evil.example", [(Kind.EMAIL, "pay@evil.example")]),
        ("md5", MD5, [(Kind.HASH, f"md5:{MD5}")]),
        ("sha256", SHA256, [(Kind.HASH, f"sha256:{SHA256}")]),
        ("filename|sha256", f"a|b.exe|{SHA256}", [(Kind.HASH, f"sha256:{SHA256}")]),
        ("malware-sample", f"b.exe|{MD5}", [(Kind.HASH, f"md5:{MD5}")]),
        ("x509-fingerprint-sha256", SHA256, [(Kind.CERTIFICATE, f"sha256:{SHA256}")]),
        ("mobile-application-id", "com.example.fake", [(Kind.APP, "com.example.fake")]),
    ],
)
def test_an_attribute_becomes_the_values_it_holds(kind, value, expected):
    rows = read({"Event": event(attribute(kind, value))})
    assert [row.observable for row in rows] == [Observable(*each) for each in expected]
    assert not any(row.problem for row in rows)


@pytest.mark.parametrize(
    ("given_attribute", "word"),
    [
        (attribute("link", "https://blog.example/"), "reference"),
        (attribute("comment", "x"), "context"),
        (attribute("email-dst", "you@shop.example"), "recipient"),
        (attribute("phone-number", "+8613812345678"), "person"),
        (attribute("cc-number", "4111111111111111"), "person"),
        (attribute("yara", "rule x {}"), "type yara"),
        (attribute("<b>odd</b>", "x"), "type unknown"),
        (attribute("url", "http://evil.example/", to_ids=False), "to_ids"),
        (attribute("url", "http://evil.example/", to_ids="0"), "to_ids"),
        (attribute("url", "http://evil.example/", deleted=True), "deleted"),
        (attribute("url", "http://evil.example/", distribution="0"), "fewer"),
        (attribute("url", "http://evil.example/", distribution=4), "fewer"),
        (attribute("url", "http://evil.example/", Tag=[{"name": "tlp:beige"}]), "TLP"),
        (attribute("url", "http://evil.example/", comment="x" * 99), "at most|longer"),
        (attribute("ip-dst", "192.0.2.0/24"), "CIDR"),
        (attribute("domain|ip", "evil.example"), "IP address"),
        (attribute("sha256", MD5 + "00"), "hexadecimal"),
        ({"type": "url"}, "no host"),
        ({}, "type unknown"),
    ],
)
def test_an_attribute_that_is_not_taken_has_a_reason_and_the_next_is_taken(
    given_attribute, word
):
    rows = read(
        {"Event": event(given_attribute, attribute("domain", "good.example"))},
        max_note=50,
    )
    assert any(part in (rows[-2].problem or "") for part in word.split("|"))
    assert rows[-2].observable is None
    assert rows[-1].observable == Observable(Kind.DOMAIN, "good.example")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: one,
        lambda one: {"Event": one},
        lambda one: [{"Event": one}],
        lambda one: [one],
        lambda one: {"response": [{"Event": one}]},
        lambda one: {"response": {"Event": one}},
        lambda one: {"response": one},
    ],
)
def test_an_event_is_found_in_every_wrapping_and_its_places_can_be_followed(wrap):
    inside = {"name": "file", "Attribute": [attribute("sha256", SHA256)]}
    document = wrap(event(attribute("domain", "evil.example"), Object=[inside]))
    rows = read(document)
    assert [row.observable.kind for row in rows if row.observable] == [
        Kind.DOMAIN,
        Kind.HASH,
    ]
    for row in rows:
        here = document
        for step in row.pointer.split("/")[1:]:
            here = here[int(step)] if isinstance(here, list) else here[step]
        assert here["type"] in ("domain", "sha256")


def test_what_an_attribute_says_goes_before_what_its_event_says():
    first, second = read(
        event(
            attribute(
                "url",
                "http://evil.example/",
                uuid="5b0c0b9e-0000-4000-8000-000000000001",
                timestamp="1767225600",
                comment="copies\ta\x00 bank",
                Tag=[{"name": "tlp:green"}, {"name": "tlp:amber"}],
            ),
            attribute("sha256", SHA256, timestamp="99999999999999999999"),
            uuid="5b0c0b9e-0000-4000-8000-000000000002",
            distribution="3",
            Tag=[
                {"name": "tlp:red"},
                {"name": "rsit:fraud='phishing'"},
                {"name": 'misp:confidence-level="fairly-confident"'},
            ],
        )
    )
    assert (first.tlp, second.tlp) == (Tlp.AMBER, Tlp.RED)
    assert (first.note, second.note) == ("copies a bank", "A wave of mails")
    assert first.category is second.category is Category.PHISHING
    assert first.confidence == 50
    assert first.distribution == 3
    assert first.seen_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert second.seen_at is None
    assert first.attribute == UUID("5b0c0b9e-0000-4000-8000-000000000001")
    assert first.event == UUID("5b0c0b9e-0000-4000-8000-000000000002")


def test_a_file_is_malware_unless_a_tag_says_otherwise():
    (row,) = read(event(attribute("md5", MD5)))
    assert row.category is Category.MALWARE


def test_a_closed_event_may_be_sent_but_not_what_its_object_keeps_closer():
    own = event(attribute("domain", "evil.example"), distribution="0")
    assert [row.problem for row in read(own)] == [None]
    kept = {"distribution": "0", "Attribute": [attribute("domain", "a.example")]}
    (row,) = read(event(distribution="3", Object=[kept]))
    assert "fewer" in (row.problem or "")


def test_a_value_met_again_says_where_and_too_many_are_cut_with_a_reason():
    rows = read(
        event(
            attribute("domain", "evil.example"),
            attribute("hostname", "EVIL.example"),
            attribute("domain", "b.example"),
            attribute("domain", "c.example"),
        ),
        max_rows=3,
    )
    assert [row.duplicate_of for row in rows] == [None, 1, None, None]
    assert "at most 3 rows" in (rows[3].problem or "")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"{}", b"7", b'{"type": "bundle"}', b'{"a": "\xff"}'),
        *(b"[" * 500_000, b'{"Event":' * 100_000),
    ],
    ids=lambda body: repr(body[:9]),
)
def test_what_is_no_event_is_refused_at_once(body):
    with pytest.raises(MispUnreadable) as refused:
        read_events(body)
    assert refused.value.code == "intel.misp_unreadable"


KEYS = ["Event", "response", "Attribute", "Object", "Tag", "type", "value", "name"]
KEYS += ["to_ids", "distribution", "timestamp", "uuid", "comment", "info", "deleted"]
WORDS = ["url", "domain|ip", "malware-sample", "tlp:red", "1", "-1", "http://a.example"]
ODD = st.recursive(
    st.one_of(st.sampled_from(WORDS), st.none(), st.integers(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    ),
    max_leaves=12,
)


@given(ODD)
def test_any_json_is_read_or_refused_and_every_row_is_a_value_or_a_reason(document):
    try:
        rows = read(document)
    except MispUnreadable:
        return
    for row in rows:
        assert (row.observable is None) <= (row.problem is not None)
