"""Identifiers: what names a member, a circle, a claim.

Ids are random UUIDs (version 4) and say nothing about order or origin, so that
handing one out gives nothing away. `NewType`s keep a circle's id from being
passed where a member's is meant.
"""

from typing import NewType
from uuid import UUID, uuid4

MemberId = NewType("MemberId", UUID)
PersonId = NewType("PersonId", UUID)
CircleId = NewType("CircleId", UUID)
BrandId = NewType("BrandId", UUID)
KeyId = NewType("KeyId", UUID)
EdgeId = NewType("EdgeId", UUID)
ClaimId = NewType("ClaimId", UUID)
CollectionId = NewType("CollectionId", UUID)


def new_uuid() -> UUID:
    """A fresh random UUID."""
    return uuid4()
