"""Circles and brands: who tells whom apart from the others, and what is imitated."""

from uuid import UUID

from litestar import Response, get, post

from hanse.base.errors import Refusal
from hanse.base.ids import BrandId, CircleId, MemberId
from hanse.hub import admitting
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.edges import members_to_choose
from hanse.hub.screens.forms import Form, errors_of, id_of, lines
from hanse.membership import brands, circles
from hanse.membership.brands import Brand, Draft
from hanse.membership.caller import Caller
from hanse.membership.member import list_members
from hanse.membership.rights import Role
from hanse.storage.tx import Tx
from hanse.ui.session import FlashTone, is_name_typed_right


@get("/circles", include_in_schema=False, sync_to_thread=True)
def list_circles(desk: Desk, caller: Caller) -> Response[bytes]:
    """The circles this person's member is in; all for the alliance's own."""
    return _circles(desk, caller, {}, {})


@post("/circles", include_in_schema=False, sync_to_thread=True)
def open_circle(desk: Desk, caller: Caller, data: Form) -> Response[bytes]:
    """A new circle; the operator's."""
    try:
        with desk.database.begin() as tx:
            made = admitting.open_circle(
                tx,
                caller,
                name_en=data.get("name_en", ""),
                name_zh=data.get("name_zh", ""),
                purpose=data.get("purpose", ""),
            )
    except Refusal as refusal:
        return _circles(desk, caller, errors_of(refusal, "name_en"), data)
    said = desk.say("Opened; nobody is in it yet.")
    return desk.go(f"/circles/{made.id}", said)


@get("/circles/{circle_id:uuid}", include_in_schema=False, sync_to_thread=True)
def show_circle(desk: Desk, caller: Caller, circle_id: UUID) -> Response[bytes]:
    """One circle and who is in it."""
    return _circle(desk, caller, CircleId(circle_id), "")


@post("/circles/{circle_id:uuid}/join", include_in_schema=False, sync_to_thread=True)
def join(desk: Desk, caller: Caller, circle_id: UUID, data: Form) -> Response[bytes]:
    """Take a member in; it hears what the circle was told before too."""
    circle = CircleId(circle_id)
    try:
        with desk.database.begin() as tx:
            member = MemberId(id_of(data.get("member", ""), "member"))
            admitting.join_circle(tx, caller, circle, member)
    except Refusal:
        said = desk.say("This member could not be taken in; only active ones can.")
        return desk.go(f"/circles/{circle}", said, tone=FlashTone.FAILED)
    said = desk.say("It is in, and its edges hear what the circle was told so far.")
    return desk.go(f"/circles/{circle}", said)


@post(
    "/circles/{circle_id:uuid}/leave/{member_id:uuid}",
    include_in_schema=False,
    sync_to_thread=True,
)
def leave(
    desk: Desk, caller: Caller, circle_id: UUID, member_id: UUID
) -> Response[bytes]:
    """A member goes and forgets what it had from the circle alone."""
    with desk.database.begin() as tx:
        admitting.leave_circle(tx, caller, CircleId(circle_id), MemberId(member_id))
    back = f"/circles/{circle_id}" if caller.is_operator else "/circles"
    said = desk.say("It has left; its edges forget what only the circle knew.")
    return desk.go(back, said)


@post("/circles/{circle_id:uuid}/close", include_in_schema=False, sync_to_thread=True)
def close(desk: Desk, caller: Caller, circle_id: UUID, data: Form) -> Response[bytes]:
    """End a circle, once its name was typed."""
    circle = CircleId(circle_id)
    with desk.database.begin() as tx:
        found = circles.get_circle(tx, caller, circle)
        is_sure = is_name_typed_right(found.name_en, data.get("typed", ""))
        if is_sure:
            admitting.close_circle(tx, caller, circle)
    if not is_sure:
        return _circle(desk, caller, circle, desk.say("This is not the circle's name."))
    return desk.go("/circles", desk.say("The circle is closed."))


@get("/brands", include_in_schema=False, sync_to_thread=True)
def list_brands(desk: Desk, caller: Caller) -> Response[bytes]:
    """What everybody looks out for."""
    return _brands(desk, caller, {}, {})


@post("/brands", include_in_schema=False, sync_to_thread=True)
def add_brand(desk: Desk, caller: Caller, data: Form) -> Response[bytes]:
    """A brand of one's own member."""
    try:
        with desk.database.begin() as tx:
            chosen = data.get("member", "")
            member = (
                MemberId(id_of(chosen, "member")) if chosen else caller.need_member()
            )
            brands.add(tx, caller, member, _draft(data))
    except Refusal as refusal:
        return _brands(desk, caller, errors_of(refusal, "name_en"), data)
    return desk.go("/brands", desk.say("Added; everybody looks out for it now."))


@get("/brands/{brand_id:uuid}", include_in_schema=False, sync_to_thread=True)
def show_brand(desk: Desk, caller: Caller, brand_id: UUID) -> Response[bytes]:
    """One brand."""
    return _brand(desk, caller, BrandId(brand_id), {}, None)


