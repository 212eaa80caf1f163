"""Reported once: one value, many opinions, told to whom it may concern."""

from dataclasses import replace

import pytest

from hanse.audit import log
from hanse.base.ids import MemberId
from hanse.feed import item, reading
from hanse.feed.item import ClaimBody
from hanse.feed.sharing import Tlp
from hanse.intel import reporting
from hanse.intel.claim import Category, Claim, Draft, DraftUnfit
from hanse.intel.lookup import indicator, search
from hanse.intel.lookup.indicator import NoSuchIndicator
from hanse.intel.lookup.search import Query
from hanse.intel.privacy import PersonalDataRefused
from hanse.intel.reporting import digest_of
from hanse.membership.caller import Caller
from hanse.observables.kinds import Kind, Observable
from hanse.observables.parse import parse
from hanse.storage.tx import Tx
from tests.server.intel.members import circle, member, operator

PAGE = parse(Kind.URL, "http://pay-lotus.example/login")


def say(tx: Tx, caller: Caller, observable: Observable = PAGE, **more: object) -> Claim:
    draft = Draft(observable=observable, **more)  # type: ignore[arg-type]
    done = reporting.report(tx, caller, [draft], channel="rest")
    tx.run_seals()
    return done.claims[0]


def heard(tx: Tx, caller: Caller) -> list[ClaimBody]:
    batch = reading.read(tx, caller.viewer, reading.START, 100)
    bodies = [item.decode(each.body) for each in batch.items]
    return [body for body in bodies if isinstance(body, ClaimBody)]


