"""Room for request bodies: how many bytes a process takes in at once, and how long.

Routes bound one body; here all bodies in flight are bounded together, and the time
each may take, so that many large or slow ones neither fill the memory nor hold room
that others wait for. The guard claims room once it knows who is calling, so that
strangers take none; `BodyRoom` gives it back when the request is over.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from hanse.base.errors import Refusal

LARGEST_BYTES = 32 * 2**20  # what any route takes
ROOM_BYTES = 4 * LARGEST_BYTES
SMALL_BYTES = 64 * 2**10  # such a body needs no claim
BODY_SECONDS = 120.0

_CLAIMED = "hanse.room"


class TooBusy(Refusal):
    """Other bodies take all the room there is."""

    code = "hub.too_busy"
    status = 503
    retry_after_seconds = 2


class TooSlow(Refusal):
    """The body did not arrive in time."""

    code = "hub.too_slow"
    status = 408


@dataclass(slots=True)
class Room:
    """The bytes claimed in this process. Used in the event loop only."""

    size: int = ROOM_BYTES
    taken: int = field(default=0, init=False)

    def claim(self, scope: Scope) -> None:
        """Claim room for this request's body, until `release`.

        Raises:
            TooBusy: there is none at the moment.
        """
        wanted = _wanted(scope)
        if wanted <= SMALL_BYTES:
            return
        if self.taken + wanted > self.size:
            raise TooBusy("the hub is busy with other contributions; try again shortly")
        self.taken += wanted
        scope["state"][_CLAIMED] = wanted

    def release(self, scope: Scope) -> None:
        """Give back what this request claimed, if anything."""
        self.taken -= scope["state"].pop(_CLAIMED, 0)


class BodyRoom(ASGIMiddleware):
    """Bounds the time a body takes, and releases its room at the end."""

    scopes = (ScopeType.HTTP, ScopeType.ASGI)

    def __init__(self, room: Room, seconds: float = BODY_SECONDS) -> None:
        self._room = room
        self._seconds = seconds

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp
    ) -> None:
        """One request."""
        try:
            await next_app(scope, self._in_time(receive), send)
        finally:
            self._room.release(scope)

    def _in_time(self, receive: Receive) -> Receive:
        due: float | None = None
        is_whole = False

        async def receive_in_time() -> Any:
            nonlocal due, is_whole
            if is_whole:  # what is waited for now is the connection's end
                return await receive()
            due = due or asyncio.get_running_loop().time() + self._seconds
            try:
                async with asyncio.timeout_at(due):
                    message = await receive()
            except TimeoutError as error:
                raise TooSlow(
                    f"the body did not arrive within {self._seconds:.0f} seconds; send"
                    " less at once"
                ) from error
            is_whole = not dict(message).get("more_body", False)
            return message

        return receive_in_time


def _wanted(scope: Scope) -> int:
    """The bytes a body says it has; without a word, as many as any may have."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    said = headers.get(b"content-length", b"")
    if said.isdigit():
        return min(int(said), LARGEST_BYTES)  # what is longer is refused by its route
    return LARGEST_BYTES if b"transfer-encoding" in headers else 0
