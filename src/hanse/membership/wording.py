"""How names and notes are taken: one spelling (NFC), no control characters, bounded.

Direction marks and other invisible characters are refused, because a name that looks
like another's is how people are fooled.
"""

import re
import unicodedata

from hanse.base.errors import Malformed

MAX_NAME_CHARS = 120
MAX_NOTE_CHARS = 2_000
MAX_EMAIL_CHARS = 254  # RFC 5321, 4.5.3.1.3

_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+",
    re.ASCII,
)


class TextRefused(Malformed):
    """A text that cannot be taken; `pointer` says which."""

    code = "membership.text_refused"


def name(text: str, field: str, *, max_chars: int = MAX_NAME_CHARS) -> str:
    """A name: not empty, one line."""
    tidy = optional_name(text, field, max_chars=max_chars)
    if not tidy:
        raise TextRefused(f"{field} must not be empty", pointer=f"/{field}")
    return tidy


def optional_name(text: str, field: str, *, max_chars: int = MAX_NAME_CHARS) -> str:
    """A name that may be empty."""
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    return _checked(tidy, field, max_chars, allowed="")


def note(text: str, field: str, *, max_chars: int = MAX_NOTE_CHARS) -> str:
    """A text of several lines that may be empty."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    return _checked(lines, field, max_chars, allowed="\n\t")


def email(text: str, field: str = "email") -> str:
    """An e-mail address, lower case: what somebody logs in with."""
    lowered = text.strip().lower()
    if len(lowered) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(lowered):
        raise TextRefused(
            f"{field} must be an e-mail address, as in name@company.example",
            pointer=f"/{field}",
        )
    return lowered


def _checked(text: str, field: str, max_chars: int, *, allowed: str) -> str:
    if len(text) > max_chars:
        raise TextRefused(
            f"{field} has more than {max_chars} characters", pointer=f"/{field}"
        )
    # Cc, Cf, Cs, Co, Cn: controls, invisible format characters, halves, unassigned.
    hidden = any(unicodedata.category(c)[0] == "C" and c not in allowed for c in text)
    if hidden:
        raise TextRefused(
            f"{field} has characters nobody can see; write it without them",
            pointer=f"/{field}",
        )
    return text
