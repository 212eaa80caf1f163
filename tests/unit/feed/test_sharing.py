"""The one place that decides who sees what: every rule, and deny by default."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.base.ids import CircleId, CollectionId, MemberId
from hanse.feed.sharing import Audience, Tlp, may_see
from hanse.membership.viewer import NOBODY, Viewer, ViewerRole

A, B = (MemberId(UUID(int=n)) for n in (1, 2))
K, L = (CircleId(UUID(int=n)) for n in (11, 12))
POT = CollectionId(UUID(int=21))


def machine(member: MemberId = B, *circles: CircleId) -> Viewer:
    return Viewer(ViewerRole.MEMBER_MACHINE, member, True, frozenset(circles))


def person(member: MemberId = B, *circles: CircleId) -> Viewer:
    return Viewer(ViewerRole.MEMBER_PERSON, member, True, frozenset(circles))


def meant(tlp: Tlp, *circles: CircleId) -> Audience:
    return Audience(A, tlp, frozenset(circles))


@pytest.mark.parametrize("tlp", [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT])
def test_without_a_circle_the_whole_alliance_hears(tlp: Tlp) -> None:
    assert may_see(machine(), meant(tlp))


@pytest.mark.parametrize("tlp", list(Tlp))
def test_a_circle_is_heard_by_its_members_only(tlp: Tlp) -> None:
    assert may_see(person(B, K), meant(tlp, K))
    assert not may_see(person(B, L), meant(tlp, K))
    assert not may_see(person(B), meant(tlp, K))


def test_one_of_several_circles_suffices() -> None:
    assert may_see(machine(B, L), meant(Tlp.AMBER, K, L))


def test_red_is_for_people_never_for_machines() -> None:
    assert may_see(person(B, K), meant(Tlp.RED, K))
    assert not may_see(machine(B, K), meant(Tlp.RED, K))


def test_red_is_not_handed_to_the_alliances_own_machines_either() -> None:
    machine_of_the_operator = Viewer(ViewerRole.ALLIANCE_MACHINE, is_active=True)
    assert not may_see(machine_of_the_operator, meant(Tlp.RED, K))
    assert may_see(machine_of_the_operator, meant(Tlp.AMBER_STRICT, K))


def test_red_without_a_circle_stays_with_its_origin() -> None:
    assert may_see(machine(A), meant(Tlp.RED))
    assert not may_see(person(B), meant(Tlp.RED))


def test_a_collection_limits_to_those_who_may_read_it() -> None:
    inside = Audience(A, Tlp.GREEN, pot=POT)
    reader = Viewer(ViewerRole.MEMBER_MACHINE, B, True, pots=frozenset({POT}))
    assert may_see(reader, inside)
    assert not may_see(machine(), inside)


@given(
    st.sampled_from(Tlp),
    st.sets(st.sampled_from([K, L])),
    st.sampled_from(ViewerRole),
    st.sets(st.sampled_from([K, L])),
)
def test_who_is_not_active_sees_nothing(
    tlp: Tlp, circles: set[CircleId], role: ViewerRole, own: set[CircleId]
) -> None:
    viewer = Viewer(role, A, False, frozenset(own), frozenset({POT}))
    assert not may_see(viewer, meant(tlp, *circles))


@given(st.sampled_from(Tlp), st.sets(st.sampled_from([K, L])))
def test_nobody_sees_nothing(tlp: Tlp, circles: set[CircleId]) -> None:
    assert not may_see(NOBODY, meant(tlp, *circles))
    assert not may_see(
        Viewer(ViewerRole.NOBODY, A, True), Audience(A, tlp, frozenset(circles))
    )
