"""Host names and IP addresses, each in one spelling.

Knows Safe Browsing's rules for hosts, IDN (UTS #46, always the A-label) and
every spelling of an IPv4 address that a browser opens. Does not know whether a
name exists or who owns it. A look-alike that *maps* to a delimiter (the sign
U+2100 maps to `a/c`) is refused: it lets a reader see another host than the
browser opens.
"""

import ipaddress
import re
from typing import Final

import idna

from hanse.base.texts import N_
from hanse.observables.escapes import escape, unescape
from hanse.observables.kinds import ObservableMalformed

MAX_NAME: Final = 253  # characters, RFC 1035 without the final dot
MAX_LABEL: Final = 63
HOST_TOO_LONG: Final = N_(
    "The host has %(has)s characters; a name has at most %(most)s. Copy it again from"
    " its source."
)

_DOTS: Final = re.compile(r"\.{2,}")
_DELIMITERS: Final = re.compile(r"[/?@:\\\[\]]")
# Wider than RFC 1035 (underscores, hyphens at the ends): what resolvers answer
# and browsers open must be reportable.
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}+(?:\.[a-z0-9_-]{1,63}+)*+")
_TLD: Final = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_NUMBER: Final = re.compile(r"0x[0-9a-f]+|[0-9]+")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def canonical_host(raw: bytes) -> str:
    """The host of a URL as Safe Browsing writes it, but with IDN as A-labels.

    `raw` is the host as it stood in the URL, without user, port and brackets.
    Characters no name can have come out escaped (`%20`), as Safe Browsing does;
    `is_name` says whether a browser could open the result. Raises
    `ObservableMalformed` for an empty or hidden host.
    """
    data = unescape(raw)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # Safe Browsing keeps such bytes, escaped; only ASCII is lowercased.
        text = data.lower().decode("latin-1")
    else:
        text = text.lower() if text.isascii() else to_ascii(text)
    if _DELIMITERS.search(text):
        raise ObservableMalformed(
            N_(
                "The host contains a delimiter (one of / ? @ : \\ [ ]) in disguise; "
                "a host name has none. Give the address as the browser shows it."
            )
        )
    text = _DOTS.sub(".", text).strip(".")
    if not text:
        raise ObservableMalformed(
            N_("The URL has no host; expected http://host/path. Add the host.")
        )
    address = ipv4_of_any_spelling(text)
    return address if address is not None else _bounded(escape(text.encode("latin-1")))


def to_ascii(text: str) -> str:
    """`text` mapped by UTS #46 (non-transitional), each label as an A-label.

    Deliberately wider than IDNA 2008 (emoji names exist and are opened by
    browsers); a canonical form must exist for whatever can be opened.
    """
    try:
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
    except UnicodeError:
        raise ObservableMalformed(
            N_(
                "The host has a character that no internationalised name may have "
                "(UTS #46). Copy it again from its source."
            )
        ) from None
    if "%" in mapped:
        raise ObservableMalformed(
            N_(
                "The host has a percent sign in disguise; a host name has none. "
                "Give the address as the browser shows it."
            )
        )
    return ".".join(_a_label(label) for label in mapped.split("."))


def ipv4_of_any_spelling(text: str) -> str | None:
    """The dotted quad of `text` if it is an IPv4 address as inet_aton reads it.

    Decimal, octal (`0310`) and hexadecimal (`0xc8`) parts, one to four of them,
    the last filling what is left. `text` is lowercase.
    """
    if not text.rpartition(".")[2][:1].isdigit():
        return None
    parts = text.split(".")
    if len(parts) > 4:
        return None
    numbers = [_number(part) for part in parts]
    total = 0
    for number in numbers[:-1]:
        if number is None or number > 255:
            return None
        total = total << 8 | number
    last, bits = numbers[-1], 8 * (5 - len(parts))
    if last is None or last >> bits:
        return None
    return str(ipaddress.IPv4Address(total << bits | last))


