"""Circles: groups of members who tell each other what the others do not hear.

The operator opens and closes them and says who is in; a member may leave. Who is not
in a circle does not learn that it exists. What a change of a circle means for what
members hold is settled by the feed in the same transaction (`hub.admitting`).
"""

from dataclasses import dataclass
from datetime import datetime

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Conflict
from hanse.base.ids import CircleId, MemberId, new_uuid
from hanse.membership import store, wording
from hanse.membership.caller import Caller, NotYours
from hanse.membership.member import Status, status_of
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx


class CircleConflict(Conflict):
    """Its name is taken, it is closed, or the member cannot be in it."""

    code = "membership.circle_conflict"


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle, as those in it see it."""

    id: CircleId
    name_en: str
    name_zh: str
    purpose: str
    created_at: datetime
    closed_at: datetime | None
    members: tuple[MemberId, ...]

    @property
    def is_open(self) -> bool:
        """Whether anything can be told through it."""
        return self.closed_at is None


def open_circle(
    tx: Tx, caller: Caller, *, name_en: str, name_zh: str, purpose: str = ""
) -> Circle:
    """A new circle with nobody in it, which so far is nobody. The operator's."""
    caller.need_operator()
    circle = CircleId(new_uuid())
    name_en = wording.name(name_en, "name_en")
    name_zh = wording.name(name_zh, "name_zh")
    purpose = wording.note(purpose, "purpose")
    if not store.insert_circle(tx, circle, name_en, name_zh, purpose, tx.now):
        raise CircleConflict(
            "another circle, perhaps a closed one, has this English name",
            pointer="/name_en",
        )
    _note(tx, caller, "circle.opened", circle, None, name=name_en)
    return _get(tx, circle)


def list_circles(tx: Tx, caller: Caller) -> list[Circle]:
    """The open circles one is in; for operator and overseers all, closed ones too."""
    caller.need(Scope.READ)
    if caller.is_operator or caller.is_overseer:
        return [_circle(row) for row in store.circles(tx, None)]
    if caller.member is None or not caller.viewer.is_active:
        return []
    return [_circle(row) for row in store.circles(tx, caller.member)]


def get_circle(tx: Tx, caller: Caller, circle: CircleId) -> Circle:
    """One circle; `NotYours` if one is not in it."""
    caller.need(Scope.READ)
    found = _get(tx, circle)
    is_in = found.is_open and circle in caller.viewer.circles
    if not (is_in or caller.is_operator or caller.is_overseer):
        raise NotYours
    return found


def join(tx: Tx, caller: Caller, circle: CircleId, member: MemberId) -> Circle:
    """Take a member in; it hears what the circle was told before too."""
    caller.need_operator()
    found = _open(tx, caller, circle)
    status = status_of(tx, member)
    if status is not Status.ACTIVE:
        raise CircleConflict(f"the member is {status.value}; only active ones come in")
    if member not in found.members:
        store.join_circle(tx, circle, member, tx.now)
        _note(tx, caller, "circle.joined", circle, member, name=found.name_en)
    return _get(tx, circle)


def leave(tx: Tx, caller: Caller, circle: CircleId, member: MemberId) -> Circle:
    """A member goes, by the operator or by its own admin."""
    found = _open(tx, caller, circle)
    caller.need_admin_of(member)
    if store.leave_circle(tx, circle, member):
        _note(tx, caller, "circle.left", circle, member, name=found.name_en)
    return _get(tx, circle)


def close(tx: Tx, caller: Caller, circle: CircleId) -> Circle:
    """Nobody hears anything through it any more. For good."""
    caller.need_operator()
    found = _open(tx, caller, circle)
    store.close_circle(tx, circle, tx.now)
    _note(tx, caller, "circle.closed", circle, None, name=found.name_en)
    return _get(tx, circle)


def _open(tx: Tx, caller: Caller, circle: CircleId) -> Circle:
    store.circle(tx, circle, is_locked=True)
    found = get_circle(tx, caller, circle)
    if not found.is_open:
        raise CircleConflict("the circle is closed; open another one")
    return found


def _get(tx: Tx, circle: CircleId) -> Circle:
    row = store.circle(tx, circle)
    if row is None:
        raise NotYours
    return _circle(row)


def _circle(row: store.Row) -> Circle:
    circle, name_en, name_zh, purpose, created_at, closed_at, members = row
    return Circle(
        CircleId(circle),
        name_en,
        name_zh,
        purpose,
        created_at,
        closed_at,
        tuple(MemberId(member) for member in members),
    )


def _note(
    tx: Tx,
    caller: Caller,
    act: str,
    circle: CircleId,
    member: MemberId | None,
    *,
    name: str,
) -> None:
    details = {"name": name, "member": None if member is None else str(member)}
    log.append(tx, Event(act, caller.actor, f"circle:{circle}", details))
