"""Transactions: the one thing every deed that touches the database is handed.

A door opens `database.begin()`, calls deeds, and leaves the block: what the
deeds queued with `before_commit` runs last (the log numbers its leaves there,
under a lock held only until the commit), then everything is committed at once.
An exception rolls everything back. `Tx.conn` is for `store.py` files only.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from hanse.base import clock
from hanse.base.errors import Refusal

Seal = Callable[["Tx"], None]
Connection = psycopg.Connection[tuple[Any, ...]]
Tool = TypeVar("Tool")


class Tx:
    """One transaction: a connection, the door's clock, and what runs before commit."""

    __slots__ = ("_seals", "_tools", "conn", "notes", "now")

    def __init__(
        self, conn: Connection, now: datetime, tools: Mapping[type, object]
    ) -> None:
        self.conn = conn
        self.now = now
        self.notes: dict[str, Any] = {}  # a domain's own queue within this transaction
        self._tools = tools
        self._seals: list[Seal] = []

    def tool(self, kind: type[Tool]) -> Tool:
        """What the process lent its transactions, by type: a signer, the secret.

        Raises:
            LookupError: the process was put together without it.
        """
        tool = self._tools.get(kind)
        if not isinstance(tool, kind):
            raise LookupError(f"this process lends its transactions no {kind.__name__}")
        return tool

    def before_commit(self, seal: Seal) -> None:
        """Have `seal` called once, after all deeds and before the commit."""
        self._seals.append(seal)

    def run_seals(self) -> None:
        """Run what was queued; the door (or a test in its place) calls this."""
        while self._seals:
            seals, self._seals = self._seals, []
            for seal in seals:
                seal(self)


class Database:
    """A pool of connections to one PostgreSQL database. Safe to share by threads."""

    def __init__(
        self, pool: "ConnectionPool[Connection]", url: str, tools: Mapping[type, object]
    ) -> None:
        self._pool = pool
        self._tools = tools
        self.url = url

    @classmethod
    def open(cls, url: str, *tools: object, max_connections: int = 16) -> "Database":
        """Connect; `tools` (keys, secrets) are lent to every transaction by their type.

        Raises:
            psycopg_pool.PoolTimeout: nobody answers at `url`.
        """
        pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=max_connections,
            timeout=15,
            open=False,
            configure=_configure,
            name="hanse",
        )
        pool.open(wait=True, timeout=15)
        return cls(pool, url, {type(tool): tool for tool in tools})

    def close(self) -> None:
        """Give all connections back to the server."""
        self._pool.close()

    @contextmanager
    def begin(self, now: datetime | None = None) -> Iterator[Tx]:
        """A transaction that is sealed and committed when the block ends well."""
        with self._pool.connection() as conn, conn.transaction():
            tx = Tx(conn, now or clock.now(), self._tools)
            yield tx
            tx.run_seals()

    @contextmanager
    def read(self, now: datetime | None = None) -> Iterator[Tx]:
        """A transaction for looking only: PostgreSQL lets nothing be written in it.

        It is committed even if the block refuses: after a rollback psycopg forgets
        all statements that were prepared on the connection, and every request would
        have its queries planned anew, which costs more than to run most of them.
        """
        refusal: Refusal | None = None
        with self._pool.connection() as conn:
            conn.read_only = True
            try:
                with conn.transaction():
                    try:
                        yield Tx(conn, now or clock.now(), self._tools)
                    except Refusal as raised:
                        refusal = raised
            finally:
                conn.read_only = None
        if refusal is not None:
            raise refusal


def _configure(conn: Connection) -> None:
    conn.execute("set time zone 'UTC'")
    conn.execute("set statement_timeout = '60s'")
    conn.execute("set idle_in_transaction_session_timeout = '60s'")
    conn.commit()
