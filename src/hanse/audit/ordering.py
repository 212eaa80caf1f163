"""Which entries of an export are missing, moved or written twice.

Positions come as the file has them. One that is not the expected one is held as a
suspect until the next ones tell what it was: if the old count goes on, the suspects
alone stood in the wrong place; if the count goes on from the last suspect, entries
were left out before it or put in. What never turned up is missing.

Knows nothing but numbers; `verify` makes sentences of what is found here.
"""

from dataclasses import dataclass, field
from enum import Enum, auto


class Place(Enum):
    """How a position relates to those before it."""

    NEW = auto()  # beyond everything so far
    LATE = auto()  # was left out before
    AGAIN = auto()  # was there before


@dataclass(frozen=True, slots=True)
class Misplaced:
    """An entry that does not stand where it belongs."""

    seq: int
    expected: int
    place: Place
    line: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that did not come, both ends included, noticed at a line."""

    first: int
    last: int
    line: int


@dataclass(slots=True)
class Ordering:
    """The positions read so far."""

    top: int = -1
    expected: int = 0
    is_torn: bool = False
    misplaced: list[Misplaced] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    _suspects: list[Misplaced] = field(default_factory=list)
    _is_behind: bool = False  # the count runs over entries that were due before

    def take(self, seq: int, line: int) -> bool:
        """Note the next entry; whether it is simply the next one."""
        if seq == self.expected == self.top + 1 and not self._suspects:
            self.top = seq
            self.expected = seq + 1
            self._is_behind = False
            return True
        self._take_odd(seq, line)
        return False

    def demand(self, size: int, line: int) -> None:
        """At this line all entries below `size` must have come."""
        if size - 1 > self.top:
            self.is_torn = True
            self.gaps.append(Gap(self.top + 1, size - 1, line))
            self.top = size - 1
            self._is_behind = True

    def count_of_findings(self) -> int:
        """How much is wrong so far; a reader may stop at some number."""
        return len(self.misplaced) + len(self.gaps) + len(self._suspects)

    def finish(self) -> None:
        """There are no more entries."""
        if self._suspects:
            self._settle()

    def _take_odd(self, seq: int, line: int) -> None:
        place = self._place(seq, line)
        own = Misplaced(seq, self.expected, place, line)
        suspects = self._suspects
        if seq == self.expected:
            self.misplaced += suspects
            suspects.clear()
            self._follow(own)
        elif suspects and seq == suspects[-1].seq + 1:
            self._settle()
            self.expected = seq
            self._follow(own)
        else:
            self.is_torn = True
            suspects.append(own)
        self.expected += 1

    def _follow(self, own: Misplaced) -> None:
        """Take an entry that goes on with the count: fine, unless the count is old."""
        self._is_behind = self._is_behind and own.place is not Place.NEW
        if self._is_behind:
            self.misplaced.append(own)

    def _settle(self) -> None:
        """The count goes on from the last suspect: say what the suspects were.

        If it goes on where the first of them stood, those before the last were put
        in. If not, it jumped: forward over a gap, or back to what was due before.
        """
        jump = self._suspects.pop()
        put_in = bool(self._suspects) and jump.seq == self._suspects[0].expected
        self.misplaced += self._suspects
        self._suspects.clear()
        self._is_behind = not put_in and jump.place is not Place.NEW
        if self._is_behind:
            self.misplaced.append(jump)

    def _place(self, seq: int, line: int) -> Place:
        if seq > self.top:
            if seq > self.top + 1:
                self.gaps.append(Gap(self.top + 1, seq - 1, line))
            self.top = seq
            return Place.NEW
        for number, gap in enumerate(self.gaps):
            if gap.first <= seq <= gap.last:
                below = Gap(gap.first, seq - 1, gap.line)
                above = Gap(seq + 1, gap.last, gap.line)
                left = [each for each in (below, above) if each.first <= each.last]
                self.gaps[number : number + 1] = left
                return Place.LATE
        return Place.AGAIN
