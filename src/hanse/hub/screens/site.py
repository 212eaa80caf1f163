"""All screens as one Litestar router: pages, static files, and problems as pages.

A refusal in front of a browser is a page in the hub's own look; who is not logged in
is sent to the log-in and back. Programs get problem+json from `hub.problems`.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import psycopg
from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import ControllerRouterHandler
from psycopg_pool import PoolTimeout

from hanse.base.errors import Refusal, Unauthenticated
from hanse.hub import problems
from hanse.hub.access import OPEN, UNSEEN, Access
from hanse.hub.screens import (
    audit,
    circles,
    edges,
    entrance,
    keys,
    members,
    myself,
    overview,
    people,
    report,
    threats,
)
from hanse.hub.screens.counting import Counting
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.refusals import sentence
from hanse.hub.settings import Settings
from hanse.membership.alliance import Alliance
from hanse.membership.caller import Caller
from hanse.storage.tx import Database
from hanse.ui import serving

PAGES: list[ControllerRouterHandler] = [
    *overview.HANDLERS,
    *threats.HANDLERS,
    *report.HANDLERS,
    *edges.HANDLERS,
    *keys.HANDLERS,
    *members.HANDLERS,
    *people.HANDLERS,
    *circles.HANDLERS,
    *myself.HANDLERS,
    *audit.HANDLERS,
    *entrance.HANDLERS,
]


def router(
    access: Access, database: Database, settings: Settings, alliance: Alliance
) -> Router:
    """The screens of this hub; mounted at the root."""
    counting = Counting()

    def desk_of(request: Request[Any, Any, Any]) -> Desk:
        caller = request.scope["state"].get("caller")
        known = caller if isinstance(caller, Caller) else None
        return Desk(request, access, database, alliance, counting, known)

    def switch(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        return serving.find_preference_switch(request, is_https=settings.is_https)

    def refused(request: Request[Any, Any, Any], error: Refusal) -> Response[bytes]:
        if isinstance(error, Unauthenticated):
            return desk_of(request).go(f"/login?then={quote(_here(request))}")
        return _problem(desk_of(request), error.status, sentence(error))

    def misunderstood(
        request: Request[Any, Any, Any], error: HTTPException
    ) -> Response[bytes]:
        if error.status_code >= 500:
            return failed(request, error)
        return _problem(desk_of(request), error.status_code, "")

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        problems.failed(request, error)  # journals it
        return _problem(desk_of(request), 500, "")

    files = Router(
        "/",
        route_handlers=[serving.static_handler(is_https=settings.is_https)],
        opt={**OPEN, **UNSEEN},
    )
    return Router(
        "/",
        route_handlers=[*PAGES, files],
        dependencies={"desk": Provide(desk_of, sync_to_thread=False)},
        before_request=switch,
        exception_handlers={
            Refusal: refused,
            HTTPException: misunderstood,
            psycopg.OperationalError: failed,
            PoolTimeout: failed,
            Exception: failed,
        },
    )


def nothing_here(
    access: Access, database: Database, alliance: Alliance
) -> Callable[[Request[Any, Any, Any], NotFoundException], Response[Any]]:
    """What answers an address nobody knows: a page to a browser, a problem else."""

    def answer(
        request: Request[Any, Any, Any], error: NotFoundException
    ) -> Response[Any]:
        wants_page = "text/html" in request.headers.get("accept", "")
        if request.method != "GET" or not wants_page:
            return problems.misunderstood(request, error)
        desk = Desk(request, access, database, alliance, Counting())
        return _problem(desk, 404, "")

    return answer


def _here(request: Request[Any, Any, Any]) -> str:
    query = request.scope.get("query_string", b"").decode("ascii", "replace")
    path = str(request.scope["path"])
    return f"{path}?{query}" if query and request.method == "GET" else path


def _problem(desk: Desk, status: int, message: str) -> Response[bytes]:
    return desk.page("hub/problem.html", status=status, code=status, message=message)
