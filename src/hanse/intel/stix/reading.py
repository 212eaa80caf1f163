"""JSON bytes into Python values, with everything refused that readers disagree on.

The bytes of strangers: duplicate keys (the last one wins here, the first one
elsewhere, and an object is judged by one and used by the other), NaN, broken
UTF-8, lone surrogates, U+0000, nesting without end. Nothing here knows STIX.

The usual object costs about a microsecond more than decoding it: duplicates are
found by counting (see `_is_surely_without_duplicates`), the rest by the decoder.
"""

import json
import re
from typing import Any, NoReturn

import msgspec

from hanse.intel.stix.faults import Fault, StixInvalid, below, here

# Deeper than any STIX object needs; our own checks recurse this deep.
MAX_DEPTH = 64
MAX_OBJECT_BYTES = 1 << 20

TOO_DEEP = f"nests deeper than {MAX_DEPTH} levels; STIX needs no more than ten"

_decode = msgspec.json.Decoder().decode
_surrogate = re.compile(rb"\\u[dD][89a-fA-F]").search


class TooDeep(Exception):
    """The value nests deeper than `MAX_DEPTH`."""


def read_json_object(raw: bytes) -> dict[str, Any]:
    """The object these bytes are; raises `StixInvalid` for anything else."""
    if len(raw) > MAX_OBJECT_BYTES:
        refuse(f"is {len(raw)} bytes long; at most {MAX_OBJECT_BYTES} are taken")
    value: dict[str, Any] = decoded(raw)
    if type(value) is not dict:
        refuse("must be a JSON object")
    try:
        pairs = count_members(value, 1)
    except TooDeep:
        refuse(TOO_DEEP)
    if not _is_surely_without_duplicates(raw, pairs):
        _refuse_duplicates(raw)
    if b"\\u0000" in raw:
        _refuse_nul(value)
    return value


def decoded(raw: bytes, decode: Any = _decode) -> Any:
    """What the bytes hold; raises `StixInvalid` when they are not JSON."""
    try:
        return decode(raw)
    except RecursionError:
        refuse(TOO_DEEP)
    except UnicodeDecodeError:
        refuse("is not valid UTF-8, which JSON must be")
    except msgspec.ValidationError as error:
        refuse(f"cannot be read as JSON: {_lower(str(error))}")
    except msgspec.DecodeError as error:
        if _surrogate(raw):
            refuse("has half of a surrogate pair (\\ud800 to \\udfff) by itself")
        refuse(f"is not valid JSON: {_lower(str(error))}")


def refuse(message: str) -> NoReturn:
    """Raise `StixInvalid` about the whole."""
    raise StixInvalid(here(message))


def count_members(value: Any, depth: int = 1) -> int:
    """How many members all objects in `value` have; raises `TooDeep`.

    `value` is a list or an object at nesting level `depth`.
    """
    if depth > MAX_DEPTH:
        raise TooDeep
    if type(value) is dict:
        members = len(value)
        for item in value.values():
            if type(item) is list or type(item) is dict:
                members += count_members(item, depth + 1)
        return members
    members = 0
    for item in value:
        if type(item) is dict or type(item) is list:
            members += count_members(item, depth + 1)
    return members


def _is_surely_without_duplicates(raw: bytes, members: int) -> bool:
    r"""Whether as many members were written as came out of the decoder.

    In valid JSON `":` stands after a name, or inside a string as `\":`. So if no
    name has whitespace before its colon, at least as many `":` are in the text as
    members were written; and if that is no more than came out, none was lost.
    """
    if raw.count(b'":') != members or b" :" in raw:
        return False
    return not (b"\n" in raw or b"\t" in raw or b"\r" in raw) or not (
        b"\n:" in raw or b"\t:" in raw or b"\r:" in raw
    )


class _Twice(dict[str, Any]):
    """An object in whose text a name stood twice."""

    name = ""


def _refuse_duplicates(raw: bytes) -> None:
    """Go through the text once more, slowly, and name the first duplicate."""
    try:
        value = json.loads(raw, object_pairs_hook=_object)
    except RecursionError:
        # Only what was overwritten by a duplicate can be deeper than the rest.
        refuse("has a member twice; names must be unique")
    twice = _first_twice(value, "")
    if twice is not None:
        raise StixInvalid((twice,))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    twice = _Twice(value)
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            twice.name = name
            break
        names.add(name)
    return twice


def _first_twice(value: Any, pointer: str) -> Fault | None:
    """The first duplicate; recursion ends, the value came through `count_members`."""
    if isinstance(value, _Twice):
        fault = below(value.name, here("is there twice; names must be unique"))[0]
        return Fault(pointer + fault.pointer, fault.message)
    for name, item in _entries(value):
        found = _first_twice(item, pointer + below(name, here(""))[0].pointer)
        if found is not None:
            return found
    return None


def _refuse_nul(value: Any, pointer: str = "") -> None:
    r"""U+0000 is valid JSON, and no database column or C string can hold it."""
    if isinstance(value, str) and "\0" in value:
        raise StixInvalid((Fault(pointer, "holds the character U+0000; remove it"),))
    for name, item in _entries(value):
        place = pointer + below(name, here(""))[0].pointer
        if "\0" in str(name):
            raise StixInvalid((Fault(pointer, "has U+0000 in the name of a member"),))
        _refuse_nul(item, place)


def _entries(value: Any) -> Any:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _lower(text: str) -> str:
    text = text.removeprefix("JSON is malformed: ")
    return text[:1].lower() + text[1:]
