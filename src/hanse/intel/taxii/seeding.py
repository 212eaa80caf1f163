"""Filling a new hub with API roots, collections and objects from a file.

For sandboxes, before the first request: objects are kept byte for byte, valid or
not, with the `date_added` that the file gives, which must not lie in the future and
must not fall within a collection. They lie in pots and are meant for whoever may
read these; no claims are made of them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hanse.base.errors import Malformed
from hanse.base.ids import CollectionId, KeyId, MemberId
from hanse.feed import audiences
from hanse.feed.sharing import Audience, Tlp
from hanse.intel import deriving
from hanse.intel.objects.keeping import UNVERSIONED, NewObject, place_at
from hanse.intel.stix import timestamps
from hanse.intel.stix.ids import type_of
from hanse.intel.taxii import arranging
from hanse.intel.taxii.catalogue import CollectionKind
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx


class SeedUnfit(Malformed):
    """The seed cannot be loaded as it is."""

    code = "taxii.seed_unfit"


class SeededObject(msgspec.Struct, frozen=True):
    """One object as it stands in the file."""

    object: msgspec.Raw
    date_added: str


class SeededCollection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection; the rights are those of every key the seed is granted to."""

    title: str
    id: UUID | None = None
    description: str = ""
    alias: str | None = None
    can_read: bool = True
    can_write: bool = True
    objects: tuple[SeededObject, ...] = ()


class SeededRoot(msgspec.Struct, frozen=True, kw_only=True):
    """An API root at `path`, with or without the slashes around it."""

    path: str
    title: str
    description: str = ""
    max_page_size: int = 1_000
    collections: tuple[SeededCollection, ...] = ()


class _Told(msgspec.Struct):
    id: str
    type: str
    spec_version: str = "2.1"
    modified: str = ""
    created: str = ""
    pattern: str = ""
    pattern_type: str = ""


_read_roots = msgspec.json.Decoder(tuple[SeededRoot, ...]).decode
_read_object = msgspec.json.Decoder(_Told).decode


def read_roots(raw: bytes) -> tuple[SeededRoot, ...]:
    """The `api_roots` of a seed file; raises `SeedUnfit`."""
    try:
        return _read_roots(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SeedUnfit(
            f"`api_roots` cannot be read ({error}); each has path, title and"
            " collections, each of these title and objects, each of these object and"
            " date_added"
        ) from error


def seed(
    tx: Tx,
    caller: Caller,
    roots: Sequence[SeededRoot],
    *,
    origin: MemberId | None,
    keys: Sequence[KeyId],
) -> list[CollectionId]:
    """Load these roots, in `origin`'s name, for these keys; returns the collections.

    Raises:
        SeedUnfit: what an object or a date must not be.
        RootUnfit, RootTaken, CollectionUnfit, CollectionTaken: as in `arranging`.
    """
    made = []
    for root in roots:
        path = f"/{root.path.strip('/')}/"
        arranging.make_root(
            tx,
            caller,
            path,
            title=root.title,
            description=root.description,
            max_page_size=root.max_page_size,
        )
        made += [_seed(tx, caller, path, each, origin) for each in root.collections]
    flat = [each for root in roots for each in root.collections]
    for collection, each in zip(made, flat, strict=True):
        for key in keys:
            arranging.grant(
                tx,
                caller,
                collection,
                key=key,
                can_read=each.can_read,
                can_write=each.can_write,
            )
    return made


def _seed(
    tx: Tx,
    caller: Caller,
    path: str,
    seeded: SeededCollection,
    origin: MemberId | None,
) -> CollectionId:
    made = arranging.make_collection(
        tx,
        caller,
        path,
        kind=CollectionKind.POT,
        title=seeded.title,
        description=seeded.description,
        alias=seeded.alias,
        collection=None if seeded.id is None else CollectionId(seeded.id),
    )
    number = audiences.audience_id(tx, Audience(origin, Tlp.GREEN, pot=made))
    rows = []
    latest = None
    for place, each in enumerate(seeded.objects):
        added = timestamps.parse(each.date_added)
        if added is None or added > tx.now or (latest is not None and added < latest):
            raise SeedUnfit(
                f"object {place} of {seeded.title}: date_added must be a timestamp,"
                " not in the future and not before that of the object before it"
            )
        latest = added
        rows.append((_object(each, place, number, (made, origin)), added))
    place_at(tx, rows)
    return made


def _object(
    seeded: SeededObject,
    place: int,
    audience_id: int,
    whose: tuple[CollectionId, MemberId | None],
) -> NewObject:
    raw = bytes(seeded.object)
    try:
        told = _read_object(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SeedUnfit(
            f"object {place} has no type and id as texts, or is no object at all"
        ) from error
    if type_of(told.id) is None:
        raise SeedUnfit(f"object {place} has an id that is no STIX identifier")
    version = told.modified or told.created
    version_at: datetime | None = timestamps.parse(version)
    pot, origin = whose
    return NewObject(
        stix_id=told.id,
        type=told.type,
        spec_version=told.spec_version,
        version="" if version_at is None else version,
        version_at=version_at or UNVERSIONED,
        audience_id=audience_id,
        member=origin,
        is_enforceable=deriving.is_enforceable(msgspec.to_builtins(told)),
        body=raw,
        pot=pot,
    )
