"""What POST does (TAXII 2.1, 5.5): objects come in, all that can be taken are kept.

Each object is judged by itself: STIX by `intel.stix`, customers' data by
`intel.privacy`, and whether its traffic light fits the collection here. One that
cannot be taken is named in the status resource with the reason; the others are kept
at once, so the status is complete when it is given out. What was told before, by the
same member for the same audience, is a success that changes nothing.

For whom an object is meant: a circle's collection adds the circle, a pot itself;
its strictest traffic light counts, GREEN where it has none (AMBER in a circle).
TLP:RED is for named people and so is taken in a circle's collection alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.clock import rfc3339
from hanse.base.errors import Refusal
from hanse.base.ids import new_uuid
from hanse.feed import audiences
from hanse.feed.sharing import Audience, Tlp
from hanse.intel import deriving, privacy
from hanse.intel.objects import NewObject, keep
from hanse.intel.objects.keeping import UNVERSIONED
from hanse.intel.stix import timestamps
from hanse.intel.stix.ids import type_of
from hanse.intel.stix.markings import tlp_of
from hanse.intel.stix.validate import (
    EnvelopeLimits,
    Header,
    StixInvalid,
    read_envelope,
    read_object,
)
from hanse.intel.taxii import resources, store
from hanse.intel.taxii.catalogue import Collection
from hanse.intel.taxii.reading import named
from hanse.intel.taxii.resources import StatusDetails
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx

MAX_CONTENT_BYTES = 32 * 2**20
MAX_OBJECTS = 50_000
MOST_NAMED = 20  # objects named in the log; the digest covers all
MOST_DETAILED = 5_000  # objects named in a status resource, of each outcome

_LIMITS = EnvelopeLimits(max_bytes=MAX_CONTENT_BYTES, max_objects=MAX_OBJECTS)
# A list of 16 million numbers fits into the body and would take a gigabyte apart.
# STIX has a comma every 30 bytes or so; this bounds what the decoder can be made
# to build.
_MAX_COMMAS = 2_000_000


class EnvelopeUnreadable(Refusal):
    """The body is not a TAXII envelope (3.7)."""

    code = "taxii.envelope_unreadable"
    status = 422


class Taken(msgspec.Struct, frozen=True):
    """An object that can be kept, and for whom. `indicator`: its content if it is one.

    Of other objects the content is let go at once: an envelope's together would be
    ten times as large as its bytes.
    """

    header: Header
    raw: bytes
    audience: Audience
    indicator: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """An envelope's objects, in two heaps."""

    taken: tuple[Taken, ...]
    failed: tuple[StatusDetails, ...]


@dataclass(slots=True)
class Receipt:
    """The status resource (4.3.1) as JSON, written in the transaction's seal."""

    status: bytes = b""


def judge(body: bytes, caller: Caller, collection: Collection) -> Judged:
    """Take an envelope apart and judge each object. Needs no database.

    Raises:
        EnvelopeUnreadable: it is not an envelope, or holds too much.
    """
    refuse_too_many_values(body)
    try:
        raws = read_envelope(body, _LIMITS)
    except StixInvalid as error:
        raise EnvelopeUnreadable(error.message, pointer=error.pointer) from error
    return judge_objects(raws, caller, collection)


def refuse_too_many_values(body: bytes) -> None:
    """Raise `EnvelopeUnreadable` for what would grow too large when decoded."""
    if body.count(b",") > _MAX_COMMAS:
        raise EnvelopeUnreadable("it holds too many values; send it in parts")


def judge_objects(
    raws: Sequence[bytes], caller: Caller, collection: Collection
) -> Judged:
    """Judge objects one by one, wherever they came from."""
    taken, failed = [], []
    meant = _Meant(caller, collection)
    for raw in raws:
        try:
            taken.append(_judge(raw, meant))
        except Refusal as refusal:
            failed.append(_failure(raw, refusal))
    return Judged(tuple(taken), tuple(failed))


def contribute(
    tx: Tx, caller: Caller, collection: Collection, judged: Judged
) -> Receipt:
    """Keep what was taken; the receipt can be read after the commit.

    Raises:
        WritingRefused: the caller may not write here (403).
    """
    collection.need_writing()
    receipt = Receipt()
    objects = _new_objects(tx, collection, judged.taken)

    def placed(tx: Tx, dates: Sequence[datetime]) -> None:
        status = _status(tx, new_uuid(), judged, dates)
        receipt.status = status.encode()
        root = collection.row.root
        store.insert_status(tx, status.id, root, named(caller), receipt.status)

    kept = keep(tx, objects, placed)
    if judged.taken:
        _note(tx, caller, collection, judged)
    fresh = {id(each) for each in kept.fresh}
    _derive(
        tx,
        caller,
        [
            deriving.Told(taken.indicator, taken.audience)
            for taken, each in zip(judged.taken, objects, strict=True)
            if taken.indicator is not None and id(each) in fresh
        ],
    )
    return receipt


