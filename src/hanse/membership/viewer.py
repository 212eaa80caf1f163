"""Who is looking: all that a decision about sharing may depend on.

A `Viewer` is what `feed.sharing.may_see` judges; a `Caller` (in `caller`) is the
same person or machine with what it may do.
"""

from dataclasses import dataclass
from enum import StrEnum

from hanse.base.ids import CircleId, CollectionId, MemberId


class ViewerRole(StrEnum):
    """Through which kind of door somebody looks."""

    MEMBER_PERSON = "member_person"
    MEMBER_MACHINE = "member_machine"
    OPERATOR = "operator"
    OVERSEER = "overseer"
    ALLIANCE_MACHINE = "alliance_machine"  # a key of the operator's or an overseer's
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. `pots`: operator-defined collections the viewer may read."""

    role: ViewerRole
    member: MemberId | None = None
    is_active: bool = False
    circles: frozenset[CircleId] = frozenset()
    pots: frozenset[CollectionId] = frozenset()


NOBODY = Viewer(ViewerRole.NOBODY)
