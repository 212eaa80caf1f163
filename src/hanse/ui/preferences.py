"""How a person wants to see pages: language, theme, zone, a folded rail.

Kept in plain cookies of the browser: they are no secret, hold for visitors who
are not logged in too, and the browser's own script writes the zone. An argument
in the address (`?lang=zh_Hans`, `?theme=dark`) changes them; the door then
answers with the cookies and sends the browser to the address without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from hanse.ui.cookies import SetCookie
from hanse.ui.i18n import Language, negotiate

LANGUAGE_COOKIE = "hanse_lang"
THEME_COOKIE = "hanse_theme"
ZONE_COOKIE = "hanse_zone"
RAIL_COOKIE = "hanse_rail"

_ARGUMENTS = {"lang": LANGUAGE_COOKIE, "theme": THEME_COOKIE}
_YEAR_SECONDS = 31_536_000


class Theme(StrEnum):
    """Light, dark, or as the person's system says."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What was chosen, or the best guess."""

    language: Language = Language.ENGLISH
    theme: Theme = Theme.AUTO
    zone: tzinfo = UTC
    rail_is_folded: bool = False


def read(cookies: Mapping[str, str], accept_language: str = "") -> Preferences:
    """From a request; what is not understood counts as not said."""
    return Preferences(
        language=_language(cookies.get(LANGUAGE_COOKIE, ""), accept_language),
        theme=_theme(cookies.get(THEME_COOKIE, "")),
        zone=_zone(cookies.get(ZONE_COOKIE, "")),
        rail_is_folded=cookies.get(RAIL_COOKIE) == "folded",
    )


@dataclass(frozen=True, slots=True)
class Switch:
    """A change asked for in the address: set these, then go there."""

    set_cookies: tuple[SetCookie, ...]
    location: str


def find_switch(
    path: str, query: list[tuple[str, str]], *, is_https: bool
) -> Switch | None:
    """What the address asks to change, if anything."""
    wanted = {_ARGUMENTS[k]: v for k, v in query if k in _ARGUMENTS and _is_known(k, v)}
    kept = [(k, v) for k, v in query if k not in _ARGUMENTS]
    if len(kept) == len(query):
        return None
    return Switch(
        set_cookies=tuple(
            SetCookie(name, value, _YEAR_SECONDS, is_https, is_http_only=False)
            for name, value in wanted.items()
        ),
        # A single slash: `//elsewhere` would lead to another host.
        location="/" + path.lstrip("/\\") + ("?" + urlencode(kept) if kept else ""),
    )


def _is_known(argument: str, value: str) -> bool:
    return value in (set(Language) if argument == "lang" else set(Theme))


def _language(said: str, accept_language: str) -> Language:
    return Language(said) if said in set(Language) else negotiate(accept_language)


def _theme(said: str) -> Theme:
    return Theme(said) if said in set(Theme) else Theme.AUTO


def _zone(said: str) -> tzinfo:
    """A zone by its name; ZoneInfo itself refuses names that leave its folder."""
    try:
        return ZoneInfo(said) if said and len(said) < 64 else UTC
    except (ValueError, OSError, LookupError):
        return UTC
