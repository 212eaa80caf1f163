"""Checks of single values: the common data types of STIX 2.1, section 2.

Each returns `None` when all is well, else faults (see `faults`). The makers
(`listed`, `one_of`, `reference` ...) are called at import and return such a check,
so that nothing is looked up or built while an object is judged.

Where the standard leaves a vocabulary open, every string is good.
"""

import binascii
import re
from collections.abc import Iterable
from typing import cast

from hanse.intel.stix.faults import (
    MAX_FAULTS,
    Check,
    Fault,
    Faults,
    below,
    here,
    unlike,
)
from hanse.intel.stix.ids import remembered_type_of
from hanse.intel.stix.names import is_dictionary_key
from hanse.intel.stix.timestamps import parse

# Section 2.10: what a double holds exactly, RFC 7493.
LARGEST_INTEGER = 2**53 - 1

_NOT_A_TIMESTAMP = here(
    "must be a timestamp in UTC, written like 2025-01-31T08:30:00.000Z"
)
_NOT_AN_IDENTIFIER = here("must be an identifier: an object type, `--` and a UUID")
_EMPTY_LIST = here("must not be empty; leave the property out instead")
_EMPTY_OBJECT = here("must have at least one member; leave the property out instead")
_NOT_A_LANGUAGE = here("must be a language code (RFC 5646), such as en or zh-Hans")
_NOT_HEX = here("must be an even number of hexadecimal digits")
_NOT_BASE64 = here("must be base64 (RFC 4648, with padding and without line breaks)")
_BAD_KEY = here("must be named with letters, digits, - and _ only, up to 250 of them")
_FRACTION = here("must be a whole number")
_NOT_A_NAME = here("must be lowercase letters, digits and hyphens only")

_language = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,20}").fullmatch
_hexadecimal = re.compile(r"(?:[0-9a-fA-F]{2})*").fullmatch
_hyphenated = re.compile(r"[a-z0-9-]{1,250}").fullmatch


def anything(value: object) -> Faults | None:
    """Whatever JSON can hold."""
    return None


def text(value: object) -> Faults | None:
    """A string; the empty string too, STIX does not forbid it."""
    if type(value) is str:
        return None
    return unlike("a string", value)


def flag(value: object) -> Faults | None:
    """True or false."""
    if type(value) is bool:
        return None
    return unlike("true or false", value)


def flag_or_text(value: object) -> Faults | None:
    """True, false, or a string."""
    if type(value) is bool or type(value) is str:
        return None
    return unlike("true or false", value)


def timestamp(value: object) -> Faults | None:
    """A timestamp, section 2.16."""
    if type(value) is not str:
        return unlike("a timestamp in a string", value)
    return None if parse(value) is not None else _NOT_A_TIMESTAMP


def identifier(value: object) -> Faults | None:
    """An identifier of any object type, section 2.9."""
    if type(value) is not str:
        return unlike("an identifier in a string", value)
    return None if remembered_type_of(value) is not None else _NOT_AN_IDENTIFIER


def hyphenated(value: object) -> Faults | None:
    """Lowercase letters, digits and hyphens: the name of a relationship."""
    if type(value) is not str:
        return unlike("a string", value)
    return None if _hyphenated(value) else _NOT_A_NAME


def language(value: object) -> Faults | None:
    """A language code by its form; whether it is registered is not looked up."""
    if type(value) is not str:
        return unlike("a language code in a string", value)
    return None if _language(value) else _NOT_A_LANGUAGE


def dictionary_key(value: object) -> Faults | None:
    """A key of a dictionary, section 2.3."""
    return None if type(value) is str and is_dictionary_key(value) else _BAD_KEY


def hexadecimal(value: object) -> Faults | None:
    """Octets as hexadecimal, section 2.8.

    The standard says lowercase, and then writes 504B0304 in its own example of
    an e-mail message; so uppercase is taken too.
    """
    if type(value) is not str:
        return unlike("hexadecimal digits in a string", value)
    return None if _hexadecimal(value) else _NOT_HEX


