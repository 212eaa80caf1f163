"""Preview, hand in, and work off imports.

What a row does not say itself is taken from the import's defaults. A row that
cannot be taken is named with its reason and does not stop the others. Up to
`AT_ONCE` rows are reported in the request; more become a job, which the hub's
workers do in pieces: the claims of a piece and the note of how far the job has
come are committed together.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import msgspec
import psycopg

from hanse.audit.event import Actor, ActorKind
from hanse.base.errors import Conflict, NotFound, Refusal
from hanse.base.ids import BrandId, CircleId, MemberId, new_uuid
from hanse.base.texts import N_
from hanse.feed.sharing import Tlp
from hanse.intel import imports, privacy, reporting
from hanse.intel.claim import DEFAULT_CONFIDENCE, Category, Draft
from hanse.intel.importing import store
from hanse.intel.importing.store import Advance, JobRow
from hanse.intel.imports import Row
from hanse.intel.reporting import Refused, Report
from hanse.membership import standing
from hanse.membership.caller import Caller
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Database, Tx

AT_ONCE = 2_000  # rows
PIECE = 1_000  # rows in one transaction of a job
MAX_OPEN = 3  # unfinished imports of one member
MAX_REFUSALS_KEPT = 10_000  # per import
_CHUNK_BYTES = 65_536
LEASE = timedelta(minutes=2)  # after which another worker takes over
_NOT_KEPT = N_(
    "the next rows hold a time or a text that cannot be kept; correct them and hand in"
    " the rest again"
)


class NoSuchImport(NotFound):
    """No such import, or another member's."""

    code = "intel.no_such_import"


class TooManyImports(Conflict):
    """The member has unfinished imports enough."""

    code = "intel.too_many_imports"


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for rows that do not say otherwise."""

    category: Category = Category.PHISHING
    confidence: int = DEFAULT_CONFIDENCE
    tlp: Tlp = Tlp.GREEN
    circles: tuple[UUID, ...] = ()
    is_anonymous: bool = False
    note: str = ""
    brand: UUID | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """A row as it would be reported, or why it would not be."""

    row: int
    draft: Draft | None
    problem: str


def understand(rows: Iterable[Row], defaults: Defaults) -> Iterator[Understood]:
    """Judge rows against the defaults, one by one; duplicates are passed over."""
    for row in rows:
        problem = row.problem or ""
        draft = None
        if not problem and row.observable is not None:
            try:
                draft = _draft(row, defaults)
            except Refusal as refusal:
                problem = refusal.message
        yield Understood(row.number, draft, problem)


def report_rows(
    tx: Tx,
    caller: Caller,
    understood: Sequence[Understood],
    *,
    channel: str,
    title: str = "",
) -> Report:
    """Report what was understood; the rest is kept as refused."""
    drafts = [each.draft for each in understood if each.draft is not None]
    refused = [Refused(u.row, u.problem) for u in understood if u.draft is None]
    return reporting.report(
        tx, caller, drafts, channel=channel, title=title, refused=refused
    )


def hand_in(
    tx: Tx,
    caller: Caller,
    text: bytes,
    form: str,
    *,
    defaults: Defaults,
    title: str = "",
) -> JobRow:
    """Accept a large import for the hub's workers; `form` is csv or paste.

    Raises:
        TooManyImports: `MAX_OPEN` of the member's are not finished.
    """
    caller.need(Scope.REPORT)
    member = caller.need_member()
    if store.open_imports(tx, member) >= MAX_OPEN:
        raise TooManyImports(
            f"{MAX_OPEN} of your imports are not finished yet; wait for one of them"
        )
    actor = caller.actor
    job = JobRow(
        id=new_uuid(),
        member_id=member,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label,
        form=form,
        title=title,
        defaults=msgspec.json.encode(defaults),
        # Lines, until the end is reached: to count rows would be to parse them all
        # while a transaction is open.
        total=text.count(b"\n") + 1,
        done=0,
        taken=0,
        joined=0,
        refused=0,
        state="waiting",
        problem="",
        submitted_at=tx.now,
        finished_at=None,
    )
    store.insert(tx, job, zlib.compress(text, 1))
    return job


def get_import(tx: Tx, caller: Caller, job_id: UUID) -> JobRow:
    """An import of the caller's member; raises `NoSuchImport`."""
    job = store.find(tx, job_id)
    if job is None or not _may_look(caller, job):
        raise NoSuchImport("there is no such import of yours; look at your reports")
    return job


def list_imports(tx: Tx, caller: Caller, limit: int = 20) -> list[JobRow]:
    """The newest imports of the caller's member, or of all for the operator."""
    sees_all = caller.is_operator or caller.is_overseer
    return store.newest(tx, None if sees_all else caller.need_member(), limit)


