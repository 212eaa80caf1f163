"""What an edge says of itself: the position under every answer, and its status.

`at` is when something verified last came from the hub and `age_seconds` how long
that is ago: an answer given while the hub is away says so.
"""

from datetime import datetime

import msgspec

from hanse import __version__
from hanse.edge import brake as braking
from hanse.edge import policy
from hanse.edge.applying import Standing
from hanse.edge.identity import Identity
from hanse.edge.link import Link
from hanse.edge.local import Local
from hanse.edge.policy import FileList
from hanse.edge.settings import Settings


class Position(msgspec.Struct, frozen=True):
    """Where in the feed an answer stands. `age_seconds` is None before the first."""

    cursor: str
    size: int
    at: datetime | None
    age_seconds: float | None
    hub: str


class HubStatus(msgspec.Struct, frozen=True):
    """How it stands with the hub."""

    url: str
    origin: str
    state: str
    since: datetime
    detail: str


class BrakeStatus(msgspec.Struct, frozen=True):
    """What the brake does. `limit` None means unlimited."""

    is_watch_only: bool
    limit: int | None
    new_blocks_last_hour: int
    held: int
    never_block: int
    never_block_file_faults: tuple[int, ...]


class Status(msgspec.Struct, frozen=True):
    """All of it; `warnings` are sentences a person should read."""

    version: str
    edge_id: str
    name: str
    member: str
    alliance: str
    position: Position
    hub: HubStatus
    applied_at: datetime | None
    caught_up_at: datetime | None
    values: int
    claims: int
    unreadable_items: int
    hits_waiting: int
    hits_refused: int
    brake: BrakeStatus
    warnings: tuple[str, ...]


def position_of(standing: Standing, link: Link, now: datetime) -> Position:
    """The position under an answer given now."""
    at, age = standing.heard_at, None
    if at is not None:
        age = max(0.0, round((now - at).total_seconds(), 3))
    return Position(standing.cursor, standing.head.size, at, age, link.label)


def status_of(
    identity: Identity,
    local: Local,
    position: Position,
    standing: Standing,
    link: Link,
    *,
    file: FileList,
    settings: Settings,
    now: datetime,
) -> Status:
    """Everything a person wants to know of an edge."""
    values, claims, held = local.count()
    waiting, refused = local.count_hits()
    brake = policy.brake_of(local)
    braked = BrakeStatus(
        is_watch_only=brake.is_watch_only,
        limit=brake.limit_or(settings.most_new_blocks_per_hour),
        new_blocks_last_hour=braking.spent(brake, now),
        held=held,
        never_block=len(local.never_block()) + len(file.entries),
        never_block_file_faults=file.faulty_lines,
    )
    hub = HubStatus(
        identity.hub_url, identity.origin, link.state.value, link.since, link.detail
    )
    return Status(
        version=__version__,
        edge_id=identity.edge_id,
        name=identity.name,
        member=identity.member.label,
        alliance=identity.alliance.label,
        position=position,
        hub=hub,
        applied_at=standing.applied_at,
        caught_up_at=standing.caught_up_at,
        values=values,
        claims=claims,
        unreadable_items=standing.unreadable,
        hits_waiting=waiting,
        hits_refused=refused,
        brake=braked,
        warnings=_warnings(link, braked, standing, refused),
    )


def _warnings(
    link: Link, brake: BrakeStatus, standing: Standing, hits_refused: int
) -> tuple[str, ...]:
    found = []
    if link.detail:
        found.append(link.detail)
    if brake.is_watch_only:
        found.append("This edge is set to watch only: it blocks nothing.")
    if brake.held:
        found.append(
            f"The brake holds {brake.held} values: more new blocks came in an hour "
            "than it allows. Look at them with `hanse edge brake show`, enforce them "
            "with `hanse edge brake release`."
        )
    if brake.never_block_file_faults:
        lines = ", ".join(str(line) for line in brake.never_block_file_faults[:10])
        found.append(f"The file {policy.FILE} has lines not understood: {lines}.")
    if standing.unreadable:
        found.append(
            f"{standing.unreadable} items of the feed are of a kind this version does "
            "not know; update the edge."
        )
    if hits_refused:
        found.append(f"The hub refused {hits_refused} batches of sightings.")
    return tuple(found)
