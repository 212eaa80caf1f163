"""STIX bundles and MISP events over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.concurrency import sync_to_thread
from litestar.params import Parameter

from hanse.feed.sharing import Tlp
from hanse.intel.claim import DEFAULT_CONFIDENCE, Category
from hanse.intel.exchange import deeds
from hanse.intel.importing.deeds import Defaults
from hanse.intel.rest import ReportedAnswer, reported
from hanse.intel.taxii.contributing import MAX_CONTENT_BYTES
from hanse.membership.caller import Caller
from hanse.storage.once import Door
from hanse.storage.tx import Tx

MAX_NAMED = 1_000  # objects not taken that an answer names


class FailedAnswer(msgspec.Struct, frozen=True):
    """An object that could not be taken, and why."""

    id: str
    version: str
    message: str


class ReceivedAnswer(msgspec.Struct, frozen=True):
    """What became of a bundle."""

    taken: int
    failed_count: int
    failed: list[FailedAnswer]


@post(
    "/v1/bundles",
    status_code=201,
    tags=["exchange"],
    summary="Send a STIX 2.1 bundle",
    request_max_body_size=MAX_CONTENT_BYTES,
)
async def send_bundle(
    request: Request[Any, Any, Any], door: Door, caller: Caller
) -> ReceivedAnswer:
    """Every object is judged by itself; those that can be taken are kept."""
    body = await request.body()

    def deed(tx: Tx) -> ReceivedAnswer:
        got = deeds.receive_bundle(tx, caller, body)
        named = [FailedAnswer(f.id, f.version, f.message) for f in got.failed]
        return ReceivedAnswer(got.taken, len(named), named[:MAX_NAMED])

    return await sync_to_thread(door.once, ReceivedAnswer, deed)


@post(
    "/v1/misp",
    status_code=201,
    tags=["exchange"],
    summary="Send a MISP event",
    request_max_body_size=MAX_CONTENT_BYTES,
)
async def send_misp(
    request: Request[Any, Any, Any],
    door: Door,
    caller: Caller,
    *,
    category: Category = Category.PHISHING,
    confidence: Annotated[int, Parameter(ge=0, le=100)] = DEFAULT_CONFIDENCE,
    tlp: Tlp = Tlp.GREEN,
    circle: list[UUID] | None = None,
    anonymous: bool = False,
) -> ReportedAnswer:
    """One event, a list, or a response; attributes that name no value are skipped."""
    body = await request.body()
    defaults = Defaults(
        category=category,
        confidence=confidence,
        tlp=tlp,
        circles=tuple(circle or ()),
        is_anonymous=anonymous,
    )

    def deed(tx: Tx) -> ReportedAnswer:
        return reported(deeds.receive_misp(tx, caller, body, defaults))

    return await sync_to_thread(door.once, ReportedAnswer, deed)


HANDLERS = [send_bundle, send_misp]
