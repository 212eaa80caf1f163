"""Waits for a PostgreSQL that is just starting, recovering or changing places.

A hub and its database often start together, or PostgreSQL recovers from a crash for
some seconds and refuses everybody. To end then would leave it to somebody else to
start the hub again.
"""

import time
from collections.abc import Callable

import psycopg

from hanse.base.errors import Refusal

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.5
CONNECT_SECONDS = 5


class DatabaseAway(Refusal):
    """PostgreSQL lets nobody in, for as long as one can reasonably wait."""

    code = "storage.database_away"
    status = 503


def await_database(
    url: str,
    say: Callable[[str], None],
    *,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Return once the database at `url` lets us in; `say` hears that it must wait.

    Raises:
        DatabaseAway: it did not within `patience` seconds.
    """
    patient_until = time.monotonic() + patience
    has_said = False
    while True:
        try:
            psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
        except psycopg.OperationalError as error:
            why = " ".join(str(error).split())
            if time.monotonic() + PAUSE_SECONDS > patient_until:
                raise DatabaseAway(
                    f"PostgreSQL did not let the hub in for {patience:g} s ({why});"
                    " start it, or set HANSE_DATABASE_URL right"
                ) from error
        else:
            return
        if not has_said:
            say(f"PostgreSQL is not ready ({why}); trying for {patience:g} s")
            has_said = True
        time.sleep(PAUSE_SECONDS)
