"""Audit: what was done, by whom, and the proof that it stands in the log."""

import json
from uuid import UUID

from litestar import Response, get

from hanse.audit import log, merkle
from hanse.hub.screens.acts import act_words
from hanse.hub.screens.desk import Desk
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope

PAGE = 100
_NOBODY = UUID(int=0)


@get("/audit", include_in_schema=False, sync_to_thread=True)
def list_events(desk: Desk, caller: Caller) -> Response[bytes]:
    """Events, newest first: all for the alliance's own, a member's own for it."""
    caller.need(Scope.READ)
    asked = desk.request.query_params
    words = act_words(desk)
    act = asked.get("act", "")
    cursor = asked.get("cursor", "")
    before = int(cursor) if cursor.isascii() and cursor.isdigit() else merkle.MAX_SIZE
    with desk.database.read() as tx:
        found = log.events_before(
            tx,
            min(before, merkle.MAX_SIZE),
            PAGE + 1,
            acts=[act] if act in words else [],
            subject=asked.get("subject", "")[:200],
            actor=asked.get("actor", "").strip().replace("\0", "")[:200],
            member_id=_whose(caller),
        )
        size, _note = log.newest_checkpoint(tx)
    events = found[:PAGE]
    return desk.page(
        "hub/audit.html",
        "audit",
        events=events,
        next=str(events[-1].seq) if len(found) > PAGE else "",
        words=words,
        size=size,
        sees_all=_sees_all(caller),
    )


@get("/audit/{seq:int}", include_in_schema=False, sync_to_thread=True)
def show_entry(desk: Desk, caller: Caller, seq: int) -> Response[bytes]:
    """One entry: its words, its leaf, and the proof, verified just now."""
    caller.need(Scope.READ)
    with desk.database.read() as tx:
        entry = log.get_entry(tx, min(seq, merkle.MAX_SIZE))
        if not _sees_all(caller) and entry.member_id != _whose(caller):
            raise log.NoSuchEntry(
                f"the log has no entry {seq}; it has {log.size(tx)} entries"
            )
        size, note = log.newest_checkpoint(tx)
        hashes = log.verified_inclusion(tx, seq, size)
    return desk.page(
        "hub/entry.html",
        "audit",
        entry=entry,
        leaf=merkle.leaf_hash(entry.leaf_data).hex(),
        size=size,
        note=note,
        hashes=hashes,
        said=_said(entry.body),
        words=act_words(desk),
    )


def _said(body: bytes | None) -> str:
    """The body as it stands in the log, laid out to be read."""
    if body is None:
        return ""
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _sees_all(caller: Caller) -> bool:
    return caller.is_operator or caller.is_overseer


def _whose(caller: Caller) -> UUID | None:
    return None if _sees_all(caller) else caller.member or _NOBODY


HANDLERS = [list_events, show_entry]
