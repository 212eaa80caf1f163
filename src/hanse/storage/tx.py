"""Transactions: the one thing every deed that touches the database is handed.

A door opens `database.begin()`, calls deeds, and leaves the block: what the
deeds queued with `before_commit` runs last (the log numbers its leaves there,
under a lock held only until the commit), then everything is committed at once.
An exception rolls everything back. `Tx.conn` is for `store.py` files only.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from hanse.base import clock

Seal = Callable[["Tx"], None]
Connection = psycopg.Connection[tuple[Any, ...]]
Pool: TypeAlias = "ConnectionPool[Connection]"
Tool = TypeVar("Tool")


class Tx:
    """What a deed is handed: a connection, the door's clock, what runs before commit.

    From `begin` it is one transaction; from `read` and `walk` each statement is one.
    """

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
    """Pools of connections to one PostgreSQL database. Safe to share by threads.

    What only looks has connections of its own, to which PostgreSQL lets nothing be
    written and on which each statement stands by itself: that is what READ COMMITTED
    means for a reader anyway, and it saves a BEGIN and a COMMIT for each request.
    """

    def __init__(
        self, pools: Mapping[str, Pool], url: str, tools: Mapping[type, object]
    ) -> None:
        self._pools = pools
        self._tools = tools
        self.url = url

    @classmethod
    def open(cls, url: str, *tools: object, max_connections: int = 16) -> "Database":
        """Connect; `tools` (keys, secrets) are lent to every transaction by their type.

        At most `max_connections` each for deeds, for looking, and for walks.

        Raises:
            psycopg_pool.PoolTimeout: nobody answers at `url`.
        """
        pools = {
            name: _pool(url, name, settings, max_connections)
            for name, settings in _SETTINGS.items()
        }
        try:
            for pool in pools.values():
                pool.open(wait=True, timeout=15)
        except BaseException:
            for pool in pools.values():
                pool.close()
            raise
        return cls(pools, url, {type(tool): tool for tool in tools})

    def close(self) -> None:
        """Give all connections back to the server."""
        for pool in self._pools.values():
            pool.close()

    def renew(self) -> None:
        """Replace the connections that a restart of PostgreSQL has left dead."""
        for pool in self._pools.values():
            pool.check()

    @contextmanager
    def begin(self, now: datetime | None = None) -> Iterator[Tx]:
        """A transaction that is sealed and committed when the block ends well."""
        with self._pools["deeds"].connection() as conn, conn.transaction():
            tx = Tx(conn, now or clock.now(), self._tools)
            yield tx
            tx.run_seals()

    @contextmanager
    def read(self, now: datetime | None = None) -> Iterator[Tx]:
        """For looking only; each statement sees what is committed when it begins."""
        with self._pools["looking"].connection() as conn:
            yield Tx(conn, now or clock.now(), self._tools)

    def ping(self) -> None:
        """Have PostgreSQL answer; raises what psycopg raises when it does not."""
        with self._pools["looking"].connection() as conn:
            conn.execute("select 1")

    @contextmanager
    def walk(self, now: datetime | None = None) -> Iterator[Tx]:
        """`read` for whoever goes through a large table in the order of an index.

        Left to itself, PostgreSQL now and then believes that few rows fit, fetches all
        of them and sorts them for each page; here it walks. And as the way is known,
        a statement is planned once and not anew for each page.
        """
        with self._pools["walks"].connection() as conn:
            yield Tx(conn, now or clock.now(), self._tools)


_ANY: Mapping[str, str] = {
    "timezone": "UTC",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}
_LOOKING: Mapping[str, str] = {
    **_ANY,
    "default_transaction_read_only": "on",
    "statement_timeout": "15s",  # somebody waits for each of these
}
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "deeds": _ANY,
    "looking": _LOOKING,
    "walks": {
        **_LOOKING,
        "enable_sort": "off",
        "enable_bitmapscan": "off",
        "enable_seqscan": "off",
        "plan_cache_mode": "force_generic_plan",
    },
}


def _pool(url: str, name: str, settings: Mapping[str, str], most: int) -> Pool:
    def configure(conn: Connection) -> None:
        for setting, value in settings.items():
            conn.execute("select set_config(%s, %s, false)", (setting, value))
        conn.commit()
        conn.autocommit = name != "deeds"

    return ConnectionPool(
        url,
        min_size=0 if name == "walks" else 1,
        max_size=most,
        timeout=15,
        open=False,
        configure=configure,
        name=f"hanse-{name}",
    )
