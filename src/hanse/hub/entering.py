"""Logging in, step by step, each in transactions of its own.

An attempt is charged and committed, then judged without any transaction open, then
noted. So a hundred attempts at once are a hundred charges, a slow password hash holds
no connection, and a refused attempt stays in the log although it ends in a refusal.
"""

from hanse.base.errors import Conflict
from hanse.membership.caller import Caller
from hanse.membership.login import sessions
from hanse.membership.login.sessions import Entered, LogInRefused
from hanse.storage.tx import Database
from hanse.ui.session import SessionToken

_WRONG = "e-mail address or password is wrong, or the account is closed"


class CodeWrong(Conflict):
    """The six digits do not fit; the log-in goes on."""

    code = "membership.code_wrong"
    status = 422


def log_in(
    database: Database,
    email: str,
    password: str,
    source: str,
    *,
    is_second_factor_required: bool,
) -> Entered:
    """From e-mail and password to a session, complete or with a second step due.

    `source` is the address the request came from.

    Raises:
        LogInRefused, Throttled.
    """
    with database.begin() as tx:
        knock = sessions.knock(tx, email, source)
    entered = None
    if knock.opens(password):
        with database.begin() as tx:
            entered = sessions.enter(
                tx, knock, is_second_factor_required=is_second_factor_required
            )
    if entered is None:
        with database.begin() as tx:
            sessions.refuse(tx, knock)
        raise LogInRefused(_WRONG)
    return entered


def enter_code(database: Database, token: SessionToken, code: str) -> Entered:
    """The second step of a log-in.

    Raises:
        CodeWrong: try again. LogInRefused: begin again. Throttled.
    """
    with database.begin() as tx:
        sessions.second_step(tx, token)
    with database.begin() as tx:
        entered = sessions.enter_code(tx, token, code)
    if entered is None:
        raise _wrong()
    return entered


def confirm_set_up(database: Database, token: SessionToken, code: str) -> Entered:
    """The first right code of a new second factor; the same refusals."""
    with database.begin() as tx:
        sessions.second_step(tx, token)
    with database.begin() as tx:
        entered = sessions.confirm_set_up(tx, token, code)
    if entered is None:
        raise _wrong()
    return entered


def change_password(database: Database, caller: Caller, old: str, new: str) -> None:
    """The person's own password; the other sessions end.

    Raises:
        LogInRefused: the old one is wrong. PasswordRefused: the new one is too
            easily found. Throttled.
    """
    with database.begin() as tx:
        knock = sessions.knock_again(tx, caller)
    if not knock.opens(old):
        raise LogInRefused("the old password is wrong")
    with database.begin() as tx:
        sessions.change_password(tx, caller, knock, new)


def drop_second_factor(database: Database, caller: Caller, password: str) -> None:
    """A member's person does without a second factor.

    Raises:
        LogInRefused: the password is wrong. SecondFactorNeeded. Throttled.
    """
    with database.begin() as tx:
        knock = sessions.knock_again(tx, caller)
    if not knock.opens(password):
        raise LogInRefused("the password is wrong")
    with database.begin() as tx:
        sessions.drop_second_factor(tx, caller, knock)


def _wrong() -> CodeWrong:
    return CodeWrong(
        "the code is wrong or was used before; enter the one shown now", pointer="/code"
    )
