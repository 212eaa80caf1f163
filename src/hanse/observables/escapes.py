"""Percent-escapes as Safe Browsing undoes and makes them.

Undoing goes on until none is left (`%2525` is `%`): every replacement is
unambiguous, so one pass from left to right reaches the same end as repeated
passes, in linear time, whatever an attacker nests.
"""

import re
from typing import Final

_PERCENT: Final = 0x25
_HEX: Final = b"0123456789abcdefABCDEF"
_VALUES: Final = {bytes((a, b)): int(bytes((a, b)), 16) for a in _HEX for b in _HEX}
_UNSAFE: Final = re.compile(rb"[\x00-\x20\x7f-\xff#%]")
_ESCAPED: Final = {
    byte: f"%{byte:02X}" for byte in range(256) if _UNSAFE.match(bytes((byte,)))
}


def unescape(data: bytes) -> bytes:
    """`data` without any percent-escape, however deeply nested."""
    if _PERCENT not in data:
        return data
    head, *rest = data.split(b"%")
    out = bytearray(head)
    for part in rest:
        out.append(_PERCENT)
        taken = 0
        # Only while a percent sign stands among the last two can a further byte
        # complete an escape; after that the part is plain.
        while taken < len(part) and _PERCENT in out[-2:]:
            out.append(part[taken])
            taken += 1
            _fold(out)
        out += part[taken:]
    return bytes(out)


def escape(data: bytes) -> str:
    """`data` as ASCII: everything <= 0x20 or >= 0x7F, `#` and `%` escaped."""
    if _UNSAFE.search(data) is None:
        return data.decode("ascii")
    return data.decode("latin-1").translate(_ESCAPED)


def _fold(out: bytearray) -> None:
    while len(out) >= 3 and out[-3] == _PERCENT:
        value = _VALUES.get(bytes(out[-2:]))
        if value is None:
            return
        out[-3:] = bytes((value,))