def base64(value: object) -> Faults | None:
    """Octets as base64, section 2.1."""
    if type(value) is not str:
        return unlike("base64 in a string", value)
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        return _NOT_BASE64
    return None


def integer(least: int = -LARGEST_INTEGER, most: int = LARGEST_INTEGER) -> Check:
    """A whole number between two bounds; 5.0 is one too (JSON knows one number)."""
    outside = here(f"must lie between {least} and {most}")
    if (least, most) == (0, LARGEST_INTEGER):
        outside = here("must not be negative, nor above 2^53 - 1")

    def check(value: object) -> Faults | None:
        if type(value) is float:
            if not value.is_integer():
                return _FRACTION
        elif type(value) is not int:
            return unlike("a whole number", value)
        return None if least <= cast("int", value) <= most else outside

    return check


def number(least: float = float("-inf"), most: float = float("inf")) -> Check:
    """A number between two bounds."""
    outside = here(f"must lie between {least:g} and {most:g}")

    def check(value: object) -> Faults | None:
        if type(value) is not float and type(value) is not int:
            return unlike("a number", value)
        return None if least <= value <= most else outside

    return check


def one_of(*allowed: str) -> Check:
    """A value of a closed vocabulary (the standard's `-enum`)."""
    words = frozenset(allowed)
    outside = here("must be one of " + ", ".join(allowed))

    def check(value: object) -> Faults | None:
        if type(value) is not str:
            return unlike("a string", value)
        return None if value in words else outside

    return check


def listed(item: Check) -> Check:
    """A list of one or more values that all pass `item`; section 2.12."""

    def check(value: object) -> Faults | None:
        if type(value) is not list:
            return unlike("a list", value)
        if not value:
            return _EMPTY_LIST
        for entry in value:
            if item(entry) is not None:
                return _every_fault(item, enumerate(value))
        return None

    return check


def dictionary(item: Check = anything, *, key: Check = dictionary_key) -> Check:
    """One or more members whose names pass `key` and values `item`; section 2.3."""

    def check(value: object) -> Faults | None:
        if type(value) is not dict:
            return unlike("an object", value)
        if not value:
            return _EMPTY_OBJECT
        for name, entry in value.items():
            wrong = key(name)
            if wrong is not None:
                return below(name, wrong)
            if item(entry) is not None:
                return _every_fault(item, value.items())
        return None

    return check


def either(first: Check, second: Check) -> Check:
    """Passes when one of the two does; else the faults of the first."""

    def check(value: object) -> Faults | None:
        faults = first(value)
        return None if faults is None or second(value) is None else faults

    return check


def reference(*allowed: str) -> Check:
    """A reference to an object of one of the allowed types."""
    types = frozenset(allowed)
    outside = here("must refer to an object of type " + " or ".join(allowed))

    def check(value: object) -> Faults | None:
        if type(value) is not str:
            return unlike("an identifier in a string", value)
        kind = remembered_type_of(value)
        if kind in types:
            return None
        return _NOT_AN_IDENTIFIER if kind is None else outside

    return check


def reference_but(forbidden: Iterable[str], wanted: str) -> Check:
    """A reference to any object, custom ones too, but of none of these types."""
    types = frozenset(forbidden)
    outside = here(f"must refer to {wanted}")

    def check(value: object) -> Faults | None:
        if type(value) is not str:
            return unlike("an identifier in a string", value)
        kind = remembered_type_of(value)
        if kind is None:
            return _NOT_AN_IDENTIFIER
        return outside if kind in types else None

    return check


def _every_fault(
    check: Check, entries: Iterable[tuple[int, object]] | Iterable[tuple[str, object]]
) -> Faults:
    """The slow way, taken only when something is wrong: which entries, and why."""
    found: list[Fault] = []
    for name, entry in entries:
        faults = check(entry)
        if faults is not None:
            found.extend(below(name, faults))
            if len(found) >= MAX_FAULTS:
                break
    return tuple(found[:MAX_FAULTS])
