"""PostgreSQL statements on the alliance, members, people, circles and brands.

Rows come back as tuples in the order the statement names them; who reads them gives
them names. `CIRCLES` and `POTS` say what a member may see, for every statement that
asks who somebody is: they also read the grants on operator-defined collections, so
that one round trip suffices. Machines and log-ins have stores of their own below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from hanse.base.ids import MemberId
from hanse.membership.viewer import Viewer, ViewerRole
from hanse.storage.tx import Tx

Row = tuple[Any, ...]
After = tuple[datetime, UUID]  # the place a page begins behind


def one(tx: Tx, sql: LiteralString, *values: Any) -> Row | None:
    """The first row of a statement, if there is one; for this room's stores."""
    return tx.conn.execute(sql, values or None).fetchone()


def rows(tx: Tx, sql: LiteralString, *values: Any) -> list[Row]:
    """All rows of a statement; for this room's stores."""
    return tx.conn.execute(sql, values or None).fetchall()


def count(tx: Tx, sql: LiteralString, *values: Any) -> int:
    """How many rows a statement changed; for this room's stores."""
    return tx.conn.execute(sql, values or None).rowcount


# --- who may see what ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """What the member behind a key or a person is, and what it may see."""

    member_id: UUID | None
    name_en: str | None
    status: str | None
    circles: Sequence[UUID]
    pots: Sequence[UUID]
    epoch: int


CIRCLES: LiteralString = (
    " array(select cm.circle_id from circle_member cm"
    "  join circle c on c.id = cm.circle_id"
    "  where cm.member_id = m.id and c.closed_at is null)"
)
POTS: LiteralString = (
    " array(select g.collection_id from taxii_grant g"
    "  join taxii_collection t on t.id = g.collection_id"
    "  where g.can_read and t.kind = 'pot' and t.closed_at is null and {})"
)
OF_KEY: LiteralString = "(g.member_id = m.id or g.key_id = k.id)"
OF_MEMBER: LiteralString = "g.member_id = m.id"
EPOCH: LiteralString = " (select n from membership_epoch)"


def machine_viewers(tx: Tx, members: Sequence[MemberId] | None) -> list[Viewer]:
    """Each of these members, or all, as its machines see."""
    wanted = members if members is None else list(members)
    found = rows(
        tx,
        f"select m.id, m.status = 'active', {CIRCLES}, {POTS.format(OF_MEMBER)}"  # noqa: S608
        " from member m where %s::uuid[] is null or m.id = any(%s::uuid[])",
        wanted,
        wanted,
    )
    return [
        Viewer(
            role=ViewerRole.MEMBER_MACHINE,
            member=MemberId(member),
            is_active=is_active,
            circles=frozenset(circles),
            pots=frozenset(pots),
        )
        for member, is_active, circles, pots in found
    ]


# --- the alliance and its agreement --------------------------------------------


def alliance(tx: Tx) -> Row | None:
    """(name_en, name_zh, origin, created_at)."""
    return one(tx, "select name_en, name_zh, origin, created_at from alliance")


def insert_alliance(tx: Tx, *values: Any) -> int:
    """(name_en, name_zh, origin, created_at); 0 if there is one already."""
    return count(
        tx,
        "insert into alliance (name_en, name_zh, origin, created_at)"
        " values (%s, %s, %s, %s) on conflict do nothing",
        *values,
    )


_AGREEMENT: LiteralString = (
    "select version, text_en, text_zh, published_at from agreement"
)


def newest_agreement(tx: Tx) -> Row | None:
    """The agreement to be signed."""
    return one(tx, _AGREEMENT + " order by published_at desc, version desc limit 1")


def agreements(tx: Tx) -> list[Row]:
    """All versions, newest first."""
    return rows(tx, _AGREEMENT + " order by published_at desc, version desc")


def insert_agreement(tx: Tx, *values: Any) -> int:
    """(version, text_en, text_zh, published_at); 0 if the version is taken."""
    return count(
        tx,
        "insert into agreement (version, text_en, text_zh, published_at)"
        " values (%s, %s, %s, %s) on conflict do nothing",
        *values,
    )


# --- members -------------------------------------------------------------------

