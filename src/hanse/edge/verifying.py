"""Whether to believe what the hub sent: signature, growth, and every item.

Pure. A batch counts only whole: its checkpoint is signed by the key that was pinned
when the edge joined, the log never shrinks and never forks (a consistency proof from
the last size believed, RFC 6962 section 2.1.2), and every item stands in that log at
its place (one proof for all). Anything else is `NotVerified`, and nothing of the
batch may be used.

An item that verifies but cannot be read - a newer hub says things this edge does not
know - is kept apart, so that an edge not yet updated goes on protecting.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hanse.audit.checkpoint import Verifier, open_note
from hanse.audit.event import SALT_BYTES, salted_leaf
from hanse.audit.merkle import leaf_hash, verify_consistency
from hanse.audit.multiproof import verify_many
from hanse.base.errors import Refusal
from hanse.feed.item import ItemBody, ItemMalformed, decode
from hanse.feed.wire import WireBatch


class NotVerified(Refusal):
    """The hub sent something that its own log does not prove."""

    code = "edge.feed_not_verified"
    status = 502


class Head(msgspec.Struct, frozen=True):
    """Size and root of the log as last believed."""

    size: int
    root: bytes


NOTHING = Head(0, b"")


@dataclass(frozen=True, slots=True)
class Proven:
    """An item that stands in the log. `body` is None if this edge cannot read it."""

    seq: int
    salt: bytes
    raw: bytes
    body: ItemBody | None


def head_of(note: str, verifier: Verifier) -> Head:
    """What a checkpoint says, if the pinned key signed it; else NotVerified."""
    try:
        checkpoint = open_note(note, verifier)
    except Refusal as error:
        raise NotVerified(
            f"The hub's checkpoint does not verify: {error.message}"
        ) from error
    return Head(checkpoint.size, checkpoint.root)


def needs_proof(old: Head, new: Head) -> bool:
    """Whether the step from `old` to `new` must be shown by a consistency proof.

    Raises NotVerified for a step that nothing could prove.
    """
    if new.size < old.size:
        raise NotVerified(
            f"The hub's log has {new.size} entries now and had {old.size}: it was cut "
            "or put back. This edge keeps what it has; ask the alliance's operator."
        )
    if new.size == old.size and new.root != old.root and old.size:
        raise NotVerified(
            f"The hub shows two different logs of {new.size} entries: it was forked. "
            "This edge keeps what it has; tell the alliance's overseers."
        )
    return 0 < old.size < new.size


def require_growth(old: Head, new: Head, proof: Sequence[bytes]) -> None:
    """NotVerified unless the log of `new` begins with all of the log of `old`."""
    try:
        verify_consistency(old.size, old.root, new.size, new.root, proof)
    except Refusal as error:
        raise NotVerified(
            f"The hub cannot show that its log of {new.size} entries continues the one "
            f"of {old.size} that this edge knows: {error.message}"
        ) from error


def prove_items(batch: WireBatch, head: Head) -> list[Proven]:
    """The batch's items, each proven to stand in the log; else NotVerified."""
    raws = [item.body.encode("utf-8") for item in batch.items]
    pairs = list(zip(batch.items, raws, strict=True))
    leaves = {item.seq: _leaf(item.salt, raw) for item, raw in pairs}
    if len(leaves) != len(pairs):
        raise NotVerified("The hub sent two items for one place in the log.")
    if leaves:
        try:
            verify_many(leaves, head.size, batch.proof, head.root)
        except Refusal as error:
            raise NotVerified(
                f"What the hub sent does not stand in its log: {error.message}"
            ) from error
    return [Proven(item.seq, item.salt, raw, _read(raw)) for item, raw in pairs]


def _leaf(salt: bytes, raw: bytes) -> bytes:
    if len(salt) != SALT_BYTES:
        # Else bytes could be moved between salt and body, and the leaf stay the same.
        raise NotVerified("The hub sent an item whose salt has not 16 bytes.")
    return leaf_hash(salted_leaf(salt, raw))


def _read(raw: bytes) -> ItemBody | None:
    try:
        return decode(raw)
    except ItemMalformed:
        return None
