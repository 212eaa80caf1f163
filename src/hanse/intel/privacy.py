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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from hanse.base.errors import Refusal
from hanse.intel.numbers import is_bank_card, is_id_number


class Personal(StrEnum):
    """What a number identifies somebody by."""

    PHONE = "phone"
    ID_NUMBER = "id_number"
    BANK_CARD = "bank_card"


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
_LEADS: Final = bytes.fromhex("c2 cc cd d6 d8 d9 db dc df e0 e1 e2 e3 ea ef f0 f3")
_GONE: Final = b" -.()" + _LEADS
_SHAPES: Final = bytes(
    0x30
    if 0x30 <= byte <= 0x39 or 0x80 <= byte <= 0xBF
    else 0x2B
    if byte == 0x2B
    else 0x78
    for byte in range(256)
)
_TEN: Final = b"0" * 10
_ELEVEN: Final = b"0" * 11
_TEN_AFTER_PLUS: Final = b"+" + _TEN
_BACKSLASH: Final = 0x5C
# Escapes that cannot be part of a number: hanzi, and the usual quotation marks.
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_TELLING_ESCAPE: Final = re.compile(rb"\\u(?![4-9]|201[89a-fA-F]|2026|00[c-fC-F])")

_GAP: Final = r"(?: ?[-.] ?| {1,2})"
# Not within a run of digits, nor the decimals of 0.5 or 31.23; `1.` may number a list.
_EDGE: Final = r"(?<![0-9])(?<!0\.)(?<![0-9]{2}\.)"
_CHAINLESS_EDGE: Final = _EDGE + r"(?<![0-9]-)"
_END: Final = r"(?![0-9])"
_ID_NUMBER: Final = (
    rf"{_EDGE}[1-9][0-9]{{5}}(?:(?:19|20)[0-9]{{9}}[0-9Xx]|[0-9]{{9}}"
    rf"|[ -](?:19|20)[0-9]{{6}}[ -][0-9]{{3}}[0-9Xx]){_END}"
)
_CARD: Final = rf"{_EDGE}[1-9][0-9]{{12,18}}{_END}"
_CARD_BY_FOURS: Final = (  # what follows may be the expiry date
    rf"{_CHAINLESS_EDGE}[1-9][0-9]{{3}}([ -])(?:[0-9]{{4}}\1){{2}}[0-9]{{4}}{_END}"
)
_CARD_IN_GROUPS: Final = (  # 4-4-4-4-3, 6-13, and 4-6-5 of American Express
    rf"{_CHAINLESS_EDGE}[1-9][0-9]{{3}}(?:"
    r"([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}\1?[0-9]{1,3}"
    rf"|[0-9]{{2}}[ -][0-9]{{10,13}}|([ -])[0-9]{{6}}\2[0-9]{{4,5}}){_END}"
)
_MOBILE: Final = rf"{_EDGE}(?:0|(?:00)?86)?1[3-9][0-9]{{9}}{_END}"
_MOBILE_IN_GROUPS: Final = (
    rf"{_CHAINLESS_EDGE}(?:(?:\+|00)?86\)?{_GAP}?)?"
    rf"1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}{_END}(?![-.][0-9])"
)
_INTERNATIONAL: Final = rf"\+[1-9](?:[ .()-]{{0,2}}[0-9]){{9,14}}{_END}"

_PATTERNS: Final = (
    (Personal.ID_NUMBER, re.compile(_ID_NUMBER)),
    (Personal.BANK_CARD, re.compile(_CARD)),
    (Personal.BANK_CARD, re.compile(_CARD_IN_GROUPS)),
    (Personal.BANK_CARD, re.compile(_CARD_BY_FOURS)),
    (Personal.PHONE, re.compile(_MOBILE)),
    (Personal.PHONE, re.compile(_MOBILE_IN_GROUPS)),
    (Personal.PHONE, re.compile(_INTERNATIONAL)),
)
_RUN: Final = re.compile(r"[0-9](?:[ .()-]{0,3}+[0-9]){9,}+")
_CHECKS: Final[Mapping[Personal, Callable[[str], bool]]] = MappingProxyType(
    {Personal.ID_NUMBER: is_id_number, Personal.BANK_CARD: is_bank_card}
)
_NOT_A_DIGIT: Final = re.compile(r"[^0-9Xx]")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_LETTER_OR_DIGIT: Final = re.compile(r"[0-9A-Za-z]")
_WORD: Final = re.compile(r"[0-9A-Za-z]*")
_VISA_13: Final = re.compile(r"4[0-9]{12}")
_IN_A_PATH: Final = re.compile(r"://[^\s?#]*\Z")

