"""The log over HTTP: checkpoints and proofs for every member, entries by right.

Hashes prove and tell nothing, so any caller may have them. Bodies are for the
operator and the overseers; a member reads those of its own deeds. What a caller
may not read is answered like an entry that does not exist.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import Dependency, Parameter
from litestar.response import Stream

from hanse.audit import export, log, merkle
from hanse.audit.checkpoint import Signer
from hanse.audit.entry import Entry
from hanse.base import clock
from hanse.base.errors import Forbidden
from hanse.storage.tx import Database

MAX_PAGE = 500


class NotForMembers(Forbidden):
    """The whole log is for the operator and the overseers."""

    code = "audit.not_for_members"


class Reader(Protocol):
    """Who is asking, as far as the log needs to know."""

    @property
    def is_operator(self) -> bool: ...
    @property
    def is_overseer(self) -> bool: ...
    @property
    def member(self) -> UUID | None: ...
    def need(self, *scopes: str) -> None: ...


class CheckpointAnswer(msgspec.Struct, frozen=True):
    """The newest signed checkpoint and the key to check it with."""

    checkpoint: str
    size: int
    vkey: str


class ProofAnswer(msgspec.Struct, frozen=True):
    """RFC 6962 proof, base64 hashes in order."""

    proof: list[str]


class EntryAnswer(msgspec.Struct, frozen=True):
    """An entry; `salt` and `body` are null once it was erased."""

    seq: int
    at: datetime
    kind: str
    leaf_data: str
    leaf_hash: str
    salt: str | None
    body: dict[str, Any] | None


class EntriesAnswer(msgspec.Struct, frozen=True):
    """A page of events, newest first; `before` gets the following page."""

    entries: list[EntryAnswer]
    before: int | None


Asking = Annotated[Reader, Dependency(skip_validation=True)]
Size = Annotated[int, Parameter(ge=0, le=merkle.MAX_SIZE)]


@get(
    "/v1/log/checkpoint",
    sync_to_thread=True,
    tags=["log"],
    summary="The newest signed checkpoint",
)
def newest_checkpoint(database: Database, caller: Asking) -> CheckpointAnswer:
    """A C2SP tlog-checkpoint, signed by the hub's key."""
    del caller  # any caller may have it, but nobody unknown
    with database.read() as tx:
        size, note = log.newest_checkpoint(tx)
        return CheckpointAnswer(note, size, tx.tool(Signer).public)


@get(
    "/v1/log/consistency",
    sync_to_thread=True,
    tags=["log"],
    summary="Prove that the log only grew",
)
def consistency(
    database: Database, caller: Asking, old: Size, new: Size
) -> ProofAnswer:
    """RFC 6962 consistency proof between two sizes the log has had."""
    del caller
    with database.read() as tx:
        _refuse_beyond(new, log.size(tx))
        return _proof(log.prove_consistency(tx, old, new))


@get(
    "/v1/log/inclusion",
    sync_to_thread=True,
    tags=["log"],
    summary="Prove that an entry stands in the log",
)
def inclusion(database: Database, caller: Asking, seq: Size, size: Size) -> ProofAnswer:
    """RFC 6962 audit path of leaf `seq` in the tree of `size`."""
    del caller
    with database.read() as tx:
        _refuse_beyond(size, log.size(tx))
        return _proof(log.prove_inclusion(tx, seq, size))


@get(
    "/v1/log/entries",
    sync_to_thread=True,
    tags=["log"],
    summary="Events, newest first",
)
def entries(
    database: Database,
    caller: Asking,
    *,
    before: Size = merkle.MAX_SIZE,
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE)] = 50,
    act: Annotated[str, Parameter(max_length=100)] = "",
    subject: Annotated[str, Parameter(max_length=200)] = "",
) -> EntriesAnswer:
    """All events for the operator and overseers, a member's own for the member."""
    caller.need("read")
    with database.read() as tx:
        found = log.events_before(
            tx,
            before,
            limit,
            acts=[act] if act else [],
            subject=subject,
            member_id=None if _sees_all(caller) else _own(caller),
        )
    rest = found[-1].seq if len(found) == limit else None
    return EntriesAnswer([_entry(each) for each in found], rest)


@get(
    "/v1/log/entries/{seq:int}",
    sync_to_thread=True,
    tags=["log"],
    summary="One entry",
)
def entry(database: Database, caller: Asking, seq: int) -> EntryAnswer:
    """The entry with its salt, so that its leaf can be computed and proven."""
    caller.need("read")
    with database.read() as tx:
        found = log.get_entry(tx, seq)
        if not _sees_all(caller) and found.member_id != _own(caller):
            raise log.NoSuchEntry(
                f"the log has no entry {seq}; it has {log.size(tx)} entries"
            )
    return _entry(found)


@get(
    "/v1/log/export",
    tags=["log"],
    summary="The whole log as a file to verify offline",
    sync_to_thread=True,
)
def export_log(database: Database, caller: Asking) -> Stream:
    """JSON lines for `hanse audit verify`; for the operator and the overseers."""
    caller.need("read")
    if not _sees_all(caller):
        raise NotForMembers(
            "the whole log is exported by the operator and the overseers; your own"
            " deeds are under /v1/log/entries"
        )
    return Stream(_export(database), media_type="application/jsonl")


def _export(database: Database) -> Iterator[bytes]:
    with database.read() as tx:
        signer = tx.tool(Signer)
        size = log.size(tx)  # while this is sent, others go on writing
        head = export.header(signer.name, signer.public, clock.now())
        rows = (
            export.entry_line(
                each.seq,
                each.at,
                each.kind,
                salt=each.salt,
                body=each.body,
                leaf=each.leaf_data,
            )
            for each in log.export_rows(tx, size)
        )
        notes = log.export_checkpoints(tx, size)
        yield from export.write_export(head, rows, notes)


def _sees_all(caller: Reader) -> bool:
    return caller.is_operator or caller.is_overseer


def _own(caller: Reader) -> UUID:
    # Nobody's id: a caller without a member has no deeds of its own.
    return caller.member or UUID(int=0)


def _refuse_beyond(wanted: int, size: int) -> None:
    if wanted > size:
        raise merkle.OutsideTree(
            f"the log has {size} entries and never had {wanted}; ask for a size of a"
            " checkpoint you were given"
        )


def _proof(hashes: list[bytes]) -> ProofAnswer:
    return ProofAnswer([base64.b64encode(each).decode() for each in hashes])


def _entry(found: Entry) -> EntryAnswer:
    body = None if found.body is None else msgspec.json.decode(found.body)
    salt = None if found.body is None else base64.b64encode(found.salt).decode()
    return EntryAnswer(
        seq=found.seq,
        at=found.at,
        kind=found.kind,
        leaf_data=base64.b64encode(found.leaf_data).decode(),
        leaf_hash=base64.b64encode(merkle.leaf_hash(found.leaf_data)).decode(),
        salt=salt,
        body=body,
    )


HANDLERS = [newest_checkpoint, consistency, inclusion, entries, entry, export_log]
