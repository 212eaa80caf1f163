"""Keys for programs: made with scopes, shown once, rotated, revoked."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post

from hanse.base.errors import Refusal
from hanse.base.ids import KeyId, MemberId
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.edges import members_to_choose
from hanse.hub.screens.forms import Form, errors_of, id_of
from hanse.membership.caller import Caller
from hanse.membership.machines import issuing
from hanse.membership.machines.issuing import Issued, KeyRefused, Order
from hanse.membership.rights import SCOPES_OF_KEYS, Role, Scope
from hanse.ui.session import is_name_typed_right


@get("/keys", include_in_schema=False, sync_to_thread=True)
def list_keys(desk: Desk, caller: Caller) -> Response[bytes]:
    """The keys this person may see."""
    return _page(desk, caller, {}, {})


@post("/keys", include_in_schema=False, sync_to_thread=True)
def make_key(desk: Desk, caller: Caller, data: Form) -> Response[bytes]:
    """A new key; its text is on the next page and nowhere else."""
    try:
        with desk.database.begin() as tx:
            chosen = data.get("member", "")
            of = MemberId(id_of(chosen, "member")) if chosen else caller.member
            scopes = issuing.scopes_of([s for s in Scope if f"scope-{s}" in data])
            days = data.get("days", "").strip()
            if days and not (days.isascii() and days.isdigit() and len(days) < 5):
                raise KeyRefused("give a whole number of days", pointer="/days")
            ends = tx.now + timedelta(days=int(days)) if days else None
            role = Role.MEMBER if of is not None else Role.OPERATOR
            order = Order(data.get("name", ""), scopes, of, role, ends)
            issued = issuing.issue(tx, caller, order)
    except Refusal as refusal:
        return _page(desk, caller, errors_of(refusal, "name"), data)
    return _once(desk, issued)


@get("/keys/{key_id:uuid}", include_in_schema=False, sync_to_thread=True)
def show_key(desk: Desk, caller: Caller, key_id: UUID) -> Response[bytes]:
    """One key, without its secret."""
    return _one(desk, caller, KeyId(key_id), "")


@post("/keys/{key_id:uuid}/rotate", include_in_schema=False, sync_to_thread=True)
def rotate(desk: Desk, caller: Caller, key_id: UUID) -> Response[bytes]:
    """A new key with the same rights; the old one runs on for a day."""
    with desk.database.begin() as tx:
        issued = issuing.rotate(tx, caller, KeyId(key_id))
    return _once(desk, issued)


@post("/keys/{key_id:uuid}/revoke", include_in_schema=False, sync_to_thread=True)
def revoke(desk: Desk, caller: Caller, key_id: UUID, data: Form) -> Response[bytes]:
    """End a key, once its name was typed."""
    key = KeyId(key_id)
    with desk.database.begin() as tx:
        found = issuing.get_key(tx, caller, key)
        is_sure = is_name_typed_right(found.name, data.get("typed", ""))
        if is_sure:
            issuing.revoke(tx, caller, key)
    if not is_sure:
        return _one(desk, caller, key, desk.say("This is not the key's name."))
    return desk.go("/keys", desk.say("The key opens nothing any more."))


def scope_words(desk: Desk) -> dict[str, str]:
    """What each scope allows."""
    _ = desk.say
    return {
        Scope.READ.value: _("look things up"),
        Scope.REPORT.value: _("report and withdraw"),
        Scope.SIGHTINGS.value: _("hand in sightings"),
        Scope.FEED.value: _("follow the feed"),
        Scope.CHECK.value: _("ask an edge"),
        Scope.TAXII_READ.value: _("read by TAXII"),
        Scope.TAXII_WRITE.value: _("write by TAXII"),
        Scope.ADMIN.value: _("administer"),
    }


def _page(
    desk: Desk, caller: Caller, errors: dict[str, str], values: dict[str, str]
) -> Response[bytes]:
    cursor = desk.request.query_params.get("cursor", "")
    with desk.database.read() as tx:
        page = issuing.list_keys(tx, caller, cursor=cursor, limit=100)
        members = members_to_choose(desk, tx, caller)
        now = tx.now
    role = Role.MEMBER if caller.member is not None else Role.OPERATOR
    words = scope_words(desk)
    return desk.page(
        "hub/keys.html",
        "keys",
        status=422 if errors else 200,
        keys=[(key, key.is_live(now)) for key in page.items],
        next=page.next,
        scopes=[(s.value, words[s.value]) for s in Scope if s in SCOPES_OF_KEYS[role]],
        members=members,
        may_make=not caller.is_overseer,
        errors=errors,
        values=values,
    )


def _one(desk: Desk, caller: Caller, key_id: KeyId, error: str) -> Response[bytes]:
    with desk.database.read() as tx:
        key = issuing.get_key(tx, caller, key_id)
        is_live = key.is_live(tx.now)
    return desk.page(
        "hub/key.html",
        "keys",
        status=422 if error else 200,
        key=key,
        is_live=is_live,
        words=scope_words(desk),
        may_change=is_live and not caller.is_overseer,
        error=error,
    )


def _once(desk: Desk, issued: Issued) -> Response[bytes]:
    return desk.page("hub/key_once.html", "keys", key=issued.key, text=issued.text)


HANDLERS = [list_keys, make_key, show_key, rotate, revoke]
