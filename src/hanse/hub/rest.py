"""Circles over REST, with what their deeds mean for the feed (`admitting`)."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put

from hanse.base.ids import CircleId, MemberId
from hanse.hub import admitting
from hanse.membership import circles
from hanse.membership.caller import Caller
from hanse.membership.circles import Circle
from hanse.storage.once import Door

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class CircleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new circle, and who is in it from the start."""

    name_en: Name
    name_zh: Name
    purpose: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    members: Annotated[list[UUID], msgspec.Meta(max_length=1_000)] = []


@get("/v1/circles", sync_to_thread=True, tags=["circles"])
def list_circles(door: Door, caller: Caller) -> list[Circle]:
    """The circles one is in; all for operator and overseers."""
    with door.read() as tx:
        return circles.list_circles(tx, caller)


@post("/v1/circles", sync_to_thread=True, tags=["circles"])
def open_circle(door: Door, caller: Caller, data: CircleBody) -> Circle:
    """A new circle (operator)."""
    return door.once(
        Circle,
        lambda tx: admitting.open_circle(
            tx,
            caller,
            name_en=data.name_en,
            name_zh=data.name_zh,
            purpose=data.purpose,
            members=[MemberId(member) for member in data.members],
        ),
    )


@get("/v1/circles/{circle_id:uuid}", sync_to_thread=True, tags=["circles"])
def get_circle(door: Door, caller: Caller, circle_id: UUID) -> Circle:
    """One circle."""
    with door.read() as tx:
        return circles.get_circle(tx, caller, CircleId(circle_id))


@put(
    "/v1/circles/{circle_id:uuid}/members/{member_id:uuid}",
    sync_to_thread=True,
    tags=["circles"],
)
def join_circle(door: Door, caller: Caller, circle_id: UUID, member_id: UUID) -> Circle:
    """Take a member in (operator); it hears what the circle was told before too."""
    with door.database.begin() as tx:
        return admitting.join_circle(
            tx, caller, CircleId(circle_id), MemberId(member_id)
        )


@delete(
    "/v1/circles/{circle_id:uuid}/members/{member_id:uuid}",
    sync_to_thread=True,
    tags=["circles"],
)
def leave_circle(door: Door, caller: Caller, circle_id: UUID, member_id: UUID) -> None:
    """A member goes (operator, the member's own admins)."""
    with door.database.begin() as tx:
        admitting.leave_circle(tx, caller, CircleId(circle_id), MemberId(member_id))


@post(
    "/v1/circles/{circle_id:uuid}/close",
    sync_to_thread=True,
    status_code=200,
    tags=["circles"],
)
def close_circle(door: Door, caller: Caller, circle_id: UUID) -> Circle:
    """Nobody hears anything through it any more (operator). For good."""
    circle = CircleId(circle_id)
    return door.once(Circle, lambda tx: admitting.close_circle(tx, caller, circle))


HANDLERS = [
    list_circles,
    open_circle,
    get_circle,
    join_circle,
    leave_circle,
    close_circle,
]
