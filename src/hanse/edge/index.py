"""Which of a million values a key may be: in memory, and never wrong for long.

A key (`url:https://...`) becomes Python's own 64-bit string hash, which is keyed
anew in each process, so nobody can aim at a collision. One byte per hash in a table
of at least 16 slots per value answers nearly every miss; what passes is looked up
in a sorted array, and fresh values in a dictionary that is merged in from time to
time. 34 bytes per value at a million of them.

A hit is only a candidate: whoever asks confirms it by reading the value. So a value
that is gone may stay in here until the next merge, and does no harm.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

_BITS64 = (1 << 64) - 1
_MIN_SLOTS = 1 << 16
_SLOTS_PER_VALUE = 16  # one miss in sixteen passes the table at worst
_MIN_FRESH = 4_096  # merging a million takes some 10 ms, so not for every change

_Hashes = npt.NDArray[np.uint64]
_Numbers = npt.NDArray[np.int64]


class Index:
    """Keys to the numbers of the values they may be."""

    def __init__(self) -> None:
        self._hashes: _Hashes = np.empty(0, np.uint64)
        self._numbers: _Numbers = np.empty(0, np.int64)
        self._fresh: dict[int, tuple[int, ...]] = {}
        self._gone = 0
        self._slots = bytearray(_MIN_SLOTS)
        self._mask = _MIN_SLOTS - 1

    @classmethod
    def of(cls, bites: Iterable[Sequence[tuple[int, str]]]) -> "Index":
        """An index over (number, key) pairs that come in bites."""
        hashes: list[_Hashes] = [np.empty(0, np.uint64)]
        numbers: list[_Numbers] = [np.empty(0, np.int64)]
        for bite in bites:
            count = len(bite)
            hashes.append(
                np.fromiter((hash(key) for _, key in bite), np.int64, count).view(
                    np.uint64
                )
            )
            numbers.append(np.fromiter((number for number, _ in bite), np.int64, count))
        index = cls()
        index._replace(np.concatenate(hashes), np.concatenate(numbers))
        return index

    def __len__(self) -> int:
        """How many entries there are, gone ones among them."""
        return len(self._hashes) + len(self._fresh)

    def find(self, keys: Iterable[str]) -> list[int]:
        """The numbers of all values that one of these keys may be."""
        slots, mask = self._slots, self._mask
        passed = [key for key in keys if slots[hash(key) & mask]]
        found: list[int] = []
        for key in passed:
            self._find(hash(key) & _BITS64, found)
        return found

    def add(self, values: Iterable[tuple[int, str]]) -> None:
        """Values that are new, as (number, key)."""
        fresh, slots, mask = self._fresh, self._slots, self._mask
        for number, key in values:
            hashed = hash(key) & _BITS64
            fresh[hashed] = (*fresh.get(hashed, ()), number)
            slots[hashed & mask] = 1
        if len(fresh) > max(_MIN_FRESH, len(self._hashes) >> 4):
            self._merge()

    def remove(self, values: Iterable[tuple[int, str]]) -> None:
        """Values that are gone. They stay candidates until the next merge."""
        for number, key in values:
            hashed = hash(key) & _BITS64
            fresh = self._fresh.get(hashed)
            if fresh is None or number not in fresh:
                self._gone += 1
                continue
            left = tuple(each for each in fresh if each != number)
            if left:
                self._fresh[hashed] = left
            else:
                del self._fresh[hashed]

    @property
    def is_stale(self) -> bool:
        """Whether so much is gone that it should be built anew from the store."""
        return self._gone > max(_MIN_FRESH, len(self._hashes) >> 2)

    def _find(self, hashed: int, found: list[int]) -> None:
        if hashed in self._fresh:
            found += self._fresh[hashed]
        hashes = self._hashes
        place = int(hashes.searchsorted(np.uint64(hashed)))
        while place < len(hashes) and hashes[place] == hashed:
            found.append(int(self._numbers[place]))
            place += 1

    def _merge(self) -> None:
        pairs = [(hashed, n) for hashed, all_ in self._fresh.items() for n in all_]
        pairs.sort()
        hashes = np.array([hashed for hashed, _ in pairs], np.uint64)
        numbers = np.array([number for _, number in pairs], np.int64)
        places = self._hashes.searchsorted(hashes)
        self._hashes = np.insert(self._hashes, places, hashes)
        self._numbers = np.insert(self._numbers, places, numbers)
        self._fresh = {}
        if _size_for(len(self._hashes)) != len(self._slots):
            self._make_slots()  # else `add` has set them already

    def _replace(self, hashes: _Hashes, numbers: _Numbers) -> None:
        order = np.argsort(hashes)
        self._hashes, self._numbers = hashes[order], numbers[order]
        self._make_slots()

    def _make_slots(self) -> None:
        size = _size_for(len(self._hashes))
        slots = np.zeros(size, np.uint8)
        slots[self._hashes & np.uint64(size - 1)] = 1
        self._slots, self._mask = bytearray(slots.tobytes()), size - 1


def _size_for(values: int) -> int:
    """The number of slots for so many values: a power of two."""
    wanted = max(_MIN_SLOTS, values * _SLOTS_PER_VALUE)
    return 1 << (wanted - 1).bit_length()
