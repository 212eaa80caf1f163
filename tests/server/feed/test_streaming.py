"""The live end of the feed: what streams are sent, and when they end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from hanse.audit import merkle, multiproof
from hanse.audit.checkpoint import Signer, open_note
from hanse.audit.event import Actor, ActorKind, salted_leaf
from hanse.base.ids import MemberId
from hanse.base.secret import Secret
from hanse.feed import reading, store, wire
from hanse.feed.as_of_now import as_of_now
from hanse.feed.reading import Cursor
from hanse.feed.sharing import Tlp
from hanse.feed.streaming import Tail, admit
from hanse.membership.caller import Caller
from hanse.membership.rights import Role
from hanse.membership.standing import machine_viewers
from hanse.storage.tx import Database, Tx
from tests.server.feed.alliance import Alliance, audience

SECONDS = 20.0


def caller_of(tx: Tx, member: MemberId) -> Caller:
    actor = Actor(ActorKind.EDGE, None, member, "edge")
    epoch = store.epoch(tx)
    viewer = machine_viewers(tx)[member]
    return Caller(viewer, actor, Role.MEMBER, member, epoch=epoch)


def again(tx: Tx, caller: Caller) -> Caller | None:
    """The caller as of now, as the hub's door would say."""
    assert caller.member is not None
    found = caller_of(tx, caller.member)
    return found if found.viewer.is_active else None


async def event(stream: AsyncIterator[bytes]) -> tuple[str, dict[str, object]]:
    raw = await asyncio.wait_for(anext(stream), SECONDS)
    kind, _, data = raw.decode().strip().partition("\n")
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def followed(
    database: Database, secret: Secret, member: MemberId
) -> Callable[[Callable[[AsyncIterator[bytes]], Awaitable[None]]], None]:
    """Runs a story with an open stream of this member."""

    def play(story: Callable[[AsyncIterator[bytes]], Awaitable[None]]) -> None:
        async def told() -> None:
            tail = Tail(database, secret)
            running = asyncio.create_task(tail.run())
            with database.read() as tx:
                admitted = admit(tx, caller_of(tx, member))
            stream = tail.batches(admitted, Cursor(), again)
            async with aclosing(stream):  # type: ignore[type-var]
                await story(stream)
            tail.close()
            running.cancel()

        asyncio.run(told())

    return play


def test_a_new_claim_arrives_with_its_proof(
    database: Database, secret: Secret, signer: Signer
) -> None:
    alliance = Alliance(database)
    alliance.found(members=2, circles=1)
    a, b = alliance.members
    first = alliance.tell(audience(a))

    async def story(stream: AsyncIterator[bytes]) -> None:
        _, batch = await event(stream)
        assert str(first) in json.dumps(batch)
        second = await asyncio.to_thread(alliance.tell, audience(a))
        kind, batch = await event(stream)
        assert (kind, str(second) in json.dumps(batch)) == ("batch", True)
        verify(json.dumps(batch), signer)

    followed(database, secret, b)(story)


def verify(text: str, signer: Signer) -> None:
    batch = wire.decode_batch(text)
    checkpoint = open_note(batch.checkpoint, signer.verifier)
    leaves = {
        each.seq: merkle.leaf_hash(salted_leaf(each.salt, each.body.encode()))
        for each in batch.items
    }
    multiproof.verify_many(leaves, checkpoint.size, batch.proof, checkpoint.root)
    assert batch.consistency is not None


def test_a_suspended_members_open_stream_ends_at_once(
    database: Database, secret: Secret
) -> None:
    alliance = Alliance(database)
    alliance.found(members=2, circles=1)
    a, b = alliance.members
    alliance.tell(audience(a))

    async def story(stream: AsyncIterator[bytes]) -> None:
        await event(stream)
        await asyncio.to_thread(alliance.set_status, b, "suspended")
        await asyncio.to_thread(alliance.tell, audience(a))
        kind, _ = await event(stream)
        assert kind == "bye"

    followed(database, secret, b)(story)


def test_who_leaves_a_circle_is_sent_nothing_more_of_it_on_an_open_stream(
    database: Database, secret: Secret
) -> None:
    alliance = Alliance(database)
    alliance.found(members=2, circles=1)
    a, b = alliance.members
    circle = alliance.circles[0]
    alliance.join(b, circle)
    inner = audience(a, Tlp.AMBER, circle)
    first = alliance.tell(inner)

    async def story(stream: AsyncIterator[bytes]) -> None:
        _, batch = await event(stream)
        assert str(first) in json.dumps(batch)
        await asyncio.to_thread(alliance.leave, b, circle)
        secret_one = await asyncio.to_thread(alliance.tell, inner)
        open_one = await asyncio.to_thread(alliance.tell, audience(a))
        heard = ""
        while str(open_one) not in heard:
            heard += json.dumps((await event(stream))[1])
        assert str(secret_one) not in heard
        assert '\\"revoke\\"' in heard

    followed(database, secret, b)(story)


def test_who_left_a_circle_before_its_stream_began_is_sent_nothing_of_it(
    database: Database, secret: Secret
) -> None:
    alliance = Alliance(database)
    alliance.found(members=2, circles=1)
    a, b = alliance.members
    circle = alliance.circles[0]
    alliance.join(b, circle)
    alliance.tell(audience(a))
    inner = alliance.tell(audience(a, Tlp.AMBER, circle))
    with database.read() as tx:
        known = caller_of(tx, b)
    alliance.leave(b, circle)

    async def told() -> None:
        tail = Tail(database, secret)
        running = asyncio.create_task(tail.run())
        with database.read() as tx:
            admitted = admit(tx, known)
        stream = tail.batches(admitted, Cursor(), again)
        async with aclosing(stream):  # type: ignore[type-var]
            batch = (await event(stream))[1]
        assert str(inner) not in [
            json.loads(each["body"])["claim"]
            for each in batch["items"]  # type: ignore[attr-defined]
            if json.loads(each["body"])["kind"] == "claim"
        ]
        tail.close()
        running.cancel()

    asyncio.run(told())


def test_who_left_a_circle_while_its_request_waited_reads_nothing_of_it(
    database: Database,
) -> None:
    alliance = Alliance(database)
    alliance.found(members=2, circles=1)
    a, b = alliance.members
    circle = alliance.circles[0]
    alliance.join(b, circle)
    with database.read() as tx:
        known = caller_of(tx, b)
    alliance.leave(b, circle)
    alliance.tell(audience(a, Tlp.AMBER, circle))

    with database.read() as tx:
        batch = as_of_now(
            tx, known, again, lambda c: reading.read(tx, c.viewer, Cursor(), 10)
        )

    assert batch.items == ()


def test_streams_of_members_who_see_the_same_share_one_proof(
    database: Database, secret: Secret
) -> None:
    alliance = Alliance(database)
    alliance.found(members=3, circles=1)
    a, b, c = alliance.members
    alliance.tell(audience(a))

    async def told() -> None:
        tail = Tail(database, secret)
        running = asyncio.create_task(tail.run())
        with database.read() as tx:
            admitted = [admit(tx, caller_of(tx, m)) for m in (b, c)]
        streams = [tail.batches(each, Cursor(), again) for each in admitted]
        for stream in streams:
            await event(stream)
        await asyncio.to_thread(alliance.tell, audience(a))
        batches = [(await event(stream))[1] for stream in streams]
        cursors = [batch.pop("next") for batch in batches]
        assert batches[0] == batches[1]
        assert reading.open_cursor(secret, b, str(cursors[0])).done == 1
        tail.close()
        running.cancel()

    asyncio.run(told())
