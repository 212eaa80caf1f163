"""Every refusal becomes problem+json (RFC 9457) here, and nowhere else.

`code` is what clients may rely on, `detail` says what is so and what to do next,
`pointer` (RFC 6901) where the fault lies. What nobody foresaw is answered with 500
and nothing more: its type and place go to the log, never its message, which may hold
what a member sent.
"""

import re
import traceback
from typing import Any

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from psycopg_pool import PoolTimeout

from hanse.base.errors import Malformed, Refusal, Unauthenticated

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2

_TITLES = {
    400: "The request cannot be read",
    401: "Nobody known is asking",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "In conflict with what is so",
    413: "Too large",
    415: "Media type not supported",
    422: "The input cannot be taken",
    429: "Too many attempts",
    500: "A fault of the hub",
    503: "Not available at the moment",
}
# msgspec repeats what was sent in some of its messages; nothing of that goes out.
_QUOTED = re.compile(
    r"(Invalid (?:enum )?value|Object contains unknown field) .*", re.DOTALL
)
_AT = re.compile(r" - at `\$?(?P<path>[^`]*)`")

_journal = structlog.get_logger("hanse.hub")


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457, 3.1, with the two members of ours."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    pointer: str = ""


def answer(
    status: int, code: str, detail: str, *, pointer: str = "", **headers: str
) -> Response[Problem]:
    """One problem as a response."""
    problem = Problem(
        type=f"urn:hanse:problem:{code}",
        title=_TITLES.get(status, "Refused"),
        status=status,
        code=code,
        detail=detail,
        pointer=pointer,
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(problem, status_code=status, media_type=MEDIA_TYPE, headers=named)


def refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Problem]:
    """A refusal, as the domain raised it."""
    headers = {}
    if isinstance(refusal, Unauthenticated):
        headers["www_authenticate"] = _challenge(request)
    seconds = getattr(refusal, "retry_after_seconds", None)
    if isinstance(seconds, int):
        headers["retry_after"] = str(seconds)
    return answer(
        refusal.status,
        refusal.code,
        refusal.message,
        pointer=refusal.pointer or "",
        **headers,
    )


def misunderstood(
    request: Request[Any, Any, Any], error: HTTPException
) -> Response[Problem]:
    """What the framework refused before any handler saw it."""
    if isinstance(error, ValidationException):
        return _invalid(error)
    status = error.status_code
    if status >= 500:
        return failed(request, error)
    headers = {
        name: value
        for name, value in (error.headers or {}).items()
        if name.lower() in ("allow", "retry-after")
    }
    detail = {
        404: "there is nothing at this address; GET /openapi.json lists what there is",
        405: "this address knows other methods; the Allow header names them",
        413: "the body is larger than this address takes",
    }.get(status, "the request cannot be read; GET /openapi.json says what is expected")
    return answer(status, f"http.{status}", detail, **headers)


def too_deep(request: Request[Any, Any, Any], error: RecursionError) -> Response[Any]:
    """JSON nested beyond what anybody means; it was refused while being read."""
    return answer(
        400, "malformed", "the body is nested too deeply; send what is described"
    )


def not_text(
    request: Request[Any, Any, Any], error: UnicodeDecodeError
) -> Response[Any]:
    """A body that is not UTF-8; it was refused while being read."""
    return answer(400, "malformed", "the body is not UTF-8; JSON is always sent so")


def not_kept(
    request: Request[Any, Any, Any], error: psycopg.DataError
) -> Response[Any]:
    """A value of the form expected that no database keeps; nothing was done."""
    _journal.warning("hub.value_not_kept", error=type(error).__name__)
    return answer(
        400,
        "malformed",
        "a value cannot be kept: a text has no NUL character, a time lies between the"
        " years 1 and 9999 with an offset below 16 hours, a number is not astronomical",
    )


def unavailable(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The database is not there; nothing was done."""
    _journal.error("hub.database_unavailable", error=type(error).__name__)
    return answer(
        503,
        "hub.database_unavailable",
        "the hub cannot reach its database at the moment; try again shortly",
        retry_after=str(RETRY_SECONDS),
    )


def too_long(
    request: Request[Any, Any, Any], error: psycopg.errors.QueryCanceled
) -> Response[Problem]:
    """The database was told to give up on a question; nothing was done."""
    _journal.warning(
        "hub.question_too_long", route=request.scope.get("path_template", "")
    )
    return answer(
        503,
        "hub.question_too_long",
        "the answer takes too long to find; ask for something more exact, or again"
        " when the hub has less to do",
        retry_after=str(RETRY_SECONDS),
    )


def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """What nobody foresaw."""
    _journal.error(
        "hub.failed",
        error=type(error).__name__,
        route=request.scope.get("path_template", ""),
        place=_place(error),
    )
    return answer(
        500,
        "hub.failed",
        "the hub failed to answer; nothing was changed. Tell the operator when it was",
    )


HANDLERS: ExceptionHandlersMap = {
    Refusal: refused,
    HTTPException: misunderstood,
    psycopg.errors.QueryCanceled: too_long,
    psycopg.OperationalError: unavailable,
    PoolTimeout: unavailable,
    psycopg.DataError: not_kept,
    RecursionError: too_deep,
    UnicodeDecodeError: not_text,
    Exception: failed,
}


def _place(error: Exception) -> list[str]:
    """Where it was raised, in our own files, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/hanse/" in frame.filename]
    return [
        f"hanse/{frame.filename.rpartition('/hanse/')[2]}:{frame.lineno}"
        for frame in ours[-8:]
    ]


def _invalid(error: ValidationException) -> Response[Problem]:
    found = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    message = str(found.get("message", "")) if isinstance(found, dict) else ""
    at = _AT.search(message)
    key = at["path"] if at else str(found.get("key", ""))
    key = "" if key == "data" else key  # the body itself
    reason = _QUOTED.sub(r"\1", _AT.sub("", message)) or "a value is missing or wrong"
    return answer(
        Malformed.status,
        Malformed.code,
        f"the input does not have the form expected here: {reason}."
        " GET /openapi.json describes it",
        pointer=_pointer(key),
    )


def _pointer(path: str) -> str:
    """`items[0].value` as `/items/0/value`."""
    parts = [part for part in re.split(r"[.\[\]]+", path) if part]
    return "".join("/" + p.replace("~", "~0").replace("/", "~1") for p in parts)


def _challenge(request: Request[Any, Any, Any]) -> str:
    # A browser's own log-in box for Basic helps nobody: it says so by this header.
    if "sec-fetch-mode" in request.headers:
        return 'Bearer realm="hanse"'
    return 'Bearer realm="hanse", Basic realm="hanse", charset="UTF-8"'
