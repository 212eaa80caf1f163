"""Logging in, and what an attacker may try instead."""

from datetime import timedelta
from time import process_time

import pyotp
import pytest

from hanse.audit import log
from hanse.base.clock import now
from hanse.hub import entering
from hanse.hub.entering import CodeWrong
from hanse.membership.login import sessions, throttle
from hanse.membership.login import store as login_store
from hanse.membership.login.sessions import Entered, LogInAgain, LogInRefused, Stage
from hanse.membership.login.throttle import Throttled
from hanse.membership.person import Person
from hanse.membership.rights import Role
from hanse.ui.session import SessionToken, session_token
from tests.server.membership.alliance import PASSWORD, Alliance

SOURCE = "192.0.2.7"


def log_in(alliance: Alliance, email: str, password: str = PASSWORD) -> Entered:
    return entering.log_in(
        alliance.database, email, password, SOURCE, is_second_factor_required=True
    )


def is_known(alliance: Alliance, token: SessionToken) -> bool:
    with alliance.database.read() as tx:
        return sessions.caller_of_session(tx, token.digest) is not None


def last_act(alliance: Alliance) -> tuple[str, str]:
    with alliance.database.read() as tx:
        (entry,) = log.events_before(tx, log.size(tx), 1)
    return entry.act, entry.subject


@pytest.fixture
def analyst(alliance: Alliance) -> Person:
    return alliance.person(Role.MEMBER_ANALYST, alliance.member(), "lin@lotus.example")


@pytest.fixture
def operator(alliance: Alliance) -> Person:
    return alliance.person(Role.OPERATOR)


def test_a_member_enters_with_a_password(alliance: Alliance, analyst: Person):
    entered = log_in(alliance, " Lin@Lotus.example")

    assert entered.stage is Stage.COMPLETE
    assert is_known(alliance, entered.token)
    assert last_act(alliance) == ("person.logged_in", f"person:{analyst.id}")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("lin@lotus.example", "lantern over quiet wine"),
        ("nobody@lotus.example", PASSWORD),
        ("", PASSWORD),
        ("lin@lotus.example", ""),
        ("lin@lotus.example", "x" * 100_000),
    ],
)
def test_a_wrong_attempt_is_answered_alike_and_stands_in_the_log(
    alliance: Alliance, analyst: Person, email: str, password: str
):
    with pytest.raises(LogInRefused) as refused:
        log_in(alliance, email, password)

    assert refused.value.message == (
        "e-mail address or password is wrong, or the account is closed"
    )
    whom = f"person:{analyst.id}" if email.startswith("lin") else "person:unknown"
    assert last_act(alliance) == ("person.log_in_failed", whom)


def test_an_unknown_address_takes_as_long_as_a_known_one(
    alliance: Alliance, analyst: Person
):
    def seconds(email: str) -> float:
        with alliance.database.begin() as tx:
            knock = sessions.knock(tx, email, SOURCE)
            throttle.forgive(tx, knock.account)
        begun = process_time()  # not the clock on the wall: others work here too
        knock.opens("a wrong password")
        return process_time() - begun

    seconds("warm@lotus.example")
    known = min(seconds(analyst.email) for _ in range(5))
    unknown = min(seconds("nobody@lotus.example") for _ in range(5))

    assert 0.4 < known / unknown < 2.5


def test_a_token_nobody_gave_out_opens_nothing(alliance: Alliance, analyst: Person):
    assert not is_known(alliance, session_token(bytes(32)))
    assert not is_known(alliance, SessionToken("A" * 43))


def test_the_database_holds_no_token_that_could_be_used(
    alliance: Alliance, analyst: Person
):
    entered = log_in(alliance, analyst.email)

    assert is_known(alliance, entered.token)
    assert not is_known(alliance, SessionToken(entered.token.digest.hex()))


def test_after_a_few_wrong_attempts_even_the_right_one_has_to_wait(
    alliance: Alliance, analyst: Person
):
    for _ in range(throttle.PER_SUBJECT):
        with pytest.raises(LogInRefused):
            log_in(alliance, analyst.email, "a wrong password")

    with pytest.raises(Throttled) as refused:
        log_in(alliance, analyst.email)

    assert 0 < refused.value.retry_after_seconds <= 30


