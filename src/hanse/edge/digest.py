"""A key (`url:https://...`) as two numbers of 64 bits, kept with every claim.

The digest's low half is the key's CRC-32, which is quick; its high half 32 bits of
BLAKE2b keyed with a secret of this edge, so that nobody can aim values at each other's
digests. Equal digests are no proof of equal keys: whoever finds one compares the keys,
or the proof, whose high half is 32 further bits of the same hash. Two keys that agree
in both agree in 64 keyed bits. The proof's low half is the CRC-32 of the key's site
(`observables.matcher`): where no value stands there nothing needs to be looked up.
"""

from hashlib import blake2b
from struct import Struct
from zlib import crc32

from hanse.observables.matcher import site_of

_halves = Struct(">ii").unpack


class Digester:
    """Keys to digests, under this edge's secret."""

    def __init__(self, secret: bytes) -> None:
        self._keyed = blake2b(digest_size=8, key=secret)

    def of(self, key: str) -> int:
        """The key's digest: a signed 64-bit number."""
        return self.proven(key)[0]

    def proven(self, key: str) -> tuple[int, int]:
        """The key's digest, and its proof: a signed 64-bit number."""
        raw = key.encode()
        digest, keyed = self.of_raw(raw, crc32(raw))
        return digest, keyed << 32 | crc32(site_of(key).encode())

    def of_raw(self, raw: bytes, crc: int) -> tuple[int, int]:
        """The digest of a key's bytes and their CRC-32, and its proof's high half."""
        keyed = self._keyed.copy()
        keyed.update(raw)
        high, low = _halves(keyed.digest())
        return high << 32 | crc, low
