"""Addresses made harmless for reading, and back: hxxp://evil[.]example.

`refang` undoes what people and tools do so that nobody clicks by mistake. The
path and query are touched only when scheme or host were defanged, because
`[.]` can be meant there; so a canonical value always stays itself. It does not
judge whether the result is a value; `parse` does.
"""

import re
from typing import Final

from hanse.observables.kinds import Kind, Observable

MAX_WRAPPINGS: Final = 4

_PAIRS: Final = {
    **dict(zip("<([{`\"'", ">)]}`\"'", strict=True)),
    **dict(zip("“‘「『《〈【（＜", "”’」』》〉】）＞", strict=True)),
}
_CLOSING_MARKS: Final = "。，、；：！？…"

# Invisible signs: zero-width, soft hyphen, direction marks, byte order mark.
# The two joiners are meant in some scripts and in emoji, so they leave hosts only.
_INVISIBLE: Final = {
    ord(sign): None
    for sign in "\u200b\u200e\u200f\u00ad\u2060\u2061\u2062\u2063\u2064\ufeff"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u180e"
}
_JOINERS: Final = {0x200C: None, 0x200D: None}
_WIDE: Final = {
    **{0xFF00 + place: chr(0x20 + place) for place in range(1, 0x5F)},
    **{ord(dot): "." for dot in "。．｡"},
    0x3000: " ",
    0x00A0: " ",
}

_DEFANGED: Final = re.compile(r"[\[({<\]\\]")  # all that is undone has one of them
_OPEN, _CLOSE = r"\s{0,2}[\[({<]\s{0,2}", r"\s{0,2}[\])}>]\s{0,2}"
_DOT: Final = re.compile(
    rf"{_OPEN}(?:\.|dot|d0t|点){_CLOSE}|(?<=\w)\[\.|\.\](?=\w)|\\\.", re.IGNORECASE
)
_AT: Final = re.compile(rf"{_OPEN}(?:@|at|a){_CLOSE}", re.IGNORECASE)
_SLASH: Final = re.compile(r"\[(/+)\]")
_COLON: Final = re.compile(r"\[:\]|\(:\)|\{:\}")
_SCHEME: Final = re.compile(
    r"(?P<name>h[tx*_]{2}p(?P<s>s?)|meow(?P<meows>s?)|f[tx*_]p)"
    r"(?P<sign>\s*[\[({]?\s*:\s*[\])}]?\s*[\[({]?\s*[/\\]{1,3}\s*[\])}]?[/\\]*\s*)",
    re.IGNORECASE,
)
_PLAIN_SCHEME: Final = re.compile(r"(?:https?|ftp):[/\\]{1,3}", re.IGNORECASE)
_END_OF_HOST: Final = re.compile(r"\[/+\]|[/?#]")
_LABELLED: Final = re.compile(r"(?:ssid|bssid):", re.IGNORECASE)


def refang(text: str) -> str:
    """`text` with the usual defanging undone and wrapping signs removed."""
    if _LABELLED.match(text.lstrip()):
        return text.lstrip().rstrip("\r\n")  # a name may hold and end in anything
    bare = _unwrap(text)
    scheme, is_defanged, rest = _refang_scheme(bare)
    end = _END_OF_HOST.search(rest)
    place = end.start() if end else len(rest)
    head, tail = rest[:place], rest[place:]
    plain = head if head.isascii() else head.translate(_WIDE).translate(_JOINERS)
    host = _undo(plain)
    if is_defanged or host != plain:
        tail = _undo(tail)
    return scheme + host.strip() + tail


def defang(observable_or_text: Observable | str) -> str:
    """The value, safe to show or paste: it is no link, and `refang` restores it.

    Only addresses are changed (URL, domain, IP, e-mail); text that is not yet
    parsed is treated by its looks.
    """
    if isinstance(observable_or_text, str):
        return _defang_address(observable_or_text)
    value, kind = observable_or_text.value, observable_or_text.kind
    if kind in (Kind.URL, Kind.DOMAIN, Kind.IP, Kind.EMAIL):
        return _defang_address(value)
    return value


def _unwrap(text: str) -> str:
    bare = text.strip()
    if not bare.isascii():
        bare = bare.translate(_INVISIBLE).strip().rstrip(_CLOSING_MARKS).strip()
    if bare.startswith("||") and bare.endswith("^"):
        bare = bare[2:-1]  # a line of an ad blocker's list
    for _ in range(MAX_WRAPPINGS):
        is_wrapped = len(bare) > 1 and _PAIRS.get(bare[0]) == bare[-1]
        if not is_wrapped or (bare[0] == "[" and bare.count(":") > 1):
            break  # bare, or an IPv6 address in its brackets
        bare = bare[1:-1].strip()
    return bare


def _refang_scheme(text: str) -> tuple[str, bool, str]:
    found = _SCHEME.match(text[:64].translate(_WIDE))
    if found is None:
        return "", False, text
    name = found["name"].lower()
    secure = "s" if found["s"] or found["meows"] else ""
    scheme = "ftp" if name.startswith("f") else f"http{secure}"
    is_defanged = _PLAIN_SCHEME.fullmatch(found[0]) is None
    return f"{scheme}://", is_defanged, text[found.end() :]


def _undo(text: str) -> str:
    if _DEFANGED.search(text) is None:
        return text
    text = _DOT.sub(".", text)
    text = _AT.sub("@", text)
    text = _SLASH.sub(r"\1", text)
    return _COLON.sub(":", text)


def _defang_address(text: str) -> str:
    scheme, _, rest = _refang_scheme(text)
    end = _END_OF_HOST.search(rest)
    place = end.start() if end else len(rest)
    head, tail = rest[:place], rest[place:]
    host = head.replace(".", "[.]").replace("@", "[@]")
    if not scheme or host.startswith("["):
        host = host.replace(":", "[:]")
    if _undo(tail) != tail:
        # What looks defanged in a path is meant there; escapes keep it so.
        tail = "".join(_BRACKETS.get(sign, sign) for sign in tail)
    return scheme.replace("tt", "xx").replace("ftp", "fxp") + host + tail


_BRACKETS: Final = {sign: f"%{ord(sign):02X}" for sign in "[](){}<>\\"}
