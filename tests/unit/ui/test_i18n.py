"""Numbers, times and durations in two languages; the catalogue is whole."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.ui.i18n import Language, catalogue, negotiate, tongue
from tests.unit.ui.extraction import PACKAGE, bare_texts, templates, texts, untranslated

EN, ZH = tongue(Language.ENGLISH), tongue(Language.CHINESE)
NOW = datetime(2026, 11, 22, 4, 19, 34, tzinfo=UTC)


def test_every_text_has_its_chinese() -> None:
    missing = [
        f"{t.path.relative_to(PACKAGE)}:{t.line} {t.message}" for t in untranslated()
    ]
    assert missing == [], "run `python -m tests.unit.ui.extraction` for what to add"


def test_the_extraction_finds_texts_in_templates_and_in_code() -> None:
    found = {(t.path.suffix, t.message) for t in texts()}
    assert (".html", "Skip to the content") in found
    assert (".py", "just now") in found


@pytest.mark.parametrize("path", templates(), ids=lambda p: p.name)
def test_templates_show_no_words_that_cannot_be_translated(path) -> None:
    assert bare_texts(path) == []


def test_the_lint_sees_bare_words(tmp_path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(
        '<p title="Close it">Hello {{ _("x") }}</p>{% if a %}Bye{% endif %}'
    )
    assert bare_texts(path) == ["Hello", "Bye", "Close it"]


def test_chinese_texts_name_the_same_values_as_the_english_ones() -> None:
    for message in catalogue(Language.CHINESE):
        for string in _strings(message.string):
            assert _names(string) == _names(_strings(message.id)[-1]), message.id


def test_texts_hold_nothing_that_html_would_read() -> None:
    """Texts count as safe HTML in templates and stand inside attributes."""
    for message in list(catalogue(Language.CHINESE))[1:]:  # the first is the head
        for string in [*_strings(message.id), *_strings(message.string)]:
            assert not set(string) & set('<>"&'), string


def _strings(said: Any) -> list[str]:
    """A text, or its forms for one and for many."""
    return [said] if isinstance(said, str) else [str(form) for form in said]


def _names(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0.000018, "18 µs", "18 微秒"),
        (0.0019, "1.9 ms", "1.9 毫秒"),
        (0.82, "0.82 s", "0.82 秒"),
        (42.0, "42 s", "42 秒"),
        (59.7, "60 s", "60 秒"),
        (11_400, "3 h 10 min", "3 小时 10 分钟"),
        (7_200, "2 h", "2 小时"),
        (3_599, "1 h", "1 小时"),
        (86_400 * 2.5, "2 d 12 h", "2 天 12 小时"),
        (86_400 * 30, "30 d", "30 天"),
    ],
)
def test_durations_name_their_two_largest_units(seconds, english, chinese) -> None:
    assert EN.seconds(seconds) == english
    assert ZH.seconds(seconds) == chinese


@pytest.mark.parametrize(
    ("away", "english", "chinese"),
    [
        (0.3, "just now", "刚刚"),
        (12, "12 s ago", "12 秒前"),
        (-3 * 3600, "in 3 h", "3 小时后"),
        (47 * 3600, "47 h ago", "47 小时前"),
        (9 * 86_400, "9 d ago", "9 天前"),
    ],
)
def test_relative_times_point_back_and_forward(away, english, chinese) -> None:
    then = NOW - timedelta(seconds=away)
    assert EN.ago(then, NOW) == english
    assert ZH.ago(then, NOW) == chinese


def test_an_instant_names_its_distance_from_utc() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert EN.instant(NOW, shanghai) == "22 Nov 2026 12:19:34 UTC+8"
    assert ZH.instant(NOW, shanghai) == "2026年11月22日 12:19:34 UTC+8"
    assert EN.instant(NOW) == "22 Nov 2026 04:19:34 UTC"
    assert EN.instant(NOW, ZoneInfo("America/St_Johns")).endswith("UTC-3:30")


def test_numbers_are_grouped_and_shortened() -> None:
    assert EN.number(12408) == ZH.number(12408) == "12,408"
    assert EN.number(0.5, 2) == "0.50"
    assert EN.percent(0.891) == "89%"
    assert EN.compact(12_408) == "12.4K"
    assert ZH.compact(12_408) == "1.2万"


def test_names_are_joined_as_a_phrase() -> None:
    assert EN.names(["A", "B", "C"]) == "A, B and C"
    assert ZH.names(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert EN.names(["A"]) == "A"
    assert EN.names([]) == ""


def test_counts_take_the_plural_of_the_language() -> None:
    assert EN.many("%(num)s row", "%(num)s rows", 1) == "1 row"
    assert EN.many("%(num)s row", "%(num)s rows", 1200) == "1,200 rows"
    assert ZH.many("%(num)s row", "%(num)s rows", 1200) == "共 1,200 行"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        ("en-GB,en;q=0.9,zh;q=0.8", Language.ENGLISH),
        ("fr, zh;q=0.5", Language.CHINESE),
        ("", Language.ENGLISH),
        ("zh;q=oops", Language.ENGLISH),
        ("zh;q=0", Language.ENGLISH),
    ],
)
def test_the_browser_says_which_language_it_would_like(header, language) -> None:
    assert negotiate(header) is language


@given(st.text())
def test_no_language_header_breaks_anything(header: str) -> None:
    assert negotiate(header) in Language
