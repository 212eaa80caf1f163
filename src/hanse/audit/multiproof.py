"""One proof for many leaves: what a batch of the feed travels with.

The tree is walked upwards. On each level the nodes known so far are paired; where
one of a pair is not known, the proof brings it, and the last node of a level with
an odd number of nodes moves up as it is (RFC 6962 trees are exactly that). So a
proof is a list of hashes, level by level from the leaves, left to right on each
level, and holds nothing that can be computed: neighbouring leaves share their way.

There is no RFC for this form. It proves for each leaf what an inclusion proof does.
An empty set of leaves has an empty proof, and verifying it is refused: it would
prove nothing, so check the checkpoint alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise

from hanse.audit.merkle import (
    MAX_SIZE,
    Nodes,
    OutsideTree,
    Position,
    ProofInvalid,
    cover,
    range_root,
    require_proof_hashes,
)


def needed_for_many(indices: Sequence[int], size: int) -> list[Position]:
    """The complete nodes from which `multiproof` puts its proof together."""
    ranges = _unknown_ranges(indices, size)
    return [each for low, high in ranges for each in cover(low, high)]


def multiproof(
    indices: Sequence[int], size: int, found: Mapping[Position, bytes]
) -> list[bytes]:
    """The proof for these leaves, whose indices rise strictly."""
    ranges = _unknown_ranges(indices, size)
    return [range_root(low, high, found) for low, high in ranges]


def prove_many(nodes: Nodes, indices: Sequence[int], size: int) -> list[bytes]:
    """`multiproof` with what it needs fetched in one go."""
    return multiproof(indices, size, nodes.get(needed_for_many(indices, size)))


def verify_many(
    leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """ProofInvalid unless each leaf hash has its index under this root."""
    at = sorted(leaves)
    if not at or not 0 <= at[0] <= at[-1] < size <= MAX_SIZE:
        raise ProofInvalid(
            "A proof for many leaves needs at least one, and all of them in the tree."
        )
    known = [leaves[index] for index in at]
    require_proof_hashes(known)
    require_proof_hashes([root, *proof])
    rest, last = iter(proof), size - 1
    while last:
        at, known = _climb(at, known, rest, last)
        last >>= 1
    if next(rest, None) is not None or known[0] != root:
        raise ProofInvalid(
            "The proof does not lead from the leaves to the root: something was "
            "changed, left out or added. Fetch the batch again."
        )


def _climb(
    at: list[int], known: list[bytes], rest: Iterator[bytes], last: int
) -> tuple[list[int], list[bytes]]:
    """The parents of the known nodes of one level, whose last index is `last`."""
    parents: list[int] = []
    hashes: list[bytes] = []
    position, count = 0, len(at)
    try:
        while position < count:
            index, own = at[position], known[position]
            position += 1
            if index & 1:
                own = sha256(b"\x01" + next(rest) + own).digest()
            elif position < count and at[position] == index + 1:
                own = sha256(b"\x01" + own + known[position]).digest()
                position += 1
            elif index != last:
                own = sha256(b"\x01" + own + next(rest)).digest()
            parents.append(index >> 1)
            hashes.append(own)
    except StopIteration:
        raise ProofInvalid(
            "The proof is shorter than these leaves need. Fetch the batch again."
        ) from None
    return parents, hashes


def _unknown_ranges(indices: Sequence[int], size: int) -> list[tuple[int, int]]:
    """What the leaves leave unknown, as ranges of leaves, in a proof's order."""
    _require_rising(indices, size)
    ranges: list[tuple[int, int]] = []
    at, level, last = list(indices), 0, size - 1
    while last > 0 and at:
        for sibling in _unknown_siblings(at, last):
            low = sibling << level
            ranges.append((low, min(low + (1 << level), size)))
        at = list(dict.fromkeys(index >> 1 for index in at))
        level, last = level + 1, last >> 1
    return ranges


def _unknown_siblings(at: Sequence[int], last: int) -> list[int]:
    known = set(at)
    siblings = (index ^ 1 for index in at)
    return [each for each in siblings if each <= last and each not in known]


def _require_rising(indices: Sequence[int], size: int) -> None:
    if any(left >= right for left, right in pairwise(indices)):
        raise OutsideTree("Ask for each leaf once, in rising order of their indices.")
    if indices and not 0 <= indices[0] <= indices[-1] < size <= MAX_SIZE:
        raise OutsideTree(f"A tree of {size} leaves lacks some of those asked for.")
