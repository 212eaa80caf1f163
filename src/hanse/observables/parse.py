"""The door: text in, `Observable` out, or a refusal that says what is wrong.

`parse` is told the kind; `recognise` finds it for one pasted value, defanged or
not. Neither looks anything up on a network. Messages never repeat the input.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hanse.base.texts import N_
from hanse.observables.app import app_name
from hanse.observables.defanging import defang, refang
from hanse.observables.fingerprint import certificate, file_hash
from hanse.observables.host import domain_name, ip_address
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.sender import sender
from hanse.observables.suffixes import is_top_level
from hanse.observables.url import MAX_URL, already_canonical, host_of, url
from hanse.observables.wifi import hotspot, is_radio_address

__all__ = ["defang", "parse", "recognise", "refang"]

MAX_OTHER: Final = 1024  # characters; the longest canonical value has 254

VALUE_TOO_LONG: Final = N_(
    "The value has %(has)s characters; at most %(most)s are taken. Report one value at"
    " a time."
)
TEXT_TOO_LONG: Final = N_(
    "The text has %(has)s characters; expected one value of at most %(most)s. Paste one"
    " value to a line."
)

_CANONICAL: Final[Mapping[Kind, Callable[[str], str]]] = MappingProxyType(
    {
        Kind.URL: url,
        Kind.DOMAIN: domain_name,
        Kind.IP: ip_address,
        Kind.EMAIL: sender,
        Kind.HASH: file_hash,
        Kind.CERTIFICATE: certificate,
        Kind.APP: app_name,
        Kind.WIFI: hotspot,
    }
)

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://|https?:|ftp:", re.IGNORECASE)
_HOTSPOT: Final = re.compile(r"b?ssid:", re.IGNORECASE)
_HASH: Final = re.compile(
    r"(?:md5|sha-?(?:1|256|512))\s?[:=]\s?[0-9a-f]+"
    r"|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}",
    re.IGNORECASE,
)
_PRINT: Final = re.compile(
    r"(?:sha-?(?:1|256)\s?(?:fingerprint)?\s?[:=]\s?)?"
    r"[0-9a-f]{2}(?:[:\s-][0-9a-f]{2}){19,31}",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"[0-9a-f:.]+(?:/\d+)?|\[[0-9a-f:.]+\]", re.IGNORECASE)
_DISPLAY_NAME: Final = re.compile(r"[^<>]*<([^<>@\s]+@[^<>@\s]+)>")
_PACKAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*+(?:\.[A-Za-z][A-Za-z0-9_]*+)++")


def parse(kind: Kind, text: str) -> Observable:
    """`text` as a value of `kind`, canonical. Raises `ObservableMalformed`.

    Canonical text gives itself. Defanged text is not undone; see `refang`.
    """
    limit = MAX_URL if kind is Kind.URL else MAX_OTHER
    if len(text) > limit:
        raise ObservableMalformed(VALUE_TOO_LONG % {"has": len(text), "most": limit})
    return Observable(kind, _CANONICAL[kind](text))


def recognise(text: str) -> Observable:
    """One pasted value, possibly defanged, with its kind found by its form.

    A name is taken for a domain if it ends in a known top-level domain, else
    for an app if it reads like a package (`com.example.wallet`): phishing hosts
    that begin with `com.` are more frequent than packages that end in a
    top-level domain. Name the kind where that guess is wrong. Raises
    `ObservableMalformed`.
    """
    if len(text) > 2 * MAX_URL:
        raise ObservableMalformed(TEXT_TOO_LONG % {"has": len(text), "most": MAX_URL})
    plain = already_canonical(text)
    if plain is not None:
        return Observable(Kind.URL, plain)
    bare = refang(text)
    if not bare:
        raise ObservableMalformed(
            N_(
                "There is no value here; expected a URL, a name, an address or a hash. "
                "Leave the line out."
            )
        )
    seen = parse(_kind_of(bare), _without_wrapping(bare))
    if seen.kind is Kind.URL and not re.search(r"[.:]", host_of(seen.value)):
        raise ObservableMalformed(
            N_(
                "The host of this URL has no top-level domain; expected something like "
                "http://shop.example/. If it is meant so, say that it is a URL."
            )
        )
    return seen


def _kind_of(bare: str) -> Kind:
    if _HOTSPOT.match(bare) or is_radio_address(bare):
        return Kind.WIFI
    if _PRINT.fullmatch(bare):
        return Kind.CERTIFICATE
    if _HASH.fullmatch(bare):
        return Kind.HASH
    if _SCHEME.match(bare):
        return Kind.URL
    if _DISPLAY_NAME.fullmatch(bare) or ("@" in bare and not re.search(r"[/?#]", bare)):
        return Kind.EMAIL
    if _DIGITS.fullmatch(bare) and (":" in bare or bare.count(".") == 3):
        return Kind.IP if bare.count(":") != 1 else Kind.URL
    if re.search(r"[/?#\\:]", bare):
        return _url_or_nothing(bare)
    return _name_or_nothing(bare)


def _url_or_nothing(bare: str) -> Kind:
    host = re.split(r"[/?#\\:]", bare.rpartition("@")[2], maxsplit=1)[0]
    if _DIGITS.fullmatch(host) and host.count(".") == 3:
        return Kind.URL
    return Kind.URL if _name_or_nothing(host) is Kind.DOMAIN else Kind.APP


def _name_or_nothing(bare: str) -> Kind:
    try:
        tld = domain_name(bare).rpartition(".")[2]
    except ObservableMalformed:
        tld = ""
    if tld and is_top_level(tld):
        return Kind.DOMAIN
    first = bare.partition(".")[0].lower()
    if _PACKAGE.fullmatch(bare) and is_top_level(first):
        return Kind.APP
    raise ObservableMalformed(
        N_(
            "This is no value known here; expected a URL, a domain with a known "
            "top-level domain, an IP or e-mail address, a hash, a fingerprint, an app's"
            " package name or a hotspot. If it is one, say of which kind."
        )
    )


def _without_wrapping(bare: str) -> str:
    named = _DISPLAY_NAME.fullmatch(bare)
    return named[1] if named else bare.removeprefix("mailto:")
