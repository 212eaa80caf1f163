"""PostgreSQL statements on members, people, sessions, keys, edges, circles, brands.

Rows come back as tuples in the order the statement names them, or as the row classes
below where several deeds read them. `holder_*` statements answer "who is this, and
what may they see" in one round trip, and so also read the circles and the read
grants on operator-defined collections.
"""

from typing import Any, LiteralString

from hanse.storage.tx import Tx

Row = tuple[Any, ...]


def one(tx: Tx, sql: LiteralString, /, *values: Any) -> Row | None:
    """The first row of a statement, if there is one."""
    return tx.conn.execute(sql, values or None).fetchone()


def rows(tx: Tx, sql: LiteralString, /, *values: Any) -> list[Row]:
    """All rows of a statement."""
    return tx.conn.execute(sql, values or None).fetchall()


def count(tx: Tx, sql: LiteralString, /, *values: Any) -> int:
    """How many rows a statement changed."""
    return tx.conn.execute(sql, values or None).rowcount
