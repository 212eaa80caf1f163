"""Keeping the STIX objects that Hanse makes itself, such as the indicator of a claim.

They are well formed by construction and are not judged again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from hanse.base.ids import CollectionId, MemberId
from hanse.intel.objects.keeping import NewObject, keep
from hanse.intel.stix import timestamps
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnObject:
    """A STIX object of ours: for whom, and in which member's name it was made.

    `pot`: the operator-defined collection it lies in with what it was made from.
    """

    body: bytes
    audience_id: int
    member: MemberId | None
    pot: CollectionId | None = None


class _Header(msgspec.Struct):
    id: str
    type: str
    modified: str


_decode = msgspec.json.Decoder(_Header).decode


def keep_own(tx: Tx, objects: Sequence[OwnObject]) -> None:
    """Keep these; each version once."""
    if objects:
        keep(tx, [_new(each) for each in objects])


def _new(each: OwnObject) -> NewObject:
    header = _decode(each.body)
    return NewObject(
        stix_id=header.id,
        type=header.type,
        spec_version="2.1",
        version=header.modified,
        version_at=_instant(header.modified),
        audience_id=each.audience_id,
        member=each.member,
        # What Hanse makes from a claim always stands for one value an edge can meet.
        is_enforceable=header.type == "indicator",
        body=each.body,
        pot=each.pot,
    )


def _instant(text: str) -> datetime:
    instant = timestamps.parse(text)
    if instant is None:
        raise ValueError("an object of ours has a `modified` that is no timestamp")
    return instant