_MEMBER: LiteralString = (
    "select m.id, m.name_en, m.name_zh, m.sector, m.status, m.active_at, m.customers,"
    " m.contacts, m.status_reason, m.applied_at, m.approved_at, m.suspended_at,"
    " m.agreement_version, m.agreement_signed_at, m.agreement_signed_by from member m"
)


def member(tx: Tx, member_id: UUID) -> Row | None:
    """One member."""
    return one(tx, _MEMBER + " where m.id = %s", member_id)


def member_locked(tx: Tx, member_id: UUID) -> Row | None:
    """One member, nobody else changes it until the transaction ends."""
    return one(tx, _MEMBER + " where m.id = %s for update", member_id)


def members(
    tx: Tx, own: UUID | None, after: After, n: int, *, sees_all: bool
) -> list[Row]:
    """Active members and one's own, or all; in the order they applied."""
    return rows(
        tx,
        _MEMBER + " where (%s or m.status = 'active' or m.id = %s)"
        " and (m.applied_at, m.id) > (%s, %s) order by m.applied_at, m.id limit %s",
        sees_all,
        own,
        *after,
        n,
    )


def insert_member(tx: Tx, values: Mapping[str, Any]) -> int:
    """A member that has applied; 0 if its English name is taken."""
    return tx.conn.execute(
        "insert into member (id, name_en, name_zh, sector, customers, contacts, status,"
        " applied_at) values (%(id)s, %(name_en)s, %(name_zh)s, %(sector)s,"
        " %(customers)s, %(contacts)s, 'applied', %(at)s) on conflict do nothing",
        {**values, "contacts": Jsonb(values["contacts"])},
    ).rowcount


def revise_member(tx: Tx, values: Mapping[str, Any]) -> None:
    """What a member says of itself."""
    tx.conn.execute(
        "update member set name_en = %(name_en)s, name_zh = %(name_zh)s,"
        " sector = %(sector)s, customers = %(customers)s, contacts = %(contacts)s"
        " where id = %(id)s",
        {**values, "contacts": Jsonb(values["contacts"])},
    )


def is_name_taken(tx: Tx, name_en: str, by_other_than: UUID) -> bool:
    """Whether another member has this English name."""
    sql: LiteralString = (
        "select 1 from member where lower(name_en) = lower(%s) and id <> %s"
    )
    return one(tx, sql, name_en, by_other_than) is not None


def approve_member(tx: Tx, member_id: UUID, at: datetime) -> None:
    """Applied becomes approved."""
    count(
        tx,
        "update member set status = 'approved', approved_at = %s where id = %s",
        at,
        member_id,
    )


def sign_agreement(
    tx: Tx, version: str, at: datetime, by: str, member_id: UUID
) -> None:
    """Which version was signed, when and by whom."""
    count(
        tx,
        "update member set agreement_version = %s, agreement_signed_at = %s,"
        " agreement_signed_by = %s where id = %s",
        version,
        at,
        by,
        member_id,
    )


def activate_member(tx: Tx, member_id: UUID, at: datetime, reason: str) -> None:
    """From here on it hears and is heard."""
    count(
        tx,
        "update member set status = 'active', active_at = coalesce(active_at, %s),"
        " suspended_at = null, status_reason = %s where id = %s",
        at,
        reason,
        member_id,
    )


def suspend_member(tx: Tx, member_id: UUID, at: datetime, reason: str) -> None:
    """From here on it does not."""
    count(
        tx,
        "update member set status = 'suspended', suspended_at = %s, status_reason = %s"
        " where id = %s",
        at,
        reason,
        member_id,
    )


# --- people --------------------------------------------------------------------

PERSON_COLUMNS: LiteralString = (
    " p.id, p.member_id, p.organisation, p.email, p.name, p.role, p.language, p.theme,"
    " p.is_disabled, p.totp_sealed is not null, p.created_at, p.last_login_at"
)


def person(tx: Tx, person_id: UUID) -> Row | None:
    """One person."""
    return one(
        tx,
        f"select {PERSON_COLUMNS} from person p where p.id = %s",  # noqa: S608
        person_id,
    )


