"""Circles, of which others know nothing, and brands, of which everybody does."""

import pytest

from hanse.base.errors import Malformed
from hanse.base.ids import CircleId
from hanse.hub import admitting
from hanse.membership import admission, brands, circles
from hanse.membership.admission import Profile
from hanse.membership.brands import BrandRefused, Draft
from hanse.membership.caller import Caller, NotYours, RoleMissing, ScopeMissing
from hanse.membership.circles import CircleConflict
from hanse.membership.rights import Role
from hanse.membership.standing import machine_viewers, person_viewer
from tests.server.membership.alliance import HUB, Alliance

DRAFT = Draft(
    "Lotus Pay",
    "莲花支付",
    ["Pay-Lotus.example.", "莲花.example", "pay-lotus.example"],
    ["*pay-lotus*"],
)


@pytest.fixture
def lotus(alliance: Alliance) -> Caller:
    member = alliance.member("Lotus Pay")
    return alliance.caller(alliance.person(Role.MEMBER_ADMIN, member))


@pytest.fixture
def jade(alliance: Alliance) -> Caller:
    member = alliance.member("Jade Mail")
    return alliance.caller(alliance.person(Role.MEMBER_ADMIN, member))


def again(alliance: Alliance, caller: Caller) -> Caller:
    """The caller with the circles of this moment."""
    assert caller.member is not None
    with alliance.database.read() as tx:
        viewer = person_viewer(tx, caller.member)
    return Caller(
        viewer=viewer,
        actor=caller.actor,
        role=caller.role,
        member=caller.member,
        scopes=caller.scopes,
        person=caller.person,
    )


def test_who_is_not_in_a_circle_does_not_learn_of_it(
    alliance: Alliance, lotus: Caller, jade: Caller
):
    assert lotus.member is not None
    with alliance.database.begin() as tx:
        circle = admitting.open_circle(
            tx, HUB, name_en="Payments", name_zh="支付", members=[lotus.member]
        )

    with alliance.database.read() as tx:
        inside = circles.list_circles(tx, again(alliance, lotus))
        outside = circles.list_circles(tx, again(alliance, jade))
        with pytest.raises(NotYours):
            circles.get_circle(tx, again(alliance, jade), circle.id)

    assert [each.id for each in inside] == [circle.id]
    assert outside == []


def test_coming_going_and_closing_change_what_a_members_machines_see(
    alliance: Alliance, lotus: Caller
):
    member = lotus.member
    assert member is not None

    def seen() -> set[CircleId]:
        with alliance.database.read() as tx:
            return set(machine_viewers(tx)[member].circles)

    with alliance.database.begin() as tx:
        one = admitting.open_circle(tx, HUB, name_en="One", name_zh="一")
        two = admitting.open_circle(tx, HUB, name_en="Two", name_zh="二")
    with alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, one.id, member)
        admitting.join_circle(tx, HUB, two.id, member)
    both = seen()
    with alliance.database.begin() as tx:
        admitting.leave_circle(tx, again(alliance, lotus), one.id, member)
    after_leaving = seen()
    with alliance.database.begin() as tx:
        admitting.close_circle(tx, HUB, two.id)

    assert (both, after_leaving, seen()) == ({one.id, two.id}, {two.id}, set())


def test_a_closed_circle_takes_nobody_in(alliance: Alliance, lotus: Caller):
    assert lotus.member is not None
    with alliance.database.begin() as tx:
        circle = admitting.open_circle(tx, HUB, name_en="One", name_zh="一")
        admitting.close_circle(tx, HUB, circle.id)

    with pytest.raises(CircleConflict), alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, circle.id, lotus.member)