# --- judging -----------------------------------------------------------------


class MarkingRefused(Refusal):
    """The traffic light does not fit the collection."""

    code = "taxii.marking_refused"
    status = 422


class _Meant(dict[Tlp | None, Audience]):
    """For whom an object is meant, by its traffic light; raises `MarkingRefused`."""

    def __init__(self, caller: Caller, collection: Collection) -> None:
        super().__init__()
        self._origin = caller.member
        self._circle = collection.row.circle
        self._pot = collection.pot

    def __missing__(self, told: Tlp | None) -> Audience:
        if self._circle is not None:
            circles = frozenset({self._circle})
            audience = Audience(self._origin, told or Tlp.AMBER, circles)
        elif told is Tlp.RED:
            raise MarkingRefused(
                "the object is marked TLP:RED, which is for named people: put it into"
                " a circle's collection, or mark it less strictly"
            )
        else:
            audience = Audience(self._origin, told or Tlp.GREEN, pot=self._pot)
        self[told] = audience
        return audience


def _judge(raw: bytes, meant: _Meant) -> Taken:
    header, content = read_object(raw)
    privacy.keep_out(privacy.scan(raw))
    audience = meant[tlp_of(header.markings) if header.markings else None]
    if header.type == "indicator":
        return Taken(header, raw, audience, content)
    return Taken(header, raw, audience)


class _Told(msgspec.Struct):
    id: Any = None
    modified: Any = None
    created: Any = None


_read_told = msgspec.json.Decoder(_Told).decode


def _failure(raw: bytes, refusal: Refusal) -> StatusDetails:
    """Why it was not taken; of what was sent only an identifier and a timestamp."""
    try:
        told = _read_told(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        told = _Told()
    version = told.modified or told.created
    is_named = isinstance(told.id, str) and type_of(told.id) is not None
    is_dated = isinstance(version, str) and timestamps.parse(version) is not None
    return StatusDetails(
        id=told.id if is_named else "",
        version=version if is_dated else "",
        message=refusal.message,
    )


# --- keeping -----------------------------------------------------------------


def _new_objects(
    tx: Tx, collection: Collection, taken: Sequence[Taken]
) -> list[NewObject]:
    # By `id`: an envelope's objects share a few audiences, which are slow to hash.
    meant = {id(each.audience): each.audience for each in taken}
    numbers = {n: audiences.audience_id(tx, each) for n, each in meant.items()}
    pot = collection.pot
    return [
        NewObject(
            stix_id=each.header.id,
            type=each.header.type,
            spec_version=each.header.spec_version,
            version=each.header.version or "",
            version_at=each.header.version_at or UNVERSIONED,
            audience_id=numbers[id(each.audience)],
            member=each.audience.origin,
            is_enforceable=each.indicator is not None
            and deriving.is_enforceable(each.indicator),
            body=each.raw,
            pot=pot,
        )
        for each in taken
    ]


def _status(
    tx: Tx, number: UUID, judged: Judged, dates: Sequence[datetime]
) -> resources.Status:
    done = [
        StatusDetails(
            taken.header.id, resources.version_text(taken.header.version or "", added)
        )
        for taken, added in zip(
            judged.taken[:MOST_DETAILED], dates[:MOST_DETAILED], strict=True
        )
    ]
    return resources.Status(
        id=number,
        request_timestamp=rfc3339(tx.now),
        total_count=len(judged.taken) + len(judged.failed),
        success_count=len(judged.taken),
        failure_count=len(judged.failed),
        successes=done or UNSET,
        failures=judged.failed[:MOST_DETAILED] or UNSET,
    )


def _note(tx: Tx, caller: Caller, collection: Collection, judged: Judged) -> None:
    digest = sha256()
    for each in judged.taken:
        told = f"{each.header.id}\n{each.header.version or ''}\n".encode()
        digest.update(told + sha256(each.raw).digest())
    log.append(
        tx,
        Event(
            "taxii.objects_added",
            caller.actor,
            f"collection:{collection.row.id}",
            {
                "taken": len(judged.taken),
                "refused": len(judged.failed),
                "first": [each.header.id for each in judged.taken[:MOST_NAMED]],
                "sha256": digest.hexdigest(),
            },
        ),
    )


def _derive(tx: Tx, caller: Caller, told: Sequence[deriving.Told]) -> None:
    """Have new indicators enforced: who may put them in, may report through them."""
    if told and caller.member is not None:
        reporter = replace(caller, scopes=caller.scopes | {Scope.REPORT})
        deriving.claims_from_stix(tx, reporter, told)
