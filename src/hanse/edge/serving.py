"""What a running edge leaves in its folder for commands on the same machine.

`running.json` says where it answers; it is there only while it runs, but may outlive
a kill -9, so whoever reads it must be ready for nobody answering.
"""

from pathlib import Path

import msgspec

FILE = "running.json"


class Running(msgspec.Struct, frozen=True):
    """Where the edge of this folder answers."""

    url: str
    pid: int


def announce(folder: Path, running: Running) -> None:
    """Say so."""
    (folder / FILE).write_bytes(msgspec.json.encode(running))


def retract(folder: Path) -> None:
    """It no longer answers."""
    (folder / FILE).unlink(missing_ok=True)


def find(folder: Path) -> Running | None:
    """Where the edge of this folder answers, if it says so."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
