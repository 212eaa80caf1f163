"""Two languages: texts by gettext, numbers, times and durations by CLDR.

Texts stand in English in templates and code, marked by `_()`; the Chinese ones
lie in `locales/zh_Hans/LC_MESSAGES/*.po`, all of which are read, so that each
room may keep a file of its own. They are read as they are: nothing has to be
compiled, so nothing can be stale. Numbers never depend on the process's locale.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.dates import get_month_names
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal
from babel.support import NullTranslations, Translations

LOCALES = Path(__file__).parent / "locales"


class Language(StrEnum):
    """The languages a person may choose; the value is the catalogue's folder."""

    ENGLISH = "en"
    CHINESE = "zh_Hans"

    @property
    def tag(self) -> str:
        """BCP 47, as it stands in `<html lang>`."""
        return self.value.replace("_", "-")

    @property
    def locale(self) -> str:
        """The CLDR locale numbers and dates are written in."""
        return "zh_Hans_CN" if self is Language.CHINESE else "en_GB"


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language, ready to speak."""

    language: Language
    texts: NullTranslations

    def __call__(self, message: str, **values: object) -> str:
        """The text in this language; `%(name)s` is filled in, `%%` is a per cent."""
        return self.texts.gettext(message) % values

    def many(self, one: str, other: str, n: int, **values: object) -> str:
        """The text for `n` things; `%(num)s` is `n`, grouped by thousands."""
        spoken = {"num": self.number(n), **values}
        return self.texts.ngettext(one, other, n) % spoken

    def number(self, value: float, digits: int | None = None) -> str:
        """12,408; with `digits`, exactly so many after the point, else at most three.

        Both languages group by thousands and use a point.
        """
        if digits is not None:
            return f"{value:,.{digits}f}"
        if isinstance(value, int):
            return f"{value:,}"
        return f"{value:,.3f}".rstrip("0").rstrip(".")

    def compact(self, value: float) -> str:
        """12,408 -> 12K, 1.2万: for places where the width is scarce."""
        return format_compact_decimal(
            value, locale=self.language.locale, fraction_digits=1
        )

    def percent(self, share: float, digits: int = 0) -> str:
        """0.891 -> 89%."""
        return f"{share * 100:,.{digits}f}%"

    def seconds(self, seconds: float) -> str:
        """How long something took, in the two largest units: 0.82 s, 3 h 10 min."""
        _ = self
        if seconds < 0.001:
            return _("%(n)s µs", n=self._short(seconds * 1e6))
        if seconds < 0.1:
            return _("%(n)s ms", n=self._short(seconds * 1e3))
        if seconds < 60:
            return _("%(n)s s", n=self._short(seconds))
        minutes = round(seconds / 60)
        if minutes < 60:
            return _("%(n)s min", n=minutes)
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            spoken = _("%(n)s h", n=hours)
            return f"{spoken} {_('%(n)s min', n=minutes)}" if minutes else spoken
        days, hours = divmod(round(seconds / 3600), 24)
        spoken = _("%(n)s d", n=days)
        rest = _("%(n)s h", n=hours)
        return f"{spoken} {rest}" if hours and days < 7 else spoken

    def ago(self, then: datetime, now: datetime) -> str:
        """Relative time: 12 s ago, in 3 h; `time_words` lets the browser keep it so."""
        _ = self
        away = (now - then).total_seconds()
        if -1 < away < 1:
            return _("just now")
        spoken = self._coarse(abs(away))
        if away > 0:
            return _("%(time)s ago", time=spoken)
        return _("in %(time)s", time=spoken)

    def time_words(self) -> dict[str, str]:
        """The patterns of `ago`, `{}` for what is filled in; the browser keeps time."""
        _ = self
        return {
            "now": _("just now"),
            "ago": _("%(time)s ago", time="{}"),
            "in": _("in %(time)s", time="{}"),
            "s": _("%(n)s s", n="{}"),
            "min": _("%(n)s min", n="{}"),
            "h": _("%(n)s h", n="{}"),
            "d": _("%(n)s d", n="{}"),
        }

    def instant(self, at: datetime, zone: tzinfo = UTC) -> str:
        """Date and time to the second, with the distance from UTC named."""
        local = at.astimezone(zone)
        return f"{self.day(at, zone)} {local:%H:%M:%S} {_zone_name(local)}"

    def day(self, at: datetime, zone: tzinfo = UTC) -> str:
        """The date alone: 22 Nov 2026, 2026年11月22日."""
        local = at.astimezone(zone)
        if self.language is Language.CHINESE:
            return f"{local.year}年{local.month}月{local.day}日"
        return f"{local.day} {_months()[local.month]} {local.year}"

    def clock(self, at: datetime, zone: tzinfo = UTC) -> str:
        """The time of day alone, to the second."""
        return f"{at.astimezone(zone):%H:%M:%S}"

    def names(self, names: Sequence[str]) -> str:
        """Several names as one phrase: A, B and C."""
        _ = self
        if len(names) < 2:
            return "".join(names)
        first = _(", ").join(names[:-1])
        return _("%(first)s and %(last)s", first=first, last=names[-1])

    def _short(self, value: float) -> str:
        """At most two significant places after the point, none from ten on."""
        return self.number(value, 0 if value >= 10 else 1 if value >= 1 else 2)

    def _coarse(self, seconds: float) -> str:
        _ = self
        if seconds < 60:
            return _("%(n)s s", n=int(seconds))
        if seconds < 3600:
            return _("%(n)s min", n=int(seconds // 60))
        if seconds < 48 * 3600:
            return _("%(n)s h", n=int(seconds // 3600))
        return _("%(n)s d", n=int(seconds // 86400))


@cache
def tongue(language: Language, folder: Path = LOCALES) -> Tongue:
    """The language with all its texts; read once a process."""
    if language is Language.ENGLISH:
        return Tongue(language, NullTranslations())
    texts = Translations(_compiled(language, folder))
    return Tongue(language, texts)


def catalogue(language: Language, folder: Path = LOCALES) -> Catalog:
    """All texts of a language, from every `.po` of its folder."""
    whole = Catalog(locale=language.value)
    for path in sorted((folder / language.value / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language.value):
                if message.id:
                    whole[message.id] = message
    return whole


def negotiate(accept_language: str, default: Language = Language.ENGLISH) -> Language:
    """The language a browser asks for (RFC 9110, 12.5.4); broken input is ignored."""
    best, best_weight = default, 0.0
    for tag, weight in _ranges(accept_language[:1_000]):
        if weight <= best_weight:
            continue
        if tag.startswith("zh"):
            best, best_weight = Language.CHINESE, weight
        elif tag.startswith("en"):
            best, best_weight = Language.ENGLISH, weight
    return best


def _ranges(header: str) -> Iterable[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        weight = 1.0
        if parameter.strip().startswith("q="):
            try:
                weight = min(float(parameter.strip()[2:]), 1.0)
            except ValueError:
                continue
        yield tag.strip().lower(), weight


@cache
def _months() -> Mapping[int, str]:
    return dict(get_month_names("abbreviated", locale=Language.ENGLISH.locale))


def _zone_name(local: datetime) -> str:
    """UTC+8, UTC-3:30: unlike CST it means one thing in every language."""
    away = local.utcoffset() or timedelta()
    hours, minutes = divmod(abs(int(away.total_seconds())) // 60, 60)
    sign = "-" if away < timedelta() else "+"
    if not hours and not minutes:
        return "UTC"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def _compiled(language: Language, folder: Path) -> BytesIO:
    buffer = BytesIO()
    write_mo(buffer, catalogue(language, folder))
    buffer.seek(0)
    return buffer
