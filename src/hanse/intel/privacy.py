"""The door-keeper: no customer's number enters in clear, wherever it hides.

Finds Chinese and international phone numbers, Chinese identity numbers and bank
cards in text, in decoded JSON and in raw JSON bytes: in any value, key or
pattern, spaced or hyphenated, in full-width or escaped digits. It leaves alone
what only looks so: hashes, UUIDs, versions, times, other numbers that fail the
date or check digit. Numbers written in words (幺三八) are not seen.

A finding names the place and shows the number masked; nothing here keeps it.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from hanse.base.errors import Refusal
from hanse.intel.numbers import Personal, candidates, is_by_chance

__all__ = [
    "Finding",
    "Personal",
    "PersonalDataRefused",
    "find_personal",
    "keep_out",
    "keep_out_of_text",
    "scan",
    "scan_json",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """A personal number: where, and how it looks masked.

    `pointer` is the JSON pointer of the value (or of the member whose key it is;
    personal keys are masked in it), "" for plain text. `start` and `end` count
    characters in that text.
    """

    what: Personal
    pointer: str
    start: int
    end: int
    masked: str


class PersonalDataRefused(Refusal):
    """The content names a person by number."""

    code: ClassVar[str] = "intel.personal_data"
    status: ClassVar[int] = 422


_IN_WORDS: Final = {
    Personal.PHONE: "a phone number",
    Personal.ID_NUMBER: "an identity number",
    Personal.BANK_CARD: "a bank card number",
}
_SHOWN: Final = {  # characters left readable at the start and at the end
    Personal.PHONE: (3, 4),
    Personal.ID_NUMBER: (3, 2),
    Personal.BANK_CARD: (2, 4),
}

# The pre-filter maps bytes to their shape: digits, and every byte that could
# belong to a digit or separator beyond ASCII, to `0`; `+` to itself; separators
# and the lead bytes of such signs to nothing; all else to `x`. What then holds
# neither eleven zeros nor ten after a plus is clean. It may err towards suspicion
# only.
_LEADS: Final = bytes.fromhex("c2 d6 d8 d9 db dc df e0 e1 e2 e3 ea ef f0 f3")
_GONE: Final = b" -.()" + _LEADS
_DIGITS: Final = b"0123456789" + bytes(range(0x80, 0xC0))
_SHAPES: Final = bytes(
    ord("0") if byte in _DIGITS else byte if byte == ord("+") else ord("x")
    for byte in range(256)
)
_KEYCAP: Final = frozenset("\ufe0e\ufe0f\u20e3")  # makes a digit an emoji
_OTHER_SIGNS: Final = {"＋": "+", "（": "(", "）": ")", "．": ".", "·": ".", "−": "-"}
_WITH_PREFIX: Final = re.compile(r"(?:0|(?:00)?86)1[3-9][0-9]{9}")
_TEN: Final = b"0" * 10
_ELEVEN: Final = b"0" * 11
_TEN_AFTER_PLUS: Final = b"+" + _TEN
_BACKSLASH: Final = 0x5C
# Escapes that cannot be part of a number: hanzi, and the usual quotation marks.
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_TELLING_ESCAPE: Final = re.compile(
    rb"\\u(?![4-9]|201[89a-fA-F]|2026|00[c-fC-F])[0-9a-fA-F]{4}"
)
# Begins with what it can be searched for fast.
_IDENTIFIER: Final = re.compile(
    rb"--[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9A-Za-z])"
)
_ANY_ESCAPE: Final = re.compile(rb"\\u[0-9a-fA-F]{4}")


def find_personal(text: str) -> list[Finding]:
    """The personal numbers in plain text, in order."""
    if len(text) < 11 or not _is_suspicious(text.encode("utf-8", "surrogatepass")):
        return []
    plain, places = _plain_digits(text)
    found: list[Finding] = []
    for number in candidates(plain):
        first, after = places[number.start], places[number.end - 1] + 1
        is_known = any(each.start < after and first < each.end for each in found)
        if not is_known and not is_by_chance(plain, number):
            masked = _masked(number.what, number.digits)
            found.append(Finding(number.what, "", first, after, masked))
    return sorted(found, key=lambda each: each.start)


def scan_json(value: object) -> list[Finding]:
    """The personal numbers in decoded JSON: in strings, keys and whole numbers."""
    return [
        replace(each, pointer=pointer)
        for pointer, text in _texts(value)
        for each in find_personal(text)
    ]


def scan(raw: bytes) -> list[Finding]:
    """The personal numbers in JSON as received; what is no JSON is read as text.

    A member that is given twice is read twice: the bytes are kept, so both are.
    Clean content is passed in a few microseconds without being decoded.
    """
    if _is_clean(raw):
        return []
    try:
        value = json.loads(
            raw, object_pairs_hook=_Members, parse_int=str, parse_float=str
        )
    except (ValueError, RecursionError):
        text = raw.decode("utf-8", "replace")
        return find_personal(_ESCAPE.sub(lambda sign: chr(int(sign[1], 16)), text))
    return scan_json(value)


def keep_out(findings: Sequence[Finding]) -> None:
    """Raise `PersonalDataRefused` if there is any finding."""
    if not findings:
        return
    first = findings[0]
    where = f"at {first.pointer}, " if first.pointer else "at "
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    raise PersonalDataRefused(
        f"This holds {_IN_WORDS[first.what]} ({first.masked}) {where}characters "
        f"{first.start + 1} to {first.end}{more}; customers' numbers are never shared "
        "in clear. Remove it and send the rest again.",
        pointer=first.pointer or None,
    )


def keep_out_of_text(text: str, pointer: str) -> None:
    """Raise `PersonalDataRefused` if the text that stands at `pointer` has any."""
    keep_out([replace(each, pointer=pointer) for each in find_personal(text)])


class _Members(list[tuple[str, object]]):
    """The members of a JSON object in order, those given twice included."""


def _is_clean(raw: bytes) -> bool:
    # Other escapes count as the digits in them, which adds suspicion and hides none.
    if _BACKSLASH in raw and _TELLING_ESCAPE.search(raw):
        raw = _without_escapes(raw)
    if not _is_suspicious(raw):
        return True
    # Most suspicions are about identifiers, and what lies in a UUID is nobody's number.
    raw = _IDENTIFIER.sub(b"x", raw)
    if not _is_suspicious(raw):
        return True
    if b"\\u" in raw:
        raw = _without_escapes(raw)  # no letter of an escape may stand before a number
    # Without such escapes ASCII reads the same raw; that saves decoding the rest.
    return raw.isascii() and next(candidates(raw.decode("ascii")), None) is None


def _without_escapes(raw: bytes) -> bytes:
    """Signs that may belong to a number count as digits, all others as quotes."""
    # First an escaped backslash: what follows it is no escape.
    raw = raw.replace(b"\\\\", b"xx")
    return _ANY_ESCAPE.sub(b'"', _TELLING_ESCAPE.sub(b"\x80", raw))


def _is_suspicious(raw: bytes) -> bool:
    shape = raw.translate(_SHAPES, _GONE)
    return _TEN in shape and (_ELEVEN in shape or _TEN_AFTER_PLUS in shape)


def _plain_digits(text: str) -> tuple[str, Sequence[int]]:
    """`text` with ASCII digits and separators, and where each sign stood."""
    if text.isascii():
        return text, range(len(text))
    signs, places = [], []
    for place, sign in enumerate(text):
        plain = sign if sign.isascii() else _ascii(sign)
        if plain:
            signs.append(plain)
            places.append(place)
    return "".join(signs), places


def _ascii(sign: str) -> str:
    if sign in _KEYCAP:
        return ""
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(sign):
        case "Cf":
            return ""  # zero-width signs, put between digits to hide a number
        case "Pd":
            return "-"
        case "Zs":
            return " "
    return _OTHER_SIGNS.get(sign, sign)


def _masked(what: Personal, digits: str) -> str:
    if what is Personal.PHONE and _WITH_PREFIX.fullmatch(digits):
        digits = digits[-11:]
    head, tail = _SHOWN[what]
    return digits[:head] + "*" * (len(digits) - head - tail) + digits[-tail:]


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """Every text in decoded JSON with its pointer, in order, to any depth."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        pointer, here = waiting.pop()
        match here:
            case str():
                yield pointer, here
            case bool() | None:
                pass
            case int():
                yield pointer, str(here) if abs(here) < 10**20 else ""
            case float():
                yield pointer, repr(here)
            case _Members() | dict():
                members = here if isinstance(here, _Members) else list(here.items())
                inner = [
                    (f"{pointer}/{_token(key)}", key, each) for key, each in members
                ]
                yield from ((place, key) for place, key, _ in inner)
                waiting += [(place, each) for place, _, each in reversed(inner)]
            case list() | tuple():
                inner_items = [(f"{pointer}/{n}", each) for n, each in enumerate(here)]
                waiting += reversed(inner_items)


def _token(key: str) -> str:
    """`key` as a token of a JSON pointer (RFC 6901), personal numbers masked."""
    for each in reversed(find_personal(key)):
        key = key[: each.start] + each.masked + key[each.end :]
    return key.replace("~", "~0").replace("/", "~1")
