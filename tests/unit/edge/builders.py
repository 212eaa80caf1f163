"""Edges to test with: joined folders, fast paces, a clock one can turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from hanse.edge import identity
from hanse.edge.claims import claims_of
from hanse.edge.identity import Identity, Party
from hanse.edge.local import Local
from hanse.edge.pace import Pace
from hanse.edge.running import Edge
from hanse.edge.settings import Settings
from tests.unit.edge.simulated_hub import MORNING, MemberFeed, SimulatedHub

FAST = Pace(
    first_wait=0.01, most_wait=0.05, slow_wait=0.05, ack=0.01, sightings=0.05, tick=0.02
)


@dataclass(slots=True)
class Clock:
    """Stands still until it is turned."""

    now: datetime = MORNING + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def joined(folder: Path, hub: SimulatedHub, **changed: str) -> Path:
    """A folder whose edge has joined this hub."""
    fields = {
        "hub_url": "http://127.0.0.1:1",
        "origin": hub.signer.name,
        "vkey": hub.signer.public,
        "edge_id": "e-1",
        "key": "hanse_aaaaaaaaaa_" + "x" * 43,
        "name": "till",
        **changed,
    }
    identity.save(
        folder,
        Identity(
            **fields,
            member=Party(name="Lantern Shop"),
            alliance=Party(name="Harbour Alliance"),
        ),
    )
    return folder


def an_edge(
    folder: Path,
    hub: SimulatedHub,
    *,
    member: str = "ours",
    feed: MemberFeed | None = None,
    clock: Clock | None = None,
    most_new_blocks: int | None = 5_000,
    catch_up_limit: int = 2_000,
    pace: Pace = FAST,
) -> Edge:
    """An edge of this member, not started."""
    if not identity.is_joined(folder):
        joined(folder, hub)
    settings = Settings(
        data=folder,
        most_new_blocks_per_hour=most_new_blocks,
        catch_up_limit=catch_up_limit,
    )
    return Edge(
        settings,
        feed=feed or MemberFeed(hub, member),
        clock=clock or Clock(),
        chance=Random(1),
        pace=pace,
    )


def held_by(local: Local) -> dict[UUID, tuple[str, int]]:
    """What an edge holds, in the words of `SimulatedHub.held_by`."""
    held = {}
    for row in local.mirror(0, 1_000_000):
        (body,) = claims_of([row.body])
        key = f"{body.observable_kind}:{body.value}"
        held[UUID(str(body.claim))] = (key, body.confidence)
    return held
