"""Names, notes, addresses and cursors as they come in."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.membership import paging, wording
from hanse.membership.paging import CursorMalformed
from hanse.membership.wording import TextRefused

INSTANTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_a_name_is_one_line_in_one_spelling():
    assert wording.name("  Lotus \n Cafe\u0301 ", "name") == "Lotus Caf\u00e9"
    assert wording.name("莲花支付", "name_zh") == "莲花支付"


@pytest.mark.parametrize(
    "text", ["", "  ", "x" * 121, "Lo\u202etus", "Lo\u200btus", "a\0b"]
)
def test_an_empty_long_or_disguised_name_is_refused(text: str):
    with pytest.raises(TextRefused) as refused:
        wording.name(text, "name_en")

    assert refused.value.pointer == "/name_en"


def test_a_note_keeps_its_lines():
    assert wording.note("one\r\ntwo\n", "note") == "one\ntwo"


@pytest.mark.parametrize(
    "text",
    ["", "lin", "lin@", "@lotus.example", "lin@lotus", "a b@lotus.example",
     "lin@lotus..example", "lin@lotus.example\n.evil.example", "lin@莲花.example",
     "l" * 65 + "@lotus.example", "lin@" + "x." * 130 + "example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(TextRefused):
        wording.email(text)


def test_an_address_is_kept_in_lower_case():
    assert wording.email(" Lin.Mei@Lotus.Example ") == "lin.mei@lotus.example"


@given(INSTANTS, st.uuids())
def test_a_page_begins_behind_the_last_of_the_one_before(at: datetime, last: UUID):
    page = paging.page_of([(at, last), (at, last)], 1, lambda item: item)

    assert paging.behind(page.next) == (at, last)


def test_the_last_page_has_nothing_behind_it():
    assert paging.page_of([1, 2], 2, lambda _: paging.START).next == ""
    assert paging.behind("") == paging.START


@given(st.text(max_size=60))
def test_any_other_cursor_is_refused(cursor: str):
    try:
        at, last = paging.behind(cursor)
    except CursorMalformed:
        return
    assert isinstance(at, datetime)
    assert isinstance(last, UUID)
