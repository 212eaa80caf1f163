"""Coming in: by invitation, by password and second factor; and going out.

The log-in itself is `hub.entering`'s; here are its pages. A page says the same for a
wrong password and for an unknown account.
"""

from typing import Annotated
from urllib.parse import quote

import segno
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from hanse.base.errors import Refusal
from hanse.hub import entering
from hanse.hub.access import OPEN, OWN_ACCOUNT, UNSEEN
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.refusals import sentence
from hanse.hub.settings import Settings
from hanse.membership import invitations
from hanse.membership.invitations import Joining, Purpose
from hanse.membership.login import sessions
from hanse.membership.login.sessions import Entered, Stage
from hanse.ui.cookies import SetCookie
from hanse.ui.preferences import LANGUAGE_COOKIE
from hanse.ui.session import session_cookie, session_cookie_gone

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
_OPEN = {**OPEN, **UNSEEN}


@get("/login", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def login_page(desk: Desk, then: str = "/") -> Response[bytes]:
    """The form."""
    return desk.page("hub/login.html", errors={}, email="", then=_own_path(then))


@post("/login", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def log_in(desk: Desk, data: Form, settings: Settings, source: str) -> Response[bytes]:
    """E-mail and password; leads on to the second factor where one is due."""
    then = _own_path(data.get("then", "/"))
    email = data.get("email", "")[:300]
    try:
        entered = entering.log_in(
            desk.database,
            email,
            data.get("password", "")[:1_000],
            source,
            is_second_factor_required=settings.is_second_factor_required,
        )
    except Refusal as refusal:
        errors = {"email": sentence(refusal)}
        return desk.page(
            "hub/login.html", status=422, errors=errors, email=email, then=then
        )
    return _let_in(desk, entered, then)


@get("/login/code", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def code_page(desk: Desk, then: str = "/") -> Response[bytes]:
    """Where the six digits go."""
    return desk.page("hub/code.html", errors={}, then=_own_path(then))


@post("/login/code", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def enter_code(desk: Desk, data: Form) -> Response[bytes]:
    """The second step of a log-in."""
    then = _own_path(data.get("then", "/"))
    token = desk.access.session_token(desk.request)
    if token is None:
        return desk.go("/login")
    try:
        entered = entering.enter_code(desk.database, token, data.get("code", "")[:20])
    except entering.CodeWrong as refusal:
        errors = {"code": sentence(refusal)}
        return desk.page("hub/code.html", status=422, errors=errors, then=then)
    except Refusal:
        return desk.go("/login")
    return _let_in(desk, entered, then)


@get("/login/set-up", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def set_up_page(desk: Desk, then: str = "/") -> Response[bytes]:
    """A QR code and its text for an authenticator app."""
    return _set_up(desk, _own_path(then), {})


@post("/login/set-up", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def confirm_set_up(desk: Desk, data: Form) -> Response[bytes]:
    """The first code shows that it was set up rightly."""
    then = _own_path(data.get("then", "/"))
    token = desk.access.session_token(desk.request)
    if token is None:
        return desk.go("/login")
    try:
        code = data.get("code", "")[:20]
        entered = entering.confirm_set_up(desk.database, token, code)
    except entering.CodeWrong as refusal:
        return _set_up(desk, then, {"code": sentence(refusal)})
    except sessions.LogInAgain:
        return _once_more(desk, then)
    except Refusal:
        return desk.go("/login")
    return _let_in(desk, entered, then)


@post("/logout", opt={**OWN_ACCOUNT}, include_in_schema=False, sync_to_thread=True)
def log_out(desk: Desk) -> Response[bytes]:
    """End this session."""
    token = desk.access.session_token(desk.request)
    if token is not None:
        with desk.database.begin() as tx:
            sessions.log_out(tx, token)
    gone = session_cookie_gone(is_https=desk.access.is_https)
    return desk.go("/login", cookies=(gone,))


@get("/join/{secret:str}", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def join_page(desk: Desk, secret: str) -> Response[bytes]:
    """What the link is for, and the account it makes."""
    with desk.database.read() as tx:
        try:
            invitation = invitations.find_open(
                tx, secret, Purpose.PERSON, Purpose.RESET
            )
        except Refusal:
            return desk.page("hub/join_over.html", status=404)
    return desk.page(
        "hub/join.html",
        secret=secret,
        invitation=invitation,
        errors={},
        values={"name": invitation.name},
        is_reset=invitation.purpose is Purpose.RESET,
    )


@post("/join/{secret:str}", opt=_OPEN, include_in_schema=False, sync_to_thread=True)
def join(desk: Desk, secret: str, data: Form, settings: Settings) -> Response[bytes]:
    """Make the account (or the new password) and log in with it."""
    password = data.get("password", "")[:1_000]
    try:
        with desk.database.begin() as tx:
            invitation = invitations.find_open(
                tx, secret, Purpose.PERSON, Purpose.RESET
            )
            if invitation.purpose is Purpose.RESET:
                person = invitations.reset(tx, secret, password)
            else:
                person = invitations.join(tx, secret, _joining(desk, data, password))
            entered = sessions.begin(
                tx,
                person,
                is_second_factor_required=settings.is_second_factor_required,
            )
    except invitations.InvitationOver:
        return desk.page("hub/join_over.html", status=404)
    except Refusal as refusal:
        field = (refusal.pointer or "/password").removeprefix("/")
        return desk.page(
            "hub/join.html",
            status=422,
            secret=secret,
            invitation=invitation,
            errors={field: sentence(refusal)},
            values=data,
            is_reset=invitation.purpose is Purpose.RESET,
        )
    return _let_in(desk, entered, "/")


def _joining(desk: Desk, data: dict[str, str], password: str) -> Joining:
    return Joining(
        name=data.get("name", ""),
        email=data.get("email", ""),
        password=password,
        language=desk.language.value,
    )


def _let_in(desk: Desk, entered: Entered, then: str) -> Response[bytes]:
    where = {
        Stage.COMPLETE: then,
        Stage.CODE_DUE: f"/login/code?then={quote(then)}",
        Stage.SETUP_DUE: f"/login/set-up?then={quote(then)}",
    }[entered.stage]
    seconds = int(sessions.LIFETIME.total_seconds())
    cookie = session_cookie(
        entered.token, is_https=desk.access.is_https, max_age_seconds=seconds
    )
    cookies: tuple[SetCookie, ...] = (cookie,)
    if LANGUAGE_COOKIE not in desk.request.cookies:
        chosen = entered.person.language
        spoken = SetCookie(
            LANGUAGE_COOKIE, chosen, 31_536_000, is_secure=desk.access.is_https
        )
        cookies = (cookie, spoken)
    return desk.go(where, cookies=cookies)


def _set_up(desk: Desk, then: str, errors: dict[str, str]) -> Response[bytes]:
    token = desk.access.session_token(desk.request)
    if token is None:
        return desk.go("/login")
    with desk.database.read() as tx:
        try:
            setup = sessions.set_up(tx, token, f"Hanse {desk.alliance.name_en}")
        except sessions.LogInAgain:
            return _once_more(desk, then)
        except Refusal:
            return desk.go("/login")
    picture = segno.make(setup.uri, error="m").svg_data_uri(scale=5, border=2)
    return desk.page(
        "hub/set_up.html",
        status=422 if errors else 200,
        picture=picture,
        setup=setup,
        errors=errors,
        then=then,
    )


def _once_more(desk: Desk, then: str) -> Response[bytes]:
    """A browser left open is no proof of who sits before it."""
    back = f"/login/set-up?then={quote(then)}"
    said = desk.say("Log in once more to change your second factor.")
    return desk.go(f"/login?then={quote(back)}", said)


def _own_path(then: str) -> str:
    """Only an address of ours may follow a log-in (no open redirect)."""
    is_ours = then.startswith("/") and not then.startswith(("//", "/\\"))
    return then if is_ours and then.isprintable() else "/"


HANDLERS = [
    login_page,
    log_in,
    code_page,
    enter_code,
    set_up_page,
    confirm_set_up,
    log_out,
    join_page,
    join,
]
