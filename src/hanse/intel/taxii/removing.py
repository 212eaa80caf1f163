"""What DELETE does (TAXII 2.1, 5.7): a member takes back what it contributed.

Only the caller's own member's rows go, from the alliance's store and from pots the
caller may both read and write; others' rows of the same object stay and are shown
from then on. An object that is there, but of others only, is not the caller's to
delete (403). When nothing of the object is left that the member contributed, the
claims it stood for end too, and every edge hears of it.
"""

from hashlib import sha256

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Forbidden
from hanse.base.ids import CollectionId
from hanse.intel import deriving
from hanse.intel.objects import drop, pages
from hanse.intel.objects.filters import EVERY, Filter, Record, View
from hanse.intel.taxii import reading
from hanse.intel.taxii.reading import Asked
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx

MOST_NAMED = 20  # versions named in the log; the digest covers all


class OthersObject(Forbidden):
    """The object is there, and nothing of it was contributed by the caller's member."""

    code = "taxii.others_object"


def remove(tx: Tx, asked: Asked, name: str, pots: frozenset[CollectionId]) -> int:
    """Delete the versions asked for, all if none are named; returns how many rows.

    `pots`: those the caller may both read and write.

    Raises:
        ReadingRefused, WritingRefused: deleting needs both rights.
        ObjectUnknown: the caller sees no such version of such an object.
        OthersObject: it does, and all of it is others'.
    """
    caller, collection, query = asked.caller, asked.collection, asked.query
    collection.need_writing()
    collection.need_reading()
    view = reading.view_of(tx, caller, collection)
    own, is_there = pages.rows_of_object(
        tx,
        view,
        Filter(
            ids=(name,),
            spec_versions=query.filter.spec_versions,
            versions=query.filter.versions if query.versions_named else EVERY,
        ),
        caller.member,
    )
    if not is_there:
        raise reading.ObjectUnknown(
            "the collection has no such version of such an object, or none that was"
            " shared with you"
        )
    mine = [row for row in own if pages.pot_of(row) in {None, *pots}]
    if not mine:
        raise OthersObject(
            "this object was contributed by others; only they can take it back"
        )
    count = drop(tx, [row.position for row in mine])
    log.append(
        tx,
        Event(
            "taxii.object_deleted",
            caller.actor,
            f"stix:{name}",
            {
                "collection": str(collection.row.id),
                "rows": count,
                "versions": [row.version for row in mine[:MOST_NAMED]],
                "sha256": _digest(mine),
            },
        ),
    )
    _end_claims(tx, caller, view, name)
    return count


def _end_claims(tx: Tx, caller: Caller, view: View, name: str) -> None:
    every = Filter(ids=(name,), versions=EVERY)
    left, _ = pages.rows_of_object(
        tx, View(view.audiences, view.epoch), every, caller.member
    )
    if not left:
        deriving.end_claims_of(tx, caller, [name], "deleted by its producer")


def _digest(rows: list[Record]) -> str:
    told = "".join(f"{row.stix_id}\n{row.version}\n" for row in rows)
    return sha256(told.encode()).hexdigest()
