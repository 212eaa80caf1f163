"""STIX identifiers, `object-type--UUID`: reading them, and making them so that
the same thing always gets the same one (sections 2.9 and 3.4).

Two ways of making: `observable_id` as the standard lays down for cyber-observable
objects, so that every producer in the world arrives at the same identifier; and
`keyed_id` for what Hanse publishes, keyed with a secret of the hub, so that
nobody can try out who stands behind an anonymous report.
"""

import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from uuid import UUID, uuid5

from hanse.intel.stix.memory import Memory
from hanse.intel.stix.names import is_type_name

OBSERVABLE_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")

# Section 6, "ID Contributing Properties". A process has none.
CONTRIBUTING: Mapping[str, tuple[str, ...]] = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "parent_directory_ref", "extensions"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": (
        "start",
        "end",
        "src_ref",
        "dst_ref",
        "src_port",
        "dst_port",
        "protocols",
        "extensions",
    ),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
_PREFERRED_HASHES = ("MD5", "SHA-1", "SHA-256", "SHA-512")

# RFC 4122 lays down the variant bits, which is the nibble after the third hyphen;
# every version is allowed (section 2.9 only recommends 4 and 5).
_uuid = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}"
    r"-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
).fullmatch


def type_of(identifier: str) -> str | None:
    """The object type an identifier names; None when it is not an identifier."""
    kind, _, uuid = identifier.partition("--")
    if _uuid(uuid) is None or not is_type_name(kind):
        return None
    return kind


def is_identifier_of(identifier: str, kind: str) -> bool:
    """Whether this identifies an object of type `kind`, whose name is a good one."""
    return identifier.startswith(f"{kind}--") and (
        _uuid(identifier, len(kind) + 2) is not None
    )


# What references point to repeats within a bundle. At most about 3 MB.
remembered = Memory(type_of, 16_384)

remembered_type_of = remembered.__getitem__
"""`type_of`, faster for identifiers that come again and again."""


def observable_id(observable: Mapping[str, object]) -> str | None:
    """The deterministic identifier of a cyber-observable object.

    None where the standard asks for a random one: a type without contributing
    properties, or an object that has none of them.
    """
    kind = observable.get("type")
    if not isinstance(kind, str):
        return None
    parts = {
        name: _one_hash(value) if name == "hashes" else value
        for name in CONTRIBUTING.get(kind, ())
        if (value := observable.get(name)) is not None
    }
    if not parts:
        return None
    return f"{kind}--{uuid5(OBSERVABLE_NAMESPACE, canonical_json(parts))}"


def keyed_id(secret: bytes, kind: str, *parts: str) -> str:
    """The same identifier for the same parts, and none can be traced back.

    HMAC-SHA256 under `secret` over the length-prefixed parts, shaped as a UUID of
    version 5 so that every STIX reader takes it.
    """
    mac = hmac.new(secret, digestmod=hashlib.sha256)
    for part in (kind, *parts):
        data = part.encode()
        mac.update(len(data).to_bytes(4, "big") + data)
    return f"{kind}--{UUID(bytes=mac.digest()[:16], version=5)}"


def canonical_json(value: object) -> str:
    """RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript has them.

    Raises ValueError for what JSON cannot hold (NaN, infinity, other types).
    """
    match value:
        case dict():
            members = (
                f"{canonical_json(name)}:{canonical_json(value[name])}"
                for name in sorted(value, key=_utf_16)
            )
            return "{" + ",".join(members) + "}"
        case list() | tuple():
            return "[" + ",".join(canonical_json(item) for item in value) + "]"
        case float():
            return _ecmascript_number(value)
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            raise ValueError("JSON has no such type")


def _utf_16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _one_hash(hashes: object) -> object:
    """Only one hash contributes, in the standard's order of preference."""
    if not isinstance(hashes, dict) or not hashes:
        return hashes
    for name in (*_PREFERRED_HASHES, min(hashes)):
        if name in hashes:
            return {name: hashes[name]}
    return hashes


def _ecmascript_number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("JSON has neither NaN nor infinity")
    if value == 0:
        return "0"
    sign, digits, point = _shortest(value)
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Sign, shortest digits that read back the same, and where the point stands."""
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    return sign, digits.rstrip("0"), point