def people(tx: Tx, member_id: UUID | None, after: After, n: int) -> list[Row]:
    """People of a member (of everybody, if None), in the order they came."""
    return rows(
        tx,
        f"select {PERSON_COLUMNS} from person p"  # noqa: S608
        " where (%s::uuid is null or p.member_id = %s)"
        " and (p.created_at, p.id) > (%s, %s) order by p.created_at, p.id limit %s",
        member_id,
        member_id,
        *after,
        n,
    )


def insert_person(tx: Tx, values: Mapping[str, Any]) -> int:
    """A new person; 0 if the e-mail address is taken."""
    return tx.conn.execute(
        "insert into person (id, member_id, organisation, email, name, role,"
        " password_hash, language, created_at) values (%(id)s, %(member)s,"
        " %(organisation)s, %(email)s, %(name)s, %(role)s, %(password_hash)s,"
        " %(language)s, %(at)s) on conflict (email) do nothing",
        values,
    ).rowcount


def set_disabled(tx: Tx, person_id: UUID, *, is_disabled: bool) -> None:
    """Whether the person may log in at all."""
    sql: LiteralString = "update person set is_disabled = %s where id = %s"
    count(tx, sql, is_disabled, person_id)


def set_role(tx: Tx, person_id: UUID, role: str) -> None:
    """A member's person in another role."""
    count(tx, "update person set role = %s where id = %s", role, person_id)


def set_preferences(tx: Tx, person_id: UUID, language: str, theme: str) -> None:
    """How pages look for this person."""
    sql: LiteralString = "update person set language = %s, theme = %s where id = %s"
    count(tx, sql, language, theme, person_id)


# --- invitations ---------------------------------------------------------------

_INVITATION: LiteralString = (
    "select i.id, i.purpose, i.role, i.member_id, i.organisation, i.name, i.person_id,"
    " i.created_by, i.created_at, i.expires_at, i.used_at, i.revoked_at"
    " from invitation i"
)


def insert_invitation(tx: Tx, values: Mapping[str, Any]) -> None:
    """An invitation; its secret is known by its digest only."""
    tx.conn.execute(
        "insert into invitation (id, secret_sha256, purpose, role, member_id,"
        " organisation, name, person_id, created_by, created_at, expires_at)"
        " values (%(id)s, %(secret_sha256)s, %(purpose)s, %(role)s, %(member)s,"
        " %(organisation)s, %(name)s, %(person)s, %(by)s, %(at)s, %(expires_at)s)",
        values,
    )


def invitation_by_secret(tx: Tx, digest: bytes) -> Row | None:
    """The invitation of this secret."""
    return one(tx, _INVITATION + " where i.secret_sha256 = %s", digest)


def invitation(tx: Tx, invitation_id: UUID) -> Row | None:
    """One invitation."""
    return one(tx, _INVITATION + " where i.id = %s", invitation_id)


def open_invitations(tx: Tx, member_id: UUID | None, at: datetime) -> list[Row]:
    """Those that can still be used, of a member or all, newest first."""
    return rows(
        tx,
        _INVITATION + " where i.used_at is null and i.revoked_at is null"
        " and i.expires_at > %s and (%s::uuid is null or i.member_id = %s)"
        " order by i.created_at desc, i.id limit 500",
        at,
        member_id,
        member_id,
    )


def use_invitation(tx: Tx, invitation_id: UUID, at: datetime) -> int:
    """Use it; 0 if somebody was faster or it is over."""
    return count(
        tx,
        "update invitation set used_at = %s where id = %s and used_at is null"
        " and revoked_at is null and expires_at > %s",
        at,
        invitation_id,
        at,
    )


def revoke_invitation(tx: Tx, invitation_id: UUID, at: datetime) -> int:
    """Take it back; 0 if it was used or taken back before."""
    return count(
        tx,
        "update invitation set revoked_at = %s"
        " where id = %s and used_at is null and revoked_at is null",
        at,
        invitation_id,
    )


# --- circles and brands --------------------------------------------------------

_CIRCLE: LiteralString = (
    "select c.id, c.name_en, c.name_zh, c.purpose, c.created_at, c.closed_at,"
    " array(select cm.member_id from circle_member cm where cm.circle_id = c.id"
    "  order by cm.joined_at, cm.member_id) from circle c"
)


