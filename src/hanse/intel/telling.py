"""A claim in the two tongues it travels in: feed item and STIX indicator.

Pure. What an anonymous reporter's claim says of its source is decided here, once
for both: a band, never a name, and identifiers keyed by the hub's secret, so that
nobody can link two of its claims by their ids.
"""

from datetime import datetime

from hanse.base.ids import MemberId
from hanse.base.secret import Secret
from hanse.feed.item import ClaimBody, ItemKind, Source
from hanse.feed.sharing import Audience
from hanse.intel.claim import Category, Claim
from hanse.intel.stix import ids, making

# A record is told in bands coarse enough not to point at anyone.
NEW_BELOW = 20  # claims
GOOD_BELOW = 0.05  # share of claims withdrawn

INDICATOR_TYPES = {
    Category.PHISHING: "malicious-activity",
    Category.MALWARE: "malicious-activity",
    Category.FAKE_APP: "malicious-activity",
    Category.SCAM: "malicious-activity",
    Category.HOTSPOT: "malicious-activity",
    Category.C2: "malicious-activity",
    Category.SPAM: "anomalous-activity",
    Category.OTHER: "unknown",
}


def band(claims: int, withdrawn: int) -> str:
    """How good a record is: `new`, `good` or `mixed`."""
    if claims < NEW_BELOW:
        return "new"
    return "good" if withdrawn / claims < GOOD_BELOW else "mixed"


def source_of(claim: Claim, member_name: str, record: tuple[int, int]) -> Source:
    """Who says so, as far as peers may know. `record`: (claims, withdrawn)."""
    if claim.is_anonymous:
        return Source(band=band(*record))
    return Source(member=claim.member, name=member_name)


def item_body(
    claim: Claim, audience: Audience, source: Source, brand_name: str, at: datetime
) -> ClaimBody:
    """The claim as edges hear it."""
    return ClaimBody(
        kind=ItemKind.CLAIM,
        claim=claim.id,
        revision=claim.revision,
        observable_kind=claim.observable.kind.value,
        value=claim.observable.value,
        category=claim.category.value,
        confidence=claim.confidence,
        tlp=audience.tlp,
        circles=tuple(sorted(audience.circles)),
        source=source,
        valid_from=claim.valid_from,
        valid_until=claim.valid_until,
        brand=claim.brand,
        brand_name=brand_name,
        note=claim.note,
        at=at,
    )


def indicator_id(secret: Secret, claim_id: object) -> str:
    """The STIX id of a claim, the same in all its versions."""
    return ids.keyed_id(secret.derive("stix.indicator"), "indicator", str(claim_id))


def identity_id(secret: Secret, member: MemberId | None) -> str:
    """The STIX id of a member, or of the alliance where the reporter is anonymous."""
    subject = "alliance" if member is None else str(member)
    return ids.keyed_id(secret.derive("stix.identity"), "identity", subject)


def indicator(claim: Claim, audience: Audience, secret: Secret) -> bytes:
    """The claim as a STIX 2.1 indicator; withdrawn means `revoked`."""
    return making.indicator(
        id=claim.stix_id,
        created_by_ref=identity_id(
            secret, None if claim.is_anonymous else claim.member
        ),
        created=claim.reported_at,
        modified=claim.revised_at,
        kind=claim.observable.kind.value,
        value=claim.observable.value,
        indicator_types=[INDICATOR_TYPES[claim.category]],
        labels=[claim.category.value],
        confidence=claim.confidence,
        valid_from=claim.valid_from,
        valid_until=claim.valid_until,
        description=claim.note,
        tlp=audience.tlp.value,
        revoked=not claim.is_active,
    )
