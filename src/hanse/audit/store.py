"""PostgreSQL statements of the log: its head, entries, bodies, nodes, checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hanse.audit.entry import Entry
from hanse.audit.merkle import Node, Position
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Head:
    """The log's end, as locked by the transaction that read it."""

    size: int
    frontier: bytes
    last_at: datetime


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A leaf about to be written."""

    at: datetime
    kind: str
    leaf_data: bytes
    salt: bytes
    body: bytes
    act: str
    actor: str
    member_id: UUID | None
    subject: str


def lock_head(tx: Tx) -> Head:
    """The head, locked until this transaction ends."""
    row = tx.conn.execute(
        "select size, frontier, last_at from log_head for update"
    ).fetchone()
    assert row is not None
    return Head(*row)


def read_head(tx: Tx) -> Head:
    """The head as committed."""
    row = tx.conn.execute("select size, frontier, last_at from log_head").fetchone()
    assert row is not None
    return Head(*row)


def set_last_at(tx: Tx, last_at: datetime) -> None:
    """Move the clock of the log without adding a leaf."""
    tx.conn.execute("update log_head set last_at = %s", (last_at,))


def extend(
    tx: Tx,
    first_seq: int,
    *,
    entries: Sequence[NewEntry],
    nodes: Sequence[Node],
    head: Head,
    note: str,
) -> None:
    """Write leaves, finished nodes, the new head and its checkpoint at once."""
    tx.conn.execute(
        """
        with entry as (
            select e.place - 1 + %(first)s as seq, e.*
            from unnest(%(at)s::timestamptz[], %(kind)s::text[], %(leaf)s::bytea[],
                        %(salt)s::bytea[], %(body)s::bytea[], %(act)s::text[],
                        %(actor)s::text[], %(member)s::uuid[], %(subject)s::text[])
                 with ordinality as e (at, kind, leaf_data, salt, body, act, actor,
                                       member_id, subject, place)
        ), written as (
            insert into log_entry (seq, at, kind, leaf_data)
            select seq, at, kind, leaf_data from entry
        ), bodies as (
            insert into log_body (seq, salt, body, act, actor, member_id, subject)
            select seq, salt, body, act, actor, member_id, subject from entry
        ), nodes as (
            insert into log_node (level, idx, hash)
            select * from unnest(%(level)s::smallint[], %(idx)s::bigint[],
                                 %(hash)s::bytea[])
        ), checkpoint as (
            insert into log_checkpoint (size, note, at)
            values (%(size)s, %(note)s, %(last_at)s)
        ), head as (
            update log_head set size = %(size)s, frontier = %(frontier)s,
                                last_at = %(last_at)s
        )
        select pg_notify('hanse_feed', %(size)s::text)
        """,
        {
            "first": first_seq,
            "at": [e.at for e in entries],
            "kind": [e.kind for e in entries],
            "leaf": [e.leaf_data for e in entries],
            "salt": [e.salt for e in entries],
            "body": [e.body for e in entries],
            "act": [e.act for e in entries],
            "actor": [e.actor for e in entries],
            "member": [e.member_id for e in entries],
            "subject": [e.subject for e in entries],
            "level": [n.level for n in nodes],
            "idx": [n.index for n in nodes],
            "hash": [n.hash for n in nodes],
            "size": head.size,
            "frontier": head.frontier,
            "last_at": head.last_at,
            "note": note,
        },
    )


def nodes_at(tx: Tx, wanted: Sequence[Position]) -> list[tuple[int, int, bytes]]:
    """Stored complete subtrees (level >= 1) among `wanted`."""
    rows = tx.conn.execute(
        "select n.level, n.idx, n.hash from log_node n"
        " join unnest(%s::smallint[], %s::bigint[]) as w (level, idx)"
        " on n.level = w.level and n.idx = w.idx",
        ([level for level, _ in wanted], [index for _, index in wanted]),
        binary=True,
    ).fetchall()
    return [(level, index, hashed) for level, index, hashed in rows]


def leaf_data_at(tx: Tx, seqs: Sequence[int]) -> list[tuple[int, bytes]]:
    """Leaf data of these positions, as far as they exist."""
    rows = tx.conn.execute(
        "select seq, leaf_data from log_entry where seq = any(%s::bigint[])",
        (list(seqs),),
        binary=True,
    ).fetchall()
    return [(seq, data) for seq, data in rows]


def newest_checkpoint(tx: Tx) -> tuple[int, str] | None:
    """(size, note) of the newest checkpoint."""
    row = tx.conn.execute(
        "select size, note from log_checkpoint order by size desc limit 1"
    ).fetchone()
    return None if row is None else (row[0], row[1])


def checkpoint_of(tx: Tx, size: int) -> str | None:
    """The checkpoint signed at exactly this size."""
    row = tx.conn.execute(
        "select note from log_checkpoint where size = %s", (size,)
    ).fetchone()
    return None if row is None else str(row[0])


def checkpoints_from(tx: Tx, above: int, limit: int) -> list[tuple[int, str]]:
    """Checkpoints of a size greater than `above`, ascending."""
    rows = tx.conn.execute(
        "select size, note from log_checkpoint where size > %s order by size limit %s",
        (above, limit),
    ).fetchall()
    return [(size, note) for size, note in rows]


_ENTRY = (
    "select e.seq, e.at, e.kind, e.leaf_data, b.salt, b.body, b.act, b.actor,"
    " b.member_id, b.subject from log_entry e join log_body b on b.seq = e.seq"
)


def entries_from(tx: Tx, first: int, limit: int) -> list[Entry]:
    """Entries from position `first` on, ascending."""
    rows = tx.conn.execute(
        f"{_ENTRY} where e.seq >= %s order by e.seq limit %s",
        (first, limit),
    ).fetchall()
    return [Entry(*row) for row in rows]


def entries_before(
    tx: Tx,
    before: int,
    limit: int,
    *,
    acts: Sequence[str] = (),
    subject: str = "",
    actor: str = "",
    member_id: UUID | None = None,
) -> list[Entry]:
    """Events below position `before`, newest first, filtered as asked."""
    rows = tx.conn.execute(
        f"{_ENTRY} where e.seq < %(before)s and e.kind = 'event'"
        " and (%(acts)s::text[] = '{}' or b.act = any(%(acts)s::text[]))"
        " and (%(subject)s = '' or b.subject = %(subject)s)"
        " and (%(actor)s = '' or position(lower(%(actor)s) in lower(b.actor)) > 0)"
        " and (%(member)s::uuid is null or b.member_id = %(member)s)"
        " order by e.seq desc limit %(limit)s",
        {
            "before": before,
            "acts": list(acts),
            "subject": subject,
            "actor": actor,
            "member": member_id,
            "limit": limit,
        },
    ).fetchall()
    return [Entry(*row) for row in rows]


def entries_of_subject(tx: Tx, subject: str, limit: int) -> list[Entry]:
    """What was ever done to one thing, oldest first."""
    rows = tx.conn.execute(
        f"{_ENTRY} where b.subject = %s and e.kind = 'event' order by e.seq limit %s",
        (subject, limit),
    ).fetchall()
    return [Entry(*row) for row in rows]
