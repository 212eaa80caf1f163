"""Which runs of digits in a text identify a person, by form, check and context.

Knows Chinese mobile numbers, E.164, GB 11643-1999 (resident identity numbers,
the old form too), the issuers' ranges and check digit of bank cards (ISO/IEC
7812), and what only looks so: parts of hashes, UUIDs, decimals and page numbers
in URLs. Works on ASCII digits and separators; `privacy` brings text to that.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Personal(StrEnum):
    """What a number identifies somebody by."""

    PHONE = "phone"
    ID_NUMBER = "id_number"
    BANK_CARD = "bank_card"


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the form and check of a personal one, where it stands."""

    what: Personal
    start: int
    end: int
    digits: str


MAX_ADDRESS: Final = 2048  # characters looked back over for the start of a URL
MAX_WORD: Final = 64  # letters and digits looked at beside a number
MAX_HEX_WORD: Final = 19  # hexadecimal digits; longer ones are hashes and ids

_RUN: Final = re.compile(r"[0-9](?:[ .()-]{0,3}+[0-9]){9,}+")

_GAP: Final = r"(?: ?[-.] ?| {1,2})"
# Not within a run of digits, nor decimals as of 0.5 or 31.23; `1.` numbers a list.
_EDGE: Final = r"(?<![0-9])(?<!0\.)(?<![0-9]{2}\.)"
_CHAINLESS_EDGE: Final = _EDGE + r"(?<![0-9]-)"
_END: Final = r"(?![0-9])"
_ID_NUMBER: Final = (
    rf"{_EDGE}[1-9][0-9]{{5}}(?:(?:19|20)[0-9]{{9}}[0-9Xx]|[0-9]{{9}}"
    rf"|[ -](?:19|20)[0-9]{{6}}[ -][0-9]{{3}}[0-9Xx]){_END}"
)
_CARD: Final = rf"{_EDGE}[1-9][0-9]{{12,18}}{_END}"
_CARD_IN_GROUPS: Final = (  # 4-4-4-4-3, 6-13, and 4-6-5 of American Express
    rf"{_CHAINLESS_EDGE}[1-9][0-9]{{3}}(?:"
    r"([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}\1?[0-9]{1,3}"
    rf"|[0-9]{{2}}[ -][0-9]{{10,13}}|([ -])[0-9]{{6}}\2[0-9]{{4,5}}){_END}"
)
_CARD_BY_FOURS: Final = (  # what follows may be the expiry date
    rf"{_CHAINLESS_EDGE}[1-9][0-9]{{3}}([ -])(?:[0-9]{{4}}\1){{2}}[0-9]{{4}}{_END}"
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

_NOT_A_DIGIT: Final = re.compile(r"[^0-9Xx]")
_WORD: Final = re.compile(r"[0-9A-Za-z]*")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_IN_A_PATH: Final = re.compile(r"://[^\s\"'<>?#]*\Z")

UUID_CHARS: Final = 36
_UUID: Final = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
)
MAX_HOST: Final = 253  # characters, RFC 1035
_HOST_BEFORE: Final = re.compile(r"(?<![A-Za-z0-9.-])(?P<name>[A-Za-z0-9.-]*)\Z")
_HOST_AFTER: Final = re.compile(
    r"[A-Za-z0-9.-]*\.(?P<top>[A-Za-z]{2,63})(?=[/:?#'\\]|\Z)"
)
_FILE: Final = re.compile(
    "amr|apk|bmp|csv|docx?|gif|html?|jpe?g|json|log|mp[34]|pdf|png|pptx?|rar|txt|wav"
    "|webp|xlsx?|xml|zip",
    re.IGNORECASE,
)

# GB/T 2260, the first two digits: provinces, Hong Kong, Macau, Taiwan.
_PROVINCES: Final = frozenset(
    f"{number:02}"
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65))
    for number in range(first, last + 1)
) | {"71", "81", "82", "83"}
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SIGNS: Final = "10X98765432"

# Issuers' ranges as first and last prefix, with the lengths their cards have.
_ISSUERS: Final = (
    ("62", "62", frozenset((16, 17, 18, 19))),  # UnionPay
    ("9558", "9558", frozenset((16, 17, 18, 19))),  # ICBC's older debit cards
    ("4", "4", frozenset((13, 16, 19))),  # Visa
    ("51", "55", frozenset((16,))),  # Mastercard
    ("2221", "2720", frozenset((16,))),
    ("34", "34", frozenset((15,))),  # American Express
    ("37", "37", frozenset((15,))),
    ("3528", "3589", frozenset((16,))),  # JCB
    ("6011", "6011", frozenset((16,))),  # Discover
    ("644", "659", frozenset((16,))),
    ("300", "305", frozenset((14,))),  # Diners Club
    ("36", "36", frozenset((14,))),
    ("38", "39", frozenset((14,))),
)


