"""Pages of a list: a cursor is the place behind which the next page begins.

Opaque to clients: it is made here and only read here. Lists are ordered by an instant
and an id, so that a page never skips or repeats what was there all the time.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from hanse.base.errors import Malformed

MAX_LIMIT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
START = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))

Item = TypeVar("Item")


class CursorMalformed(Malformed):
    """A cursor that this hub did not make."""

    code = "cursor_malformed"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list; `next` is empty when there is nothing behind it."""

    items: Sequence[Item]
    next: str = ""


def page_of(
    found: Sequence[Item], limit: int, place: Callable[[Item], tuple[datetime, UUID]]
) -> Page[Item]:
    """A page of `limit` from up to `limit + 1` that were found."""
    if len(found) <= limit:
        return Page(found)
    items = found[:limit]
    return Page(items, _cursor(*place(items[-1])))


def behind(cursor: str) -> tuple[datetime, UUID]:
    """The place a page begins behind; an empty cursor is the start."""
    if not cursor:
        return START
    try:
        raw = base64.urlsafe_b64decode(cursor)
        if len(raw) != 24:
            raise ValueError
        at = _EPOCH + int.from_bytes(raw[:8], "big", signed=True) * _MICROSECOND
        return at, UUID(bytes=raw[8:])
    except (binascii.Error, ValueError, OverflowError):
        raise CursorMalformed(
            "this cursor is not one of this list; begin without one", pointer="/cursor"
        ) from None


def _cursor(at: datetime, last: UUID) -> str:
    micros = (at - _EPOCH) // _MICROSECOND
    raw = micros.to_bytes(8, "big", signed=True) + last.bytes
    return base64.urlsafe_b64encode(raw).decode()
