"""PostgreSQL statements of the feed: audiences, items, what is true now, acks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """An audience as stored."""

    id: int
    origin: UUID | None
    tlp: str
    circles: tuple[UUID, ...]
    pot: UUID | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A feed item about to be written; its position is known in the seal."""

    kind: str
    claim_id: UUID
    revision: int
    audience_id: int
    only_member: UUID | None


@dataclass(frozen=True, slots=True)
class StoredItem:
    """A feed item with the bytes that stand in the log."""

    seq: int
    kind: str
    audience_id: int
    only_member: UUID | None
    salt: bytes
    body: bytes


def audience_id(
    tx: Tx, origin: UUID | None, tlp: str, circles: Sequence[UUID], pot: UUID | None
) -> int:
    """The number of this audience, made on first use; `circles` sorted."""
    key = {"origin": origin, "tlp": tlp, "circles": list(circles), "pot": pot}
    find = (
        "select id from audience where origin is not distinct from %(origin)s"
        " and tlp = %(tlp)s and circles = %(circles)s::uuid[]"
        " and pot is not distinct from %(pot)s"
    )
    row = tx.conn.execute(find, key).fetchone()
    if row is None:
        tx.conn.execute(
            "insert into audience (origin, tlp, circles, pot)"
            " values (%(origin)s, %(tlp)s, %(circles)s::uuid[], %(pot)s)"
            " on conflict do nothing",
            key,
        )
        row = tx.conn.execute(find, key).fetchone()
    assert row is not None
    return int(row[0])


def audiences(tx: Tx) -> list[AudienceRow]:
    """Every audience there is."""
    rows = tx.conn.execute(
        "select id, origin, tlp, circles, pot from audience"
    ).fetchall()
    return [AudienceRow(r[0], r[1], r[2], tuple(r[3]), r[4]) for r in rows]


def audiences_by_id(tx: Tx, ids: Sequence[int]) -> list[AudienceRow]:
    """These audiences."""
    rows = tx.conn.execute(
        "select id, origin, tlp, circles, pot from audience where id = any(%s)",
        (list(ids),),
    ).fetchall()
    return [AudienceRow(r[0], r[1], r[2], tuple(r[3]), r[4]) for r in rows]


def epoch(tx: Tx) -> int:
    """Raised by every change that may change who sees what."""
    row = tx.conn.execute("select n from membership_epoch").fetchone()
    assert row is not None
    return int(row[0])


def hold_changes(tx: Tx) -> None:
    """Wait for whoever else changes who sees what, until this transaction ends."""
    # A lock of its own, so that nobody who only reads or reports waits for it.
    tx.conn.execute(
        "select pg_advisory_xact_lock(hashtextextended('hanse.sharing', 0))"
    )


def insert_items(tx: Tx, first_seq: int, items: Sequence[ItemRow]) -> None:
    """Write items at consecutive positions of the log."""
    tx.conn.execute(
        "insert into feed_item"
        " (seq, kind, claim_id, revision, audience_id, only_member)"
        " select ordinality - 1 + %s, kind, claim_id, revision, audience_id,"
        " only_member"
        " from unnest(%s::text[], %s::uuid[], %s::integer[], %s::integer[], %s::uuid[])"
        " with ordinality as i (kind, claim_id, revision, audience_id, only_member)",
        (
            first_seq,
            [i.kind for i in items],
            [i.claim_id for i in items],
            [i.revision for i in items],
            [i.audience_id for i in items],
            [i.only_member for i in items],
        ),
    )


def note_newest(tx: Tx, rows: Sequence[tuple[UUID, int, int, bool, int]]) -> None:
    """What is now true of claims: (claim, revision, audience, is_active, seq)."""
    tx.conn.execute(
        "insert into feed_claim (claim_id, revision, audience_id, is_active, seq)"
        " select * from unnest(%s::uuid[], %s::integer[], %s::integer[], %s::boolean[],"
        " %s::bigint[])"
        " on conflict (claim_id) do update set revision = excluded.revision,"
        " audience_id = excluded.audience_id, is_active = excluded.is_active,"
        " seq = excluded.seq",
        (
            [r[0] for r in rows],
            [r[1] for r in rows],
            [r[2] for r in rows],
            [r[3] for r in rows],
            [r[4] for r in rows],
        ),
    )


