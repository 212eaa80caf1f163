"""Keeping STIX objects as they were told, and dropping them again.

An object is the same if its collection, id, version, STIX, contributor and audience
are: telling it again changes nothing and is no error. Another member's equal object, or
the same one for another audience, is a row of its own; a viewer who may see several
is shown the first.

Rows get their `added` instants in the log's seal, so that these increase in commit
order: who reads up to an instant never misses what is committed later. What others
committed while a batch was being prepared is looked at once more in there.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hanse.audit import log
from hanse.audit.log import MICROSECOND
from hanse.base.ids import CollectionId, MemberId
from hanse.intel.objects import store
from hanse.intel.objects.filters import Position
from hanse.intel.objects.store import MAIN_STORE, Key
from hanse.storage.tx import Tx

# The version of what has none (most cyber-observables): all tellings are one.
UNVERSIONED = datetime(1970, 1, 1, tzinfo=UTC)

Placed = Callable[[Tx, Sequence[datetime]], None]


class NewObject(msgspec.Struct, frozen=True, kw_only=True):
    """An object about to be kept: `body` exactly as told, the rest read from it.

    `version` is the text of `modified` (or else `created`), empty and UNVERSIONED
    for what has neither. `pot` None is the alliance's main store.
    """

    stix_id: str
    type: str
    spec_version: str
    version: str
    version_at: datetime
    audience_id: int
    member: MemberId | None
    is_enforceable: bool
    body: bytes
    pot: CollectionId | None = None

    @property
    def key(self) -> Key:
        """What makes two tellings the same."""
        return (
            0 if self.pot is None else self.pot.int,
            self.stix_id,
            self.version_at,
            self.spec_version,
            None if self.member is None else self.member.int,
            self.audience_id,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """`fresh`: those that were not there before, in the order told."""

    fresh: tuple[NewObject, ...]
    known: int


def keep(tx: Tx, objects: Sequence[NewObject], placed: Placed | None = None) -> Kept:
    """Keep what is not there yet.

    `placed` is told, within this transaction, when each of `objects` was added:
    just now, or long ago for those that were there.
    """
    newest, rows = store.find_by_ids(tx, {each.stix_id for each in objects})
    dates = {row.key: row.added for row in rows}
    crowded = {row.stix_id for row in rows}
    keys = [each.key for each in objects]
    fresh: dict[Key, NewObject] = {}
    for key, each in zip(keys, objects, strict=True):
        if key not in dates:
            fresh.setdefault(key, each)

    def place(tx: Tx, first: datetime) -> None:
        for row in store.added_since(tx, newest):
            dates[row.key] = row.added
            crowded.add(row.stix_id)
        _insert(tx, fresh, first, dates, crowded)
        if placed is not None:
            placed(tx, [dates[key] for key in keys])

    if fresh:
        log.stamp(tx, len(fresh), place)
    elif placed is not None:
        placed(tx, [dates[key] for key in keys])
    return Kept(tuple(fresh.values()), len(objects) - len(fresh))


def _insert(
    tx: Tx,
    fresh: dict[Key, NewObject],
    first: datetime,
    dates: dict[Key, datetime],
    crowded: set[str],
) -> None:
    """Write what is still fresh, under the log's lock, and note when in `dates`."""
    tellings = Counter([key[1] for key in fresh if key not in dates])
    rows = []
    joined = set()
    added = first
    for key, each in fresh.items():
        if key in dates:
            continue
        dates[key] = added
        is_alone = each.stix_id not in crowded
        if not is_alone:
            joined.add(each.stix_id)
        rows.append(
            _row(each, added, is_alone=is_alone and tellings[each.stix_id] == 1)
        )
        added += MICROSECOND
    if joined:
        store.note_company(tx, sorted(joined))
    store.insert(tx, rows)


def place_at(tx: Tx, objects: Sequence[tuple[NewObject, datetime]]) -> None:
    """Put objects at instants of the past, for a store nobody has read from yet.

    Only for filling a new hub; a reader could miss what appears behind it.
    """
    tellings = Counter(each.stix_id for each, _ in objects)
    _, rows = store.find_by_ids(tx, set(tellings))
    crowded = {row.stix_id for row in rows}
    store.note_company(tx, sorted(crowded))
    store.insert(
        tx,
        [
            _row(
                each,
                added,
                is_alone=tellings[each.stix_id] == 1 and each.stix_id not in crowded,
            )
            for each, added in objects
        ],
    )


def drop(tx: Tx, positions: Sequence[Position]) -> int:
    """Take rows out of every page; returns how many were there."""
    return store.delete(tx, positions)


def _row(each: NewObject, added: datetime, *, is_alone: bool) -> store.NewRow:
    return (
        added,
        MAIN_STORE if each.pot is None else each.pot,
        each.stix_id,
        each.type,
        each.spec_version,
        each.version,
        each.version_at,
        each.audience_id,
        each.member,
        is_alone,
        each.is_enforceable,
        each.body,
    )
