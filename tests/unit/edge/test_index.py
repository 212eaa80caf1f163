"""The index: every value is found, whatever was added and removed before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.edge.claims import ANYWHERE, NOT_PLAIN
from hanse.edge.digest import Digester
from hanse.edge.index import Candidate, Index
from hanse.edge.local import GistRow
from hanse.observables.kinds import Kind, Observable

SECRET = b"k" * 16
DIGESTER = Digester(SECRET)
A = Observable(Kind.DOMAIN, "a.example")


def keys(start: int, stop: int) -> list[str]:
    return [f"domain:shop{n}.example" for n in range(start, stop)]


def find(index: Index, start: int, stop: int) -> list[Candidate]:
    asked = [Observable(Kind.DOMAIN, key[7:]) for key in keys(start, stop)]
    return [found for each in asked for found in index.find(each)]


def digests(start: int, stop: int) -> list[int]:
    return [DIGESTER.of(key) for key in keys(start, stop)]


def rows(
    start: int, stop: int, *, told: int = 5, confidence: int = 80
) -> list[GistRow]:
    return [(*DIGESTER.proven(key), told, confidence) for key in keys(start, stop)]


def found(index: Index, start: int, stop: int) -> list[int]:
    return [each.digest for each in find(index, start, stop)]


def gists(index: Index, start: int, stop: int) -> list[tuple[int, int] | None]:
    return [
        None if c.gist is None else (c.gist.told, c.gist.confidence)
        for c in find(index, start, stop)
    ]


def test_every_value_is_found_and_hardly_anything_else():
    index = Index.of(DIGESTER, [rows(0, 30_000), rows(30_000, 50_000), []])

    assert found(index, 0, 50_000) == digests(0, 50_000)
    assert found(index, 50_000, 150_000) == []
    assert len(index) == 50_000


def test_values_added_one_by_one_are_found_before_and_after_merging():
    index = Index.of(DIGESTER, [rows(0, 1_000)])
    for n in range(1_000, 20_000):
        index.put(rows(n, n + 1))

    assert found(index, 0, 20_000) == digests(0, 20_000)
    assert found(index, 20_000, 40_000) == []


def test_the_same_value_twice_is_one():
    index = Index.of(DIGESTER, [rows(0, 10)])
    index.put(rows(5, 15))
    index.put(rows(5, 15))

    assert len(index) == 15


def test_a_value_with_several_claims_is_one_and_not_plain():
    index = Index.of(DIGESTER, [rows(0, 4), rows(1, 3), rows(2, 3, confidence=9)])

    assert len(index) == 4
    assert gists(index, 0, 4) == [(5, 80), None, None, (5, 80)]


def test_much_that_is_gone_makes_it_stale():
    index = Index.of(DIGESTER, [rows(0, 10_000)])
    index.remove(digests(0, 4_000))
    assert not index.is_stale
    index.remove(digests(4_000, 8_000))
    assert index.is_stale


def test_a_fresh_value_that_is_gone_is_gone():
    index = Index(DIGESTER)
    index.put(rows(0, 10))
    index.remove(digests(0, 5))

    assert found(index, 0, 10) == digests(5, 10)


def test_digests_depend_on_the_secret_and_fit_a_signed_64_bit_column():
    others = [Digester(b"x" * 16).of(key) for key in keys(0, 1_000)]

    assert not set(others) & set(digests(0, 1_000))
    assert all(-(2**63) <= each < 2**63 for each in others)
    assert min(others) < 0 < max(others)


def test_a_gist_is_given_while_the_claim_is_plain_and_gone_with_it():
    index = Index.of(DIGESTER, [rows(0, 3)])
    index.put(rows(3, 6))
    index.put(rows(1, 2, told=7, confidence=60) + rows(4, 5, told=7, confidence=60))
    index.put(rows(2, 3, confidence=NOT_PLAIN) + rows(5, 6, confidence=NOT_PLAIN))
    expected = [(5, 80), (7, 60), None]

    assert gists(index, 0, 6) == expected + expected
    index._merge()
    assert gists(index, 0, 6) == expected + expected
    index.remove(digests(0, 1))
    assert gists(index, 0, 1) == [None]


def test_a_key_of_the_same_digest_gets_no_gist_without_the_proof():
    digest, proof = DIGESTER.proven("domain:a.example")
    index = Index.of(DIGESTER, [[(digest, proof ^ 1 << 32, 5, 80)]])

    assert index.find(A) == [Candidate(digest, "domain:a.example", None)]


def test_values_of_one_digest_at_several_sites_are_found_at_each():
    digest, proof = DIGESTER.proven("domain:a.example")
    elsewhere = DIGESTER.proven("domain:b.example")[1]
    twins = [(digest, proof, 5, 80), (digest, elsewhere, 5, 80)]
    expected = [Candidate(digest, "domain:a.example", None)]

    for order in (twins, twins[::-1]):
        assert Index.of(DIGESTER, [rows(0, 9), order]).find(A) == expected
    later = Index.of(DIGESTER, [rows(0, 9), twins[1:]])
    assert later.find(A) == []  # stands elsewhere alone
    later.put([(digest, ANYWHERE, 5, NOT_PLAIN)])
    assert later.find(A) == expected
    later.put(rows(9, 9_000))
    later._merge()
    assert later.find(A) == expected


def test_a_value_put_again_after_it_was_gone_is_found():
    index = Index.of(DIGESTER, [rows(0, 10)])
    index.remove(digests(3, 4))
    index.put(rows(10, 9_000))
    index._merge()  # the filters are made anew, without what is gone
    index.put(rows(3, 4, told=9))

    assert gists(index, 3, 4) == [(9, 80)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=200))
def test_nothing_that_is_held_is_ever_missed_and_no_gist_is_old(
    steps: list[tuple[bool, int]],
):
    index = Index.of(DIGESTER, [rows(0, 20, told=0)])
    held = dict.fromkeys(range(20), 0)
    for told, (is_added, n) in enumerate(steps):
        if is_added:
            index.put(rows(n, n + 1, told=told))
            held[n] = told
        elif n in held:
            index.remove(digests(n, n + 1))
            del held[n]
        if told == len(steps) // 2:
            index._merge()

    for n in range(61):
        expected = [(held[n], 80)] if n in held else []
        assert [gist for gist in gists(index, n, n + 1) if gist] == expected
