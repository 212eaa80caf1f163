"""What GET answers: resources, pages of objects, manifests, versions, status.

A page begins after `added_after`, or after the place a `next` token points to, and
goes up in the order of addition (TAXII 2.1, 3.3 and 3.5). The instants of its first
and last object go with it, for the headers of section 3.2. Only envelopes know
`next`: a manifest or a list of versions is followed by its last instant.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hanse.base.clock import rfc3339
from hanse.base.errors import NotFound
from hanse.base.secret import Secret
from hanse.feed import audiences
from hanse.intel.objects import pages
from hanse.intel.objects.filters import EVERY, View, ViewOutdated
from hanse.intel.taxii import positions, resources, store
from hanse.intel.taxii.asking import Query, QueryMalformed
from hanse.intel.taxii.catalogue import Collection, CollectionKind
from hanse.intel.taxii.media import STIX
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx


class ObjectUnknown(NotFound):
    """The collection has no such object the caller may see (5.6 to 5.8)."""

    code = "taxii.object_unknown"


class StatusUnknown(NotFound):
    """No such status resource, or it is not the caller's, or it was too long ago."""

    code = "taxii.status_unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of one collection; `most` objects make a page at the most."""

    caller: Caller
    collection: Collection
    query: Query
    most: int

    @property
    def limit(self) -> int:
        """Section 3.4: a server may give fewer objects than the client would take."""
        return min(self.query.limit or self.most, self.most)

    def about(self, name: str) -> "Asked":
        """The same of one object; `match[id]` and `match[type]` mean nothing then."""
        of = replace(self.query.filter, ids=(name,), types=())
        return replace(self, query=replace(self.query, filter=of))


@dataclass(frozen=True, slots=True)
class Page:
    """A body, and when its first and last objects were added (3.2)."""

    body: bytes
    first: datetime | None = None
    last: datetime | None = None


def collection_resource(collection: Collection) -> resources.CollectionResource:
    """Section 5.2."""
    row, rights = collection.row, collection.rights
    return resources.CollectionResource(
        id=row.id,
        title=row.title,
        description=row.description,
        alias=row.alias,
        can_read=rights.can_read,
        can_write=rights.can_write,
        media_types=STIX,
    )


def objects(tx: Tx, asked: Asked) -> Page:
    """Section 5.4: an envelope of objects; empty if nothing is asked for."""
    asked.collection.need_reading()
    return _envelope(tx, asked)


def one_object(tx: Tx, asked: Asked, name: str) -> Page:
    """Section 5.6: the versions asked for of one object; raises `ObjectUnknown`."""
    asked.collection.need_reading()
    page = _envelope(tx, asked.about(name))
    if page.first is None:
        _need_object(tx, asked, name)
    return page


def manifest(tx: Tx, asked: Asked) -> Page:
    """Section 5.3: what is known of the objects, without themselves."""
    asked.collection.need_reading()
    page = _records(tx, asked)
    body = resources.Manifest(
        more=page.following is not None,
        objects=[
            resources.ManifestRecord(
                id=record.stix_id,
                date_added=rfc3339(record.position.added),
                version=resources.version_text(record.version, record.position.added),
                media_type=resources.media_type_of(record.spec_version),
            )
            for record in page.records
        ],
    )
    return Page(body.encode(), page.first, page.last)


def versions(tx: Tx, asked: Asked, name: str) -> Page:
    """Section 5.8: all versions of one object; raises `ObjectUnknown`."""
    asked.collection.need_reading()
    about = asked.about(name)
    every = replace(about.query.filter, versions=EVERY)
    page = _records(tx, replace(about, query=replace(about.query, filter=every)))
    if not page.records:
        _need_object(tx, asked, name)
    body = resources.VersionList(
        more=page.following is not None,
        versions=[
            resources.version_text(record.version, record.position.added)
            for record in page.records
        ],
    )
    return Page(body.encode(), page.first, page.last)


def status(tx: Tx, caller: Caller, root: str, name: str) -> bytes:
    """Section 4.3: what became of a contribution; raises `StatusUnknown`."""
    try:
        found = store.find_status(tx, UUID(name), root, named(caller))
    except ValueError:
        found = None
    if found is None:
        raise StatusUnknown(
            "there is no such status of yours; statuses are kept for a day"
        )
    return found


def named(caller: Caller) -> str:
    """By what name a caller's own status resources are kept."""
    return f"{caller.actor.kind}:{caller.actor.id}"


def view_of(tx: Tx, caller: Caller, collection: Collection) -> View:
    """The part of the store this collection shows to this caller.

    Raises `ViewOutdated` where the caller is not known as of now.
    """
    sight = audiences.sight(tx, caller.viewer, caller.epoch)
    if sight.epoch != caller.epoch:
        raise ViewOutdated
    match collection.kind:
        case CollectionKind.ALL:
            return View(sight.ids, sight.epoch)
        case CollectionKind.ENFORCEABLE:
            return View(sight.ids, sight.epoch, is_enforceable=True)
        case CollectionKind.POT:
            return View(sight.ids, sight.epoch, pot=collection.pot)
        case CollectionKind.CIRCLE:
            circle = collection.row.circle
            known = audiences.of_ids(tx, sight.ids)
            said = [n for n, audience in known.items() if circle in audience.circles]
            return View(said, sight.epoch, is_narrow=True)


def _envelope(tx: Tx, asked: Asked) -> Page:
    secret = tx.tool(Secret)
    collection, query = asked.collection, asked.query
    where = f"{collection.row.root}{collection.row.id}"
    after = positions.open_token(secret, where, query)
    view = view_of(tx, asked.caller, collection)
    page = pages.bodies(tx, view, query.filter, limit=asked.limit, after=after)
    if page is None:
        return Page(resources.envelope(b"", None))
    following = (
        None
        if page.following is None
        else positions.seal(secret, where, query, page.following)
    )
    return Page(resources.envelope(page.joined, following), page.first, page.last)


def _records(tx: Tx, asked: Asked) -> pages.RecordPage:
    if asked.query.next:
        raise QueryMalformed(
            "only envelopes of objects give out `next`; go on with `added_after`,"
            " the last page's X-TAXII-Date-Added-Last"
        )
    view = view_of(tx, asked.caller, asked.collection)
    return pages.records(tx, view, asked.query.filter, limit=asked.limit)


def _need_object(tx: Tx, asked: Asked, name: str) -> None:
    view = view_of(tx, asked.caller, asked.collection)
    is_there = pages.is_there(tx, view, name)
    if audiences.epoch(tx) != view.epoch:
        raise ViewOutdated
    if not is_there:
        raise ObjectUnknown(
            "the collection has no such object, or none that was shared with you"
        )
