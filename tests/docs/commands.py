"""`hanse ...` as a reader of the documents types it: real processes, clean places."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# What `.venv/bin/hanse` does; this also works where the package is not installed.
HANSE = [sys.executable, "-c", "from hanse.cli.main import main; main()"]


@dataclass(frozen=True)
class Machine:
    """A machine on which nothing has been set up: a home folder and no settings."""

    home: Path
    settings: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if _is_neutral(k)}
        self.home.mkdir(parents=True, exist_ok=True)
        return {**inherited, "HOME": str(self.home), **self.settings}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`hanse WORDS`, to its end, whatever its exit status."""
        return subprocess.run(
            [*HANSE, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def say(self, *words: str) -> str:
        """`hanse WORDS` that must succeed: what it prints."""
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stderr or done.stdout}"
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """`hanse WORDS` while the block lasts, from the first line it prints."""
        environment = self.environment
        log = self.home / f"{words[0]}.log"
        with log.open("w") as err:
            process = subprocess.Popen(
                [*HANSE, *words],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    """What it prints once it is ready; empty if it ended instead."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _is_neutral(name: str) -> bool:
    return not name.startswith(("HANSE_", "XDG_"))
