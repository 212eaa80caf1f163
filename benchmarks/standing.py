"""A hub, its PostgreSQL and edges as processes: how to kill each, and bring it back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx
import psutil  # type: ignore[import-untyped]

from hanse.demo.house import (
    Hub,
    HubDidNotStart,
    launch,
    stop,
    wait_until_healthy,
)
from hanse.edge import joining
from hanse.storage.server import EmbeddedServer

UP_SECONDS = 60.0
ROOT = Path(__file__).parents[1]


class Stand:
    """What runs, how to kill a part of it, and how to bring it back."""

    def __init__(
        self, hub: Hub, server: EmbeddedServer, folders: list[Path], workers: int
    ) -> None:
        self.hub = hub
        self.process = hub.process
        self.server = server
        self.edges = {folder: start_edge(folder) for folder in folders}
        self.ended = 0  # how often the hub has ended by itself
        self._workers = workers

    def kill_worker(self, chance: Random) -> None:
        """One of the hub's worker processes."""
        kill(chance.choice(workers_of(self.process.pid)))

    def kill_hub(self, chance: Random) -> None:
        """The hub with all its workers, at once."""
        del chance
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_parent(self, chance: Random) -> None:
        """What `kill -9` of the hub's process id does: its workers stay behind."""
        del chance
        self.process.kill()
        self.process.wait()

    def kill_postgres(self, chance: Random) -> None:
        """PostgreSQL's first process."""
        del chance
        kill(psutil.Process(self.server.pid))

    def kill_backend(self, chance: Random) -> None:
        """One of PostgreSQL's other processes, after which it recovers by itself."""
        kill(chance.choice(psutil.Process(self.server.pid).children()))

    def kill_both(self, chance: Random) -> None:
        """Hub and PostgreSQL, as when the machine goes down."""
        self.kill_hub(chance)
        self.kill_postgres(chance)

    def kill_edge(self, chance: Random) -> None:
        """An edge."""
        process = self.edges[chance.choice(sorted(self.edges))]
        process.kill()
        process.wait()

    def bring_back(self) -> None:
        """Start again whatever is not there, and wait until the hub answers."""
        self.server.revive()
        if self.process.poll() is not None:
            parts = urlsplit(self.hub.url)
            self.process = launch(
                self.hub.folder, self.hub.database.url, parts.port or 0, self._workers
            )
        for folder, process in self.edges.items():
            if process.poll() is not None:
                self.edges[folder] = start_edge(folder)
        try:
            wait_until_healthy(self.hub.url, self.process, self.hub.folder)
        except HubDidNotStart as error:
            if self.process.poll() is None:
                raise
            print(error.message, file=sys.stderr, flush=True)
            # What a supervisor would do; it must not happen, so it is counted.
            self.ended += 1
            self.bring_back()

    def close(self) -> None:
        """Stop what was started here."""
        for process in self.edges.values():
            stop(process)
        if self.process is not self.hub.process:
            stop(self.process)


Fault = Callable[[Stand, Random], None]
FAULTS: dict[str, tuple[int, Fault]] = {
    "worker": (4, Stand.kill_worker),
    "hub": (3, Stand.kill_hub),
    "parent": (1, Stand.kill_parent),
    "postgres": (4, Stand.kill_postgres),
    "backend": (2, Stand.kill_backend),
    "both": (1, Stand.kill_both),
    "edge": (4, Stand.kill_edge),
}


def kill(process: psutil.Process) -> None:
    """SIGKILL, and wait until it is gone; it may have gone by itself."""
    with suppress(psutil.NoSuchProcess):
        process.kill()
        process.wait(UP_SECONDS)


def workers_of(pid: int) -> list[psutil.Process]:
    """The processes that answer requests; waits until there is one."""
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline:
        found = []
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if not any("resource_tracker" in word for word in child.cmdline()):
                    found.append(child)
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit("the hub has no worker and starts none")


def start_edge(folder: Path) -> subprocess.Popen[bytes]:
    """An edge as a process."""
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.edge_process", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=environment(),
        )


def environment() -> dict[str, str]:
    """For a process that imports what this one imports."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def join(code: str, folder: Path) -> Path:
    """Enrol an edge."""
    with httpx.Client(timeout=60) as client:
        joining.join(client, joining.read_code(code), folder, name=folder.name)
    return folder