def test_members_neither_open_join_nor_empty_circles(
    alliance: Alliance, lotus: Caller, jade: Caller
):
    assert lotus.member is not None
    assert jade.member is not None
    with alliance.database.begin() as tx:
        circle = admitting.open_circle(
            tx,
            HUB,
            name_en="One",
            name_zh="一",
            members=[lotus.member, jade.member],
        )
    admin = again(alliance, lotus)

    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        admitting.open_circle(tx, admin, name_en="Mine", name_zh="我")
    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        admitting.join_circle(tx, admin, circle.id, lotus.member)
    with pytest.raises(NotYours), alliance.database.begin() as tx:
        admitting.leave_circle(tx, admin, circle.id, jade.member)
    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        admitting.close_circle(tx, admin, circle.id)


def test_only_active_members_come_into_a_circle(alliance: Alliance):
    with alliance.database.begin() as tx:
        fern = admission.apply(tx, HUB, Profile("Fern Taxi", "蕨", "taxi", 1)).id
        circle = admitting.open_circle(tx, HUB, name_en="One", name_zh="一")

    with pytest.raises(CircleConflict), alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, circle.id, fern)


def test_a_brands_domains_have_one_spelling_and_all_members_see_them(
    alliance: Alliance, lotus: Caller, jade: Caller
):
    assert lotus.member is not None
    with alliance.database.begin() as tx:
        made = brands.add(tx, lotus, lotus.member, DRAFT)

    with alliance.database.read() as tx:
        seen = brands.list_brands(tx, jade).items

    assert made.domains == ("pay-lotus.example", "xn--jh1anu.example")
    assert seen == [made]


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (Draft("x", "x", ["not a domain"]), "/domains/0"),
        (Draft("x", "x", ["a.example", "http://a.example/"]), "/domains/1"),
        (Draft("x", "x", [], ["*"]), "/patterns/0"),
        (Draft("x", "x", [], ["*pay*"]), "/patterns/0"),
        (Draft("x", "x", [], ["(a+)+$"]), "/patterns/0"),
        (Draft("", "x"), "/name_en"),
        (Draft("x", "x", ["a.example"] * 501), "/domains"),
    ],
)
def test_a_brands_fault_is_pointed_at(
    alliance: Alliance, lotus: Caller, draft: Draft, pointer: str
):
    assert lotus.member is not None
    with (
        pytest.raises(Malformed) as refused,
        alliance.database.begin() as tx,
    ):
        brands.add(tx, lotus, lotus.member, draft)

    assert refused.value.pointer == pointer


def test_a_brand_is_changed_by_its_members_admins_only(
    alliance: Alliance, lotus: Caller, jade: Caller
):
    assert lotus.member is not None
    analyst = alliance.caller(alliance.person(Role.MEMBER_ANALYST, lotus.member))
    overseer = alliance.caller(alliance.person(Role.OVERSEER))
    with alliance.database.begin() as tx:
        brand = brands.add(tx, lotus, lotus.member, DRAFT).id

    for caller, refusal in (
        (jade, NotYours),
        (analyst, ScopeMissing),
        (overseer, ScopeMissing),
    ):
        with pytest.raises(refusal), alliance.database.begin() as tx:
            brands.revise(tx, caller, brand, DRAFT)
        with pytest.raises(refusal), alliance.database.begin() as tx:
            brands.remove(tx, caller, brand)


def test_a_removed_brand_is_not_shown_and_keeps_its_name(
    alliance: Alliance, lotus: Caller
):
    assert lotus.member is not None
    with alliance.database.begin() as tx:
        brand = brands.add(tx, lotus, lotus.member, DRAFT).id
        brands.remove(tx, lotus, brand)

    with alliance.database.read() as tx:
        assert brands.list_brands(tx, lotus).items == []
        assert brands.name_of(tx, brand) == "Lotus Pay"
        with pytest.raises(NotYours):
            brands.get_brand(tx, lotus, brand)


def test_a_refusal_of_a_pattern_is_a_brands_own(alliance: Alliance, lotus: Caller):
    assert lotus.member is not None
    with pytest.raises(BrandRefused), alliance.database.begin() as tx:
        brands.add(tx, lotus, lotus.member, Draft("x", "x", [], ["a b c d e"]))
