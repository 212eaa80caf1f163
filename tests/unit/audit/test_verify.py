"""An export with any one thing wrong is found out, and the right entry is named."""

import gzip
import io
import tracemalloc
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.audit import export
from hanse.audit.checkpoint import Signer
from hanse.audit.event import canonical_json, salted_leaf
from hanse.audit.findings import Fault
from hanse.audit.verify import MAX_PROBLEMS, verify_export
from hanse.base.clock import rfc3339
from tests.unit.audit.grown import (
    ORIGIN,
    SIGNER,
    check,
    checkpoint_over,
    entry,
    file_of,
    head,
    instant,
    kinds,
    line_of,
    signed,
)

COUNT = 12
ROWS = [entry(seq) for seq in range(COUNT)]
SIZES = [1, 4, 9, COUNT]
LINES = file_of(ROWS, SIZES)
STRANGER = Signer(ORIGIN, b"\x07" * 32)

DEEP = b'{"at":"2025-03-01T08:00:05.000000Z","x":' + b"[" * 100_000

Change = Callable[[export.EntryLine], export.EntryLine]


def changed(seq: int, change: Change) -> list[bytes]:
    """The export with one row replaced, as text, by whoever holds the file."""
    before = line_of(ROWS[seq])
    after = line_of(change(ROWS[seq]))
    assert before != after
    return [after if line == before else line for line in LINES]


def retold(row: export.EntryLine) -> export.EntryLine:
    assert row.body is not None
    return msgspec.structs.replace(row, body=row.body.replace("told", "bold"))


def replaced(row: export.EntryLine) -> export.EntryLine:
    return entry(row.seq, told="another story, with a leaf that fits it")


def at_line_of(seq: int, lines: list[bytes]) -> int:
    return lines.index(line_of(ROWS[seq]))


# --- what is right ---


def test_an_untouched_export_is_proven_to_its_last_entry():
    report = check(LINES)
    assert report.ok
    assert report.is_pinned
    assert (report.entries, report.checkpoints, report.erased) == (12, 4, 0)
    assert report.proven == checkpoint_over(ROWS)
    assert (report.origin, report.vkey) == (ORIGIN, SIGNER.public)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=6, unique=True))
def test_checkpoints_may_stand_between_or_all_at_the_end(sizes: list[int]):
    rows = [entry(seq) for seq in range(max(sizes))]
    between = file_of(rows, sorted(sizes))
    notes = [line for line in between if line.startswith(b'{"checkpoint"')]
    at_the_end = [line for line in between if line not in notes] + notes
    assert check(between) == check(at_the_end)
    assert check(between).ok
    assert check(between).checkpoints == len(sizes)


def test_a_checkpoint_stands_right_after_the_entry_that_completes_it():
    order = ["note" if b'{"checkpoint"' in line else "entry" for line in LINES[1:]]
    assert [n - i for i, n in enumerate(_spots(order))] == SIZES


def _spots(order: list[str]) -> list[int]:
    return [spot for spot, what in enumerate(order) if what == "note"]


def test_it_may_come_compressed():
    stream = io.BytesIO(gzip.compress(b"".join(LINES)))
    assert verify_export(stream, SIGNER.public).ok
    assert not stream.closed


def test_a_file_without_a_last_line_break_is_fine():
    assert check([*LINES[:-1], LINES[-1].rstrip()]).ok


def test_an_empty_log_is_proven_by_its_empty_checkpoint_only():
    assert check(file_of([], [0])).ok
    assert kinds(check(file_of([], []))) == [Fault.UNPROVEN]


def test_erased_entries_are_counted_and_the_rest_still_proven():
    erased = [
        msgspec.structs.replace(row, salt=None, body=None) if row.seq in (3, 7) else row
        for row in ROWS
    ]
    report = check(file_of(erased, SIZES))
    assert report.ok
    assert (report.erased, report.erased_seqs) == (2, (3, 7))


def test_a_row_without_its_body_is_written_without_its_salt():
    row = export.entry_line(
        0, instant(0), "event", salt=b"s" * 16, body=None, leaf=bytes(32)
    )
    assert row.salt is None


def test_feed_items_are_entries_like_events():
    body = canonical_json({"kind": "withdraw", "at": rfc3339(instant(0))})
    salt = b"s" * 16
    leaf = salted_leaf(salt, body)
    row = export.entry_line(0, instant(0), "item", salt=salt, body=body, leaf=leaf)
    assert check(file_of([row], [1])).ok
    mislabelled = msgspec.structs.replace(row, kind="event")
    assert kinds(check(file_of([mislabelled], [1]))) == [Fault.MISLABELLED]


# --- one row touched ---

