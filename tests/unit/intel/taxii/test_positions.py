"""`next` tokens."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.base.secret import Secret
from hanse.intel.objects.filters import Filter, Position
from hanse.intel.taxii.asking import Query, QueryMalformed
from hanse.intel.taxii.positions import open_token, seal

SECRET = Secret(bytes(32))
WHERE = "/taxii/alliance/0d0f"
PLACE = Position(datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC), 4711)
URLS = Filter(types=("url",))


def opened(token: str, where: str = WHERE, asked: Filter = URLS) -> Position | None:
    return open_token(SECRET, where, Query(asked, next=token))


@given(
    st.datetimes(timezones=st.just(UTC)), st.integers(min_value=0, max_value=2**63 - 1)
)
def test_a_token_leads_back_to_its_place(added, number):
    place = Position(added, number)
    assert opened(seal(SECRET, WHERE, Query(URLS), place)) == place


def test_no_token_is_no_place():
    assert opened("") is None


def test_the_limit_may_change_from_page_to_page():
    token = seal(SECRET, WHERE, Query(URLS, limit=2), PLACE)
    assert open_token(SECRET, WHERE, Query(URLS, limit=50, next=token)) == PLACE


def test_a_token_is_good_for_its_own_query_only():
    token = seal(SECRET, WHERE, Query(URLS), PLACE)
    with pytest.raises(QueryMalformed):
        opened(token, where="/taxii/alliance/ffff")
    with pytest.raises(QueryMalformed):
        opened(token, asked=Filter(types=("tool",)))
    with pytest.raises(QueryMalformed):
        open_token(Secret(bytes(range(32))), WHERE, Query(URLS, next=token))


def test_a_token_that_was_changed_in_any_place_is_refused():
    token = seal(SECRET, WHERE, Query(URLS), PLACE)
    for place, sign in enumerate(token):
        other = "A" if sign != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        # The last sign carries bits that are no part of the token.
        if place < len(token) - 1:
            with pytest.raises(QueryMalformed):
                opened(changed)


def test_a_token_does_not_tell_the_place():
    near = Position(PLACE.added, PLACE.id + 1)
    one, other = (seal(SECRET, WHERE, Query(URLS), place) for place in (PLACE, near))
    same = sum(a == b for a, b in zip(one, other, strict=True))
    assert same < len(one) // 2


@given(st.text(min_size=1, max_size=300))
def test_garbage_is_refused(text):
    with pytest.raises(QueryMalformed):
        opened(text)
