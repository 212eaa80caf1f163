"""Who gets what, over many random alliances and every way out: leaks, wrong denials.

Each world is an alliance of random members, circles and claims in a real database.
For every person and machine and every door, what comes out is compared with the rule
said a second time in other words. One case is one claim, one viewer, one door.
"""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import UUID

from benchmarks.doors import DOORS, MACHINE_DOORS, Meant, World, should_see
from benchmarks.figures import Figures, parser, run, say
from hanse.audit.checkpoint import Signer
from hanse.audit.event import Actor, ActorKind
from hanse.base.ids import CircleId, ClaimId, MemberId, new_uuid
from hanse.base.secret import Secret
from hanse.demo.members import acting_as, settle
from hanse.feed.sharing import Tlp
from hanse.hub import admitting, founding
from hanse.hub.founding import Names
from hanse.intel import reporting
from hanse.intel.claim import Draft
from hanse.intel.reporting import digest_of
from hanse.membership import admission
from hanse.membership.admission import Profile
from hanse.membership.caller import Caller, the_hub
from hanse.membership.invitations import Joining
from hanse.membership.person import Person
from hanse.membership.rights import SCOPES_OF_KEYS, Role
from hanse.membership.standing import machine_viewers
from hanse.observables.kinds import Kind
from hanse.observables.parse import parse
from hanse.storage.migrate import migrate
from hanse.storage.server import EmbeddedServer
from hanse.storage.tx import Database, Tx