def test_a_second_report_of_the_same_page_only_adds_an_opinion(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    first = say(tx, a)
    same = parse(Kind.URL, "hTTp://PAY-lotus.example:80/x/../login#top")
    second = say(tx, b, same)

    found = indicator.get_indicator(tx, a, digest_of(PAGE).hex())

    assert first.observable_id == second.observable_id
    assert {told.teller.name_en for told in found.claims} == {"Lotus", "Bamboo"}
    assert found.score.points == pytest.approx(96, abs=0.1)
    assert found.state == "enforced"


def test_ten_reports_of_a_hundred_values_store_a_hundred_values(tx: Tx) -> None:
    pages = [parse(Kind.URL, f"http://x{n}.example/") for n in range(100)]
    for n in range(10):
        teller = member(tx, f"Member {n}")
        drafts = [Draft(observable=page) for page in pages]
        reporting.report(tx, teller, drafts, channel="rest")
        tx.run_seals()

    values = tx.conn.execute("select count(*) from observable").fetchone()
    links = tx.conn.execute(
        "select min(n), max(n) from (select count(*) n from claim"
        " group by observable_id) c"
    ).fetchone()
    assert values == (100,)
    assert links == (10, 10)


def test_reporting_again_is_a_revision_not_a_second_claim(tx: Tx) -> None:
    a = member(tx, "Lotus")
    first = say(tx, a, confidence=50)
    again = say(tx, a, confidence=90, note="now with a log-in form")

    assert again.id == first.id
    assert again.revision == 2
    assert [body.confidence for body in heard(tx, a)] == [90]


def test_everyone_hears_and_the_deed_stands_in_the_log(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    claim = say(tx, a, category=Category.SCAM)

    (body,) = heard(tx, b)
    assert (body.claim, body.value) == (claim.id, "http://pay-lotus.example/login")
    assert body.source.name == "Lotus"
    acts = [entry.act for entry in log.events_before(tx, 10**9, 10)]
    assert acts == ["report.made"]


def test_an_anonymous_reporter_is_a_band_to_peers_and_known_to_the_operator(
    tx: Tx,
) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    claim = say(tx, a, is_anonymous=True)
    digest = digest_of(PAGE).hex()

    (body,) = heard(tx, b)
    assert (body.source.member, body.source.name, body.source.band) == (None, "", "new")
    assert str(a.member) not in repr(body)
    peer = indicator.get_indicator(tx, b, digest).claims[0].teller
    assert (peer.member, peer.name_en, peer.band) == (None, "", "new")
    alliance = indicator.get_indicator(tx, operator(), digest).claims[0].teller
    assert alliance.name_en == "Lotus"
    assert str(a.member) not in claim.stix_id


def test_what_is_meant_for_a_circle_is_unknown_outside_of_it(tx: Tx) -> None:
    inner = circle(tx, "Payments")
    a, b, c = member(tx, "Lotus", inner), member(tx, "B", inner), member(tx, "C")
    say(tx, a, tlp=Tlp.AMBER, circles=frozenset({inner}))
    digest = digest_of(PAGE).hex()

    assert indicator.get_indicator(tx, b, digest).state == "enforced"
    with pytest.raises(NoSuchIndicator):
        indicator.get_indicator(tx, c, digest)
    assert heard(tx, c) == []
    assert search.search(tx, c, Query(text="pay-lotus.example")).found == ()


def test_a_withdrawal_ends_the_claim_everywhere(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    claim = say(tx, a)
    reporting.withdraw(tx, a, claim.id, "it was our own campaign")
    tx.run_seals()

    assert heard(tx, b) == []
    assert indicator.get_indicator(tx, b, digest_of(PAGE).hex()).state == "withdrawn"


def test_nobody_withdraws_anothers_claim(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    claim = say(tx, a)

    with pytest.raises(reporting.NoSuchClaim):
        reporting.withdraw(tx, b, claim.id, "I do not like it")


def test_a_customers_number_is_refused_with_its_place(tx: Tx) -> None:
    a = member(tx, "Lotus")

    with pytest.raises(PersonalDataRefused) as refusal:
        say(tx, a, note="customer 13812345678 complained")

    assert refusal.value.pointer == "/0/note"
    assert "13812345678" not in refusal.value.message


def test_a_circle_one_is_not_in_cannot_be_named(tx: Tx) -> None:
    inner, a = circle(tx, "Payments"), member(tx, "Lotus")

    with pytest.raises(reporting.CircleNotYours):
        say(tx, a, circles=frozenset({inner}))


def test_red_needs_a_circle() -> None:
    with pytest.raises(DraftUnfit):
        Draft(observable=PAGE, tlp=Tlp.RED)


def test_a_member_that_is_not_active_does_not_report(tx: Tx) -> None:
    a = member(tx, "Lotus")
    out = replace(a, viewer=replace(a.viewer, is_active=False))

    with pytest.raises(reporting.ReporterNotActive):
        say(tx, out)


def test_any_two_hanzi_inside_a_note_are_found(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    say(tx, a, note="冒充快递公司的退款钓鱼页面")

    for text in ("退款", "快递公司", "钓鱼"):
        assert len(search.search(tx, b, Query(text=text)).found) == 1
    assert search.search(tx, b, Query(text="银行")).found == ()


def test_pages_of_a_search_show_each_value_once(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    for n in range(7):
        page = parse(Kind.URL, f"http://x{n}.example/")
        say(tx, a, page)
        if n % 2:
            say(tx, b, page)

    seen, cursor = [], ""
    while True:
        found = search.search(tx, a, Query(), cursor=cursor, limit=3)
        seen += [each.claim.observable.value for each in found.found]
        cursor = found.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 7


def test_a_value_is_found_by_any_of_its_claims_and_once(tx: Tx) -> None:
    a, b = member(tx, "Lotus"), member(tx, "Bamboo")
    page = parse(Kind.URL, "http://pay-lotus.example/login")
    for caller, category in ((a, Category.PHISHING), (b, Category.MALWARE)):
        draft = Draft(observable=page, category=category)
        reporting.report(tx, caller, [draft], channel="rest")
        tx.run_seals()

    def tellers(query: Query) -> list[MemberId | None]:
        return [each.claim.member for each in search.search(tx, a, query).found]

    assert a.member is not None
    assert b.member is not None
    for member_id in (a.member, b.member):
        assert tellers(Query(member=member_id)) == [member_id]
    assert tellers(Query(categories=(Category.PHISHING,))) == [a.member]
    assert tellers(Query(categories=(Category.MALWARE,))) == [b.member]
    assert len(tellers(Query())) == 1
    assert tellers(Query(mine=True)) == [a.member]
