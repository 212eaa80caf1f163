"""Plays the scenario with real parts: a hub's REST, five edges with HTTP of their own.

Each edge has its own folder, store, key and connection; they share this process. What
is measured runs from the reporter's request being sent to the last edge's own
`POST /v1/check` giving the answer it must.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from hanse.audit.findings import Report
from hanse.audit.verify import verify_export
from hanse.client import HubClient
from hanse.demo.alliance import Cast
from hanse.demo.house import Hub, free_port
from hanse.demo.scenario import Deed, Scene
from hanse.edge import joining
from hanse.edge.app import served
from hanse.edge.running import Edge
from hanse.edge.settings import Listen, Settings

PATIENCE_SECONDS = 15.0
SETTLE_SECONDS = 0.3  # how long those who must not hear are watched
ASK_EVERY_SECONDS = 0.01
LIMIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DemoEdge:
    """A running edge of the demo."""

    slug: str
    edge: Edge
    url: str


@dataclass(frozen=True, slots=True)
class Played:
    """How a scene went. `seconds`: until the last edge answered as it must."""

    scene: Scene
    seconds: float | None
    verdicts: dict[str, str]
    problem: str = ""

    @property
    def is_as_it_must(self) -> bool:
        """Whether every edge, also those that must not hear, answered rightly."""
        return self.seconds is not None and not self.problem


@asynccontextmanager
async def edges_of(
    cast: Cast, folder: Path | None = None
) -> AsyncIterator[list[DemoEdge]]:
    """Every member's edge, enrolled with its code, caught up and serving."""
    async with AsyncExitStack() as stack:
        place = folder
        if place is None:
            made = tempfile.TemporaryDirectory(prefix="hanse-edges-")
            place = Path(stack.enter_context(made))
        running = []
        for slug, code in cast.codes.items():
            data = place / slug
            await asyncio.to_thread(_join, code, data, f"{slug}-edge")
            listen = Listen("127.0.0.1", free_port())
            settings = Settings(
                data=data,
                listen=listen,
                is_open_on_loopback=True,
                sightings_seconds=2.0,
            )
            edge = await stack.enter_async_context(Edge(settings))
            await stack.enter_async_context(served(edge, listen))
            running.append(DemoEdge(slug, edge, listen.url))
        for each in running:
            await each.edge.caught_up(PATIENCE_SECONDS)
        yield running


def _join(code: str, data: Path, name: str) -> None:
    with httpx.Client(timeout=30) as client:
        joining.join(client, joining.read_code(code), data, name=name)


@dataclass(slots=True)
class Stage:
    """The hub, the edges, and what has been claimed so far."""

    hub: Hub
    cast: Cast
    edges: Sequence[DemoEdge]
    claims: dict[tuple[str, str], str] = field(default_factory=dict)

    async def play(self, scene: Scene) -> Played:
        """Do the deed, then ask every edge until it answers as it must."""
        limits = httpx.Limits(max_connections=20)
        async with httpx.AsyncClient(timeout=10, limits=limits) as http:
            started = time.perf_counter()
            await self._do(http, scene)
            seconds = await self._until(http, scene, started)
            await asyncio.sleep(SETTLE_SECONDS if len(scene.at) < 5 else 0)
            verdicts = {e.slug: await _ask(http, e, scene) for e in self.edges}
        expected = {
            e.slug: scene.verdict if e.slug in scene.at else scene.otherwise
            for e in self.edges
        }
        wrong = [slug for slug, v in verdicts.items() if v != expected[slug]]
        problem = f"wrong answer at {', '.join(wrong)}" if wrong else ""
        return Played(scene, seconds, verdicts, problem)

    async def _do(self, http: httpx.AsyncClient, scene: Scene) -> None:
        headers = {"Authorization": f"Bearer {self.cast.keys[scene.by]}"}
        if scene.deed is Deed.WITHDRAW:
            claim = self.claims[scene.by, scene.value]
            response = await http.post(
                f"{self.hub.url}/v1/claims/{claim}/withdraw",
                json={"reason": "the page was taken down"},
                headers=headers,
            )
            response.raise_for_status()
            return
        item: dict[str, Any] = {"value": scene.pasted or scene.value, **scene.said}
        if not scene.pasted:
            item["kind"] = scene.kind
        if scene.in_circle:
            item["circles"] = [str(self.cast.circle)]
        if scene.imitates:
            item["brand"] = str(self.cast.brands[scene.imitates])
        response = await http.post(
            f"{self.hub.url}/v1/reports", json={"items": [item]}, headers=headers
        )
        response.raise_for_status()
        made = response.json()["claims"][0]
        self.claims[scene.by, scene.value] = made["claim"]

    async def _until(
        self, http: httpx.AsyncClient, scene: Scene, started: float
    ) -> float | None:
        waiting = [e for e in self.edges if e.slug in scene.at]
        while waiting:
            if time.perf_counter() - started > PATIENCE_SECONDS:
                return None
            answers = [await _ask(http, each, scene) for each in waiting]
            waiting = [
                each
                for each, verdict in zip(waiting, answers, strict=True)
                if verdict != scene.verdict
            ]
            if waiting:
                await asyncio.sleep(ASK_EVERY_SECONDS)
        return time.perf_counter() - started


async def _ask(http: httpx.AsyncClient, edge: DemoEdge, scene: Scene) -> str:
    response = await http.post(
        f"{edge.url}/v1/check",
        json={"items": [{"kind": scene.kind, "value": scene.value}]},
    )
    response.raise_for_status()
    return str(response.json()["results"][0]["verdict"])


def prove(hub: Hub, cast: Cast, pinned_vkey: str, file: Path) -> Report:
    """Export the log as the operator would and verify it offline."""
    with HubClient(hub.url, cast.operator_key, timeout=120) as client:
        client.export_log(file)
    with file.open("rb") as stream:
        return verify_export(stream, pinned_vkey)


def sightings_of(hub: Hub, cast: Cast, value: str) -> int:
    """How many hits on a value the hub has heard of."""
    with HubClient(hub.url, cast.operator_key) as client:
        found = next(iter(client.indicators(q=value, status="all")), None)
        if found is None:
            return 0
        hits = client.indicator(found["indicator"])["sightings"]
    return sum(each["count"] for each in hits)


async def keep_reporting(
    stage: Stage, chance: Random, tell: Callable[[str, str], None]
) -> None:
    """A quiet stream of invented reports, so that a viewer sees things move."""
    slugs = list(stage.cast.keys)
    async with httpx.AsyncClient(timeout=10) as http:
        while True:
            await asyncio.sleep(chance.uniform(4, 9))
            by, imitated = chance.choice(slugs), chance.choice(slugs)
            word = chance.choice(["refund", "parcel", "voucher", "verify", "bonus"])
            value = f"http://{imitated}-{word}{chance.randrange(1000)}.example/login"
            item = {
                "value": value,
                "category": "phishing",
                "confidence": chance.randrange(60, 96),
                "brand": str(stage.cast.brands[imitated]),
            }
            key = stage.cast.keys[by]
            response = await http.post(
                f"{stage.hub.url}/v1/reports",
                json={"items": [item]},
                headers={"Authorization": f"Bearer {key}"},
            )
            if response.is_success:
                tell(by, value)
