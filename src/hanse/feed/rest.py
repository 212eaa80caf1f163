"""The feed over HTTP: catching up, the live stream, acknowledgements.

Handlers receive from the process: `database`, `tail`, `caller`, and `readmit`,
which looks again at whether a caller is still admitted.
"""

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from hanse.base.errors import Forbidden
from hanse.base.secret import Secret
from hanse.feed import reading, wire
from hanse.feed.as_of_now import Readmit, as_of_now
from hanse.feed.streaming import Tail, admit, to_wire
from hanse.membership.caller import Caller
from hanse.membership.machines import edges
from hanse.storage.tx import Database

MEDIA_TYPE = "application/json"


class NotAnEdge(Forbidden):
    """Only an edge has a place in the feed to acknowledge."""

    code = "feed.not_an_edge"


class Acknowledgement(msgspec.Struct, forbid_unknown_fields=True):
    """Everything before `cursor` has been applied, by an edge of this version."""

    cursor: str
    version: Annotated[str, msgspec.Meta(max_length=40)] = ""


CursorText = Annotated[
    str, Parameter(max_length=200, description="as given by `next`; empty: the start")
]
Limit = Annotated[int, Parameter(ge=1, le=reading.MAX_BATCH)]


@get(
    "/v1/feed",
    sync_to_thread=True,
    responses={200: ResponseSpec(wire.WireBatch, description="A batch")},
    summary="Catch up with the feed",
    tags=["feed"],
)
def read_feed(
    database: Database,
    caller: Caller,
    readmit: Readmit,
    cursor: CursorText = "",
    limit: Limit = 2_000,
) -> Response[bytes]:
    """The next items this caller may hear, removals first, with their proof."""
    caller.need("feed")
    with database.walk() as tx:
        secret = tx.tool(Secret)
        at = reading.open_cursor(secret, caller.viewer.member, cursor)
        batch = as_of_now(
            tx, caller, readmit, lambda c: reading.read(tx, c.viewer, at, limit)
        )
    sealed = reading.seal_cursor(secret, caller.viewer.member, batch.next)
    return Response(wire.encode(to_wire(batch, sealed)), media_type=MEDIA_TYPE)


@get(
    "/v1/feed/stream",
    summary="Follow the feed as server-sent events",
    tags=["feed"],
    response_headers=[
        ResponseHeader(name="Cache-Control", value="no-store"),
        ResponseHeader(name="X-Accel-Buffering", value="no"),
    ],
)
async def stream_feed(
    database: Database,
    tail: Tail,
    caller: Caller,
    readmit: Readmit,
    cursor: CursorText = "",
) -> Stream:
    """Events `batch` (as `GET /v1/feed`), `ping` every ten seconds, and `bye`."""
    caller.need("feed")
    with database.read() as tx:
        at = reading.open_cursor(tx.tool(Secret), caller.viewer.member, cursor)
        admitted = admit(tx, caller)

    async def events() -> AsyncIterator[bytes]:
        yield b": welcome\n\n"
        async for event in tail.batches(admitted, at, readmit):
            yield event

    return Stream(events, media_type="text/event-stream")


@post(
    "/v1/feed/ack",
    sync_to_thread=True,
    status_code=204,
    summary="Say how far this edge has applied the feed",
    tags=["feed"],
)
def acknowledge_feed(database: Database, caller: Caller, data: Acknowledgement) -> None:
    """The hub learns from it, and shows, how long each item took to protect all."""
    caller.need("feed")
    if caller.edge is None:
        raise NotAnEdge(
            "only an enrolled edge acknowledges; enrol one with a code from the hub"
        )
    with database.begin() as tx:
        cursor = reading.open_cursor(tx.tool(Secret), caller.viewer.member, data.cursor)
        reading.acknowledge(tx, caller.edge, cursor)
        if data.version:
            edges.note_version(tx, caller.edge, data.version)


HANDLERS = [read_feed, stream_feed, acknowledge_feed]
