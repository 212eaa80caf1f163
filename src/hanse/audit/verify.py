"""Checks an export of the log offline, and says what is wrong and where.

It trusts the pinned key and nothing else: every body is hashed anew, the tree is
rebuilt, and each checkpoint must be signed and fit it. Without a pinned key the
file vouches for itself, which `Report.is_pinned` tells. What somebody remembers of
the log (an edge, a witness) is compared too: this alone shows a log that was cut
short or rewritten with the log's own key.

A row that does not fit its own leaf is named. A row that was replaced together
with its leaf is found by the next checkpoint, which names the entries since the
one before. The file is streamed; memory holds 32 bytes for each entry since the
last checkpoint. Of an erased entry only leaf and place are proven, not its time.
"""

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Final

import msgspec

from hanse.audit.checkpoint import (
    Checkpoint,
    KeyMalformed,
    NoteMalformed,
    SignatureInvalid,
    Verifier,
    open_note,
)
from hanse.audit.event import SALT_BYTES, EntryKind, salted_leaf
from hanse.audit.export import (
    FORMAT,
    CheckpointLine,
    EntryLine,
    Header,
    Line,
    lines,
    read_line,
)
from hanse.audit.findings import Fault, Problem, Report, entries_named, out_of_order
from hanse.audit.merkle import (
    HASH_BYTES,
    Frontier,
    append,
    leaf_hash,
    root,
    split_hashes,
)
from hanse.audit.ordering import Ordering

MAX_PROBLEMS = 100  # then reading stops: such a file proves nothing
MAX_ERASED_NAMED = 1_000

_DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def verify_export(
    stream: IO[bytes],
    pinned_vkey: str | None = None,
    remembered: Iterable[Checkpoint] = (),
) -> Report:
    """Check an export, plain or gzip, to its end or to MAX_PROBLEMS.

    `remembered` are checkpoints that the caller has seen and verified before.
    Raises KeyMalformed only for a pinned key that is none; whatever is wrong with
    the file is a problem in the report.
    """
    pinned = None if pinned_vkey is None else Verifier.of(pinned_vkey)
    reading = _Reading(pinned, remembered)
    try:
        for raw in lines(stream):
            reading.read(read_line(raw))
            if reading.is_over():
                break
    except _DAMAGED:
        reading.find(
            Fault.UNREADABLE,
            "The compressed file is damaged or ends too early. Fetch it again.",
        )
    return reading.report()


class _Body(msgspec.Struct, gc=False):
    """The little of a body that an entry's columns repeat."""

    at: str
    act: str | msgspec.UnsetType = msgspec.UNSET


_body_decoder = msgspec.json.Decoder(_Body)


@dataclass(slots=True)
class _Tree:
    """Leaf hashes since the last checkpoint that fits, and the tree before them."""

    frontier: Frontier = field(default_factory=Frontier)
    pending: bytearray = field(default_factory=bytearray)

    def root_at(self, size: int) -> bytes:
        """The root at a size not below the last one asked for."""
        until = (size - self.frontier.size) * HASH_BYTES
        leaves = split_hashes(bytes(self.pending[:until]))
        self.frontier, _ = append(self.frontier, leaves)
        del self.pending[:until]
        return root(self.frontier)


