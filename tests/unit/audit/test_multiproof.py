"""One proof for many leaves: complete, minimal, and of no use for anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit.merkle import OutsideTree, ProofInvalid, leaf_hash, prove_inclusion
from hanse.audit.multiproof import needed_for_many, prove_many, verify_many
from tests.unit.audit.grown import Tree, tree_of


@st.composite
def batches(draw: st.DrawFn, least: int = 1) -> tuple[Tree, list[int]]:
    size = draw(st.integers(least, 130))
    indices = draw(st.sets(st.integers(0, size - 1), min_size=1))
    return tree_of(size), sorted(indices)


def leaves_at(tree: Tree, indices: list[int]) -> dict[int, bytes]:
    return {index: tree.leaves[index] for index in indices}


@given(batches())
def test_every_set_of_leaves_has_a_proof_that_verifies(batch: tuple[Tree, list[int]]):
    tree, indices = batch
    size = len(tree.leaves)
    proof = prove_many(tree, indices, size)
    verify_many(leaves_at(tree, indices), size, proof, tree.root())


@given(st.data(), batches())
def test_it_holds_in_a_tree_that_has_grown_since(
    data: st.DataObject, batch: tuple[Tree, list[int]]
):
    tree, indices = batch
    size = data.draw(st.integers(indices[-1] + 1, len(tree.leaves)))
    proof = prove_many(tree, indices, size)
    verify_many(leaves_at(tree, indices), size, proof, tree.root(size))


@given(batches())
def test_the_order_in_which_leaves_arrive_does_not_matter(
    batch: tuple[Tree, list[int]],
):
    tree, indices = batch
    proof = prove_many(tree, indices, len(tree.leaves))
    backwards = leaves_at(tree, indices[::-1])
    verify_many(backwards, len(tree.leaves), proof, tree.root())


@given(st.data(), st.integers(1, 130))
def test_for_one_leaf_it_is_the_inclusion_proof(data: st.DataObject, size: int):
    tree = tree_of(size)
    index = data.draw(st.integers(0, size - 1))
    assert prove_many(tree, [index], size) == prove_inclusion(tree, index, size)


@given(batches())
def test_it_asks_once_and_only_for_complete_nodes_without_wanted_leaves(
    batch: tuple[Tree, list[int]],
):
    tree, indices = batch
    size = len(tree.leaves)
    prove_many(tree, indices, size)
    (asked,) = tree.asked
    assert len(set(asked)) == len(asked)
    for level, index in asked:
        low, high = index << level, (index + 1) << level
        assert high <= size
        assert not any(low <= each < high for each in indices)


@given(st.data(), batches())
def test_any_bit_flipped_fails(data: st.DataObject, batch: tuple[Tree, list[int]]):
    tree, indices = batch
    size, leaves = len(tree.leaves), leaves_at(tree, indices)
    proof = prove_many(tree, indices, size)
    spot = data.draw(st.integers(0, len(proof) + len(indices) - 1))
    bit = 1 << data.draw(st.integers(0, 255))
    if spot < len(proof):
        proof[spot] = _flip(proof[spot], bit)
    else:
        changed = indices[spot - len(proof)]
        leaves[changed] = _flip(leaves[changed], bit)
    with pytest.raises(ProofInvalid):
        verify_many(leaves, size, proof, tree.root())


@given(st.data(), batches(least=2))
def test_a_leaf_at_another_index_fails(
    data: st.DataObject, batch: tuple[Tree, list[int]]
):
    tree, indices = batch
    size, leaves = len(tree.leaves), leaves_at(tree, indices)
    proof = prove_many(tree, indices, size)
    moved = leaves.pop(data.draw(st.sampled_from(indices)))
    free = sorted({*range(size)} - {*indices})
    if not free:
        return
    leaves[data.draw(st.sampled_from(free))] = moved
    with pytest.raises(ProofInvalid):
        verify_many(leaves, size, proof, tree.root())


@given(st.data(), batches(least=2))
def test_a_leaf_left_out_or_put_in_fails(
    data: st.DataObject, batch: tuple[Tree, list[int]]
):
    tree, indices = batch
    size, leaves = len(tree.leaves), leaves_at(tree, indices)
    proof = prove_many(tree, indices, size)
    spot = data.draw(st.integers(0, size - 1))
    if spot in leaves:
        del leaves[spot]
    else:
        leaves[spot] = tree.leaves[spot]
    with pytest.raises(ProofInvalid):
        verify_many(leaves, size, proof, tree.root())


@given(st.data(), batches())
def test_surplus_missing_or_exchanged_hashes_fail(
    data: st.DataObject, batch: tuple[Tree, list[int]]
):
    tree, indices = batch
    size, leaves = len(tree.leaves), leaves_at(tree, indices)
    proof = prove_many(tree, indices, size)
    spot = data.draw(st.integers(0, len(proof)))
    wrong = [[*proof[:spot], leaf_hash(b"surplus"), *proof[spot:]]]
    if proof:
        wrong += [proof[:-1], proof[1:]]
    if len(proof) > 1:
        wrong.append([*proof[1:], proof[0]])
    for each in wrong:
        with pytest.raises(ProofInvalid):
            verify_many(leaves, size, each, tree.root())


@given(st.data(), batches())
def test_a_tree_of_another_height_fails(
    data: st.DataObject, batch: tuple[Tree, list[int]]
):
    tree, indices = batch
    size = len(tree.leaves)
    proof = prove_many(tree, indices, size)
    other = data.draw(st.sampled_from([size * 2, size * 4 + 1, 2**63, 10**40]))
    with pytest.raises(ProofInvalid):
        verify_many(leaves_at(tree, indices), other, proof, tree.root())


def test_no_leaves_are_proven_by_nothing_and_verified_never():
    tree = tree_of(5)
    assert prove_many(tree, [], 5) == []
    for proof in ([], [tree.root()]):
        with pytest.raises(ProofInvalid):
            verify_many({}, 5, proof, tree.root())


@pytest.mark.parametrize("indices", [[2, 1], [1, 1], [0, 5], [-1, 0], [7]])
def test_leaves_out_of_order_twice_or_outside_are_not_proven(indices: list[int]):
    with pytest.raises(OutsideTree):
        needed_for_many(indices, 5)


@pytest.mark.parametrize("index", [-1, 5, 2**64])
def test_leaves_outside_the_tree_do_not_verify(index: int):
    tree = tree_of(5)
    with pytest.raises(ProofInvalid):
        verify_many({index: tree.leaves[0]}, 5, [tree.root()], tree.root())


def test_what_is_no_hash_is_refused():
    tree = tree_of(5)
    proof = prove_many(tree, [0, 3], 5)
    leaves = leaves_at(tree, [0, 3])
    with pytest.raises(ProofInvalid):
        verify_many(leaves, 5, [proof[0][:31], *proof[1:]], tree.root())
    with pytest.raises(ProofInvalid):
        verify_many(leaves | {0: b""}, 5, proof, tree.root())


def test_a_byte_moved_from_a_leaf_to_the_proof_does_not_go_unnoticed():
    # The joined bytes, and so the hash over them, would be the same.
    tree = tree_of(4)
    leaf, (sibling, uncle) = tree.leaves[0], prove_many(tree, [0], 4)
    with pytest.raises(ProofInvalid):
        verify_many({0: leaf[:-1]}, 4, [leaf[-1:] + sibling, uncle], tree.root())
    one, other = tree.leaves[:2]
    (right,) = prove_many(tree, [0, 1], 4)
    with pytest.raises(ProofInvalid):
        verify_many({0: one[:-1], 1: one[-1:] + other}, 4, [right], tree.root())


def test_a_run_of_leaves_shares_its_way():
    tree = tree_of(1_000)
    assert len(prove_many(tree, list(range(400, 500)), 1_000)) < 12


def _flip(hashed: bytes, bit: int) -> bytes:
    return (int.from_bytes(hashed, "big") ^ bit).to_bytes(32, "big")