BY_HAND: dict[str, tuple[Change, Fault]] = {
    "body": (retold, Fault.CHANGED),
    "body emptied": (lambda r: msgspec.structs.replace(r, body=""), Fault.CHANGED),
    "salt": (lambda r: msgspec.structs.replace(r, salt=bytes(16)), Fault.CHANGED),
    "salt gone": (lambda r: msgspec.structs.replace(r, salt=None), Fault.CHANGED),
    "leaf": (lambda r: msgspec.structs.replace(r, leaf=bytes(32)), Fault.CHANGED),
    "leaf cut": (lambda r: msgspec.structs.replace(r, leaf=b"x"), Fault.CHANGED),
    "time": (
        lambda r: msgspec.structs.replace(r, at=r.at.replace("2025", "2024")),
        Fault.MISLABELLED,
    ),
    "kind": (lambda r: msgspec.structs.replace(r, kind="item"), Fault.MISLABELLED),
}


@pytest.mark.parametrize("what", BY_HAND)
@pytest.mark.parametrize("seq", range(COUNT))
def test_a_changed_row_is_named(what: str, seq: int):
    change, fault = BY_HAND[what]
    report = check(changed(seq, change))
    first = report.problems[0]
    assert (first.fault, first.seq) == (fault, seq)
    assert str(seq) in first.sentence
    assert not report.ok


@given(st.data(), st.integers(0, COUNT - 1))
def test_any_character_changed_in_a_row_is_found_and_the_row_named(
    data: st.DataObject, seq: int
):
    line = line_of(ROWS[seq])[:-1]
    spot = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.integers(32, 126).filter(lambda c: c != line[spot]))
    lines = list(LINES)
    where = at_line_of(seq, lines)
    lines[where] = line[:spot] + bytes([other]) + line[spot + 1 :] + b"\n"
    report = check(lines)
    assert not report.ok
    first = report.problems[0]
    assert first.line == where + 1 or first.seq == seq


@pytest.mark.parametrize("seq", range(COUNT))
def test_a_row_replaced_with_its_leaf_is_found_by_the_next_checkpoint(seq: int):
    report = check(changed(seq, replaced))
    (problem,) = report.problems
    assert problem.fault is Fault.ROOT
    assert problem.seq is not None
    assert problem.last is not None
    assert problem.seq <= seq <= problem.last
    assert problem.seq in (0, *SIZES)
    assert problem.last + 1 in SIZES
    assert report.checkpoints == SIZES.index(problem.last + 1)


@pytest.mark.parametrize("seq", range(COUNT - 1))
def test_a_removed_row_is_missing(seq: int):
    report = check([line for line in LINES if line != line_of(ROWS[seq])])
    assert [(p.fault, p.seq, p.last) for p in report.problems] == [
        (Fault.MISSING, seq, seq)
    ]
    assert report.problems[0].sentence == f"Entry {seq} is missing."


@given(st.integers(0, COUNT - 1), st.integers(0, COUNT))
def test_removed_rows_are_missing_at_the_end_too(first: int, count: int):
    gone = [line_of(row) for row in ROWS[first : first + count]]
    report = check([line for line in LINES if line not in gone])
    lost: set[int] = set()
    for problem in report.problems:
        assert problem.fault is Fault.MISSING
        assert problem.seq is not None
        assert problem.last is not None
        lost |= set(range(problem.seq, problem.last + 1))
    assert lost == set(range(first, min(first + count, COUNT)))


def test_a_row_removed_and_the_rest_renumbered_is_found_between_two_checkpoints():
    kept = [row for row in ROWS if row.seq != 5]
    renumbered = [
        line_of(msgspec.structs.replace(row, seq=seq)) for seq, row in enumerate(kept)
    ]
    notes = [line for line in LINES if line.startswith(b'{"checkpoint"')]
    at_the_end = check([LINES[0], *renumbered, *notes])
    (root, end) = at_the_end.problems
    assert (root.fault, root.seq, root.last) == (Fault.ROOT, 4, 8)
    assert (end.fault, end.seq) == (Fault.MISSING, COUNT - 1)


@given(st.permutations(range(COUNT)))
def test_exchanged_rows_are_named(order: list[int]):
    one, other = sorted(order[:2])
    lines = list(LINES)
    i, j = at_line_of(one, lines), at_line_of(other, lines)
    lines[i], lines[j] = lines[j], lines[i]
    problems = check(lines).problems
    assert problems
    assert {Fault.MISPLACED} <= {each.fault for each in problems}
    named = {each.seq for each in problems if each.fault is Fault.MISPLACED}
    assert named & {one, other}


@given(st.data(), st.integers(0, COUNT - 1))
def test_a_row_written_twice_is_named(data: st.DataObject, seq: int):
    lines = list(LINES)
    after = data.draw(st.integers(seq, COUNT - 1))
    lines.insert(at_line_of(after, lines) + 1, line_of(ROWS[seq]))
    report = check(lines)
    assert Fault.TWICE in kinds(report)
    assert {p.seq for p in report.problems if p.fault is Fault.TWICE} == {seq}


