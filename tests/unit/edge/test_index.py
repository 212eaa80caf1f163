"""The index: every value is found, whatever was added and removed before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.edge.digest import Digester
from hanse.edge.index import Index

SECRET = b"k" * 16
DIGESTER = Digester(SECRET)


def keys(start: int, stop: int) -> list[str]:
    return [f"domain:shop{n}.example" for n in range(start, stop)]


def digests(start: int, stop: int) -> list[int]:
    return [DIGESTER.of(key) for key in keys(start, stop)]


def test_every_value_is_found_and_hardly_anything_else():
    index = Index.of(DIGESTER, [digests(0, 30_000), digests(30_000, 50_000), []])

    assert index.find(keys(0, 50_000)) == digests(0, 50_000)
    assert index.find(keys(50_000, 150_000)) == []
    assert len(index) == 50_000


def test_values_added_one_by_one_are_found_before_and_after_merging():
    index = Index.of(DIGESTER, [digests(0, 1_000)])
    for n in range(1_000, 20_000):
        index.add(digests(n, n + 1))

    assert index.find(keys(0, 20_000)) == digests(0, 20_000)
    assert index.find(keys(20_000, 40_000)) == []


def test_the_same_value_twice_is_one():
    index = Index.of(DIGESTER, [digests(0, 10), digests(0, 10)])
    index.add(digests(5, 15))
    index.add(digests(5, 15))

    assert len(index) == 15


def test_much_that_is_gone_makes_it_stale():
    index = Index.of(DIGESTER, [digests(0, 10_000)])
    index.remove(digests(0, 4_000))
    assert not index.is_stale
    index.remove(digests(4_000, 8_000))
    assert index.is_stale


def test_a_fresh_value_that_is_gone_is_gone():
    index = Index(DIGESTER)
    index.add(digests(0, 10))
    index.remove(digests(0, 5))

    assert index.find(keys(0, 10)) == digests(5, 10)


def test_digests_depend_on_the_secret_and_fit_a_signed_64_bit_column():
    others = [Digester(b"x" * 16).of(key) for key in keys(0, 1_000)]

    assert not set(others) & set(digests(0, 1_000))
    assert all(-(2**63) <= each < 2**63 for each in others)
    assert min(others) < 0 < max(others)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=200))
def test_nothing_that_is_held_is_ever_missed(steps: list[tuple[bool, int]]):
    index, held = Index.of(DIGESTER, [digests(0, 20)]), set(range(20))
    for is_added, n in steps:
        if is_added:
            index.add(digests(n, n + 1))
            held.add(n)
        elif n in held:
            index.remove(digests(n, n + 1))
            held.discard(n)

    for n in range(61):
        found = index.find(keys(n, n + 1))
        assert found == digests(n, n + 1) or n not in held