class _Reading:
    """One pass over one file."""

    def __init__(
        self, pinned: Verifier | None, remembered: Iterable[Checkpoint]
    ) -> None:
        self._pinned = pinned
        self._key: Verifier | None = None  # known from the header on
        self._remembered = sorted(remembered, key=lambda each: each.size, reverse=True)
        self._tree = _Tree()
        self._order = Ordering()
        self._is_torn = False  # entries are missing or moved: roots say nothing
        self._line = 0
        self._last_at = ""
        self._entries = self._checkpoints = self._erased = 0
        self._erased_seqs: list[int] = []
        self._signed: Checkpoint | None = None  # the last with a good signature
        self._proven: Checkpoint | None = None  # the last that fits the entries too
        self._problems: list[Problem] = []

    def read(self, line: Line | None) -> None:
        """Take the next line; None stands for one that is not of this format."""
        self._line += 1
        if self._key is None:
            self._take_header(line)
        elif isinstance(line, EntryLine):
            self._take_entry(line)
        elif isinstance(line, CheckpointLine):
            self._take_checkpoint(line.checkpoint, self._key)
        else:
            self._is_torn = True
            due = self._order.expected
            self.find(
                Fault.LINE,
                f"Line {self._line} is neither an entry nor a checkpoint as an export "
                f"writes them; entry {due} or a checkpoint was expected.",
                due,
            )

    def is_over(self) -> bool:
        """Whether reading on would be of no use."""
        found = len(self._problems) + self._order.count_of_findings()
        return self._key is None or found >= MAX_PROBLEMS

    def find(
        self,
        fault: Fault,
        sentence: str,
        seq: int | None = None,
        last: int | None = None,
    ) -> None:
        """Note a problem at the present line."""
        last = seq if last is None else last
        self._problems.append(Problem(fault, sentence, self._line, seq, last))

    def report(self) -> Report:
        """What was found, the end of the file included."""
        if not self.is_over():
            self._finish()
        elif self._line == 0:
            self.find(Fault.HEADER, f"The file is empty; a header of {FORMAT} is due.")
        self._order.finish()
        problems = [*self._problems, *out_of_order(self._order)]
        problems.sort(key=lambda each: each.line)
        return Report(
            origin=self._key.name if self._key else "",
            vkey=self._key.vkey if self._key else "",
            is_pinned=self._pinned is not None,
            entries=self._entries,
            checkpoints=self._checkpoints,
            erased=self._erased,
            erased_seqs=tuple(self._erased_seqs),
            proven=self._proven,
            problems=tuple(problems[:MAX_PROBLEMS]),
        )

    def _take_header(self, line: Line | None) -> None:
        own = _key_of(line)
        if not isinstance(line, Header) or own is None:
            self.find(
                Fault.HEADER,
                f"The first line is no header of {FORMAT} with the log's key. Export "
                "the log again, or check that this is the right file.",
            )
            return
        self._key = self._pinned or own
        if own != self._key or line.origin != self._key.name:
            self.find(
                Fault.KEY,
                f"The export bears another origin or key than {self._key.name} with "
                "the key expected; it is checked against that key all the same.",
            )

    # --- entries ---

    def _take_entry(self, entry: EntryLine) -> None:
        is_next = self._order.take(entry.seq, self._line)
        self._entries += 1
        if len(entry.leaf) != HASH_BYTES:
            self._is_torn = True
            self._find_entry(Fault.CHANGED, entry, "its leaf has not 32 bytes")
            return
        self._tree.pending += leaf_hash(entry.leaf)
        at = self._erased_at(entry) if entry.body is None else self._told_at(entry)
        if at is None:
            return
        if is_next and at <= self._last_at:
            self._find_entry(Fault.TIME, entry, "it is not later than the one before")
        self._last_at = max(self._last_at, at)

    def _erased_at(self, entry: EntryLine) -> str | None:
        self._erased += 1
        if len(self._erased_seqs) < MAX_ERASED_NAMED:
            self._erased_seqs.append(entry.seq)
        if not _INSTANT.fullmatch(entry.at):
            self._find_entry(Fault.MISLABELLED, entry, "its time is none")
            return None
        return entry.at

    def _told_at(self, entry: EntryLine) -> str | None:
        """The time in the entry's body, if that fits the leaf and the columns."""
        raw, salt = (entry.body or "").encode(), entry.salt or b""
        if len(salt) != SALT_BYTES or salted_leaf(salt, raw) != entry.leaf:
            changed = "its body does not fit its leaf: body, salt or leaf was changed"
            self._find_entry(Fault.CHANGED, entry, changed)
            return None
        body = _read_body(raw)
        if body is None or not _INSTANT.fullmatch(body.at):
            self._find_entry(Fault.MISLABELLED, entry, "its body tells no time")
            return None
        kind = EntryKind.ITEM if body.act is msgspec.UNSET else EntryKind.EVENT
        if body.at != entry.at or kind != entry.kind:
            relabelled = "its time or kind is not that of its body and was changed"
            self._find_entry(Fault.MISLABELLED, entry, relabelled)
        return body.at

    def _find_entry(self, fault: Fault, entry: EntryLine, what: str) -> None:
        self.find(fault, f"Entry {entry.seq}: {what}.", entry.seq)

    # --- checkpoints ---

    def _take_checkpoint(self, note: str, key: Verifier) -> None:
        try:
            checkpoint = open_note(note, key)
        except NoteMalformed as refusal:
            self._find_note(Fault.CHECKPOINT_MALFORMED, refusal.message)
            return
        except SignatureInvalid as refusal:
            self._find_note(Fault.CHECKPOINT_FORGED, refusal.message)
            return
        if self._signed is not None and checkpoint.size <= self._signed.size:
            self._compare_signed(self._signed, checkpoint)
            return
        self._signed = checkpoint
        self._order.demand(checkpoint.size, self._line)
        if self._is_sound():
            self._compare_tree(checkpoint)

    def _find_note(self, fault: Fault, message: str) -> None:
        where = f"The checkpoint in line {self._line}, after {self._entries} entries"
        self.find(fault, f"{where}: {message}")

    def _compare_signed(self, before: Checkpoint, checkpoint: Checkpoint) -> None:
        if checkpoint.size < before.size:
            self.find(
                Fault.CHECKPOINT_ORDER,
                f"The checkpoint over {checkpoint.size} entries comes after the one "
                f"over {before.size}; they belong in the order of their sizes.",
            )
        elif checkpoint.root != before.root:
            self.find(
                Fault.SPLIT_VIEW,
                f"The log signed two roots for its first {before.size} entries. Keep "
                "this file as evidence and tell the overseers.",
            )

    def _compare_tree(self, checkpoint: Checkpoint) -> None:
        first, last = self._proven.size if self._proven else 0, checkpoint.size - 1
        self._recall(checkpoint.size)
        if self._tree.root_at(checkpoint.size) == checkpoint.root:
            self._checkpoints += 1
            self._proven = checkpoint
            return
        self._is_torn = True  # all later roots differ too, and would say no more
        self.find(
            Fault.ROOT,
            f"{entries_named(first, last)}: the root over them is not the one that was "
            "signed. At least one was replaced, or some were removed, put in or moved "
            "and renumbered.",
            first,
            last,
        )

    def _is_sound(self) -> bool:
        return not self._is_torn and not self._order.is_torn

    def _recall(self, size: int) -> None:
        """Compare what is remembered of the log up to this size."""
        while self._remembered and self._remembered[-1].size <= size:
            known = self._remembered.pop()
            is_own = self._key is not None and known.origin == self._key.name
            if self._tree.root_at(known.size) != known.root or not is_own:
                self.find(
                    Fault.REMEMBERED,
                    f"The first {known.size} entries are not those that were "
                    "remembered: the log was rewritten. Keep this file and the "
                    "remembered checkpoint as evidence and tell the overseers.",
                    0,
                    known.size - 1,
                )

    # --- the end ---

    def _finish(self) -> None:
        end = self._order.top + 1
        if self._signed is None:
            self.find(
                Fault.UNPROVEN,
                "There is no checkpoint signed by the log: nothing proves the entries. "
                "Export the log again, with its checkpoints.",
            )
        elif end > self._signed.size:
            self.find(
                Fault.UNPROVEN,
                f"{entries_named(self._signed.size, end - 1)} come after the last "
                "checkpoint: nothing proves them.",
                self._signed.size,
                end - 1,
            )
        if self._is_sound():
            self._recall(end)
        for known in self._remembered:
            if known.size > end:
                self.find(
                    Fault.REMEMBERED,
                    f"A checkpoint over {known.size} entries is remembered, but the "
                    f"export ends after {end}. Ask for all of the log.",
                    end,
                    known.size - 1,
                )


def _key_of(line: Line | None) -> Verifier | None:
    if not isinstance(line, Header) or line.format != FORMAT:
        return None
    try:
        return Verifier.of(line.vkey)
    except KeyMalformed:
        return None


def _read_body(raw: bytes) -> _Body | None:
    try:
        return _body_decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