@post("/brands/{brand_id:uuid}", include_in_schema=False, sync_to_thread=True)
def revise_brand(
    desk: Desk, caller: Caller, brand_id: UUID, data: Form
) -> Response[bytes]:
    """The brand is as typed from now on."""
    brand = BrandId(brand_id)
    try:
        with desk.database.begin() as tx:
            brands.revise(tx, caller, brand, _draft(data))
    except Refusal as refusal:
        return _brand(desk, caller, brand, errors_of(refusal, "name_en"), data)
    return desk.go(f"/brands/{brand}", desk.say("Saved."))


@post("/brands/{brand_id:uuid}/remove", include_in_schema=False, sync_to_thread=True)
def remove_brand(
    desk: Desk, caller: Caller, brand_id: UUID, data: Form
) -> Response[bytes]:
    """Take a brand away, once its name was typed."""
    brand = BrandId(brand_id)
    with desk.database.begin() as tx:
        found = brands.get_brand(tx, caller, brand)
        is_sure = is_name_typed_right(found.name_en, data.get("typed", ""))
        if is_sure:
            brands.remove(tx, caller, brand)
    if not is_sure:
        errors = {"typed": desk.say("This is not the brand's name.")}
        return _brand(desk, caller, brand, errors, None)
    return desk.go("/brands", desk.say("The brand was taken away."))


def _draft(data: Form) -> Draft:
    return Draft(
        name_en=data.get("name_en", ""),
        name_zh=data.get("name_zh", ""),
        domains=lines(data.get("domains", "")),
        patterns=lines(data.get("patterns", "")),
    )


def _names(desk: Desk, tx: Tx, caller: Caller) -> dict[MemberId, str]:
    known = list_members(tx, caller, limit=500).items
    return {m.id: desk.name(m.name_en, m.name_zh) for m in known}


def _circles(
    desk: Desk, caller: Caller, errors: dict[str, str], values: dict[str, str]
) -> Response[bytes]:
    with desk.database.read() as tx:
        found = circles.list_circles(tx, caller)
        names = _names(desk, tx, caller)
    return desk.page(
        "hub/circles.html",
        "circles",
        status=422 if errors else 200,
        circles=found,
        names=names,
        is_operator=caller.is_operator,
        errors=errors,
        values=values,
    )


def _circle(
    desk: Desk, caller: Caller, circle_id: CircleId, error: str
) -> Response[bytes]:
    with desk.database.read() as tx:
        found = circles.get_circle(tx, caller, circle_id)
        names = _names(desk, tx, caller)
        members = members_to_choose(desk, tx, caller)
    inside = {str(member) for member in found.members}
    return desk.page(
        "hub/circle.html",
        "circles",
        status=422 if error else 200,
        circle=found,
        names=names,
        others=[(value, text) for value, text in members if value not in inside],
        own=caller.member if caller.role == Role.MEMBER_ADMIN else None,
        is_operator=caller.is_operator,
        error=error,
    )


def _brands(
    desk: Desk, caller: Caller, errors: dict[str, str], values: dict[str, str]
) -> Response[bytes]:
    cursor = desk.request.query_params.get("cursor", "")
    with desk.database.read() as tx:
        page = brands.list_brands(tx, caller, cursor=cursor, limit=200)
        names = _names(desk, tx, caller)
        members = members_to_choose(desk, tx, caller)
    return desk.page(
        "hub/brands.html",
        "circles",
        status=422 if errors else 200,
        brands=page.items,
        next=page.next,
        names=names,
        members=members,
        may_add=_may_change(caller, caller.member),
        errors=errors,
        values=values,
    )


def _brand(
    desk: Desk,
    caller: Caller,
    brand_id: BrandId,
    errors: dict[str, str],
    typed: dict[str, str] | None,
) -> Response[bytes]:
    with desk.database.read() as tx:
        brand = brands.get_brand(tx, caller, brand_id)
        names = _names(desk, tx, caller)
    return desk.page(
        "hub/brand.html",
        "circles",
        status=422 if errors else 200,
        brand=brand,
        owner=names.get(brand.member, ""),
        values=_values(brand) if typed is None else typed,
        may_change=_may_change(caller, brand.member),
        errors=errors,
    )


def _values(brand: Brand) -> dict[str, str]:
    return {
        "name_en": brand.name_en,
        "name_zh": brand.name_zh,
        "domains": "\n".join(brand.domains),
        "patterns": "\n".join(brand.patterns),
    }


def _may_change(caller: Caller, member: MemberId | None) -> bool:
    is_own = caller.member == member and caller.role == Role.MEMBER_ADMIN
    return caller.is_operator or (is_own and caller.viewer.is_active)


HANDLERS = [
    list_circles,
    open_circle,
    show_circle,
    join,
    leave,
    close,
    list_brands,
    add_brand,
    show_brand,
    revise_brand,
    remove_brand,
]
