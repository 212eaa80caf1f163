"""After any sequence of changes an edge holds exactly what a fresh one would."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse.audit import log, merkle, multiproof
from hanse.audit.checkpoint import Signer, open_note
from hanse.audit.event import salted_leaf
from hanse.base.secret import Secret
from hanse.feed import feed, reading
from hanse.feed.reading import START, CursorUnknown
from hanse.feed.sharing import Tlp, may_see
from hanse.membership.standing import machine_viewers
from hanse.storage.tx import Database
from tests.server.feed.alliance import Alliance, Listener, audience


@pytest.fixture
def alliance(database: Database) -> Alliance:
    alliance = Alliance(database)
    alliance.found(members=3, circles=2)
    return alliance


def holds(alliance: Alliance, member: object) -> set[object]:
    listener = Listener(member)  # type: ignore[arg-type]
    listener.drain(alliance.database)
    return set(listener.holds)


def test_a_claim_for_a_circle_is_heard_by_its_members_only(alliance: Alliance) -> None:
    a, b, c = alliance.members
    alliance.join(b, alliance.circles[0])
    claim = alliance.tell(audience(a, Tlp.AMBER, alliance.circles[0]))

    assert holds(alliance, a) == {claim}
    assert holds(alliance, b) == {claim}
    assert holds(alliance, c) == set()


def test_an_empty_circle_is_nobody(alliance: Alliance) -> None:
    a, b, _ = alliance.members
    claim = alliance.tell(audience(a, Tlp.GREEN, alliance.circles[1]))

    assert holds(alliance, a) == {claim}
    assert holds(alliance, b) == set()


def test_a_withdrawal_overtakes_what_is_still_to_come(alliance: Alliance) -> None:
    a, b, _ = alliance.members
    first = alliance.tell(audience(a))
    reader = Listener(b)
    reader.drain(alliance.database)
    for _ in range(5):
        alliance.tell(audience(a))
    alliance.withdraw(first)

    reader.read(alliance.database, limit=1)

    assert first not in reader.holds


def test_who_leaves_a_circle_forgets_also_what_was_withdrawn_meanwhile(
    alliance: Alliance,
) -> None:
    a, b, _ = alliance.members
    circle = alliance.circles[0]
    alliance.join(b, circle)
    claim = alliance.tell(audience(a, Tlp.AMBER, circle))
    reader = Listener(b)
    reader.drain(alliance.database)
    alliance.withdraw(claim)
    alliance.leave(b, circle)

    reader.drain(alliance.database)

    assert reader.holds == {}


def test_a_narrowed_claim_is_revoked_from_those_left_out(alliance: Alliance) -> None:
    a, b, c = alliance.members
    circle = alliance.circles[0]
    alliance.join(c, circle)
    claim = alliance.tell(audience(a))
    readers = [Listener(b), Listener(c)]
    for reader in readers:
        reader.drain(alliance.database)
    alliance.tell(audience(a, Tlp.AMBER, circle), claim)

    for reader in readers:
        reader.drain(alliance.database)

    assert [set(reader.holds) for reader in readers] == [set(), {claim}]


def test_what_was_withdrawn_and_told_again_to_others_is_not_kept_by_who_missed_both(
    alliance: Alliance,
) -> None:
    a, b, _ = alliance.members
    was, now = alliance.circles
    alliance.join(b, was)
    claim = alliance.tell(audience(a, Tlp.AMBER, was))
    reader = Listener(b)
    reader.drain(alliance.database)
    alliance.withdraw(claim)
    alliance.tell(audience(a, Tlp.AMBER, now), claim)
    alliance.leave(b, was)

    reader.drain(alliance.database)

    assert reader.holds == {}


def test_who_comes_in_while_a_claim_is_narrowed_does_not_keep_it(
    alliance: Alliance,
) -> None:
    a, b, _ = alliance.members
    was, now = alliance.circles
    claim = alliance.tell(audience(a, Tlp.AMBER, was))
    alliance.tell(audience(a, Tlp.AMBER, now))  # a new audience would wait by itself
    reader = Listener(b)

    def come_in() -> None:
        with alliance.database.begin() as tx:
            before = machine_viewers(tx, [b])
            tx.conn.execute(
                "insert into circle_member values (%s, %s, now())", (was, b)
            )
            log.hold(tx)
            feed.audience_changed(tx, before, machine_viewers(tx, [b]))

    with ThreadPoolExecutor(1) as beside:
        with alliance.database.begin() as tx:
            alliance.tell_in(tx, audience(a, Tlp.AMBER, now), claim)
            coming = beside.submit(come_in)
            wait([coming], 3)
            reader.drain(alliance.database)
        coming.result(30)
    reader.drain(alliance.database)

    assert reader.holds == {}


def test_a_batch_is_proven_under_the_signed_checkpoint(
    alliance: Alliance, signer: Signer
) -> None:
    a, b, _ = alliance.members
    for _ in range(7):
        alliance.tell(audience(a))
    with alliance.database.read() as tx:
        batch = reading.read(tx, machine_viewers(tx)[b], START, 5)

    checkpoint = open_note(batch.checkpoint, signer.verifier)
    leaves = {
        item.seq: merkle.leaf_hash(salted_leaf(item.salt, item.body))
        for item in batch.items
    }
    assert len(leaves) == 5
    multiproof.verify_many(leaves, checkpoint.size, batch.proof, checkpoint.root)


def test_a_grant_is_as_old_as_what_was_said(alliance: Alliance) -> None:
    a, b, _ = alliance.members
    circle = alliance.circles[0]
    claim = alliance.tell(audience(a, Tlp.AMBER, circle))
    own = Listener(a)
    own.drain(alliance.database)
    alliance.join(b, circle)
    reader = Listener(b)
    reader.drain(alliance.database)

    assert reader.holds[claim].told_at == own.holds[claim].told_at
    assert reader.holds[claim].at > own.holds[claim].at


def test_a_cursor_of_another_member_is_refused(alliance: Alliance) -> None:
    a, b, _ = alliance.members
    with alliance.database.read() as tx:
        secret = tx.tool(Secret)
    sealed = reading.seal_cursor(secret, a, START)

    assert reading.open_cursor(secret, a, sealed) == START
    with pytest.raises(CursorUnknown):
        reading.open_cursor(secret, b, sealed)


step = st.tuples(
    st.sampled_from(
        [
            "tell",
            "tell",
            "revise",
            "withdraw",
            "join",
            "leave",
            "suspend",
            "return",
            "read",
            "read",
        ]
    ),
    st.integers(0, 2),  # a member
    st.integers(0, 1),  # a circle
    st.sampled_from(list(Tlp)),
    st.booleans(),  # for a circle?
    st.integers(1, 4),  # batch size, or which claim
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(step, max_size=25))
def test_any_edge_holds_exactly_what_a_fresh_one_would(
    database: Database, steps: list[tuple[str, int, int, Tlp, bool, int]]
) -> None:
    alliance = Alliance(database)
    with database.begin() as tx:
        tx.conn.execute("update circle set name_en = id::text")
        tx.conn.execute("update member set name_en = id::text")
    alliance.found(members=3, circles=2)
    readers = [Listener(member) for member in alliance.members]
    for what, m, c, tlp, for_circle, n in steps:
        play(alliance, readers, (what, m, c, tlp, for_circle, n))
    for member in alliance.members:
        alliance.set_status(member, "active")

    with database.read() as tx:
        viewers = machine_viewers(tx)
        assert log.size(tx) >= 0
    for reader in readers:
        if alliance.revisions:
            reader.drain(database)
        fresh = Listener(reader.member)
        if alliance.revisions:
            fresh.drain(database)
        expected = {
            claim: alliance.revisions[claim]
            for claim, meant in alliance.audience.items()
            if may_see(viewers[reader.member], meant)
        }
        mine = set(alliance.revisions)
        assert {k: v for k, v in fresh.revisions().items() if k in mine} == expected
        assert {k: v for k, v in reader.revisions().items() if k in mine} == expected


def play(
    alliance: Alliance,
    readers: list[Listener],
    step: tuple[str, int, int, Tlp, bool, int],
) -> None:
    what, m, c, tlp, for_circle, n = step
    member, circle = alliance.members[m], alliance.circles[c]
    meant = audience(member, tlp, *([circle] if for_circle else []))
    told = [k for k, a in alliance.audience.items() if a.origin == member]
    over = [k for k, a in alliance.over.items() if a.origin == member]
    if what == "tell":
        alliance.tell(meant)
    elif what == "revise" and told + over:
        alliance.tell(meant, (told + over)[n % len(told + over)])
    elif what == "withdraw" and told:
        alliance.withdraw(told[n % len(told)])
    elif what == "join":
        alliance.join(member, circle)
    elif what == "leave":
        alliance.leave(member, circle)
    elif what == "suspend":
        alliance.set_status(member, "suspended")
    elif what == "return":
        alliance.set_status(member, "active")
    elif what == "read" and alliance.revisions:
        readers[m].read(alliance.database, n)
