"""A claim: what one member says of one value, and how the others hear of it.

Values only, nothing is stored here. A `Draft` is a claim about to be made, parsed
and judged fit; a `Claim` is one as the hub keeps it. Each revision of a claim is
told in two tongues: as an item of the feed for edges and as a STIX indicator.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hanse.base.errors import Malformed
from hanse.base.ids import BrandId, CircleId, ClaimId, CollectionId, MemberId
from hanse.feed.sharing import Tlp
from hanse.observables.kinds import Observable

MAX_NOTE = 4_000  # characters
DEFAULT_CONFIDENCE = 80


class Category(StrEnum):
    """What the value is said to be part of."""

    PHISHING = "phishing"
    MALWARE = "malware"
    FAKE_APP = "fake-app"
    SCAM = "scam"
    HOTSPOT = "hotspot"
    C2 = "c2"
    SPAM = "spam"
    OTHER = "other"


class DraftUnfit(Malformed):
    """A claim that contradicts itself or a limit."""

    code = "intel.draft_unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A claim about to be made.

    `confidence` 0..100 as in STIX 2.1; `is_anonymous`: peers learn only how good
    the reporter's record is, the alliance knows who it was; `stix_id` is set when
    the claim was read from an indicator the member sent itself, `pot` when that was
    put into an operator-defined collection.
    """

    observable: Observable
    category: Category = Category.PHISHING
    confidence: int = DEFAULT_CONFIDENCE
    tlp: Tlp = Tlp.GREEN
    circles: frozenset[CircleId] = frozenset()
    is_anonymous: bool = False
    note: str = ""
    brand: BrandId | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    stix_id: str = ""
    pot: CollectionId | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 100:
            raise DraftUnfit("a confidence is a whole number from 0 to 100")
        if len(self.note) > MAX_NOTE:
            raise DraftUnfit(f"a note has at most {MAX_NOTE} characters; shorten it")
        if self.tlp is Tlp.RED and not self.circles:
            raise DraftUnfit(
                "TLP:RED is for named recipients; name at least one circle, or choose"
                " TLP:AMBER+STRICT"
            )
        if (
            self.valid_from is not None
            and self.valid_until is not None
            and self.valid_until <= self.valid_from
        ):
            raise DraftUnfit("the claim ends before it begins; mend one of the dates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim as the hub keeps it."""

    id: ClaimId
    observable_id: int
    observable: Observable
    member: MemberId
    category: Category
    confidence: int
    audience_id: int
    is_anonymous: bool
    note: str
    brand: BrandId | None
    valid_from: datetime
    valid_until: datetime | None
    is_active: bool
    status_reason: str
    revision: int
    reported_at: datetime
    revised_at: datetime
    stix_id: str
