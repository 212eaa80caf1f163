"""The resources of TAXII 2.1 as JSON: what stands in the answers.

Plain values with the standard's property names (sections 3.6, 3.7, 4 and 5).
Properties that would be empty are left out, as the standard demands of lists.
Envelopes are put together from stored bytes, which are never parsed again.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hanse.base.clock import rfc3339
from hanse.intel.taxii.media import TAXII

_encode = msgspec.json.Encoder().encode


class _Resource(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    def encode(self) -> bytes:
        """As JSON."""
        return _encode(self)


class Error(_Resource, frozen=True):
    """Section 3.6.1. `http_status` is a string."""

    title: str
    description: str = ""
    error_code: str = ""
    http_status: str = ""


class Discovery(_Resource, frozen=True):
    """Section 4.1.1."""

    title: str
    description: str = ""
    contact: str = ""
    default: str | None = None
    api_roots: Sequence[str] = ()


class ApiRoot(_Resource, frozen=True):
    """Section 4.2.1."""

    title: str
    max_content_length: int
    description: str = ""
    versions: Sequence[str] = msgspec.field(default_factory=list)

    def encode(self) -> bytes:
        """As JSON, always with the one version there is."""
        return _encode(msgspec.structs.replace(self, versions=[TAXII]))


class CollectionResource(_Resource, frozen=True):
    """Section 5.2.1."""

    id: UUID
    title: str
    can_read: bool
    can_write: bool
    media_types: Sequence[str]
    description: str = ""
    alias: str | None = None


class Collections(_Resource, frozen=True):
    """Section 5.1.1."""

    collections: Sequence[CollectionResource] = ()


class ManifestRecord(_Resource, frozen=True):
    """Section 5.3.1."""

    id: str
    date_added: str
    version: str
    media_type: str


class Manifest(_Resource, frozen=True):
    """Section 5.3.1."""

    more: bool = False
    objects: Sequence[ManifestRecord] = ()


class VersionList(_Resource, frozen=True):
    """Section 5.8.1."""

    more: bool = False
    versions: Sequence[str] = ()


class StatusDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Section 4.3.1, status-details: one object of a contribution."""

    id: str
    version: str
    message: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Section 4.3.1. Everything is done at once here, so nothing is ever pending."""

    id: UUID
    request_timestamp: str
    total_count: int
    success_count: int
    failure_count: int
    successes: Sequence[StatusDetails] | msgspec.UnsetType = msgspec.UNSET
    failures: Sequence[StatusDetails] | msgspec.UnsetType = msgspec.UNSET
    status: str = "complete"
    pending_count: int = 0

    def encode(self) -> bytes:
        """As JSON; lists that are unset are left out."""
        return _encode(self)


def media_type_of(spec_version: str) -> str:
    """The media type of an object of this version of STIX."""
    return f"application/stix+json;version={spec_version}"


def version_text(version: str, added: datetime) -> str:
    """An object's version as told; for what has none, when it was added (5.3.1)."""
    return version or rfc3339(added)


def envelope(joined: bytes, following: str | None) -> bytes:
    """Section 3.7 around objects that are joined by commas already."""
    if not joined:
        return b"{}"
    if following is None:
        return b"".join((b'{"more":false,"objects":[', joined, b"]}"))
    head = b'{"more":true,"next":' + _encode(following) + b',"objects":['
    return b"".join((head, joined, b"]}"))
