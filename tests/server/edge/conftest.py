"""A real hub on a real port, and members whose edges follow it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from hanse.base.ids import MemberId
from hanse.edge import joining
from hanse.edge.pace import Pace
from hanse.edge.running import Edge
from hanse.edge.settings import Settings as EdgeSettings
from hanse.hub import folder
from hanse.membership.machines import edges
from hanse.membership.rights import Scope
from hanse.storage.tx import Database
from tests.server.membership.alliance import HUB, Alliance

COMMAND = "from hanse.cli.main import main; main()"
QUICK = Pace(
    first_wait=0.05, most_wait=0.3, slow_wait=0.3, ack=0.02, sightings=0.2, tick=0.05
)


@dataclass
class Hub:
    """A hub as its own process, started and stopped; its database stays."""

    alliance: Alliance
    folder: Path
    port: int
    database_url: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(
        self, end: signal.Signals = signal.SIGTERM
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HANSE_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", COMMAND, "hub", "serve"),
            env={
                **clean,
                "HANSE_DATA": str(self.folder / "hub"),
                "HANSE_DATABASE_URL": self.database_url,
                "HANSE_LISTEN": f"127.0.0.1:{self.port}",
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            await self._wait(process)
            yield process
        finally:
            process.send_signal(end)
            await asyncio.wait_for(process.wait(), 30)

    async def _wait(self, process: asyncio.subprocess.Process) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while process.returncode is None:
                try:
                    if (await client.get(f"{self.url}/health")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"the hub ended with {process.returncode}")

    def code(self, member: MemberId) -> str:
        with self.alliance.database.begin() as tx:
            return edges.make_code(tx, HUB, member, "till", self.url).text

    async def join(self, member: MemberId, name: str) -> Edge:
        """An edge of this member that has joined, not started."""
        folder = self.folder / name
        await asyncio.to_thread(self._join, member, folder)
        return self.edge(name)

    def edge(self, name: str) -> Edge:
        return Edge(EdgeSettings(data=self.folder / name), pace=QUICK)

    def _join(self, member: MemberId, folder: Path) -> None:
        code = joining.read_code(self.code(member))
        with httpx.Client() as client:
            joining.join(client, code, folder, name="")

    def teller(self, member: MemberId) -> "Teller":
        scopes = (Scope.REPORT, Scope.READ)
        return Teller(self.url, self.alliance.key(member, *scopes).text)


@dataclass
class Teller:
    """A member's program that reports over REST."""

    url: str
    key: str

    async def report(self, *values: str, **said: object) -> list[str]:
        """The claims made."""
        items = [{"value": value, **said} for value in values]
        answer = await self._post("/v1/reports", {"items": items})
        return [claim["claim"] for claim in answer.json()["claims"]]

    async def withdraw(self, claim: str) -> None:
        await self._post(f"/v1/claims/{claim}/withdraw", {"reason": "a mistake"})

    async def _post(self, path: str, body: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            answer = await client.post(self.url + path, json=body)
        assert answer.is_success, answer.text
        return answer


@pytest.fixture
def hub(database: Database, database_url: str, tmp_path: Path) -> Hub:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    # The keys are those of the fixtures `signer` and `secret`.
    ascending = bytes(range(32))
    folder.make(tmp_path / "hub", "hub.hanse.test/log", ascending, ascending[::-1])
    return Hub(Alliance.founded(database), tmp_path, port, database_url)
