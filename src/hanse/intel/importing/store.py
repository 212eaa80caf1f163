"""PostgreSQL statements on import jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class JobRow:
    """An import as it stands."""

    id: UUID
    member_id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_label: str
    form: str
    title: str
    defaults: bytes
    total: int
    done: int
    taken: int
    joined: int
    refused: int
    state: str
    problem: str
    submitted_at: datetime
    finished_at: datetime | None


_COLUMNS = (
    "id, member_id, actor_kind, actor_id, actor_label, form, title, defaults, total,"
    " done, taken, joined, refused, state, problem, submitted_at, finished_at"
)


def insert(tx: Tx, job: JobRow, deflated: bytes) -> None:
    """Hand in an import."""
    tx.conn.execute(
        "insert into import_job (id, member_id, actor_kind, actor_id, actor_label,"
        " form, title, defaults, input, total, submitted_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            job.id,
            job.member_id,
            job.actor_kind,
            job.actor_id,
            job.actor_label,
            job.form,
            job.title,
            job.defaults,
            deflated,
            job.total,
            job.submitted_at,
        ),
    )


def find(tx: Tx, job_id: UUID) -> JobRow | None:
    """One import."""
    row = tx.conn.execute(
        f"select {_COLUMNS} from import_job where id = %s",  # noqa: S608
        (job_id,),
    ).fetchone()
    return None if row is None else JobRow(*row)


def newest(tx: Tx, member: UUID | None, limit: int) -> list[JobRow]:
    """A member's imports (or everyone's), newest first."""
    rows = tx.conn.execute(
        f"select {_COLUMNS} from import_job"  # noqa: S608
        " where %(member)s::uuid is null or member_id = %(member)s"
        " order by submitted_at desc limit %(limit)s",
        {"member": member, "limit": limit},
    ).fetchall()
    return [JobRow(*row) for row in rows]


def open_imports(tx: Tx, member: UUID) -> int:
    """How many of a member's imports are not finished; nobody adds one meanwhile."""
    tx.conn.execute(
        "select pg_advisory_xact_lock(hashtextextended('hanse.imports ' || %s, 0))",
        (str(member),),
    )
    row = tx.conn.execute(
        "select count(*) from import_job where member_id = %s"
        " and state in ('waiting', 'running')",
        (member,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def lease(tx: Tx, runner: UUID, lasting: timedelta) -> tuple[JobRow, bytes] | None:
    """The oldest import nobody is at, now this runner's; with its input."""
    row = tx.conn.execute(  # the only text put in is our own list of columns
        "update import_job set state = 'running', runner = %(runner)s,"  # noqa: S608
        " leased_until = %(until)s where id = (select id from import_job"
        " where state = 'waiting' or (state = 'running' and leased_until < %(now)s)"
        " order by submitted_at limit 1 for update skip locked)"
        f" returning {_COLUMNS}, input",
        {"runner": runner, "now": tx.now, "until": tx.now + lasting},
    ).fetchone()
    return None if row is None else (JobRow(*row[:-1]), row[-1])


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a piece has brought an import."""

    done: int
    taken: int
    joined: int
    refused: int


def advance(
    tx: Tx, job_id: UUID, runner: UUID, step: Advance, lasting: timedelta
) -> bool:
    """Note a piece; False if the import is no longer this runner's."""
    changed = tx.conn.execute(
        "update import_job set done = done + %s, taken = taken + %s,"
        " joined = joined + %s, refused = refused + %s, leased_until = %s"
        " where id = %s and runner = %s and state = 'running'",
        (
            step.done,
            step.taken,
            step.joined,
            step.refused,
            tx.now + lasting,
            job_id,
            runner,
        ),
    )
    return changed.rowcount == 1


def finish(tx: Tx, job_id: UUID, state: str, problem: str) -> None:
    """Close an import and let go of its input."""
    tx.conn.execute(
        "update import_job set state = %s, problem = %s, finished_at = %s,"
        " total = greatest(done, 1), input = null, runner = null, leased_until = null"
        " where id = %s",
        (state, problem, tx.now, job_id),
    )


def add_refusals(
    tx: Tx, job_id: UUID, rows: Sequence[tuple[int, str]], most: int
) -> None:
    """Keep why rows could not be taken, of the first `most` of an import."""
    tx.conn.execute(
        "insert into import_refusal (job_id, row, reason)"
        " select j.id, r.row, r.reason from import_job j,"
        " unnest(%s::integer[], %s::text[]) as r (row, reason)"
        " where j.id = %s and j.refused < %s on conflict do nothing",
        ([row for row, _ in rows], [reason for _, reason in rows], job_id, most),
    )


def refusals(tx: Tx, job_id: UUID, limit: int) -> list[tuple[int, str]]:
    """Why rows could not be taken, in their order."""
    return tx.conn.execute(
        "select row, reason from import_refusal where job_id = %s"
        " order by row limit %s",
        (job_id, limit),
    ).fetchall()
