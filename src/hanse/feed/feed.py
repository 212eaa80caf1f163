"""The one ordered feed: what is published, to whom it must be granted or revoked.

Deeds publish claims and withdrawals; the items are leaves of the log and get
their position in the seal. A claim whose audience narrowed is revoked from those
who can no longer see it; when circles or members change, `audience_changed`
writes grant and revoke items at the head, so that an edge that reads on ends with
exactly what a fresh edge would.

Reading is in `reading`; what an item says is in `item`; who may hear is decided by
`sharing` alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import msgspec

from hanse.audit import log
from hanse.base.ids import ClaimId, MemberId
from hanse.feed import audiences, item, store
from hanse.feed.item import ClaimBody, ItemKind, RemovalBody
from hanse.feed.sharing import Audience, may_see
from hanse.membership.standing import machine_viewers
from hanse.membership.viewer import Viewer
from hanse.storage.tx import Tx

_NOTE = "feed.queue"


@dataclass(slots=True)
class _Queue:
    run: log.Leaves
    rows: list[store.ItemRow] = field(default_factory=list)
    newest: dict[UUID, tuple[int, int, bool, int]] = field(default_factory=dict)
    placed: list[Callable[[Tx, int], None]] = field(default_factory=list)


def publish(tx: Tx, claims: Sequence[tuple[ClaimBody, int]]) -> None:
    """Tell everyone who may hear of new or revised claims: (body, audience number).

    Each body's `at` becomes the instant of its position. Those who could see an
    earlier revision and cannot see this one are told to forget it, also if it was
    withdrawn since: they may not have heard of that, and would not any more.
    """
    before = store.audience_of_claims(tx, [body.claim for body, _ in claims])
    if any(before.get(body.claim, new) != new for body, new in claims):
        # Who comes into a circle at this very moment is either among those who are
        # told to forget, or granted what is true after us.
        log.hold(tx)
    for body, audience_id in claims:
        old = before.get(body.claim)
        if old is not None and old != audience_id:
            _revoke_from_those_left_out(tx, body, old, audience_id)
        row = store.ItemRow(
            ItemKind.CLAIM.value, body.claim, body.revision, audience_id, None
        )
        _queue_item(tx, row, body, is_active=True)


def withdraw(tx: Tx, claims: Iterable[tuple[ClaimId, int, int]]) -> None:
    """Tell everyone who may hear that claims are over: (claim, revision, audience)."""
    for claim, revision, audience_id in claims:
        row = store.ItemRow(ItemKind.WITHDRAW.value, claim, revision, audience_id, None)
        body = RemovalBody(
            kind=ItemKind.WITHDRAW, claim=claim, revision=revision, at=tx.now
        )
        _queue_item(tx, row, body, is_active=False)


def audience_changed(
    tx: Tx, before: Mapping[MemberId, Viewer], after: Mapping[MemberId, Viewer]
) -> int:
    """Grant and revoke what members gained and lost; returns the number of items.

    `before` and `after` are the machine viewers (`membership.standing.
    machine_viewers`) of the members concerned, taken before and after the deed in
    the same transaction. Both are judged as if active: a suspended member can read
    nothing, keeps its place in the feed, and finds on its return what it gained
    and lost meanwhile.
    """
    known = audiences.every(tx)
    count = 0
    for member, viewer in after.items():
        new, old = _as_active(viewer), _as_active(before[member])
        gained = [n for n, a in known.items() if may_see(new, a) > may_see(old, a)]
        lost = [n for n, a in known.items() if may_see(new, a) < may_see(old, a)]
        # Also what is already withdrawn is revoked: the withdrawal may not have
        # been heard yet, and from now on it will not be.
        count += _revoke(tx, member, store.claims_of(tx, lost))
        count += _grant(tx, member, store.active_claims(tx, gained))
    return count


def _as_active(viewer: Viewer) -> Viewer:
    return replace(viewer, is_active=True)


def _grant(
    tx: Tx, member: MemberId, claims: Sequence[tuple[UUID, int, int, int]]
) -> int:
    bodies = store.bodies_at(tx, [seq for *_, seq in claims])
    for claim, revision, audience_id, seq in claims:
        stored = bodies.get(seq)
        if stored is None:
            continue
        body = item.decode(stored)
        assert isinstance(body, ClaimBody)
        # Belief fades from when it was said, not from when it was granted.
        granted = msgspec.structs.replace(
            body, kind=ItemKind.GRANT, said_at=body.told_at
        )
        row = store.ItemRow(ItemKind.GRANT.value, claim, revision, audience_id, member)
        _queue_item(tx, row, granted, is_active=None)
    return len(claims)


def _revoke(
    tx: Tx, member: MemberId, claims: Sequence[tuple[UUID, int, int, int]]
) -> int:
    for claim, revision, audience_id, _ in claims:
        _queue_revocation(tx, ClaimId(claim), revision, audience_id, member)
    return len(claims)


def _revoke_from_those_left_out(
    tx: Tx, body: ClaimBody, old_id: int, new_id: int
) -> None:
    known = audiences.of_ids(tx, [old_id, new_id])
    for member, viewer in _all_machine_viewers(tx).items():
        if _loses(viewer, known[old_id], known[new_id]):
            _queue_revocation(tx, body.claim, body.revision, old_id, member)


def _loses(viewer: Viewer, old: Audience, new: Audience) -> bool:
    # Judged as if active, so that a member suspended now is told on its return.
    active = _as_active(viewer)
    return may_see(active, old) and not may_see(active, new)


def _all_machine_viewers(tx: Tx) -> Mapping[MemberId, Viewer]:
    found: Mapping[MemberId, Viewer] | None = tx.notes.get("feed.viewers")
    if found is None:
        found = tx.notes["feed.viewers"] = machine_viewers(tx)
    return found


def _queue_revocation(
    tx: Tx, claim: ClaimId, revision: int, audience_id: int, member: MemberId
) -> None:
    row = store.ItemRow(ItemKind.REVOKE.value, claim, revision, audience_id, member)
    body = RemovalBody(kind=ItemKind.REVOKE, claim=claim, revision=revision, at=tx.now)
    _queue_item(tx, row, body, is_active=None)


def _queue_item(
    tx: Tx,
    row: store.ItemRow,
    body: ClaimBody | RemovalBody,
    *,
    is_active: bool | None,
) -> None:
    queue = _queue(tx)
    if is_active is not None:
        position = len(queue.rows)
        queue.newest[row.claim_id] = (
            row.revision,
            row.audience_id,
            is_active,
            position,
        )
    queue.rows.append(row)
    queue.run.bodies.append(lambda at: item.encode(_at(body, at)))


def _at(body: ClaimBody | RemovalBody, at: datetime) -> ClaimBody | RemovalBody:
    return msgspec.structs.replace(body, at=at)


def _queue(tx: Tx) -> _Queue:
    queue = tx.notes.get(_NOTE)
    if not isinstance(queue, _Queue):
        queue = tx.notes[_NOTE] = _Queue(log.Leaves(_place))
        log.leaves(tx, queue.run)
    return queue


def _place(tx: Tx, first: int, instants: Sequence[datetime]) -> None:
    queue: _Queue = tx.notes.pop(_NOTE)
    store.insert_items(tx, first, queue.rows)
    store.note_newest(
        tx,
        [
            (claim, revision, audience_id, is_active, first + position)
            for claim, (revision, audience_id, is_active, position) in (
                queue.newest.items()
            )
        ],
    )
