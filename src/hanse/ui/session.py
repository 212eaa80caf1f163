"""The pure part of a browser's session: cookies, tokens, CSRF, flashes.

The hub and the edge keep sessions in stores of their own; what they share is the
shape. The browser holds a random token, the store only its SHA-256. The CSRF
token is derived from the session's token, so it need not be stored and dies with
it. Flashes travel in a signed cookie, so that a redirect can say what happened.
Keys and randomness are arguments.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from hanse.ui.cookies import SetCookie

TOKEN_BYTES = 32
SESSION_COOKIE = "hanse_session"
FLASH_COOKIE = "hanse_flash"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"

_MAX_FLASHES = 3
_MAX_FLASH_CHARS = 240  # three of them in Chinese stay below 4,096 bytes


class FlashTone(StrEnum):
    """What a flash says: it is done, know this, it could not be done."""

    DONE = "done"
    NOTE = "note"
    FAILED = "failed"


class Flash(msgspec.Struct, frozen=True):
    """One sentence shown once on the next page, already in the person's language."""

    tone: FlashTone
    text: str


class SessionToken(msgspec.Struct, frozen=True):
    """What the browser holds. Never logged, never stored: only `digest` is."""

    value: str

    @property
    def digest(self) -> bytes:
        """What the store keeps: SHA-256, 32 bytes."""
        return hashlib.sha256(self.value.encode()).digest()

    def __repr__(self) -> str:
        """Without the value, so that no log can hold it."""
        return "SessionToken(...)"


def session_token(randomness: bytes) -> SessionToken:
    """From 32 fresh random bytes."""
    if len(randomness) != TOKEN_BYTES:
        raise ValueError(f"a session token needs {TOKEN_BYTES} random bytes")
    return SessionToken(_encode(randomness))


def cookie_name(base: str, *, is_https: bool) -> str:
    """`__Host-` binds a cookie to this host and to https (RFC 6265bis, 4.1.3)."""
    return f"__Host-{base}" if is_https else base


def session_cookie(
    token: SessionToken, *, is_https: bool, max_age_seconds: int
) -> SetCookie:
    """What a log-in sets."""
    return _set_cookie(
        SESSION_COOKIE, token.value, is_https=is_https, max_age_seconds=max_age_seconds
    )


def session_cookie_gone(*, is_https: bool) -> SetCookie:
    """What a log-out sets."""
    return _set_cookie(SESSION_COOKIE, "", is_https=is_https, max_age_seconds=0)


def find_session_token(
    cookies: dict[str, str], *, is_https: bool
) -> SessionToken | None:
    """The browser's token, if it has the shape of one."""
    value = cookies.get(cookie_name(SESSION_COOKIE, is_https=is_https), "")
    return SessionToken(value) if len(value) == 43 and value.isascii() else None


def csrf_token(token: SessionToken, key: bytes) -> str:
    """What a form of this session must carry. `key` is the process's own, 32 bytes."""
    return _encode(_mac(key, b"hanse csrf\0" + token.value.encode()))


def is_csrf_right(given: str, token: SessionToken, key: bytes) -> bool:
    """Whether a form comes from a page of this session; in constant time."""
    return hmac.compare_digest(given.encode(), csrf_token(token, key).encode())


def flash_cookie(flashes: Sequence[Flash], key: bytes, *, is_https: bool) -> SetCookie:
    """Carries flashes over a redirect; long texts are cut."""
    kept = [
        Flash(flash.tone, flash.text[:_MAX_FLASH_CHARS])
        for flash in flashes[-_MAX_FLASHES:]
    ]
    body = _encode(msgspec.json.encode(kept))
    signature = _encode(_mac(key, b"hanse flash\0" + body.encode()))
    return _set_cookie(
        FLASH_COOKIE, f"{body}.{signature}", is_https=is_https, max_age_seconds=60
    )


def flash_cookie_gone(*, is_https: bool) -> SetCookie:
    """What the page sets that showed them."""
    return _set_cookie(FLASH_COOKIE, "", is_https=is_https, max_age_seconds=0)


def find_flashes(
    cookies: dict[str, str], key: bytes, *, is_https: bool
) -> tuple[Flash, ...]:
    """The flashes this process signed; anything else is nothing."""
    value = cookies.get(cookie_name(FLASH_COOKIE, is_https=is_https), "")
    body, _, signature = value.partition(".")
    expected = _encode(_mac(key, b"hanse flash\0" + body.encode()))
    if not body or not hmac.compare_digest(signature.encode(), expected.encode()):
        return ()
    try:
        return tuple(msgspec.json.decode(_decode(body), type=list[Flash]))
    except (msgspec.DecodeError, ValueError):
        return ()


def is_name_typed_right(expected: str, typed: str) -> bool:
    """Whether the name was typed that a destructive deed asks for."""
    return " ".join(typed.split()) == " ".join(expected.split()) != ""


def _set_cookie(
    base: str, value: str, *, is_https: bool, max_age_seconds: int
) -> SetCookie:
    name = cookie_name(base, is_https=is_https)
    return SetCookie(name, value, max_age_seconds, is_secure=is_https)


def _mac(key: bytes, message: bytes) -> bytes:
    if len(key) < 32:
        raise ValueError("the key for signing must have at least 32 bytes")
    return hmac.digest(key, message, "sha256")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
