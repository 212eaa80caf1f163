"""Many values at once: pasted text and CSV, row by row.

Pure parsing in bounded memory. A row that cannot be taken says why and does not
stop the others; a value met before in the same batch says where. Nothing is
judged here that needs the hub: who may report, whose number stands in a note.
Cells are text, whatever they begin with: a formula is never evaluated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from hanse.base.texts import N_
from hanse.feed.sharing import Tlp
from hanse.intel import wordings
from hanse.intel.claim import MAX_NOTE, Category
from hanse.intel.tables import read_table
from hanse.intel.wordings import Column
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.parse import parse, recognise, refang


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one import may hold."""

    max_rows: int = 1_000_000
    max_line_bytes: int = 32_768
    max_note: int = MAX_NOTE  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of an import, or why it cannot be taken.

    `number` is the line it begins on, from 1. What the row does not say is None
    (or no note). With `duplicate_of` the value and category stand in that earlier
    row already, which counts; `problem` says so, too.
    """

    number: int
    observable: Observable | None = None
    category: Category | None = None
    confidence: int | None = None
    tlp: Tlp | None = None
    note: str = ""
    valid_until: datetime | None = None
    duplicate_of: int | None = None
    problem: str | None = None


AnyRow = TypeVar("AnyRow", bound=Row)

DEFAULT_LIMITS: Final = Limits()

SAME_VALUE: Final = N_("The same value stands in row %(row)s, which counts.")
TOO_MANY_ROWS: Final = N_(
    "An import holds at most %(most)s rows; from here on nothing was read. Send the"
    " rest as another import."
)
CATEGORY_UNKNOWN: Final = N_(
    "The category is not known here; expected one of %(known)s. Leave the cell empty to"
    " take the import's."
)
NOTE_TOO_LONG: Final = N_(
    "The note has %(has)s characters; at most %(most)s are taken. Shorten it."
)

_CONTROLS: Final = {
    **dict.fromkeys(range(0x20)),
    **dict.fromkeys(range(0x7F, 0xA0)),
    0x09: " ",
    0x0A: "\n",
}
_BETWEEN: Final = re.compile(r"[\s,;|，；、]+")
_WORTH_NAMING: Final = re.compile(r"://|hxxp|\[\.\]|\[dot\]|@|\[at\]", re.IGNORECASE)
# Columns whose name says which part of a hotspot the value is.
_LABELS: Final = {"ssid": "ssid:", "bssid": "bssid:"}


def read_pasted(text: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[Row]:
    """The values in pasted text, one or more to a line, defanged or not.

    A line that is no value as a whole is searched for values between its words;
    it is a problem only if it has none. Lines with `#` in front are left out.
    """
    return marked(_pasted(text, limits), limits)


def read_csv(chunks: Iterable[bytes], limits: Limits = DEFAULT_LIMITS) -> Iterator[Row]:
    """The rows of a CSV file, given as lines or as chunks of any size.

    Columns are known by their headers, English or Chinese; without a header the
    first column holds the values.
    """
    return marked(_tabled(chunks, limits), limits)


def marked(rows: Iterable[AnyRow], limits: Limits = DEFAULT_LIMITS) -> Iterator[AnyRow]:
    """Rows up to the limit, those whose value was met before marked."""
    # Eight bytes of hash, keyed by the process, instead of the values themselves:
    # a million rows would not fit otherwise, and nobody can aim at a collision.
    seen: dict[int, int] = {}
    for count, row in enumerate(rows):
        if count >= limits.max_rows:
            why = TOO_MANY_ROWS % {"most": limits.max_rows}
            yield replace(row, observable=None, problem=why)
            return
        if row.observable is None or row.problem:
            yield row
            continue
        mark = hash((row.observable.kind, row.observable.value, row.category))
        first = seen.setdefault(mark, row.number)
        if first == row.number:
            yield row
        else:
            why = SAME_VALUE % {"row": first}
            yield replace(row, duplicate_of=first, problem=why)


def clean_note(text: str) -> str:
    """`text` without control characters; tabs are blanks, line breaks stay."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def _pasted(text: str, limits: Limits) -> Iterator[Row]:
    start, number = 0, 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line, number, start = text[start:end].strip(), number + 1, end + 1
        if len(line) > limits.max_line_bytes:
            why = N_(
                "The line is longer than an import takes; put each value on its own."
            )
            yield Row(number=number, problem=why)
        elif line and not line.startswith("#"):
            yield from _of_line(number, line)


def _of_line(number: int, line: str) -> Iterator[Row]:
    try:
        yield Row(number=number, observable=recognise(line))
    except ObservableMalformed as whole:
        rows = [row for word in _BETWEEN.split(line) if (row := _of_word(number, word))]
        once = {row.observable or row.problem: row for row in rows}
        yield from once.values() or (Row(number=number, problem=whole.message),)


def _of_word(number: int, word: str) -> Row | None:
    try:
        return Row(number=number, observable=recognise(word.rstrip(".:!?")))
    except ObservableMalformed as malformed:
        if _WORTH_NAMING.search(word):
            return Row(number=number, problem=malformed.message)
        return None