LIMITS = {
    "leaks": ("==", 0),
    "wrong_denials": ("==", 0),
    "cases": (">=", 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is."""

    members: int
    circles: int
    claims: int
    hosts: int


FULL = Size(members=12, circles=5, claims=400, hosts=60)
SMALL = Size(members=7, circles=4, claims=120, hosts=30)
NAMES = Names("Sharing", "共享", "sharing.hanse.example/log")


@dataclass(slots=True)
class Alliance:
    """A random alliance in one database."""

    people: list[Person] = field(default_factory=list)
    circles: list[CircleId] = field(default_factory=list)
    claims: dict[UUID, Meant] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What was found."""

    cases: int = 0
    leaks: int = 0
    wrong_denials: int = 0


@contextmanager
def fresh_database(server: EmbeddedServer, number: int) -> Iterator[Database]:
    """An empty hub's database."""
    url = server.create_database(f"world{number}")
    migrate(url)
    signer = Signer(NAMES.origin, bytes(range(32)))
    database = Database.open(url, signer, Secret(bytes(32)), max_connections=2)
    try:
        with database.begin() as tx:
            founding.found(tx, NAMES)
        yield database
    finally:
        database.close()


def populate(database: Database, chance: Random, size: Size = FULL) -> Alliance:
    """Members, circles, claims; then some of everything changes."""
    made = Alliance()
    hub = the_hub("sharing")
    with database.begin() as tx:
        for n in range(size.members):
            profile = Profile(f"Member {n}", f"成员{n}", "shop", 10)
            person = Joining(f"P{n}", f"p{n}@s.example", f"long words {n} here")
            made.people.append(settle(tx, hub, profile, person).admin)
        for n in range(size.circles):
            within = [p.member for p in made.people if chance.random() < 0.4]
            circle = admitting.open_circle(
                tx,
                hub,
                name_en=f"Circle {n}",
                name_zh=f"圈子{n}",
                members=[m for m in within if m is not None],
            )
            made.circles.append(circle.id)
    for start in range(0, size.claims, 20):
        with database.begin() as tx:
            for _ in range(start, min(start + 20, size.claims)):
                _tell(tx, made, chance, size)
    with database.begin() as tx:
        _stir(tx, hub, made, chance)
    return made


def _tell(tx: Tx, made: Alliance, chance: Random, size: Size) -> None:
    person = chance.choice(made.people)
    caller = acting_as(tx, person)
    own = sorted(caller.viewer.circles)
    circles = frozenset(c for c in own if chance.random() < 0.4)
    choices = [tlp for tlp in Tlp if circles or tlp is not Tlp.RED]
    host = chance.randrange(size.hosts)
    draft = Draft(
        observable=parse(Kind.URL, f"http://h{host}.example/x"),
        confidence=chance.randrange(20, 100),
        tlp=chance.choice(choices),
        circles=circles,
        # Of the value, because nobody turns anonymous after having told openly.
        is_anonymous=host % 5 == 0,
    )
    claim = reporting.report(tx, caller, [draft], channel="rest").claims[0]
    made.claims[claim.id] = Meant(
        claim.id,
        claim.member,
        draft.tlp.value,
        frozenset(draft.circles),
        digest_of(draft.observable).hex(),
        claim.stix_id,
    )


def _stir(tx: Tx, hub: Caller, made: Alliance, chance: Random) -> None:
    """Members join and leave circles, claims are withdrawn, one is suspended."""
    for circle in made.circles:
        for person in made.people:
            if person.member is None or chance.random() > 0.2:
                continue
            if circle in acting_as(tx, person).viewer.circles:
                admitting.leave_circle(tx, hub, circle, person.member)
            else:
                admitting.join_circle(tx, hub, circle, person.member)
    for claim in list(made.claims):
        if chance.random() < 0.1:
            reporting.withdraw(tx, hub, ClaimId(claim), "stirred")
            del made.claims[claim]
    out = chance.choice(made.people)
    if out.member is not None:
        admission.suspend(tx, hub, out.member, "stirred")


def callers(tx: Tx, made: Alliance) -> Iterator[Caller]:
    """Every member as a person and as a machine, the operator, nobody's machine."""
    machines = machine_viewers(tx)
    for person in made.people:
        as_person = acting_as(tx, person)
        yield as_person
        assert person.member is not None
        yield replace(
            as_person,
            viewer=machines[MemberId(person.member)],
            actor=Actor(ActorKind.KEY, new_uuid(), MemberId(person.member), "machine"),
            role=Role.MEMBER,
            person=None,
            scopes=frozenset(SCOPES_OF_KEYS[Role.MEMBER]),
        )


def judge(tx: Tx, made: Alliance, tally: Tally, plant: str) -> None:
    """Compare every door with the rule."""
    world = World(made.claims)
    for caller in callers(tx, made):
        is_machine = caller.person is None
        expected = {c for c, meant in made.claims.items() if should_see(caller, meant)}
        for name, door in DOORS.items():
            if name in MACHINE_DOORS and not is_machine:
                continue
            got = set(door(tx, caller, world)) & set(made.claims)
            if plant == "leak" and is_machine:
                got = set(made.claims)
            tally.cases += len(made.claims)
            tally.leaks += len(got - expected)
            tally.wrong_denials += len(expected - got)


def measure(arguments: Namespace) -> Figures:
    """World after world until there are cases enough."""
    tally, number = Tally(), 0
    with tempfile.TemporaryDirectory() as folder:
        quick = {"fsync": "off", "synchronous_commit": "off"}
        with EmbeddedServer.start(Path(folder) / "postgres", quick) as server:
            while tally.cases < arguments.cases:
                chance = Random(arguments.seed + number)
                with fresh_database(server, number) as database:
                    made = populate(database, chance)
                    with database.read() as tx:
                        judge(tx, made, tally, arguments.plant)
                number += 1
                say(f"{number} worlds, {tally.cases} cases, {tally.leaks} leaks")
    return {
        "data": "random alliances",
        "worlds": number,
        "cases": tally.cases,
        "leaks": tally.leaks,
        "wrong_denials": tally.wrong_denials,
    }


def main(argv: list[str] | None = None) -> int:
    """The program."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--cases", type=int, default=1_000_000)
    return run("sharing", arguments.parse_args(argv), measure, LIMITS)


if __name__ == "__main__":
    raise SystemExit(main())
