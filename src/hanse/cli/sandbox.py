"""`hanse sandbox`: a throw-away hub for other people's test suites.

Prints one JSON line when it is ready and runs until SIGTERM or Ctrl-C; then
everything it made is removed.
"""

import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import typer

from hanse.demo.house import throw_away_hub
from hanse.demo.sandbox import NAMES, Sandbox

app = typer.Typer(
    add_completion=False,
    help="Start a throw-away hub for a test suite.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_SEED = typer.Option(
    None, "--seed", exists=True, dir_okay=False, help="JSON: users, api_roots."
)


@app.command()
def sandbox(
    *,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON line."),
    seed: Path | None = _SEED,
    workers: int = typer.Option(1, "--workers", min=1, max=16, help="Hub processes."),
) -> None:
    """Run a hub that forgets everything when it stops."""
    told = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        told.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    planned = Sandbox.planned(seed)
    with throw_away_hub(NAMES, planned.furnish, workers=workers) as hub:
        line = planned.announce(hub)
        print(json.dumps(line, indent=None if as_json else 2), flush=True)
        while not told.wait(0.5):
            if hub.process.poll() is not None:
                print("hanse: the hub has ended by itself", file=sys.stderr)
                raise typer.Exit(1)
