"""One edge in a process of its own: `python -m benchmarks.edge_process FOLDER`.

The folder has joined already. Runs until it is killed or told to stop. For benchmarks
that kill edges; what it runs is the edge that users run, without HTTP before it.
"""

import asyncio
import signal
import sys
from pathlib import Path

import structlog

from hanse.edge.running import Edge
from hanse.edge.settings import Settings


async def run(folder: Path) -> None:
    """Until SIGTERM."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    settings = Settings(data=folder, most_new_blocks_per_hour=None)
    async with Edge(settings):
        await told.wait()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    asyncio.run(run(Path(sys.argv[1])))
