"""Hashes of files and fingerprints of certificates, always `algorithm:hex`.

A bare value is told by its length. A certificate is named by its SHA-256 (or
SHA-1) fingerprint, however a tool prints it: with colons, blanks or a label.
MD5 fingerprints of certificates are refused: they have been forged.
"""

import re
from typing import Final

from hanse.base.texts import N_
from hanse.observables.kinds import ObservableMalformed

NO_HASH: Final = N_(
    "This is not a %(kinds)s value; expected hexadecimal digits, as many as this:"
    " %(lengths)s."
)
_LENGTHS: Final = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_NAMES: Final = {length: name for name, length in _LENGTHS.items()}
_HEX: Final = re.compile(r"[0-9a-f]+")
_LABEL: Final = re.compile(
    r"(md5|sha[-_ ]?(?:1|256|512))\s?(?:fingerprint|digest)?\s?[:=]", re.IGNORECASE
)
_LETTER_BEYOND_HEX: Final = re.compile(r"[g-z]", re.IGNORECASE)


def file_hash(text: str) -> str:
    """A file's hash, canonical (`sha256:9f86...`). Raises `ObservableMalformed`."""
    label, digits = _split(text)
    return _named(label, digits, ("md5", "sha1", "sha256", "sha512"))


def certificate(text: str) -> str:
    """A certificate's fingerprint, canonical. Raises `ObservableMalformed`."""
    label, digits = _split(text)
    return _named(label, re.sub(r"[\s:-]", "", digits), ("sha256", "sha1"))


def _split(text: str) -> tuple[str | None, str]:
    bare = text.strip()
    found = _LABEL.match(bare)
    if found is None:
        if _LETTER_BEYOND_HEX.search(bare.replace("=", ":").rpartition(":")[0]):
            raise ObservableMalformed(
                N_(
                    "The label before the value names no algorithm known here; expected"
                    " md5, sha1, sha256 or sha512."
                )
            )
        return None, bare.lower()
    label = re.sub(r"[-_ ]", "", found[1]).lower()
    return label, bare[found.end() :].strip().lower()


def _named(label: str | None, digits: str, allowed: tuple[str, ...]) -> str:
    name = _NAMES.get(len(digits))
    if not _HEX.fullmatch(digits) or name not in allowed:
        raise ObservableMalformed(
            NO_HASH
            % {
                "kinds": ", ".join(allowed),
                "lengths": ", ".join(f"{each}: {_LENGTHS[each]}" for each in allowed),
            }
        )
    if label is not None and label != name:
        raise ObservableMalformed(
            N_(
                "The label and the length of the value disagree about the algorithm; "
                "copy the value again from its source."
            )
        )
    return f"{name}:{digits}"
