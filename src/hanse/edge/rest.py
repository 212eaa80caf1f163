"""The edge over HTTP: check, status, mirror, and the brake.

JSON in, one deed, JSON out. A request may ask for up to `MAX_ITEMS` values; each is
answered on its own, and one that cannot be read gets an error of its own.
"""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import delete, get, post, put
from litestar.datastructures import State
from litestar.params import JSONBody, Parameter

from hanse.base.errors import Malformed, Refusal, TooLarge
from hanse.edge import policy
from hanse.edge.access import needs
from hanse.edge.claims import Reason
from hanse.edge.keys import Scope
from hanse.edge.problem import Problem, of_refusal
from hanse.edge.result import Match, Verdict
from hanse.edge.running import Edge
from hanse.edge.status import BrakeStatus, Position, Status
from hanse.feed.item import ClaimBody, decode

MAX_ITEMS = 1_000
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_PAGE = 5_000
_BITE = 50  # items answered before others get their turn: some 1 to 2 ms


class ItemMalformed(Malformed):
    """One of the items asked about cannot be read."""

    code = "edge.item_malformed"


class TooManyItems(TooLarge):
    """More items than one request may ask about."""

    code = "edge.too_many_items"


class AskedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `url`, or `kind` and `value`."""

    url: str | None = None
    kind: str | None = None
    value: str | None = None


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Items (see `AskedItem`), or one `url`, or one `kind` and `value`."""

    items: list[Any] | None = None
    url: str | None = None
    kind: str | None = None
    value: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What `checking.Result` says, or only `error`: why this item has no answer."""

    verdict: Verdict | msgspec.UnsetType = msgspec.UNSET
    score: int | msgspec.UnsetType = msgspec.UNSET
    reasons: tuple[Reason, ...] | msgspec.UnsetType = msgspec.UNSET
    matched: Match | msgspec.UnsetType | None = msgspec.UNSET
    claims: tuple[ClaimBody, ...] | msgspec.UnsetType = msgspec.UNSET
    error: Problem | msgspec.UnsetType = msgspec.UNSET


class Answers(msgspec.Struct, frozen=True):
    """One result for each item, in the order asked, and where they stand."""

    results: list[Answer]
    position: Position


class MirrorEntry(msgspec.Struct, frozen=True):
    """A claim as this edge holds it, and its place in the log."""

    seq: int
    claim: ClaimBody


class Mirror(msgspec.Struct, frozen=True):
    """Claims in force; read on with `next` until `more` is false."""

    claims: list[MirrorEntry]
    next: str
    more: bool


class HeldValue(msgspec.Struct, frozen=True):
    """A value that the brake lets be watched only."""

    key: str
    since: str


class ListedEntry(msgspec.Struct, frozen=True):
    """An entry of the never-block list."""

    entry: str
    note: str = ""
    since: str = ""
    is_from_file: bool = False


class BrakeView(msgspec.Struct, frozen=True):
    """The brake, the oldest of what it holds, and the never-block list."""

    brake: BrakeStatus
    held: list[HeldValue]
    never_block: list[ListedEntry]


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. `limit`: number, unlimited, default."""

    is_watch_only: bool | None = None
    limit: str | int | None = None


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value (`kind:value`), or all that is held."""

    key: str | None = None


class Released(msgspec.Struct, frozen=True):
    """How many values are enforced now that were held."""

    released: int


class NewException(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A domain, URL, address, network or other value that must not be blocked."""

    entry: str
    note: str = ""


def edge_of(state: State) -> Edge:
    """The edge this process serves."""
    edge: Edge = state.edge
    return edge


@post(
    "/v1/check",
    status_code=200,
    guards=[needs(Scope.CHECK)],
    summary="May these be opened?",
    tags=["check"],
    request_max_body_size=MAX_BODY_BYTES,
)
async def check(state: State, data: JSONBody[Question]) -> Answers:
    """Verdict, score, reasons and claims for each, and the position they stand on."""
    edge, asked = edge_of(state), _items(data)
    results: list[Answer] = []
    for place, item in enumerate(asked):
        results.append(_answer(edge, item, place))
        if place % _BITE == _BITE - 1:
            await asyncio.sleep(0)
    return Answers(results, edge.position())


@get("/v1/status", guards=[needs(Scope.READ)], summary="How it stands", tags=["edge"])
async def status(state: State) -> Status:
    """Position, hub, counts, brake, and warnings a person should read."""
    return edge_of(state).status()


