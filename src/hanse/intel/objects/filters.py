"""Which objects somebody asks for, and from which part of the store.

Pure values. A `View` is the part of the store a collection shows to one viewer; a
`Filter` is what TAXII 2.1 (section 3.4) lets a client ask of it. Filter fields are
ANDed, the values within one ORed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hanse.base.ids import CollectionId, MemberId


class ViewOutdated(Exception):
    """Somebody's view changed before the page was read; make the view anew.

    A page of an older view may leave out an object of an audience that is new and show
    a later one: whoever goes on after the later one would never see the other.
    """


@dataclass(frozen=True, slots=True)
class View:
    """Rows of these audiences; of one operator-defined collection if `pot` is set.

    `epoch` is the membership epoch in which these were all the viewer may see.
    `is_narrow`: few of all rows belong to these audiences, so they are better
    looked up one audience at a time (a circle) than met on a walk through all.
    """

    audiences: Sequence[int]
    epoch: int
    pot: CollectionId | None = None
    is_enforceable: bool = False
    is_narrow: bool = False


@dataclass(frozen=True, slots=True)
class Versions:
    """Which versions of each object, section 3.4.1: any of those named.

    First and last are judged among the view's rows only. `exact` instants also
    find objects that have no version of their own by their date of addition.
    """

    first: bool = False
    last: bool = False
    every: bool = False
    exact: tuple[datetime, ...] = ()


LAST = Versions(last=True)
EVERY = Versions(every=True)


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; empty tuples ask for all."""

    added_after: datetime | None = None
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    spec_versions: tuple[str, ...] = ()
    versions: Versions = field(default=LAST)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of addition; `id` tells rows of one instant apart."""

    added: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Record:
    """What a manifest says of a row, and whose it is."""

    position: Position
    stix_id: str
    version: str
    spec_version: str
    pot: CollectionId
    member_id: MemberId | None
