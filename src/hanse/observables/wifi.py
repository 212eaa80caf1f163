"""A hotspot: its radio's address (BSSID), its name (SSID), or both.

    bssid:0a:1b:2c:3d:4e:5f                      this radio, whatever its name
    ssid:Free Airport WiFi                       any radio of that name
    bssid:0a:1b:2c:3d:4e:5f|ssid:Free Airport WiFi    only that name on that radio

The BSSID stands first because it has a fixed length and a name may contain
anything. Blanks at the ends of a name are part of it: evil twins use them.
"""

import re
import unicodedata
from typing import Final

from hanse.base.texts import N_
from hanse.observables.kinds import ObservableMalformed

MAX_SSID: Final = 32  # bytes, IEEE 802.11 9.4.2.2
SSID_UNFIT: Final = N_(
    "The name of a hotspot has 1 to %(most)s bytes of UTF-8 and is not blank. Give it"
    " as a phone shows it."
)

_PAIRS: Final = re.compile(r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}")
_FOURS: Final = re.compile(r"[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}")
_TWELVE: Final = re.compile(r"[0-9a-f]{12}")
_AND_SSID: Final = re.compile(r"\|ssid:", re.IGNORECASE)
_AND_BSSID: Final = re.compile(r"\|bssid:([0-9a-f:. -]+)\Z", re.IGNORECASE)


def hotspot(text: str) -> str:
    """A hotspot, canonical. Raises `ObservableMalformed`.

    Without a label, what looks like a radio's address is one, all else a name.
    """
    label, colon, rest = text.lstrip().partition(":")
    if colon and label.lower() == "bssid":
        named = _AND_SSID.search(rest)
        if named is None:
            return _bssid(rest)
        return f"{_bssid(rest[: named.start()])}|{_ssid(rest[named.end() :])}"
    if colon and label.lower() == "ssid":
        placed = _AND_BSSID.search(rest)
        if placed is None:
            return _ssid(rest)
        return f"{_bssid(placed[1])}|{_ssid(rest[: placed.start()])}"
    return _bssid(text) if is_radio_address(text) else _ssid(text)


def is_radio_address(text: str) -> bool:
    """Whether `text` is a MAC address as tools print it, with separators."""
    bare = text.strip().lower()
    return bool(_PAIRS.fullmatch(bare) or _FOURS.fullmatch(bare))


def _bssid(text: str) -> str:
    bare = text.strip().lower()
    if not (is_radio_address(bare) or _TWELVE.fullmatch(bare)):
        raise ObservableMalformed(
            N_(
                "This is not the address of a radio (BSSID); expected six pairs of "
                "hexadecimal digits such as 0a:1b:2c:3d:4e:5f."
            )
        )
    digits = re.sub(r"[:.-]", "", bare)
    pairs = (digits[place : place + 2] for place in range(0, 12, 2))
    return "bssid:" + ":".join(pairs)


def _ssid(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
        raise ObservableMalformed(
            N_(
                "The name of the hotspot has control characters; expected the name as a"
                " phone shows it. Report the radio's address (BSSID) instead."
            )
        )
    if not name.strip() or len(name.encode("utf-8")) > MAX_SSID:
        raise ObservableMalformed(SSID_UNFIT % {"most": MAX_SSID})
    return f"ssid:{name}"
