"""Sessions: from an e-mail address and a password to a browser that is known.

Logging in takes three steps, so that no transaction is open while a password is
hashed and no two attempts are judged at once: `knock` charges the attempt, the door
compares the password, `enter` begins the session. Where a second factor is due the
session is not complete and opens nothing but that step. With each step up the browser
gets a new token, so that one planted before is worth nothing.

What is said of a wrong attempt is the same whether or not the account exists, and
takes as long. A session lasts twelve hours, an operator's or overseer's ends after
one hour without use.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from hanse.audit import log
from hanse.audit.event import Actor, ActorKind, Event
from hanse.base.errors import Conflict, Unauthenticated
from hanse.base.ids import CircleId, CollectionId, MemberId, PersonId
from hanse.base.secret import Secret
from hanse.membership.caller import Caller
from hanse.membership.login import passwords, store, throttle, totp
from hanse.membership.login.throttle import subject
from hanse.membership.login.totp import Setup
from hanse.membership.person import Person, actor_of, person_of
from hanse.membership.rights import SCOPES_OF_PEOPLE
from hanse.membership.store import Reach
from hanse.membership.viewer import Viewer, ViewerRole
from hanse.storage.tx import Tx
from hanse.ui.session import TOKEN_BYTES, SessionToken, session_token

LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=1)  # for those who see everything
STEP_LIFETIME = timedelta(minutes=15)  # to find the telephone
FRESH = timedelta(minutes=10)  # after a log-in, for what a thief would change first

_NOBODY = Actor(ActorKind.SYSTEM, None, None, "nobody known")


class LogInRefused(Unauthenticated):
    """E-mail, password or code is wrong; which of them is not said."""

    code = "membership.log_in_refused"


class LogInAgain(Unauthenticated):
    """Whoever finds a browser open must not lock its owner out."""

    code = "membership.log_in_again"


class SecondFactorNeeded(Conflict):
    """This role does not do without one."""

    code = "membership.second_factor_needed"


class Stage(StrEnum):
    """How far a log-in has come."""

    CODE_DUE = "code_due"
    SETUP_DUE = "setup_due"  # a second factor has to be set up first
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Knock:
    """A charged attempt: whose it may be, and the hash to compare with."""

    person: PersonId | None
    account: str
    source: str
    password_hash: str = field(repr=False)

    def opens(self, password: str) -> bool:
        """Whether the password is right; slow, and as slow for nobody's account."""
        is_right = passwords.is_right(self.password_hash, password)
        return is_right and self.person is not None


@dataclass(frozen=True, slots=True)
class Entered:
    """A browser that is known from now on, as far as `stage` says."""

    token: SessionToken
    stage: Stage
    person: Person
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose browser it is; `caller` only when the log-in is complete, at `since`."""

    person: Person
    stage: Stage
    caller: Caller | None
    since: datetime | None = None


def knock(tx: Tx, email: str, source: str) -> Knock:
    """Charge an attempt; commit before judging it.

    Raises:
        Throttled: too many for this account or from this source.
    """
    address = email.strip().lower()
    account = subject("login", address)
    from_where = subject("source", source)
    throttle.charge(tx, from_where, throttle.PER_SOURCE)
    throttle.charge(tx, account)
    row = store.credentials_of(tx, address)
    if row is None:
        return Knock(None, account, from_where, passwords.dummy())
    return Knock(PersonId(row[0]), account, from_where, row[1])


def refuse(tx: Tx, knock: Knock) -> None:
    """Note an attempt that failed; the door then raises `LogInRefused`."""
    # An address that is nobody's is not written down: it may be a mistyped password.
    whom = "person:unknown" if knock.person is None else f"person:{knock.person}"
    log.append(tx, Event("person.log_in_failed", _NOBODY, whom))


def enter(tx: Tx, knock: Knock, *, is_second_factor_required: bool) -> Entered | None:
    """Begin a session after the right password; None if the person may not enter."""
    if knock.person is None:
        return None
    person = _person(tx, knock.person)
    if not _may_enter(tx, person) or (
        store.password_of(tx, person.id) != knock.password_hash
    ):
        return None
    throttle.forgive(tx, knock.account)
    throttle.refund(tx, knock.source)
    return begin(tx, person, is_second_factor_required=is_second_factor_required)


def begin(tx: Tx, person: Person, *, is_second_factor_required: bool) -> Entered:
    """A new session of a person whose password (or invitation) was right."""
    stage = Stage.COMPLETE
    if person.has_second_factor:
        stage = Stage.CODE_DUE
    elif is_second_factor_required and person.role.needs_second_factor:
        stage = Stage.SETUP_DUE
    return _open(tx, person, stage)


def second_step(tx: Tx, token: SessionToken) -> Visitor:
    """Whose second factor is due; charges the attempt, so commit before judging.

    Raises:
        LogInRefused: no such step is due; begin again.
        Throttled: too many wrong codes.
    """
    visitor = find_visitor(tx, token.digest)
    if visitor is None:
        raise LogInRefused("the log-in took too long; begin again")
    throttle.charge(tx, subject("code", str(visitor.person.id)))
    return visitor


def enter_code(tx: Tx, token: SessionToken, code: str) -> Entered | None:
    """Complete a log-in with the second factor's code; None if it is wrong."""
    visitor = find_visitor(tx, token.digest)
    if visitor is None or visitor.stage is not Stage.CODE_DUE:
        return None
    person = visitor.person
    if not _take_code(tx, person, code):
        _note(tx, "person.second_factor_failed", person)
        return None
    throttle.forgive(tx, subject("code", str(person.id)))
    store.end_session(tx, token.digest)
    return _open(tx, person, Stage.COMPLETE)


