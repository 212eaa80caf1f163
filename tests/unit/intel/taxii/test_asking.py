"""The query string."""

from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.objects.filters import EVERY, LAST, Filter, Versions
from hanse.intel.taxii.asking import MAX_QUERY_BYTES, Query, QueryMalformed, read_query

DAY = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)


def test_nothing_asked_is_everything_in_its_last_version():
    assert read_query(b"") == Query(Filter(versions=LAST))


def test_every_field_of_the_standard_is_read():
    raw = (
        "added_after=2026-01-02T03:04:05.6Z&limit=7&next=abc&match[id]=url--1,url--2"
        "&match[type]=url&match[version]=first,2026-01-02T03:04:05.600Z"
        "&match[spec_version]=2.0,2.1"
    )
    assert read_query(raw.encode()) == Query(
        Filter(
            added_after=DAY,
            ids=("url--1", "url--2"),
            types=("url",),
            spec_versions=("2.0", "2.1"),
            versions=Versions(first=True, exact=(DAY,)),
        ),
        limit=7,
        next="abc",
        versions_named=True,
    )


def test_brackets_may_be_percent_encoded():
    assert read_query(b"match%5Btype%5D=url").filter.types == ("url",)


def test_all_versions():
    assert read_query(b"match[version]=all").filter.versions == EVERY


def test_other_parameters_are_left_alone():
    assert read_query(b"utm_source=x&utm_source=y") == read_query(b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"limit=0",
        b"limit=-5",
        b"limit=abc",
        b"limit=",
        b"limit=1e3",
        b"limit=%D9%A1",
        b"limit=" + b"9" * 30,
        b"added_after=yesterday",
        b"added_after=",
        b"added_after=2026-02-30T00:00:00Z",
        b"added_after=2026-01-01T00:00:00+01:00",
        b"added_after=0000-01-01T00:00:00Z",
        b"added_after=2020-01-01T00:00:00Z&added_after=2021-01-01T00:00:00Z",
        b"match[type]=url&match%5Btype%5D=ipv4-addr",
        b"match[version]=not-a-date",
        b"match[version]=",
        b"match[version]=all,last",
        b"match[version]=all,2026-01-01T00:00:00Z",
        b"match[spec_version]=newest",
        b"match[id]=",
        b"match[id]=a%00b",
        b"match[id]=" + b",".join(b"url--%d" % n for n in range(501)),
        b"match[colour]=red",
        b"match=1",
        b"next=",
        b"next=" + b"x" * 301,
        b"match[id]=%FF%FE",
        b"\xff=1",
        b"&".join(b"a%d=1" % n for n in range(101)),
        b"a=" + b"x" * MAX_QUERY_BYTES,
    ],
)
def test_what_cannot_be_meant_is_refused_with_400(raw):
    with pytest.raises(QueryMalformed) as refused:
        read_query(raw)
    assert refused.value.status == 400


def test_a_refusal_never_repeats_what_was_sent():
    with pytest.raises(QueryMalformed) as refused:
        read_query(b"match[version]=secret-of-a-member")
    assert "secret" not in refused.value.message


def test_queries_that_differ_only_in_their_limit_share_their_next_tokens():
    one, other = read_query(b"match[type]=url&limit=2"), read_query(b"match[type]=url")
    assert one.fingerprint == other.fingerprint
    third = read_query(b"match[type]=tool&limit=2")
    assert third.fingerprint != one.fingerprint


@given(st.dictionaries(st.sampled_from(["limit", "match[id]", "x"]), st.text()))
def test_any_query_is_read_or_refused(fields):
    raw = "&".join(f"{name}={quote(value)}" for name, value in fields.items())
    with suppress(QueryMalformed):
        assert read_query(raw.encode()).limit != 0


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(raw):
    with suppress(QueryMalformed):
        assert read_query(raw).limit != 0
