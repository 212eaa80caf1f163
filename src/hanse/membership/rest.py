"""Members, people, invitations, brands and oneself over REST.

JSON in, one deed, JSON out. What is answered are the deeds' own values; a POST with an
`Idempotency-Key` is done once (`Door.once`).
"""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import Parameter

from hanse.base.ids import BrandId, MemberId, PersonId
from hanse.membership import (
    admission,
    agreement,
    brands,
    invitations,
    member,
    people,
    wording,
)
from hanse.membership.admission import Profile
from hanse.membership.agreement import Agreement
from hanse.membership.brands import Brand, Draft
from hanse.membership.caller import Caller
from hanse.membership.invitations import Invitation, Invited
from hanse.membership.member import Contact, Member
from hanse.membership.paging import MAX_LIMIT, Page
from hanse.membership.person import Person
from hanse.membership.rights import Role, Scope
from hanse.storage.once import Door

Cursor = Annotated[str, Parameter(max_length=100, description="as given by `next`")]
Limit = Annotated[int, Parameter(ge=1, le=MAX_LIMIT)]
OWN_ACCOUNT = {"hanse.own_account": True}  # see hub.access

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=wording.MAX_NAME_CHARS)]
MaybeName = Annotated[str, msgspec.Meta(max_length=wording.MAX_NAME_CHARS)]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=wording.MAX_NOTE_CHARS)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=agreement.MAX_CHARS)]
Version = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class Me:
    """Who is asking, and with which rights."""

    role: str
    scopes: list[str]
    member: UUID | None
    member_name: str
    is_active: bool
    person: Person | None


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pages look for the person who asks."""

    language: Literal["en", "zh_Hans"]
    theme: Literal["auto", "light", "dark"]


class ProfileBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says of itself."""

    name_en: Name
    name_zh: Name
    sector: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    customers: Annotated[int, msgspec.Meta(ge=0, le=admission.MAX_CUSTOMERS)]
    contacts: Annotated[
        list[Contact], msgspec.Meta(max_length=admission.MAX_CONTACTS)
    ] = []

    def profile(self) -> Profile:
        """The same for the deed."""
        return Profile(
            self.name_en, self.name_zh, self.sector, self.customers, self.contacts
        )


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; it stands in the log."""

    reason: Note


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version of the agreement is signed."""

    version: Version


class AgreementBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new version of the agreement."""

    version: Version
    text_en: Text
    text_zh: Text


class RoleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's new role."""

    role: Literal["member_analyst", "member_admin"]


class InvitationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite. `organisation` is an overseer's authority."""

    role: Literal["member_analyst", "member_admin", "operator", "overseer"]
    member: UUID | None = None
    organisation: MaybeName = ""
    name: MaybeName = ""


@dataclass(frozen=True, slots=True)
class InvitationMade:
    """An invitation and its link, shown now and never again."""

    invitation: Invitation
    link: str


class BrandBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A brand, its official domains, and what imitations look like."""

    name_en: Name
    name_zh: Name
    domains: Annotated[list[str], msgspec.Meta(max_length=brands.MAX_DOMAINS)] = []
    patterns: Annotated[list[str], msgspec.Meta(max_length=brands.MAX_PATTERNS)] = []
    member: UUID | None = None

    def draft(self) -> Draft:
        """The same for the deed."""
        return Draft(self.name_en, self.name_zh, self.domains, self.patterns)


# --- oneself -------------------------------------------------------------------


@get("/v1/me", sync_to_thread=True, summary="Who am I?", tags=["me"])
def show_me(door: Door, caller: Caller) -> Me:
    """In which standing the key or session given is."""
    person = None
    if caller.person is not None:
        with door.read() as tx:
            person = people.me(tx, caller)
    return Me(
        role=caller.role,
        scopes=sorted(caller.scopes),
        member=caller.member,
        member_name=caller.member_name,
        is_active=caller.viewer.is_active,
        person=person,
    )


@patch("/v1/me", sync_to_thread=True, opt=OWN_ACCOUNT, tags=["me"])
def prefer(door: Door, caller: Caller, data: Preferences) -> Person:
    """Language and theme of one's own pages."""
    with door.database.begin() as tx:
        people.prefer(tx, caller, language=data.language, theme=data.theme)
        return people.me(tx, caller)


# --- members -------------------------------------------------------------------


@get("/v1/members", sync_to_thread=True, tags=["members"])
def list_members(
    door: Door, caller: Caller, cursor: Cursor = "", limit: Limit = 100
) -> Page[Member]:
    """Who is in. `details` are for the member itself, operator and overseers."""
    with door.read() as tx:
        return member.list_members(tx, caller, cursor=cursor, limit=limit)


