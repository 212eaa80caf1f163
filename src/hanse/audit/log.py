"""The one log: every deed and every feed item is a leaf, numbered in commit order.

Deeds only queue: `append` an event, `leaves` for feed items, `stamp` for instants.
When the transaction is about to commit, the seal locks the log's head, numbers
what was queued, hashes it into the Merkle tree, signs the new checkpoint and
writes all of it in one statement. The lock is held until the commit, so positions
and instants are in commit order: no reader can skip a late committer. If the seal
fails, so does the deed.

Reading and proving work from complete subtrees fetched in one call. This module
does not judge who may look; doors do.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hanse.audit import merkle, multiproof, store
from hanse.audit.checkpoint import Checkpoint, Signer, open_note, sign
from hanse.audit.entry import Entry
from hanse.audit.event import SALT_BYTES, EntryKind, Event, body_of, salted_leaf
from hanse.audit.merkle import Frontier, Position
from hanse.audit.store import Head, NewEntry
from hanse.base.errors import NotFound
from hanse.storage.tx import Tx

MICROSECOND = timedelta(microseconds=1)
_NOTE = "audit.queue"

BodyAt = Callable[[datetime], bytes]


class NoSuchEntry(NotFound):
    """The log has no such position, or none the caller may see."""

    code = "audit.no_such_entry"


@dataclass(slots=True)
class Leaves:
    """A run of leaves to be written together.

    `bodies` may grow until the seal; `placed` is called in the seal with the
    first position and each leaf's instant, after the leaves are written.
    """

    placed: Callable[[Tx, int, Sequence[datetime]], None]
    bodies: list[BodyAt] = field(default_factory=list)


@dataclass(slots=True)
class _Stamp:
    count: int
    stamped: Callable[[Tx, datetime], None]


@dataclass(slots=True)
class _Queue:
    events: list[Event] = field(default_factory=list)
    leaves: list[Leaves] = field(default_factory=list)
    stamps: list[_Stamp] = field(default_factory=list)


def append(tx: Tx, event: Event) -> None:
    """Have `event` stand in the log as soon as this transaction is committed."""
    _queue(tx).events.append(event)


def leaves(tx: Tx, run: Leaves) -> None:
    """Queue a run of feed items; see `Leaves`."""
    _queue(tx).leaves.append(run)


def stamp(tx: Tx, count: int, stamped: Callable[[Tx, datetime], None]) -> None:
    """Reserve `count` strictly increasing microseconds of the log's clock.

    `stamped` is called in the seal with the first; the others follow one
    microsecond apart. Whatever is inserted there is ordered by commit.
    """
    _queue(tx).stamps.append(_Stamp(count, stamped))


def hold(tx: Tx) -> None:
    """Let nobody else's deed into the log until this transaction ends.

    For a deed that looks at everything told so far and adds to it: what is committed
    is seen by the statements after this one, what is not comes behind it.
    """
    store.lock_head(tx)


def _queue(tx: Tx) -> _Queue:
    queue = tx.notes.get(_NOTE)
    if not isinstance(queue, _Queue):
        queue = tx.notes[_NOTE] = _Queue()
        tx.before_commit(_seal)
    return queue


def _seal(tx: Tx) -> None:
    queue = tx.notes.pop(_NOTE)
    assert isinstance(queue, _Queue)
    head = store.lock_head(tx)
    at = max(tx.now, head.last_at + MICROSECOND)
    for each in queue.stamps:
        each.stamped(tx, at)
        at += each.count * MICROSECOND
    entries = [
        _event_entry(e, at + i * MICROSECOND) for i, e in enumerate(queue.events)
    ]
    at += len(entries) * MICROSECOND
    runs: list[tuple[Leaves, int, list[datetime]]] = []
    for run in queue.leaves:
        instants = [at + i * MICROSECOND for i in range(len(run.bodies))]
        runs.append((run, head.size + len(entries), instants))
        entries += [
            _item_entry(body_at(t), t)
            for body_at, t in zip(run.bodies, instants, strict=True)
        ]
        at += len(instants) * MICROSECOND
    if entries:
        _extend(tx, head, entries, at - MICROSECOND)
    else:
        store.set_last_at(tx, at - MICROSECOND)
    for run, first, instants in runs:
        if instants:
            run.placed(tx, first, instants)


def _extend(tx: Tx, head: Head, entries: list[NewEntry], last_at: datetime) -> None:
    before = Frontier.from_bytes(head.frontier) if head.frontier else Frontier()
    hashes = [merkle.leaf_hash(e.leaf_data) for e in entries]
    after, nodes = merkle.append(before, hashes)
    signer = tx.tool(Signer)
    note = sign(Checkpoint(signer.name, after.size, merkle.root(after)), signer)
    new_head = Head(after.size, after.to_bytes(), last_at)
    store.extend(
        tx, before.size, entries=entries, nodes=nodes, head=new_head, note=note
    )


def _event_entry(event: Event, at: datetime) -> NewEntry:
    body = body_of(event, at)
    salt = secrets.token_bytes(SALT_BYTES)
    return NewEntry(
        at=at,
        kind=EntryKind.EVENT.value,
        leaf_data=salted_leaf(salt, body),
        salt=salt,
        body=body,
        act=event.act,
        actor=event.actor.label,
        member_id=event.actor.member_id,
        subject=event.subject,
    )


def _item_entry(body: bytes, at: datetime) -> NewEntry:
    salt = secrets.token_bytes(SALT_BYTES)
    return NewEntry(
        at=at,
        kind=EntryKind.ITEM.value,
        leaf_data=salted_leaf(salt, body),
        salt=salt,
        body=body,
        act="",
        actor="",
        member_id=None,
        subject="",
    )


# --- reading and proving -----------------------------------------------------


def size(tx: Tx) -> int:
    """How many leaves the log has."""
    return store.read_head(tx).size


def newest_checkpoint(tx: Tx) -> tuple[int, str]:
    """Size and signed note of the newest checkpoint.

    Raises:
        NoSuchEntry: nothing has ever been done.
    """
    newest = store.newest_checkpoint(tx)
    if newest is None:
        raise NoSuchEntry("the log is still empty; come back after the first deed")
    return newest


def get_entry(tx: Tx, seq: int) -> Entry:
    """One entry; raises `NoSuchEntry`."""
    found = store.entries_from(tx, seq, 1)
    if not found or found[0].seq != seq:
        raise NoSuchEntry(f"the log has no entry {seq}; it has {size(tx)} entries")
    return found[0]


def entries_from(tx: Tx, first: int, limit: int) -> list[Entry]:
    """Entries from `first` on, ascending."""
    return store.entries_from(tx, first, limit)


def events_before(
    tx: Tx,
    before: int,
    limit: int,
    *,
    acts: Sequence[str] = (),
    subject: str = "",
    actor: str = "",
    member_id: UUID | None = None,
) -> list[Entry]:
    """Events below position `before`, newest first.

    `actor`: a part of the name of whoever did it, in any case.
    """
    return store.entries_before(
        tx,
        before,
        limit,
        acts=acts,
        subject=subject,
        actor=actor,
        member_id=member_id,
    )


def history(tx: Tx, subject: str, limit: int = 200) -> list[Entry]:
    """What was done to one thing, oldest first."""
    return store.entries_of_subject(tx, subject, limit)


def prove_inclusion(tx: Tx, seq: int, tree_size: int) -> list[bytes]:
    """RFC 6962 audit path of leaf `seq` in the tree of `tree_size`."""
    return merkle.prove_inclusion(_Stored(tx), seq, tree_size)


def verified_inclusion(tx: Tx, seq: int, tree_size: int) -> int:
    """Prove a leaf, verify the proof against the signed root; how many hashes it took.

    Raises:
        ProofInvalid, SignatureInvalid: the log does not hold what was signed.
    """
    note = store.checkpoint_of(tx, tree_size)
    entry = get_entry(tx, seq)
    if note is None:
        raise NoSuchEntry(f"no checkpoint was signed at size {tree_size}")
    checkpoint = open_note(note, tx.tool(Signer).verifier)
    proof = prove_inclusion(tx, seq, tree_size)
    leaf = merkle.leaf_hash(entry.leaf_data)
    merkle.verify_inclusion(leaf, seq, tree_size, proof, checkpoint.root)
    return len(proof)


def prove_consistency(tx: Tx, old: int, new: int) -> list[bytes]:
    """RFC 6962 consistency proof between two sizes."""
    return merkle.prove_consistency(_Stored(tx), old, new)


def prove_many(tx: Tx, seqs: Sequence[int], tree_size: int) -> list[bytes]:
    """One proof that all leaves `seqs` (ascending) stand in the tree of `tree_size`."""
    return multiproof.prove_many(_Stored(tx), seqs, tree_size)


def export_rows(
    tx: Tx, below: int = merkle.MAX_SIZE, page: int = 5_000
) -> Iterator[Entry]:
    """The entries below this position, in order, fetched page by page."""
    first = 0
    while rows := store.entries_from(tx, first, min(page, below - first)):
        yield from rows
        first = rows[-1].seq + 1


def export_checkpoints(
    tx: Tx, size: int = merkle.MAX_SIZE, page: int = 5_000
) -> Iterator[str]:
    """The checkpoints up to this size, ascending."""
    above = -1
    while rows := store.checkpoints_from(tx, above, page):
        yield from (note for reached, note in rows if reached <= size)
        above = rows[-1][0]
        if above >= size:
            return


def checkpoint_of(tx: Tx, tree_size: int) -> str | None:
    """The checkpoint signed at exactly this size, if a transaction ended there."""
    return store.checkpoint_of(tx, tree_size)


class _Stored:
    """Complete subtrees as PostgreSQL keeps them; level 0 is hashed from leaf data."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def get(self, wanted: Sequence[Position]) -> Mapping[Position, bytes]:
        inner = [position for position in wanted if position[0] > 0]
        stored = store.nodes_at(self._tx, inner) if inner else []
        found = {(level, index): hashed for level, index, hashed in stored}
        seqs = [index for level, index in wanted if level == 0]
        for seq, data in store.leaf_data_at(self._tx, seqs) if seqs else ():
            found[0, seq] = merkle.leaf_hash(data)
        return found
