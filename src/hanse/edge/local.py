"""The edge's own SQLite file: every statement of the edge stands here.

It keeps what the feed brought (claims and the values they are about), where the
edge stands in the log, its brake and lists, its own keys, and hits not yet told to
the hub. It decides nothing.

One connection writes, one reads, one reads for checks alone and keeps its snapshot
until `renew`, which saves half of a look-up; none waits for another (WAL). A
transaction survives kill -9 whole or not at all; after a power failure the newest ones
may be missing, cursor and data together, and the hub sends them again
(synchronous=normal). The file is readable by its owner only.
"""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from hanse.base.errors import Refusal

VERSION = 3

_SCHEMA = """
create table claim (                   -- one row per claim ever heard of
    n      integer primary key,
    id     blob not null unique,
    seq    integer not null,           -- leaf of the item that spoke last
    digest integer,                    -- of its value's key; null: over
    salt   blob not null,
    proof  integer not null,           -- this and the next two: see claims.Gist
    told   integer not null,
    confidence integer not null,       -- -1: a claim that is not plain, or over
    body   blob not null               -- with salt: the leaf, as it was verified
);
-- Covers the gists, so that an edge starts without reading a million bodies.
create index claim_digest on claim (digest, proof, told, confidence)
    where digest is not null;
create table held (                    -- values the brake lets be watched only
    key    text primary key,
    digest integer not null,
    at     text not null
);
create index held_digest on held (digest);
create table state (name text primary key, value blob not null) without rowid;
create table never_block (
    entry    text primary key,
    note     text not null,
    added_at text not null
) without rowid;
create table hit (
    key        text not null,
    hour       text not null,
    count      integer not null,
    first_seen text not null,
    last_seen  text not null,
    primary key (key, hour)
) without rowid;
create table outbox (
    id      text primary key,          -- idempotency key
    body    blob not null,
    made_at text not null,
    refused text                       -- the hub will never take it; kept to be seen
) without rowid;
create table own_key (
    public_id     text primary key,
    secret_sha256 blob not null,
    name          text not null,
    scopes        text not null,
    created_at    text not null,
    used_at       text,
    revoked_at    text
) without rowid;
"""

_START_ANEW = (
    "To start anew, stop the edge and move the file away with its -wal and -shm: all"
    " claims are fetched again; set its never-block list, brake and keys again."
)
_SECRET = "digest_secret"  # noqa: S105 - a name
_MAX_MARKS = 500  # of SQLite's 999 parameters
_KEY_COLUMNS = (
    "select public_id, secret_sha256, name, scopes, created_at, used_at, revoked_at"
    " from own_key"
)
_KEY = _KEY_COLUMNS + " where public_id = ?"
_KEYS = _KEY_COLUMNS + " order by created_at, public_id"

_T = TypeVar("_T")
GistRow = tuple[int, int, int, int]  # digest, and the proof, told, confidence of a gist


class StoreForeign(Refusal):
    """The file is not one this version of the edge can use."""

    code = "edge.store_foreign"


class ClaimRow(NamedTuple):
    """A claim to be written. `digest` None: it is over."""

    id: bytes
    seq: int
    digest: int | None
    salt: bytes
    proof: int
    told: int
    confidence: int
    body: bytes


class HitRow(NamedTuple):
    """How often a value was met in one hour."""

    key: str
    hour: str
    times: int
    first_seen: str
    last_seen: str


class KeyRow(NamedTuple):
    """One of the edge's own keys."""

    public_id: str
    secret_sha256: bytes
    name: str
    scopes: str
    created_at: str
    used_at: str | None
    revoked_at: str | None


class MirrorRow(NamedTuple):
    """A claim as it is held: `n` only grows, for paging."""

    n: int
    seq: int
    body: bytes


