"""The log as a file that anybody can check offline: format `hanse-log-1`.

JSON lines, UTF-8, gzip allowed around them: a header, then one line for each entry
in the order of their positions, and each checkpoint right after the entry that
completes it (a reader also takes them all at the end). An entry whose body was
erased keeps its leaf, so that the proofs over it hold; body and salt are null.
A line has one spelling only (compact, fields in their order, none twice), so that
two programs cannot read different things in it.

This module writes and reads lines. What they are worth is `verify`'s business.
"""

import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import IO, Annotated, cast

import msgspec

from hanse.audit.checkpoint import read_checkpoint, read_note
from hanse.audit.merkle import MAX_SIZE
from hanse.base.clock import rfc3339

FORMAT = "hanse-log-1"
MAX_LINE_BYTES = 16 * 1024 * 1024  # a body of some MiB, escaped

_CHUNK_BYTES = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: whose log this is, and the key its checkpoints are signed by."""

    format: str
    origin: str
    vkey: str
    exported_at: str


class EntryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One entry. `leaf` is the leaf's data, `at` RFC 3339 in UTC with microseconds."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=MAX_SIZE)]
    at: str
    kind: str
    salt: bytes | None
    body: str | None
    leaf: bytes


class CheckpointLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signed note."""

    checkpoint: str


Line = Header | EntryLine | CheckpointLine

_encoder = msgspec.json.Encoder()
# Their fields are disjoint, so at most one fits; nearly all lines are entries.
_decoders: tuple[msgspec.json.Decoder[Line], ...] = (
    msgspec.json.Decoder(EntryLine),
    msgspec.json.Decoder(CheckpointLine),
    msgspec.json.Decoder(Header),
)


def header(origin: str, vkey: str, exported_at: datetime) -> Header:
    """The header of an export made at this instant."""
    return Header(FORMAT, origin, vkey, rfc3339(exported_at))


def entry_line(
    seq: int,
    at: datetime,
    kind: str,
    *,
    salt: bytes | None,
    body: bytes | None,
    leaf: bytes,
) -> EntryLine:
    """An entry as the log's store holds it; without its body it goes without salt."""
    if body is None:
        return EntryLine(seq, rfc3339(at), kind, None, None, leaf)
    return EntryLine(seq, rfc3339(at), kind, salt, body.decode(), leaf)


def write_export(
    head: Header, rows: Iterable[EntryLine], checkpoints: Iterable[str]
) -> Iterator[bytes]:
    """The file in chunks. Rows by position, checkpoints by size, both rising."""
    chunk = bytearray()
    for line in _in_order(head, rows, checkpoints):
        chunk += _encoder.encode(line)
        chunk += b"\n"
        if len(chunk) >= _CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)


def read_line(raw: bytes) -> Line | None:
    """What a line holds; None if it is no line of this format."""
    for decoder in _decoders:
        try:
            line = decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        return line if _encoder.encode(line) == raw.removesuffix(b"\n") else None
    return None


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of an export, plain or compressed, one at a time.

    A line that is longer than MAX_LINE_BYTES comes cut, which no reader takes.
    Raises what gzip raises for a damaged file: BadGzipFile, EOFError, zlib.error.
    """
    buffered = io.BufferedReader(cast("io.RawIOBase", stream))
    try:
        if buffered.peek(2)[:2] == _GZIP_MAGIC:
            with closing(gzip.GzipFile(fileobj=buffered, mode="rb")) as plain:
                yield from _lines(plain)
        else:
            yield from _lines(buffered)
    finally:
        buffered.detach()  # the caller's stream stays open


def _lines(plain: io.BufferedIOBase) -> Iterator[bytes]:
    while line := plain.readline(MAX_LINE_BYTES):
        yield line


def _in_order(
    head: Header, rows: Iterable[EntryLine], checkpoints: Iterable[str]
) -> Iterator[Line]:
    yield head
    notes = iter(checkpoints)
    note = next(notes, None)
    for row in rows:
        while note is not None and _size_of(note) <= row.seq:
            yield CheckpointLine(note)
            note = next(notes, None)
        yield row
    while note is not None:
        yield CheckpointLine(note)
        note = next(notes, None)


def _size_of(note: str) -> int:
    return read_checkpoint(read_note(note).text).size
