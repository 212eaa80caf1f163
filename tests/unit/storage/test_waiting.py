"""A database that is not there yet is waited for, and not for ever."""

from typing import Any

import psycopg
import pytest

from hanse.storage import waiting
from hanse.storage.waiting import DatabaseAway, await_database

URL = "postgresql://db.example/hanse"


class Connection:
    def close(self) -> None:
        pass


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server answers to the next attempts; then it lets us in."""
    refusals: list[str] = []

    def connect(url: str, **_: Any) -> Connection:
        assert url == URL
        if refusals:
            raise psycopg.OperationalError(refusals.pop(0))
        return Connection()

    monkeypatch.setattr(psycopg, "connect", connect)
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", 0.01)
    return refusals


def test_a_database_that_recovers_is_waited_for_and_said_once(refusals: list[str]):
    refusals += ["FATAL:  the database system is\n in recovery mode"] * 5
    said: list[str] = []

    await_database(URL, said.append)

    assert refusals == []
    why = "FATAL: the database system is in recovery mode"
    assert said == [f"PostgreSQL is not ready ({why}); trying for 60 s"]


def test_a_database_that_stays_away_is_named_with_its_reason(refusals: list[str]):
    refusals += ["FATAL:  password authentication failed"] * 10_000

    with pytest.raises(DatabaseAway, match="password authentication failed"):
        await_database(URL, lambda _: None, patience=0.1)


def test_a_database_that_is_there_is_not_spoken_of(refusals: list[str]):
    said: list[str] = []

    await_database(URL, said.append)

    assert said == refusals == []
