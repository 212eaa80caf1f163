"""Links that bring people in, good once."""

from datetime import timedelta

import pytest

from hanse.base.clock import now
from hanse.base.errors import Conflict
from hanse.hub import entering
from hanse.membership import admission, invitations
from hanse.membership.caller import NotYours, RoleMissing
from hanse.membership.invitations import EmailTaken, InvitationOver, Joining
from hanse.membership.login import sessions
from hanse.membership.login.passwords import PasswordRefused
from hanse.membership.machines import keys
from hanse.membership.rights import Role, Scope
from tests.server.membership.alliance import HUB, PASSWORD, Alliance

LIN = Joining("Lin Example", "lin@lotus.example", PASSWORD, "zh_Hans")


def invited(alliance: Alliance) -> str:
    with alliance.database.begin() as tx:
        return invitations.invite_person(tx, HUB, Role.OPERATOR).secret


def test_a_link_makes_one_account(alliance: Alliance):
    secret = invited(alliance)

    with alliance.database.begin() as tx:
        person = invitations.join(tx, secret, LIN)
    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        invitations.join(tx, secret, Joining("Wu", "wu@lotus.example", PASSWORD))

    assert (person.role, person.language) == (Role.OPERATOR, "zh_Hans")


def test_a_link_is_good_for_three_days(alliance: Alliance):
    secret = invited(alliance)

    with alliance.database.read(now() + timedelta(hours=71)) as tx:
        invitations.find_open(tx, secret, invitations.Purpose.PERSON)
    late = now() + timedelta(hours=73)
    with pytest.raises(InvitationOver), alliance.database.begin(late) as tx:
        invitations.join(tx, secret, LIN)


def test_a_link_taken_back_is_no_longer_good(alliance: Alliance):
    with alliance.database.begin() as tx:
        made = invitations.invite_person(tx, HUB, Role.OPERATOR)
        invitations.take_back(tx, HUB, made.invitation.id)

    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        invitations.join(tx, made.secret, LIN)


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "\0"])
def test_a_guessed_link_is_answered_like_a_used_one(alliance: Alliance, secret: str):
    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        invitations.join(tx, secret, LIN)


def test_a_refused_password_or_address_leaves_the_link_good(alliance: Alliance):
    secret = invited(alliance)
    with pytest.raises(PasswordRefused), alliance.database.begin() as tx:
        invitations.join(tx, secret, Joining("Lin", LIN.email, "passwordpassword"))
    alliance.person(Role.OPERATOR, email=LIN.email)

    with pytest.raises(EmailTaken), alliance.database.begin() as tx:
        invitations.join(tx, secret, LIN)

    with alliance.database.begin() as tx:
        invitations.join(tx, secret, Joining("Wu", "wu@x.example", PASSWORD))


def test_an_edges_secret_makes_no_account(alliance: Alliance):
    lotus = alliance.member()
    with alliance.database.begin() as tx:
        made = invitations.invite_edge(tx, HUB, lotus, "shop", timedelta(hours=1))

    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        invitations.join(tx, made.secret, LIN)


def test_the_database_does_not_hold_the_links_secret(alliance: Alliance):
    secret = invited(alliance)

    with alliance.database.read() as tx:
        rows = tx.conn.execute("select i::text from invitation i").fetchall()
        bodies = tx.conn.execute("select convert_from(body, 'utf8') from log_body")
        everything = str(rows) + str(bodies.fetchall())
    assert secret not in everything


def test_an_admin_invites_for_its_own_member_only(alliance: Alliance):
    lotus, jade = alliance.member("Lotus Pay"), alliance.member("Jade Mail")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))

    with alliance.database.begin() as tx:
        assert invitations.invite_person(
            tx, admin, Role.MEMBER_ANALYST, member=lotus
        ).secret
    with pytest.raises(NotYours), alliance.database.begin() as tx:
        invitations.invite_person(tx, admin, Role.MEMBER_ANALYST, member=jade)
    for role in (Role.OPERATOR, Role.OVERSEER):
        with pytest.raises(RoleMissing), alliance.database.begin() as tx:
            invitations.invite_person(tx, admin, role, organisation="x")
    for role in (Role.OPERATOR, Role.OVERSEER, Role.MEMBER):
        with pytest.raises(Conflict), alliance.database.begin() as tx:
            invitations.invite_person(tx, admin, role, member=lotus)


def test_a_members_key_invites_nobody_whatever_its_scopes(alliance: Alliance):
    lotus = alliance.member()
    issued = alliance.key(lotus, Scope.ADMIN)
    with alliance.database.read() as tx:
        caller = keys.caller_of_key(tx, f"Bearer {issued.text}")
    assert caller is not None

    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        invitations.invite_person(tx, caller, Role.MEMBER_ADMIN, member=lotus)


def test_nobody_is_invited_for_a_suspended_member(alliance: Alliance):
    lotus = alliance.member()
    with alliance.database.begin() as tx:
        admission.suspend(tx, HUB, lotus, "for a test")

    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        invitations.invite_person(tx, HUB, Role.MEMBER_ADMIN, member=lotus)


def test_a_reset_sets_a_password_and_drops_factor_and_sessions(alliance: Alliance):
    operator = alliance.person(Role.OPERATOR)
    before = alliance.entered(operator)
    with alliance.database.begin() as tx:
        link = invitations.invite_to_reset(tx, HUB, operator.id)
    with alliance.database.begin() as tx:
        person = invitations.reset(tx, link.secret, "seven boats at the pier")

    assert not person.has_second_factor
    with alliance.database.read() as tx:
        assert sessions.find_visitor(tx, before.token.digest) is None
    entered = entering.log_in(
        alliance.database,
        operator.email,
        "seven boats at the pier",
        "192.0.2.1",
        is_second_factor_required=True,
    )
    assert entered.stage is sessions.Stage.SETUP_DUE
    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        invitations.reset(tx, link.secret, "seven boats at the pier")


def test_an_admin_cannot_reset_an_operator_or_another_members_person(
    alliance: Alliance,
):
    lotus, jade = alliance.member("Lotus Pay"), alliance.member("Jade Mail")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    operator = alliance.person(Role.OPERATOR)
    stranger = alliance.person(Role.MEMBER_ANALYST, jade)

    for person in (operator, stranger):
        with pytest.raises(NotYours), alliance.database.begin() as tx:
            invitations.invite_to_reset(tx, admin, person.id)


def test_an_admin_sees_its_own_members_open_invitations(alliance: Alliance):
    lotus, jade = alliance.member("Lotus Pay"), alliance.member("Jade Mail")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    with alliance.database.begin() as tx:
        mine = invitations.invite_person(tx, HUB, Role.MEMBER_ANALYST, member=lotus)
        other = invitations.invite_person(tx, HUB, Role.MEMBER_ANALYST, member=jade)

    with alliance.database.read() as tx:
        listed = invitations.list_open(tx, admin)
    with pytest.raises(NotYours), alliance.database.begin() as tx:
        invitations.take_back(tx, admin, other.invitation.id)

    assert [each.id for each in listed] == [mine.invitation.id]
