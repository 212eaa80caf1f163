"""Which positions are missing, moved or twice, told from their order alone."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit.ordering import Gap, Ordering, Place


def order_of(seqs: Sequence[int]) -> Ordering:
    order = Ordering()
    for line, seq in enumerate(seqs):
        order.take(seq, line)
    order.finish()
    return order


def moved(order: Ordering) -> list[int]:
    return sorted(each.seq for each in order.misplaced)


def missing(order: Ordering) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in order.gaps]


@given(st.integers(0, 30))
def test_rising_positions_are_in_order(count: int):
    order = order_of(range(count))
    assert not order.is_torn
    assert order.count_of_findings() == 0
    assert order.top == count - 1


@given(st.data(), st.integers(2, 30))
def test_a_removed_row_is_missing_and_nothing_else(data: st.DataObject, count: int):
    gone = data.draw(st.integers(0, count - 2))
    order = order_of([seq for seq in range(count) if seq != gone])
    assert missing(order) == [(gone, gone)]
    assert moved(order) == []
    assert order.is_torn


@given(st.data(), st.integers(2, 30))
def test_of_two_rows_exchanged_one_or_both_are_misplaced_and_none_missing(
    data: st.DataObject, count: int
):
    one, other = sorted(data.draw(st.permutations(range(count)))[:2])
    seqs = list(range(count))
    seqs[one], seqs[other] = other, one
    order = order_of(seqs)
    assert missing(order) == []
    assert moved(order)
    assert set(moved(order)) <= {one, other}


@given(st.data(), st.integers(1, 30))
def test_a_row_written_twice_is_named(data: st.DataObject, count: int):
    twice = data.draw(st.integers(0, count - 1))
    at = data.draw(st.integers(twice + 1, count))
    seqs = list(range(count))
    order = order_of([*seqs[:at], twice, *seqs[at:]])
    assert missing(order) == []
    assert [(each.seq, each.place) for each in order.misplaced] == [
        (twice, Place.AGAIN)
    ]


@given(st.data(), st.integers(3, 30))
def test_a_row_moved_elsewhere_is_named(data: st.DataObject, count: int):
    row = data.draw(st.integers(0, count - 1))
    rest = [seq for seq in range(count) if seq != row]
    at = data.draw(st.integers(0, len(rest)).filter(lambda spot: spot != row))
    order = order_of([*rest[:at], row, *rest[at:]])
    assert missing(order) == []
    if abs(at - row) == 1:  # the same as two neighbours exchanged
        assert set(moved(order)) <= {row, at}
    else:
        assert moved(order) == [row]


@given(st.lists(st.integers(0, 12), max_size=14))
def test_anything_but_rising_positions_is_torn(seqs: list[int]):
    order = order_of(seqs)
    assert order.is_torn == (seqs != list(range(len(seqs))))
    assert (order.count_of_findings() > 0) == order.is_torn
    lost = {seq for gap in order.gaps for seq in range(gap.first, gap.last + 1)}
    assert lost == set(range(max(seqs, default=-1) + 1)) - set(seqs)


def test_a_block_written_twice_is_named_row_by_row():
    order = order_of([0, 1, 2, 3, 4, 2, 3, 4, 5, 6])
    assert moved(order) == [2, 3, 4]
    assert missing(order) == []


def test_one_fault_does_not_colour_the_next():
    twice_then_exchanged = [0, 1, 2, 1, 2, 3, 4, 7, 6, 5, 8]
    assert moved(order_of(twice_then_exchanged)) == [1, 2, 5, 7]


def test_what_a_checkpoint_demands_and_does_not_come_is_missing():
    order = order_of(range(3))
    order.demand(3, line=9)
    assert not order.is_torn
    order.demand(6, line=10)
    assert order.gaps == [Gap(3, 5, 10)]


@pytest.mark.parametrize("seq", [3, 4])
def test_what_comes_after_the_checkpoint_that_demands_it_is_late(seq: int):
    order = order_of(range(3))
    order.demand(5, line=9)
    order.take(seq, 10)
    order.finish()
    assert moved(order) == [seq]
    assert missing(order) == [(7 - seq, 7 - seq)]