def refusals(tx: Tx, caller: Caller, job_id: UUID, limit: int = 1_000) -> list[Refused]:
    """Rows of an import that could not be taken; raises `NoSuchImport`."""
    get_import(tx, caller, job_id)
    return [Refused(row, reason) for row, reason in store.refusals(tx, job_id, limit)]


def work_off_one(database: Database) -> bool:
    """Lease the oldest open import and finish it; False if there is none.

    Stops without a word when another worker has taken over; a piece that was not
    committed is then theirs.
    """
    runner = new_uuid()
    with database.begin() as tx:
        leased = store.lease(tx, runner, LEASE)
    if leased is None:
        return False
    job, deflated = leased
    state, problem = "done", ""
    try:
        _work_off(database, job, zlib.decompress(deflated), runner)
    except _LeaseLost:
        return True
    except Refusal as refusal:
        state, problem = "stopped", refusal.message
    except psycopg.DataError:
        # Trying again would end the same way, and keep later imports from being done.
        state, problem = "stopped", _NOT_KEPT
    with database.begin() as tx:
        store.finish(tx, job.id, state, problem)
    return True


def _work_off(database: Database, job: JobRow, text: bytes, runner: UUID) -> None:
    defaults = msgspec.json.decode(job.defaults, type=Defaults)
    rows = islice(understand(read(text, job.form), defaults), job.done, None)
    while piece := list(islice(rows, PIECE)):
        _report_piece(database, job, runner, piece)


def _report_piece(
    database: Database, job: JobRow, runner: UUID, piece: Sequence[Understood]
) -> None:
    """Report a piece and note it; a piece with a row nobody takes is cut in halves.

    Some reasons are known only when the claim is made (it was told openly before,
    say); they must stop that row and no other.
    """
    try:
        _commit_piece(database, job, runner, piece)
    except reporting.ReporterNotActive:
        raise
    except Refusal as refusal:
        if len(piece) == 1:
            said = Understood(piece[0].row, None, refusal.message)
            _commit_piece(database, job, runner, [said])
            return
        middle = len(piece) // 2
        _report_piece(database, job, runner, piece[:middle])
        _report_piece(database, job, runner, piece[middle:])


def _commit_piece(
    database: Database, job: JobRow, runner: UUID, piece: Sequence[Understood]
) -> None:
    with database.begin() as tx:
        caller = _caller(tx, job)
        done = report_rows(tx, caller, piece, channel=job.form, title=job.title)
        if done.refused:
            rows = [(each.row, each.reason) for each in done.refused]
            store.add_refusals(tx, job.id, rows, MAX_REFUSALS_KEPT)
        step = Advance(len(piece), len(done.claims), done.joined, len(done.refused))
        if not store.advance(tx, job.id, runner, step, LEASE):
            raise _LeaseLost


class _LeaseLost(Exception):
    """Another worker has taken over: the piece at hand is rolled back."""


def read(text: bytes, form: str) -> Iterator[Row]:
    """The rows of an import as it was handed in."""
    if form == "csv":
        chunks = range(0, len(text), _CHUNK_BYTES)
        return imports.read_csv(text[at : at + _CHUNK_BYTES] for at in chunks)
    return imports.read_pasted(text.decode(errors="replace"))


def _caller(tx: Tx, job: JobRow) -> Caller:
    """The one who handed the import in, with the rights its member has now."""
    member = MemberId(job.member_id)
    viewer = standing.person_viewer(tx, member)
    if not viewer.is_active:
        raise reporting.ReporterNotActive(
            "the membership is no longer active; what was reported so far stands"
        )
    return Caller(
        viewer=viewer,
        actor=Actor(ActorKind(job.actor_kind), job.actor_id, member, job.actor_label),
        role=Role.MEMBER,
        member=member,
        member_name=standing.name_of(tx, member),
        scopes=frozenset({Scope.REPORT}),
    )


def _draft(row: Row, defaults: Defaults) -> Draft:
    assert row.observable is not None
    note = row.note or defaults.note
    privacy.keep_out_of_text(note, "/note")
    privacy.keep_out_of_text(row.observable.value, "/value")
    return Draft(
        observable=row.observable,
        category=row.category or defaults.category,
        confidence=defaults.confidence if row.confidence is None else row.confidence,
        tlp=row.tlp or defaults.tlp,
        circles=frozenset(CircleId(circle) for circle in defaults.circles),
        is_anonymous=defaults.is_anonymous,
        note=note,
        brand=None if defaults.brand is None else BrandId(defaults.brand),
        valid_until=row.valid_until or defaults.valid_until,
    )


def _may_look(caller: Caller, job: JobRow) -> bool:
    return caller.is_operator or caller.is_overseer or caller.member == job.member_id
