"""When keys and sessions were last used, remembered in memory, written now and then.

A write with every request would make each poll a commit. Losing a minute of it in a
crash is harmless: a session's idle time then counts from the minute before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from hanse.membership.caller import Caller
from hanse.membership.login import store as login
from hanse.membership.machines import store as machines
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Used:
    """What was used, and when last."""

    keys: Mapping[UUID, datetime]
    sessions: Mapping[bytes, datetime]


class Uses:
    """Last uses until they are written down; one per process, shared by its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: dict[UUID, datetime] = {}
        self._sessions: dict[bytes, datetime] = {}

    def note(self, caller: Caller, at: datetime) -> None:
        """Remember that the caller's key or session was used."""
        with self._lock:
            if caller.key is not None:
                # Whole minutes: that is as much as anybody is told.
                self._keys[caller.key] = at.replace(second=0, microsecond=0)
            if caller.session is not None:
                self._sessions[caller.session] = at

    def take(self) -> Used:
        """What was remembered since the last call."""
        with self._lock:
            taken = Used(self._keys, self._sessions)
            self._keys, self._sessions = {}, {}
        return taken


def write_down(tx: Tx, used: Used) -> None:
    """Keep what `Uses` remembered."""
    if used.keys:
        machines.note_key_uses(tx, used.keys)
    if used.sessions:
        login.note_session_uses(tx, used.sessions)
