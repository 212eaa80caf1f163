"""What a worker does by the clock: last uses are written down, what is over is dropped.

Every step may be repeated by any worker at any time without harm.
"""

import asyncio

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from hanse.membership import uses
from hanse.membership.login import sessions, throttle
from hanse.membership.uses import Uses
from hanse.storage import once
from hanse.storage.tx import Database

WRITE_SECONDS = 20
SWEEP_EVERY = 180  # times of the above: once an hour

_journal = structlog.get_logger("hanse.hub")


async def keep_house(database: Database, used: Uses) -> None:
    """Do both until cancelled; what fails is tried again the next time."""
    turn = 0
    while True:
        await asyncio.sleep(WRITE_SECONDS)
        turn += 1
        try:
            await asyncio.to_thread(write_uses, database, used)
            if turn % SWEEP_EVERY == 0:
                await asyncio.to_thread(sweep, database)
        except (psycopg.Error, PoolTimeout) as error:
            _journal.warning("hub.housekeeping_failed", error=type(error).__name__)


def write_uses(database: Database, used: Uses) -> None:
    """Write down when keys and sessions were last used."""
    with database.begin() as tx:
        uses.write_down(tx, used.take())


def sweep(database: Database) -> None:
    """Drop ended sessions, old charges and old answers."""
    with database.begin() as tx:
        sessions.forget_ended(tx)
        throttle.forget_old_charges(tx)
        once.forget_old_answers(tx)
