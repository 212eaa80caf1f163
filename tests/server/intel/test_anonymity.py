"""What could point at an anonymous reporter, and must not."""

from datetime import timedelta

import pytest

from hanse.base.ids import MemberId, new_uuid
from hanse.feed import item, reading
from hanse.feed.item import ClaimBody
from hanse.feed.sharing import Tlp
from hanse.intel import reporting, sighting
from hanse.intel.claim import Claim, Draft
from hanse.intel.lookup import indicator
from hanse.intel.reporting import ToldOpenly, ToldTogether, digest_of
from hanse.intel.sighting import Hits
from hanse.membership.caller import Caller
from hanse.membership.rights import Role
from hanse.observables.kinds import Kind
from hanse.observables.parse import parse
from hanse.storage.tx import Tx
from tests.server.intel.members import circle, member

PAGE = parse(Kind.URL, "http://pay-lotus.example/login")
OTHER = parse(Kind.URL, "http://pay-lotus.example/other")


def say(tx: Tx, caller: Caller, *drafts: Draft) -> tuple[Claim, ...]:
    done = reporting.report(tx, caller, drafts, channel="rest")
    tx.run_seals()
    return done.claims


def with_edge(tx: Tx, member: MemberId | None) -> None:
    tx.conn.execute(
        "insert into edge (id, member_id, name, enrolled_at) values (%s, %s, 'e', %s)",
        (new_uuid(), member, tx.now),
    )


def seen(tx: Tx, caller: Caller) -> indicator.Indicator:
    return indicator.get_indicator(tx, caller, digest_of(PAGE).hex())


def test_the_only_edge_that_holds_a_red_claim_is_not_shown_to_the_circle(
    tx: Tx,
) -> None:
    inner = circle(tx, "Payments")
    a = member(tx, "Lotus", inner)
    b = member(tx, "Bamboo", inner, role=Role.MEMBER_ANALYST)
    with_edge(tx, a.member)
    with_edge(tx, b.member)
    circles = frozenset({inner})
    say(tx, a, Draft(observable=PAGE, tlp=Tlp.RED, circles=circles, is_anonymous=True))

    assert seen(tx, b).protected == ()


def test_hits_on_a_claim_that_only_its_reporter_enforces_are_its_own_to_see(
    tx: Tx,
) -> None:
    inner = circle(tx, "Payments")
    a = member(tx, "Lotus", inner)
    b = member(tx, "Bamboo", inner, role=Role.MEMBER_ANALYST)
    circles = frozenset({inner})
    say(tx, a, Draft(observable=PAGE, tlp=Tlp.RED, circles=circles, is_anonymous=True))
    hits = Hits(PAGE, 3, tx.now - timedelta(minutes=1), tx.now)

    assert sighting.sight(tx, a, [hits], source="edge") == 1

    assert seen(tx, b).sightings == ()
    assert [each.count for each in seen(tx, a).sightings] == [3]


def test_one_cannot_turn_anonymous_after_one_has_told_in_ones_own_name(tx: Tx) -> None:
    a = member(tx, "Lotus")
    say(tx, a, Draft(observable=PAGE))

    with pytest.raises(ToldOpenly) as refusal:
        say(tx, a, Draft(observable=PAGE, is_anonymous=True))

    assert refusal.value.pointer == "/0/anonymous"


def test_telling_again_does_not_name_who_told_anonymously(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    say(tx, a, Draft(observable=PAGE, is_anonymous=True))
    say(tx, a, Draft(observable=PAGE, confidence=90))

    batch = reading.read(tx, b.viewer, reading.START, 10)
    (body,) = [item.decode(each.body) for each in batch.items]
    assert isinstance(body, ClaimBody)
    assert (body.confidence, body.source.member, body.source.name) == (90, None, "")


def test_a_report_is_anonymous_as_a_whole_or_not_at_all(tx: Tx) -> None:
    a = member(tx, "Lotus")

    with pytest.raises(ToldTogether):
        say(tx, a, Draft(observable=OTHER), Draft(observable=PAGE, is_anonymous=True))
