"""Timestamps as RFC 3339 and STIX have them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.base.clock import rfc3339
from hanse.intel.stix.timestamps import is_later, parse, remembered

_instants = st.integers(-(10**10), 2 * 10**11).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds / 7)
)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01T08:30:00Z",
        "2025-03-01T08:30:00.1Z",
        "2025-03-01T08:30:00.123456789012Z",
        "2024-02-29T23:59:59.999Z",
        "2016-12-31T23:59:60Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ],
)
def test_a_timestamp_of_stix_is_read(text: str):
    assert parse(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-03-01",
        "2025-03-01T08:30Z",
        "2025-03-01T08:30:00",
        "2025-03-01T08:30:00+00:00",
        "2025-03-01t08:30:00z",
        "2025-03-01 08:30:00Z",
        "2025-03-01T08:30:00.Z",
        "2025-03-01T08:30:00,5Z",
        "2025-03-01T24:00:00Z",
        "2025-03-01T08:60:00Z",
        "2025-03-01T08:30:60Z",
        "2025-03-01T08:30:61Z",
        "2025-02-29T08:30:00Z",
        "2025-13-01T08:30:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2025-W09-6T08:30:00Z",
        "20250301T083000Z",
        "٢٠٢٥-03-01T08:30:00Z",
        "2025-03-01T08:30:00Z\n",
        " 2025-03-01T08:30:00Z",
        "2025-03-01T08:30:00." + "1" * 100_000 + "Z",
    ],
)
def test_what_only_looks_like_one_is_not(text: str):
    assert parse(text) is None


def test_a_leap_second_lies_before_the_next_minute():
    leap, next_day = "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"
    assert parse(leap) == datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert is_later(next_day, leap)


@given(_instants)
def test_what_the_clock_writes_is_read_back(instant: datetime):
    assert parse(rfc3339(instant)) == instant


@given(_instants, st.integers(0, 10**7), st.integers(0, 3))
def test_later_is_what_datetime_calls_later(instant: datetime, more: int, digits: int):
    left = rfc3339(instant)
    right = rfc3339(instant + timedelta(microseconds=more))
    longer = right[:-1] + "0" * digits + "Z"
    assert is_later(longer, left) == (more > 0)
    assert not is_later(left, longer)


def test_digits_beyond_microseconds_count():
    assert is_later("2025-03-01T08:30:00.0000000001Z", "2025-03-01T08:30:00Z")
    assert is_later("2025-03-01T08:30:00.00000002Z", "2025-03-01T08:30:00.00000001Z")


def test_a_million_timestamps_do_not_stay_in_memory():
    for second in range(40_000):
        parse(rfc3339(datetime.fromtimestamp(second, UTC)))
    assert len(remembered) <= 16_384
