"""A small alliance for tests of the feed: members, circles, and what each may see."""

from dataclasses import dataclass, field
from uuid import UUID

from hanse.base.ids import CircleId, ClaimId, MemberId, new_uuid
from hanse.feed import audiences, feed, item, reading
from hanse.feed.item import ClaimBody, ItemKind, Source
from hanse.feed.reading import START, Cursor
from hanse.feed.sharing import Audience, Tlp
from hanse.membership.standing import machine_viewers
from hanse.storage.tx import Database, Tx


def add_member(tx: Tx, name: str, status: str = "active") -> MemberId:
    member = MemberId(new_uuid())
    tx.conn.execute(
        "insert into member (id, name_en, name_zh, sector, customers, status,"
        " applied_at) values (%s, %s, %s, 'shop', 1, %s, %s)",
        (member, name, name, status, tx.now),
    )
    return member


def add_circle(tx: Tx, name: str) -> CircleId:
    circle = CircleId(new_uuid())
    tx.conn.execute(
        "insert into circle (id, name_en, name_zh, created_at) values (%s, %s, %s, %s)",
        (circle, name, name, tx.now),
    )
    return circle


@dataclass
class Listener:
    """An edge reduced to what it holds: the claims it was told and not told to drop."""

    member: MemberId
    cursor: Cursor = START
    holds: dict[ClaimId, ClaimBody] = field(default_factory=dict)

    def read(self, database: Database, limit: int) -> bool:
        """Apply one batch; whether there is more."""
        with database.read() as tx:
            viewer = machine_viewers(tx)[self.member]
            if not viewer.is_active:
                return False
            batch = reading.read(tx, viewer, self.cursor, limit)
        for each in batch.items:
            body = item.decode(each.body)
            if isinstance(body, ClaimBody):
                self.holds[body.claim] = body
            else:
                self.holds.pop(body.claim, None)
        self.cursor = batch.next
        return batch.more

    def drain(self, database: Database, limit: int = 100) -> None:
        while self.read(database, limit):
            pass

    def revisions(self) -> dict[ClaimId, int]:
        return {claim: body.revision for claim, body in self.holds.items()}


@dataclass
class Alliance:
    """Deeds on an alliance in a database, each in a transaction of its own."""

    database: Database
    members: list[MemberId] = field(default_factory=list)
    circles: list[CircleId] = field(default_factory=list)
    revisions: dict[ClaimId, int] = field(default_factory=dict)
    audience: dict[ClaimId, Audience] = field(default_factory=dict)
    over: dict[ClaimId, Audience] = field(default_factory=dict)  # withdrawn

    def found(self, members: int, circles: int) -> None:
        with self.database.begin() as tx:
            self.members = [add_member(tx, f"Member {n}") for n in range(members)]
            self.circles = [add_circle(tx, f"Circle {n}") for n in range(circles)]

    def tell(self, audience: Audience, claim: ClaimId | None = None) -> ClaimId:
        with self.database.begin() as tx:
            return self.tell_in(tx, audience, claim)

    def tell_in(
        self, tx: Tx, audience: Audience, claim: ClaimId | None = None
    ) -> ClaimId:
        claim = claim or ClaimId(new_uuid())
        revision = self.revisions.get(claim, 0) + 1
        body = ClaimBody(
            kind=ItemKind.CLAIM,
            claim=claim,
            revision=revision,
            observable_kind="url",
            value=f"http://{claim}.example/",
            category="phishing",
            confidence=90,
            tlp=audience.tlp,
            source=Source(member=audience.origin),
            valid_from=tx.now,
            at=tx.now,
        )
        feed.publish(tx, [(body, audiences.audience_id(tx, audience))])
        self.revisions[claim] = revision
        self.audience[claim] = audience
        self.over.pop(claim, None)
        return claim

    def withdraw(self, claim: ClaimId) -> None:
        revision = self.revisions[claim] + 1
        with self.database.begin() as tx:
            audience_id = audiences.audience_id(tx, self.audience[claim])
            feed.withdraw(tx, [(claim, revision, audience_id)])
        self.revisions[claim] = revision
        self.over[claim] = self.audience.pop(claim)

    def change(self, sql: str, *values: object, member: MemberId) -> None:
        """A change of membership, with what the feed must say of it."""
        with self.database.begin() as tx:
            before = machine_viewers(tx, [member])
            tx.conn.execute(sql.encode(), values)
            feed.audience_changed(tx, before, machine_viewers(tx, [member]))

    def join(self, member: MemberId, circle: CircleId) -> None:
        self.change(
            "insert into circle_member values (%s, %s, now()) on conflict do nothing",
            circle,
            member,
            member=member,
        )

    def leave(self, member: MemberId, circle: CircleId) -> None:
        self.change(
            "delete from circle_member where circle_id = %s and member_id = %s",
            circle,
            member,
            member=member,
        )

    def set_status(self, member: MemberId, status: str) -> None:
        self.change(
            "update member set status = %s where id = %s", status, member, member=member
        )


def audience(origin: MemberId, tlp: Tlp = Tlp.GREEN, *circles: UUID) -> Audience:
    return Audience(origin, tlp, frozenset(CircleId(c) for c in circles))
