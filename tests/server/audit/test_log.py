"""The log numbers deeds in commit order and can prove each of them."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from hanse.audit import log, merkle
from hanse.audit.checkpoint import Signer, open_note
from hanse.audit.event import Actor, ActorKind, Event, salted_leaf
from hanse.storage.tx import Database, Tx

HUB = Actor(ActorKind.SYSTEM, None, None, "the hub")


def deed(number: int) -> Event:
    return Event("test.done", HUB, f"thing:{number}", {"number": number})


def commit(database: Database, *numbers: int) -> None:
    with database.begin() as tx:
        for number in numbers:
            log.append(tx, deed(number))


def test_a_deed_that_fails_leaves_no_trace(database: Database) -> None:
    def fail(tx: Tx) -> None:
        log.append(tx, deed(1))
        raise RuntimeError

    with pytest.raises(RuntimeError), database.begin() as tx:
        fail(tx)

    with database.read() as tx:
        assert log.size(tx) == 0


def test_every_event_can_be_proven_under_the_signed_checkpoint(
    database: Database, signer: Signer
) -> None:
    commit(database, 1, 2, 3)
    commit(database, 4)
    commit(database, *range(5, 12))

    with database.read() as tx:
        size, note = log.newest_checkpoint(tx)
        checkpoint = open_note(note, signer.verifier)
        assert checkpoint.size == size == 11
        for entry in log.export_rows(tx):
            assert entry.body is not None
            assert entry.leaf_data == salted_leaf(entry.salt, entry.body)
            leaf = merkle.leaf_hash(entry.leaf_data)
            proof = log.prove_inclusion(tx, entry.seq, size)
            merkle.verify_inclusion(leaf, entry.seq, size, proof, checkpoint.root)


def test_each_checkpoint_grew_out_of_the_one_before(
    database: Database, signer: Signer
) -> None:
    for number in range(6):
        commit(database, *range(number + 1))

    with database.read() as tx:
        opened = [open_note(n, signer.verifier) for n in log.export_checkpoints(tx)]
        for old, new in pairwise(opened):
            proof = log.prove_consistency(tx, old.size, new.size)
            merkle.verify_consistency(old.size, old.root, new.size, new.root, proof)
    assert [each.size for each in opened] == [1, 3, 6, 10, 15, 21]


def test_positions_and_instants_are_in_commit_order_however_many_write(
    database: Database,
) -> None:
    """A reader that follows the head never sees something appear behind it."""
    stop = threading.Event()
    seen: list[int] = []
    appeared_behind: set[int] = set()

    def follow() -> None:
        while not stop.is_set():
            with database.read() as tx:
                seqs = [row.seq for row in log.entries_from(tx, 0, 10_000)]
            reached = seen[-1] if seen else -1
            appeared_behind.update({s for s in seqs if s <= reached} - set(seen))
            seen.extend(s for s in seqs if s > reached)

    def write(number: int) -> None:
        for i in range(15):
            commit(database, number * 100 + i)

    reader = threading.Thread(target=follow)
    reader.start()
    writers = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()

    with database.read() as tx:
        rows = list(log.export_rows(tx))
    assert appeared_behind == set()
    assert seen == list(range(len(seen)))
    assert [row.seq for row in rows] == list(range(75))
    instants = [row.at for row in rows]
    assert all(a < b for a, b in pairwise(instants))


def test_stamps_are_reserved_in_commit_order(database: Database) -> None:
    given: list[tuple[datetime, int]] = []

    def take(count: int) -> None:
        with database.begin() as tx:
            log.stamp(tx, count, lambda _, first: given.append((first, count)))

    def write() -> None:
        for _ in range(10):
            take(3)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    ranges = sorted((at, at + timedelta(microseconds=n - 1)) for at, n in given)
    assert len(ranges) == 40
    assert all(a_end < b_start for (_, a_end), (b_start, _) in pairwise(ranges))


def test_a_leaf_knows_its_instant_when_its_body_is_made(tx: Tx) -> None:
    placed: list[tuple[int, list[datetime]]] = []
    run = log.Leaves(
        lambda _, first, instants: placed.append((first, list(instants))),
        [lambda at: at.isoformat().encode(), lambda at: at.isoformat().encode()],
    )
    log.append(tx, deed(1))
    log.leaves(tx, run)
    tx.run_seals()

    rows = list(log.export_rows(tx))
    assert [row.kind for row in rows] == ["event", "item", "item"]
    assert placed == [(1, [rows[1].at, rows[2].at])]
    assert rows[1].body is not None
    assert rows[1].at.isoformat().encode() in rows[1].body
