"""The STIX objects Hanse itself publishes, as canonical compact JSON bytes.

An indicator for each claim, an identity for each member (one for the alliance,
which speaks for anonymous reporters), a sighting for counted hits. The same
arguments always give the same bytes (RFC 8785: sorted members, no blanks), so a
revision that changes nothing changes no byte. Empty properties are left out, as
STIX wants. Identifiers and instants are arguments; see `ids.keyed_id`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hanse.base.clock import rfc3339
from hanse.feed.sharing import Tlp
from hanse.intel.stix.markings import TLP_MARKING_IDS
from hanse.intel.stix.patterns import make_pattern

# STIX 2.1, 5.2.1; what is more than that is reported as that.
MAX_COUNT = 999_999_999

_LONGEST_NAME = 200
_encode = msgspec.json.Encoder(order="deterministic").encode


def indicator(
    *,
    id: str,  # noqa: A002
    created_by_ref: str,
    created: datetime,
    modified: datetime,
    kind: str,
    value: str,
    valid_from: datetime,
    tlp: str,
    valid_until: datetime | None = None,
    name: str = "",
    description: str = "",
    indicator_types: Sequence[str] = (),
    labels: Sequence[str] = (),
    confidence: int | None = None,
    revoked: bool = False,
    external_references: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """The indicator that says what one claim says; `kind` as in `make_pattern`.

    Without a name it is called after its value. Raises ValueError for a kind or a
    TLP level that is not known.
    """
    return _object(
        "indicator",
        id,
        created,
        modified,
        created_by_ref=created_by_ref,
        name=name or _shortened(f"{kind}: {value}"),
        description=description,
        indicator_types=indicator_types,
        pattern=make_pattern(kind, value),
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=rfc3339(valid_from),
        valid_until=rfc3339(valid_until) if valid_until else None,
        labels=labels,
        confidence=confidence,
        revoked=revoked or None,
        external_references=external_references,
        object_marking_refs=[TLP_MARKING_IDS[Tlp(tlp)]],
    )


def identity(
    *,
    id: str,  # noqa: A002
    created: datetime,
    modified: datetime,
    name: str,
    identity_class: str = "organization",
    description: str = "",
    sectors: Sequence[str] = (),
    contact_information: str = "",
    created_by_ref: str | None = None,
) -> bytes:
    """The identity of a member, or of the alliance itself."""
    return _object(
        "identity",
        id,
        created,
        modified,
        created_by_ref=created_by_ref,
        name=name,
        description=description,
        identity_class=identity_class,
        sectors=sectors,
        contact_information=contact_information,
    )


def sighting(
    *,
    id: str,  # noqa: A002
    created_by_ref: str,
    created: datetime,
    modified: datetime,
    sighting_of_ref: str,
    count: int,
    first_seen: datetime,
    last_seen: datetime,
    tlp: str,
    where_sighted_refs: Sequence[str] = (),
) -> bytes:
    """How often something was met with, between two instants."""
    return _object(
        "sighting",
        id,
        created,
        modified,
        created_by_ref=created_by_ref,
        sighting_of_ref=sighting_of_ref,
        count=min(count, MAX_COUNT),
        first_seen=rfc3339(first_seen),
        last_seen=rfc3339(last_seen),
        where_sighted_refs=where_sighted_refs,
        object_marking_refs=[TLP_MARKING_IDS[Tlp(tlp)]],
    )


def _object(
    kind: str,
    identifier: str,
    created: datetime,
    modified: datetime,
    /,
    **properties: Any,
) -> bytes:
    given = {
        name: item
        for name, item in properties.items()
        if item is not None and (isinstance(item, int) or len(item) > 0)
    }
    return _encode(
        {
            "type": kind,
            "spec_version": "2.1",
            "id": identifier,
            "created": rfc3339(created),
            "modified": rfc3339(modified),
            **given,
        }
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
