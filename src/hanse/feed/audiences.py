"""Audiences by number, and which of them a viewer may see.

Each distinct audience is a row; a query says `audience_id = any(visible)` and no
query decides anything itself. `visible` runs `sharing.may_see` over all audiences
and remembers the answer for as long as the membership epoch stands still.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from hanse.base.ids import CircleId, CollectionId, MemberId
from hanse.feed import store
from hanse.feed.sharing import Audience, Tlp, may_see
from hanse.membership.viewer import Viewer
from hanse.storage.tx import Tx

# Viewers whose visibility is remembered: members x two kinds of door, with room.
MAX_REMEMBERED = 4096


class _Memory:
    """Visible audiences per viewer, for one epoch.

    Epochs are random numbers drawn anew at each change, so that one which was
    rolled back, or another database's, is never taken for this one.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._epoch = 0
        self._seen: OrderedDict[Viewer, list[int]] = OrderedDict()

    def find(self, epoch: int, viewer: Viewer) -> list[int] | None:
        with self._lock:
            return self._seen.get(viewer) if self._epoch == epoch else None

    def keep(self, epoch: int, viewer: Viewer, ids: list[int]) -> None:
        with self._lock:
            if self._epoch != epoch:
                self._epoch, self._seen = epoch, OrderedDict()
            self._seen[viewer] = ids
            while len(self._seen) > MAX_REMEMBERED:
                self._seen.popitem(last=False)


_memory = _Memory()


def audience_id(tx: Tx, audience: Audience) -> int:
    """The number of `audience`, made on first use."""
    return store.audience_id(
        tx,
        audience.origin,
        audience.tlp.value,
        sorted(audience.circles),
        audience.pot,
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """The numbers of all audiences a viewer may see in one membership epoch."""

    epoch: int
    ids: Sequence[int]


def visible(tx: Tx, viewer: Viewer) -> Sequence[int]:
    """The numbers of all audiences `viewer` may see now."""
    return sight(tx, viewer).ids


def sight(tx: Tx, viewer: Viewer, epoch: int | None = None) -> Sight:
    """All that `viewer` may see, and when.

    With an `epoch` that was read before, what is remembered of it is good enough:
    whoever uses the answer finds out by itself whether that epoch has passed.
    """
    if epoch is not None:
        remembered = _memory.find(epoch, viewer)
        if remembered is not None:
            return Sight(epoch, remembered)
    now = store.epoch(tx)
    ids = _memory.find(now, viewer)
    if ids is None:
        ids = _judge(tx, viewer)
        _memory.keep(now, viewer, ids)
    return Sight(now, ids)


def epoch(tx: Tx) -> int:
    """The membership epoch: raised by every change that may change who sees what."""
    return store.epoch(tx)


def hold_changes(tx: Tx) -> None:
    """Let nobody else change circles or grants until this transaction ends.

    For a deed that compares how members stand before and after it: of two at once,
    each would else take the other's change for what was so before.
    """
    store.hold_changes(tx)


def of_ids(tx: Tx, ids: Sequence[int]) -> dict[int, Audience]:
    """Audiences by number."""
    return {row.id: _audience(row) for row in store.audiences_by_id(tx, ids)}


def every(tx: Tx) -> dict[int, Audience]:
    """All audiences there are, by number."""
    return {row.id: _audience(row) for row in store.audiences(tx)}


def _judge(tx: Tx, viewer: Viewer) -> list[int]:
    return [n for n, audience in every(tx).items() if may_see(viewer, audience)]


def _audience(row: store.AudienceRow) -> Audience:
    return Audience(
        origin=None if row.origin is None else MemberId(row.origin),
        tlp=Tlp(row.tlp),
        circles=frozenset(CircleId(circle) for circle in row.circles),
        pot=None if row.pot is None else CollectionId(row.pot),
    )
