"""Pages of kept objects, in the order in which they were added.

A page never ends between two rows of the same instant, unless these alone fill it:
a reader that knows instants only, and goes on after the last it saw, misses nothing.
(The log gives every row an instant of its own; only seeds may hold equal ones.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hanse.base.ids import CollectionId, MemberId
from hanse.intel.objects import store
from hanse.intel.objects.filters import Filter, Position, Record, View
from hanse.intel.objects.store import Bodies
from hanse.storage.tx import Tx

# One object's rows that a single request may touch: versions times contributors.
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class BodyPage:
    """Objects joined by commas, byte for byte as told.

    `following` is the place after which the next page begins, None at the end.
    """

    joined: bytes
    count: int
    first: datetime
    last: datetime
    following: Position | None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The same rows without their bodies."""

    records: Sequence[Record]
    following: Position | None

    @property
    def first(self) -> datetime | None:
        """When the first was added."""
        return self.records[0].position.added if self.records else None

    @property
    def last(self) -> datetime | None:
        """When the last was added."""
        return self.records[-1].position.added if self.records else None


def bodies(
    tx: Tx, view: View, asked: Filter, *, limit: int, after: Position | None = None
) -> BodyPage | None:
    """The next objects that are asked for, at most `limit`; None if there are none."""
    found = store.page_of_bodies(tx, view, asked, limit=limit, after=after)
    if found is not None and found.beyond == found.last.added:
        shorter = store.page_of_bodies(
            tx, view, asked, limit=limit, after=after, before=found.beyond
        )
        found = shorter or found
        return _body_page(found, is_last=False)
    return None if found is None else _body_page(found, is_last=found.beyond is None)


def records(
    tx: Tx, view: View, asked: Filter, *, limit: int, after: Position | None = None
) -> RecordPage:
    """What is known of the same rows."""
    found = store.page_of_records(tx, view, asked, limit=limit, after=after)
    if len(found) <= limit:
        return RecordPage(found, None)
    beyond = found.pop().position.added
    whole = [record for record in found if record.position.added != beyond]
    kept = whole or found
    return RecordPage(kept, kept[-1].position)


def rows_of_object(
    tx: Tx, view: View, asked: Filter, member: MemberId | None
) -> tuple[Sequence[Record], bool]:
    """A member's rows of the objects named, and whether there are any at all."""
    found = store.rows_of(tx, view, asked, most=MOST_ROWS)
    return [record for record in found if record.member_id == member], bool(found)


def is_there(tx: Tx, view: View, stix_id: str) -> bool:
    """Whether the view has any version of this object."""
    return store.is_there(tx, view, stix_id)


def pot_of(record: Record) -> CollectionId | None:
    """The collection the row lies in; None: the alliance's own store."""
    return None if record.pot == store.MAIN_STORE else record.pot


def _body_page(found: Bodies, *, is_last: bool) -> BodyPage:
    return BodyPage(
        joined=found.joined,
        count=found.count,
        first=found.first,
        last=found.last.added,
        following=None if is_last else found.last,
    )
