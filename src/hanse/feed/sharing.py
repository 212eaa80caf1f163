"""Who may see what: the one place where it is decided.

Pure. An `Audience` says for whom a thing was meant (TLP 2.0, circles, origin,
an operator-defined collection); a `Viewer` says who is asking and through
which kind of door. `may_see` answers, and whatever it does not expressly
allow is denied: an empty circle is nobody, a suspended member is nobody.

TLP 2.0 (FIRST, 2022) says how far a recipient may pass a thing on; circles say
who the recipients are. Without a circle, CLEAR to AMBER+STRICT reach every
active member, since the alliance is the community that signed one agreement.
RED is for the eyes of named people: it needs a circle, and no machine
interface (feed, TAXII, key) ever hands it out, except to its own origin.
"""

from dataclasses import dataclass
from enum import StrEnum

from hanse.base.ids import CircleId, CollectionId, MemberId
from hanse.membership.viewer import Viewer, ViewerRole


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0, from widest to narrowest."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a thing was meant by the member it came from.

    `circles` empty means the whole alliance (as far as `tlp` allows); `pot`
    is an operator-defined collection the thing was put into, which limits it
    to those who may read that collection.
    """

    origin: MemberId | None
    tlp: Tlp
    circles: frozenset[CircleId] = frozenset()
    pot: CollectionId | None = None


def may_see(viewer: Viewer, audience: Audience) -> bool:
    """Whether `viewer` may see, or be sent, what was meant for `audience`."""
    if not viewer.is_active:
        return False
    if viewer.role in (ViewerRole.OPERATOR, ViewerRole.OVERSEER):
        return True
    if viewer.role is ViewerRole.ALLIANCE_MACHINE:
        return audience.tlp is not Tlp.RED
    if viewer.member is None:
        return _holds_a_key_of_the_pot(viewer, audience)
    if viewer.role not in (ViewerRole.MEMBER_PERSON, ViewerRole.MEMBER_MACHINE):
        return False
    if audience.origin == viewer.member:
        return True
    if audience.pot is not None and audience.pot not in viewer.pots:
        return False
    if audience.tlp is Tlp.RED:
        return viewer.role is ViewerRole.MEMBER_PERSON and bool(
            viewer.circles & audience.circles
        )
    if audience.circles:
        return bool(viewer.circles & audience.circles)
    return True


def _holds_a_key_of_the_pot(viewer: Viewer, audience: Audience) -> bool:
    # A key of the association's own (no member) sees only what lies openly in a
    # collection it was expressly granted.
    return (
        viewer.role is ViewerRole.MEMBER_MACHINE
        and audience.pot is not None
        and audience.pot in viewer.pots
        and audience.tlp is not Tlp.RED
        and not audience.circles
    )
