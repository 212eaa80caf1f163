"""The edge's client of the feed: what each answer of the hub means."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.base.errors import Refusal
from hanse.feed import remote, wire
from hanse.feed.remote import (
    START,
    AccessEnded,
    AnswerMalformed,
    CursorLost,
    HubAway,
    HubFeed,
    Ping,
    RequestRefused,
)
from hanse.feed.wire import WireBatch, WireItem

BATCH = WireBatch((WireItem(3, b"s" * 16, '{"a":"é"}'),), (b"p",), "note", "c2")

Answer = Callable[[httpx.Request], httpx.Response]


def a_feed(answer: Answer) -> HubFeed:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return HubFeed(client, "https://hub.example/", "hanse_key")


def events(*chunks: bytes) -> list[WireBatch | Ping]:
    """What the stream yields before it ends."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    found: list[WireBatch | Ping] = []

    async def read() -> None:
        feed = a_feed(lambda _: httpx.Response(200, content=body()))
        async for event in feed.stream(START):
            found.append(event)  # noqa: PERF401 - kept when the stream breaks

    with pytest.raises(HubAway, match="closed the stream"):
        asyncio.run(read())
    return found


def test_a_batch_is_asked_for_with_key_cursor_and_limit():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=wire.encode(BATCH))

    batch = asyncio.run(a_feed(answer).batch(remote.FeedCursor("c 1"), 50))

    assert batch == BATCH
    assert str(seen[0].url) == "https://hub.example/v1/feed?cursor=c+1&limit=50"
    assert seen[0].headers["authorization"] == "Bearer hanse_key"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(401), AccessEnded),
        (httpx.Response(403, json={"detail": "The member is suspended."}), AccessEnded),
        (httpx.Response(400, json={"code": "feed.cursor_unknown"}), CursorLost),
        (httpx.Response(422, json={"code": "other", "detail": "no"}), RequestRefused),
        (httpx.Response(429), HubAway),
        (httpx.Response(500, text="<html>"), HubAway),
        (httpx.Response(503), HubAway),
        (httpx.Response(302, headers={"location": "https://evil.example"}), HubAway),
        (httpx.Response(200, text="<html>"), AnswerMalformed),
        (httpx.Response(200, json={"items": 7}), AnswerMalformed),
    ],
)
def test_what_each_answer_means(response: httpx.Response, error: type[Refusal]):
    with pytest.raises(error):
        asyncio.run(a_feed(lambda _: response).batch(START, 1))


def test_a_broken_line_means_the_hub_is_away():
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    with pytest.raises(HubAway):
        asyncio.run(a_feed(broken).batch(START, 1))


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote, "MAX_ANSWER_BYTES", 100_000)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    with pytest.raises(AnswerMalformed, match="longer than"):
        asyncio.run(
            a_feed(lambda _: httpx.Response(200, content=endless())).batch(START, 1)
        )


def test_sightings_bear_their_id():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202)

    asyncio.run(a_feed(answer).send_sightings("b-1", b'{"sightings":[]}'))

    assert seen[0].headers["idempotency-key"] == "b-1"
    assert seen[0].content == b'{"sightings":[]}'


# --- server-sent events ------------------------------------------------------------

STREAM = (
    b": welcome\n\n"
    b"event: batch\ndata: " + wire.encode(BATCH) + b"\n\n"
    b'event: ping\ndata: {"next":"c3"}\n\n'
)


def test_batches_and_pings_come_out_of_the_stream():
    assert events(STREAM) == [BATCH, Ping("c3")]
    assert events(STREAM.replace(b"\n", b"\r\n")) == [BATCH, Ping("c3")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]):
    at = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in pairwise(at)]

    assert events(*chunks) == [BATCH, Ping("c3")]


def test_goodbye_ends_access_with_its_reason():
    async def read() -> None:
        said = b'event: bye\ndata: {"reason":"suspended"}\n\n'
        feed = a_feed(lambda _: httpx.Response(200, content=said))
        async for _ in feed.stream(START):
            pass

    with pytest.raises(AccessEnded, match="suspended"):
        asyncio.run(read())


@pytest.mark.parametrize(
    "said", [b"event: batch\ndata: {\n\n", b"event: strange\ndata: 1\n\n"]
)
def test_an_event_that_cannot_be_read_is_refused(said: bytes):
    async def read() -> None:
        feed = a_feed(lambda _: httpx.Response(200, content=said))
        async for _ in feed.stream(START):
            pass

    with pytest.raises(AnswerMalformed):
        asyncio.run(read())


@pytest.mark.parametrize("status", [401, 403])
def test_a_stream_that_is_not_let_in_has_ended(status: int):
    async def read() -> None:
        async for _ in a_feed(lambda _: httpx.Response(status)).stream(START):
            pass

    with pytest.raises(AccessEnded):
        asyncio.run(read())


def test_the_wire_shape_is_the_hub_s():
    decoded = msgspec.json.decode(wire.encode(BATCH))
    assert decoded["items"][0] == {
        "seq": 3,
        "salt": "c3Nzc3Nzc3Nzc3Nzc3Nzcw==",
        "body": '{"a":"é"}',
    }
