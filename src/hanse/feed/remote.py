"""The edge's client of the hub's feed: batches, the stream, acks, sightings.

It carries bytes and says what went wrong in the trade's words: the hub is away,
access has ended, the cursor is not known, the answer cannot be read. It believes
nothing: whoever calls verifies what comes back (`hanse.edge.verifying`).

One object per edge and one connection pool per `httpx.AsyncClient`; many edges may
share a process. No redirect is followed, so that a key never goes elsewhere, and no
answer is read beyond `MAX_ANSWER_BYTES`.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import NewType, TypeVar

import httpx
import msgspec

from hanse import __version__
from hanse.base.errors import Forbidden, Malformed, Refusal
from hanse.feed.wire import WireBatch

MAX_ANSWER_BYTES = 64 * 1024 * 1024  # 5,000 items of 8 kB, and room
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
SILENCE_SECONDS = 30.0  # the hub says something every 10 s

FeedCursor = NewType("FeedCursor", str)
START = FeedCursor("")

_ENDED = (401, 403)
_LATER = (408, 425, 429)


class HubAway(Refusal):
    """The hub cannot be reached, or says that it cannot answer now."""

    code = "feed.hub_away"
    status = 503


class AccessEnded(Forbidden):
    """The hub no longer lets this edge in."""

    code = "feed.access_ended"


class AnswerMalformed(Malformed):
    """The hub's answer does not read as what was asked for."""

    code = "feed.answer_malformed"
    status = 502


class CursorLost(Refusal):
    """The hub does not know the cursor: read again from the start."""

    code = "feed.cursor_unknown"


class RequestRefused(Refusal):
    """The hub understood the request and will never take it."""

    code = "feed.request_refused"


class Ping(msgspec.Struct, frozen=True):
    """The hub is there and has nothing for this edge up to `next`."""

    next: str


class Sighting(msgspec.Struct, frozen=True):
    """How often a value was met; never by whom, never the address checked."""

    kind: str
    value: str
    count: int
    first_seen: datetime
    last_seen: datetime


class _Goodbye(msgspec.Struct, frozen=True):
    reason: str = ""


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""
    code: str = ""


class _Proof(msgspec.Struct, frozen=True):
    proof: list[bytes]


_T = TypeVar("_T")
_batches = msgspec.json.Decoder(WireBatch)
_pings = msgspec.json.Decoder(Ping)
_goodbyes = msgspec.json.Decoder(_Goodbye)
_problems = msgspec.json.Decoder(_Problem)
_proofs = msgspec.json.Decoder(_Proof)


