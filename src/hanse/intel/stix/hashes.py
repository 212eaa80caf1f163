"""Hash values: what each algorithm's value looks like (sections 2.7 and 10.7).

`hash-algorithm-ov` is an open vocabulary, so an algorithm with another name is
good; one that is known under any spelling (`SHA-256`, `sha256`) must have a value
of its own length. Keys are dictionary keys of at least 3 characters.
"""

import re
from collections.abc import Callable

from hanse.intel.stix.faults import MAX_FAULTS, Fault, Faults, at, here, unlike
from hanse.intel.stix.names import is_dictionary_key

_HEX_DIGITS = {
    "MD5": 32,
    "RIPEMD160": 40,
    "SHA1": 40,
    "SHA224": 56,
    "SHA256": 64,
    "SHA384": 96,
    "SHA512": 128,
    "SHA3224": 56,
    "SHA3256": 64,
    "SHA3384": 96,
    "SHA3512": 128,
    "WHIRLPOOL": 128,
}
_EMPTY = here("must have at least one hash; leave the property out instead")

# ssdeep is "block size:hash:hash"; TLSH is hexadecimal, since version 4 after "T1".
_ssdeep = re.compile(r"[0-9]{1,12}:[A-Za-z0-9/+]{0,128}:[A-Za-z0-9/+]{0,128}").fullmatch
_tlsh = re.compile(r"(?:T[0-9])?[0-9A-Fa-f]{70,140}").fullmatch


def spelled(algorithm: str) -> str:
    """One spelling of an algorithm's name: `SHA-256`, `sha_256` become `SHA256`."""
    return algorithm.replace("-", "").replace("_", "").upper()


def _hexadecimal(digits: int) -> Callable[[str], object]:
    return re.compile(rf"[0-9a-fA-F]{{{digits}}}").fullmatch


_SHAPES: dict[str, tuple[Callable[[str], object], str]] = {
    name: (_hexadecimal(digits), f"must be {digits} hexadecimal digits")
    for name, digits in _HEX_DIGITS.items()
} | {
    "SSDEEP": (_ssdeep, "must be an ssdeep hash: block size:hash:hash"),
    "TLSH": (_tlsh, "must be a TLSH hash: hexadecimal digits, T1 before them or not"),
}


def hashes(value: object) -> Faults | None:
    """A dictionary of hashes, each as its algorithm has it."""
    if type(value) is not dict:
        return unlike("an object", value)
    if not value:
        return _EMPTY
    found: list[Fault] = []
    for algorithm, digest in value.items():
        message = _wrong(algorithm, digest)
        if message is not None:
            found.append(at(algorithm, message))
    return tuple(found[:MAX_FAULTS]) or None


def _wrong(algorithm: str, digest: object) -> str | None:
    if len(algorithm) < 3 or not is_dictionary_key(algorithm):
        return "must be named with 3 to 250 letters, digits, - and _"
    if type(digest) is not str:
        return "must be a string"
    shape = _SHAPES.get(spelled(algorithm))
    if shape is None or shape[0](digest):
        return None
    return shape[1]
