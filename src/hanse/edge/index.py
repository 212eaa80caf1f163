"""Which of a million values a key may be, and what decides: in memory.

Keys go in as digests (`digest`), each with the gist of what is claimed under it
(`claims.Gist`). A table of at least 16 one-byte slots per value, addressed by a
digest's quick part, answers nearly every miss; what passes it is looked up among the
fresh values, in a dictionary, and among the others, in a table in the order of digests
that the fresh ones are merged into from time to time. 49 bytes per value at a million.

A gist is given only for a key that its proof confirms, and is never older than the last
`put`. Without one a hit is only a candidate: whoever asks confirms it by reading what
is claimed. So a value that is gone may stay in here until the next rebuild, and does
no harm.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import astuple

from hanse.edge.claims import NOT_PLAIN, Gist
from hanse.edge.digest import Digester
from hanse.edge.local import GistRow

_MIN_SLOTS = 1 << 16
_SLOTS_PER_VALUE = 16  # one miss in sixteen passes the table at worst
_MIN_FRESH = 4_096  # a million are merged in a tenth of a second

_ROWS_PER_BUCKET = 8

_Rows = npt.NDArray[np.int64]  # of four: a digest and its gist, see `local.GistRow`
_NO_ROWS: _Rows = np.empty((0, 4), np.int64)
_VAGUE = (0, 0, NOT_PLAIN)


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A key that may be claimed; surely, and decided by `gist`, if there is one."""

    digest: int
    key: str
    gist: Gist | None


class _Table:
    """Rows in the order of their digests.

    Digests are spread evenly, so that the few rows among which one may stand follow
    from its highest bits: a search touches two or three lines of the processor's
    cache, where halving a million rows would touch some fifteen.
    """

    def __init__(self, rows: _Rows) -> None:
        self.rows = rows
        self._cells = rows.reshape(-1).data
        self._digests = rows[:, 0].data
        bits = max(1, (len(rows) // _ROWS_PER_BUCKET).bit_length())
        self._shift, self._half = 64 - bits, 1 << (bits - 1)
        firsts = np.arange(-self._half, self._half, dtype=np.int64) << self._shift
        starts = rows[:, 0].searchsorted(firsts)
        self._starts = np.append(starts, len(rows)).astype(np.int32).data

    def __len__(self) -> int:
        return len(self.rows)

    def place_of(self, digest: int) -> int:
        """The row of this digest, or -1."""
        bucket = (digest >> self._shift) + self._half
        starts, digests = self._starts, self._digests
        end = starts[bucket + 1]
        place = bisect_left(digests, digest, starts[bucket], end)
        return place if place < end and digests[place] == digest else -1

    def gist_at(self, place: int) -> Gist:
        """What is known of the value in this row."""
        cells, cell = self._cells, 4 * place
        return Gist(cells[cell + 1], cells[cell + 2], cells[cell + 3])


class Index:
    """The digests of all values that are claimed."""

    def __init__(self, digester: Digester) -> None:
        self.digester = digester
        self._table = _Table(_NO_ROWS)
        self._fresh: dict[int, Gist] = {}
        self._gone = 0
        self._slots = bytearray(_MIN_SLOTS)
        self._mask = _MIN_SLOTS - 1

    @classmethod
    def of(cls, digester: Digester, bites: Iterable[Sequence[GistRow]]) -> "Index":
        """An index over claims that come in bites."""
        index = cls(digester)
        index._table = _Table(_ordered(bites))
        index._make_slots()
        return index

    def __len__(self) -> int:
        """How many digests there are, gone ones among them."""
        return len(self._table) + len(self._fresh)

    def find(self, keys: Iterable[str]) -> list[Candidate]:
        """Those of the keys that may be claimed."""
        slots, mask = self._slots, self._mask
        found = []
        for key in keys:
            raw = key.encode()
            crc = crc32(raw)
            if slots[crc & mask]:
                digest, proof = self.digester.of_raw(raw, crc)
                gist = self._fresh.get(digest) or self._find_merged(digest)
                if gist is not None:
                    is_plain = gist.proof == proof and gist.confidence != NOT_PLAIN
                    found.append(Candidate(digest, key, gist if is_plain else None))
        return found

    def put(self, rows: Iterable[GistRow]) -> None:
        """Values that are new, or of which something else is claimed now."""
        fresh, slots, mask = self._fresh, self._slots, self._mask
        for digest, *gist in rows:
            if not self._change_merged(digest, gist):
                fresh[digest] = Gist(*gist)
                slots[digest & mask] = 1
        if len(fresh) > max(_MIN_FRESH, len(self._table) >> 4):
            self._merge()

    def remove(self, digests: Iterable[int]) -> None:
        """Values that are gone. Merged ones stay candidates until a rebuild."""
        for digest in digests:
            if self._fresh.pop(digest, None) is None:
                self._change_merged(digest, _VAGUE)
                self._gone += 1

    @property
    def is_stale(self) -> bool:
        """Whether so much is gone that it should be built anew from the store."""
        return self._gone > max(_MIN_FRESH, len(self._table) >> 2)

    def _find_merged(self, digest: int) -> Gist | None:
        place = self._table.place_of(digest)
        return None if place < 0 else self._table.gist_at(place)

    def _change_merged(self, digest: int, gist: Sequence[int]) -> bool:
        place = self._table.place_of(digest)
        if place >= 0:
            self._table.rows[place, 1:] = gist
        return place >= 0

    def _merge(self) -> None:
        fresh = _ordered(
            [[(each, *astuple(gist)) for each, gist in self._fresh.items()]]
        )
        rows = self._table.rows
        places = rows[:, 0].searchsorted(fresh[:, 0])
        self._table = _Table(np.insert(rows, places, fresh, axis=0))
        self._fresh = {}
        if _slots_for(len(self._table)) != len(self._slots):
            self._make_slots()  # else `put` has set them already

    def _make_slots(self) -> None:
        digests = self._table.rows[:, 0]
        size = _slots_for(len(digests))
        slots = np.zeros(size, np.uint8)
        slots[digests & np.int64(size - 1)] = 1
        self._slots, self._mask = bytearray(slots.tobytes()), size - 1


def _ordered(bites: Iterable[Sequence[GistRow]]) -> _Rows:
    pieces = [np.array(bite, np.int64).reshape(-1, 4) for bite in bites]
    rows = np.concatenate([_NO_ROWS, *pieces])
    digests = rows[:, 0]
    if not bool((digests[1:] >= digests[:-1]).all()):
        rows = rows[digests.argsort()]
    return _without_twins(rows)


def _without_twins(rows: _Rows) -> _Rows:
    """One row for every digest; where there were several, none was plain."""
    is_repeated = rows[1:, 0] == rows[:-1, 0]
    if not is_repeated.any():
        return rows
    rows[:-1][is_repeated, 3] = NOT_PLAIN
    is_first = np.concatenate([[True], ~is_repeated])
    kept: _Rows = rows[is_first]
    return kept


def _slots_for(values: int) -> int:
    """The number of slots for so many values: a power of two, at most 2**32."""
    wanted = max(_MIN_SLOTS, values * _SLOTS_PER_VALUE)
    return 1 << min(32, (wanted - 1).bit_length())