def circle(tx: Tx, circle_id: UUID, *, is_locked: bool = False) -> Row | None:
    """One circle and who is in it; locked for the transaction if asked."""
    lock: LiteralString = " for update of c" if is_locked else ""
    return one(tx, _CIRCLE + " where c.id = %s" + lock, circle_id)


def circles(tx: Tx, of: UUID | None) -> list[Row]:
    """All circles, or the open ones a member is in."""
    return rows(
        tx,
        _CIRCLE + " where %s::uuid is null or (c.closed_at is null and exists"
        " (select from circle_member cm where cm.circle_id = c.id"
        " and cm.member_id = %s)) order by c.created_at, c.id",
        of,
        of,
    )


def insert_circle(tx: Tx, *values: Any) -> int:
    """(id, name_en, name_zh, purpose, created_at); 0 if the English name is taken."""
    return count(
        tx,
        "insert into circle (id, name_en, name_zh, purpose, created_at)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        *values,
    )


def join_circle(tx: Tx, *values: Any) -> int:
    """(circle, member, at); 0 if it was in it."""
    return count(
        tx,
        "insert into circle_member (circle_id, member_id, joined_at)"
        " values (%s, %s, %s) on conflict do nothing",
        *values,
    )


def leave_circle(tx: Tx, circle_id: UUID, member_id: UUID) -> int:
    """0 if it was not in it."""
    return count(
        tx,
        "delete from circle_member where circle_id = %s and member_id = %s",
        circle_id,
        member_id,
    )


def close_circle(tx: Tx, circle_id: UUID, at: datetime) -> None:
    """Nobody hears anything through it from here on."""
    count(tx, "update circle set closed_at = %s where id = %s", at, circle_id)


_BRAND: LiteralString = (
    "select b.id, b.member_id, b.name_en, b.name_zh, b.created_at,"
    " array(select d.value from brand_domain d where d.brand_id = b.id"
    "  and not d.is_pattern order by d.value),"
    " array(select d.value from brand_domain d where d.brand_id = b.id"
    "  and d.is_pattern order by d.value)"
    " from brand b join member m on m.id = b.member_id where b.removed_at is null"
)


def brand(tx: Tx, brand_id: UUID) -> Row | None:
    """One brand that is not removed."""
    return one(tx, _BRAND + " and b.id = %s", brand_id)


def brands(
    tx: Tx, own: UUID | None, after: After, n: int, *, sees_all: bool
) -> list[Row]:
    """Brands of active members and one's own, or all."""
    return rows(
        tx,
        _BRAND + " and (%s or m.status = 'active' or m.id = %s)"
        " and (b.created_at, b.id) > (%s, %s) order by b.created_at, b.id limit %s",
        sees_all,
        own,
        *after,
        n,
    )


def put_brand(tx: Tx, *values: Any) -> None:
    """(id, member, name_en, name_zh, created_at), new or renamed."""
    count(
        tx,
        "insert into brand (id, member_id, name_en, name_zh, created_at)"
        " values (%s, %s, %s, %s, %s) on conflict (id)"
        " do update set name_en = excluded.name_en, name_zh = excluded.name_zh",
        *values,
    )


def put_brand_domains(
    tx: Tx, brand_id: UUID, domains: Sequence[str], patterns: Sequence[str]
) -> None:
    """Exactly these official domains and patterns."""
    count(tx, "delete from brand_domain where brand_id = %s", brand_id)
    count(
        tx,
        "insert into brand_domain (brand_id, value, is_pattern)"
        " select %s, v, false from unnest(%s::text[]) v union all"
        " select %s, v, true from unnest(%s::text[]) v",
        brand_id,
        list(domains),
        brand_id,
        list(patterns),
    )


def remove_brand(tx: Tx, brand_id: UUID, at: datetime) -> None:
    """It is not shown any more; what was reported about it keeps its name."""
    count(tx, "update brand set removed_at = %s where id = %s", at, brand_id)


def brand_name(tx: Tx, brand_id: UUID) -> str:
    """The English name of a brand, removed ones too."""
    row = one(tx, "select name_en from brand where id = %s", brand_id)
    return row[0] if row else ""