def set_up(tx: Tx, token: SessionToken, issuer: str) -> Setup:
    """The second factor this session may set up; the same until it ends.

    Raises:
        LogInRefused: there is no such session. LogInAgain: it is not fresh.
    """
    visitor = _may_set_up(tx, token)
    secret = tx.tool(Secret)
    return totp.setup(secret, token.digest, visitor.person.email, issuer)


def confirm_set_up(tx: Tx, token: SessionToken, code: str) -> Entered | None:
    """Keep the second factor if `code` is right for it; None if it is wrong.

    Raises:
        LogInRefused, LogInAgain: as `set_up`.
    """
    person, secret = _may_set_up(tx, token).person, tx.tool(Secret)
    shared = totp.setup(secret, token.digest, person.email, "").secret
    step = totp.right_step(shared, code, tx.now, 0)
    if step is None:
        return None
    sealed = totp.seal(secret, person.id, shared)
    store.set_totp(tx, person.id, sealed, step)
    throttle.forgive(tx, subject("code", str(person.id)))
    store.end_sessions_of(tx, person.id)
    _note(tx, "person.second_factor_set", person)
    return _open(tx, _person(tx, person.id), Stage.COMPLETE)


def _may_set_up(tx: Tx, token: SessionToken) -> Visitor:
    visitor = find_visitor(tx, token.digest)
    if visitor is None or visitor.stage is Stage.CODE_DUE:
        raise LogInRefused("log in first")
    if visitor.since is not None and visitor.since + FRESH < tx.now:
        raise LogInAgain("log in once more to change your second factor")
    return visitor


def log_out(tx: Tx, token: SessionToken) -> None:
    """End this session; nothing happens if there is none."""
    visitor = find_visitor(tx, token.digest)
    if store.end_session(tx, token.digest) and visitor is not None:
        _note(tx, "person.logged_out", visitor.person)


def log_out_everywhere(tx: Tx, caller: Caller) -> None:
    """End all sessions of the person who asks, this one too."""
    person = _person(tx, caller.need_person())
    store.end_sessions_of(tx, person.id)
    _note(tx, "person.logged_out_everywhere", person)


def knock_again(tx: Tx, caller: Caller) -> Knock:
    """Charge an attempt to say the own password once more; commit before judging."""
    person = caller.need_person()
    account = subject("again", str(person))
    throttle.charge(tx, account)
    return Knock(person, account, "", store.password_of(tx, person) or "")


def change_password(tx: Tx, caller: Caller, knock: Knock, new: str) -> None:
    """A new password, after the old one was right; the other sessions end.

    Raises:
        PasswordRefused: the new one is too easily found.
    """
    person = _person(tx, caller.need_person())
    kept = passwords.hashed(passwords.check(new, person.email))
    store.set_password(tx, person.id, kept)
    store.end_other_sessions(tx, person.id, caller.session or b"")
    throttle.forgive(tx, knock.account)
    _note(tx, "person.password_changed", person)


