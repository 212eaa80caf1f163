"""Keeping objects, and what is no news."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from threading import Barrier, Thread

import pytest
from msgspec.structs import replace

from hanse.base.ids import MemberId
from hanse.intel.objects import OwnObject, drop, keep, keep_own
from hanse.intel.objects.filters import EVERY, Filter, Record
from hanse.intel.objects.pages import bodies, records
from hanse.storage.tx import Database, Tx
from tests.server.intel.objects.telling import (
    add_audience,
    add_member,
    seen,
    stix_id,
    told,
)


@pytest.fixture
def ours(tx: Tx) -> int:
    return add_audience(tx)


def rows(tx: Tx, *audiences: int, asked: Filter | None = None) -> Sequence[Record]:
    everything = Filter(versions=EVERY) if asked is None else asked
    return records(tx, seen(tx, audiences), everything, limit=1_000).records


def test_objects_are_added_in_the_order_told_a_microsecond_apart(tx: Tx, ours: int):
    keep(tx, [told(n, audience=ours) for n in (3, 1, 2)])
    tx.run_seals()
    found = rows(tx, ours)
    assert [row.stix_id for row in found] == [stix_id(n) for n in (3, 1, 2)]
    dates = [row.position.added for row in found]
    assert {(b - a).microseconds for a, b in pairwise(dates)} == {1}


def test_bodies_come_back_byte_for_byte(tx: Tx, ours: int):
    odd = b'{"id" : "x",\n "n": 1.0, "zh":"\xe9\x92\x93\xe9\xb1\xbc", "e":"\\u0041"}'
    keep(tx, [replace(told(1, audience=ours), body=odd)])
    tx.run_seals()
    page = bodies(tx, seen(tx, [ours]), Filter(), limit=10)
    assert page is not None
    assert page.joined == odd


def test_telling_the_same_again_changes_nothing(tx: Tx, ours: int):
    keep(tx, [told(1, audience=ours)])
    tx.run_seals()
    before = rows(tx, ours)
    kept = keep(tx, [told(1, audience=ours), told(2, audience=ours)])
    tx.run_seals()
    assert (len(kept.fresh), kept.known) == (1, 1)
    assert rows(tx, ours)[:1] == before
    assert len(rows(tx, ours)) == 2


def test_the_same_twice_in_one_batch_is_kept_once(tx: Tx, ours: int):
    kept = keep(tx, [told(1, audience=ours), told(1, audience=ours)])
    tx.run_seals()
    assert (len(kept.fresh), kept.known) == (1, 1)
    assert len(rows(tx, ours)) == 1


def test_what_has_no_version_is_the_same_however_often_it_is_told(tx: Tx, ours: int):
    for _ in range(3):
        keep(tx, [told(1, None, kind="url", audience=ours)])
        tx.run_seals()
    assert len(rows(tx, ours)) == 1


def test_another_member_or_audience_makes_a_row_of_its_own(tx: Tx, ours: int):
    member, theirs = add_member(tx), add_audience(tx)
    for each in (
        told(1, audience=ours),
        told(1, audience=theirs),
        told(1, audience=ours, member=member),
    ):
        keep(tx, [each])
        tx.run_seals()
    found = tx.conn.execute("select count(*) from stix_object").fetchone()
    assert found == (3,)
    # And whoever sees several of them is shown the first.
    assert len(rows(tx, ours, theirs)) == 1


def test_the_dates_are_told_of_new_and_of_known_objects(tx: Tx, ours: int):
    dates: list[list[datetime]] = []

    def placed(_: Tx, given: Sequence[datetime]) -> None:
        dates.append(list(given))

    keep(tx, [told(1, audience=ours)], placed)
    tx.run_seals()
    keep(tx, [told(2, audience=ours), told(1, audience=ours)], placed)
    tx.run_seals()
    keep(tx, [told(2, audience=ours)], placed)
    tx.run_seals()
    (first,), (second, again), (last,) = dates
    assert first == again < second == last


def test_a_second_batch_in_the_same_transaction_knows_the_first(tx: Tx, ours: int):
    keep(tx, [told(1, audience=ours)])
    keep(tx, [told(1, audience=ours), told(2, audience=ours)])
    tx.run_seals()
    assert [row.stix_id for row in rows(tx, ours)] == [stix_id(1), stix_id(2)]


def test_dropped_rows_leave_every_page(tx: Tx, ours: int):
    keep(tx, [told(1, audience=ours), told(2, audience=ours)])
    tx.run_seals()
    first, second = rows(tx, ours)
    assert drop(tx, [first.position]) == 1
    assert rows(tx, ours) == [second]
    assert drop(tx, [first.position]) == 0


def test_what_hanse_makes_itself_is_kept_with_its_version(tx: Tx, ours: int):
    body = (
        b'{"type":"indicator","id":"%b","modified":"2026-02-01T00:00:00.000Z"}'
        % stix_id(7).encode()
    )
    for _ in range(2):
        keep_own(tx, [OwnObject(body=body, audience_id=ours, member=None)])
        tx.run_seals()
    (row,) = rows(tx, ours)
    assert (row.stix_id, row.version) == (stix_id(7), "2026-02-01T00:00:00.000Z")
    enforceable = seen(tx, [ours], is_enforceable=True)
    page = bodies(tx, enforceable, Filter(), limit=1)
    assert page is not None
    assert page.joined == body


def test_two_that_tell_the_same_at_the_same_time_make_one_row(database: Database):
    with database.begin() as tx:
        ours = add_audience(tx)
        member: MemberId = add_member(tx)
    together = Barrier(4)

    def tell() -> None:
        with database.begin() as tx:
            keep(tx, [told(n, audience=ours, member=member) for n in range(50)])
            together.wait(10)  # nobody has committed when the last one looks

    threads = [Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        assert len(rows(tx, ours)) == 50
        alone = tx.conn.execute("select bool_and(is_alone) from stix_object").fetchone()
        assert alone == (True,)


def test_two_versions_told_at_the_same_time_know_of_each_other(database: Database):
    with database.begin() as tx:
        ours = add_audience(tx)
    together = Barrier(2)

    def tell(day: int) -> None:
        with database.begin() as tx:
            keep(tx, [told(1, day, audience=ours)])
            together.wait(10)

    threads = [Thread(target=tell, args=(day,)) for day in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        (last,) = rows(tx, ours, asked=Filter())
        assert last.version.startswith("2026-01-02")
