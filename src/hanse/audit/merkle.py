"""The Merkle tree of the log: hashes, growth, and proofs about one leaf or two sizes.

Hashing and proofs are those of RFC 6962 section 2.1 (SHA-256; RFC 9162 keeps them),
so any Certificate Transparency verifier can check them. Complete subtrees never
change and are addressed as (level, index), level 0 being the leaf hashes; the
ragged right edge is always computed from complete ones and never stored.

This module holds no tree and does no I/O: a proof first says which complete nodes
it needs (`needed_for_...`), so that a store can fetch them in one call, and is then
put together from them. Proofs for many leaves at once are in `multiproof`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import msgspec

from hanse.base.errors import Malformed, Refusal

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1  # what a PostgreSQL bigint and a SQLite integer can hold
EMPTY_ROOT = sha256(b"").digest()

Position = tuple[int, int]
"""(level, index) of a complete subtree: the leaves index*2**level and on."""


class ProofInvalid(Refusal):
    """The proof does not show what it is said to show."""

    code = "audit.proof_invalid"
    status = 422


class OutsideTree(Malformed):
    """The leaves or sizes asked about do not exist in such a tree."""

    code = "audit.outside_tree"


class Node(msgspec.Struct, frozen=True, gc=False):
    """A complete subtree and its hash (a struct: appends make many of them)."""

    level: int
    index: int
    hash: bytes


class Nodes(Protocol):
    """Where complete subtrees are kept."""

    def get(self, wanted: Sequence[Position]) -> Mapping[Position, bytes]:
        """The hash of every wanted position, in one go."""
        ...


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 6962, 2.1: 0x00 sets leaves apart from nodes)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All of a tree that is needed to let it grow.

    The roots of its complete subtrees from left to right, thus largest first: one
    for each bit set in `size`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise ValueError("a tree has between 0 and 2**63 - 1 leaves")
        if len(self.hashes) != self.size.bit_count():
            raise ValueError("a frontier has one hash for each bit set in its size")
        _require_hashes(self.hashes)

    def to_bytes(self) -> bytes:
        """The size as 8 bytes, big-endian, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Frontier":
        """What `to_bytes` gave; ValueError if it cannot be that."""
        if len(stored) < 8:
            raise ValueError("a stored frontier begins with a size of 8 bytes")
        size, rest = int.from_bytes(stored[:8], "big"), stored[8:]
        return cls(size, split_hashes(rest))


def append(frontier: Frontier, leaves: Sequence[bytes]) -> tuple[Frontier, list[Node]]:
    """The tree after these leaf hashes, and each inner node that became complete.

    Nodes come level by level, from left to right; leaves (level 0) are not among
    them. Costs one hash per new node, however large the tree is.
    """
    _require_hashes(leaves)
    edge = _by_level(frontier)
    size = frontier.size + len(leaves)
    if size > MAX_SIZE:
        raise ValueError("the log is full")
    finished: list[Node] = []
    row, start, level = list(leaves), frontier.size, 0
    while row:
        if start & 1:  # the first new node completes a pair with the old edge
            row.insert(0, edge.pop(level))
            start -= 1
        if len(row) & 1:
            edge[level] = row.pop()
        pairs = zip(row[::2], row[1::2], strict=True)
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        start, level = start >> 1, level + 1
        finished += [Node(level, start + i, h) for i, h in enumerate(row)]
    levels = sorted(edge, reverse=True)
    return Frontier(size, tuple(edge[n] for n in levels)), finished


def root(frontier: Frontier) -> bytes:
    """The root hash of the tree: what a checkpoint signs."""
    return fold(frontier.hashes)


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size, from left to right."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    """Hashes that were written one after the other; ValueError for a remainder."""
    if len(joined) % HASH_BYTES:
        raise ValueError("hashes are 32 bytes each")
    ends = range(HASH_BYTES, len(joined) + 1, HASH_BYTES)
    return tuple(bytes(joined[end - HASH_BYTES : end]) for end in ends)


def _by_level(frontier: Frontier) -> dict[int, bytes]:
    bits = range(frontier.size.bit_length() - 1, -1, -1)
    levels = [level for level in bits if frontier.size >> level & 1]
    return dict(zip(levels, frontier.hashes, strict=True))


def _require_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ValueError("a SHA-256 hash has 32 bytes; was a leaf not hashed yet?")