@get("/v1/mirror", guards=[needs(Scope.READ)], summary="What is held", tags=["edge"])
async def mirror(
    state: State,
    cursor: Annotated[str, Parameter(pattern=r"^[0-9]{0,18}$")] = "",
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE)] = 1_000,
) -> Mirror:
    """The claims in force, in the order in which they were first heard of."""
    rows = edge_of(state).local.mirror(int(cursor or 0), limit + 1)
    entries = []
    for row in rows[:limit]:
        body = decode(row.body)
        if isinstance(body, ClaimBody):
            entries.append(MirrorEntry(row.seq, body))
    last = str(rows[:limit][-1].n) if rows else cursor
    return Mirror(entries, last, len(rows) > limit)


@get("/v1/brake", guards=[needs(Scope.READ)], summary="The brake", tags=["brake"])
async def show_brake(state: State) -> BrakeView:
    """What it is set to, what it holds, and the never-block list."""
    return _brake(edge_of(state))


@put("/v1/brake", guards=[needs(Scope.ADMIN)], summary="Set the brake", tags=["brake"])
async def set_brake(state: State, data: JSONBody[Switch]) -> BrakeView:
    """The watch-only switch and the most new blocks an hour."""
    edge = edge_of(state)
    async with edge.writing:
        if data.limit is not None:
            policy.set_limit(edge.local, str(data.limit))
        if data.is_watch_only is not None:
            policy.set_watch_only(edge.local, is_on=data.is_watch_only)
    edge.refresh()
    return _brake(edge)


@post(
    "/v1/brake/release",
    status_code=200,
    guards=[needs(Scope.ADMIN)],
    summary="Enforce what the brake holds",
    tags=["brake"],
)
async def release(state: State, data: JSONBody[Release]) -> Released:
    """One value or all; somebody has looked at them."""
    edge = edge_of(state)
    async with edge.writing:
        count = policy.release(edge.local, data.key)
    edge.refresh()
    return Released(count)


@post(
    "/v1/never-block",
    guards=[needs(Scope.ADMIN)],
    summary="Never block this",
    tags=["brake"],
)
async def add_exception(state: State, data: JSONBody[NewException]) -> ListedEntry:
    """The entry in its one spelling; adding it again changes its note."""
    edge = edge_of(state)
    now = edge.clock()
    async with edge.writing:
        entry = policy.add_exception(edge.local, data.entry, data.note, now)
    edge.refresh()
    return ListedEntry(entry, data.note, now.isoformat())


@delete(
    "/v1/never-block",
    guards=[needs(Scope.ADMIN)],
    summary="Take it off the never-block list",
    tags=["brake"],
)
async def remove_exception(
    state: State, entry: Annotated[str, Parameter(max_length=8_192)]
) -> None:
    """404 if it is not on the list."""
    edge = edge_of(state)
    async with edge.writing:
        policy.remove_exception(edge.local, entry)
    edge.refresh()


HANDLERS = [
    check,
    status,
    mirror,
    show_brake,
    set_brake,
    release,
    add_exception,
    remove_exception,
]


def _items(question: Question) -> list[Any]:
    if question.items is None:
        one = {"url": question.url, "kind": question.kind, "value": question.value}
        return [{name: what for name, what in one.items() if what is not None}]
    if len(question.items) > MAX_ITEMS:
        raise TooManyItems(
            f"{len(question.items)} items are more than the {MAX_ITEMS} one request "
            "may ask about; ask in several requests."
        )
    return question.items


def _answer(edge: Edge, item: Any, place: int) -> Answer:
    try:
        found = edge.check(_asked(item))
    except Refusal as refusal:
        refusal.pointer = f"/items/{place}"
        return Answer(error=of_refusal(refusal))
    return Answer(
        found.verdict, found.score, found.reasons, found.matched, found.claims
    )


def _asked(item: Any) -> tuple[str, str]:
    try:
        asked = msgspec.convert(item, AskedItem)
    except msgspec.ValidationError:
        asked = AskedItem()
    if asked.url is not None and asked.kind is None and asked.value is None:
        return "url", asked.url
    if asked.url is None and asked.kind is not None and asked.value is not None:
        return asked.kind, asked.value
    raise ItemMalformed(
        'An item is {"url": ...} or {"kind": ..., "value": ...}, all of them text.'
    )


def _brake(edge: Edge) -> BrakeView:
    listed = [ListedEntry(*row) for row in edge.local.never_block()]
    from_file = [
        ListedEntry(entry, is_from_file=True) for entry in edge.file_list.entries
    ]
    return BrakeView(
        edge.status().brake,
        [HeldValue(*row) for row in edge.local.held(MAX_PAGE)],
        [*listed, *from_file],
    )
