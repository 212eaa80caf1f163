"""What the patterns of indicators mean to Hanse: values to look for, or more.

Most indicators say "this URL", "one of these hashes": `simple_values` takes those
apart, so that an edge can enforce them by look-up; `make_pattern` writes them.
Whatever needs more than that (AND, LIKE, qualifiers, order) is kept and shared,
but not enforced. The grammar is in `grammar`.

Two object types are Hanse's own: `x-hanse-app` (package name) and `x-hanse-wifi`
(ssid, bssid); STIX 2.1 has no observable for either.
"""

import re
from collections.abc import Iterator, Mapping

from hanse.intel.stix.faults import Fault
from hanse.intel.stix.grammar import (
    Comparison,
    Expression,
    Joined,
    Observed,
    PatternFault,
    read_pattern,
    unescaped,
)
from hanse.intel.stix.hashes import spelled

# One pattern of a hostile object could name 50,000 values; each becomes a claim.
MAX_VALUES = 1_000

_KINDS: Mapping[tuple[str, tuple[str, ...]], tuple[str, str]] = {
    ("url", ("value",)): ("url", ""),
    ("domain-name", ("value",)): ("domain", ""),
    ("ipv4-addr", ("value",)): ("ip", ""),
    ("ipv6-addr", ("value",)): ("ip", ""),
    ("email-addr", ("value",)): ("email", ""),
    ("email-message", ("from_ref", "value")): ("email", ""),
    ("email-message", ("sender_ref", "value")): ("email", ""),
    ("x-hanse-app", ("package_name",)): ("app", ""),
    ("x-hanse-wifi", ("ssid",)): ("wifi", "ssid:"),
    ("x-hanse-wifi", ("bssid",)): ("wifi", "bssid:"),
}
_HASHED = {"file": "hash", "x509-certificate": "certificate"}
_ALGORITHMS = {
    "MD5": "md5:",
    "SHA1": "sha1:",
    "SHA256": "sha256:",
    "SHA512": "sha512:",
}

_PATHS = {
    "url": "url:value",
    "domain": "domain-name:value",
    "email": "email-addr:value",
    "app": "x-hanse-app:package_name",
}
_WIFI = "x-hanse-wifi"
_ON_THAT_RADIO = "|ssid:"
_PREFIXED_PATHS = {
    ("hash", "md5"): "file:hashes.MD5",
    ("hash", "sha1"): "file:hashes.'SHA-1'",
    ("hash", "sha256"): "file:hashes.'SHA-256'",
    ("hash", "sha512"): "file:hashes.'SHA-512'",
    ("certificate", "md5"): "x509-certificate:hashes.MD5",
    ("certificate", "sha1"): "x509-certificate:hashes.'SHA-1'",
    ("certificate", "sha256"): "x509-certificate:hashes.'SHA-256'",
    ("wifi", "ssid"): "x-hanse-wifi:ssid",
    ("wifi", "bssid"): "x-hanse-wifi:bssid",
}

# Nearly all patterns are one `path = 'constant'`, or several joined by OR. To know
# that they are good takes these a hundredth of the parser's time.
_COMPARISON = (
    r"[a-z][a-z0-9-]*+:[a-z_]++(?:\.(?:[A-Za-z_][A-Za-z0-9_]*+|'[^'\\]*+'))*+"
    r"\s*+=\s*+'(?:[^'\\]|\\['\\])*+'"
)
_flat = re.compile(
    rf"\[\s*+{_COMPARISON}(?:\s++(?:AND|OR)\s++{_COMPARISON})*+\s*+\]"
).fullmatch
_single = re.compile(
    r"\[\s*+([a-z][a-z0-9-]*+):([a-z_]++)(?:\.([A-Za-z_][A-Za-z0-9_]*+|'[^'\\]*+'))?+"
    r"\s*+=\s*+('(?:[^'\\]|\\['\\])*+')\s*+\]"
).fullmatch

SimpleValues = tuple[tuple[str, str], ...]


