"""Which of a million values a key may be, and what decides: in memory.

Keys go in as digests (`digest`), each with the gist of what is claimed under it
(`claims.Gist`). Two filters answer nearly every miss: whether any value stands at a
site, which spares making keys at all, and whether a key was put in. What passes both
is looked up among the fresh values, in a dictionary, and among the others, in a table
in the order of digests that the fresh ones are merged into from time to time. 37 bytes
per value at a million.

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

from hanse.edge.claims import ANYWHERE, NOT_PLAIN, Gist
from hanse.edge.digest import Digester
from hanse.edge.local import GistRow
from hanse.observables.kinds import Observable
from hanse.observables.matcher import expressions_at, sites

_MIN_BYTES = 1 << 13
_BITS_PER_VALUE = 16  # one miss in sixteen passes a filter at worst
_MIN_FRESH = 4_096  # a million are merged in a tenth of a second

_ROWS_PER_BUCKET = 8

_Rows = npt.NDArray[np.int64]  # of four: a digest and its gist, see `local.GistRow`
_NO_ROWS: _Rows = np.empty((0, 4), np.int64)
_VAGUE = (0, 0, NOT_PLAIN)
_Hashes = npt.NDArray[np.int64]


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

    def find(self, digest: int) -> Gist | None:
        """What is known of the value of this digest, if there is one."""
        place = self._place_of(digest)
        if place < 0:
            return None
        cells, cell = self._cells, 4 * place
        return Gist(cells[cell + 1], cells[cell + 2], cells[cell + 3])

    def change(self, digest: int, gist: Sequence[int]) -> bool:
        """Know something else of this digest from now on; whether it is in here."""
        place = self._place_of(digest)
        if place >= 0:
            self.rows[place, 1:] = gist
        return place >= 0

    def _place_of(self, digest: int) -> int:
        bucket = (digest >> self._shift) + self._half
        starts, digests = self._starts, self._digests
        end = starts[bucket + 1]
        place = bisect_left(digests, digest, starts[bucket], end)
        return place if place < end and digests[place] == digest else -1


class _Filter:
    """Of which hashes it is sure that they were not put in.

    Of every value one bit in at least 16, addressed by a hash's lowest bits: at worst
    one in sixteen of the others passes. `bits` and `mask` are for hot loops.
    """

    def __init__(self, hashes: _Hashes) -> None:
        size = self.size_for(len(hashes))
        is_in = np.zeros(8 * size, np.bool_)
        is_in[hashes & np.int64(8 * size - 1)] = True
        self.bits = bytearray(np.packbits(is_in, bitorder="little"))
        self.mask = size - 1

    @staticmethod
    def size_for(values: int) -> int:
        """The bytes for so many values: a power of two, at most 2**29."""
        wanted = max(_MIN_BYTES, values * _BITS_PER_VALUE >> 3)
        return 1 << min(29, (wanted - 1).bit_length())

    def put(self, hash_: int) -> None:
        """Let this hash pass from now on."""
        self.bits[hash_ >> 3 & self.mask] |= 1 << (hash_ & 7)

    def put_all(self) -> None:
        """Let everything pass."""
        self.bits[:] = b"\xff" * len(self.bits)


class Index:
    """The digests of all values that are claimed."""

    def __init__(self, digester: Digester) -> None:
        self.digester = digester
        self._fresh: dict[int, Gist] = {}
        self._gone = 0
        self._table = _Table(_NO_ROWS)
        self._make_filters()

    @classmethod
    def of(cls, digester: Digester, bites: Iterable[Sequence[GistRow]]) -> "Index":
        """An index over claims that come in bites."""
        index = cls(digester)
        index._table = _Table(_ordered(bites))
        index._make_filters()
        return index

    def __len__(self) -> int:
        """How many digests there are, gone ones among them."""
        return len(self._table) + len(self._fresh)

    def find(self, asked: Observable) -> list[Candidate]:
        """Those of its `expressions` that may be claimed."""
        where = sites(asked)
        bits, mask = self._sites.bits, self._sites.mask
        keys: list[str] = []
        for place, site in enumerate(where):
            crc = crc32(site.encode())
            if bits[crc >> 3 & mask] >> (crc & 7) & 1:
                keys += expressions_at(asked, where, place)
        bits, mask = self._keys.bits, self._keys.mask
        found = []
        for key in keys:
            raw = key.encode()
            crc = crc32(raw)
            if bits[crc >> 3 & mask] >> (crc & 7) & 1:
                digest, keyed = self.digester.of_raw(raw, crc)
                gist = self._fresh.get(digest) or self._table.find(digest)
                if gist is not None:
                    is_sure = gist.proof >> 32 == keyed and gist.confidence != NOT_PLAIN
                    found.append(Candidate(digest, key, gist if is_sure else None))
        return found

    def put(self, rows: Iterable[GistRow]) -> None:
        """Values that are new, or of which something else is claimed now."""
        for digest, *gist in rows:
            if not self._table.change(digest, gist):
                self._fresh[digest] = Gist(*gist)
            self._keys.put(digest)
            self._sites.put(gist[0])
            if gist[0] == ANYWHERE:
                self._sites.put_all()
        if len(self._fresh) > max(_MIN_FRESH, len(self._table) >> 4):
            self._merge()

    def remove(self, digests: Iterable[int]) -> None:
        """Values that are gone. Merged ones stay candidates until a rebuild."""
        for digest in digests:
            if self._fresh.pop(digest, None) is None:
                self._table.change(digest, _VAGUE)
                self._gone += 1

    @property
    def is_stale(self) -> bool:
        """Whether so much is gone that it should be built anew from the store."""
        return self._gone > max(_MIN_FRESH, len(self._table) >> 2)

    def _merge(self) -> None:
        fresh = _ordered(
            [[(each, *astuple(gist)) for each, gist in self._fresh.items()]]
        )
        rows = self._table.rows
        places = rows[:, 0].searchsorted(fresh[:, 0])
        self._table = _Table(np.insert(rows, places, fresh, axis=0))
        self._fresh = {}
        if _Filter.size_for(len(self._table)) != len(self._keys.bits):
            self._make_filters()  # else `put` has told them already

    def _make_filters(self) -> None:
        rows = self._table.rows
        self._keys, self._sites = _Filter(rows[:, 0]), _Filter(rows[:, 1])
        if (rows[:, 1] == ANYWHERE).any():
            self._sites.put_all()


def _ordered(bites: Iterable[Sequence[GistRow]]) -> _Rows:
    pieces = [np.array(bite, np.int64).reshape(-1, 4) for bite in bites]
    rows = np.concatenate([_NO_ROWS, *pieces])
    digests = rows[:, 0]
    if not bool((digests[1:] >= digests[:-1]).all()):
        rows = rows[digests.argsort()]
    return _without_twins(rows)


def _without_twins(rows: _Rows) -> _Rows:
    """One row for every digest; where there were several, none was plain."""
    digests = rows[:, 0]
    firsts = np.flatnonzero(np.append(True, digests[1:] != digests[:-1]))
    if len(firsts) >= len(rows):
        return rows
    kept: _Rows = rows[firsts]
    proofs = rows[:, 1]
    least, most = (f.reduceat(proofs, firsts) for f in (np.minimum, np.maximum))
    kept[least != most, 1] = ANYWHERE
    kept[np.diff(firsts, append=len(rows)) > 1, 3] = NOT_PLAIN
    return kept
