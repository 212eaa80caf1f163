"""What signs an export is checked: checkpoints, keys, and what others remember."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit import export
from hanse.audit.checkpoint import Checkpoint, KeyMalformed, Signer, sign
from hanse.audit.findings import Fault
from tests.unit.audit.grown import (
    ORIGIN,
    SIGNER,
    check,
    checkpoint_over,
    entry,
    file_of,
    instant,
    kinds,
    signed,
)

COUNT = 12
ROWS = [entry(seq) for seq in range(COUNT)]
SIZES = [1, 4, 9, COUNT]
LINES = file_of(ROWS, SIZES)
STRANGER = Signer(ORIGIN, b"\x07" * 32)


def with_notes(*notes: str) -> list[bytes]:
    entries = file_of(ROWS, [])
    lines = [msgspec.json.encode(export.CheckpointLine(each)) + b"\n" for each in notes]
    return [*entries, *lines]


def test_a_forged_checkpoint_is_found_and_the_others_still_count():
    forged = sign(checkpoint_over(ROWS[:6]), STRANGER)
    report = check(with_notes(forged, *signed(ROWS, SIZES)))
    assert kinds(report) == [Fault.CHECKPOINT_FORGED]
    assert report.checkpoints == 4
    assert not report.ok


@given(st.data())
def test_any_character_changed_in_a_checkpoint_is_found(data: st.DataObject):
    (note,) = signed(ROWS, [COUNT])
    spot = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != note[spot]))
    report = check(with_notes(note[:spot] + other + note[spot + 1 :]))
    assert kinds(report)[0] in (Fault.CHECKPOINT_FORGED, Fault.CHECKPOINT_MALFORMED)
    assert Fault.UNPROVEN in kinds(report)


def test_a_signed_checkpoint_over_other_entries_is_found():
    other = Checkpoint(ORIGIN, 9, bytes(32))
    report = check(with_notes(*signed(ROWS, [4]), sign(other, SIGNER)))
    assert kinds(report)[0] is Fault.ROOT
    assert (report.problems[0].seq, report.problems[0].last) == (4, 8)


def test_two_roots_signed_for_one_size_are_evidence():
    other = sign(Checkpoint(ORIGIN, COUNT, bytes(32)), SIGNER)
    report = check(with_notes(*signed(ROWS, [COUNT]), other))
    assert kinds(report) == [Fault.SPLIT_VIEW]


def test_the_same_checkpoint_twice_is_harmless():
    assert check(with_notes(*signed(ROWS, [COUNT, COUNT]))).ok


def test_checkpoints_out_of_order_are_found():
    report = check(with_notes(*signed(ROWS, [COUNT, 4])))
    assert kinds(report) == [Fault.CHECKPOINT_ORDER]


def test_entries_after_the_last_checkpoint_are_not_proven():
    report = check(file_of(ROWS, [1, 4, 9]))
    (problem,) = report.problems
    assert (problem.fault, problem.seq, problem.last) == (Fault.UNPROVEN, 9, 11)
    assert report.proven == checkpoint_over(ROWS[:9])


def test_a_log_without_checkpoints_proves_nothing():
    assert kinds(check(file_of(ROWS, []))) == [Fault.UNPROVEN]


def test_a_whole_log_forged_with_another_key_is_found_by_the_pinned_key():
    notes = [sign(checkpoint_over(ROWS), STRANGER)]
    forged = export.header(ORIGIN, STRANGER.public, instant(99))
    lines = b"".join(export.write_export(forged, ROWS, notes)).splitlines(keepends=True)
    unpinned = check(lines, pinned_vkey=None)
    assert unpinned.ok
    assert not unpinned.is_pinned
    pinned = check(lines)
    assert kinds(pinned) == [Fault.KEY, Fault.CHECKPOINT_FORGED, Fault.UNPROVEN]


def test_a_header_with_another_origin_is_found():
    renamed = export.Header(export.FORMAT, "other.example/log", SIGNER.public, "")
    lines = b"".join(export.write_export(renamed, ROWS, signed(ROWS, SIZES)))
    assert kinds(check([lines])) == [Fault.KEY]


def test_a_pinned_key_that_is_none_is_the_callers_fault():
    with pytest.raises(KeyMalformed):
        check(LINES, pinned_vkey="not a key")


@given(st.sets(st.integers(0, COUNT)))
def test_remembered_checkpoints_of_the_same_log_agree(sizes: set[int]):
    assert check(LINES, remembered=[checkpoint_over(ROWS[:n]) for n in sizes]).ok


@given(st.integers(1, COUNT), st.integers(0, COUNT - 1))
def test_a_log_rewritten_with_its_own_key_is_found_by_who_remembers(
    size: int, seq: int
):
    story = [*ROWS[:seq], entry(seq, told="another story"), *ROWS[seq + 1 :]]
    rewritten = file_of(story, SIZES)
    assert check(rewritten).ok
    report = check(rewritten, remembered=[checkpoint_over(ROWS[:size])])
    assert kinds(report) == ([Fault.REMEMBERED] if seq < size else [])


def test_a_log_cut_short_with_its_checkpoints_is_found_by_who_remembers():
    short = file_of(ROWS[:9], [1, 4, 9])
    assert check(short).ok
    (problem,) = check(short, remembered=[checkpoint_over(ROWS)]).problems
    assert (problem.fault, problem.seq, problem.last) == (Fault.REMEMBERED, 9, 11)


def test_entries_under_no_checkpoint_are_still_compared_with_what_is_remembered():
    rows = [*ROWS[:-1], entry(COUNT - 1, told="another story")]
    report = check(file_of(rows, [9]), remembered=[checkpoint_over(ROWS)])
    assert kinds(report) == [Fault.UNPROVEN, Fault.REMEMBERED]


def test_what_is_remembered_of_another_log_does_not_agree():
    known = checkpoint_over(ROWS[:4])
    foreign = Checkpoint("other.example/log", known.size, known.root)
    assert kinds(check(LINES, remembered=[foreign])) == [Fault.REMEMBERED]