class HubFeed:
    """The feed of one hub, asked with one edge's key."""

    def __init__(self, client: httpx.AsyncClient, hub_url: str, key: str) -> None:
        self._client = client
        self._url = hub_url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"}

    async def batch(self, cursor: FeedCursor, limit: int) -> WireBatch:
        """The next items after `cursor`."""
        asked: dict[str, str | int] = {"cursor": cursor, "limit": limit}
        answer = await self._ask("GET", "/v1/feed", params=asked)
        return _read(_batches, answer)

    async def stream(self, cursor: FeedCursor) -> AsyncIterator[WireBatch | Ping]:
        """What the hub pushes after `cursor`, until one of the two hangs up.

        Raises AccessEnded when the hub says goodbye, HubAway when it falls silent.
        """
        events = _Events()
        try:
            async with self._client.stream(
                "GET",
                f"{self._url}/v1/feed/stream",
                params={"cursor": cursor},
                headers={**self._headers, "accept": "text/event-stream"},
                timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            ) as response:
                if response.status_code != httpx.codes.OK:
                    _refuse(response.status_code, await _read_bounded(response))
                async for chunk in response.aiter_bytes():
                    for name, data in events.feed(chunk):
                        yield _read_event(name, data)
        except httpx.HTTPError as error:
            raise _away(error) from error
        raise HubAway("The hub closed the stream; connect to it again.")

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the log of size `new` continues that of size `old`."""
        asked = {"old": old, "new": new}
        answer = await self._ask("GET", "/v1/log/consistency", params=asked)
        return _read(_proofs, answer).proof

    async def acknowledge(self, cursor: FeedCursor) -> None:
        """Tell the hub that everything before `cursor` is enforced here."""
        said = {"cursor": cursor, "version": __version__}
        await self._ask("POST", "/v1/feed/ack", content=_json(said))

    async def send_sightings(self, batch_id: str, sightings: bytes) -> None:
        """Hand over a batch made by `write_sightings`; safe to repeat with its id."""
        await self._ask(
            "POST",
            "/v1/sightings",
            content=sightings,
            headers={"idempotency-key": batch_id},
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        more = {"content-type": "application/json"} if content is not None else {}
        try:
            async with self._client.stream(
                method,
                self._url + path,
                params=params,
                content=content,
                headers={**self._headers, **more, **(headers or {})},
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            ) as response:
                answer = await _read_bounded(response)
        except httpx.HTTPError as error:
            raise _away(error) from error
        if not response.is_success:
            _refuse(response.status_code, answer)
        return answer


def write_sightings(sightings: list[Sighting]) -> bytes:
    """The body of a sightings request."""
    return _json({"sightings": sightings})


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)


async def _read_bounded(response: httpx.Response) -> bytes:
    answer = bytearray()
    async for chunk in response.aiter_bytes():
        answer += chunk
        if len(answer) > MAX_ANSWER_BYTES:
            raise AnswerMalformed(_too_long())
    return bytes(answer)


def _read(decoder: msgspec.json.Decoder[_T], answer: bytes) -> _T:
    try:
        return decoder.decode(answer)
    except msgspec.MsgspecError as error:
        raise AnswerMalformed(
            f"The hub's answer cannot be read ({error}). Check that the address is "
            "that of a Hanse hub and that edge and hub are of matching versions."
        ) from error


def _read_event(name: str, data: bytes) -> WireBatch | Ping:
    match name:
        case "batch":
            return _read(_batches, data)
        case "ping":
            return _read(_pings, data)
        case "bye":
            reason = _read(_goodbyes, data).reason or "no reason was given"
            raise AccessEnded(
                f"The hub ended this edge's access ({reason}). What was enforced stays "
                "enforced and ages; ask the alliance's operator."
            )
    raise AnswerMalformed(
        "The hub's stream holds an event that is not batch, ping or bye. Update the "
        "edge if the hub is newer."
    )


def _refuse(status: int, answer: bytes) -> None:
    try:
        problem = _problems.decode(answer)
    except msgspec.MsgspecError:
        problem = _Problem()
    said = problem.detail[:300] or f"HTTP status {status}"
    if status in _ENDED:
        raise AccessEnded(
            f"The hub does not let this edge in: {said} What was enforced stays "
            "enforced and ages; ask the alliance's operator."
        )
    if problem.code == CursorLost.code:
        raise CursorLost("The hub does not know this edge's place in the feed.")
    if status >= 500 or status in _LATER or 300 <= status < 400:
        raise HubAway(f"The hub cannot answer now ({said}).")
    raise RequestRefused(f"The hub refused the request: {said}")


def _away(error: httpx.HTTPError) -> HubAway:
    said = type(error).__name__
    return HubAway(f"The hub cannot be reached ({said}): check network and address.")


def _too_long() -> str:
    return f"The hub's answer is longer than {MAX_ANSWER_BYTES} bytes."


class _Events:
    """Server-sent events out of chunks (WHATWG HTML, 9.2), comments left out.

    Lines end with LF or CRLF; an event may come in any number of chunks.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._name = "message"
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[tuple[str, bytes]]:
        self._rest += chunk
        if len(self._rest) > MAX_ANSWER_BYTES:
            raise AnswerMalformed(_too_long())
        if b"\n" not in chunk:
            return
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            event = self._take(line.removesuffix(b"\r"))
            if event is not None:
                yield event

    def _take(self, line: bytes) -> tuple[str, bytes] | None:
        if not line:
            name, data = self._name, b"\n".join(self._data)
            self._name, self._data = "message", []
            return (name, data) if data else None
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"data":
            self._data.append(value)
        return None
