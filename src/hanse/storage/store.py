"""PostgreSQL statements on the plumbing's own table: answers given once."""

from datetime import datetime

from hanse.storage.tx import Tx


def reserve_answer(tx: Tx, who: str, key: str, request: bytes, at: datetime) -> bool:
    """Whether this key is new; waits for another transaction that holds it."""
    done = tx.conn.execute(
        "insert into idempotency (caller, idempotency_key, request_sha256, status,"
        " body, at) values (%s, %s, %s, 0, '', %s) on conflict do nothing",
        (who, key, request, at),
    )
    return done.rowcount == 1


def keep_answer(tx: Tx, who: str, key: str, body: bytes) -> None:
    """The sealed answer to a reserved key."""
    tx.conn.execute(
        "update idempotency set status = 200, body = %s"
        " where caller = %s and idempotency_key = %s",
        (body, who, key),
    )


def kept_answer(tx: Tx, who: str, key: str) -> tuple[bytes, bytes]:
    """The request's digest and the sealed answer."""
    row = tx.conn.execute(
        "select request_sha256, body from idempotency"
        " where caller = %s and idempotency_key = %s",
        (who, key),
    ).fetchone()
    assert row is not None
    return bytes(row[0]), bytes(row[1])


def forget_answer_before(tx: Tx, who: str, key: str, at: datetime) -> None:
    """Free one key whose time is over."""
    tx.conn.execute(
        "delete from idempotency"
        " where caller = %s and idempotency_key = %s and at < %s",
        (who, key, at),
    )


def forget_answers_before(tx: Tx, at: datetime) -> int:
    """Drop old answers."""
    return tx.conn.execute("delete from idempotency where at < %s", (at,)).rowcount
