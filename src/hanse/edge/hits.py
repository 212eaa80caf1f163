"""Hits: how often the alliance's values were met here, told back as sightings.

Only the matched value, the hour and a count; never what was asked nor by whom, and
times in whole minutes. Counts are gathered in memory, written down about every
second (`keep`), moved into an outbox under an id (`pack`), and taken out when the hub
has acknowledged that id. The hub takes an id once, so a crash between sending and
hearing the answer doubles nothing; a crash loses at most the last second's counts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from hanse.edge.local import HitRow, Local
from hanse.feed.remote import Sighting, write_sightings

MAX_BATCH = 1_000
_HOUR, _MINUTE = 3_600, 60  # seconds
MAX_REMEMBERED = 50_000  # values whose first hit was told at once


@dataclass(slots=True)
class _Count:
    count: int
    first: float  # POSIX time
    last: float


class Hits:
    """Counts since they were last kept.

    `is_urgent` says that a value was met for the first time since the start: such
    news is told at once.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], _Count] = {}
        self._met: set[str] = set()
        self.is_urgent = False

    def count(self, key: str, now: float) -> None:
        """The value under this key was met; `now` is POSIX time."""
        hour = int(now // _HOUR)
        counted = self._counts.get((key, hour))
        if counted is None:
            self._counts[key, hour] = _Count(1, now, now)
        else:
            counted.count += 1
            counted.last = now
        if key not in self._met:
            if len(self._met) >= MAX_REMEMBERED:
                self._met.clear()
            self._met.add(key)
            self.is_urgent = True

    def keep(self, local: Local) -> None:
        """Write the counts down."""
        if not self._counts:
            return
        rows = [_row(key, hour, c) for (key, hour), c in self._counts.items()]
        with local.begin():
            local.add_hits(rows)
        self._counts = {}


def pack(local: Local, batch_id: str, now: datetime) -> bool:
    """Move the oldest counts into the outbox under this id; whether there were any.

    The hour that has not ended is packed too: what comes later in it goes out in
    another batch, and the hub adds up.
    """
    with local.begin():
        rows = local.take_hits(MAX_BATCH)
        if rows:
            body = write_sightings([_sighting(row) for row in rows])
            local.post(batch_id, body, now)
    return bool(rows)


def _row(key: str, hour: int, counted: _Count) -> HitRow:
    first, last = counted.first // _MINUTE, counted.last // _MINUTE
    return HitRow(
        key,
        _text(hour * _HOUR),
        counted.count,
        _text(first * _MINUTE),
        _text(last * _MINUTE),
    )


def _sighting(row: HitRow) -> Sighting:
    kind, _, value = row.key.partition(":")
    return Sighting(
        kind,
        value,
        row.times,
        datetime.fromisoformat(row.first_seen),
        datetime.fromisoformat(row.last_seen),
    )


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