MAX_HEX_WORD: Final = 19  # hexadecimal digits; longer ones are hashes and ids


def find_personal(text: str) -> list[Finding]:
    """The personal numbers in plain text, in order."""
    if len(text) < 11 or not _is_suspicious(text.encode("utf-8", "surrogatepass")):
        return []
    plain, places = _plain_digits(text)
    found: list[Finding] = []
    for what, start, end, digits in _candidates(plain):
        first, after = places[start], places[end - 1] + 1
        is_known = any(each.start < after and first < each.end for each in found)
        if not is_known and not _is_in_a_name(plain, start, end):
            found.append(Finding(what, "", first, after, _masked(what, digits)))
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
    if _BACKSLASH in raw and b"\\u" in raw:
        return _TELLING_ESCAPE.search(raw) is None and not _is_suspicious(raw)
    if not _is_suspicious(raw):
        return True
    # Without such escapes ASCII reads the same raw; that saves decoding most UUIDs.
    return raw.isascii() and next(_candidates(raw.decode("ascii")), None) is None


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
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(sign):
        case "Cf" | "Mn" | "Me":
            return ""  # zero-width and combining signs, as in keycap emoji
        case "Pd":
            return "-"
        case "Zs":
            return " "
    return {"＋": "+", "（": "(", "）": ")", "．": ".", "·": ".", "−": "-"}.get(
        sign, sign
    )


def _candidates(plain: str) -> Iterator[tuple[Personal, int, int, str]]:
    """What has the form and passes the check of a personal number, overlaps included.

    A card may begin later than it seems: `1234 4111 1111 1111 1111`.
    """
    for run in _RUN.finditer(plain):
        # The sign before and the check sign X after may belong to the number.
        start, stop = max(0, run.start() - 1), run.end() + 1
        for what, pattern in _PATTERNS:
            match = pattern.search(plain, start, stop)
            while match is not None:
                digits = _NOT_A_DIGIT.sub("", match[0])
                check = _CHECKS.get(what)
                if check is None or check(digits):
                    yield what, *match.span(), digits
                match = pattern.search(plain, match.start() + 1, stop)


def _is_in_a_name(plain: str, start: int, end: int) -> bool:
    """Whether the digits are part of a hash, a UUID or another machine-made name.

    Letters alone before or after are a word (`tel13812345678`); a mix of letters
    and digits is not.
    """
    left, right = _word_before(plain, start), _word_after(plain, end)
    if plain[start] == "+":
        return bool(left) or plain[start - 1 : start] == "+"
    number = plain[start:end]
    if _VISA_13.fullmatch(number) and _IN_A_PATH.search(
        plain, max(0, start - 999), start
    ):
        return True  # the number of an article; no such card is issued any more
    if not left and not right:
        return False
    if not (left + right).isalpha():
        return True
    is_hex = _HEX.fullmatch(left + right) is not None
    length = len(left) + len(number) + len(right)
    return is_hex and (
        length > MAX_HEX_WORD
        or not number.isdigit()
        or plain[: start - len(left)][-1:] == "-"
    )


def _word_before(plain: str, start: int) -> str:
    place = start
    while place > 0 and start - place < 64 and _LETTER_OR_DIGIT.match(plain[place - 1]):
        place -= 1
    return plain[place:start]


def _word_after(plain: str, end: int) -> str:
    word = _WORD.match(plain, end, end + 64)
    return word[0] if word else ""


def _masked(what: Personal, digits: str) -> str:
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
