"""The hub's own secret, from which keys for single purposes are derived.

One 32-byte secret lies in the hub's data folder (mode 0600); every use derives
its own key by HKDF-SHA256 (RFC 5869) under a label, so that one purpose's key
says nothing about another's. A `Secret` never shows itself in a log or a repr.
"""

import hashlib
import hmac


class Secret:
    """32 secret bytes and the keys derived from them."""

    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        if len(value) != 32:
            raise ValueError("a Secret is made of exactly 32 bytes")
        self._bytes = value

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for `purpose` alone (HKDF-SHA256, one output block)."""
        extracted = hmac.digest(b"hanse-hub-secret-v1", self._bytes, "sha256")
        return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")

    def mac(self, purpose: str, *parts: bytes) -> bytes:
        """HMAC-SHA256 under the purpose's key; every part is length-prefixed."""
        mac = hmac.new(self.derive(purpose), digestmod=hashlib.sha256)
        for part in parts:
            mac.update(len(part).to_bytes(8, "big"))
            mac.update(part)
        return mac.digest()

    def __repr__(self) -> str:
        return "Secret(...)"
