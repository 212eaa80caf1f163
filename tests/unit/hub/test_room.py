"""Room for bodies: claimed, refused, given back; and the time a body may take."""

import asyncio
from typing import Any

import pytest

from hanse.hub.room import LARGEST_BYTES, SMALL_BYTES, BodyRoom, Room, TooBusy, TooSlow


def scope(*headers: tuple[bytes, bytes]) -> Any:
    return {"type": "http", "headers": list(headers), "state": {}}


def said(length: int) -> tuple[bytes, bytes]:
    return b"content-length", str(length).encode()


def test_room_is_claimed_until_it_is_released() -> None:
    room = Room(size=1_000_000)
    first, second = scope(said(600_000)), scope(said(600_000))
    room.claim(first)
    with pytest.raises(TooBusy):
        room.claim(second)
    room.release(second)  # it claimed nothing
    room.release(first)
    room.release(first)
    assert room.taken == 0
    room.claim(second)
    assert room.taken == 600_000


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ([], 0),
        ([said(SMALL_BYTES)], 0),
        ([said(SMALL_BYTES + 1)], SMALL_BYTES + 1),
        ([said(10**15)], LARGEST_BYTES),
        ([(b"content-length", b"-1")], 0),
        ([(b"transfer-encoding", b"chunked")], LARGEST_BYTES),
    ],
)
def test_a_body_takes_what_it_says_and_without_a_word_the_most(
    headers: list[tuple[bytes, bytes]], taken: int
) -> None:
    room = Room()
    room.claim(scope(*headers))
    assert room.taken == taken


async def _reading(messages: list[dict[str, Any]], seconds: float) -> list[Any]:
    """What an application receives that asks twice, with a pause that is too long."""
    room, told, seen = Room(), iter(messages), []

    async def receive() -> Any:
        message = next(told, None)
        if message is None:
            await asyncio.sleep(10 * seconds)
            return {"type": "http.disconnect"}
        return message

    async def application(scope: Any, receive: Any, send: Any) -> None:
        room.claim(scope)
        seen.extend([await receive(), await receive()])

    here = scope(said(100_000))
    try:
        await BodyRoom(room, seconds).handle(here, receive, None, application)  # type: ignore[arg-type]
    finally:
        assert room.taken == 0
    return seen


def test_a_slow_body_is_refused_and_its_room_given_back() -> None:
    part = {"type": "http.request", "body": b"x", "more_body": True}
    with pytest.raises(TooSlow, match="within 0 seconds"):
        asyncio.run(_reading([part], 0.02))


def test_a_stream_may_wait_for_its_end_as_long_as_it_likes() -> None:
    whole = {"type": "http.request", "body": b"x", "more_body": False}
    seen = asyncio.run(_reading([whole], 0.02))
    assert seen[1]["type"] == "http.disconnect"