def drop_second_factor(tx: Tx, caller: Caller, knock: Knock) -> None:
    """Do without a second factor, after the password was right; members only.

    Raises:
        SecondFactorNeeded: operators and overseers see too much for that.
    """
    person = _person(tx, caller.need_person())
    if person.role.needs_second_factor:
        raise SecondFactorNeeded(
            "operators and overseers need a second factor; to change it, let another"
            " operator reset your account"
        )
    store.set_totp(tx, person.id, None, 0)
    throttle.forgive(tx, knock.account)
    _note(tx, "person.second_factor_dropped", person)


def find_visitor(tx: Tx, digest: bytes) -> Visitor | None:
    """Whose session this is, if it still runs and the person may still be here."""
    found = store.session(tx, digest)
    if found is None:
        return None
    (seen_at, expires_at, is_complete), row, reach = found
    person = person_of(row)
    is_idle = person.role.needs_second_factor and seen_at + IDLE <= tx.now
    if expires_at <= tx.now or is_idle or not _is_welcome(person, reach.status):
        return None
    if is_complete:
        caller = _caller(person, reach, digest, expires_at)
        return Visitor(person, Stage.COMPLETE, caller, expires_at - LIFETIME)
    due = Stage.CODE_DUE if person.has_second_factor else Stage.SETUP_DUE
    return Visitor(person, due, None)


def caller_of_session(tx: Tx, digest: bytes) -> Caller | None:
    """The person behind a complete session."""
    visitor = find_visitor(tx, digest)
    return None if visitor is None else visitor.caller


def forget_ended(tx: Tx) -> int:
    """Drop sessions whose time is over; returns how many."""
    return store.end_sessions_before(tx, tx.now)


def _open(tx: Tx, person: Person, stage: Stage) -> Entered:
    token = session_token(secrets.token_bytes(TOKEN_BYTES))
    is_complete = stage is Stage.COMPLETE
    ends_at = tx.now + (LIFETIME if is_complete else STEP_LIFETIME)
    values = {
        "digest": token.digest,
        "person": person.id,
        "at": tx.now,
        "expires_at": ends_at,
        "is_complete": is_complete,
    }
    store.insert_session(tx, values)
    if is_complete:
        store.note_login(tx, person.id, tx.now)
        _note(tx, "person.logged_in", person)
    return Entered(token, stage, person, ends_at)


def _take_code(tx: Tx, person: Person, code: str) -> bool:
    row = store.totp(tx, person.id)
    if row is None or row[0] is None:
        return False
    shared = totp.unseal(tx.tool(Secret), person.id, bytes(row[0]))
    if shared is None:
        return False
    step = totp.right_step(shared, code, tx.now, int(row[1]))
    if step is None:
        return False
    store.set_totp(tx, person.id, bytes(row[0]), step)
    return True


def _person(tx: Tx, person: PersonId) -> Person:
    row = store.person_by_id(tx, person)
    assert row is not None
    return person_of(row)


def _may_enter(tx: Tx, person: Person) -> bool:
    return _is_welcome(person, store.status_of_member(tx, person.member))


def _is_welcome(person: Person, status: str | None) -> bool:
    return not person.is_disabled and status != "suspended"


def _caller(person: Person, reach: Reach, digest: bytes, ends_at: datetime) -> Caller:
    role = ViewerRole.MEMBER_PERSON
    if person.member is None:
        role = ViewerRole(person.role.value)
    is_active = person.member is None or reach.status == "active"
    return Caller(
        viewer=Viewer(
            role=role,
            member=person.member,
            is_active=is_active,
            circles=frozenset(CircleId(circle) for circle in reach.circles),
            pots=frozenset(CollectionId(pot) for pot in reach.pots),
        ),
        actor=actor_of(person),
        role=person.role,
        member=None if person.member is None else MemberId(person.member),
        member_name=reach.name_en or "",
        person=person.id,
        scopes=SCOPES_OF_PEOPLE[person.role],
        epoch=reach.epoch,
        ends_at=ends_at,
        session=digest,
    )


def _note(tx: Tx, act: str, person: Person) -> None:
    log.append(tx, Event(act, actor_of(person), f"person:{person.id}"))
