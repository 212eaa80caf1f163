"""TAXII over HTTP: a small ASGI application that the hub mounts.

The hub's guard has found the caller before anything here runs. A POST is admitted
before its body is read, and its body is read only as far as the limit. Deeds run in
threads. Whatever is refused, here or by the guard, is answered with a TAXII error.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import psycopg
import structlog
from anyio import to_thread
from litestar import Request, Response, asgi
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ExceptionHandlersMap, Receive, Scope, Send
from psycopg_pool import PoolTimeout

from hanse.base.errors import Malformed, Refusal
from hanse.intel.taxii import answers, media
from hanse.intel.taxii.answers import Answer, Question
from hanse.intel.taxii.catalogue import Collection
from hanse.intel.taxii.contributing import MAX_CONTENT_BYTES, judge
from hanse.membership.caller import Caller
from hanse.storage.tx import Database

_journal = structlog.get_logger("hanse.taxii")


class BodyCut(Malformed):
    """The connection ended before the body did."""

    code = "taxii.body_cut"
    status = 400


@dataclass(frozen=True, slots=True)
class Taxii:
    """The TAXII server of one process. `title` is what discovery calls it."""

    database: Database
    title: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        question = _question(scope)
        if question.method == "POST":
            answer = await self._post(question, receive)
        else:
            answer = await to_thread.run_sync(self._answer, question)
        await _send(send, question.method, answer)

    def _answer(self, question: Question) -> Answer:
        is_change = question.method == "DELETE"
        door = self.database.begin if is_change else self.database.walk
        with door() as tx:
            return answers.answer(tx, question, self.title)

    async def _post(self, question: Question, receive: Receive) -> Answer:
        collection = await to_thread.run_sync(self._admit, question)
        body = await _body(receive)
        return await to_thread.run_sync(self._take, question, collection, body)

    def _admit(self, question: Question) -> Collection:
        with self.database.read() as tx:
            return answers.admit(tx, question)

    def _take(self, question: Question, collection: Collection, body: bytes) -> Answer:
        judged = judge(body, question.caller, collection)
        with self.database.begin() as tx:
            receipt = answers.take(tx, question, collection, judged)
        return Answer(202, receipt.status)


def handlers(
    database: Database, title: str, paths: Sequence[str], opt: dict[str, Any]
) -> list[ASGIRouteHandler]:
    """What the hub mounts: discovery, `/taxii/`, and every API root lying elsewhere.

    `paths` are those of the API roots there are; one made later outside `/taxii/` is
    served after the next start. `opt` is for the hub's guard.
    """
    elsewhere = [path.rstrip("/") for path in paths if not path.startswith("/taxii/")]
    mounted = asgi(
        ["/taxii2", "/taxii", *elsewhere],
        is_mount=True,
        copy_scope=True,
        exception_handlers=EXCEPTION_HANDLERS,
        opt=opt,
    )
    server = Taxii(database, title)

    async def taxii(scope: Scope, receive: Receive, send: Send) -> None:
        await server(scope, receive, send)

    return [mounted(taxii)]


def _question(scope: Any) -> Question:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    caller = scope["state"]["caller"]
    if not isinstance(caller, Caller):
        raise TypeError("the hub's guard leaves a Caller in the request's state")
    length = headers.get(b"content-length", "")
    return Question(
        method=scope["method"],
        path=unquote(scope["raw_path"].decode("latin-1").partition("?")[0]),
        caller=caller,
        query=scope["query_string"],
        accept=headers.get(b"accept"),
        content_type=headers.get(b"content-type"),
        content_encoding=headers.get(b"content-encoding"),
        content_length=int(length) if length.isdecimal() else None,
    )


async def _body(receive: Receive) -> bytes:
    """The whole body, unless it is too long; the hub bounds the time it takes."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            raise BodyCut("the connection ended before the body did; send it again")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_CONTENT_BYTES:
            raise answers.too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _send(send: Any, method: str, answer: Answer) -> None:
    body = b"" if method == "HEAD" else answer.body
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", media.TAXII.encode()),
                (b"content-length", str(len(answer.body)).encode()),
                (b"cache-control", b"no-store"),
                *((name.encode(), value.encode()) for name, value in answer.headers),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


# --- refusals ----------------------------------------------------------------


def _response(answer: Answer) -> Response[bytes]:
    response = Response(answer.body, status_code=answer.status, media_type=media.TAXII)
    for name, value in answer.headers:
        # Joined, because some clients look at the first of two headers only.
        before = response.headers.get(name)
        response.headers[name] = f"{before}, {value}" if before else value
    return response


def _refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    return _response(answers.problem(refusal))


def _misunderstood(
    request: Request[Any, Any, Any], error: HTTPException
) -> Response[bytes]:
    return _response(
        answers.failure(
            error.status_code,
            f"http.{error.status_code}",
            "the request cannot be read; TAXII 2.1 says what is expected",
        )
    )


def _unavailable(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _journal.error("taxii.database_unavailable", error=type(error).__name__)
    return _response(
        answers.failure(
            503,
            "taxii.database_unavailable",
            "the hub cannot reach its database at the moment; try again shortly",
            (("retry-after", "2"),),
        )
    )


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    # Type and place, no message: it may hold what a member sent.
    _journal.error(
        "taxii.failed",
        error=type(error).__name__,
        trace="".join(traceback.format_tb(error.__traceback__)),
    )
    return _response(
        answers.failure(
            500, "taxii.failed", "the hub failed to answer; nothing was changed"
        )
    )


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Refusal: _refused,
    HTTPException: _misunderstood,
    psycopg.OperationalError: _unavailable,
    PoolTimeout: _unavailable,
    Exception: _failed,
}
