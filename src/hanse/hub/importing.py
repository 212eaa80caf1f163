"""Works off imports beside the requests: one at a time in each worker.

Looks every second; a job is leased from the database, so that two workers never do
the same one and another takes over when one dies.
"""

import asyncio

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from hanse.intel.importing.deeds import work_off_one
from hanse.storage.tx import Database

PAUSE_SECONDS = 1.0
RETRY_SECONDS = 5.0
_journal = structlog.get_logger("hanse.imports")


async def work_off_imports(database: Database) -> None:
    """Until cancelled. A piece that is under way is finished or rolled back."""
    while True:
        try:
            found = await asyncio.to_thread(work_off_one, database)
        except (psycopg.Error, PoolTimeout) as error:
            _journal.warning("imports.paused", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        except Exception as error:  # noqa: BLE001 - the loop outlives any one job
            _journal.error("imports.failed", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            if not found:
                await asyncio.sleep(PAUSE_SECONDS)
