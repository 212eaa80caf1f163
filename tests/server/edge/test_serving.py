"""`hanse edge join`, `serve` and `hanse check` as processes, against a real hub."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.server.edge.conftest import COMMAND, Hub

PAGE = "https://login.lotus-refund.example/pay"


class Commands:
    """The command line in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HANSE_")}
        self.environment = {
            **clean,
            "HANSE_EDGE_DATA": str(folder),
            "HANSE_EDGE_LISTEN": f"127.0.0.1:{port}",
        }

    async def start(
        self, *words: str, stderr: int | None = None
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", COMMAND, *words),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )

    async def run(self, *words: str) -> tuple[int | None, str]:
        process = await self.start(*words, stderr=asyncio.subprocess.STDOUT)
        said, _ = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, said.decode()

    async def check_until(self, status: int) -> str:
        """Ask until the exit status is this one."""
        async with asyncio.timeout(60):
            while True:
                found, said = await self.run("check", PAGE)
                if found == status:
                    return said


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_edge_joins_serves_checks_survives_a_kill_and_stops(hub: Hub):
    async def play() -> None:
        lotus, crane = hub.alliance.member("Lotus"), hub.alliance.member("Crane")
        commands = Commands(hub.folder / "edge")
        async with hub.running():
            joined = await commands.run("edge", "join", hub.code(crane))
            assert joined[0] == 0, joined
            assert "Joined Lotus Alliance as an edge of Crane." in joined[1]

            edge = await commands.start("edge", "serve")
            assert (await line(edge)).startswith("Edge of Crane: http://127.0.0.1:")
            await hub.teller(lotus).report(PAGE, confidence=90)
            said = await commands.check_until(1)
            assert "Lotus: phishing, confidence 90" in said
            assert "hub connected" in said

            edge.send_signal(signal.SIGKILL)
            await edge.wait()
            said = await commands.check_until(1)
            assert "hub stopped" in said

            again = await commands.start("edge", "serve")
            await line(again)
            assert "hub connected" in await commands.check_until(1)
            twice = await commands.run("edge", "serve")
            assert twice[0] == 1
            assert "is running with the folder" in twice[1]
            status = await commands.run("edge", "status")
            assert "1 claims on 1 values" in status[1]

            again.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(again.wait(), 15) == 0

    asyncio.run(play())
