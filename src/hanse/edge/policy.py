"""What the member's own people have set at this edge, and how they set it.

The deeds here serve the command line and HTTP alike; both may act while the edge
runs, the command line from another process. Every change raises a number in the
store, and a running edge looks at that number about every second (`Watch`).

The never-block list has two sources that add up: entries made by a deed, and the file
`never-block.txt` in the data folder (one entry a line, `#` begins a comment), for
those who keep such things under version control.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from hanse.base.errors import Malformed, NotFound
from hanse.edge.applying import BRAKE, LISTS
from hanse.edge.brake import UNLIMITED, Brake, EntryMalformed, Exceptions, read_entry
from hanse.edge.checking import Policy
from hanse.edge.local import Local

FILE = "never-block.txt"
MAX_FILE_BYTES = 4 * 1024 * 1024


class NotListed(NotFound):
    """The entry is not on the never-block list."""

    code = "edge.not_listed"


class LimitMalformed(Malformed):
    """The text is no limit for the brake."""

    code = "edge.limit_malformed"


class NotHeld(NotFound):
    """The brake does not hold this value."""

    code = "edge.not_held"


@dataclass(frozen=True, slots=True)
class FileList:
    """The never-block file: its entries, and the numbers of lines not understood."""

    entries: tuple[str, ...] = ()
    faulty_lines: tuple[int, ...] = ()


def brake_of(local: Local) -> Brake:
    """The brake as it is set and spent."""
    return local.find_state(BRAKE, Brake) or Brake()


def set_watch_only(local: Local, *, is_on: bool) -> None:
    """Block nothing and tell everything; or block again."""
    with local.begin():
        brake = local.find_state_in_tx(BRAKE, Brake) or Brake()
        local.keep_state(BRAKE, msgspec.structs.replace(brake, is_watch_only=is_on))
        _raise(local)


def set_limit(local: Local, text: str) -> None:
    """The most new blocks an hour: a number, `unlimited`, or `default`."""
    limit: int | str | None
    if text in (UNLIMITED, "default"):
        limit = UNLIMITED if text == UNLIMITED else None
    elif text.isascii() and text.isdigit() and len(text) <= 9:
        limit = int(text)
    else:
        raise LimitMalformed(
            "The most new blocks an hour is a number, `unlimited`, or `default` for "
            "what the settings say."
        )
    with local.begin():
        brake = local.find_state_in_tx(BRAKE, Brake) or Brake()
        local.keep_state(BRAKE, msgspec.structs.replace(brake, limit=limit))
        _raise(local)


def release(local: Local, key: str | None) -> int:
    """Enforce what the brake holds: one value, or all; how many it were."""
    with local.begin():
        count = local.release(key)
        if key is not None and not count:
            raise NotHeld(
                "The brake does not hold this value; `hanse edge brake show` lists "
                "what it holds."
            )
        _raise(local)
    return count


def add_exception(local: Local, text: str, note: str, now: datetime) -> str:
    """Put something on the never-block list; its one spelling."""
    entry = read_entry(text)
    with local.begin():
        local.add_never_block(entry, note[:500], now)
        _raise(local)
    return entry


def remove_exception(local: Local, text: str) -> str:
    """Take it off again. Raises NotListed, also for what the file says."""
    entry = read_entry(text)
    with local.begin():
        if not local.remove_never_block(entry):
            raise NotListed(
                f"{entry} is not on the list, or stands in the file {FILE}: then take "
                "it out there."
            )
        _raise(local)
    return entry


def read_file(folder: Path) -> FileList:
    """The never-block file; empty if there is none."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES)
    except OSError:
        return FileList()
    entries: list[str] = []
    faulty: list[int] = []
    lines = raw.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        try:
            entries.append(read_entry(bare))
        except EntryMalformed:
            faulty.append(number)
    return FileList(tuple(entries), tuple(faulty))


class Watch:
    """Notices what was set, here or by another process."""

    def __init__(self, local: Local, folder: Path) -> None:
        self._local = local
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self.file = FileList()

    def changed(self) -> Policy | None:
        """The policy, if anything was changed since the last call."""
        seen = (self._local.find_state(LISTS, int) or 0, self._file_stamp())
        if seen == self._seen:
            return None
        if self._seen is None or seen[1] != self._seen[1]:
            self.file = read_file(self._folder)
        self._seen = seen
        listed = [entry for entry, _, _ in self._local.never_block()]
        return Policy(
            Exceptions.of([*self.file.entries, *listed]),
            brake_of(self._local).is_watch_only,
            self._local.held_keys(),
        )

    def _file_stamp(self) -> int:
        try:
            return (self._folder / FILE).stat().st_mtime_ns
        except OSError:
            return 0


def _raise(local: Local) -> None:
    local.keep_state(LISTS, (local.find_state_in_tx(LISTS, int) or 0) + 1)
