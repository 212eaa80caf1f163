"""The bytes of a spreadsheet's export as numbered records of cells.

Streams: at most a sample and one record are held. Finds out UTF-8 or GB18030
(Excel in China) by majority of the lines that tell, UTF-16 by its mark, and the
separator by what gives a known header or an even table. A line that cannot be
read becomes a record with a fault; the next line is read as if nothing had been.
What the cells mean is not known here.
"""

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from hanse.base.texts import N_

SAMPLE_LINES: Final = 200
MAX_RECORD_LINES: Final = 20  # of a cell with line breaks
PATIENCE: Final = 50  # unclosed quotation marks after which no more are waited for
SEPARATORS: Final = "\t,;|"
COMMENT: Final = "#"


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `line` is where it begins, counted from 1. With a fault, no cells."""

    line: int
    cells: Sequence[str] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What was found out from the sample, and the records that follow."""

    header: Sequence[str]  # empty if there is none
    records: Iterator[Record]


def read_table(
    chunks: Iterable[bytes],
    *,
    max_line_bytes: int,
    is_header: Callable[[Sequence[str]], bool],
) -> Table:
    """The table in `chunks` (of any size); `is_header` knows a header when it sees one.

    Comment lines (`# ...`) are left out; one just above the data may be the header.
    """
    lines = _lines(_as_utf8(chunks), max_line_bytes)
    sample = list(islice(lines, SAMPLE_LINES))
    encoding = _encoding([line for _, line in sample if line])
    texts = [
        text
        for _, line in sample
        if line and (text := _decoded(line, encoding)) is not None and text.strip()
    ]
    separator, header = _layout(texts, is_header)
    records = _records(chain(sample, lines), encoding, separator, max_line_bytes)
    data = (each for each in records if each.fault or not _is_left_out(each, header))
    return Table(header, data)


def _is_left_out(record: Record, header: Sequence[str]) -> bool:
    first = record.cells[0] if record.cells else ""
    is_blank = not any(cell.strip() for cell in record.cells)
    is_header = bool(header) and record.line <= SAMPLE_LINES and record.cells == header
    return is_blank or is_header or first.lstrip().startswith(COMMENT)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    parts = (bytes(chunk) for chunk in chunks if chunk)
    start = b""
    for part in parts:
        start += part
        if len(start) >= len(codecs.BOM_UTF8):
            break
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        for part in chain((start,), parts):
            yield decoder.decode(part).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
        return
    yield start.removeprefix(codecs.BOM_UTF8)
    yield from parts


def _lines(
    chunks: Iterable[bytes], max_line_bytes: int
) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None stands for one that is too long."""
    number, kept, is_too_long = 0, bytearray(), False
    for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            number += 1
            fits = not is_too_long and len(kept) + end - start <= max_line_bytes
            line = bytes(kept) + chunk[start:end]
            yield number, line.removesuffix(b"\r") if fits else None
            kept.clear()
            start, is_too_long = end + 1, False
        if is_too_long or len(kept) + len(chunk) - start > max_line_bytes:
            kept.clear()
            is_too_long = True
        else:
            kept += chunk[start:]
    if kept or is_too_long:
        yield number + 1, None if is_too_long else bytes(kept)


def _encoding(sample: Sequence[bytes]) -> str:
    telling = [line for line in sample if not line.isascii()]
    as_utf8 = sum(_decoded(line, "utf-8") is not None for line in telling)
    as_gb18030 = sum(
        _decoded(line, "utf-8") is None and _decoded(line, "gb18030") is not None
        for line in telling
    )
    return "gb18030" if as_gb18030 > as_utf8 else "utf-8"


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _layout(
    texts: Sequence[str], is_header: Callable[[Sequence[str]], bool]
) -> tuple[str, Sequence[str]]:
    """The separator ("" if none) and the header (empty if none)."""
    data = [text for text in texts if not text.lstrip().startswith(COMMENT)]
    comments = [text for text in texts if text.lstrip().startswith(COMMENT)]
    for text in (*data[:1], *(each.lstrip(" #") for each in comments[-1:])):
        for separator in SEPARATORS:
            cells = _split(text, separator) or ()
            if len(cells) > 1 and is_header(cells):
                return separator, cells
    for separator in SEPARATORS:
        widths = {len(_split(text, separator) or ()) for text in data}
        if len(widths) == 1 and widths.pop() > 1:
            return separator, ()
    alone = data[:1]
    return "", alone if alone and is_header(alone) else ()


def _records(
    lines: Iterator[tuple[int, bytes | None]],
    encoding: str,
    separator: str,
    max_line_bytes: int,
) -> Iterator[Record]:
    source = _Lines(_readable(number, line, encoding) for number, line in lines)
    patience = PATIENCE
    while (here := source.take()) is not None:
        cells = () if here.fault else _split(here.cells[0], separator)
        if cells is None and patience:
            cells = _continued(here, source, separator, max_line_bytes)
            patience -= cells is None
        if cells is None:
            yield Record(here.line, fault=_UNCLOSED)
        else:
            yield Record(here.line, cells, here.fault)


class _Lines:
    """Lines that can be put back; each a record with its text as the only cell."""

    def __init__(self, lines: Iterator[Record]) -> None:
        self._lines = lines
        self._put_back: deque[Record] = deque()

    def take(self) -> Record | None:
        return self._put_back.popleft() if self._put_back else next(self._lines, None)

    def put_back(self, lines: Sequence[Record]) -> None:
        self._put_back.extendleft(reversed(lines))


def _continued(
    here: Record, source: _Lines, separator: str, max_line_bytes: int
) -> list[str] | None:
    """The cells of a record over several lines; None, all put back, if none ends."""
    taken: list[Record] = []
    text = here.cells[0]
    while len(taken) < MAX_RECORD_LINES and (line := source.take()) is not None:
        taken.append(line)
        if line.fault or len(text) + len(line.cells[0]) > max_line_bytes:
            break
        text += "\n" + line.cells[0]
        try:
            return _strictly(text, separator)
        except csv.Error as error:
            if not _is_open(error):
                break
    source.put_back(taken)
    return None


def _readable(number: int, line: bytes | None, encoding: str) -> Record:
    if line is None:
        return Record(number, fault=_TOO_LONG)
    text = _decoded(line, encoding)
    if text is None:
        return Record(number, fault=_NOT_TEXT)
    return Record(number, (text,))


def _split(text: str, separator: str) -> list[str] | None:
    """The cells of a record, or None if a quotation mark is still open."""
    if '"' not in text:
        return text.split(separator) if separator else [text]
    try:
        return _strictly(text, separator)
    except csv.Error as error:
        if _is_open(error):
            return None
    # Quotation marks inside a cell, not as the standard has them: taken as text.
    try:
        return next(csv.reader([text], delimiter=separator or "\t"), [])
    except csv.Error:  # a lone carriage return outside of quotes
        return text.split(separator or "\t")


def _strictly(text: str, separator: str) -> list[str]:
    return next(csv.reader([text], delimiter=separator or "\t", strict=True), [])


def _is_open(error: csv.Error) -> bool:
    return "unexpected end of data" in str(error)


_TOO_LONG: Final = N_(
    "The line is longer than an import takes; shorten its note or report it singly."
)
_NOT_TEXT: Final = N_(
    "The line is not UTF-8 (nor is the file GB18030); save the file as UTF-8 again."
)
_UNCLOSED: Final = N_(
    "A quotation mark is opened and not closed; close it, or double it to mean itself."
)
