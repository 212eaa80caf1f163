"""Refusals in the words of the person who reads the page.

A domain says what is so in English, with its particulars. Whoever reads Chinese gets
the same from the catalogue if it stands there (`N_`), else the sentence that stands
here for the refusal's code, and the particulars after it where they matter.
"""

import re
from collections.abc import Callable

from hanse.base.errors import Refusal
from hanse.intel import imports
from hanse.observables import fingerprint, host, parse, sender, url, wifi

# Of these the sentence says everything; of all others the particulars follow.
_WHOLE = frozenset(
    {
        "membership.code_wrong",
        "membership.email_taken",
        "membership.invitation_over",
        "membership.key_ended",
        "membership.log_in_again",
        "membership.log_in_refused",
        "membership.name_taken",
        "membership.not_found",
        "membership.throttled",
        "intel.already_withdrawn",
        "intel.no_such_brand",
        "intel.no_such_circle",
        "intel.nothing_to_report",
        "not_found",
    }
)


class Sentence(str):
    """A refusal's message as a sentence of its own, which knows its code."""

    __slots__ = ("code",)

    code: str


def sentence(refusal: Refusal) -> Sentence:
    """What the domain said, beginning with a capital."""
    said = Sentence(refusal.message[:1].upper() + refusal.message[1:])
    said.code = refusal.code
    return said


def spoken(said: Sentence, say: Callable[[str], str]) -> str:
    """A sentence in the language `say` puts texts into, which is not English."""
    particular = told(said, say)
    if particular != said:
        return particular
    general = words(say).get(said.code)
    if general is None or said.code in _WHOLE:
        return general or said
    return f"{general}（{said}）"


def told(text: str, say: Callable[[str], str]) -> str:
    """What a domain told of one row, in the language `say` puts texts into.

    As it is, where the catalogue does not know it.
    """
    for shape, pattern in _FILLED:
        found = pattern.fullmatch(text)
        if found is not None:
            return say(shape) % found.groupdict()
    return say(text)


def _pattern(shape: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(shape)))


# What is filled in when it is said; all else is looked up as it stands.
_FILLED = tuple(
    (shape, _pattern(shape))
    for shape in (
        fingerprint.NO_HASH,
        host.HOST_TOO_LONG,
        imports.CATEGORY_UNKNOWN,
        imports.NOTE_TOO_LONG,
        imports.SAME_VALUE,
        imports.TOO_MANY_ROWS,
        parse.TEXT_TOO_LONG,
        parse.VALUE_TOO_LONG,
        sender.SENDER_TOO_LONG,
        url.ADDRESS_TOO_LONG,
        wifi.SSID_UNFIT,
    )
)


def words(say: Callable[[str], str]) -> dict[str, str]:
    """What each code means, in general."""
    _ = say
    return {
        "conflict": _("This is in conflict with what is so."),
        "forbidden": _("This is not allowed to you."),
        "malformed": _("This cannot be read."),
        "not_found": _("There is no such thing, or not for you."),
        "intel.already_withdrawn": _("This claim has been withdrawn already."),
        "intel.bundle_unreadable": _("The STIX bundle cannot be read."),
        "intel.draft_unfit": _("The report cannot be made like this."),
        "intel.misp_unreadable": _("The MISP event cannot be read."),
        "intel.no_such_brand": _("There is no such brand."),
        "intel.no_such_circle": _("There is no such circle, or you are not in it."),
        "intel.nothing_to_report": _("There is nothing to report in it."),
        "intel.personal_data": _("This holds somebody's personal number."),
        "intel.query_unfit": _("This cannot be searched for."),
        "intel.reporter_not_active": _("Only active members report."),
        "intel.sighting_unfit": _("The sighting cannot be taken."),
        "intel.stix_invalid": _("This is not valid STIX."),
        "intel.told_openly": _("This was told openly before."),
        "intel.too_many_drafts": _("These are too many at once."),
        "intel.too_many_imports": _("Too many imports are not finished yet."),
        "hub.upload_too_large": _("The file is too large."),
        "membership.agreement_conflict": _("The agreement does not allow this."),
        "membership.alliance_conflict": _("The alliance does not allow this."),
        "membership.brand_refused": _("The brand cannot be kept like this."),
        "membership.circle_conflict": _("The circle does not allow this."),
        "membership.code_wrong": _("The code is wrong or was used; enter the one now."),
        "membership.email_taken": _("This e-mail address has an account already."),
        "membership.invitation_over": _("This invitation is over."),
        "membership.key_ended": _("This key has ended."),
        "membership.key_refused": _("The key cannot be made like this."),
        "membership.last_of_its_kind": _("The last one of its kind has to stay."),
        "membership.log_in_again": _("Log in once more to change your second factor."),
        "membership.log_in_refused": _("The log-in failed: e-mail, password or code."),
        "membership.name_taken": _("This name is taken."),
        "membership.not_found": _("There is no such thing, or not for you."),
        "membership.password_refused": _("This password is too easily found."),
        "membership.role_missing": _("Your role does not allow this."),
        "membership.scope_missing": _("Your rights do not allow this."),
        "membership.second_factor_needed": _("This role needs a second factor."),
        "membership.step_refused": _("This is not the next step for this member."),
        "membership.text_refused": _("The text cannot be kept like this."),
        "membership.throttled": _("Too many attempts; wait a few minutes."),
        "observables.malformed": _("This value cannot be read."),
    }
