"""One of the hub's processes, as Granian starts it.

It reads settings and keys for itself and opens its own connections, so that workers
share nothing but PostgreSQL. Told to stop, it ends its streams at once: Granian waits
for open answers, and a stream has no end of its own. Left alone by a parent that was
killed, it goes too, so that no worker of yesterday answers beside today's.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType

from litestar import Litestar

from hanse.base.errors import Refusal
from hanse.feed.streaming import Tail
from hanse.hub import folder
from hanse.hub.app import build
from hanse.hub.settings import read_settings
from hanse.storage.tx import Database

CONNECTIONS = 12  # of each kind: deeds, looking, walks
PARENT_SECONDS = 1.0
GC_THRESHOLD = 10_000  # new containers between two collections of the youngest


class WorkerAlone(Refusal):
    """A worker is started by `hanse hub serve`, not by itself."""

    code = "hub.worker_alone"


def worker() -> Litestar:
    """The application of this process, from the environment."""
    settings = read_settings(os.environ)
    keys = folder.read(settings.data)
    if settings.database_url is None:
        raise WorkerAlone("a worker is told its database; start `hanse hub serve`")
    database = Database.open(
        settings.database_url, keys.signer, keys.secret, max_connections=CONNECTIONS
    )
    tail = Tail(database, keys.secret)

    @asynccontextmanager
    async def life(_app: Litestar) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        _on_signals(lambda: loop.call_soon_threadsafe(tail.close))
        watching = asyncio.create_task(_end_with(_parent()))
        _spare_what_stays()
        yield
        watching.cancel()
        await asyncio.to_thread(database.close)

    return build(database, settings, keys.secret, tail=tail, life=[life])


def _spare_what_stays() -> None:
    """Have the garbage collector leave alone what is there for good.

    Half a million objects belong to the program itself. Each full collection would
    look at all of them, and a batch of 500 objects makes for several collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 10, 10)


def _on_signals(told: Callable[[], object]) -> None:
    """Have `told` called besides what the loop does at these signals.

    The loop learns of a signal by its wake-up descriptor, which the interpreter
    writes to whatever the Python handler is; so replacing that one takes nothing
    away.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        told()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
        signal.siginterrupt(number, False)


def _parent() -> int:
    """Who started this process, even if that one is gone by now."""
    parent = multiprocessing.parent_process()
    return os.getppid() if parent is None or parent.pid is None else parent.pid


async def _end_with(parent: int) -> None:
    # Nothing tells a process of its parent's death but asking.
    while os.getppid() == parent:  # noqa: ASYNC110
        await asyncio.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
