"""PostgreSQL statements on passwords, second factors, sessions and attempts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hanse.membership.store import (
    CIRCLES,
    EPOCH,
    OF_MEMBER,
    PERSON_COLUMNS,
    POTS,
    Reach,
    Row,
    count,
    one,
)
from hanse.storage.tx import Tx

# --- passwords and second factors --------------------------------------------


def credentials_of(tx: Tx, email: str) -> Row | None:
    """(id, password hash) of whom this address logs in."""
    return one(tx, "select id, password_hash from person where email = %s", email)


def password_of(tx: Tx, person_id: UUID) -> str | None:
    """One person's password hash."""
    row = one(tx, "select password_hash from person where id = %s", person_id)
    return row[0] if row else None


def set_password(tx: Tx, person_id: UUID, password_hash: str) -> None:
    """A new password."""
    count(
        tx,
        "update person set password_hash = %s where id = %s",
        password_hash,
        person_id,
    )


def totp(tx: Tx, person_id: UUID) -> Row | None:
    """(sealed secret, last step used), locked until the transaction ends."""
    return one(
        tx,
        "select totp_sealed, totp_last_step from person where id = %s for update",
        person_id,
    )


def set_totp(tx: Tx, person_id: UUID, sealed: bytes | None, step: int) -> None:
    """A second factor, or none."""
    count(
        tx,
        "update person set totp_sealed = %s, totp_last_step = %s where id = %s",
        sealed,
        step,
        person_id,
    )


# --- sessions and attempts ---------------------------------------------------


def insert_session(tx: Tx, values: Mapping[str, Any]) -> None:
    """A session that begins."""
    tx.conn.execute(
        "insert into session (token_sha256, person_id, created_at, seen_at, expires_at,"
        " is_complete) values (%(digest)s, %(person)s, %(at)s, %(at)s, %(expires_at)s,"
        " %(is_complete)s)",
        values,
    )


def session(tx: Tx, digest: bytes) -> tuple[Row, Row, Reach] | None:
    """(seen, expires, is complete), the person, and what its member is."""
    row = one(
        tx,
        f"select s.seen_at, s.expires_at, s.is_complete, {PERSON_COLUMNS},"  # noqa: S608
        f" m.id, m.name_en, m.status, {CIRCLES}, {POTS.format(OF_MEMBER)}, {EPOCH}"
        " from session s join person p on p.id = s.person_id"
        " left join member m on m.id = p.member_id where s.token_sha256 = %s",
        digest,
    )
    return (row[:3], row[3:15], Reach(*row[15:])) if row else None


def end_session(tx: Tx, digest: bytes) -> int:
    """End one session; how many there were."""
    return count(tx, "delete from session where token_sha256 = %s", digest)


def end_sessions_of(tx: Tx, person_id: UUID) -> int:
    """End all sessions of a person."""
    return count(tx, "delete from session where person_id = %s", person_id)


def end_sessions_of_member(tx: Tx, member: UUID) -> int:
    """End all sessions of a member's people."""
    return count(
        tx,
        "delete from session s using person p"
        " where p.id = s.person_id and p.member_id = %s",
        member,
    )


def end_sessions_before(tx: Tx, at: datetime) -> int:
    """Drop sessions whose time is over."""
    return count(tx, "delete from session where expires_at < %s", at)


def note_login(tx: Tx, person_id: UUID, at: datetime) -> None:
    """When the person last logged in."""
    count(tx, "update person set last_login_at = %s where id = %s", at, person_id)


def note_session_uses(tx: Tx, used: Mapping[bytes, datetime]) -> None:
    """When sessions were last used."""
    tx.conn.execute(
        "update session s set seen_at = greatest(s.seen_at, u.at)"
        " from unnest(%s::bytea[], %s::timestamptz[]) as u (digest, at)"
        " where s.token_sha256 = u.digest",
        (list(used), list(used.values())),
    )


def charge(
    tx: Tx, subject: str, at: datetime, window_begins: datetime
) -> tuple[int, datetime | None]:
    """Count an attempt: (how many in the window, until when it is closed)."""
    row = one(
        tx,
        "insert into throttle as t (subject, failures, since) values (%s, 1, %s)"
        " on conflict (subject) do update set"
        " failures = case when t.since < %s then 1 else t.failures + 1 end,"
        " since = case when t.since < %s then excluded.since else t.since end"
        " returning failures, blocked_until",
        subject,
        at,
        window_begins,
        window_begins,
    )
    assert row is not None
    return int(row[0]), row[1]


def block(tx: Tx, subject: str, until: datetime) -> None:
    """Close the door."""
    count(
        tx, "update throttle set blocked_until = %s where subject = %s", until, subject
    )


def refund_charge(tx: Tx, subject: str) -> None:
    """Take one charge back."""
    count(
        tx,
        "update throttle set failures = greatest(0, failures - 1),"
        " blocked_until = null where subject = %s",
        subject,
    )


def forget_charges(tx: Tx, subject: str) -> None:
    """Take all charges back."""
    count(tx, "delete from throttle where subject = %s", subject)


def forget_charges_before(tx: Tx, at: datetime) -> int:
    """Drop old charges."""
    return count(
        tx,
        "delete from throttle where since < %s and coalesce(blocked_until, since) < %s",
        at,
        at,
    )


def end_other_sessions(tx: Tx, person_id: UUID, kept: bytes) -> int:
    """End all sessions of a person but one."""
    return count(
        tx,
        "delete from session where person_id = %s and token_sha256 <> %s",
        person_id,
        kept,
    )


def person_by_id(tx: Tx, person_id: UUID) -> Row | None:
    """One person."""
    return one(
        tx,
        f"select {PERSON_COLUMNS} from person p where p.id = %s",  # noqa: S608
        person_id,
    )


def status_of_member(tx: Tx, member_id: UUID | None) -> str | None:
    """How a person's member stands; None for the association's own people."""
    row = one(tx, "select status from member where id = %s", member_id)
    return row[0] if row else None
