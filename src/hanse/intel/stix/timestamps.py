"""STIX timestamps: RFC 3339 in UTC with `Z`, any number of fractional digits.

Section 2.16. Texts are compared digit by digit, so that nanoseconds count;
as `datetime` they are cut to microseconds. A leap second (`:60`) is valid
RFC 3339 and becomes the last microsecond before it. The year 0000 is refused:
neither Python nor the feeds that are compared with it can hold it.
"""

import re
from datetime import datetime

from hanse.intel.stix.memory import Memory

_shape = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-6][0-9](?:\.[0-9]{1,200})?Z"
).fullmatch


def _read(text: str) -> datetime | None:
    if _shape(text) is None:
        return None
    if text[11:19] == "23:59:60":
        text = f"{text[:17]}59.999999Z"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


# At most about 2 MB.
remembered = Memory(_read, 16_384)

parse = remembered.__getitem__
"""The instant in UTC, cut to microseconds; None when the text is not a timestamp."""


def is_later(left: str, right: str) -> bool:
    """Whether the timestamp `left` lies after `right`, to the last digit."""
    if len(left) == len(right):
        return left > right
    return _digits(left) > _digits(right)


def _digits(text: str) -> str:
    bare = text[:-1]
    return bare.rstrip("0").rstrip(".") if "." in bare else bare
