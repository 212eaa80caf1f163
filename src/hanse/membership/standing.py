"""How every member stands: active or not, in which circles, with which collections.

What the feed needs in order to tell members of what they gained or lost. Read in
one query, because it is asked inside the deed that changes it.
"""

from collections.abc import Sequence
from dataclasses import replace

from hanse.base.ids import MemberId
from hanse.membership import store
from hanse.membership.viewer import NOBODY, Viewer, ViewerRole
from hanse.storage.tx import Tx


def machine_viewers(
    tx: Tx, members: Sequence[MemberId] | None = None
) -> dict[MemberId, Viewer]:
    """Each member (all of them, if none are named) as its edges and keys see."""
    return {
        viewer.member: viewer
        for viewer in store.machine_viewers(tx, members)
        if viewer.member is not None
    }


def person_viewer(tx: Tx, member: MemberId) -> Viewer:
    """A member as its people see; `NOBODY` if there is no such member."""
    found = machine_viewers(tx, [member]).get(member, NOBODY)
    return replace(found, role=ViewerRole.MEMBER_PERSON) if found.member else found


def name_of(tx: Tx, member: MemberId) -> str:
    """A member's English name; empty if there is no such member."""
    row = store.member(tx, member)
    return "" if row is None else str(row[1])
