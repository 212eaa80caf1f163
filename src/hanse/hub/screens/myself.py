"""Settings: one's own password, second factor, language, sessions."""

from urllib.parse import urlencode

from litestar import Response, get, post

from hanse.base.errors import Refusal
from hanse.hub import entering
from hanse.hub.access import OWN_ACCOUNT, UNSEEN
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.forms import Form, errors_of
from hanse.hub.screens.people import role_words
from hanse.membership import people
from hanse.membership.caller import Caller
from hanse.membership.login import sessions

_MINE = {**OWN_ACCOUNT, **UNSEEN}


@get("/settings", opt=_MINE, include_in_schema=False, sync_to_thread=True)
def settings_page(desk: Desk, caller: Caller) -> Response[bytes]:
    """Who I am here, and what I may change about it."""
    return _page(desk, caller, {})


@post("/settings/preferences", opt=_MINE, include_in_schema=False, sync_to_thread=True)
def prefer(desk: Desk, caller: Caller, data: Form) -> Response[bytes]:
    """Language and colours, kept with the account and set in this browser."""
    language, theme = data.get("language", ""), data.get("theme", "")
    with desk.database.begin() as tx:
        people.prefer(tx, caller, language=language, theme=theme)
    switch = urlencode({"lang": language, "theme": theme})
    return desk.go(f"/settings?{switch}")


@post("/settings/password", opt=_MINE, include_in_schema=False, sync_to_thread=True)
def change_password(desk: Desk, caller: Caller, data: Form) -> Response[bytes]:
    """A new password; the other sessions end."""
    old, new = data.get("old", "")[:1_000], data.get("password", "")[:1_000]
    try:
        entering.change_password(desk.database, caller, old, new)
    except Refusal as refusal:
        return _page(desk, caller, errors_of(refusal, "old"))
    said = desk.say("Your password was changed; your other sessions have ended.")
    return desk.go("/settings", said)


@post("/settings/log-out", opt=_MINE, include_in_schema=False, sync_to_thread=True)
def log_out_everywhere(desk: Desk, caller: Caller) -> Response[bytes]:
    """End all sessions, this one too."""
    with desk.database.begin() as tx:
        sessions.log_out_everywhere(tx, caller)
    return desk.go("/login")


def _page(desk: Desk, caller: Caller, errors: dict[str, str]) -> Response[bytes]:
    with desk.database.read() as tx:
        me = people.me(tx, caller)
    return desk.page(
        "hub/settings.html",
        "settings",
        status=422 if errors else 200,
        me=me,
        role=role_words(desk)[me.role.value],
        errors=errors,
    )


HANDLERS = [settings_page, prefer, change_password, log_out_everywhere]