def check_pattern(pattern: str) -> Fault | None:
    """What breaks the grammar, with its column; None when the pattern is good."""
    if _flat(pattern):
        return None
    try:
        read_pattern(pattern)
    except PatternFault as fault:
        return Fault("", f"is not a STIX pattern; column {fault.column}: {fault}")
    return None


def simple_values(pattern: str) -> SimpleValues | None:
    """The (kind, value) pairs any one of which makes the pattern match.

    Kinds: url, domain, ip, email, app; hash and certificate with `md5:`, `sha1:`,
    `sha256:` or `sha512:` before the digits; wifi with `ssid:NAME`, `bssid:ADDRESS`
    or `bssid:ADDRESS|ssid:NAME` (the one AND that is taken). Values are as written,
    unescaped and in order, not yet brought to one spelling; an ip may be a network
    (`192.0.2.0/24`).

    None for anything that says more than "one of these values", and for what does
    not parse.
    """
    match = _single(pattern)
    if match:
        path = (match[2], match[3].strip("'")) if match[3] else (match[2],)
        found = _named(match[1], path)
        return ((found[0], found[1] + unescaped(match[4])),) if found else None
    try:
        pairs = tuple(_values(read_pattern(pattern)))
    except (PatternFault, _NotSimple):
        return None
    return pairs if 0 < len(pairs) <= MAX_VALUES else None


def make_pattern(kind: str, value: str) -> str:
    """The pattern that matches exactly this value; kinds as in `simple_values`.

    Raises ValueError for a kind, or a prefix of a value, that is not known.
    """
    if kind == "wifi" and value.startswith("bssid:") and _ON_THAT_RADIO in value:
        bssid, _, ssid = value.removeprefix("bssid:").partition(_ON_THAT_RADIO)
        return f"[{_WIFI}:bssid = {_quoted(bssid)} AND {_WIFI}:ssid = {_quoted(ssid)}]"
    path, constant = _path_of(kind, value)
    return f"[{path} = {_quoted(constant)}]"


def _quoted(constant: str) -> str:
    return "'" + constant.replace("\\", "\\\\").replace("'", "\\'") + "'"


class _NotSimple(Exception):
    """The pattern says more than "one of these values"."""


def _values(expression: Expression) -> Iterator[tuple[str, str]]:
    match expression:
        case Observed(comparisons):
            yield from _values(comparisons)
        case Joined(operator="OR", parts=parts):
            for part in parts:
                yield from _values(part)
        case Joined(
            operator="AND",
            parts=(
                Comparison("x-hanse-wifi", ("bssid",), "=", "string", (bssid,), False),
                Comparison("x-hanse-wifi", ("ssid",), "=", "string", (ssid,), False),
            ),
        ):
            yield "wifi", f"bssid:{bssid}{_ON_THAT_RADIO}{ssid}"
        case Comparison(operator="=" | "==" | "IN", kind="string", is_negated=False):
            found = _named(expression.object_type, expression.path)
            if found is None:
                raise _NotSimple
            for constant in expression.constants:
                yield found[0], found[1] + constant
        case _:
            raise _NotSimple


def _named(object_type: str, path: tuple[str, ...]) -> tuple[str, str] | None:
    """Kind and prefix of what a path points to."""
    if len(path) == 2 and path[0] == "hashes":
        kind = _HASHED.get(object_type)
        algorithm = _ALGORITHMS.get(spelled(path[1]))
        return (kind, algorithm) if kind and algorithm else None
    return _KINDS.get((object_type, path))


def _path_of(kind: str, value: str) -> tuple[str, str]:
    if kind == "ip":
        return ("ipv6-addr:value" if ":" in value else "ipv4-addr:value"), value
    if kind in _PATHS:
        return _PATHS[kind], value
    prefix, _, constant = value.partition(":")
    path = _PREFIXED_PATHS.get((kind, prefix))
    if path is None:
        raise ValueError("Hanse writes no patterns for values of this kind")
    return path, constant
