"""A key (`url:https://...`) as one number of 64 bits, kept with every claim.

The low half is the key's CRC-32, which is quick; the high half 32 bits of BLAKE2b keyed
with a secret of this edge, so that nobody can aim values at each other's digests. Equal
digests are no proof of equal keys: whoever finds one compares the keys.
"""

from hashlib import blake2b
from zlib import crc32


class Digester:
    """Keys to digests, under this edge's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, key: str) -> int:
        """The key's digest: a signed 64-bit number."""
        raw = key.encode()
        return self.of_raw(raw, crc32(raw))

    def of_raw(self, raw: bytes, crc: int) -> int:
        """The same for a key's bytes and their CRC-32."""
        keyed = blake2b(raw, digest_size=4, key=self._secret).digest()
        return int.from_bytes(keyed, "big", signed=True) << 32 | crc
