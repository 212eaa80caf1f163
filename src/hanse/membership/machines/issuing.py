"""Making, rotating and revoking keys: what their owners do with them.

A key is shown once. Rotating makes a new one with the same rights and lets the old one
run on for a while, so that nothing stands still. A key never holds a scope its maker
could not hold itself, and no key makes another that outranks it.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Conflict, Malformed
from hanse.base.ids import EdgeId, KeyId, MemberId, PersonId, new_uuid
from hanse.membership import paging, wording
from hanse.membership.caller import Caller, NotYours, RoleMissing
from hanse.membership.machines import credentials, store
from hanse.membership.member import need_known
from hanse.membership.paging import Page
from hanse.membership.rights import SCOPES_OF_KEYS, Role, Scope
from hanse.membership.store import Row
from hanse.storage.tx import Tx

GRACE = timedelta(hours=24)
MAX_GRACE = timedelta(days=90)
MAX_KEYS = 500  # live ones of one owner


class KeyRefused(Malformed):
    """A key cannot be like that."""

    code = "membership.key_refused"


class KeyEnded(Conflict):
    """It was revoked or has expired; there is nothing to rotate."""

    code = "membership.key_ended"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its owner sees it: everything but its secret."""

    id: KeyId
    public_id: str
    name: str
    basic_user: str | None
    member: MemberId | None
    edge: EdgeId | None
    made_by: PersonId | None
    role: Role
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    rotated_from: KeyId | None

    def is_live(self, now: datetime) -> bool:
        """Whether it opens anything, as far as the key itself goes."""
        has_expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not has_expired


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key and its text, which is shown now and never again."""

    key: ApiKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What key is wanted. `member` None: the association's own."""

    name: str
    scopes: frozenset[Scope]
    member: MemberId | None
    role: Role = Role.MEMBER
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BasicPair:
    """A user name and password of one's own choice, for HTTP Basic.

    Kept as SHA-256 like every key, which a password people think of does not bear:
    for throw-away hubs (`hanse sandbox`) and generated passwords only.
    """

    user: str
    password: str = field(repr=False)


def issue(tx: Tx, caller: Caller, order: Order) -> Issued:
    """A new key: for a member by its admin or the operator, others by the operator.

    Raises:
        KeyRefused: no scopes, too many, too many keys, or it has expired already.
    """
    _need_right_to_issue(caller, order)
    need_known(tx, order.member)
    secret = credentials.secret_of(secrets.token_bytes(credentials.SECRET_BYTES))
    key = _insert(tx, caller, order, secret)
    _note(tx, caller, "key.made", key)
    return Issued(key, credentials.key_text(key.public_id, secret))


def adopt(tx: Tx, caller: Caller, order: Order, pair: BasicPair) -> ApiKey:
    """A key with a Basic user and password that were made elsewhere. The operator's."""
    caller.need_operator()
    _need_right_to_issue(caller, order)
    need_known(tx, order.member)
    if not pair.user or ":" in pair.user or credentials.is_public_id(pair.user):
        raise KeyRefused("this cannot be a Basic user name", pointer="/user")
    key = _insert(tx, caller, order, pair.password, basic_user=pair.user)
    _note(tx, caller, "key.adopted", key)
    return key


def issue_for_edge(
    tx: Tx, caller: Caller, member: MemberId, edge: EdgeId, scopes: frozenset[Scope]
) -> Issued:
    """The key of an edge that has just been enrolled; `edges.enrol` calls it."""
    secret = credentials.secret_of(secrets.token_bytes(credentials.SECRET_BYTES))
    order = Order(name=f"edge {str(edge)[:8]}", scopes=scopes, member=member)
    key = _insert(tx, caller, order, secret, edge=edge)
    _note(tx, caller, "key.made", key)
    return Issued(key, credentials.key_text(key.public_id, secret))


def rotate(tx: Tx, caller: Caller, key: KeyId, *, grace: timedelta = GRACE) -> Issued:
    """A new key with the same rights; the old one ends after `grace`."""
    old = _to_change(tx, caller, key)
    if not old.is_live(tx.now):
        raise KeyEnded("this key has ended; make a new one")
    if not timedelta(0) <= grace <= MAX_GRACE:
        raise KeyRefused(f"a grace period is 0 to {MAX_GRACE.days} days")
    order = Order(old.name, old.scopes, old.member, old.role, old.expires_at)
    secret = credentials.secret_of(secrets.token_bytes(credentials.SECRET_BYTES))
    new = _insert(tx, caller, order, secret, edge=old.edge, rotated_from=old.id)
    store.copy_grants(tx, old.id, new.id)
    if grace:
        store.expire_key(tx, old.id, tx.now + grace)
    else:
        store.revoke_key(tx, old.id, tx.now)
    _note(tx, caller, "key.rotated", new, rotated_from=old.public_id)
    return Issued(new, credentials.key_text(new.public_id, secret))