def audience_of_claims(tx: Tx, claims: Sequence[UUID]) -> dict[UUID, int]:
    """The audience each of these claims has had so far, also of past ones."""
    rows = tx.conn.execute(
        "select claim_id, audience_id from feed_claim where claim_id = any(%s)",
        (list(claims),),
    ).fetchall()
    return dict(rows)


def active_claims(
    tx: Tx, audience_ids: Sequence[int]
) -> list[tuple[UUID, int, int, int]]:
    """(claim, revision, audience, seq) of all active claims of these audiences."""
    return tx.conn.execute(
        "select claim_id, revision, audience_id, seq from feed_claim"
        " where is_active and audience_id = any(%s) order by seq",
        (list(audience_ids),),
    ).fetchall()


def claims_of(tx: Tx, audience_ids: Sequence[int]) -> list[tuple[UUID, int, int, int]]:
    """(claim, revision, audience, seq) of all claims of these audiences, also past."""
    return tx.conn.execute(
        "select claim_id, revision, audience_id, seq from feed_claim"
        " where audience_id = any(%s) order by seq",
        (list(audience_ids),),
    ).fetchall()


def positions(tx: Tx, claims: Sequence[UUID]) -> dict[UUID, int]:
    """Where in the log the newest item of each of these claims stands."""
    rows = tx.conn.execute(
        "select claim_id, seq from feed_claim where claim_id = any(%s)",
        (list(claims),),
    ).fetchall()
    return dict(rows)


def bodies_at(tx: Tx, seqs: Sequence[int]) -> dict[int, bytes | None]:
    """The bodies that stand at these positions; None where erased."""
    rows = tx.conn.execute(
        "select seq, body from log_body where seq = any(%s)", (list(seqs),), binary=True
    ).fetchall()
    return dict(rows)


@dataclass(frozen=True, slots=True)
class TailItem:
    """An item as the tail of the feed keeps it, with what it is about."""

    stored: StoredItem
    claim_id: UUID
    revision: int


def tail(tx: Tx, after: int, until: int) -> list[TailItem]:
    """All items in (after, until], for everyone."""
    rows = tx.conn.execute(
        "select i.seq, i.kind, i.audience_id, i.only_member, b.salt, b.body,"
        " i.claim_id, i.revision"
        " from feed_item i join log_body b on b.seq = i.seq"
        " where i.seq > %s and i.seq <= %s and b.body is not null order by i.seq",
        (after, until),
        binary=True,
    ).fetchall()
    return [TailItem(StoredItem(*row[:6]), row[6], row[7]) for row in rows]


_STORED = (
    "select i.seq, i.kind, i.audience_id, i.only_member, b.salt, b.body"
    " from feed_item i join log_body b on b.seq = i.seq"
)


def removals(
    tx: Tx,
    *,
    after: int,
    until: int,
    member: UUID | None,
    visible: Sequence[int],
    limit: int,
) -> list[StoredItem]:
    """Withdrawals and revocations in (after, until] that this member must hear."""
    rows = tx.conn.execute(
        f"{_STORED} where i.seq > %(after)s and i.seq <= %(until)s"
        " and b.body is not null and ("
        " (i.kind = 'revoke' and i.only_member = %(member)s)"
        " or (i.kind = 'withdraw' and i.audience_id = any(%(visible)s)))"
        " order by i.seq limit %(limit)s",
        {
            "after": after,
            "until": until,
            "member": member,
            "visible": list(visible),
            "limit": limit,
        },
        binary=True,
    ).fetchall()
    return [StoredItem(*row) for row in rows]


