"""What checking an export can find, as values and sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hanse.audit.checkpoint import Checkpoint
from hanse.audit.ordering import Misplaced, Ordering, Place


class Fault(StrEnum):
    """What can be wrong with an export; stable names."""

    UNREADABLE = "unreadable"  # the compressed file is damaged
    HEADER = "header"  # not an export at all
    KEY = "key"  # another log or key than the one pinned
    LINE = "line"  # neither an entry nor a checkpoint
    CHANGED = "changed"  # body, salt or leaf of one entry
    MISLABELLED = "mislabelled"  # an entry's columns differ from its body
    TIME = "time"  # the log's clock does not rise
    MISSING = "missing"
    TWICE = "twice"
    MISPLACED = "misplaced"
    CHECKPOINT_MALFORMED = "checkpoint_malformed"
    CHECKPOINT_FORGED = "checkpoint_forged"
    CHECKPOINT_ORDER = "checkpoint_order"
    SPLIT_VIEW = "split_view"  # two roots signed for one size
    ROOT = "root"  # entries that fit themselves, but not what was signed
    UNPROVEN = "unproven"  # entries under no checkpoint
    REMEMBERED = "remembered"  # not the log that was seen before


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `seq` to `last` are the entries it is about, if any."""

    fault: Fault
    sentence: str
    line: int
    seq: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What an export proves, or what is wrong with it.

    `checkpoints` counts those that are signed and fit the entries, `proven` is the
    last of them: worth remembering for the next time.
    """

    origin: str
    vkey: str
    is_pinned: bool
    entries: int
    checkpoints: int
    erased: int
    erased_seqs: tuple[int, ...]
    proven: Checkpoint | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether every entry is proven and nothing contradicts it."""
        return not self.problems and self.proven is not None


def out_of_order(order: Ordering) -> Iterator[Problem]:
    """What is wrong with the positions, in sentences."""
    for gap in order.gaps:
        verb = "is" if gap.first == gap.last else "are"
        sentence = f"{entries_named(gap.first, gap.last)} {verb} missing."
        yield Problem(Fault.MISSING, sentence, gap.line, gap.first, gap.last)
    for each in order.misplaced:
        yield _misplaced(each)


def entries_named(first: int, last: int) -> str:
    """`Entry 5` or `Entries 5 to 7`."""
    return f"Entry {first}" if first == last else f"Entries {first} to {last}"


def _misplaced(each: Misplaced) -> Problem:
    if each.place is Place.AGAIN:
        fault, what = Fault.TWICE, "stands there a second time"
    else:
        fault, what = Fault.MISPLACED, f"stands where entry {each.expected} belongs"
    return Problem(fault, f"Entry {each.seq} {what}.", each.line, each.seq, each.seq)
