"""A company's way in and out."""

from collections.abc import Callable

import pytest

from hanse.audit import log
from hanse.base.ids import MemberId
from hanse.membership import admission, agreement, member, people
from hanse.membership.admission import NameTaken, Profile, StepRefused
from hanse.membership.agreement import AgreementConflict
from hanse.membership.caller import Caller, NotYours, RoleMissing
from hanse.membership.login import sessions
from hanse.membership.member import Contact, Status
from hanse.membership.people import LastOfItsKind
from hanse.membership.rights import Role
from hanse.storage.tx import Tx
from tests.server.membership.alliance import HUB, Alliance

PROFILE = Profile("Jade Mail", "玉邮", "mail", 5_000)
Step = Callable[[Tx, MemberId], object]

APPROVE: Step = lambda tx, m: admission.approve(tx, HUB, m)  # noqa: E731
SUSPEND: Step = lambda tx, m: admission.suspend(tx, HUB, m, "for a test")  # noqa: E731
REINSTATE: Step = lambda tx, m: admission.reinstate(tx, HUB, m, "for a test")  # noqa: E731


def acts(alliance: Alliance, subject: str) -> list[str]:
    with alliance.database.read() as tx:
        return [entry.act for entry in log.history(tx, subject)]


def test_a_company_comes_in_step_by_step_and_each_step_stands_in_the_log(
    alliance: Alliance,
):
    with alliance.database.begin() as tx:
        jade = admission.apply(tx, HUB, PROFILE)
    with alliance.database.begin() as tx:
        approved = admission.approve(tx, HUB, jade.id)
    alliance.signed(jade.id)
    with alliance.database.read() as tx:
        active = member.get_member(tx, HUB, jade.id)

    assert (jade.status, approved.status) == (Status.APPLIED, Status.APPROVED)
    assert active.status is Status.ACTIVE
    assert active.details is not None
    assert active.details.agreement_version == "1"
    assert active.details.agreement_signed_by == "Lin Example"
    assert acts(alliance, f"member:{jade.id}") == [
        "member.applied",
        "member.approved",
        "member.agreement_signed",
        "member.activated",
    ]


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (Status.APPLIED, SUSPEND),
        (Status.APPLIED, REINSTATE),
        (Status.APPROVED, APPROVE),
        (Status.APPROVED, SUSPEND),
        (Status.ACTIVE, APPROVE),
        (Status.ACTIVE, REINSTATE),
        (Status.SUSPENDED, SUSPEND),
        (Status.SUSPENDED, APPROVE),
    ],
)
def test_no_step_is_skipped_or_done_twice(
    alliance: Alliance, status: Status, step: Step
):
    if status in (Status.ACTIVE, Status.SUSPENDED):
        jade = alliance.member("Jade Mail")
    else:
        with alliance.database.begin() as tx:
            jade = admission.apply(tx, HUB, PROFILE).id
    with alliance.database.begin() as tx:
        if status is Status.APPROVED:
            APPROVE(tx, jade)
        if status is Status.SUSPENDED:
            SUSPEND(tx, jade)

    with pytest.raises(StepRefused), alliance.database.begin() as tx:
        step(tx, jade)

    with alliance.database.read() as tx:
        assert member.get_member(tx, HUB, jade).status is status


def test_only_the_members_own_admin_can_sign(alliance: Alliance):
    lotus = alliance.member("Lotus Pay")
    with alliance.database.begin() as tx:
        jade = admission.apply(tx, HUB, PROFILE).id
        admission.approve(tx, HUB, jade)
    analyst = alliance.caller(alliance.person(Role.MEMBER_ANALYST, jade))
    stranger = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    operator = alliance.caller(alliance.person(Role.OPERATOR))

    for caller, refusal in (
        (analyst, RoleMissing),
        (stranger, NotYours),
        (operator, RoleMissing),
        (HUB, RoleMissing),
    ):
        with pytest.raises(refusal), alliance.database.begin() as tx:
            admission.sign_agreement(tx, caller, jade, "1")


def test_an_admin_whose_member_has_only_applied_cannot_sign_yet(alliance: Alliance):
    with alliance.database.begin() as tx:
        jade = admission.apply(tx, HUB, PROFILE).id

    with pytest.raises(StepRefused):
        alliance.signed(jade)


def test_an_old_version_cannot_be_signed_and_a_new_one_puts_nobody_out(
    alliance: Alliance,
):
    lotus = alliance.member("Lotus Pay")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    with alliance.database.begin() as tx:
        agreement.publish(tx, HUB, "2", "We share.", "我们共享。")

    with pytest.raises(AgreementConflict), alliance.database.begin() as tx:
        admission.sign_agreement(tx, admin, lotus, "1")
    with alliance.database.begin() as tx:
        signed = admission.sign_agreement(tx, admin, lotus, "2")

    assert signed.status is Status.ACTIVE
    assert signed.details is not None
    assert signed.details.agreement_version == "2"


def test_a_suspended_members_people_are_out_at_once_and_stay_out(alliance: Alliance):
    lotus = alliance.member("Lotus Pay")
    person = alliance.person(Role.MEMBER_ADMIN, lotus)
    entered = alliance.entered(person)

    with alliance.database.begin() as tx:
        admission.suspend(tx, HUB, lotus, "keys were found in the open")

    with alliance.database.read() as tx:
        assert sessions.find_visitor(tx, entered.token.digest) is None
    with pytest.raises(sessions.LogInRefused):
        alliance.entered(person)


