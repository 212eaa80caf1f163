"""One edge behind HTTP: Litestar put together, Granian in the same process.

`create_app` serves an edge that somebody else starts and stops; `serve` runs both
until it is told to stop. One process, one event loop: an edge needs no more, and the
index lies in memory once.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from hanse import __version__
from hanse.base.errors import Conflict
from hanse.edge import keys, problems, rest, serving
from hanse.edge.access import Uses
from hanse.edge.running import Edge
from hanse.edge.settings import Listen

_STOP_SECONDS = 5.0
_REFUSAL = {
    "description": "Refused; `code` says why (RFC 9457)",
    "content": {
        problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
    },
}
_CLOSED = {"Question", "Switch", "Release", "NewException"}  # no unknown fields
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class PortTaken(Conflict):
    """The address to listen on is taken, or not this machine's."""

    code = "edge.port_taken"


def create_app(edge: Edge) -> Litestar:
    """The HTTP door of this edge."""
    return Litestar(
        route_handlers=[openapi, *rest.HANDLERS],
        exception_handlers=problems.HANDLERS,
        state=State({"edge": edge, "uses": Uses()}),
        before_send=[_add_headers],
        request_max_body_size=64 * 1024,
        openapi_config=OpenAPIConfig(
            title="Hanse edge",
            version=__version__,
            description="Checks against what the alliance shares, at a member's own.",
            path="/openapi",
            render_plugins=[],
            components=Components(
                security_schemes={
                    "key": SecurityScheme(
                        type="http", scheme="bearer", bearer_format="hanse_..."
                    )
                }
            ),
            security=[{"key": []}],
        ),
        logging_config=None,
    )


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What the edge answers, as OpenAPI 3.1; every refusal is a problem."""
    described: dict[str, Any] = request.app.openapi_schema.to_schema()
    for path in described["paths"].values():
        for operation in path.values():
            # The framework describes a 400 of its own that nobody is sent.
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = _REFUSAL
    for schema in described["components"]["schemas"].values():
        if schema.get("title") in _CLOSED:
            schema["additionalProperties"] = False
    return described


def _require_free(listen: Listen) -> None:
    # Granian shares its port (SO_REUSEPORT): a second server on it would not fail but
    # take half of the requests.
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            raise PortTaken(
                f"Nothing can listen on {listen.host}:{listen.port} "
                f"({error.strerror}). Name another address with --listen."
            ) from error


async def _add_headers(message: Message, _: Scope) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = [*message.get("headers", []), *_HEADERS]


@asynccontextmanager
async def served(edge: Edge, listen: Listen) -> AsyncIterator[None]:
    """HTTP before a started edge, for as long as the block lasts."""
    _require_free(listen)
    keys.own_key(edge.local, edge.settings.data, edge.clock())
    server: Any = Server(
        create_app(edge),
        address=listen.host,
        port=listen.port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        websockets=False,
    )
    running = asyncio.create_task(server.serve())
    try:
        await asyncio.sleep(0)
        if running.done():
            running.result()
        serving.announce(edge.settings.data, serving.Running(listen.url, os.getpid()))
        yield
    finally:
        serving.retract(edge.settings.data)
        server.stop()
        # Granian waits for open connections; a client that keeps one must not keep us.
        await asyncio.wait({running}, timeout=_STOP_SECONDS)
        running.cancel()