def test_an_unknown_account_is_throttled_like_a_known_one(alliance: Alliance):
    for _ in range(throttle.PER_SUBJECT):
        with pytest.raises(LogInRefused):
            log_in(alliance, "nobody@lotus.example")

    with pytest.raises(Throttled):
        log_in(alliance, "nobody@lotus.example")


def test_one_source_cannot_try_account_after_account(alliance: Alliance):
    with alliance.database.begin() as tx:
        for number in range(throttle.PER_SOURCE):
            sessions.knock(tx, f"p{number}@lotus.example", SOURCE)

    with pytest.raises(Throttled), alliance.database.begin() as tx:
        sessions.knock(tx, "another@lotus.example", SOURCE)
    with alliance.database.begin() as tx:
        sessions.knock(tx, "another@lotus.example", "192.0.2.8")


def test_attempts_at_one_moment_are_all_charged(alliance: Alliance, analyst: Person):
    with alliance.database.begin() as tx:
        for _ in range(throttle.PER_SUBJECT):
            sessions.knock(tx, analyst.email, SOURCE)

    with pytest.raises(Throttled):
        log_in(alliance, analyst.email)


def test_a_success_takes_the_charges_back(alliance: Alliance, analyst: Person):
    for _ in range(3):
        for _ in range(throttle.PER_SUBJECT - 1):
            with pytest.raises(LogInRefused):
                log_in(alliance, analyst.email, "a wrong password")
        log_in(alliance, analyst.email)


def test_the_wait_doubles_up_to_a_quarter_of_an_hour():
    begin = now()

    waits = [throttle.block_until(begin, n) - begin for n in (0, 1, 2, 5, 1000)]

    assert [wait.total_seconds() for wait in waits] == [30, 60, 120, 900, 900]


def test_an_operator_without_a_second_factor_gets_nowhere_but_to_setting_it_up(
    alliance: Alliance, operator: Person
):
    entered = log_in(alliance, operator.email)

    assert entered.stage is Stage.SETUP_DUE
    assert not is_known(alliance, entered.token)
    with pytest.raises(CodeWrong):
        entering.enter_code(alliance.database, entered.token, "000000")


def test_a_new_second_factor_is_asked_for_from_then_on(
    alliance: Alliance, operator: Person
):
    first = alliance.entered(operator)
    second = log_in(alliance, operator.email)

    assert first.stage is Stage.COMPLETE
    assert second.stage is Stage.CODE_DUE
    assert not is_known(alliance, second.token)


def with_factor(alliance: Alliance, person: Person) -> tuple[Entered, pyotp.TOTP]:
    """The person logged in anew, the code due, and what makes codes."""
    begun = log_in(alliance, person.email)
    with alliance.database.read() as tx:
        codes = pyotp.TOTP(sessions.set_up(tx, begun.token, "test").secret)
    entering.confirm_set_up(alliance.database, begun.token, codes.now())
    with alliance.database.begin() as tx:  # as if half a minute had passed
        row = login_store.totp(tx, person.id)
        assert row is not None
        login_store.set_totp(tx, person.id, bytes(row[0]), 0)
    return log_in(alliance, person.email), codes


def test_the_right_code_completes_with_a_new_token(
    alliance: Alliance, operator: Person
):
    due, codes = with_factor(alliance, operator)

    done = entering.enter_code(alliance.database, due.token, codes.now())

    assert done.stage is Stage.COMPLETE
    assert done.token != due.token
    assert is_known(alliance, done.token)
    assert not is_known(alliance, due.token)


def test_a_code_seen_over_the_shoulder_is_worth_nothing(
    alliance: Alliance, operator: Person
):
    due, codes = with_factor(alliance, operator)
    code = codes.now()
    entering.enter_code(alliance.database, due.token, code)
    again = log_in(alliance, operator.email)

    with pytest.raises(CodeWrong):
        entering.enter_code(alliance.database, again.token, code)


def test_codes_cannot_be_tried_one_after_the_other(
    alliance: Alliance, operator: Person
):
    due, _ = with_factor(alliance, operator)
    for _ in range(throttle.PER_SUBJECT):
        with pytest.raises(CodeWrong):
            entering.enter_code(alliance.database, due.token, "000000")

    with pytest.raises(Throttled):
        entering.enter_code(alliance.database, due.token, "000000")
    assert last_act(alliance)[0] == "person.second_factor_failed"


