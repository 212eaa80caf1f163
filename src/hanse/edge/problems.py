"""Every refusal of an edge becomes problem+json (RFC 9457) here, and nowhere else.

`code` is what clients may rely on. What nobody foresaw is answered with 500 and
nothing more; its type and place go to the log, never its message, which may hold what
a customer opened.
"""

import traceback
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from hanse.base.errors import Malformed, Refusal, Unauthenticated
from hanse.edge.problem import Problem, of_refusal, problem

MEDIA_TYPE = "application/problem+json"

_journal = structlog.get_logger("hanse.edge")


def _answer(made: Problem, **headers: str) -> Response[Problem]:
    return Response(
        made, status_code=made.status, media_type=MEDIA_TYPE, headers=headers
    )


def _refused(_: Request[Any, Any, Any], refusal: Refusal) -> Response[Problem]:
    made = of_refusal(refusal)
    if isinstance(refusal, Unauthenticated):
        return _answer(made, **{"www-authenticate": 'Bearer realm="hanse edge"'})
    return _answer(made)


def _misunderstood(
    request: Request[Any, Any, Any], error: HTTPException
) -> Response[Problem]:
    status = error.status_code
    if status >= 500:
        return _failed(request, error)
    if isinstance(error, ValidationException):
        status = Malformed.status
    detail = {
        404: "There is nothing at this address; GET /openapi.json lists what there is.",
        405: "This address knows other methods; GET /openapi.json lists them.",
        413: "The body is larger than this address takes.",
    }.get(
        status,
        "The request cannot be read; GET /openapi.json describes what is expected.",
    )
    given = (error.headers or {}).items()
    headers = {name: value for name, value in given if name.lower() == "allow"}
    return _answer(problem(status, f"http.{status}", detail), **headers)


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    _journal.error(
        "edge.failed",
        error=type(error).__name__,
        route=request.scope.get("path_template", ""),
        trace="".join(traceback.format_tb(error.__traceback__)),
    )
    return _answer(problem(500, "edge.failed", "The edge failed to answer."))


HANDLERS: ExceptionHandlersMap = {
    Refusal: _refused,
    HTTPException: _misunderstood,
    Exception: _failed,
}
