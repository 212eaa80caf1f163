"""What is refused is said in the reader's language."""

import pytest

import hanse.hub.app  # noqa: F401 - with it every refusal a page may meet
from hanse.base.errors import Refusal
from hanse.hub.screens.refusals import sentence, spoken, words
from hanse.intel.privacy import PersonalDataRefused
from hanse.membership.login.sessions import LogInRefused
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
    told = PersonalDataRefused("this holds a phone number (138****5678)")
    assert spoken(sentence(told), CHINESE) == (
        "内容中含有个人号码，不能共享。（This holds a phone number (138****5678)）"
    )
    wrong = LogInRefused("e-mail address or password is wrong")
    assert spoken(sentence(wrong), CHINESE) == words(CHINESE)[wrong.code]


def test_a_refusal_without_words_is_said_as_it_is() -> None:
    assert spoken(sentence(Refusal("so it is")), CHINESE) == "So it is"