@given(st.integers(0, COUNT - 1), st.integers(0, COUNT + 3))
def test_a_forged_row_put_in_is_found(after: int, seq: int):
    lines = list(LINES)
    forged = entry(seq, told="never happened")
    lines.insert(at_line_of(after, lines) + 1, line_of(forged))
    report = check(lines)
    ranges = [(p.seq, p.last) for p in report.problems]
    assert any(
        first is not None and last is not None and first <= seq <= last
        for first, last in ranges
    )


def test_a_row_that_is_no_line_is_named_by_its_number():
    lines = list(LINES)
    where = at_line_of(6, lines)
    lines[where] = b"{}\n"
    first, second = check(lines).problems
    assert (first.fault, first.line, first.seq) == (Fault.LINE, where + 1, 6)
    assert (second.fault, second.seq) == (Fault.MISSING, 6)


@pytest.mark.parametrize(
    "spelling",
    [
        b'{"seq":6,"note":"hm",',
        b'{"seq":6,"body":"what other programs may read",',
        b'{"seq": 6,',
        b'{"seq":6.0,',
        b' {"seq":6,',
    ],
)
def test_a_row_in_another_spelling_is_refused(spelling: bytes):
    lines = [line.replace(b'{"seq":6,', spelling) for line in LINES]
    first = check(lines).problems[0]
    assert (first.fault, first.seq) == (Fault.LINE, 6)


# --- the log's own clock ---


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_clock_that_does_not_rise_is_found_even_if_signed(seconds: int):
    rows = list(ROWS)
    body = canonical_json({"act": "x", "at": rfc3339(instant(4 + seconds))})
    leaf = salted_leaf(b"s" * 16, body)
    rows[5] = export.entry_line(
        5, instant(4 + seconds), "event", salt=b"s" * 16, body=body, leaf=leaf
    )
    (problem,) = check(file_of(rows, SIZES)).problems
    assert (problem.fault, problem.seq) == (Fault.TIME, 5)


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"at":"soon"}', b'{"at":7}', b"nothing", DEEP]
)
def test_a_signed_body_that_is_none_is_named(body: bytes):
    rows = list(ROWS)
    leaf = salted_leaf(b"s" * 16, body)
    rows[5] = export.entry_line(
        5, instant(5), "event", salt=b"s" * 16, body=body, leaf=leaf
    )
    (problem,) = check(file_of(rows, SIZES)).problems
    assert (problem.fault, problem.seq) == (Fault.MISLABELLED, 5)


def test_an_erased_row_with_an_impossible_time_is_named():
    rows = list(ROWS)
    rows[5] = msgspec.structs.replace(ROWS[5], salt=None, body=None, at="soon")
    (problem,) = check(file_of(rows, SIZES)).problems
    assert (problem.fault, problem.seq) == (Fault.MISLABELLED, 5)


# --- files that are none ---


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"\n"],
        [b"\x00\xff\xfe"],
        [msgspec.json.encode(msgspec.structs.replace(head(), format="hanse-log-2"))],
        LINES[1:],
        [b"[" * 100_000],
        [msgspec.json.encode(export.Header(export.FORMAT, ORIGIN, "key", ""))],
    ],
)
def test_what_is_no_export_is_refused_at_its_first_line(lines: list[bytes]):
    for pinned in (None, SIGNER.public):
        report = check(lines, pinned_vkey=pinned)
        assert kinds(report) == [Fault.HEADER]
        assert not report.ok


def test_a_second_header_is_no_entry():
    assert kinds(check([*LINES, LINES[0]])) == [Fault.LINE]


@given(st.integers(2, 1_000))
def test_a_damaged_or_cut_archive_is_found(cut: int):
    packed = gzip.compress(b"".join(LINES))
    stream = io.BytesIO(packed[: len(packed) - 1 - cut % (len(packed) - 3)])
    assert Fault.UNREADABLE in kinds(verify_export(stream, SIGNER.public))


@given(st.lists(st.sampled_from([*LINES, b"{}\n", b"\xff\n"]), max_size=30))
def test_no_order_of_lines_breaks_it_or_is_taken_for_the_log(lines: list[bytes]):
    report = check(lines)
    whole = lines[: len(LINES)] == LINES
    assert report.ok <= whole
    assert report.proven in (None, *(checkpoint_over(ROWS[:n]) for n in SIZES))


def test_a_hopeless_file_is_not_read_to_its_end():
    lines = [LINES[0], *([line_of(ROWS[0])] * 10_000)]
    report = check(lines)
    assert len(report.problems) == MAX_PROBLEMS
    assert report.entries < 200


def test_memory_does_not_grow_with_the_log():
    def peak(count: int) -> int:
        rows = (entry(seq) for seq in range(count))
        notes = signed([entry(seq) for seq in range(count)], range(100, count + 1, 100))
        stream = io.BytesIO(b"".join(export.write_export(head(), rows, notes)))
        tracemalloc.start()
        assert verify_export(stream, SIGNER.public).ok
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(2_000) < peak(500) + 50_000
