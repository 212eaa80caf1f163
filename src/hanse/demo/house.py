"""A throw-away hub: its own folder, its own PostgreSQL, its own processes.

`Hub.started` founds an alliance before the first request, lets the caller furnish
it (members, keys, collections), then runs the very `hanse hub serve` that users
run. Whatever was started is stopped and removed when the block ends.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from hanse.base.errors import Refusal
from hanse.hub import folder, founding
from hanse.hub.founding import Names
from hanse.hub.settings import Settings
from hanse.storage.migrate import migrate
from hanse.storage.server import EmbeddedServer
from hanse.storage.tx import Database

START_SECONDS = 60.0
STOP_SECONDS = 20.0
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class HubDidNotStart(Refusal):
    """The hub's process ended or did not answer in time."""

    code = "demo.hub_did_not_start"


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub and how to reach it. `pids`: the hub and PostgreSQL."""

    url: str
    folder: Path
    database: Database
    process: subprocess.Popen[bytes]
    postgres_pid: int

    @property
    def pids(self) -> list[int]:
        """The processes to measure or to end; their children are theirs."""
        return [self.process.pid, self.postgres_pid]


@contextmanager
def throw_away_hub(
    names: Names,
    furnish: Callable[[Database, str], None],
    *,
    workers: int = 1,
    keep: Path | None = None,
    postgres: Mapping[str, str] = NO_SETTINGS,
) -> Iterator[Hub]:
    """A hub that lives as long as the block.

    `furnish(database, url)` fills it before it serves. With `keep`, everything lies
    in that folder and stays there.

    Raises:
        HubDidNotStart: with the last words of its process.
    """
    place = keep or Path(tempfile.mkdtemp(prefix="hanse-"))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with EmbeddedServer.start(place / folder.POSTGRES_FOLDER, postgres) as server:
            yield from _serving(server, place, names, furnish, workers)
    finally:
        if keep is None:
            shutil.rmtree(place, ignore_errors=True)


def _serving(
    server: EmbeddedServer,
    place: Path,
    names: Names,
    furnish: Callable[[Database, str], None],
    workers: int,
) -> Iterator[Hub]:
    database_url = server.create_database(founding.DATABASE)
    migrate(database_url)
    settings = Settings(data=place, database_url=database_url)
    keys = folder.make(
        place, names.origin, secrets.token_bytes(32), secrets.token_bytes(32)
    )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = Database.open(
        settings.database_url or "", keys.signer, keys.secret, max_connections=4
    )
    try:
        with database.begin() as tx:
            founding.found(tx, names)
        furnish(database, url)
        with _process(place, database_url, port, workers) as process:
            wait_until_healthy(url, process, place)
            yield Hub(url, place, database, process, server.pid)
    finally:
        database.close()


@contextmanager
def _process(
    place: Path, database_url: str, port: int, workers: int
) -> Iterator[subprocess.Popen[bytes]]:
    process = launch(place, database_url, port, workers)
    try:
        yield process
    finally:
        stop(process)


def launch(
    place: Path, database_url: str, port: int, workers: int
) -> subprocess.Popen[bytes]:
    """Start `hanse hub serve`, in a session of its own; it may not answer yet."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HANSE_")}
    environment |= {
        "HANSE_DATA": str(place),
        "HANSE_DATABASE_URL": database_url,
        "HANSE_LISTEN": f"127.0.0.1:{port}",
        "HANSE_WORKERS": str(workers),
        "HANSE_SECOND_FACTOR": "optional",
    }
    command = "from hanse.cli.main import main; main()"
    with (place / "hub.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", command, "hub", "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, then make it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], place: Path) -> None:
    """Return once the hub answers; raises `HubDidNotStart`."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    log = place / "hub.log"
    last = log.read_text("utf-8", "replace")[-2_000:] if log.exists() else ""
    raise HubDidNotStart(f"the hub does not answer at {url}; its last words:\n{last}")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
