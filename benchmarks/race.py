"""Does a poller lose objects, or get them twice, while many write at the same time?

Writers contribute batches to one collection through several hub processes; a poller
goes on after the last instant it saw (`X-TAXII-Date-Added-Last`), as OpenCTI, MISP
and Splunk do. Whatever was acknowledged and never delivered is lost.
"""

import json
import sys
import threading
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from benchmarks.figures import Figures, parser, run, say
from benchmarks.measuring import sandbox

TAXII = "application/taxii+json;version=2.1"
DAY = "2026-01-01T00:00:00.000Z"
WRITERS = 8
BATCHES = 6
BATCH = 100
ROUNDS = 20
PROCESSES = 3
POLL_SECONDS = 0.01
QUIET_POLLS = 5
LIMITS = {"lost": ("<=", 0), "doubled": ("<=", 0), "rounds": (">=", ROUNDS)}


Value = TypeVar("Value")


@dataclass(slots=True)
class Round:
    """One race. `sent`: what the server acknowledged; `seen`: what the poller got."""

    url: str
    auth: tuple[str, str]
    plant: str = ""
    sent: set[str] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def lost(self) -> int:
        """Acknowledged and never delivered."""
        return len(self.sent - set(self.seen))

    @property
    def doubled(self) -> int:
        """Delivered more than once."""
        return sum(count > 1 for count in self.seen.values())

    def run(self, writers: int, batches: int) -> None:
        """Let them race; returns when the poller has heard nothing new for a while."""
        since = self._newest()
        poller = threading.Thread(target=self._guard, args=(self._poll, since))
        threads = [
            threading.Thread(target=self._guard, args=(self._write, batches))
            for _ in range(writers)
        ]
        poller.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.is_over.set()
        poller.join()
        if self.errors:
            raise RuntimeError(f"the race was not run to its end: {self.errors[:3]}")

    def _guard(self, work: Callable[[Value], None], value: Value) -> None:
        try:
            work(value)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            self.errors.append(repr(error))

    def _client(self) -> httpx.Client:
        return httpx.Client(auth=self.auth, headers={"Accept": TAXII}, timeout=120)

    def _newest(self) -> str:
        """Where the collection ends before the race."""
        last = "2020-01-01T00:00:00.000000Z"
        with self._client() as http:
            while True:
                params = {"added_after": last, "limit": "1000"}
                answer = http.get(f"{self.url}manifest/", params=params)
                if not answer.raise_for_status().json().get("objects"):
                    return last
                last = answer.headers["x-taxii-date-added-last"]

    def _write(self, batches: int) -> None:
        with self._client() as http:
            for _ in range(batches):
                objects = [indicator() for _ in range(BATCH)]
                answer = http.post(
                    f"{self.url}objects/",
                    content=json.dumps({"objects": objects}),
                    headers={"Content-Type": TAXII},
                )
                if answer.raise_for_status().json()["failure_count"] == 0:
                    self.sent.update(each["id"] for each in objects)

    def _poll(self, since: str) -> None:
        quiet = 0
        with self._client() as http:
            while quiet < QUIET_POLLS:
                was_over = self.is_over.is_set()
                answer = http.get(f"{self.url}objects/", params={"added_after": since})
                found = answer.raise_for_status().json().get("objects", [])
                if self.plant == "lose" and found:
                    found.pop()
                if self.plant == "double":
                    found += found[:1]
                self.seen.update(each["id"] for each in found)
                if "x-taxii-date-added-last" in answer.headers:
                    since = answer.headers["x-taxii-date-added-last"]
                    quiet = 0
                else:
                    quiet += was_over
                    time.sleep(POLL_SECONDS)


def indicator() -> dict[str, Any]:
    """An indicator of its own, which becomes a claim and an item of the feed too."""
    number = uuid4()
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number}",
        "created": DAY,
        "modified": DAY,
        "name": "race",
        "pattern": f"[domain-name:value = 'x{number.hex}.example']",
        "pattern_type": "stix",
        "valid_from": DAY,
    }


def measure(options: Namespace) -> Figures:
    """Race again and again on one hub."""
    lost = doubled = acknowledged = 0
    with sandbox(workers=options.processes) as hub:
        for number in range(1, options.rounds + 1):
            race = Round(hub.collection(), hub.user, options.plant)
            race.run(options.writers, BATCHES)
            lost, doubled = lost + race.lost, doubled + race.doubled
            acknowledged += len(race.sent)
            say(f"round {number}: {len(race.sent)} acknowledged, {race.lost} lost")
    return {
        # What is written is made for the race: there is no data to give.
        "data": "made for the race",
        "lost": lost,
        "doubled": doubled,
        "rounds": options.rounds,
        "acknowledged": acknowledged,
        "writers": options.writers,
        "processes": options.processes,
    }


def main(arguments: Sequence[str]) -> int:
    """Measure and tell; see `figures.run`."""
    options = parser(__doc__ or "")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--writers", type=int, default=WRITERS)
    options.add_argument("--processes", type=int, default=PROCESSES)
    return run("race", options.parse_args(arguments), measure, LIMITS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
