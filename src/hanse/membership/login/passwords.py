"""Passwords: which are taken, and how they are kept (argon2id, RFC 9106).

The parameters are those OWASP names as its first choice for argon2id; hashing is
slow by design, so at most two run at a time in a process and an attacker who knocks
often costs neither its memory nor all its threads. `DUMMY` is verified for unknown
e-mail addresses, so that they take as long as known ones.
"""

import unicodedata
from functools import cache
from importlib import resources
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hanse.base.errors import Malformed

MIN_CHARS = 12
MAX_CHARS = 256
_MIN_DISTINCT = 5

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_at_a_time = BoundedSemaphore(2)


class PasswordRefused(Malformed):
    """A password that is too easily found."""

    code = "membership.password_refused"


def check(password: str, email: str) -> str:
    """The password in its one spelling (NFC), if it may be one.

    Raises:
        PasswordRefused: says which rule it breaks; never repeats it.
    """
    password = unicodedata.normalize("NFC", password)
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise _refused(f"it has to have {MIN_CHARS} to {MAX_CHARS} characters")
    lowered = password.lower()
    if lowered in _common() or _letters(lowered) in _common_words():
        raise _refused("it is among the first that anybody tries")
    if len(set(lowered)) < _MIN_DISTINCT or _is_a_run(lowered):
        raise _refused("it is a row of few characters")
    mailbox = email.partition("@")[0].lower()
    if email.lower() in lowered or (len(mailbox) > 3 and mailbox in lowered):
        raise _refused("it contains the e-mail address")
    return password


def hashed(password: str) -> str:
    """What is kept of a password that was checked."""
    with _at_a_time:
        return _hasher.hash(password)


def is_right(kept: str, password: str) -> bool:
    """Whether `password` is the one kept; slow."""
    text = unicodedata.normalize("NFC", password[: MAX_CHARS + 1])
    with _at_a_time:
        try:
            return _hasher.verify(kept, text)
        except (VerificationError, InvalidHashError):
            return False


@cache
def dummy() -> str:
    """The hash of nobody's password, made as all others are."""
    return hashed("nobody's password")


def _refused(rule: str) -> PasswordRefused:
    return PasswordRefused(
        f"this password is not taken: {rule}. Four or five unrelated words make a"
        " good one",
        pointer="/password",
    )


def _letters(text: str) -> str:
    """Without what is put around a word to make it look different."""
    return "".join(c for c in text if c.isalpha())


def _is_a_run(text: str) -> bool:
    """Every character beside its neighbour: 123456789012, abcdefghijkl."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return len(steps) == 1 or (len(text) > 2 and steps <= {1, -9})


@cache
def _common() -> frozenset[str]:
    text = resources.files("hanse.membership.login") / "common_passwords.txt"
    lines = text.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _common_words() -> frozenset[str]:
    return frozenset(_letters(line) for line in _common()) - {""}
