"""A URL in the one spelling under which it is reported, stored and looked up.

The rules are Safe Browsing's (v5, "URLs and Hashing"), so that what a browser's
own protection calls one page is one page here. We differ where that helps
against an attacker or tells pages apart that are apart:

- IDN hosts become A-labels here (Safe Browsing expects them so already);
- a port is kept unless it is the scheme's own: a kit on :8443 is not the shop
  on :443 (Safe Browsing drops every port);
- user and password are dropped: `http://bank.example@evil.example/` is
  evil.example, and whatever stands before the `@` may name a customer;
- the host ends where it ends in the text as given, as in a browser, before
  escapes are undone: `http://a%2F@b/` opens b, not a;
- a backslash before the query is a slash, as in a browser;
- only http, https and ftp; anything else is refused.
"""

import re
from typing import Final

from hanse.base.texts import N_
from hanse.observables.escapes import escape, unescape
from hanse.observables.host import MAX_NAME, canonical_host, ipv6, is_name
from hanse.observables.kinds import ObservableMalformed

MAX_URL: Final = 8192  # characters; the longest of 330,000 real ones has 1,995
ADDRESS_TOO_LONG: Final = N_(
    "The address has %(has)s characters; at most %(most)s are taken. Cut the query off,"
    " or report the domain."
)

_PORTS: Final = {"http": "80", "https": "443", "ftp": "21"}

# A URL that already is canonical, or lacks only the slash after the host: 98 of
# 100 real ones. Plain ASCII, lowercase host with a top-level domain of letters or
# a dotted quad, no port, no escape, no empty segment and none that starts with a
# dot. Possessive, so it cannot backtrack.
_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_NAME_OR_QUAD: Final = (
    rf"(?:(?:[a-z0-9_-]{{1,63}}+\.)++[a-z]{{2,63}}+|(?:{_BYTE}\.){{3}}{_BYTE})"
)
_PLAIN: Final = re.compile(
    rf"https?://{_NAME_OR_QUAD}"
    r"(?:(?:/(?![/.])[!\"$&-.0-;=>@-\[\]-~<]*+)++(?:\?[!\"$&-~]*+)?)?",
    re.ASCII,
)
_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST_AND_PORT: Final = re.compile(r"[^:/?#\\]*:[0-9]*(?:[/?#\\]|\Z)")
_SLASHES: Final = re.compile(r"[/\\]{2}")
_BLANK: Final = "".join(map(chr, range(0x21)))
_BREAKS: Final = re.compile(r"[\t\r\n]+")


def url(text: str) -> str:
    """`text` as a canonical URL that a browser could open.

    Raises `ObservableMalformed`; the same text in another spelling gives the
    same result, and a canonical URL gives itself.
    """
    plain = already_canonical(text.partition("#")[0])
    if plain is not None:
        return plain
    canonical = _by_the_rules(text)
    if not is_name(host_of(canonical)):
        raise ObservableMalformed(
            N_(
                "The host of this URL can be neither a name nor an address, no browser "
                "opens it. Check it for a slip or a missing part."
            )
        )
    return canonical


def canonicalise(text: str) -> str:
    """Safe Browsing's canonical form of `text`, with the differences named above.

    Like Safe Browsing it gives a form to hosts that cannot exist
    (`http://%20a.example/`); `url` refuses them. Raises `ObservableMalformed`.
    """
    plain = already_canonical(text.partition("#")[0])
    return _by_the_rules(text) if plain is None else plain


def host_of(canonical: str) -> str:
    """The host of a canonical URL, without port; an IPv6 address in brackets."""
    start = canonical.find("://") + 3
    authority = canonical[start : canonical.find("/", start)]
    if ":" not in authority:
        return authority
    if authority[0] == "[":
        return f"{authority.partition(']')[0]}]"
    return authority.partition(":")[0]


def already_canonical(text: str) -> str | None:
    """The canonical form of most URLs at the cost of one match, or None."""
    if len(text) >= MAX_URL or _PLAIN.fullmatch(text) is None:
        return None
    slash = text.find("/", 8)
    if slash < 0:
        return f"{text}/" if len(text) <= MAX_NAME + 7 else None
    return text if slash <= MAX_NAME + 7 else None


def _by_the_rules(text: str) -> str:
    if len(text) > MAX_URL:
        raise _too_long(len(text))
    scheme, rest = _split_scheme(_BREAKS.sub("", text.strip(_BLANK)))
    end = _first_of(rest, "/\\?#")
    host = _authority(rest[:end], scheme)
    tail = unescape(_utf8(rest[end:].partition("#")[0]))
    path, mark, query = tail.partition(b"?")
    canonical = (
        f"{scheme}://{host}{escape(_resolve(path))}{escape(mark)}{escape(query)}"
    )
    if len(canonical) > MAX_URL:
        raise _too_long(len(canonical))
    return canonical


def _split_scheme(text: str) -> tuple[str, str]:
    """The scheme, and what follows it and its slashes; http if there is none."""
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    if found and scheme in _PORTS:
        return scheme, text[found.end() :].lstrip("/\\")
    if found and (_SLASHES.match(text, found.end()) or not _HOST_AND_PORT.match(text)):
        raise ObservableMalformed(
            N_(
                "This address has a scheme that is not shared; expected http, https or "
                "ftp. Report the page it leads to."
            )
        )
    return "http", text.lstrip("/\\")


def _authority(text: str, scheme: str) -> str:
    text = text.rpartition("@")[2]
    if text.startswith("["):
        literal, bracket, after = text[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise ObservableMalformed(
                N_(
                    "The URL opens a bracket for an IPv6 address and does not close it;"
                    " expected http://[2001:db8::1]/. Add the bracket."
                )
            )
        address = ipv6(literal)
        host, port = (f"[{address}]" if ":" in address else address), after[1:]
    else:
        name, _, port = text.partition(":")
        host = canonical_host(_utf8(name))
    return host + _port(port, scheme)


def _port(text: str, scheme: str) -> str:
    if not text:
        return ""
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise _not_a_port()
    number = int(text)
    if number > 0xFFFF:
        raise _not_a_port()
    return "" if str(number) == _PORTS[scheme] else f":{number}"


def _resolve(path: bytes) -> bytes:
    """`path` without empty, `.` and `..` segments; what ended a folder still does."""
    kept: list[bytes] = []
    segments = path.replace(b"\\", b"/").split(b"/")
    for segment in segments:
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    if not kept:
        return b"/"
    is_folder = segments[-1] in (b"", b".", b"..")
    return b"/" + b"/".join(kept) + (b"/" if is_folder else b"")


def _first_of(text: str, signs: str) -> int:
    places = [place for sign in signs if (place := text.find(sign)) >= 0]
    return min(places, default=len(text))


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ObservableMalformed(
            N_(
                "The address has half a character (a lone surrogate); expected UTF-8. "
                "Copy it again from its source."
            )
        ) from None


def _too_long(length: int) -> ObservableMalformed:
    return ObservableMalformed(ADDRESS_TOO_LONG % {"has": length, "most": MAX_URL})


def _not_a_port() -> ObservableMalformed:
    return ObservableMalformed(
        N_(
            "What stands after the colon of the host is not a port; expected a number "
            "up to 65535. Leave it out if you do not know it."
        )
    )
