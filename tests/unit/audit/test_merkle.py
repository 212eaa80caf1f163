"""The tree against Certificate Transparency's published values, and against itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit import merkle
from hanse.audit.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    Node,
    OutsideTree,
    ProofInvalid,
    append,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.audit.grown import Tree, plain_root, tree_of

# The eight leaves and their trees as published with Certificate Transparency.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

sizes = st.integers(1, 150)


def published(size: int = 8) -> Tree:
    return Tree([leaf_hash(each) for each in LEAVES[:size]])


def flipped(hashed: bytes, bit: int) -> bytes:
    number = int.from_bytes(hashed, "big") ^ (1 << bit)
    return number.to_bytes(len(hashed), "big")


def test_the_roots_are_those_published_for_certificate_transparency():
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")
    assert root(Frontier()) == EMPTY_ROOT
    assert [root(published(n).frontier).hex() for n in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_inclusion_proofs_are_those_published(index: int, size: int):
    proof = prove_inclusion(published(size), index, size)
    assert [each.hex() for each in proof] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_the_consistency_proofs_are_those_published(old: int, new: int):
    proof = prove_consistency(published(new), old, new)
    assert [each.hex() for each in proof] == CONSISTENCY[old, new]


@given(st.lists(st.integers(0, 40), max_size=8))
def test_any_split_into_batches_gives_the_same_tree(batches: list[int]):
    leaves = tree_of(sum(batches)).leaves
    frontier, finished, start = Frontier(), [], 0
    for length in batches:
        frontier, nodes = append(frontier, leaves[start : start + length])
        finished += nodes
        start += length
    whole, all_at_once = append(Frontier(), leaves)
    assert frontier == whole
    assert root(frontier) == plain_root(leaves)

    def order(node: Node) -> tuple[int, int]:
        return node.level, node.index

    assert sorted(finished, key=order) == sorted(all_at_once, key=order)


@given(sizes)
def test_a_finished_node_is_the_root_over_its_leaves(size: int):
    leaves = tree_of(size).leaves
    _, finished = append(Frontier(), leaves)
    for node in finished:
        low, high = node.index << node.level, (node.index + 1) << node.level
        assert node.hash == plain_root(leaves[low:high])
    complete = sum(size >> level for level in range(1, size.bit_length()))
    assert len(finished) == complete


@given(st.integers(0, 300))
def test_a_frontier_comes_back_from_its_bytes(size: int):
    frontier = tree_of(size).frontier
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier
    assert len(frontier.to_bytes()) == 8 + 32 * size.bit_count()


@pytest.mark.parametrize(
    "stored",
    [b"", b"\0" * 7, b"\0" * 7 + b"\1", b"\0" * 8 + b"x" * 32, b"\0" * 8 + b"x"],
)
def test_bytes_that_are_no_frontier_are_refused(stored: bytes):
    with pytest.raises(ValueError, match=r"frontier|hash"):
        Frontier.from_bytes(stored)


def test_leaf_data_that_was_not_hashed_is_not_appended():
    with pytest.raises(ValueError, match="32 bytes"):
        append(Frontier(), [b"the body itself"])


@given(st.data(), sizes)
def test_every_leaf_has_a_proof_that_verifies(data: st.DataObject, size: int):
    tree = tree_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(tree, index, size)
    verify_inclusion(tree.leaves[index], index, size, proof, tree.root())


@given(st.data(), sizes)
def test_a_proof_holds_in_a_tree_that_has_grown_since(data: st.DataObject, size: int):
    grown = tree_of(size + 40)
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(grown, index, size)
    verify_inclusion(grown.leaves[index], index, size, proof, grown.root(size))


@given(st.data(), st.integers(2, 150))
def test_a_proof_with_any_bit_flipped_fails(data: st.DataObject, size: int):
    tree = tree_of(size)
    index = data.draw(st.integers(0, size - 1))
    given = [tree.leaves[index], tree.root(), *prove_inclusion(tree, index, size)]
    spot = data.draw(st.integers(0, len(given) - 1))
    given[spot] = flipped(given[spot], data.draw(st.integers(0, 255)))
    leaf, claimed, *proof = given
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaf, index, size, proof, claimed)


@given(st.data(), st.integers(2, 150))
def test_a_leaf_is_not_proven_at_another_index(data: st.DataObject, size: int):
    tree = tree_of(size)
    index, other = data.draw(st.permutations(range(size)))[:2]
    proof = prove_inclusion(tree, index, size)
    with pytest.raises(ProofInvalid):
        verify_inclusion(tree.leaves[index], other, size, proof, tree.root())


@given(st.data(), st.integers(2, 150))
def test_a_longer_or_shorter_proof_fails(data: st.DataObject, size: int):
    tree = tree_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(tree, index, size)
    for wrong in (proof[:-1], proof[1:], [*proof, tree.root()], proof[::-1] + proof):
        with pytest.raises(ProofInvalid):
            verify_inclusion(tree.leaves[index], index, size, wrong, tree.root())


@pytest.mark.parametrize(("index", "size"), [(3, 3), (-1, 3), (0, 0), (0, 10**300)])
def test_a_leaf_outside_the_tree_is_neither_proven_nor_verified(index: int, size: int):
    with pytest.raises(OutsideTree):
        prove_inclusion(tree_of(3), index, size)
    with pytest.raises(ProofInvalid):
        verify_inclusion(bytes(32), index, size, [], bytes(32))


@given(st.data(), st.integers(0, 150))
def test_any_two_sizes_of_one_log_are_consistent(data: st.DataObject, new: int):
    tree = tree_of(new)
    old = data.draw(st.integers(0, new))
    proof = prove_consistency(tree, old, new)
    verify_consistency(old, tree.root(old), new, tree.root(), proof)


@given(st.data(), st.integers(2, 150))
def test_a_log_that_changed_an_old_entry_is_inconsistent(data: st.DataObject, new: int):
    honest = tree_of(new)
    old = data.draw(st.integers(1, new - 1))
    changed = list(honest.leaves)
    changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"another story")
    rewritten = Tree(changed)
    proof = prove_consistency(rewritten, old, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, honest.root(old), new, rewritten.root(), proof)


@given(st.data(), st.integers(2, 150))
def test_a_consistency_proof_with_any_bit_flipped_fails(data: st.DataObject, new: int):
    tree = tree_of(new)
    old = data.draw(st.integers(1, new - 1))
    given = [tree.root(old), tree.root(), *prove_consistency(tree, old, new)]
    spot = data.draw(st.integers(0, len(given) - 1))
    given[spot] = flipped(given[spot], data.draw(st.integers(0, 255)))
    old_root, new_root, *proof = given
    with pytest.raises(ProofInvalid):
        verify_consistency(old, old_root, new, new_root, proof)


@given(st.data(), st.integers(2, 150))
def test_a_consistency_proof_for_other_sizes_fails(data: st.DataObject, new: int):
    tree = tree_of(new)
    old, other = data.draw(st.permutations(range(1, new + 1)))[:2]
    proof = prove_consistency(tree, old, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(other, tree.root(old), new, tree.root(), proof)


def test_consistency_with_surplus_missing_or_short_hashes_fails():
    tree = tree_of(11)
    proof = prove_consistency(tree, 6, 11)
    wrong: tuple[list[bytes], ...] = (
        proof[:-1],
        proof[1:],
        [],
        [*proof, bytes(32)],
        [*proof[:-1], b"short"],
    )
    for each in wrong:
        with pytest.raises(ProofInvalid):
            verify_consistency(6, tree.root(6), 11, tree.root(), each)


def test_a_byte_moved_from_one_hash_to_the_next_does_not_go_unnoticed():
    # The joined bytes, and so the hash over them, would be the same.
    tree = tree_of(4)
    leaf, (sibling, uncle) = tree.leaves[0], prove_inclusion(tree, 0, 4)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaf[:-1], 0, 4, [leaf[-1:] + sibling, uncle], tree.root())
    old_root, (rest,) = tree.root(2), prove_consistency(tree, 2, 4)
    with pytest.raises(ProofInvalid):
        verify_consistency(2, old_root[:-1], 4, tree.root(), [old_root[-1:] + rest])


def test_equal_sizes_need_equal_roots_and_no_proof():
    tree = tree_of(5)
    verify_consistency(5, tree.root(), 5, tree.root(), [])
    for other, proof in ((bytes(32), []), (tree.root(), [tree.root()])):
        with pytest.raises(ProofInvalid):
            verify_consistency(5, other, 5, tree.root(), proof)


def test_the_empty_log_is_continued_by_every_log_but_has_one_root():
    tree = tree_of(5)
    verify_consistency(0, EMPTY_ROOT, 5, tree.root(), [])
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    for old_root, new, new_root in (
        (bytes(32), 5, tree.root()),
        (EMPTY_ROOT, 0, bytes(32)),
    ):
        with pytest.raises(ProofInvalid):
            verify_consistency(0, old_root, new, new_root, [])


def test_a_log_that_shrinks_is_refused():
    tree = tree_of(5)
    with pytest.raises(OutsideTree):
        prove_consistency(tree, 5, 4)
    with pytest.raises(ProofInvalid):
        verify_consistency(5, tree.root(), 4, tree.root(4), [])
    with pytest.raises(ProofInvalid):
        verify_consistency(5, tree.root(), MAX_SIZE + 1, tree.root(), [])


@given(st.data(), sizes)
def test_a_proof_asks_once_and_only_for_complete_nodes(data: st.DataObject, size: int):
    tree = tree_of(size)
    prove_inclusion(tree, data.draw(st.integers(0, size - 1)), size)
    prove_consistency(tree, data.draw(st.integers(0, size)), size)
    assert len(tree.asked) == 2
    for level, index in (each for asked in tree.asked for each in asked):
        assert (index + 1) << level <= size


def test_a_store_that_lost_a_node_is_noticed_when_proving():
    needed = merkle.needed_for_inclusion(0, 8)
    found = dict(tree_of(8).get(needed[:-1]))
    with pytest.raises(LookupError):
        merkle.inclusion_proof(0, 8, found)
