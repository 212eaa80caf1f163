"""Which of a million values a key may be: in memory, and never wrong for long.

Keys go in as digests (`digest`). A table of at least 16 one-byte slots per value,
addressed by a digest's quick part, answers nearly every miss; what passes it is
looked up in a sorted array, and fresh digests in a set that is merged in from time to
time. 24 bytes per value at a million of them.

A hit is only a candidate: whoever asks confirms it by reading what is claimed. So a
value that is gone may stay in here until the next rebuild, and does no harm.
"""

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from hanse.edge.digest import Digester

_MIN_SLOTS = 1 << 16
_SLOTS_PER_VALUE = 16  # one miss in sixteen passes the table at worst
_MIN_FRESH = 4_096  # merging a million takes some 10 ms, so not for every change

_Digests = npt.NDArray[np.int64]


class Index:
    """The digests of all values that are claimed."""

    def __init__(self, digester: Digester) -> None:
        self.digester = digester
        self._digests: _Digests = np.empty(0, np.int64)
        self._fresh: set[int] = set()
        self._gone = 0
        self._slots = bytearray(_MIN_SLOTS)
        self._mask = _MIN_SLOTS - 1

    @classmethod
    def of(cls, digester: Digester, bites: Iterable[Sequence[int]]) -> "Index":
        """An index over digests that come in bites."""
        arrays = [np.array(bite, np.int64) for bite in bites]
        index = cls(digester)
        index._digests = np.unique(np.concatenate([np.empty(0, np.int64), *arrays]))
        index._make_slots()
        return index

    def __len__(self) -> int:
        """How many digests there are, gone ones among them."""
        return len(self._digests) + len(self._fresh)

    def find(self, keys: Iterable[str]) -> list[int]:
        """The digests of those keys that may be claimed."""
        slots, mask = self._slots, self._mask
        found = []
        for key in keys:
            raw = key.encode()
            crc = crc32(raw)
            if slots[crc & mask]:
                digest = self.digester.of_raw(raw, crc)
                if digest in self._fresh or self._is_merged(digest):
                    found.append(digest)
        return found

    def add(self, digests: Iterable[int]) -> None:
        """Values that may be new."""
        fresh, slots, mask = self._fresh, self._slots, self._mask
        for digest in digests:
            if not self._is_merged(digest):
                fresh.add(digest)
                slots[digest & mask] = 1
        if len(fresh) > max(_MIN_FRESH, len(self._digests) >> 4):
            self._merge()

    def remove(self, digests: Iterable[int]) -> None:
        """Values that are gone. Merged ones stay candidates until a rebuild."""
        for digest in digests:
            if digest in self._fresh:
                self._fresh.remove(digest)
            else:
                self._gone += 1

    @property
    def is_stale(self) -> bool:
        """Whether so much is gone that it should be built anew from the store."""
        return self._gone > max(_MIN_FRESH, len(self._digests) >> 2)

    def _is_merged(self, digest: int) -> bool:
        digests = self._digests
        place = digests.searchsorted(np.int64(digest))
        return bool(place < len(digests) and digests[place] == digest)

    def _merge(self) -> None:
        fresh = np.fromiter(self._fresh, np.int64, len(self._fresh))
        fresh.sort()
        places = self._digests.searchsorted(fresh)
        self._digests = np.insert(self._digests, places, fresh)
        self._fresh = set()
        if _slots_for(len(self._digests)) != len(self._slots):
            self._make_slots()  # else `add` has set them already

    def _make_slots(self) -> None:
        size = _slots_for(len(self._digests))
        slots = np.zeros(size, np.uint8)
        slots[self._digests & np.int64(size - 1)] = 1
        self._slots, self._mask = bytearray(slots.tobytes()), size - 1


def _slots_for(values: int) -> int:
    """The number of slots for so many values: a power of two, at most 2**32."""
    wanted = max(_MIN_SLOTS, values * _SLOTS_PER_VALUE)
    return 1 << min(32, (wanted - 1).bit_length())
