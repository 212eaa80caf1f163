"""Percent-escapes as Safe Browsing undoes and makes them.

Undoing goes on until none is left (`%2525` is `%`): no two escapes overlap, so
any order of replacement reaches the same end, and one pass from left to right
does so in linear time, whatever an attacker nests.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

_PERCENT: Final = 0x25
_HEX: Final = b"0123456789abcdefABCDEF"
_VALUES: Final = {bytes((a, b)): int(bytes((a, b)), 16) for a in _HEX for b in _HEX}
_UNSAFE: Final = re.compile(rb"[\x00-\x20\x7f-\xff#%]")
_SPELLED: Final = tuple(
    f"%{byte:02X}" if _UNSAFE.match(bytes((byte,))) else chr(byte)
    for byte in range(256)
)


def unescape(data: bytes) -> bytes:
    """`data` without any percent-escape, however deeply nested."""
    if _PERCENT not in data:
        return data
    once = unquote_to_bytes(data)
    if _PERCENT not in once:
        return once
    head, *rest = once.split(b"%")
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
    return "".join([_SPELLED[byte] for byte in data])


def _fold(out: bytearray) -> None:
    while len(out) >= 3 and out[-3] == _PERCENT:
        value = _VALUES.get(bytes(out[-2:]))
        if value is None:
            return
        out[-3:] = bytes((value,))