def test_a_reinstated_member_is_active_since_it_first_was(alliance: Alliance):
    lotus = alliance.member("Lotus Pay")
    with alliance.database.begin() as tx:
        first = member.get_member(tx, HUB, lotus).active_at
        admission.suspend(tx, HUB, lotus, "a mistake")
    with alliance.database.begin() as tx:
        again = admission.reinstate(tx, HUB, lotus, "it was a mistake")

    assert again.status is Status.ACTIVE
    assert again.active_at == first


@pytest.mark.parametrize("role", [Role.MEMBER_ADMIN, Role.OVERSEER])
def test_only_the_operator_admits_and_suspends(alliance: Alliance, role: Role):
    lotus = alliance.member("Lotus Pay")
    of = lotus if role is Role.MEMBER_ADMIN else None
    caller = alliance.caller(alliance.person(role, of))
    deeds: list[Callable[[Tx], object]] = [
        lambda tx: admission.apply(tx, caller, PROFILE),
        lambda tx: admission.approve(tx, caller, lotus),
        lambda tx: admission.suspend(tx, caller, lotus, "because"),
        lambda tx: admission.reinstate(tx, caller, lotus, "because"),
        lambda tx: agreement.publish(tx, caller, "9", "x", "x"),
    ]

    for deed in deeds:
        with pytest.raises(RoleMissing), alliance.database.begin() as tx:
            deed(tx)


def test_a_name_is_given_once_whatever_its_case(alliance: Alliance):
    alliance.member("Lotus Pay")

    with pytest.raises(NameTaken), alliance.database.begin() as tx:
        admission.apply(tx, HUB, Profile("LOTUS pay", "莲", "payments", 1))


def test_peers_see_who_is_active_and_nothing_of_how_it_stands(alliance: Alliance):
    lotus, jade = alliance.member("Lotus Pay"), alliance.member("Jade Mail")
    with alliance.database.begin() as tx:
        newcomer = admission.apply(tx, HUB, Profile("Fern Taxi", "蕨", "taxi", 1)).id
    caller = alliance.caller(alliance.person(Role.MEMBER_ANALYST, lotus))

    with alliance.database.read() as tx:
        listed = member.list_members(tx, caller).items
        with pytest.raises(NotYours):
            member.get_member(tx, caller, newcomer)

    assert {each.id: each.details is not None for each in listed} == {
        lotus: True,
        jade: False,
    }


def test_an_admin_keeps_the_members_contacts_but_not_its_name(alliance: Alliance):
    lotus = alliance.member("Lotus Pay")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    contact = Contact("Wu Example", "incidents", "Wu@lotus.example")
    profile = Profile("Lotus Pay", "莲花支付", "payments", 9, [contact])

    with alliance.database.begin() as tx:
        revised = admission.revise(tx, admin, lotus, profile)
    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        admission.revise(tx, admin, lotus, Profile("Lotus", "莲", "payments", 9))

    assert revised.details is not None
    assert revised.details.contacts == (
        Contact("Wu Example", "incidents", "wu@lotus.example"),
    )


def callers(alliance: Alliance) -> tuple[Caller, Caller]:
    lotus, jade = alliance.member("Lotus Pay"), alliance.member("Jade Mail")
    mine = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    others = alliance.caller(alliance.person(Role.MEMBER_ADMIN, jade))
    return mine, others


def test_anothers_people_cannot_be_found_listed_or_changed(alliance: Alliance):
    mine, others = callers(alliance)
    assert others.person is not None
    person = others.person
    deeds: list[Callable[[Tx], object]] = [
        lambda tx: people.get_person(tx, mine, person),
        lambda tx: people.list_people(tx, mine, member=others.member),
        lambda tx: people.disable(tx, mine, person),
        lambda tx: people.change_role(tx, mine, person, Role.MEMBER_ANALYST),
    ]

    for deed in deeds:
        with pytest.raises(NotYours), alliance.database.begin() as tx:
            deed(tx)
    with alliance.database.read() as tx:
        listed = people.list_people(tx, mine).items
    assert {each.member for each in listed} == {mine.member}


def test_a_disabled_person_is_out_at_once(alliance: Alliance):
    lotus = alliance.member("Lotus Pay")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    person = alliance.person(Role.MEMBER_ANALYST, lotus)
    entered = alliance.entered(person)

    with alliance.database.begin() as tx:
        people.disable(tx, admin, person.id)

    with alliance.database.read() as tx:
        assert sessions.find_visitor(tx, entered.token.digest) is None
    with pytest.raises(sessions.LogInRefused):
        alliance.entered(person)


def test_nobody_disables_or_promotes_themselves(alliance: Alliance):
    lotus = alliance.member("Lotus Pay")
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    assert admin.person is not None
    me = admin.person

    with pytest.raises(LastOfItsKind), alliance.database.begin() as tx:
        people.disable(tx, admin, me)
    with pytest.raises(LastOfItsKind), alliance.database.begin() as tx:
        people.change_role(tx, admin, me, Role.MEMBER_ANALYST)
