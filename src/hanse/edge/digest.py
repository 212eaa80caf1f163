"""A key (`url:https://...`) as one number of 64 bits, kept with every claim.

The low half is the key's CRC-32, which is quick; the high half 32 bits of BLAKE2b keyed
with a secret of this edge, so that nobody can aim values at each other's digests. Equal
digests are no proof of equal keys: whoever finds one compares the keys, or the proof,
32 further bits of the same hash. Two keys that agree in both agree in 64 keyed bits.
"""

from hashlib import blake2b
from struct import Struct
from zlib import crc32

_halves = Struct(">ii").unpack


class Digester:
    """Keys to digests, under this edge's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, key: str) -> int:
        """The key's digest: a signed 64-bit number."""
        return self.proven(key)[0]

    def proven(self, key: str) -> tuple[int, int]:
        """The key's digest, and its proof: a signed 32-bit number."""
        raw = key.encode()
        return self.of_raw(raw, crc32(raw))

    def of_raw(self, raw: bytes, crc: int) -> tuple[int, int]:
        """The same for a key's bytes and their CRC-32."""
        keyed = blake2b(raw, digest_size=8, key=self._secret).digest()
        high, proof = _halves(keyed)
        return high << 32 | crc, proof
