"""Making API roots and collections, and granting their use: the operator's deeds.

`hanse hub init` makes the alliance's own root with its windows `all` and
`enforceable`; whoever makes a circle opens its collection in the same transaction.
A grant on a pot changes who sees what lies in it, so the feed is told of it by
whoever calls `grant` (`feed.audience_changed`), as for circles.
"""

import re

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Conflict, Malformed
from hanse.base.ids import CircleId, CollectionId, KeyId, MemberId, new_uuid
from hanse.intel.taxii import catalogue, store
from hanse.intel.taxii.addresses import DISCOVERY_PATH
from hanse.intel.taxii.catalogue import CollectionKind, CollectionUnknown, RootUnknown
from hanse.intel.taxii.store import CollectionRow, GrantRow, RootRow
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx

ALLIANCE_ROOT = "/taxii/alliance/"
MOST_PER_PAGE = 10_000

_PATH = re.compile(r"/(?:[A-Za-z0-9][A-Za-z0-9._~-]{0,99}/){1,5}", re.ASCII)
_ALIAS = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)


class RootUnfit(Malformed):
    """An API root cannot lie there or be like that."""

    code = "taxii.root_unfit"


class RootTaken(Conflict):
    """Another API root lies there."""

    code = "taxii.root_taken"


class CollectionUnfit(Malformed):
    """A collection cannot be like that."""

    code = "taxii.collection_unfit"


class CollectionTaken(Conflict):
    """Another collection has this id or alias."""

    code = "taxii.collection_taken"


def make_alliance_root(tx: Tx, caller: Caller, title: str) -> None:
    """The root every hub begins with, and its two windows on the whole store."""
    make_root(tx, caller, ALLIANCE_ROOT, title=title)
    make_collection(
        tx,
        caller,
        ALLIANCE_ROOT,
        kind=CollectionKind.ALL,
        title="All you may see",
        alias="all",
        description="Every object shared with you; what you add goes to the alliance.",
    )
    make_collection(
        tx,
        caller,
        ALLIANCE_ROOT,
        kind=CollectionKind.ENFORCEABLE,
        title="Enforceable indicators",
        alias="enforceable",
        description="Of these, the indicators that a defence can act on as they are.",
    )


def make_root(
    tx: Tx,
    caller: Caller,
    path: str,
    *,
    title: str,
    description: str = "",
    max_page_size: int = 1_000,
) -> None:
    """Make an API root at `path`, such as `/taxii/alliance/`.

    Raises:
        RootUnfit: its path or page size is not possible.
        RootTaken: another has this path.
    """
    caller.need_operator()
    if _PATH.fullmatch(path) is None or path == DISCOVERY_PATH:
        raise RootUnfit(
            "an API root's path begins and ends with a slash and has one to five names"
            " of letters, digits and . _ ~ - between them, such as /taxii/alliance/"
        )
    if not 1 <= max_page_size <= MOST_PER_PAGE:
        raise RootUnfit(f"a page holds 1 to {MOST_PER_PAGE} objects")
    _need_title(title)
    if not store.insert_root(tx, RootRow(path, title, description, max_page_size)):
        raise RootTaken("there is an API root at this path; choose another")
    _note(tx, caller, "taxii.root_made", f"root:{path}", title=title)


def make_collection(
    tx: Tx,
    caller: Caller,
    root: str,
    *,
    kind: CollectionKind,
    title: str,
    description: str = "",
    alias: str | None = None,
    circle: CircleId | None = None,
    collection: CollectionId | None = None,
) -> CollectionId:
    """Make a collection, with an id of its own unless `collection` names one.

    Raises:
        RootUnknown: no API root has this path.
        CollectionUnfit, CollectionTaken: it cannot be like that.
    """
    caller.need_operator()
    _need_title(title)
    if (kind is CollectionKind.CIRCLE) != (circle is not None):
        raise CollectionUnfit("a circle's collection names its circle, no other does")
    if alias is not None and _ALIAS.fullmatch(alias) is None:
        raise CollectionUnfit(
            "an alias has up to 100 small letters, digits and hyphens"
        )
    known = catalogue.read(tx)
    if root not in known.paths:
        raise RootUnknown("there is no API root at this path; make it first")
    if alias is not None and any(
        row.alias == alias for row in known.collections if row.root == root
    ):
        raise CollectionTaken("another collection of this API root has this alias")
    made = CollectionId(new_uuid()) if collection is None else collection
    row = CollectionRow(made, root, kind.value, circle, alias, title, description)
    if store.insert_collections(tx, [row]) != 1:
        raise CollectionTaken("there is a collection of this id; choose another")
    _note(
        tx,
        caller,
        "taxii.collection_made",
        f"collection:{made}",
        kind=kind.value,
        root=root,
        title=title,
    )
    return made


def close_collection(tx: Tx, caller: Caller, collection: CollectionId) -> None:
    """Take a pot out of use; what lies in it is kept. `CollectionUnknown`.

    As with `grant`, whoever calls this tells the feed.
    """
    caller.need_operator()
    _need_pot(tx, collection)
    store.close_collection(tx, collection)
    _note(tx, caller, "taxii.collection_closed", f"collection:{collection}")


def grant(
    tx: Tx,
    caller: Caller,
    collection: CollectionId,
    *,
    member: MemberId | None = None,
    key: KeyId | None = None,
    can_read: bool,
    can_write: bool,
) -> None:
    """Say what a member, or one key, may do with a pot; nothing takes the grant away.

    Raises:
        CollectionUnknown: no operator-defined collection has this id.
        CollectionUnfit: not exactly one of `member` and `key` is named.
    """
    caller.need_operator()
    if (member is None) == (key is None):
        raise CollectionUnfit("a grant is for one member or for one key")
    _need_pot(tx, collection)
    store.set_grant(tx, GrantRow(collection, member, key, can_read, can_write))
    _note(
        tx,
        caller,
        "taxii.granted",
        f"collection:{collection}",
        member=None if member is None else str(member),
        key=None if key is None else str(key),
        can_read=can_read,
        can_write=can_write,
    )


def _need_pot(tx: Tx, collection: CollectionId) -> None:
    known = catalogue.read(tx).collections
    if not any(c.id == collection and c.kind == CollectionKind.POT for c in known):
        raise CollectionUnknown("there is no such operator-defined collection in use")


def _need_title(title: str) -> None:
    if not 1 <= len(title.strip()) <= 200:
        raise CollectionUnfit("a title has 1 to 200 characters")


def _note(
    tx: Tx, caller: Caller, act: str, subject: str, **details: str | bool | None
) -> None:
    log.append(tx, Event(act, caller.actor, subject, details))