def revoke(tx: Tx, caller: Caller, key: KeyId) -> None:
    """The key is out at once, on open streams too."""
    found = _to_change(tx, caller, key)
    if store.revoke_key(tx, key, tx.now):
        _note(tx, caller, "key.revoked", found)


def get_key(tx: Tx, caller: Caller, key: KeyId) -> ApiKey:
    """One key; `NotYours` if it is another's."""
    row = store.key(tx, key)
    if row is None:
        raise NotYours
    found = _key(row)
    if found.id != caller.key:
        caller.need_view_of(found.member)
        _need_to_see_keys(caller)
    return found


def list_keys(
    tx: Tx,
    caller: Caller,
    *,
    member: MemberId | None = None,
    cursor: str = "",
    limit: int = 100,
) -> Page[ApiKey]:
    """A member's keys; for operator and overseers all, if none is named."""
    _need_to_see_keys(caller)
    if member is not None or not (caller.is_operator or caller.is_overseer):
        member = caller.member if member is None else member
        caller.need_view_of(member)
    found = store.keys(tx, member, paging.behind(cursor), limit + 1)
    keys = [_key(row) for row in found]
    return paging.page_of(keys, limit, lambda k: (k.created_at, k.id))


def _need_to_see_keys(caller: Caller) -> None:
    caller.need(Scope.READ if caller.is_overseer else Scope.ADMIN)


def _need_right_to_issue(caller: Caller, order: Order) -> None:
    caller.need_admin_of(order.member)
    if order.role is not Role.MEMBER:
        caller.need_operator()
    if order.role is not Role.MEMBER and order.member is not None:
        raise KeyRefused("a member's key has the role member", pointer="/role")
    if order.role not in SCOPES_OF_KEYS:
        raise KeyRefused("a key has the role member, operator or overseer")
    beyond = order.scopes - SCOPES_OF_KEYS[order.role]
    if not order.scopes or beyond:
        raise KeyRefused(
            "a key needs at least one scope, of those its role may have:"
            f" {', '.join(sorted(SCOPES_OF_KEYS[order.role]))}",
            pointer="/scopes",
        )
    if caller.key is not None and Scope.ADMIN in order.scopes:
        # Else a stolen key could make itself a successor nobody knows of.
        raise RoleMissing("a key cannot make a key with the scope admin")


def _to_change(tx: Tx, caller: Caller, key: KeyId) -> ApiKey:
    row = store.key_locked(tx, key)
    if row is None:
        raise NotYours
    found = _key(row)
    caller.need_admin_of(found.member)
    return found


def _insert(
    tx: Tx,
    caller: Caller,
    order: Order,
    secret: str,
    *,
    basic_user: str | None = None,
    edge: EdgeId | None = None,
    rotated_from: KeyId | None = None,
) -> ApiKey:
    if store.count_keys(tx, order.member, tx.now) >= MAX_KEYS:
        raise KeyRefused(f"there are {MAX_KEYS} keys already; revoke unused ones first")
    if order.expires_at is not None and order.expires_at <= tx.now:
        raise KeyRefused("the key would have ended already", pointer="/expires_at")
    key = KeyId(new_uuid())
    values = {
        "id": key,
        "public_id": credentials.public_id_of(secrets.token_bytes(8)),
        "secret_sha256": credentials.digest(secret),
        "name": wording.name(order.name, "name"),
        "basic_user": basic_user,
        "member": order.member,
        "edge": edge,
        "person": caller.person,
        "role": order.role.value,
        "scopes": sorted(scope.value for scope in order.scopes),
        "at": tx.now,
        "expires_at": order.expires_at,
        "rotated_from": rotated_from,
    }
    if not store.insert_key(tx, values):
        raise KeyRefused("this Basic user name is taken", pointer="/user")
    row = store.key(tx, key)
    assert row is not None
    return _key(row)


def _key(row: Row) -> ApiKey:
    key, public_id, name, basic_user, member, edge, person, role, scopes, *rest = row
    return ApiKey(
        key,
        public_id,
        name,
        basic_user,
        member,
        edge,
        person,
        Role(role),
        frozenset(Scope(scope) for scope in scopes),
        *rest,
    )


def _note(tx: Tx, caller: Caller, act: str, key: ApiKey, **more: str) -> None:
    details = {
        "name": key.name,
        "public_id": key.public_id,
        "scopes": sorted(scope.value for scope in key.scopes),
        "member": None if key.member is None else str(key.member),
        **more,
    }
    log.append(tx, Event(act, caller.actor, f"key:{key.id}", details))


def scopes_of(names: Collection[str]) -> frozenset[Scope]:
    """Scopes by name.

    Raises:
        KeyRefused: there is no such scope.
    """
    known = {scope.value: scope for scope in Scope}
    if not known.keys() >= set(names):
        raise KeyRefused(f"scopes are {', '.join(known)}", pointer="/scopes")
    return frozenset(known[name] for name in names)
