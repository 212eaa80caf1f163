"""The tests' own ground: a real server, and nothing left by one test for the next."""

import pytest

from hanse.storage.migrate import migrate, migrations
from hanse.storage.tx import Database, Tx

MAKE = b"create table left_behind (value int)"
FIND = b"select to_regclass('left_behind') is not null"


@pytest.mark.parametrize("turn", [1, 2])
def test_a_transaction_leaves_nothing_behind(tx: Tx, turn: int):
    assert tx.conn.execute(FIND).fetchone() == (False,), turn
    tx.conn.execute(MAKE)
    assert tx.conn.execute(FIND).fetchone() == (True,)


@pytest.mark.parametrize("turn", [1, 2])
def test_a_throw_away_database_keeps_what_is_committed_for_one_test(
    database: Database, turn: int
):
    with database.begin() as tx:
        assert tx.conn.execute(FIND).fetchone() == (False,), turn
        tx.conn.execute(MAKE)
    with database.read() as tx:
        assert tx.conn.execute(FIND).fetchone() == (True,)


def test_it_has_every_migration_and_a_second_run_does_nothing(database_url: str):
    assert migrate(database_url) == []
    assert migrations()