@post("/v1/members", sync_to_thread=True, tags=["members"])
def apply(door: Door, caller: Caller, data: ProfileBody) -> Member:
    """Enter a company that wants to come in (operator)."""
    return door.once(Member, lambda tx: admission.apply(tx, caller, data.profile()))


@get("/v1/members/{member_id:uuid}", sync_to_thread=True, tags=["members"])
def get_member(door: Door, caller: Caller, member_id: UUID) -> Member:
    """One member."""
    with door.read() as tx:
        return member.get_member(tx, caller, MemberId(member_id))


@put("/v1/members/{member_id:uuid}", sync_to_thread=True, tags=["members"])
def revise_member(
    door: Door, caller: Caller, member_id: UUID, data: ProfileBody
) -> Member:
    """What the member says of itself (its admins, operator)."""
    with door.database.begin() as tx:
        return admission.revise(tx, caller, MemberId(member_id), data.profile())


@post(
    "/v1/members/{member_id:uuid}/approve",
    sync_to_thread=True,
    status_code=200,
    tags=["members"],
)
def approve(door: Door, caller: Caller, member_id: UUID) -> Member:
    """Applied becomes approved (operator)."""
    member_id = MemberId(member_id)
    return door.once(Member, lambda tx: admission.approve(tx, caller, member_id))


@post(
    "/v1/members/{member_id:uuid}/sign",
    sync_to_thread=True,
    status_code=200,
    tags=["members"],
)
def sign(door: Door, caller: Caller, member_id: UUID, data: Signature) -> Member:
    """Sign the agreement (the member's own admin); approved becomes active."""
    return door.once(
        Member,
        lambda tx: admission.sign_agreement(
            tx, caller, MemberId(member_id), data.version
        ),
    )


@post(
    "/v1/members/{member_id:uuid}/suspend",
    sync_to_thread=True,
    status_code=200,
    tags=["members"],
)
def suspend(door: Door, caller: Caller, member_id: UUID, data: Reason) -> Member:
    """Put a member out, at once and everywhere (operator)."""
    return door.once(
        Member,
        lambda tx: admission.suspend(tx, caller, MemberId(member_id), data.reason),
    )


@post(
    "/v1/members/{member_id:uuid}/reinstate",
    sync_to_thread=True,
    status_code=200,
    tags=["members"],
)
def reinstate(door: Door, caller: Caller, member_id: UUID, data: Reason) -> Member:
    """Let a suspended member in again (operator)."""
    return door.once(
        Member,
        lambda tx: admission.reinstate(tx, caller, MemberId(member_id), data.reason),
    )


@get("/v1/agreements", sync_to_thread=True, tags=["members"])
def list_agreements(door: Door, caller: Caller) -> list[Agreement]:
    """All versions of the agreement, the one to be signed first."""
    caller.need(Scope.READ)
    with door.read() as tx:
        return agreement.every(tx)


@post("/v1/agreements", sync_to_thread=True, tags=["members"])
def publish_agreement(door: Door, caller: Caller, data: AgreementBody) -> Agreement:
    """A new version, to be signed from now on (operator)."""
    return door.once(
        Agreement,
        lambda tx: agreement.publish(
            tx, caller, data.version, data.text_en, data.text_zh
        ),
    )


# --- people --------------------------------------------------------------------


@get("/v1/people", sync_to_thread=True, tags=["people"])
def list_people(
    door: Door,
    caller: Caller,
    member_id: UUID | None = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Person]:
    """A member's people; everybody's for operator and overseers."""
    of = None if member_id is None else MemberId(member_id)
    with door.read() as tx:
        return people.list_people(tx, caller, member=of, cursor=cursor, limit=limit)


@get("/v1/people/{person_id:uuid}", sync_to_thread=True, tags=["people"])
def get_person(door: Door, caller: Caller, person_id: UUID) -> Person:
    """One person."""
    with door.read() as tx:
        return people.get_person(tx, caller, PersonId(person_id))


@post(
    "/v1/people/{person_id:uuid}/disable",
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
)
def disable(door: Door, caller: Caller, person_id: UUID) -> Person:
    """The person is out at once (their admin, operator)."""
    with door.database.begin() as tx:
        people.disable(tx, caller, PersonId(person_id))
        return people.get_person(tx, caller, PersonId(person_id))


