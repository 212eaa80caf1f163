"""What is claimed of one value, as a STIX bundle to take away.

The objects are the bytes as they are kept, newest version each, and only those of
audiences the caller may see; nothing is made anew here but the bundle around them.
"""

from uuid import UUID

from hanse.feed import audiences
from hanse.intel.lookup.indicator import Indicator
from hanse.intel.objects import pages
from hanse.intel.objects.filters import Filter, Position, View, ViewOutdated
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx

_PAGE = 500


def stix_bundle(tx: Tx, caller: Caller, found: Indicator, bundle: UUID) -> bytes:
    """The indicators behind the claims the caller was shown; `bundle` names it."""
    ids = sorted({told.claim.stix_id for told in found.claims if told.claim.stix_id})
    asked = Filter(ids=tuple(ids), types=("indicator",))
    joined: list[bytes] = []
    after: Position | None = None
    while ids:
        sight = audiences.sight(tx, caller.viewer)
        view = View(sight.ids, sight.epoch)
        try:
            page = pages.bodies(tx, view, asked, limit=_PAGE, after=after)
        except ViewOutdated:
            continue
        if page is None:
            break
        joined.append(page.joined)
        after = page.following
        if after is None:
            break
    head = f'{{"type":"bundle","id":"bundle--{bundle}"'.encode()
    # STIX knows no empty list: a bundle without objects has no such property.
    objects = b',"objects":[' + b",".join(joined) + b"]" if joined else b""
    return head + objects + b"}"
