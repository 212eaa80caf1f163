"""Who is calling: turns a request's key or session into a `Caller`, or refuses it.

Default deny: `Access.guard` stands before the whole application, and a route that is
open to everybody says so in its own `opt` (`OPEN`). Three rules no handler has to
remember are kept here too. Overseers change nothing but their own account, and what
they read stands in the log. What a browser's session changes carries that session's
CSRF token. And another site's page cannot make a browser change anything.

A handler asks for `caller: Caller` and is handed what the guard found.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hanse.audit import log
from hanse.audit.event import JSON, Event
from hanse.base.errors import Forbidden, Unauthenticated
from hanse.base.secret import Secret
from hanse.hub.room import Room
from hanse.hub.settings import Settings
from hanse.membership.caller import Caller
from hanse.membership.login import sessions
from hanse.membership.machines import keys
from hanse.membership.uses import Uses
from hanse.storage.once import Door, check_key, request_digest
from hanse.storage.tx import Database, Tx
from hanse.ui.session import (
    CSRF_FIELD,
    CSRF_HEADER,
    SessionToken,
    find_session_token,
    is_csrf_right,
)

# What a route says of itself in `opt`.
OPEN = {"hanse.open": True}  # anybody may call it
OWN_ACCOUNT = {"hanse.own_account": True}  # an overseer may change its own account
UNSEEN = {"hanse.unseen": True}  # nothing of the alliance is read here: not logged

_MAX_PATH_CHARS = 300
_MAX_SOURCE_CHARS = 64
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class OverseerWrites(Forbidden):
    """Overseers see everything and change nothing."""

    code = "hub.overseer_reads_only"


class ForeignPage(Forbidden):
    """The request does not come from a page of this hub."""

    code = "hub.foreign_page"


def csrf_key(secret: Secret) -> bytes:
    """The key of CSRF tokens and of flashes."""
    return secret.derive("csrf")


def caller_of_key(tx: Tx, authorization: str | None) -> Caller | None:
    """The caller an `Authorization` header (Bearer or Basic) speaks for."""
    return keys.caller_of_key(tx, authorization) if authorization else None


def caller_of_session(tx: Tx, token: SessionToken) -> Caller | None:
    """The person whose browser holds `token`, if fully logged in."""
    return sessions.caller_of_session(tx, token.digest)


def caller_again(tx: Tx, caller: Caller) -> Caller | None:
    """The same caller as of now, for a stream; None if its access has ended."""
    if caller.key is not None:
        return keys.caller_of_key_id(tx, caller.key)
    if caller.session is not None:
        return sessions.caller_of_session(tx, caller.session)
    return None


@dataclass(frozen=True, slots=True)
class Access:
    """The guard before every route; one per process."""

    database: Database
    uses: Uses
    csrf_key: bytes
    is_https: bool
    host: str
    room: Room

    async def guard(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Refuse, or leave the caller for the handler; see the module."""
        request: Request[Any, Any, Any] = Request(
            connection.scope, connection.receive, connection.send
        )
        is_change = request.method not in _SAFE
        authorization = request.headers.get("authorization")
        if is_change and authorization is None:
            self._refuse_foreign_page(request)
        if handler.opt.get("hanse.open"):
            return
        token = None if authorization is not None else self.session_token(request)
        caller = await to_thread.run_sync(self._find, authorization, token)
        if caller is None:
            raise Unauthenticated(
                "this needs a key (Authorization: Bearer or Basic) or a log-in; the"
                " one given is unknown, has ended, or its member is not active"
            )
        if is_change:
            self.room.claim(request.scope)
        if is_change and token is not None:
            await self._refuse_without_csrf(request, token)
        if caller.is_overseer:
            await self._oversee(request, handler, caller, is_change=is_change)
        request.scope["state"]["caller"] = caller

    def session_token(self, request: Request[Any, Any, Any]) -> SessionToken | None:
        """The token of the browser's session, if it sent one."""
        return find_session_token(request.cookies, is_https=self.is_https)

    def _find(
        self, authorization: str | None, token: SessionToken | None
    ) -> Caller | None:
        if authorization is None and token is None:
            return None
        with self.database.read() as tx:
            if token is not None:
                caller = caller_of_session(tx, token)
            else:
                caller = caller_of_key(tx, authorization)
            if caller is not None:
                self.uses.note(caller, tx.now)
            return caller

    def _refuse_foreign_page(self, request: Request[Any, Any, Any]) -> None:
        site = request.headers.get("sec-fetch-site", "none")
        origin = request.headers.get("origin")
        is_ours = origin is None or origin.partition("://")[2] in (
            self.host,
            request.headers.get("host", ""),
        )
        if site not in ("none", "same-origin") or not is_ours:
            raise ForeignPage(
                "this came from another site's page and was not carried out; open the"
                " hub's own page and do it there"
            )

    async def _refuse_without_csrf(
        self, request: Request[Any, Any, Any], token: SessionToken
    ) -> None:
        given = request.headers.get(CSRF_HEADER, "")
        if not given and request.headers.get("content-type", "").startswith(_FORMS):
            value = (await request.form()).get(CSRF_FIELD, "")
            given = value if isinstance(value, str) else ""
        if not is_csrf_right(given, token, self.csrf_key):
            raise ForeignPage(
                "the form is not one of this session's, perhaps because of a new"
                " log-in; reload the page and send it again"
            )

    async def _oversee(
        self,
        request: Request[Any, Any, Any],
        handler: BaseRouteHandler,
        caller: Caller,
        *,
        is_change: bool,
    ) -> None:
        if is_change and not handler.opt.get("hanse.own_account"):
            raise OverseerWrites(
                "an overseer reads everything and changes nothing; ask the operator"
            )
        if not is_change and not handler.opt.get("hanse.unseen"):
            await to_thread.run_sync(self._note_read, request, caller)

    def _note_read(self, request: Request[Any, Any, Any], caller: Caller) -> None:
        # Only ids of what was looked at: a query may hold what somebody typed.
        ids: dict[str, JSON] = {
            name: str(value)
            for name, value in request.path_params.items()
            if isinstance(value, UUID)
        }
        # What is mounted (TAXII) has no template; its paths are made of ids alone.
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        route = request.scope.get("path_template") or path
        event = Event(
            "overseer.read",
            caller.actor,
            f"route:{route[:_MAX_PATH_CHARS]}",
            {"method": str(request.method), "ids": ids},
        )
        with self.database.begin() as tx:
            log.append(tx, event)


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """What the guard found; `Unauthenticated` on a route that is open to everybody."""
    caller = request.scope["state"].get("caller")
    if not isinstance(caller, Caller):
        raise Unauthenticated("nobody known is asking; log in or send a key")
    return caller


def provide_source(request: Request[Any, Any, Any], settings: Settings) -> str:
    """The address a request came from.

    Behind a proxy that is what the proxy itself says, the last of what the header
    holds; everything before it anybody can write.
    """
    if settings.is_behind_proxy:
        said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if said:
            return said[:_MAX_SOURCE_CHARS]
    return request.client.host if request.client else "unknown"


async def provide_door(request: Request[Any, Any, Any], database: Database) -> Door:
    """The request's way to the database, with its Idempotency-Key."""
    key = check_key(request.headers.get("idempotency-key", ""))
    if not key or request.method in _SAFE:
        return Door(database, "")
    caller = request.scope["state"].get("caller")
    who = "open"
    if isinstance(caller, Caller):
        who = f"{caller.actor.kind}:{caller.key or caller.person}"
    body = await request.body()
    return Door(
        database, who, key, request_digest(request.method, request.url.path, body)
    )