class Local:
    """The open file. Everything that writes stands inside `begin`."""

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        """Open or make the file; raises StoreForeign if it is another program's."""
        self.path = path
        self.is_closed = False
        if not is_read_only:
            path.touch(mode=0o600)
        self._reader = _connect(path, "ro" if is_read_only else "rw")
        self._writer = self._reader if is_read_only else _connect(path, "rw")
        self._checks = _connect(path, "ro")
        if not is_read_only:
            self._writer.execute("pragma journal_mode = wal")
            self._writer.execute("pragma synchronous = normal")
        self._require_schema(is_read_only=is_read_only)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.is_closed = True
        self._checks.close()
        self._reader.close()
        self._writer.close()

    @contextmanager
    def begin(self) -> Iterator[None]:
        """A transaction that writes: whole, or not at all."""
        self._writer.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._writer.execute("rollback")
            raise
        self._writer.execute("commit")

    def _require_schema(self, *, is_read_only: bool) -> None:
        try:
            version = self._reader.execute("pragma user_version").fetchone()[0]
            if version == 0 and not is_read_only:
                with self.begin():
                    for statement in _SCHEMA.split(";\n"):
                        self._writer.execute(statement)
                    self.keep_state(_SECRET, secrets.token_hex(16))
                    self._writer.execute(f"pragma user_version = {VERSION}")
                return
        except sqlite3.DatabaseError as error:
            raise StoreForeign(
                f"The file {self.path.name} cannot be opened as an edge's store "
                f"({error}). {_START_ANEW}"
            ) from error
        if version != VERSION:
            raise StoreForeign(
                f"The file {self.path.name} has layout {version}, this edge reads "
                f"{VERSION}. Use the version of Hanse that wrote it, or start anew."
                f" {_START_ANEW}"
            )

    @property
    def secret(self) -> bytes:
        """Random bytes of this store, under which keys are digested."""
        kept = self.find_state(_SECRET, str)
        assert kept is not None
        return bytes.fromhex(kept)

    # --- state: small things by name -------------------------------------------

    def find_state(self, name: str, kind: type[_T]) -> _T | None:
        """What was kept under this name."""
        return _state(self._reader, name, kind)

    def find_state_in_tx(self, name: str, kind: type[_T]) -> _T | None:
        """The same, as this transaction sees it."""
        return _state(self._writer, name, kind)

    def keep_state(self, name: str, value: object) -> None:
        """Keep this under its name."""
        self._writer.execute(
            "insert or replace into state (name, value) values (?, ?)",
            (name, msgspec.json.encode(value)),
        )

    # --- what the feed brought --------------------------------------------------

    def claims_in_tx(self, ids: Sequence[bytes]) -> dict[bytes, tuple[int, int | None]]:
        """Those of these claims that were heard of: id to (seq, digest)."""
        found = {}
        for some in _bites(ids):
            heard = f"select id, seq, digest from claim where id in ({_marks(some)})"  # noqa: S608
            rows = self._writer.execute(heard, some)
            found.update({row[0]: (row[1], row[2]) for row in rows})
        return found

    def put_claims(self, claims: Sequence[ClaimRow]) -> None:
        """Hold these claims, or remember that they are over."""
        self._writer.executemany(
            "insert into claim (id, seq, digest, salt, proof, told, confidence, body)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (id) do update set seq = excluded.seq,"
            " digest = excluded.digest, salt = excluded.salt, proof = excluded.proof,"
            " told = excluded.told, confidence = excluded.confidence,"
            " body = excluded.body",
            claims,
        )

    def bodies_in_tx(self, digests: Sequence[int]) -> list[bytes]:
        """What is claimed under these digests, as this transaction sees it."""
        found: list[bytes] = []
        for some in _bites(digests):
            bodies = f"select body from claim where digest in ({_marks(some)})"  # noqa: S608
            rows = self._writer.execute(bodies + " order by seq", some)
            found += [row[0] for row in rows]
        return found

    def gists_in_tx(self, digests: Sequence[int]) -> list[GistRow]:
        """What is claimed under these digests: one gist each, plain (not -1) only if
        it is that of the only claim, with a proof (not -1) only if all have the same.
        """
        found: list[GistRow] = []
        for some in _bites(digests):
            rows = self._writer.execute(
                "select digest, iif(min(proof) = max(proof), min(proof), -1),"  # noqa: S608
                " max(told), iif(count(*) = 1, max(confidence), -1)"
                f" from claim where digest in ({_marks(some)}) group by digest",
                some,
            )
            found += rows.fetchall()
        return found

    def claimed(self, digest: int) -> list[bytes]:
        """What is claimed under a digest, first heard of first; see `renew`."""
        if not self._checks.in_transaction:
            self._checks.execute("begin")
        rows = self._checks.execute(
            "select body from claim where digest = ? order by n", (digest,)
        ).fetchall()
        return [row[0] for row in rows]

    def renew(self) -> None:
        """Let checks see what was committed since. To be called within seconds of
        any change: an old snapshot keeps the write-ahead log from being folded in.
        """
        if self._checks.in_transaction:
            self._checks.execute("rollback")

    def gists(self) -> Iterator[Sequence[GistRow]]:
        """The digest and gist of every claim in force, by digest, in bites."""
        rows = self._reader.execute(
            "select digest, proof, told, confidence from claim"
            " where digest is not null order by digest"
        )
        while bite := rows.fetchmany(10_000):
            yield bite

    def count(self) -> tuple[int, int, int]:
        """How many values, claims in force, and values held by the brake."""
        row = self._reader.execute(
            "select count(distinct digest), count(*), (select count(*) from held)"
            " from claim where digest is not null"
        ).fetchone()
        return row[0], row[1], row[2]

    def mirror(self, after: int, limit: int) -> list[MirrorRow]:
        """Claims in force, in the order in which they were first heard of."""
        rows = self._reader.execute(
            "select n, seq, body from claim where n > ? and digest is not null"
            " order by n limit ?",
            (after, limit),
        )
        return [MirrorRow(*row) for row in rows]

    # --- the brake's holds and the never-block list --------------------------------

    def hold(self, values: Sequence[tuple[str, int]], at: datetime) -> None:
        """Let these values, as (key, digest), be watched only."""
        self._writer.executemany(
            "insert or ignore into held (key, digest, at) values (?, ?, ?)",
            [(key, digest, _text(at)) for key, digest in values],
        )

    def drop_holds(self, digests: Sequence[int]) -> None:
        """Nothing is claimed under these any more."""
        self._writer.executemany(
            "delete from held where digest = ?", [(digest,) for digest in digests]
        )

    def release(self, key: str | None) -> int:
        """Let one held value (None: all of them) be enforced; how many it were."""
        if key is None:
            return self._writer.execute("delete from held").rowcount
        return self._writer.execute("delete from held where key = ?", (key,)).rowcount

    def held_keys(self) -> frozenset[str]:
        """The keys of all values the brake holds."""
        return frozenset(row[0] for row in self._reader.execute("select key from held"))

    def held(self, limit: int) -> list[tuple[str, str]]:
        """Held values and since when, oldest first."""
        return self._reader.execute(
            "select key, at from held order by at, key limit ?", (limit,)
        ).fetchall()

    def never_block(self) -> list[tuple[str, str, str]]:
        """The list: entry, note, since when."""
        return self._reader.execute(
            "select entry, note, added_at from never_block order by entry"
        ).fetchall()

    def add_never_block(self, entry: str, note: str, at: datetime) -> None:
        """Put an entry on the list."""
        self._writer.execute(
            "insert or replace into never_block (entry, note, added_at)"
            " values (?, ?, ?)",
            (entry, note, _text(at)),
        )

    def remove_never_block(self, entry: str) -> bool:
        """Take an entry off the list; whether it was there."""
        return bool(
            self._writer.execute(
                "delete from never_block where entry = ?", (entry,)
            ).rowcount
        )

    # --- hits, until the hub has them ----------------------------------------------

    def add_hits(self, hits: Sequence[HitRow]) -> None:
        """Add these counts to their value and hour."""
        self._writer.executemany(
            "insert into hit (key, hour, count, first_seen, last_seen)"
            " values (?, ?, ?, ?, ?) on conflict (key, hour) do update set"
            " count = count + excluded.count,"
            " first_seen = min(first_seen, excluded.first_seen),"
            " last_seen = max(last_seen, excluded.last_seen)",
            hits,
        )

    def take_hits(self, limit: int) -> list[HitRow]:
        """Remove the oldest counts, to be put into the outbox in this transaction."""
        rows = self._writer.execute(
            "select key, hour, count, first_seen, last_seen from hit"
            " order by hour, key limit ?",
            (limit,),
        ).fetchall()
        self._writer.executemany(
            "delete from hit where key = ? and hour = ?", [row[:2] for row in rows]
        )
        return [HitRow(*row) for row in rows]

    def post(self, batch_id: str, body: bytes, at: datetime) -> None:
        """Put a batch into the outbox."""
        self._writer.execute(
            "insert into outbox (id, body, made_at) values (?, ?, ?)",
            (batch_id, body, _text(at)),
        )

    def posted(self) -> tuple[str, bytes] | None:
        """The oldest batch that is still to be sent."""
        row = self._reader.execute(
            "select id, body from outbox where refused is null"
            " order by made_at, id limit 1"
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def unpost(self, batch_id: str, refused: str | None = None) -> None:
        """The hub has this batch; or, with a reason, will never take it."""
        if refused is None:
            self._writer.execute("delete from outbox where id = ?", (batch_id,))
            return
        self._writer.execute(
            "update outbox set refused = ? where id = ?", (refused, batch_id)
        )

    def count_hits(self) -> tuple[int, int]:
        """Hits not yet acknowledged as (values by hour, refused batches)."""
        row = self._reader.execute(
            "select (select count(*) from hit)"
            " + (select count(*) from outbox where refused is null),"
            " (select count(*) from outbox where refused is not null)"
        ).fetchone()
        return row[0], row[1]

    # --- the edge's own keys ---------------------------------------------------------

    def add_key(self, key: KeyRow) -> None:
        """Keep a new key."""
        self._writer.execute(
            "insert into own_key (public_id, secret_sha256, name, scopes, created_at,"
            " used_at, revoked_at) values (?, ?, ?, ?, ?, ?, ?)",
            key,
        )

    def find_key(self, public_id: str) -> KeyRow | None:
        """A key by its public part."""
        row = self._reader.execute(_KEY, (public_id,)).fetchone()
        return None if row is None else KeyRow(*row)

    def own_keys(self) -> list[KeyRow]:
        """All keys, oldest first."""
        return [KeyRow(*row) for row in self._reader.execute(_KEYS)]

    def note_key_use(self, public_id: str, at: datetime) -> None:
        """Remember when a key was used."""
        self._writer.execute(
            "update own_key set used_at = ? where public_id = ?", (_text(at), public_id)
        )

    def revoke_key(self, public_id: str, at: datetime) -> bool:
        """End a key; whether there was one to end."""
        return bool(
            self._writer.execute(
                "update own_key set revoked_at = ?"
                " where public_id = ? and revoked_at is null",
                (_text(at), public_id),
            ).rowcount
        )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,  # a batch is applied in a thread, one at a time
            timeout=10.0,
        )
    except sqlite3.OperationalError as error:
        raise StoreForeign(
            f"The edge's store {path} cannot be opened ({error}). Check that it is "
            "there and who may read it."
        ) from error
    # At most 16 MB each and only as far as used: the digests of a million values fit.
    connection.execute("pragma cache_size = -16000")
    return connection


def _state(connection: sqlite3.Connection, name: str, kind: type[_T]) -> _T | None:
    row = connection.execute(
        "select value from state where name = ?", (name,)
    ).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=kind)


def _bites(given: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(given), _MAX_MARKS):
        yield given[start : start + _MAX_MARKS]


def _marks(given: Sequence[object]) -> str:
    """Question marks, and never anything else."""
    return ",".join("?" * len(given))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
