"""The one place where the time of day is read.

Doors read it once per request and pass it down; nothing below a door asks.
All instants are timezone-aware and in UTC.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC, microseconds."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """RFC 3339 with exactly six fractional digits and `Z` (TAXII 2.1, 1.5)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
