"""Objects to keep in tests, and members and audiences for them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from hanse.base.clock import rfc3339
from hanse.base.ids import CollectionId, MemberId
from hanse.intel.objects.filters import View
from hanse.intel.objects.keeping import UNVERSIONED, NewObject
from hanse.storage.tx import Tx

DAY_0 = datetime(2026, 1, 1, tzinfo=UTC)


def stix_id(number: int, kind: str = "indicator") -> str:
    """The same id for the same number."""
    return f"{kind}--00000000-0000-4000-8000-{number:012d}"


def told(
    number: int,
    day: int | None = 0,
    *,
    audience: int,
    member: MemberId | None = None,
    spec_version: str = "2.1",
    kind: str = "indicator",
    pot: CollectionId | None = None,
) -> NewObject:
    """An object's version of a day; None for what has no versions."""
    modified = None if day is None else DAY_0 + timedelta(days=day)
    version = "" if modified is None else rfc3339(modified)
    return NewObject(
        stix_id=stix_id(number, kind),
        type=kind,
        spec_version=spec_version,
        version=version,
        version_at=modified or UNVERSIONED,
        audience_id=audience,
        member=member,
        is_enforceable=kind == "indicator",
        body=msgspec.json.encode(
            {"id": stix_id(number, kind), "modified": version, "a": audience}
        ),
        pot=pot,
    )


def add_member(tx: Tx) -> MemberId:
    """An active member."""
    number = uuid4()
    tx.conn.execute(
        "insert into member (id, name_en, name_zh, sector, customers, status,"
        " applied_at) values (%s, %s, 'x', 'shop', 1, 'active', %s)",
        (number, str(number), tx.now),
    )
    return MemberId(number)


def add_audience(tx: Tx, origin: MemberId | None = None) -> int:
    """An audience that is told apart from all others by a circle of its own."""
    row = tx.conn.execute(
        "insert into audience (origin, tlp, circles) values (%s, 'green', %s)"
        " returning id",
        (origin, [uuid4()]),
    ).fetchone()
    assert row is not None
    return int(row[0])


def seen(tx: Tx, audiences: Sequence[int], **more: Any) -> View:
    """A view of these audiences, as of now."""
    row = tx.conn.execute("select n from membership_epoch").fetchone()
    assert row is not None
    return View(audiences, row[0], **more)
