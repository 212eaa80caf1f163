"""The hub, put together: routers, guard, refusals, headers, what runs beside them.

Explicit lists and plain imports; nothing is scanned. `worker` says how a process
comes by it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ControllerRouterHandler, Message, Scope

from hanse import __version__
from hanse.audit import rest as audit_rest
from hanse.base.secret import Secret
from hanse.feed import rest as feed_rest
from hanse.feed.as_of_now import Readmit
from hanse.feed.streaming import Tail
from hanse.hub import access, describing, pots, problems, rest
from hanse.hub.access import OPEN, UNSEEN, Access
from hanse.hub.housekeeping import keep_house
from hanse.hub.importing import work_off_imports
from hanse.hub.methods import options_handlers
from hanse.hub.room import BodyRoom, Room
from hanse.hub.screens import site
from hanse.hub.settings import Settings
from hanse.intel import rest as intel_rest
from hanse.intel.exchange import rest as exchange_rest
from hanse.intel.lookup import rest as lookup_rest
from hanse.intel.taxii import catalogue
from hanse.intel.taxii import rest as taxii_rest
from hanse.membership import alliance
from hanse.membership import rest as membership_rest
from hanse.membership.machines import rest as machines_rest
from hanse.membership.uses import Uses
from hanse.storage.tx import Database

MAX_BODY_BYTES = 1_000_000  # a route for bulk says so itself
Life = Callable[[Litestar], AbstractAsyncContextManager[None]]

# Everything the hub answers. One router holds them all: Litestar 2.25 breaks the
# first of several handlers that reach one path through separate registrations.
HANDLERS: Sequence[ControllerRouterHandler] = [
    *audit_rest.HANDLERS,
    *feed_rest.HANDLERS,
    *rest.HANDLERS,
    *pots.HANDLERS,
    *intel_rest.HANDLERS,
    *exchange_rest.HANDLERS,
    *lookup_rest.HANDLERS,
    *machines_rest.HANDLERS,
    *membership_rest.HANDLERS,
]

_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
_TWO_YEARS_SECONDS = 63_072_000


def build(
    database: Database,
    settings: Settings,
    secret: Secret,
    *,
    tail: Tail | None = None,
    life: Sequence[Life] = (),
    handlers: Sequence[ControllerRouterHandler] = (),
) -> Litestar:
    """The hub over `database`.

    `life` is what the process does around it, outermost; `handlers` are added to the
    hub's own (tests).
    """
    uses, tail, room = Uses(), tail or Tail(database, secret), Room()
    guard = Access(
        database=database,
        uses=uses,
        csrf_key=access.csrf_key(secret),
        is_https=settings.is_https,
        host=urlsplit(settings.public_url).netloc,
        room=room,
    )

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(tail.run()),
            asyncio.create_task(keep_house(database, uses)),
            asyncio.create_task(work_off_imports(database)),
        ]
        yield
        tail.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    with database.read() as tx:
        founded = alliance.find_alliance(tx)

    own = [*HANDLERS, openapi, health, *handlers]

    def provide_readmit() -> Readmit:
        return access.caller_again

    return Litestar(
        route_handlers=[
            Router(
                "/",
                route_handlers=[
                    *options_handlers(own),
                    *own,
                    *_taxii(database),
                ],
            ),
            *([site.router(guard, database, settings, founded)] if founded else []),
        ],
        guards=[guard.guard],
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "tail": Provide(lambda: tail, sync_to_thread=False),
            "access": Provide(lambda: guard, sync_to_thread=False),
            "public_url": Provide(lambda: settings.public_url, sync_to_thread=False),
            "source": Provide(access.provide_source, sync_to_thread=False),
            "readmit": Provide(provide_readmit, sync_to_thread=False),
            "caller": Provide(access.provide_caller, sync_to_thread=False),
            "door": Provide(access.provide_door),
        },
        exception_handlers={
            **problems.HANDLERS,
            **(
                {NotFoundException: site.nothing_here(guard, database, founded)}
                if founded
                else {}
            ),
        },
        middleware=[BodyRoom(room)],
        before_send=[_headers(is_https=settings.is_https)],
        request_max_body_size=MAX_BODY_BYTES,
        lifespan=[*life, lifespan],
        openapi_config=describing.config(),
        logging_config=None,
    )


@get("/openapi.json", opt={**OPEN}, include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """What the hub answers, as OpenAPI 3.1."""
    return Response(describing.document(request.app))


@get("/health", opt={**OPEN, **UNSEEN}, sync_to_thread=True, tags=["hub"])
def health(database: Database) -> dict[str, str]:
    """Whether the hub and its database answer."""
    database.ping()
    return {"status": "ok", "version": __version__}


def _taxii(database: Database) -> list[ASGIRouteHandler]:
    with database.read() as tx:
        founded = alliance.find_alliance(tx)
        paths = catalogue.read(tx).paths
    title = "Hanse" if founded is None else founded.name_en
    return taxii_rest.handlers(database, title, paths, {})


def _headers(*, is_https: bool) -> Any:
    fixed = dict(_HEADERS)
    if is_https:
        fixed["strict-transport-security"] = f"max-age={_TWO_YEARS_SECONDS}"

    async def add(message: Message, _scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in fixed.items():
                headers.setdefault(name, value)

    return add
