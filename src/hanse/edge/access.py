"""Who may ask this edge: a key with the right scope, or anybody on this machine.

Without a key only where the edge was expressly opened on loopback, and then with
care for browsers: the Host header must name this machine (else any web page could
reach the edge by DNS rebinding), and no request sent on behalf of a web page is
answered.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from hanse.base.errors import Forbidden
from hanse.edge.keys import Holder, Scope, holder_of
from hanse.edge.running import Edge

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_USE_GRAIN = timedelta(minutes=1)

Connection = ASGIConnection[Any, Any, Any, Any]


class HostForeign(Forbidden):
    """The request was sent to another name than this machine's."""

    code = "edge.host_foreign"


class PageForeign(Forbidden):
    """A web page sent the request."""

    code = "edge.page_foreign"


class Uses:
    """When each key was last used, to the minute; written down by a later request."""

    def __init__(self) -> None:
        self._noted: dict[str, datetime] = {}

    def note(self, edge: Edge, holder: Holder) -> None:
        """Remember this use, unless one of this minute is known already."""
        now = edge.clock()
        noted = self._noted.get(holder.public_id)
        if noted is not None and now - noted < _USE_GRAIN:
            return
        self._noted[holder.public_id] = now
        task = asyncio.get_running_loop().create_task(
            _write_use(edge, holder.public_id, now)
        )
        task.add_done_callback(lambda done: done.exception())


async def _write_use(edge: Edge, public_id: str, now: datetime) -> None:
    async with edge.writing:
        with edge.local.begin():
            edge.local.note_key_use(public_id, now)


def needs(scope: Scope) -> Guard:
    """A guard that lets only those through who may do this."""

    # Async so that it runs in the event loop: a sync guard is sent to a thread.
    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        edge: Edge = connection.app.state.edge
        authorization = connection.headers.get("authorization", "")
        is_open = edge.settings.is_open_on_loopback and scope is not Scope.ADMIN
        if is_open and not authorization:
            require_local(connection)
            return
        holder = holder_of(edge.local, authorization)
        holder.need(scope)
        connection.app.state.uses.note(edge, holder)

    return guard


def require_local(connection: Connection) -> None:
    """Raise HostForeign or PageForeign unless a program on this machine asks."""
    host = connection.headers.get("host", "")
    if _without_port(host) not in _LOCAL_NAMES:
        raise HostForeign(
            "This edge is open without a key to this machine only: ask it by the name "
            "127.0.0.1 or localhost, or send a key."
        )
    site = connection.headers.get("sec-fetch-site", "none")
    if "origin" in connection.headers or site not in ("none", "same-origin"):
        raise PageForeign(
            "Web pages may not ask this edge; ask it from a program, or send a key."
        )


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
