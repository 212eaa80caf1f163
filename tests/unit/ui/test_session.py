"""Sessions: what the browser holds, and what it cannot make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.ui import session
from hanse.ui.cookies import SetCookie, parse_cookies
from hanse.ui.session import Flash, FlashTone

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TOKEN = session.session_token(b"\x07" * 32)


def test_a_session_cookie_is_out_of_reach_of_scripts() -> None:
    cookie = session.session_cookie(TOKEN, is_https=False, max_age_seconds=3600)
    assert cookie.header() == (
        f"hanse_session={TOKEN.value}; Path=/; Max-Age=3600; SameSite=Lax; HttpOnly"
    )


def test_over_https_the_cookie_is_bound_to_host_and_channel() -> None:
    header = session.session_cookie(TOKEN, is_https=True, max_age_seconds=60).header()
    assert header.startswith("__Host-hanse_session=")
    assert "; Secure" in header
    assert "Domain" not in header


def test_a_cookie_from_before_https_is_not_taken_over_https() -> None:
    cookies = {"hanse_session": TOKEN.value}
    assert session.find_session_token(cookies, is_https=False) == TOKEN
    assert session.find_session_token(cookies, is_https=True) is None


def test_logging_out_takes_the_cookie_away() -> None:
    gone = session.session_cookie_gone(is_https=False)
    assert (gone.value, gone.max_age_seconds) == ("", 0)


def test_a_token_never_shows_itself() -> None:
    assert TOKEN.value not in repr(TOKEN)
    assert len(TOKEN.digest) == 32


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        session.session_token(b"short")


def test_a_forms_token_belongs_to_its_session_and_process() -> None:
    other = session.session_token(b"\x08" * 32)
    given_token = session.csrf_token(TOKEN, KEY)
    assert session.is_csrf_right(given_token, TOKEN, KEY)
    assert not session.is_csrf_right(given_token, other, KEY)
    assert not session.is_csrf_right(given_token, TOKEN, OTHER_KEY)
    assert not session.is_csrf_right("", TOKEN, KEY)


def test_a_short_key_signs_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        session.csrf_token(TOKEN, b"short")


@given(st.text())
def test_no_guess_is_a_forms_token(guess: str) -> None:
    assert not session.is_csrf_right(guess, TOKEN, KEY)


def test_flashes_survive_a_redirect() -> None:
    said = (Flash(FlashTone.DONE, "已通知 29 个成员。"), Flash(FlashTone.FAILED, "no"))
    cookie = session.flash_cookie(said, KEY, is_https=False)
    cookies = parse_cookies(f"{cookie.name}={cookie.value}")
    assert session.find_flashes(cookies, KEY, is_https=False) == said


def test_flashes_of_another_key_are_not_shown() -> None:
    cookie = session.flash_cookie(
        [Flash(FlashTone.NOTE, "x")], OTHER_KEY, is_https=False
    )
    assert session.find_flashes({cookie.name: cookie.value}, KEY, is_https=False) == ()


def test_many_long_flashes_stay_within_what_a_cookie_may_hold() -> None:
    cookie = session.flash_cookie(
        [Flash(FlashTone.NOTE, "很" * 5_000)] * 9, KEY, is_https=True
    )
    assert len(cookie.header()) < 4_096


@given(st.text())
def test_a_made_up_flash_is_nothing(value: str) -> None:
    assert session.find_flashes({"hanse_flash": value}, KEY, is_https=False) == ()


@given(st.text())
def test_any_cookie_header_can_be_read(header: str) -> None:
    assert all(parse_cookies(header))


def test_of_a_name_said_twice_the_first_counts() -> None:
    """A subdomain could append a second cookie of the same name."""
    assert parse_cookies("a=1; a=2; b; =3") == {"a": "1"}


def test_preference_cookies_may_be_read_by_the_page() -> None:
    cookie = SetCookie("a", "b", 5, is_secure=True, is_http_only=False)
    assert cookie.header() == "a=b; Path=/; Max-Age=5; SameSite=Lax; Secure"


@pytest.mark.parametrize(
    ("expected", "typed", "is_right"),
    [
        ("Orchid Mall", " Orchid  Mall ", True),
        ("Orchid Mall", "orchid mall", False),
        ("兰市集", "兰市集", True),
        ("", "", False),
    ],
)
def test_a_name_must_be_typed_as_it_is(expected, typed, is_right) -> None:
    assert session.is_name_typed_right(expected, typed) is is_right
