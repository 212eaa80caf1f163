"""Writers that report under load and write down what the hub has acknowledged.

Each writer is a member with a key of its own. It reports new values, values it has
reported before and values others report too, and withdraws some. When an answer does
not come it asks again with the same Idempotency-Key until one does, so that at the
end everything it sent is acknowledged exactly once, and the ledger says what must be.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx

from hanse.base.ids import MemberId

PATIENCE_SECONDS = 300.0
SHARED_VALUES = 20_000  # values that several writers may report
# How large a report is, and how often.
SIZES = ((60, 1, 5), (30, 20, 100), (10, 200, 1_000))


class Contradiction(Exception):
    """The hub answered something that contradicts what it had acknowledged."""


@dataclass(slots=True)
class Told:
    """One member's claim on one value, as acknowledged."""

    claim: UUID
    revision: int
    is_active: bool = True


@dataclass(slots=True)
class Ledger:
    """What one writer was acknowledged. Written by its own thread only."""

    member: MemberId
    claims: dict[str, Told] = field(default_factory=dict)
    reports: set[UUID] = field(default_factory=set)
    items: int = 0
    withdrawals: int = 0
    repeated: int = 0  # requests sent again because no answer came


class Writer(threading.Thread):
    """Reports until told to stop; `failure` is what it could not bear."""

    def __init__(
        self,
        url: str,
        key: str,
        ledger: Ledger,
        chance: Random,
        *,
        is_ahead: Callable[[], bool],
        plant: str = "",
    ) -> None:
        super().__init__(daemon=True)
        self.ledger = ledger
        self.failure: Exception | None = None
        self._url = url
        self._key = key
        self._chance = chance
        self._is_ahead = is_ahead
        self._plant = plant
        self._told = threading.Event()
        self._fresh = 0
        self._patience = PATIENCE_SECONDS

    def stop(self) -> None:
        """End once the present request is acknowledged."""
        self._told.set()

    def give_up(self) -> None:
        """End, acknowledged or not."""
        self._patience = 0.0
        self._told.set()

    def run(self) -> None:
        """The thread."""
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            with httpx.Client(headers=headers, timeout=20) as http:
                while not self._told.is_set():
                    self._step(http)
        except Exception as error:  # noqa: BLE001 - handed to the main thread
            self.failure = error

    def _step(self, http: httpx.Client) -> None:
        kind = self._chance.random()
        known = self.ledger.claims
        if kind < 0.08 and known:
            self._withdraw(http, self._chance.choice(list(known)[-200:]))
        elif kind < 0.16 and known:
            self._report(http, self._chance.sample(list(known)[-200:], 1))
        else:
            self._report(http, self._values(self._size()))

    def _size(self) -> int:
        if self._is_ahead():
            time.sleep(0.01)
            return self._chance.randint(1, 3)
        weights, least, most = zip(*SIZES, strict=True)
        which = self._chance.choices(range(len(SIZES)), weights)[0]
        return self._chance.randint(least[which], most[which])

    def _values(self, size: int) -> list[str]:
        values: dict[str, None] = {}
        for _ in range(size):
            if self._chance.random() < 0.2:
                value = (
                    f"http://shared-{self._chance.randrange(SHARED_VALUES)}.example/"
                )
            else:
                self._fresh += 1
                value = f"http://n{self._fresh}.{self.ledger.member.hex}.example/login"
            values[value] = None
        return list(values)

    def _report(self, http: httpx.Client, values: list[str]) -> None:
        body = {"items": [{"value": value, "kind": "url"} for value in values]}
        answer = self._send(http, "/v1/reports", body, 201).json()
        if self._plant == "double":
            self._send(http, "/v1/reports", body, 201)
        made = {each["value"]: each for each in answer["claims"]}
        if set(made) != set(values):
            raise Contradiction("an acknowledged report does not name all its values")
        self.ledger.reports.add(UUID(answer["report"]))
        self.ledger.items += len(values)
        for value in values:
            self._note(value, UUID(made[value]["claim"]), made[value]["revision"])

    def _note(self, value: str, claim: UUID, revision: int) -> None:
        known = self.ledger.claims.get(value)
        expected = 1 if known is None else known.revision + 1
        if self._plant != "double" and revision != expected:
            raise Contradiction(f"revision {revision} was told, {expected} is next")
        if known is not None and known.claim != claim:
            raise Contradiction("a second claim was made on the same value")
        self.ledger.claims[value] = Told(claim, expected)

    def _withdraw(self, http: httpx.Client, value: str) -> None:
        told = self.ledger.claims[value]
        if not told.is_active:
            return
        path = f"/v1/claims/{told.claim}/withdraw"
        self._send(http, path, {"reason": "no longer there"}, 204)
        told.revision, told.is_active = told.revision + 1, False
        self.ledger.withdrawals += 1

    def _send(
        self, http: httpx.Client, path: str, body: dict[str, Any], wanted: int
    ) -> httpx.Response:
        """Ask under one key until it is acknowledged."""
        headers = {"Idempotency-Key": str(uuid4())}
        began = time.monotonic()
        said = "nothing"
        while time.monotonic() - began < self._patience:
            try:
                answer = http.post(f"{self._url}{path}", json=body, headers=headers)
                if answer.status_code == wanted:
                    return answer
                said = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 500:
                    raise Contradiction(f"{path} answered {said}")
            except httpx.TransportError as error:
                said = type(error).__name__
            self.ledger.repeated += 1
            time.sleep(self._chance.uniform(0.02, 0.2))
        raise Contradiction(f"{path} was not acknowledged in time; it said {said}")
