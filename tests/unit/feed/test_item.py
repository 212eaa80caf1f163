"""A feed item has one spelling, and reads back as what it was."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.base.ids import ClaimId
from hanse.feed import item
from hanse.feed.item import ClaimBody, ItemKind, ItemMalformed, RemovalBody, Source
from hanse.feed.sharing import Tlp

INSTANTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 (bounds are naive, zones are added)
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(
    st.builds(
        ClaimBody,
        kind=st.sampled_from([ItemKind.CLAIM, ItemKind.GRANT]),
        claim=st.uuids(),
        revision=st.integers(1, 10**6),
        observable_kind=st.sampled_from(["url", "domain"]),
        value=st.text(),
        category=st.just("phishing"),
        confidence=st.integers(0, 100),
        tlp=st.sampled_from(Tlp),
        source=st.builds(Source, name=st.text(max_size=9)),
        valid_from=INSTANTS,
        at=INSTANTS,
        circles=st.lists(st.uuids(), max_size=2).map(tuple),
        note=st.text(max_size=40),
    )
)
def test_what_is_encoded_reads_back(body: ClaimBody) -> None:
    assert item.decode(item.encode(body)) == body


def test_a_whole_second_is_written_with_all_its_digits() -> None:
    """The log compares an entry's instant with its body's as text."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    body = RemovalBody(
        kind=ItemKind.WITHDRAW, claim=ClaimId(UUID(int=1)), revision=2, at=at
    )

    assert b'"at":"2026-01-01T00:00:00.000000Z"' in item.encode(body)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"kind":"claim"}', b'{"kind":"other"}', b"\xff", b"[" * 9000],
)
def test_what_is_no_item_is_refused(raw: bytes) -> None:
    with pytest.raises(ItemMalformed):
        item.decode(raw)
