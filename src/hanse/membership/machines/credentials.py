"""How an API key is spelled, and how it is read from an `Authorization` header.

Pure. A key is `hanse_<public id>_<secret>`: the prefix lets a scanner find a leaked
key, the public id names it in lists and logs, the secret is 32 random bytes. Only
SHA-256 of the secret is kept: 256 random bits need no slow hash, so a request costs
one comparison.

Basic (RFC 7617) carries the same key for clients that know nothing else: the user is
the key's public id, its own user name or its name, the password the secret or the
whole key. Whatever cannot be read is nothing: the caller stays unknown.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

PREFIX = "hanse_"
PUBLIC_ID_CHARS = 10
SECRET_BYTES = 32

# No real client sends more; whatever is longer is not worth decoding.
_MAX_HEADER_CHARS = 2048
_KEY = re.compile(r"hanse_([a-z2-7]{10})_([A-Za-z0-9_-]{43})", re.ASCII)
_PUBLIC_ID = re.compile(r"[a-z2-7]{10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request says: a key's public id or a Basic user, and the secret."""

    secret: str = field(repr=False)
    public_id: str = ""
    user: str = ""


def key_text(public_id: str, secret: str) -> str:
    """The whole key, as it is shown once."""
    return f"{PREFIX}{public_id}_{secret}"


def public_id_of(randomness: bytes) -> str:
    """Ten characters from at least seven random bytes."""
    encoded = base64.b32encode(randomness).decode().lower()
    return encoded[:PUBLIC_ID_CHARS]


def secret_of(randomness: bytes) -> str:
    """43 characters from exactly 32 random bytes."""
    if len(randomness) != SECRET_BYTES:
        raise ValueError(f"a key's secret is made of {SECRET_BYTES} random bytes")
    return base64.urlsafe_b64encode(randomness).rstrip(b"=").decode()


def digest(secret: str) -> bytes:
    """What is kept of a secret: SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_right(presented: Presented, kept_digest: bytes) -> bool:
    """Whether the secret is the one kept; in constant time."""
    return hmac.compare_digest(digest(presented.secret), kept_digest)


def is_public_id(text: str) -> bool:
    """Whether `text` could be a key's public id."""
    return _PUBLIC_ID.fullmatch(text) is not None


def read_authorization(header: str) -> Presented | None:
    """What an `Authorization` header presents, if it is Bearer or Basic and whole."""
    if len(header) > _MAX_HEADER_CHARS:
        return None
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return _whole_key(value.strip(), user="")
    if scheme.lower() == "basic":
        return _basic(value.strip())
    return None


def _basic(encoded: str) -> Presented | None:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    if not colon or not user or not password or "\0" in text:
        return None
    whole = _whole_key(password, user=user)
    if whole is not None:
        return whole
    if is_public_id(user):
        return Presented(password, public_id=user, user=user)
    return Presented(password, user=user)


def _whole_key(text: str, *, user: str) -> Presented | None:
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    return Presented(match[2], public_id=match[1], user=user)
