"""Members: who is in, how they stand, and the steps from applied to active."""

from uuid import UUID

from litestar import Response, get, post

from hanse.base.errors import Refusal
from hanse.base.ids import MemberId
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.edges import standing_of
from hanse.hub.screens.forms import Form, errors_of, lines
from hanse.membership import admission, agreement, brands, circles, people
from hanse.membership.admission import Profile
from hanse.membership.caller import Caller
from hanse.membership.machines import edges
from hanse.membership.member import Contact, Member, get_member
from hanse.membership.member import list_members as members_of
from hanse.membership.rights import Role
from hanse.ui.session import is_name_typed_right

MAX_CUSTOMERS_DIGITS = 11


@get("/members", include_in_schema=False, sync_to_thread=True)
def list_members(desk: Desk, caller: Caller) -> Response[bytes]:
    """The members this person may know of."""
    return _list(desk, caller, {}, {})


@post("/members", include_in_schema=False, sync_to_thread=True)
def apply(desk: Desk, caller: Caller, data: Form) -> Response[bytes]:
    """Enter a company that wants to come in; the operator's."""
    try:
        with desk.database.begin() as tx:
            made = admission.apply(tx, caller, _profile(data))
    except Refusal as refusal:
        return _list(desk, caller, errors_of(refusal, "name_en"), data)
    return desk.go(
        f"/members/{made.id}", desk.say("Entered. Approve it, then invite its admin.")
    )


@get("/members/{member_id:uuid}", include_in_schema=False, sync_to_thread=True)
def show_member(desk: Desk, caller: Caller, member_id: UUID) -> Response[bytes]:
    """One member, as far as this person may know it."""
    return _one(desk, caller, MemberId(member_id), {}, {})


@post("/members/{member_id:uuid}", include_in_schema=False, sync_to_thread=True)
def revise(desk: Desk, caller: Caller, member_id: UUID, data: Form) -> Response[bytes]:
    """What a member says of itself."""
    member = MemberId(member_id)
    try:
        with desk.database.begin() as tx:
            admission.revise(tx, caller, member, _profile(data))
    except Refusal as refusal:
        return _one(desk, caller, member, errors_of(refusal, "name_en"), data)
    return desk.go(f"/members/{member}", desk.say("Saved."))


@post("/members/{member_id:uuid}/approve", include_in_schema=False, sync_to_thread=True)
def approve(desk: Desk, caller: Caller, member_id: UUID) -> Response[bytes]:
    """The association wants it in."""
    with desk.database.begin() as tx:
        admission.approve(tx, caller, MemberId(member_id))
    said = desk.say("Approved; it is active once its admin has signed the agreement.")
    return desk.go(f"/members/{member_id}", said)


@post("/members/{member_id:uuid}/sign", include_in_schema=False, sync_to_thread=True)
def sign(desk: Desk, caller: Caller, member_id: UUID, data: Form) -> Response[bytes]:
    """One of the member's own admins signs."""
    member = MemberId(member_id)
    if data.get("agreed") != "1":
        errors = {"agreed": desk.say("Confirm that you may sign for your company.")}
        return _one(desk, caller, member, errors, data)
    try:
        with desk.database.begin() as tx:
            admission.sign_agreement(tx, caller, member, data.get("version", ""))
    except Refusal as refusal:
        return _one(desk, caller, member, errors_of(refusal, "agreed"), data)
    return desk.go(f"/members/{member}", desk.say("Signed; your company is active."))


@post("/members/{member_id:uuid}/suspend", include_in_schema=False, sync_to_thread=True)
def suspend(desk: Desk, caller: Caller, member_id: UUID, data: Form) -> Response[bytes]:
    """Put a member out, once its name was typed and a reason given."""
    member = MemberId(member_id)
    caller.need_operator()
    try:
        with desk.database.begin() as tx:
            name = get_member(tx, caller, member).name_en
            is_sure = is_name_typed_right(name, data.get("typed", ""))
            if is_sure:
                admission.suspend(tx, caller, member, data.get("reason", ""))
    except Refusal as refusal:
        return _one(desk, caller, member, errors_of(refusal, "reason"), data)
    if not is_sure:
        errors = {"typed": desk.say("This is not the member's name.")}
        return _one(desk, caller, member, errors, data)
    return desk.go(f"/members/{member}", desk.say("Suspended; out everywhere by now."))