def _tabled(chunks: Iterable[bytes], limits: Limits) -> Iterator[Row]:
    table = read_table(
        chunks, max_line_bytes=limits.max_line_bytes, is_header=_is_header
    )
    columns = _columns(table.header)
    implied = table.header[columns[Column.VALUE]] if table.header else ""
    for record in table.records:
        if record.fault:
            yield Row(number=record.line, problem=record.fault)
            continue
        cells = {
            column: cell
            for column, place in columns.items()
            if place < len(record.cells) and (cell := record.cells[place].strip())
        }
        yield _row(record.line, cells, implied, limits)


def _is_header(cells: Sequence[str]) -> bool:
    return any(wordings.column(cell) is Column.VALUE for cell in cells)


def _columns(header: Sequence[str]) -> Mapping[Column, int]:
    """Where each column stands; a general `value` goes before a named kind."""
    places: dict[Column, int] = {}
    for place, name in enumerate(header):
        column = wordings.column(name)
        if column is None:
            continue
        is_general = column is Column.VALUE and wordings.kind(name) is None
        if column not in places or (
            is_general and wordings.kind(header[places[column]]) is not None
        ):
            places[column] = place
    return places or {Column.VALUE: 0}


class _Unfit(Exception):
    """A cell that cannot be read; the message is the row's problem."""


def _row(number: int, cells: Mapping[Column, str], implied: str, limits: Limits) -> Row:
    try:
        kind, category = _kind_and_category(cells)
        return Row(
            number=number,
            observable=_observable(cells.get(Column.VALUE, ""), kind, implied),
            category=category,
            confidence=_confidence(cells.get(Column.CONFIDENCE)),
            tlp=_tlp(cells.get(Column.TLP)),
            note=_note(cells.get(Column.NOTE, ""), limits),
            valid_until=_valid_until(cells.get(Column.VALID_UNTIL)),
        )
    except _Unfit as unfit:
        return Row(number=number, problem=str(unfit))
    except ObservableMalformed as malformed:
        return Row(number=number, problem=malformed.message)


def _observable(value: str, kind: Kind | None, implied: str) -> Observable:
    if not value:
        raise _Unfit(N_("The row has no value; fill the cell or leave the row out."))
    named = wordings.kind(implied)
    if kind is Kind.WIFI or (kind is None and named is Kind.WIFI):
        is_labelled = value.lower().startswith(("ssid:", "bssid:"))
        label = "" if is_labelled else _LABELS.get(implied.strip().lower(), "")
        return parse(Kind.WIFI, label + value)
    if kind is not None:
        return parse(kind, refang(value))
    if named is None:
        return recognise(value)
    # A column `domain` often holds URLs and addresses, too; its name decides only
    # where the value leaves a doubt.
    try:
        seen = recognise(value)
    except ObservableMalformed:
        return parse(named, refang(value))
    is_in_doubt = seen.kind is Kind.APP or named in (Kind.CERTIFICATE, Kind.APP)
    return parse(named, refang(value)) if is_in_doubt else seen


def _kind_and_category(
    cells: Mapping[Column, str],
) -> tuple[Kind | None, Category | None]:
    kind_cell, category_cell = cells.get(Column.KIND), cells.get(Column.CATEGORY)
    kind = category = None
    if kind_cell is not None:
        kind = wordings.kind(kind_cell)
        if kind is None:
            category = wordings.category(kind_cell)  # a `type` column may hold these
        if kind is None and category is None:
            raise _Unfit(
                N_(
                    "The type is not known here; expected url, domain, ip, email, hash,"
                    " certificate, app or wifi. Leave the cell empty to have it found."
                )
            )
    if category_cell is not None:
        category = _category(category_cell)
    return kind, category


def _category(cell: str) -> Category:
    for word in (cell, *_BETWEEN.split(cell)):
        category = wordings.category(word)
        if category is not None:
            return category
    raise _Unfit(CATEGORY_UNKNOWN % {"known": ", ".join(Category)})


def _confidence(cell: str | None) -> int | None:
    confidence = None if cell is None else wordings.confidence(cell)
    if cell is not None and confidence is None:
        raise _Unfit(
            N_(
                "The confidence is not a whole number from 0 to 100, nor low, medium or"
                " high. Mend it or leave the cell empty."
            )
        )
    return confidence


def _tlp(cell: str | None) -> Tlp | None:
    tlp = None if cell is None else wordings.tlp(cell)
    if cell is not None and tlp is None:
        # Never guessed: a wrong guess would show it to too many.
        raise _Unfit(
            N_(
                "The TLP is not known here; expected clear, green, amber, amber+strict"
                " or red. Mend it or leave the cell empty."
            )
        )
    return tlp


def _note(cell: str, limits: Limits) -> str:
    note = clean_note(cell)
    if len(note) > limits.max_note:
        raise _Unfit(NOTE_TOO_LONG % {"has": len(note), "most": limits.max_note})
    return note


def _valid_until(cell: str | None) -> datetime | None:
    instant = None if cell is None else wordings.instant(cell)
    if cell is not None and instant is None:
        raise _Unfit(
            N_(
                "The end of validity is not a date; expected a form such as 2026-03-31"
                " or 2026-03-31T12:00:00Z. Mend it or leave the cell empty."
            )
        )
    return instant