def test_a_second_factor_cannot_be_replaced_with_the_password_alone(
    alliance: Alliance, operator: Person
):
    due, _ = with_factor(alliance, operator)

    with alliance.database.read() as tx, pytest.raises(LogInRefused):
        sessions.set_up(tx, due.token, "test")
    with pytest.raises(LogInRefused):
        entering.confirm_set_up(alliance.database, due.token, "000000")


def test_a_browser_left_open_does_not_replace_the_second_factor(
    alliance: Alliance, operator: Person
):
    due, codes = with_factor(alliance, operator)
    done = entering.enter_code(alliance.database, due.token, codes.now())

    with alliance.database.read() as tx:
        sessions.set_up(tx, done.token, "test")  # just logged in
    later = now() + sessions.FRESH + timedelta(seconds=1)
    with alliance.database.read(later) as tx, pytest.raises(LogInAgain):
        sessions.set_up(tx, done.token, "test")
    with alliance.database.begin(later) as tx, pytest.raises(LogInAgain):
        sessions.confirm_set_up(tx, done.token, codes.now())


def known_after(alliance: Alliance, entered: Entered, passed: timedelta) -> bool:
    with alliance.database.read(now() + passed) as tx:
        return sessions.caller_of_session(tx, entered.token.digest) is not None


def test_a_session_ends_after_half_a_day(alliance: Alliance, analyst: Person):
    entered = log_in(alliance, analyst.email)

    assert known_after(alliance, entered, timedelta(hours=11, minutes=59))
    assert not known_after(alliance, entered, timedelta(hours=12, seconds=1))


def test_an_operators_session_ends_after_an_hour_without_use(
    alliance: Alliance, operator: Person
):
    entered = alliance.entered(operator)

    assert known_after(alliance, entered, timedelta(minutes=59))
    assert not known_after(alliance, entered, timedelta(minutes=61))


def test_a_log_out_ends_the_session(alliance: Alliance, analyst: Person):
    entered = log_in(alliance, analyst.email)

    with alliance.database.begin() as tx:
        sessions.log_out(tx, entered.token)

    assert not is_known(alliance, entered.token)
    assert last_act(alliance)[0] == "person.logged_out"


def test_a_new_password_ends_the_other_sessions(alliance: Alliance, analyst: Person):
    here, elsewhere = log_in(alliance, analyst.email), log_in(alliance, analyst.email)
    with alliance.database.read() as tx:
        caller = sessions.caller_of_session(tx, here.token.digest)
    assert caller is not None

    with pytest.raises(LogInRefused):
        entering.change_password(
            alliance.database, caller, "a wrong password", "seven boats at the pier"
        )
    entering.change_password(
        alliance.database, caller, PASSWORD, "seven boats at the pier"
    )

    assert is_known(alliance, here.token)
    assert not is_known(alliance, elsewhere.token)
    log_in(alliance, analyst.email, "seven boats at the pier")
    with pytest.raises(LogInRefused):
        log_in(alliance, analyst.email, PASSWORD)


def test_a_member_may_do_without_a_second_factor_and_an_operator_may_not(
    alliance: Alliance, analyst: Person, operator: Person
):
    for person in (analyst, operator):
        begun = log_in(alliance, person.email)
        with alliance.database.read() as tx:
            codes = pyotp.TOTP(sessions.set_up(tx, begun.token, "test").secret)
        entering.confirm_set_up(alliance.database, begun.token, codes.now())
    caller = alliance.caller(analyst)

    with pytest.raises(LogInRefused):
        entering.drop_second_factor(alliance.database, caller, "a wrong password")
    entering.drop_second_factor(alliance.database, caller, PASSWORD)
    with pytest.raises(sessions.SecondFactorNeeded):
        entering.drop_second_factor(
            alliance.database, alliance.caller(operator), PASSWORD
        )

    assert log_in(alliance, analyst.email).stage is Stage.COMPLETE
    assert log_in(alliance, operator.email).stage is Stage.CODE_DUE
