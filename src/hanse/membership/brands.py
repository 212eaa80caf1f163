"""Brands: what attackers imitate, and the domains where the real ones are.

A member's own admins keep them; everybody in the alliance sees them, because all look
out for imitations. Official domains are also what is never enforced against. A
pattern says how imitations tend to look: letters, digits, `-`, `.` and `*`, as in
`*pay-lotus*`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Malformed
from hanse.base.ids import BrandId, MemberId, new_uuid
from hanse.membership import paging, store, wording
from hanse.membership.caller import Caller, NotYours
from hanse.membership.member import need_known
from hanse.membership.paging import Page
from hanse.membership.rights import Scope
from hanse.observables.kinds import Kind, ObservableMalformed
from hanse.observables.parse import parse
from hanse.storage.tx import Tx

MAX_DOMAINS = 500
MAX_PATTERNS = 100
MIN_FIXED_CHARS = 4  # a shorter pattern fits half the internet
_PATTERN = re.compile(r"[a-z0-9*.-]{1,100}", re.ASCII)


class BrandRefused(Malformed):
    """A brand's domain or pattern that cannot be one."""

    code = "membership.brand_refused"


@dataclass(frozen=True, slots=True)
class Brand:
    """A name people trust, and where it is at home."""

    id: BrandId
    member: MemberId
    name_en: str
    name_zh: str
    created_at: datetime
    domains: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an admin says of a brand."""

    name_en: str
    name_zh: str
    domains: Sequence[str] = ()
    patterns: Sequence[str] = ()


def add(tx: Tx, caller: Caller, member: MemberId, draft: Draft) -> Brand:
    """A new brand of the member's."""
    caller.need_admin_of(member)
    need_known(tx, member)
    brand = BrandId(new_uuid())
    made = _put(tx, brand, member, draft)
    _note(tx, caller, "brand.added", made)
    return made


def revise(tx: Tx, caller: Caller, brand: BrandId, draft: Draft) -> Brand:
    """The brand is as `draft` says from now on."""
    found = get_brand(tx, caller, brand)
    caller.need_admin_of(found.member)
    made = _put(tx, brand, found.member, draft)
    _note(tx, caller, "brand.revised", made)
    return made


def remove(tx: Tx, caller: Caller, brand: BrandId) -> None:
    """It is not shown any more; what was reported about it keeps its name."""
    found = get_brand(tx, caller, brand)
    caller.need_admin_of(found.member)
    store.remove_brand(tx, brand, tx.now)
    _note(tx, caller, "brand.removed", found)


def get_brand(tx: Tx, caller: Caller, brand: BrandId) -> Brand:
    """One brand; `NotYours` if there is none the caller may see."""
    caller.need(Scope.READ)
    row = store.brand(tx, brand)
    own = None if row is None else MemberId(row[1])
    if row is None or not (caller.viewer.is_active or own == caller.member):
        raise NotYours
    return _brand(row)


def list_brands(
    tx: Tx, caller: Caller, *, cursor: str = "", limit: int = 100
) -> Page[Brand]:
    """The brands of all active members, and one's own."""
    caller.need(Scope.READ)
    sees_all = caller.is_operator or caller.is_overseer
    place = paging.behind(cursor)
    rows = store.brands(tx, caller.member, place, limit + 1, sees_all=sees_all)
    found = [_brand(row) for row in rows]
    if not caller.viewer.is_active:
        found = [brand for brand in found if brand.member == caller.member]
    return paging.page_of(found, limit, lambda b: (b.created_at, b.id))


def name_of(tx: Tx, brand: BrandId | UUID) -> str:
    """The English name of a brand, removed ones too; empty if there is none."""
    return store.brand_name(tx, brand)


def _put(tx: Tx, brand: BrandId, member: MemberId, draft: Draft) -> Brand:
    domains = _domains(draft.domains)
    patterns = _patterns(draft.patterns)
    name_en = wording.name(draft.name_en, "name_en")
    name_zh = wording.name(draft.name_zh, "name_zh")
    store.put_brand(tx, brand, member, name_en, name_zh, tx.now)
    store.put_brand_domains(tx, brand, domains, patterns)
    row = store.brand(tx, brand)
    assert row is not None
    return _brand(row)


def _domains(given: Sequence[str]) -> list[str]:
    if len(given) > MAX_DOMAINS:
        raise BrandRefused(f"at most {MAX_DOMAINS} domains", pointer="/domains")
    return sorted({_domain(text, at) for at, text in enumerate(given)})


def _domain(text: str, at: int) -> str:
    try:
        return parse(Kind.DOMAIN, text.strip()).value
    except ObservableMalformed as refused:
        raise BrandRefused(refused.message, pointer=f"/domains/{at}") from None


def _patterns(given: Sequence[str]) -> list[str]:
    if len(given) > MAX_PATTERNS:
        raise BrandRefused(f"at most {MAX_PATTERNS} patterns", pointer="/patterns")
    return sorted({_pattern(text, at) for at, text in enumerate(given)})


def _pattern(text: str, at: int) -> str:
    pattern = text.strip().lower()
    fixed = len(pattern.replace("*", ""))
    if not _PATTERN.fullmatch(pattern) or fixed < MIN_FIXED_CHARS:
        raise BrandRefused(
            f"a pattern has letters, digits, - . and *, and at least {MIN_FIXED_CHARS}"
            " of them are not *",
            pointer=f"/patterns/{at}",
        )
    return pattern


def _brand(row: store.Row) -> Brand:
    brand, member, name_en, name_zh, created_at, domains, patterns = row
    return Brand(
        BrandId(brand),
        MemberId(member),
        name_en,
        name_zh,
        created_at,
        tuple(domains),
        tuple(patterns),
    )


def _note(tx: Tx, caller: Caller, act: str, brand: Brand) -> None:
    details = {"name": brand.name_en, "member": str(brand.member)}
    log.append(tx, Event(act, caller.actor, f"brand:{brand.id}", details))
