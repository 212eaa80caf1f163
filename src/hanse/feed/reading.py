"""Reading the feed: batches an edge can verify, withdrawals first.

A batch says: these items stand in the log under this signed checkpoint, and here
is one proof for all of them. A reader behind the head first gets all removals up
to the head, then all content; content that is already over is never sent. So
wherever a reader stops and resumes, it ends with what is true.

Where a reader stands is told only in cursors that the hub alone can read
(AES-GCM): positions stay inside.
"""

import base64
import binascii
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hanse.audit import log
from hanse.base.errors import Malformed
from hanse.base.ids import EdgeId, MemberId
from hanse.base.secret import Secret
from hanse.feed import audiences, store
from hanse.feed.store import StoredItem
from hanse.membership.viewer import Viewer
from hanse.storage.tx import Tx

MAX_BATCH = 5_000


class CursorUnknown(Malformed):
    """The cursor is not one this hub gave out for this purpose."""

    code = "feed.cursor_unknown"
    status = 400


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader is: content up to `done`, removals up to `removed` >= `done`.

    `size` is that of the last checkpoint sent to it, 0 for none.
    """

    done: int = -1
    removed: int = -1
    size: int = 0


START = Cursor()


@dataclass(frozen=True, slots=True)
class Batch:
    """Items in the order to apply them, all proven under `checkpoint`.

    `consistency` proves that the tree of `checkpoint` grew from the tree of
    `old_size` the reader was last sent; empty when there was none or it is the
    same.
    """

    items: tuple[StoredItem, ...]
    proof: tuple[bytes, ...]
    checkpoint: str
    old_size: int
    consistency: tuple[bytes, ...]
    next: Cursor
    more: bool


def read(tx: Tx, viewer: Viewer, cursor: Cursor, limit: int) -> Batch:
    """The next batch after `cursor` for this viewer; empty at the head.

    The head is fixed first, all removals up to it come before any content, and
    content is filtered by what is true when it is read. Whatever is committed in
    between lies beyond the head and comes next, so one snapshot is not needed.
    """
    limit = max(1, min(limit, MAX_BATCH))
    size, note = log.newest_checkpoint(tx)
    reach = _Reach(size - 1, viewer.member, audiences.visible(tx, viewer))
    items = _removals(tx, cursor, reach, limit)
    removed = items[-1].seq if len(items) == limit else reach.head
    done = cursor.done
    if removed == reach.head and len(items) < limit:
        room = limit - len(items)
        found = _contents(tx, cursor, reach, room)
        done = found[-1].seq if len(found) == room else reach.head
        items += found
    return Batch(
        items=tuple(items),
        proof=tuple(prove(tx, items, size)),
        checkpoint=note,
        old_size=cursor.size,
        consistency=tuple(prove_growth(tx, cursor.size, size)),
        next=Cursor(done, removed, size),
        more=done < reach.head,
    )


def prove(tx: Tx, items: Sequence[StoredItem], size: int) -> list[bytes]:
    """One proof that all items stand in the tree of `size`; empty for no items."""
    seqs = sorted(item.seq for item in items)
    return log.prove_many(tx, seqs, size) if seqs else []


def prove_growth(tx: Tx, old: int, new: int) -> list[bytes]:
    """That the tree grew from `old` to `new`; empty if there is nothing to prove."""
    return log.prove_consistency(tx, old, new) if 0 < old < new else []


def acknowledge(tx: Tx, edge: EdgeId, cursor: Cursor) -> None:
    """An edge says it has applied everything before `cursor`."""
    if cursor.done >= 0:
        store.acknowledge(tx, edge, min(cursor.done, store.head_seq(tx)), tx.now)


@dataclass(frozen=True, slots=True)
class _Reach:
    head: int
    member: MemberId | None
    visible: Sequence[int]


def _removals(tx: Tx, cursor: Cursor, reach: _Reach, limit: int) -> list[StoredItem]:
    return store.removals(
        tx,
        after=max(cursor.removed, cursor.done),
        until=reach.head,
        member=reach.member,
        visible=reach.visible,
        limit=limit,
    )


def _contents(tx: Tx, cursor: Cursor, reach: _Reach, limit: int) -> list[StoredItem]:
    return store.contents(
        tx,
        after=cursor.done,
        until=reach.head,
        member=reach.member,
        visible=reach.visible,
        limit=limit,
    )


# --- cursors -------------------------------------------------------------------

_CURSOR = struct.Struct(">qqq")


def seal_cursor(secret: Secret, member: MemberId | None, cursor: Cursor) -> str:
    """The cursor as text only this hub can read, good for this member only."""
    nonce = os.urandom(12)
    plain = _CURSOR.pack(cursor.done, cursor.removed, cursor.size)
    sealed = AESGCM(secret.derive("feed.cursor")).encrypt(nonce, plain, _owner(member))
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def open_cursor(secret: Secret, member: MemberId | None, text: str) -> Cursor:
    """Read a cursor back; the empty text is the start.

    Raises:
        CursorUnknown: not given out by this hub to this member.
    """
    if not text:
        return START
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        plain = AESGCM(secret.derive("feed.cursor")).decrypt(
            raw[:12], raw[12:], _owner(member)
        )
        return Cursor(*_CURSOR.unpack(plain))
    except (binascii.Error, InvalidTag, ValueError, struct.error) as error:
        raise CursorUnknown(
            "this cursor was not given out by this hub to you; start again without"
            " a cursor: what you already hold is simply confirmed"
        ) from error


def _owner(member: MemberId | None) -> bytes:
    return b"" if member is None else member.bytes
