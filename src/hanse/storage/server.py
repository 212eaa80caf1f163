"""The embedded PostgreSQL: started from a folder, reached by a Unix socket inside it.

It keeps the data of one folder; any PostgreSQL named by URL does the same for Hanse,
and nothing outside `storage` knows the difference. Rules it keeps:

- No TCP. The socket lies inside the data, which only its account may enter.
- The server outlives a killed hub and is taken over by the next start, because a
  database must never be killed for tidiness. Handles on one folder are counted by
  shared file locks, which the kernel drops with their process; the last one out
  stops the server.
- A server that was killed is recovered by starting it again (`revive`).
"""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from urllib.parse import quote

import psycopg
from psycopg import sql

from hanse.storage.binaries import programs
from hanse.storage.cluster import (
    ENVIRONMENT,
    SOCKET,
    USER,
    Cluster,
    ServerUnavailable,
)

START_SECONDS = 60.0
STOP_SECONDS = 60.0

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # Values that members report must not end up in a log: no statements, no details.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    # A container's /dev/shm is often too small for PostgreSQL's default, posix.
    "dynamic_shared_memory_type": "mmap",
}


class EmbeddedServer:
    """A handle on the running server of one folder; `start` makes it."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str]) -> None:
        """Use `start`; this only takes notes."""
        self._dir = data_dir
        self._settings = {**SETTINGS, **settings}
        self._cluster = Cluster.at(data_dir / "cluster")
        self._child: subprocess.Popen[bytes] | None = None
        self._share: int | None = None

    @classmethod
    def start(
        cls, data_dir: Path, settings: Mapping[str, str] = NO_SETTINGS
    ) -> "EmbeddedServer":
        """Make the folder's server run, or take over the one that runs.

        `data_dir` is made if it is not there. `settings` are PostgreSQL's own, for
        instance `{"fsync": "off"}` in tests; a server that runs keeps those it has.

        Raises:
            DataOfAnotherVersion, DataOfAnotherAccount: nothing was touched.
            ServerUnavailable: it does not start; the message has its last words.
            PostgresMissing: there are no programs to run.
        """
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        server = cls(data_dir.resolve(), settings)
        with server._gate():
            server._cluster.refuse_foreign()
            server._run()
            server._share = _locked(server._dir / "users.lock", fcntl.LOCK_SH)
        return server

    def __enter__(self) -> "EmbeddedServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the server (the postmaster)."""
        return self._cluster.postmaster().pid

    @property
    def log(self) -> Path:
        """The file the server writes its messages to."""
        return self._dir / "postgres.log"

    def url(self, database: str) -> str:
        """How to reach `database`; it need not exist."""
        folder = quote(str(self._cluster.reachable()), safe="")
        return f"postgresql:///{quote(database)}?host={folder}&user={USER}"

    def create_database(self, name: str) -> str:
        """The URL of database `name`, which is made if it is not there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            found = conn.execute(
                "select datname from pg_database where datname = %s", (name,)
            )
            if found.fetchone() is None:
                conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.url(name)

    def is_running(self) -> bool:
        """Whether the server takes connections on its socket."""
        if self._child is not None:
            self._child.poll()  # so that a killed child does not stay a zombie
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self._cluster.reachable() / SOCKET))
            except OSError:
                return False
        return True

    def revive(self) -> bool:
        """Start the server again if it was killed; whether that was needed."""
        if self.is_running():
            return False
        with self._gate():
            return self._run()

    def stop(self) -> None:
        """Let go; the last handle on the folder stops the server, cleanly.

        Raises:
            ServerUnavailable: it did not stop in `STOP_SECONDS`; it is not killed.
        """
        if self._share is None:
            return
        with self._gate():
            os.close(self._share)
            self._share = None
            alone = _locked(self._dir / "users.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
            if alone is None:
                return
            try:
                self._end()
            finally:
                os.close(alone)
        self._cluster.forget_shortcut()

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """One process at a time starts or stops the folder's server."""
        held = _locked(self._dir / "gate.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            if held is not None:
                os.close(held)

    def _run(self) -> bool:
        """Under the gate: make data if there is none and start; whether it did."""
        deadline = time.monotonic() + START_SECONDS
        if self.is_running():
            self._await_ready(deadline)
            return False
        folder = programs(self._cluster.account)
        if not self._cluster.exists():
            self._cluster.make(folder, is_synced=self._settings.get("fsync") != "off")
        while not self._launch(folder, deadline):
            # Children of a killed server are still leaving; PostgreSQL waits for them.
            time.sleep(0.1)
        return True

    def _launch(self, folder: Path, deadline: float) -> bool:
        """One attempt; False when an attempt a moment later may succeed.

        A process number left over in `postmaster.pid` may by now be that of any
        process, in a container even our own. Nobody answers on the socket, so it is
        not the server's: PostgreSQL is told to disregard that number, the way pg_ctl
        tells it its own, and goes on to check that no process uses the old memory.
        """
        stale = self._cluster.postmaster().pid
        environment = {**ENVIRONMENT, "PG_GRANDPARENT_PID": str(stale)}
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        with self._cluster.handed() as place, self.log.open("ab") as log:
            begins = log.tell()
            self._child = subprocess.Popen(
                [folder / "postgres", "-D", place.name, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment if stale else ENVIRONMENT,
                umask=0o077,
                pass_fds=place.descriptors,
                # Ctrl-C in a terminal is for the hub, which stops the server itself.
                start_new_session=True,
                **self._cluster.account.popen(),
            )
        if self._await_ready(deadline):
            return True
        said = self._said(begins)
        if "is still in use" in said and time.monotonic() < deadline:
            return False
        raise ServerUnavailable(
            f"the embedded PostgreSQL did not start; {self.log} says why:"
            f" {said.strip()[-500:]}"
        )

    def _await_ready(self, deadline: float) -> bool:
        """Wait until it takes work; False when our child ended instead."""
        while time.monotonic() < deadline:
            if self._child is not None and self._child.poll() is not None:
                return False
            found = self._cluster.postmaster()
            is_new = self._child is None or found.pid == self._child.pid
            if is_new and found.status == "ready":
                return True
            time.sleep(0.01)
        raise ServerUnavailable(
            f"the embedded PostgreSQL was not ready after {START_SECONDS:.0f} s;"
            f" {self.log} says what it is doing, a recovery may take long: try again"
        )

    def _end(self) -> None:
        """Under the gate: ask for a fast shutdown and wait for it."""
        if not self.is_running():
            return
        pid = self.pid
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running() or self._cluster.postmaster().pid:
            if time.monotonic() > deadline:
                raise ServerUnavailable(
                    f"the embedded PostgreSQL (process {pid}) did not stop within"
                    f" {STOP_SECONDS:.0f} s; {self.log} says what it waits for"
                )
            time.sleep(0.01)
        if self._child is not None:
            self._child.wait(STOP_SECONDS)

    def _said(self, begins: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begins)
            return log.read().decode(errors="replace")


def _locked(path: Path, how: int) -> int | None:
    """An open descriptor that holds the lock, or None if it may not be waited for."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