def ipv6(text: str) -> str:
    """`text` as RFC 5952 writes it; mapped and NAT64 addresses become IPv4.

    (Safe Browsing v5 does the same.) Raises `ObservableMalformed`.
    """
    if "%" in text:
        raise ObservableMalformed(
            N_(
                "The IPv6 address names a zone (%...); a zone means something on one "
                "machine only. Give the address without it."
            )
        )
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ObservableMalformed(
            N_(
                "This is not an IPv6 address; expected a form such as 2001:db8::1. "
                "Check the groups."
            )
        ) from None
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address in _NAT64:
        return str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return str(address)


def ip_address(text: str) -> str:
    """One IP address, canonical. Raises `ObservableMalformed`.

    Unlike in a URL, only the plain spellings count: `010.0.0.1` is eight to one
    tool and ten to the next, so a person must say which is meant.
    """
    bare = text.strip().removeprefix("[").removesuffix("]")
    if "/" in bare:
        raise ObservableMalformed(
            N_(
                "This is a range of addresses (CIDR); a report names one address, "
                "because a range blocks its innocent neighbours too. Report the "
                "addresses you have seen, one by one."
            )
        )
    if bare.count(":") == 1:
        raise ObservableMalformed(
            N_(
                "This is an address with a port; expected the address alone. "
                "Leave the port out, or report it as a URL."
            )
        )
    if ":" in bare:
        return ipv6(bare)
    try:
        return str(ipaddress.IPv4Address(bare))
    except ValueError:
        raise ObservableMalformed(
            N_(
                "This is not an IP address; expected four decimal numbers such as "
                "192.0.2.7, without leading zeros, or an IPv6 address."
            )
        ) from None


def domain_name(text: str) -> str:
    """A domain name, canonical. Raises `ObservableMalformed`.

    A leading `*.` or `.` is dropped: a domain indicator covers what lies below
    it anyway. The form is checked, not whether the top-level domain exists, so
    that a new one need not wait for a list.
    """
    name = text.strip().removeprefix("*.").lstrip(".").rstrip(".。．｡")
    if any(sign in name for sign in "/?#@:\\"):
        raise ObservableMalformed(
            N_(
                "This is more than a domain name; expected a name such as "
                "login.example. Report it as a URL or an e-mail address."
            )
        )
    name = name.lower() if name.isascii() else to_ascii(name).strip(".")
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise ObservableMalformed(
            N_(
                "This is not a domain name; expected 1 to 63 letters, digits and "
                "hyphens between dots, at most 253 characters in all."
            )
        )
    tld = name.rpartition(".")[2]
    if "." not in name or not _TLD.fullmatch(tld):
        raise ObservableMalformed(
            N_(
                "This name has no public top-level domain; expected something like "
                "shop.example. An IP address is reported as an address."
            )
        )
    return name


def is_name(host: str) -> bool:
    """Whether `host`, canonical, is an address or could be a name in DNS."""
    if host.startswith("["):
        return True
    if not _NAME.fullmatch(host):
        return False
    # A browser takes a host whose last label is a number for an IPv4 address
    # and refuses it if it is none.
    last = host.rpartition(".")[2]
    return not _NUMBER.fullmatch(last) or ipv4_of_any_spelling(host) == host


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    if label.startswith("xn--"):
        raise ObservableMalformed(
            N_(
                "The host has a label that says it is encoded (xn--) and is not. "
                "Copy it again from its source."
            )
        )
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    if len(encoded) > MAX_LABEL:
        raise ObservableMalformed(
            N_(
                "The host has a label of more than 63 characters once encoded; no name "
                "can be that long. Copy it again from its source."
            )
        )
    return encoded


def _number(part: str) -> int | None:
    if not _NUMBER.fullmatch(part) or len(part) > MAX_LABEL:
        return None
    if part.startswith("0x"):
        return int(part, 16)
    if part.startswith("0") and part != "0":
        return int(part, 8) if part.strip("01234567") == "" else None
    return int(part)


def _bounded(host: str) -> str:
    if len(host) > MAX_NAME:
        raise ObservableMalformed(HOST_TOO_LONG % {"has": len(host), "most": MAX_NAME})
    return host
