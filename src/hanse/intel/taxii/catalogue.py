"""API roots and collections: which there are, and who may do what with them.

Four kinds of collections. `all` shows everything the caller may see, `enforceable`
of that the indicators an edge can act on, `circle` what was said to one circle:
these are windows on the alliance's store, and nobody is granted anything. A `pot`
is defined by the operator and holds what was put into it; grants, to a member or to
a single key, say who reads and who writes.

What a caller may neither read nor write is not listed, and asking for it is
answered as for what does not exist. Keys need `taxii:read` or `taxii:write` besides.
The whole catalogue is small and read at once; it is remembered as long as the
membership epoch stands still.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from uuid import UUID

from hanse.base.errors import Forbidden, NotFound
from hanse.base.ids import CollectionId
from hanse.intel.taxii import store
from hanse.intel.taxii.store import CollectionRow, GrantRow, RootRow
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx


class CollectionKind(StrEnum):
    """What a collection shows."""

    ALL = "all"
    ENFORCEABLE = "enforceable"
    CIRCLE = "circle"
    POT = "pot"


class RootUnknown(NotFound):
    """No API root lies here (TAXII 2.1, 4.2)."""

    code = "taxii.root_unknown"


class CollectionUnknown(NotFound):
    """No such collection, or none the caller may know of (5.2)."""

    code = "taxii.collection_unknown"


class ReadingRefused(Forbidden):
    """The collection may be written by the caller, not read."""

    code = "taxii.reading_refused"


class WritingRefused(Forbidden):
    """The collection may be read by the caller, not written."""

    code = "taxii.writing_refused"


@dataclass(frozen=True, slots=True)
class Rights:
    """What one caller may do with one collection."""

    can_read: bool
    can_write: bool

    def __bool__(self) -> bool:
        return self.can_read or self.can_write


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as one caller has it."""

    row: CollectionRow
    rights: Rights

    @property
    def kind(self) -> CollectionKind:
        """What it shows."""
        return CollectionKind(self.row.kind)

    @property
    def pot(self) -> CollectionId | None:
        """Its id if it is defined by the operator."""
        return self.row.id if self.kind is CollectionKind.POT else None

    def need_reading(self) -> None:
        """Raise `ReadingRefused` unless the caller may read it (403, 5.3 to 5.8)."""
        if not self.rights.can_read:
            raise ReadingRefused(
                "this collection takes objects from you and shows none; ask the"
                " operator for the right to read it"
            )

    def need_writing(self) -> None:
        """Raise `WritingRefused` unless the caller may write to it (403, 5.5, 5.7)."""
        if not self.rights.can_write:
            raise WritingRefused(
                "this collection can only be read by you; collections that say"
                " `can_write` take objects"
            )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All API roots and collections of one epoch, with the grants on them."""

    roots: Sequence[RootRow]
    collections: Sequence[CollectionRow]
    grants: dict[CollectionId, list[GrantRow]]

    @property
    def paths(self) -> list[str]:
        """Where the API roots lie."""
        return [root.path for root in self.roots]

    def get_root(self, path: str) -> RootRow:
        """The API root at `path`; raises `RootUnknown`."""
        for root in self.roots:
            if root.path == path:
                return root
        raise RootUnknown("there is no API root at this address; see /taxii2/")

    def of_root(self, path: str, caller: Caller) -> list[Collection]:
        """The collections of an API root that exist for the caller (5.1)."""
        return [
            Collection(row, rights)
            for row in self.collections
            if row.root == path and (rights := self._rights(row, caller))
        ]

    def get(self, path: str, name: str, caller: Caller) -> Collection:
        """A collection by its id or alias; raises `CollectionUnknown`."""
        wanted = _uuid(name)
        for row in self.collections:
            if row.root == path and (row.id == wanted or row.alias == name):
                rights = self._rights(row, caller)
                if rights:
                    return Collection(row, rights)
        raise CollectionUnknown(
            "there is no such collection, or it is not yours to know of; the API"
            " root's collections/ lists those you may use"
        )

    def writable_pots(self, caller: Caller) -> frozenset[CollectionId]:
        """The operator-defined collections the caller may both read and write."""
        return frozenset(
            row.id
            for row in self.collections
            if row.kind == CollectionKind.POT
            and self._rights(row, caller) == Rights(can_read=True, can_write=True)
        )

    def _rights(self, row: CollectionRow, caller: Caller) -> Rights:
        can_read, can_write = self._granted(row, caller)
        return Rights(
            can_read=can_read and Scope.TAXII_READ in caller.scopes,
            can_write=can_write
            and Scope.TAXII_WRITE in caller.scopes
            and not caller.is_overseer,
        )

    def _granted(self, row: CollectionRow, caller: Caller) -> tuple[bool, bool]:
        viewer = caller.viewer
        if not viewer.is_active:
            return False, False
        sees_all = caller.is_operator or caller.is_overseer
        match CollectionKind(row.kind):
            case CollectionKind.ALL:
                return True, caller.member is not None
            case CollectionKind.ENFORCEABLE:
                return True, False
            case CollectionKind.CIRCLE:
                is_in = row.circle in viewer.circles
                return is_in or sees_all, is_in and caller.member is not None
            case CollectionKind.POT:
                own = [g for g in self.grants.get(row.id, ()) if _is_for(g, caller)]
                return (
                    sees_all or any(grant.can_read for grant in own),
                    any(grant.can_write for grant in own),
                )


def _is_for(grant: GrantRow, caller: Caller) -> bool:
    if grant.member is not None:
        return grant.member == caller.member
    return grant.key is not None and grant.key == caller.key


def _uuid(name: str) -> UUID | None:
    try:
        found = UUID(name)
    except ValueError:
        return None
    # Other spellings that Python takes (braces, no hyphens) are nobody's address.
    return found if str(found) == name.lower() else None


class _Memory:
    """The catalogue of one epoch. Epochs are random, so none ever comes again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._epoch: int | None = None
        self._catalogue = Catalogue((), (), {})

    def find(self, epoch: int) -> Catalogue | None:
        with self._lock:
            return self._catalogue if self._epoch == epoch else None

    def keep(self, epoch: int, catalogue: Catalogue) -> None:
        with self._lock:
            self._epoch, self._catalogue = epoch, catalogue


_memory = _Memory()


def remembered(tx: Tx, epoch: int) -> Catalogue:
    """The catalogue, read anew if the epoch is another than last time.

    `epoch` must have been read before in this or an earlier transaction, and the
    transaction must not have changed the catalogue itself.
    """
    found = _memory.find(epoch)
    if found is None:
        found = read(tx)
        _memory.keep(epoch, found)
    return found


def read(tx: Tx) -> Catalogue:
    """The catalogue as it is now."""
    by_collection: dict[CollectionId, list[GrantRow]] = {}
    for grant in store.grants(tx):
        by_collection.setdefault(grant.collection, []).append(grant)
    return Catalogue(store.roots(tx), store.collections(tx), by_collection)
