"""What is refused is said in the reader's language."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hanse.hub.app  # noqa: F401 - with it every refusal a page may meet
from hanse.base.errors import Refusal
from hanse.hub.screens.refusals import sentence, spoken, told, words
from hanse.intel.imports import TOO_MANY_ROWS, Limits, read_csv
from hanse.intel.privacy import PersonalDataRefused
from hanse.membership.login.sessions import LogInRefused
from hanse.observables.kinds import Kind, ObservableMalformed
from hanse.observables.parse import parse, recognise
from hanse.ui.i18n import Language, tongue

CHINESE = tongue(Language.CHINESE).texts.gettext
# Met by programs alone: no page leads to these.
NEVER_ON_A_PAGE = {
    "intel.no_such_claim",
    "intel.no_such_import",
    "intel.no_such_indicator",
    "intel.no_such_report",
    "intel.told_together",
    "intel.too_many_sightings",
    "membership.preference_unknown",
}


def codes(kind: type[Refusal] = Refusal) -> set[str]:
    """The codes of all refusals below `kind`."""
    return {kind.code}.union(*(codes(each) for each in kind.__subclasses__()))


def test_whatever_a_page_may_meet_has_words() -> None:
    met = {
        code
        for code in codes()
        if code.startswith(("membership.", "intel.", "observables."))
    }
    assert met - NEVER_ON_A_PAGE <= words(str).keys()
    assert words(str).keys() <= codes()
    assert words(str).keys().isdisjoint(NEVER_ON_A_PAGE)


@pytest.mark.parametrize("code", sorted(words(str)))
def test_the_words_are_in_the_catalogue(code: str) -> None:
    assert words(CHINESE)[code] != words(str)[code]


def test_particulars_follow_where_they_matter() -> None:
    found = PersonalDataRefused("this holds a phone number (138****5678)")
    assert spoken(sentence(found), CHINESE) == (
        "内容中含有个人号码，不能共享。（This holds a phone number (138****5678)）"
    )
    wrong = LogInRefused("e-mail address or password is wrong")
    assert spoken(sentence(wrong), CHINESE) == words(CHINESE)[wrong.code]


def test_a_refusal_without_words_is_said_as_it_is() -> None:
    assert spoken(sentence(Refusal("so it is")), CHINESE) == "So it is"


BAD_VALUES = [
    "",
    "x" * 20_000,
    "a" * 300 + ".example",
    "http://" + "a" * 9_000,
    "http://",
    "http://a%2Fb/",
    "http://[::1",
    "http://a.example:99999/",
    "mailto:x",
    "http://xn--é.example/",
    "１２.example:x",
    "\ud800",
    "1.2.3.0/24",
    "1.2.3",
    "fe80::1%eth0",
    "0a:1b",
    "ssid:" + "x" * 40,
    "ssid:a\x00",
    "md5:00",
    "crc:00112233",
    "sha1: " + "0" * 64,
    "x@@y",
    "x" * 70 + "@a.example",
    "name with blanks",
]


@given(st.sampled_from(list(Kind)), st.sampled_from(BAD_VALUES) | st.text())
def test_why_a_value_cannot_be_read_is_said_in_chinese(kind: Kind, text: str) -> None:
    for said in (why(lambda: parse(kind, text)), why(lambda: recognise(text))):
        assert not said or is_chinese(told(said, CHINESE)), said


def why(read: Callable[[], object]) -> str:
    """Why it cannot be read; empty if it can."""
    try:
        read()
    except ObservableMalformed as refusal:
        return refusal.message
    return ""


def test_why_a_row_cannot_be_taken_is_said_in_chinese() -> None:
    table = b"""value,type,category,confidence,tlp,note,valid_until
http://a.example/,url,phishing,80,green,,
http://a.example/,url,phishing,80,green,,
,url,phishing,80,green,,
http://b.example/,planet,phishing,80,green,,
http://b.example/,url,planet,80,green,,
http://b.example/,url,phishing,much,green,,
http://b.example/,url,phishing,80,mauve,,
http://b.example/,url,phishing,80,green,,tomorrow
http://b.example/,url,phishing,80,green,%s,
http://c.example/\xff\xfe,url,phishing,80,green,,
http://d.example/,url,phishing,80,green,"never closed,
""" % (b"n" * 5_000)
    limits = Limits(max_rows=30, max_note=1_000)

    problems = [row.problem for row in read_csv([table], limits)]

    assert len([each for each in problems if each]) >= 8
    for problem in filter(None, problems):
        assert is_chinese(told(problem, CHINESE)), problem
    assert told(TOO_MANY_ROWS % {"most": 5}, CHINESE).startswith("一次导入最多 5 行")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text) and "expected" not in text