def contents(
    tx: Tx,
    *,
    after: int,
    until: int,
    member: UUID | None,
    visible: Sequence[int],
    limit: int,
) -> list[StoredItem]:
    """Claims and grants in (after, until] this member may hear and still true."""
    rows = tx.conn.execute(
        f"{_STORED} join feed_claim c on c.claim_id = i.claim_id"
        " where i.seq > %(after)s and i.seq <= %(until)s"
        " and b.body is not null and i.kind in ('claim', 'grant')"
        " and i.audience_id = any(%(visible)s)"
        " and (i.only_member is null or i.only_member = %(member)s)"
        " and c.is_active and c.revision = i.revision"
        " order by i.seq limit %(limit)s",
        {
            "after": after,
            "until": until,
            "member": member,
            "visible": list(visible),
            "limit": limit,
        },
        binary=True,
    ).fetchall()
    return [StoredItem(*row) for row in rows]


def head_seq(tx: Tx) -> int:
    """The last position of the log, -1 while it is empty."""
    row = tx.conn.execute("select size - 1 from log_head").fetchone()
    assert row is not None
    return int(row[0])


def acknowledge(tx: Tx, edge: UUID, seq: int, at: datetime) -> None:
    """Note that an edge has applied everything up to `seq`."""
    tx.conn.execute(
        "with e as (update edge set acked_seq = greatest(acked_seq, %(seq)s),"
        " acked_at = %(at)s, seen_at = %(at)s where id = %(edge)s)"
        " insert into edge_ack (edge_id, seq, at) values (%(edge)s, %(seq)s, %(at)s)"
        " on conflict do nothing",
        {"edge": edge, "seq": seq, "at": at},
    )


@dataclass(frozen=True, slots=True)
class ProtectedRow:
    """An edge and when it first said it stood at or past a position."""

    edge: UUID
    member: UUID
    member_name: str
    edge_name: str
    at: datetime | None


_FIRST_ACK = (
    "(select a.at from edge_ack a where a.edge_id = e.id and a.seq >= %(seq)s"
    " order by a.seq limit 1)"
)


def protected(tx: Tx, seq: int) -> list[ProtectedRow]:
    """Each enrolled edge of an active member, and when it had applied `seq`."""
    rows = tx.conn.execute(
        f"select e.id, e.member_id, m.name_en, e.name, {_FIRST_ACK}"  # noqa: S608
        " from edge e join member m on m.id = e.member_id"
        " where e.revoked_at is null and m.status = 'active'"
        " order by m.name_en, e.enrolled_at",
        {"seq": seq},
    ).fetchall()
    return [ProtectedRow(*row) for row in rows]


def first_acks(tx: Tx, seq: int, members: Sequence[UUID]) -> list[datetime | None]:
    """For each edge of these members when it had applied `seq`."""
    rows = tx.conn.execute(
        f"select {_FIRST_ACK} from edge e"  # noqa: S608
        " where e.revoked_at is null and e.member_id = any(%(members)s)",
        {"seq": seq, "members": list(members)},
    ).fetchall()
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class PlacedItem:
    """Where and when a claim's newest item stands."""

    seq: int
    at: datetime
    audience_id: int


def items_of(tx: Tx, claims: Sequence[UUID]) -> list[PlacedItem]:
    """The newest item of each of these claims, newest first."""
    rows = tx.conn.execute(
        "select c.seq, e.at, c.audience_id from feed_claim c"
        " join log_entry e on e.seq = c.seq where c.claim_id = any(%s)"
        " order by c.seq desc",
        (list(claims),),
    ).fetchall()
    return [PlacedItem(*row) for row in rows]


def forget_acks_before(tx: Tx, at: datetime) -> int:
    """Drop old acknowledgements; each edge's position itself is kept."""
    return tx.conn.execute("delete from edge_ack where at < %s", (at,)).rowcount