def candidates(plain: str) -> Iterator[Number]:
    """What has form and check of a personal number, overlaps included, in any context.

    A card may begin later than it seems: `1234 4111 1111 1111 1111`.
    """
    for run in _RUN.finditer(plain):
        # The sign before it and the check sign X after it may belong to a number.
        start, stop = max(0, run.start() - 1), run.end() + 1
        for what, pattern in _PATTERNS:
            match = pattern.search(plain, start, stop)
            while match is not None:
                digits = _NOT_A_DIGIT.sub("", match[0])
                check = _CHECKS.get(what)
                if check is None or check(digits):
                    yield Number(what, *match.span(), digits)
                match = pattern.search(plain, match.start() + 1, stop)


def is_by_chance(plain: str, number: Number) -> bool:
    """Whether the context of a candidate says that it is something else."""
    return (
        _is_in_a_name(plain, number.start, number.end)
        or _is_a_page(plain, number)
        or _is_in_a_host(plain, number)
        or _is_in_a_uuid(plain, number)
    )


def is_id_number(digits: str) -> bool:
    """Whether `digits` (18 with a check sign, or 15) is a resident's number."""
    if digits[:2] not in _PROVINCES or digits[2:6] == "0000":
        return False
    if len(digits) == 15:
        return _is_date("19" + digits[6:12])
    if len(digits) != 18 or not _is_date(digits[6:14]):
        return False
    total = sum(
        int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True)
    )
    return digits[17].upper() == _CHECK_SIGNS[total % 11]


def is_bank_card(digits: str) -> bool:
    """Whether `digits` has an issuer's prefix and length and the right check digit."""
    has_an_issuer = any(
        first <= digits[: len(first)] <= last and len(digits) in lengths
        for first, last, lengths in _ISSUERS
    )
    return has_an_issuer and digits.isdigit() and _luhn(digits) % 10 == 0


_CHECKS: Final[Mapping[Personal, Callable[[str], bool]]] = MappingProxyType(
    {Personal.ID_NUMBER: is_id_number, Personal.BANK_CARD: is_bank_card}
)


def _is_in_a_name(plain: str, start: int, end: int) -> bool:
    """Whether the digits are part of a hash, a UUID or another machine-made name.

    Letters alone beside them are a word (`tel13812345678`); letters mixed with
    digits are not, and hexadecimal letters only are in a short word.
    """
    if plain[start] == "+":
        before = plain[start - 1] if start else ""
        return before.isdigit() or before == "+"  # a sum
    left, right = _word_before(plain, start), _word_after(plain, end)
    before = plain[start - len(left) - 1 : start - len(left)]
    if not left and not right:
        return False
    if not (left + right).isalpha():
        return True
    if not _HEX.fullmatch(left + right):
        return False
    number = plain[start:end]
    length = len(left) + len(number) + len(right)
    return length > MAX_HEX_WORD or not number.isdigit() or before == "-"


def _is_a_page(plain: str, number: Number) -> bool:
    """Whether a weakly checked number is but the name of a page or picture.

    The old identity numbers have no check digit, cards of 13 to 15 digits are
    rare, and both are as long as the numbers that large sites give their pages.
    """
    if number.what is Personal.PHONE or len(number.digits) > 15:
        return False
    window = max(0, number.start - MAX_ADDRESS)
    return _IN_A_PATH.search(plain, window, number.start) is not None


def _is_in_a_uuid(plain: str, number: Number) -> bool:
    """Whether the digits lie within a UUID; of 75,000 one ends like a mobile number."""
    around = max(0, number.start - UUID_CHARS), number.end + UUID_CHARS
    return any(
        found.start() <= number.start and number.end <= found.end()
        for found in _UUID.finditer(plain, *around)
    )


def _is_in_a_host(plain: str, number: Number) -> bool:
    """Whether the digits are part of a host's name: the attacker's, and told in clear.

    Only where a host must stand: after `://`, compared with in a pattern, or as the
    whole text, which could else be the name of a file. `find me: 138....com` is none.
    """
    left = _HOST_BEFORE.search(plain, max(0, number.start - MAX_HOST), number.start)
    right = _HOST_AFTER.match(plain, number.end, number.end + MAX_HOST)
    if left is None or right is None or " " in plain[number.start : number.end]:
        return False
    begin = left.start("name")
    is_whole = begin == 0 and right.end() == len(plain)
    if is_whole:
        return _FILE.fullmatch(right["top"]) is None
    return plain[:begin].endswith(("://", "value = '", "value='"))


def _word_before(plain: str, start: int) -> str:
    backwards = plain[max(0, start - MAX_WORD) : start][::-1]
    word = _WORD.match(backwards)
    return word[0][::-1] if word else ""


def _word_after(plain: str, end: int) -> str:
    word = _WORD.match(plain, end, end + MAX_WORD)
    return word[0] if word else ""


def _luhn(digits: str) -> int:
    odd = sum(map(int, digits[-1::-2]))
    return odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])


def _is_date(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True
