"""Small logs for the tests: a tree that keeps every node, and whole exports."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from hanse.audit import export
from hanse.audit.checkpoint import Checkpoint, Signer, sign
from hanse.audit.event import Actor, ActorKind, Event, body_of, salted_leaf
from hanse.audit.findings import Fault, Report
from hanse.audit.merkle import Frontier, Position, append, leaf_hash, root
from hanse.audit.verify import verify_export

ORIGIN = "hub.example/log"
SIGNER = Signer(ORIGIN, bytes(range(32)))
START = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)
CLERK = Actor(ActorKind.SYSTEM, None, None, "the hub")


class Tree:
    """All complete subtrees of a tree, kept in a dictionary."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        self.frontier, finished = append(Frontier(), self.leaves)
        self.kept = {(0, i): each for i, each in enumerate(self.leaves)}
        self.kept |= {(node.level, node.index): node.hash for node in finished}
        self.asked: list[Sequence[Position]] = []

    def get(self, wanted: Sequence[Position]) -> Mapping[Position, bytes]:
        self.asked.append(wanted)
        return {each: self.kept[each] for each in wanted}

    def root(self, size: int | None = None) -> bytes:
        return plain_root(self.leaves[:size])


def tree_of(size: int) -> Tree:
    return Tree([leaf_hash(b"leaf %d" % i) for i in range(size)])


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word (over leaf hashes)."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    joined = b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])
    return sha256(joined).digest()


def instant(seq: int) -> datetime:
    return START + timedelta(seconds=seq)


def entry(seq: int, *, told: str = "") -> export.EntryLine:
    event = Event("report.made", CLERK, f"claim:{seq}", {"told": told or str(seq)})
    body = body_of(event, instant(seq))
    salt = sha256(b"salt %d" % seq).digest()[:16]
    leaf = salted_leaf(salt, body)
    return export.entry_line(
        seq, instant(seq), "event", salt=salt, body=body, leaf=leaf
    )


def checkpoint_over(rows: Sequence[export.EntryLine]) -> Checkpoint:
    frontier, _ = append(Frontier(), [leaf_hash(row.leaf) for row in rows])
    return Checkpoint(ORIGIN, len(rows), root(frontier))


def signed(rows: Sequence[export.EntryLine], sizes: Sequence[int]) -> list[str]:
    return [sign(checkpoint_over(rows[:size]), SIGNER) for size in sizes]


def head() -> export.Header:
    return export.header(ORIGIN, SIGNER.public, instant(10_000))


def file_of(rows: Sequence[export.EntryLine], sizes: Sequence[int]) -> list[bytes]:
    """The lines of an export with checkpoints at these sizes."""
    written = b"".join(export.write_export(head(), rows, signed(rows, sizes)))
    return written.splitlines(keepends=True)


def check(
    lines: Sequence[bytes],
    pinned_vkey: str | None = SIGNER.public,
    remembered: Sequence[Checkpoint] = (),
) -> Report:
    return verify_export(io.BytesIO(b"".join(lines)), pinned_vkey, remembered)


def line_of(row: export.EntryLine) -> bytes:
    return msgspec.json.encode(row) + b"\n"


def kinds(report: Report) -> list[Fault]:
    return [each.fault for each in report.problems]
