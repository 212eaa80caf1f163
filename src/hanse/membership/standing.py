"""How every member stands: active or not, in which circles, with which collections.

What the feed needs in order to tell members of what they gained or lost. Read in
one query, because it is asked inside the deed that changes it.
"""

from collections.abc import Sequence

from hanse.base.ids import MemberId
from hanse.membership import store
from hanse.membership.viewer import Viewer
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
