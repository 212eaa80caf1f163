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


def needed_for_inclusion(index: int, size: int) -> list[Position]:
    """The complete nodes from which `inclusion_proof` puts its proof together."""
    return _needed(_inclusion_ranges(index, size))


def inclusion_proof(
    index: int, size: int, found: Mapping[Position, bytes]
) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, 2.1.1: that a leaf is in the tree."""
    return [range_root(*each, found) for each in _inclusion_ranges(index, size)]


def prove_inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """`inclusion_proof` with what it needs fetched in one go."""
    return inclusion_proof(index, size, nodes.get(needed_for_inclusion(index, size)))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """ProofInvalid unless this leaf hash has this index under this root."""
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofInvalid("The proof is for a leaf that such a tree does not have.")
    require_proof_hashes([leaf, root, *proof])
    known, at, last = leaf, index, size - 1
    for sibling in proof:  # RFC 9162, 2.1.3.2
        if last == 0:
            raise ProofInvalid("The inclusion proof is longer than the tree is high.")
        if at & 1 or at == last:
            while not at & 1:  # a right edge moves up without being hashed
                at, last = at >> 1, last >> 1
            known = node_hash(sibling, known)
        else:
            known = node_hash(known, sibling)
        at, last = at >> 1, last >> 1
    if last != 0 or known != root:
        raise ProofInvalid(
            "The inclusion proof does not lead from the leaf to the root: one of them "
            "was changed. Fetch the entry and its proof again, and keep both."
        )


def needed_for_consistency(old: int, new: int) -> list[Position]:
    """The complete nodes from which `consistency_proof` puts its proof together."""
    return _needed(_consistency_ranges(old, new))


def consistency_proof(
    old: int, new: int, found: Mapping[Position, bytes]
) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, 2.1.2: that the tree only grew.

    Empty for equal sizes and from the empty tree, which every tree continues.
    """
    return [range_root(*each, found) for each in _consistency_ranges(old, new)]


def prove_consistency(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """`consistency_proof` with what it needs fetched in one go."""
    return consistency_proof(old, new, nodes.get(needed_for_consistency(old, new)))


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """ProofInvalid unless the new tree begins with all of the old one."""
    if not 0 <= old <= new <= MAX_SIZE:
        raise ProofInvalid("A log does not shrink: the new size is below the old one.")
    require_proof_hashes([old_root, new_root, *proof])
    if old == 0:
        grew = not proof and old_root == EMPTY_ROOT
        grew = grew and (new > 0 or new_root == EMPTY_ROOT)
    elif old == new:
        grew = not proof and old_root == new_root
    else:
        steps = list(proof) if old & (old - 1) else [old_root, *proof]
        grew = _roots_over(steps, old, new) == (old_root, new_root)
    if not grew:
        raise ProofInvalid(
            "The proof does not show that the newer log continues the older one: "
            "entries may have been changed or removed. Keep both checkpoints as "
            "evidence and tell the overseers."
        )


def _roots_over(
    steps: Sequence[bytes], old: int, new: int
) -> tuple[bytes, bytes] | None:
    """The old and the new root that a proof leads to (RFC 9162, 2.1.4.2)."""
    if not steps:
        return None
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_known = new_known = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            while at and not at & 1:
                at, last = at >> 1, last >> 1
            old_known = node_hash(step, old_known)
            new_known = node_hash(step, new_known)
        else:
            new_known = node_hash(new_known, step)
        at, last = at >> 1, last >> 1
    return (old_known, new_known) if last == 0 else None


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The siblings on the way from a leaf to the root, as ranges of leaves."""
    if not 0 <= index < size <= MAX_SIZE:
        raise OutsideTree(f"A tree of {size} leaves has no leaf {index}; count from 0.")
    low, high, siblings = 0, size, []
    while high - low > 1:
        middle = _split(low, high)
        if index < middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    return siblings[::-1]


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    if not 0 <= old <= new <= MAX_SIZE:
        raise OutsideTree("The sizes to compare are old <= new, up to the log's size.")
    if old in (0, new):
        return []
    low, high, siblings = 0, new, []
    while old != high:
        middle = _split(low, high)
        if old <= middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    if low:  # else the old root itself stands there, which the verifier has
        siblings.append((low, high))
    return siblings[::-1]


def _split(low: int, high: int) -> int:
    """Where RFC 6962 cuts a range: after the largest power of two below its length."""
    return low + (1 << (high - low - 1).bit_length() - 1)


def _needed(ranges: Iterable[tuple[int, int]]) -> list[Position]:
    return [each for low, high in ranges for each in cover(low, high)]


def cover(low: int, high: int) -> list[Position]:
    """The complete subtrees of a range, left to right (`low` as a split gives it)."""
    complete: list[Position] = []
    while low < high:
        level = (high - low).bit_length() - 1
        complete.append((level, low >> level))
        low += 1 << level
    return complete


def range_root(low: int, high: int, found: Mapping[Position, bytes]) -> bytes:
    """The hash over a range; LookupError if the store lacks a node it must have."""
    return fold([found[each] for each in cover(low, high)])


def require_proof_hashes(hashes: Iterable[bytes]) -> None:
    """ProofInvalid if something that came from outside is not a hash."""
    if not set(map(len, hashes)) <= {HASH_BYTES}:
        raise ProofInvalid("A proof, a leaf and a root are hashes of 32 bytes each.")


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
    if not set(map(len, hashes)) <= {HASH_BYTES}:
        raise ValueError("a SHA-256 hash has 32 bytes; was a leaf not hashed yet?")
