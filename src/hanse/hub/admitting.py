"""Deeds that change both who may see what and what members hold.

Membership does not know the feed, and the feed not the circles' deeds; here both
happen in one transaction, so that after any change an edge holds exactly what a fresh
one would. A circle comes with its TAXII collection.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hanse.audit import log
from hanse.base.ids import CircleId, CollectionId, MemberId
from hanse.feed import audiences
from hanse.feed.feed import audience_changed
from hanse.intel.taxii import arranging, catalogue
from hanse.intel.taxii.catalogue import CollectionKind
from hanse.membership import circles
from hanse.membership.caller import Caller
from hanse.membership.circles import Circle
from hanse.membership.member import get_member
from hanse.membership.standing import machine_viewers
from hanse.storage.tx import Tx

Changed = TypeVar("Changed")


def open_circle(
    tx: Tx,
    caller: Caller,
    *,
    name_en: str,
    name_zh: str,
    purpose: str = "",
    members: Sequence[MemberId] = (),
) -> Circle:
    """A new circle, its collection, and who is in it from the start."""
    circle = circles.open_circle(
        tx, caller, name_en=name_en, name_zh=name_zh, purpose=purpose
    )
    if arranging.ALLIANCE_ROOT in catalogue.read(tx).paths:
        arranging.make_collection(
            tx,
            caller,
            arranging.ALLIANCE_ROOT,
            kind=CollectionKind.CIRCLE,
            title=circle.name_en,
            description=circle.purpose,
            circle=circle.id,
        )
    for member in members:
        circle = circles.join(tx, caller, circle.id, member)
    return circle


def join_circle(tx: Tx, caller: Caller, circle: CircleId, member: MemberId) -> Circle:
    """A member comes in and is told what the circle has been told so far."""
    return _settled(tx, [member], lambda: circles.join(tx, caller, circle, member))


def leave_circle(tx: Tx, caller: Caller, circle: CircleId, member: MemberId) -> Circle:
    """A member goes and must forget what it had from the circle alone."""
    return _settled(tx, [member], lambda: circles.leave(tx, caller, circle, member))


def close_circle(tx: Tx, caller: Caller, circle: CircleId) -> Circle:
    """The circle ends; nobody holds anything through it any more."""
    audiences.hold_changes(tx)
    members = circles.get_circle(tx, caller, circle).members
    return _settled(tx, members, lambda: circles.close(tx, caller, circle))


def grant_collection(
    tx: Tx,
    caller: Caller,
    collection: CollectionId,
    member: MemberId,
    *,
    can_read: bool,
    can_write: bool,
) -> None:
    """What a member may do with a collection the operator defined."""
    caller.need_operator()
    get_member(tx, caller, member)

    def deed() -> None:
        arranging.grant(
            tx,
            caller,
            collection,
            member=member,
            can_read=can_read,
            can_write=can_write,
        )

    _settled(tx, [member], deed)


def close_collection(tx: Tx, caller: Caller, collection: CollectionId) -> None:
    """It ends; nobody holds anything through it any more."""
    caller.need_operator()
    audiences.hold_changes(tx)
    grants = catalogue.read(tx).grants.get(collection, ())
    members = [grant.member for grant in grants if grant.member is not None]
    _settled(tx, members, lambda: arranging.close_collection(tx, caller, collection))


def _settled(
    tx: Tx, members: Sequence[MemberId], deed: Callable[[], Changed]
) -> Changed:
    audiences.hold_changes(tx)
    before = machine_viewers(tx, members)
    changed = deed()
    # A report committed between the look at what was told and our commit would reach
    # neither those who come in (too early) nor be revoked from those who go. The
    # epoch's row is locked by the deed and before the log, as reports do it, so that
    # two never wait for each other.
    log.hold(tx)
    audience_changed(tx, before, machine_viewers(tx, members))
    return changed