@post(
    "/members/{member_id:uuid}/reinstate", include_in_schema=False, sync_to_thread=True
)
def reinstate(
    desk: Desk, caller: Caller, member_id: UUID, data: Form
) -> Response[bytes]:
    """Let a suspended member in again."""
    member = MemberId(member_id)
    try:
        with desk.database.begin() as tx:
            admission.reinstate(tx, caller, member, data.get("reason", ""))
    except Refusal as refusal:
        return _one(desk, caller, member, errors_of(refusal, "reason"), data)
    return desk.go(f"/members/{member}", desk.say("It is in again."))


def _profile(data: Form) -> Profile:
    digits = data.get("customers", "").replace(",", "").strip() or "0"
    is_number = digits.isascii() and digits.isdigit()
    customers = int(digits) if is_number and len(digits) <= MAX_CUSTOMERS_DIGITS else -1
    return Profile(
        name_en=data.get("name_en", ""),
        name_zh=data.get("name_zh", ""),
        sector=data.get("sector", ""),
        customers=customers,
        contacts=[_contact(line) for line in lines(data.get("contacts", ""))],
    )


def _contact(line: str) -> Contact:
    name, duty, email = (*(part.strip() for part in line.split(",")), "", "")[:3]
    return Contact(name, duty, email)


def contacts_text(member: Member) -> str:
    """Contacts as they are typed: one to a line."""
    found = member.details.contacts if member.details else ()
    return "\n".join(f"{c.name}, {c.duty}, {c.email}" for c in found)


def _list(
    desk: Desk, caller: Caller, errors: dict[str, str], values: dict[str, str]
) -> Response[bytes]:
    cursor = desk.request.query_params.get("cursor", "")
    with desk.database.read() as tx:
        page = members_of(tx, caller, cursor=cursor, limit=100)
    return desk.page(
        "hub/members.html",
        "members",
        status=422 if errors else 200,
        members=page.items,
        next=page.next,
        is_operator=caller.is_operator,
        own=caller.member,
        errors=errors,
        values=values,
    )


def _one(
    desk: Desk,
    caller: Caller,
    member_id: MemberId,
    errors: dict[str, str],
    values: dict[str, str],
) -> Response[bytes]:
    with desk.database.read() as tx:
        member = get_member(tx, caller, member_id)
        knows = member.details is not None
        folk = people.list_people(tx, caller, member=member_id).items if knows else ()
        own = edges.list_edges(tx, caller, member=member_id).items if knows else ()
        standings = standing_of(tx, list(own))
        theirs = [
            brand
            for brand in brands.list_brands(tx, caller, limit=500).items
            if brand.member == member_id
        ]
        rounds = [
            each
            for each in circles.list_circles(tx, caller)
            if member_id in each.members and each.is_open
        ]
        newest = agreement.newest(tx)
    is_own_admin = caller.member == member_id and caller.role == Role.MEMBER_ADMIN
    details = member.details
    return desk.page(
        "hub/member.html",
        "members",
        status=422 if errors else 200,
        member=member,
        contacts=contacts_text(member),
        people=folk,
        edges=standings,
        brands=theirs,
        circles=rounds,
        agreement=newest,
        has_newest=details is not None and details.agreement_version == newest.version,
        is_own_admin=is_own_admin,
        is_operator=caller.is_operator,
        may_change=caller.is_operator or (is_own_admin and caller.viewer.is_active),
        errors=errors,
        values=values,
    )


HANDLERS = [
    list_members,
    apply,
    show_member,
    revise,
    approve,
    sign,
    suspend,
    reinstate,
]