@post(
    "/v1/people/{person_id:uuid}/enable",
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
)
def enable(door: Door, caller: Caller, person_id: UUID) -> Person:
    """The person may log in again (their admin, operator)."""
    with door.database.begin() as tx:
        people.enable(tx, caller, PersonId(person_id))
        return people.get_person(tx, caller, PersonId(person_id))


@post(
    "/v1/people/{person_id:uuid}/role",
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
)
def change_role(door: Door, caller: Caller, person_id: UUID, data: RoleBody) -> Person:
    """A member's analyst becomes admin, or the other way round."""
    with door.database.begin() as tx:
        people.change_role(tx, caller, PersonId(person_id), Role(data.role))
        return people.get_person(tx, caller, PersonId(person_id))


@post("/v1/people/{person_id:uuid}/reset", sync_to_thread=True, tags=["people"])
def reset(
    door: Door, caller: Caller, person_id: UUID, public_url: str
) -> InvitationMade:
    """A link with which the person sets a new password (their admin, operator)."""
    person = PersonId(person_id)
    return door.once(
        InvitationMade,
        lambda tx: _made(invitations.invite_to_reset(tx, caller, person), public_url),
    )


@get("/v1/invitations", sync_to_thread=True, tags=["people"])
def list_invitations(door: Door, caller: Caller) -> list[Invitation]:
    """Invitations that can still be used."""
    with door.read() as tx:
        return invitations.list_open(tx, caller)


@post("/v1/invitations", sync_to_thread=True, tags=["people"])
def invite(
    door: Door, caller: Caller, data: InvitationBody, public_url: str
) -> InvitationMade:
    """A link that makes an account, good once and for 72 hours."""
    of = None if data.member is None else MemberId(data.member)
    return door.once(
        InvitationMade,
        lambda tx: _made(
            invitations.invite_person(
                tx,
                caller,
                Role(data.role),
                member=of,
                organisation=data.organisation,
                name=data.name,
            ),
            public_url,
        ),
    )


@delete("/v1/invitations/{invitation_id:uuid}", sync_to_thread=True, tags=["people"])
def take_back(door: Door, caller: Caller, invitation_id: UUID) -> None:
    """The link is no longer good."""
    with door.database.begin() as tx:
        invitations.take_back(tx, caller, invitation_id)


# --- brands --------------------------------------------------------------------


@get("/v1/brands", sync_to_thread=True, tags=["brands"])
def list_brands(
    door: Door, caller: Caller, cursor: Cursor = "", limit: Limit = 100
) -> Page[Brand]:
    """The brands everybody looks out for."""
    with door.read() as tx:
        return brands.list_brands(tx, caller, cursor=cursor, limit=limit)


@post("/v1/brands", sync_to_thread=True, tags=["brands"])
def add_brand(door: Door, caller: Caller, data: BrandBody) -> Brand:
    """A brand of one's own member (its admins; the operator names the member)."""
    of = caller.need_member() if data.member is None else MemberId(data.member)
    return door.once(Brand, lambda tx: brands.add(tx, caller, of, data.draft()))


@get("/v1/brands/{brand_id:uuid}", sync_to_thread=True, tags=["brands"])
def get_brand(door: Door, caller: Caller, brand_id: UUID) -> Brand:
    """One brand."""
    with door.read() as tx:
        return brands.get_brand(tx, caller, BrandId(brand_id))


@put("/v1/brands/{brand_id:uuid}", sync_to_thread=True, tags=["brands"])
def revise_brand(door: Door, caller: Caller, brand_id: UUID, data: BrandBody) -> Brand:
    """The brand is as given from now on."""
    with door.database.begin() as tx:
        return brands.revise(tx, caller, BrandId(brand_id), data.draft())


@delete("/v1/brands/{brand_id:uuid}", sync_to_thread=True, tags=["brands"])
def remove_brand(door: Door, caller: Caller, brand_id: UUID) -> None:
    """It is not shown any more."""
    with door.database.begin() as tx:
        brands.remove(tx, caller, BrandId(brand_id))


def _made(invited: Invited, public_url: str) -> InvitationMade:
    return InvitationMade(invited.invitation, f"{public_url}/join/{invited.secret}")


HANDLERS = [
    show_me,
    prefer,
    list_members,
    apply,
    get_member,
    revise_member,
    approve,
    sign,
    suspend,
    reinstate,
    list_agreements,
    publish_agreement,
    list_people,
    get_person,
    disable,
    enable,
    change_role,
    reset,
    list_invitations,
    invite,
    take_back,
    list_brands,
    add_brand,
    get_brand,
    revise_brand,
    remove_brand,
]
