"""Starting the hub that is measured, and counting what it costs.

It is the one that users run (`hanse sandbox`), with its own PostgreSQL that writes
through to disk; both are counted, and nothing of the client is.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STOP_SECONDS = 60
_ENTRY = "from hanse.cli.main import main; main()"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Hub:
    """A sandbox as its JSON line describes it."""

    told: Mapping[str, Any]

    @property
    def pids(self) -> list[int]:
        """The hub's first process and PostgreSQL's."""
        return [int(pid) for pid in self.told["pids"]]

    @property
    def user(self) -> tuple[str, str]:
        """Name and password of user `full`."""
        full = self.told["users"]["full"]
        return full["user"], full["password"]

    def collection(self, name: str = "collection") -> str:
        """The address of one of the sandbox's collections."""
        taxii = self.told["taxii"]
        return f"{taxii['api_root']}collections/{taxii[name]}/"


@contextmanager
def sandbox(*, workers: int = 1, seed: Path | None = None) -> Iterator[Hub]:
    """A throw-away hub for as long as the block lasts."""
    more = [] if seed is None else ["--seed", str(seed)]
    process = subprocess.Popen(
        [sys.executable, "-c", _ENTRY, "sandbox", "--json", *_workers(workers), *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox did not start (status {process.wait()})")
        yield Hub(json.loads(line))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def _workers(count: int) -> list[str]:
    return ["--workers", str(count)]


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time so far of these processes and all their children, ended ones too.

    Linux accounts it in ticks of 10 ms; measure stretches of seconds.
    """
    parents, times = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # ended while we looked
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            own, of_ended_children = fields[11:13], fields[13:15]
            times[pid] = sum(map(int, own)) + sum(map(int, of_ended_children))
    family = set(pids)
    while True:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        if not more:
            return sum(times.get(pid, 0) for pid in family) / _TICKS
        family |= more
