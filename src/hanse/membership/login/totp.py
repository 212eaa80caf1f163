"""The second factor: six digits that change every half minute (TOTP, RFC 6238).

The shared secret is kept sealed with AES-GCM under a key derived from the hub's
secret and bound to its person, so that the database alone gives nobody a second
factor. A code is good once: the step it was made for must be later than the last one
used. While it is being set up, the secret is derived from the session and stored
nowhere; it counts from the first right code on.
"""

import base64
import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hanse.base.ids import PersonId
from hanse.base.secret import Secret

STEP_SECONDS = 30
CODE_DIGITS = 6
# One step back and one ahead: clocks of telephones, and fingers.
_DRIFT = (0, -1, 1)
_NONCE_BYTES = 12
_SECRET_BYTES = 20  # RFC 4226 recommends 160 bits


@dataclass(frozen=True, slots=True)
class Setup:
    """What a person enters into an authenticator, or scans."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)

    def qr_svg(self) -> str:
        """The URI as an inline picture, dark on transparent."""
        picture = segno.make(self.uri, error="m")
        return picture.svg_inline(scale=4, border=4, dark="#000", light="#fff")


def setup(secret: Secret, session: bytes, email: str, issuer: str) -> Setup:
    """The secret this session is about to set up; the same until it ends."""
    raw = secret.mac("totp-setup", session)[:_SECRET_BYTES]
    text = base64.b32encode(raw).decode()
    uri = pyotp.TOTP(text).provisioning_uri(name=email, issuer_name=issuer)
    return Setup(text, uri)


def right_step(shared: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step `code` was made for, if it is right and later than `last_step`."""
    digits = code.replace(" ", "")
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    hotp = pyotp.HOTP(shared)
    current = int(now.timestamp()) // STEP_SECONDS
    for drift in _DRIFT:
        step = current + drift
        is_equal = hmac.compare_digest(hotp.at(step), digits)
        if is_equal and step > last_step:
            return step
    return None


def seal(secret: Secret, person: PersonId, shared: str) -> bytes:
    """The shared secret as it is kept."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(secret).encrypt(nonce, shared.encode(), person.bytes)


def unseal(secret: Secret, person: PersonId, sealed: bytes) -> str | None:
    """The shared secret; None if it was sealed for another person or another hub."""
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return _cipher(secret).decrypt(nonce, rest, person.bytes).decode()
    except InvalidTag:
        return None


def _cipher(secret: Secret) -> AESGCM:
    return AESGCM(secret.derive("totp"))
