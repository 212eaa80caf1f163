"""Feed items: what an edge is told, and the bytes that stand in the log for it.

Pure, shared by hub and edge. An item's body is canonical compact JSON (sorted
keys, UTF-8), so that the same item always has the same bytes; the log's leaf is
a salted hash of those bytes.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from hanse.base.clock import rfc3339
from hanse.base.errors import Malformed
from hanse.base.ids import BrandId, CircleId, ClaimId, MemberId
from hanse.feed.sharing import Tlp


class ItemMalformed(Malformed):
    """A feed item that does not read as one."""

    code = "feed.item_malformed"


class ItemKind(StrEnum):
    """What an item asks of the edge."""

    CLAIM = "claim"
    GRANT = "grant"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"

    @property
    def takes_away(self) -> bool:
        """Whether the item removes a claim; such items are delivered first."""
        return self is _WITHDRAW or self is _REVOKE


# A member read off its class costs more than the rest of the question.
_WITHDRAW, _REVOKE = ItemKind.WITHDRAW, ItemKind.REVOKE


class Source(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who says so, as far as the receiver may know.

    Either `member` and `name`, or `band`: how good an anonymous reporter's
    record is, in words coarse enough not to point at anyone.
    """

    member: MemberId | None = None
    name: str = ""
    band: str = ""


class ClaimBody(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All that an edge needs to enforce and to explain one member's claim."""

    kind: ItemKind
    claim: ClaimId
    revision: int
    observable_kind: str
    value: str
    category: str
    confidence: int
    tlp: Tlp
    source: Source
    valid_from: datetime
    at: datetime
    circles: tuple[CircleId, ...] = ()
    valid_until: datetime | None = None
    brand: BrandId | None = None
    brand_name: str = ""
    note: str = ""
    said_at: datetime | None = None  # of a grant: when the member said it

    @property
    def told_at(self) -> datetime:
        """When the member said it; `at` is the instant of this item's place."""
        return self.said_at or self.at


class RemovalBody(msgspec.Struct, frozen=True, kw_only=True):
    """Forget this claim: it is over (`withdraw`) or no longer for you (`revoke`)."""

    kind: ItemKind
    claim: ClaimId
    revision: int
    at: datetime


ItemBody = ClaimBody | RemovalBody


_encoder = msgspec.json.Encoder(order="sorted")
_claim_decoder = msgspec.json.Decoder(ClaimBody)
_removal_decoder = msgspec.json.Decoder(RemovalBody)


def encode(body: ItemBody) -> bytes:
    """The item's canonical bytes; instants always have six fractional digits."""
    plain = msgspec.to_builtins(body, builtin_types=(datetime,))
    for name, value in plain.items():
        if isinstance(value, datetime):
            plain[name] = rfc3339(value)
    return _encoder.encode(plain)


def decode(raw: bytes | str) -> ItemBody:
    """Read an item's bytes back.

    Raises:
        ItemMalformed: not JSON, or not an item of a known kind.
    """
    try:
        # Nearly all items are claims, and a removal lacks most of a claim's fields:
        # so one pass is nearly always enough.
        claim = _claim_decoder.decode(raw)
        if not claim.kind.takes_away:
            return claim
    except msgspec.MsgspecError:
        pass
    try:
        removal = _removal_decoder.decode(raw)
        if not removal.kind.takes_away:
            raise msgspec.ValidationError("a claim or grant lacks some of its fields")
        return removal
    except msgspec.MsgspecError as error:
        raise ItemMalformed(
            f"this feed item cannot be read ({error}); expected a claim, grant,"
            " withdraw or revoke item; update the edge if the hub is newer"
        ) from error
