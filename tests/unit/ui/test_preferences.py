"""How a person wants to see pages, and the addresses that change it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.ui.i18n import Language
from hanse.ui.preferences import Preferences, Theme, find_switch, read


def test_a_stranger_gets_the_browsers_language_and_the_systems_theme() -> None:
    assert read({}, "zh-CN") == Preferences(Language.CHINESE, Theme.AUTO, UTC)


def test_cookies_outweigh_the_browser() -> None:
    cookies = {
        "hanse_lang": "en",
        "hanse_theme": "dark",
        "hanse_zone": "Asia/Shanghai",
        "hanse_rail": "folded",
    }
    assert read(cookies, "zh") == Preferences(
        Language.ENGLISH, Theme.DARK, ZoneInfo("Asia/Shanghai"), rail_is_folded=True
    )


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/passwd", "Nowhere/Land", "\0"]
)
def test_a_zone_that_is_none_counts_as_not_said(zone) -> None:
    assert read({"hanse_zone": zone}).zone is UTC


@given(
    st.dictionaries(
        st.sampled_from(["hanse_lang", "hanse_zone", "hanse_theme"]), st.text()
    )
)
def test_no_cookie_breaks_a_page(cookies: dict[str, str]) -> None:
    assert read(cookies).language in Language


def test_a_switch_sets_a_cookie_and_keeps_the_rest_of_the_address() -> None:
    query = [("q", "a b"), ("lang", "zh_Hans"), ("theme", "dark")]
    switch = find_switch("/threats", query, is_https=True)
    assert switch is not None
    assert switch.location == "/threats?q=a+b"
    assert [c.header() for c in switch.set_cookies] == [
        "hanse_lang=zh_Hans; Path=/; Max-Age=31536000; SameSite=Lax; Secure",
        "hanse_theme=dark; Path=/; Max-Age=31536000; SameSite=Lax; Secure",
    ]


def test_an_unknown_language_sets_nothing() -> None:
    switch = find_switch("/", [("lang", "x; Domain=evil")], is_https=False)
    assert switch is not None
    assert switch.set_cookies == ()


def test_an_address_that_asks_for_nothing_is_left_alone() -> None:
    assert find_switch("/", [("q", "1")], is_https=False) is None


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "/\\evil.example", "///evil.example"]
)
def test_a_switch_never_leads_to_another_host(path) -> None:
    switch = find_switch(path, [("lang", "en")], is_https=False)
    assert switch is not None
    assert switch.location.startswith("/evil.example")
