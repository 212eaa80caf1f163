"""A hub filled with an invented alliance and a day of its life, to look at and test.

`python -m tests.browser.hub.filled [PORT]` serves it until a line is entered. The
companies are the demo's; what they told each other, saw and acknowledged is made by
the deeds themselves with instants of the last day, so every figure is real. One
edge lags behind, one value is anonymous, one is known in a circle only.
"""

import base64
import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hanse.base.ids import BrandId, CircleId, ClaimId, EdgeId, PersonId
from hanse.demo.alliance import COMPANIES, NAMES, Cast
from hanse.demo.house import Hub, throw_away_hub
from hanse.demo.members import acting_as
from hanse.feed import reading
from hanse.feed.reading import Cursor
from hanse.feed.sharing import Tlp
from hanse.intel import reporting, sighting
from hanse.intel.claim import Category, Draft
from hanse.intel.sighting import Hits
from hanse.membership import people
from hanse.membership.caller import Caller, the_hub
from hanse.membership.machines import edges
from hanse.observables.kinds import Observable
from hanse.observables.parse import recognise
from hanse.storage.tx import Database, Tx

_WORDS = ("refund", "parcel", "voucher", "verify", "bonus", "login", "security")
_HEAD = 1 << 40


@dataclass(slots=True)
class Alliance:
    """The cast and what tests want to point at."""

    cast: Cast = field(default_factory=Cast)
    database: Database | None = None
    admins: dict[str, PersonId] = field(default_factory=dict)
    edges: dict[str, EdgeId] = field(default_factory=dict)
    over: list[tuple[str, ClaimId]] = field(default_factory=list)
    shared: Observable = field(
        default_factory=lambda: recognise("http://plum-vouchers.example/win")
    )
    in_circle: Observable = field(
        default_factory=lambda: recognise("http://till-update.example/teal/confirm")
    )
    anonymous: Observable = field(
        default_factory=lambda: recognise("free-airport-wifi.example")
    )

    def furnish(self, database: Database, url: str) -> None:
        """Members, edges, and the last twenty hours."""
        self.database = database
        now = datetime.now(UTC)
        start = now - timedelta(hours=20)
        early = _Early(database, start - timedelta(hours=1))
        with early.begin() as tx:
            # The hub was founded a moment ago; its clock may not run backwards.
            tx.conn.execute("update log_head set last_at = %s", (early.now,))
        self.cast.furnish(early, url)  # type: ignore[arg-type]
        with early.begin() as tx:
            for each in people.list_people(tx, the_hub("fill"), limit=100).items:
                for company in COMPANIES:
                    if each.email.startswith(f"{company.slug}@"):
                        self.admins[company.slug] = each.id
            for slug, code in self.cast.codes.items():
                if slug != "plum":
                    self.edges[slug] = _enrolled(tx, code, f"{slug}-edge")
        chance = Random(7)
        for number, draft, by in self._told(chance):
            at = start + timedelta(minutes=18 * number, seconds=chance.uniform(0, 600))
            self._tell(database, by, draft, at, chance)
        self._see(database, now, chance)
        self._withdraw(database)

    def caller(self, tx: Tx, slug: str) -> Caller:
        """A member's admin at the console."""
        person = people.get_person(tx, the_hub("fill"), self.admins[slug])
        return acting_as(tx, person)

    def password(self, slug: str) -> tuple[str, str]:
        """E-mail and password of one of the accounts."""
        for each in self.cast.log_ins:
            if each.email.startswith(f"{slug}@"):
                return each.email, each.password
        raise LookupError(slug)

    def _told(self, chance: Random) -> Iterator[tuple[int, Draft, str]]:
        slugs = [company.slug for company in COMPANIES]
        number = itertools.count()
        for _ in range(52):
            imitated = chance.choice(slugs)
            word = chance.choice(_WORDS)
            value = f"http://{imitated}-{word}{chance.randrange(90)}.example/pay"
            draft = Draft(
                observable=recognise(value),
                confidence=chance.randrange(55, 97),
                tlp=chance.choice([Tlp.GREEN, Tlp.GREEN, Tlp.AMBER]),
                brand=BrandId(self.cast.brands[imitated]),
                note=chance.choice(
                    [
                        "",
                        "asks for the card to release a parcel",
                        "冒充快递的钓鱼页面",
                        "shop copied one to one",
                    ]
                ),
            )
            yield next(number), draft, chance.choice(slugs)
        yield next(number), _malware("3f5c0b1e9a7d4c2288e1d06b5f4a93c7" * 2), "teal"
        scam = Draft(observable=self.shared, category=Category.SCAM, confidence=45)
        yield next(number), scam, "plum"
        yield next(number), scam, "wisp"
        quiet = Draft(
            observable=self.anonymous,
            category=Category.HOTSPOT,
            confidence=80,
            is_anonymous=True,
        )
        yield next(number), quiet, "wisp"
        circle = UUID(str(self.cast.circle))
        closed = Draft(
            observable=self.in_circle,
            confidence=90,
            tlp=Tlp.AMBER,
            circles=frozenset({CircleId(circle)}),
        )
        yield next(number), closed, "teal"

    def _tell(
        self, database: Database, by: str, draft: Draft, at: datetime, chance: Random
    ) -> None:
        with database.begin(at) as tx:
            caller = self.caller(tx, by)
            done = reporting.report(tx, caller, [draft], channel="paste")
        for slug, edge in self.edges.items():
            late = chance.uniform(0.1, 0.6) * (3 if slug == "wisp" else 1)
            with database.begin(at + timedelta(seconds=late)) as tx:
                is_away = slug == "crane" and at > datetime.now(UTC) - timedelta(
                    hours=4
                )
                if not is_away:
                    reading.acknowledge(tx, edge, Cursor(_HEAD, _HEAD, 0))
        if draft.note == "shop copied one to one":
            self.over.append((by, ClaimId(done.claims[0].id)))

    def _withdraw(self, database: Database) -> None:
        for by, claim in self.over:
            with database.begin() as tx:
                why = "the page was taken down"
                reporting.withdraw(tx, self.caller(tx, by), claim, why)

    def _see(self, database: Database, now: datetime, chance: Random) -> None:
        for days in range(9, -1, -1):
            at = now - timedelta(days=days, minutes=1)
            with database.begin(now) as tx:
                hit = Hits(self.shared, chance.randrange(3, 90), at, at)
                sighting.sight(tx, self.caller(tx, "lotus"), [hit], source="edge")


@dataclass(frozen=True, slots=True)
class _Early:
    """The database as of an earlier instant."""

    database: Database
    now: datetime

    def begin(self) -> AbstractContextManager[Tx]:
        return self.database.begin(self.now)


def _malware(digest: str) -> Draft:
    return Draft(observable=recognise(digest), category=Category.MALWARE, confidence=95)


def _enrolled(tx: Tx, code: str, name: str) -> EdgeId:
    body = code.partition(".")[2]
    told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return edges.enrol(tx, told["secret"], name=name, version="0.1.0").edge.id


@contextmanager
def filled_hub() -> Iterator[tuple[Hub, Alliance]]:
    """The hub, serving, and who is who."""
    alliance = Alliance()
    with throw_away_hub(NAMES, alliance.furnish) as hub:
        yield hub, alliance


if __name__ == "__main__":
    with filled_hub() as (served, told):
        sys.stdout.write(f"{served.url}\n")
        for log_in in told.cast.log_ins:
            sys.stdout.write(f"{log_in.email} {log_in.password}\n")
        sys.stdout.flush()
        sys.stdin.readline()
