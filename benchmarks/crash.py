"""kill -9 of hub, PostgreSQL and edges at random moments under load; what is lost.

A hub as users run it (fsync on, its own PostgreSQL, several workers), writers that
report over REST, and edges in processes of their own. Each round something is killed
with SIGKILL at a random moment and brought back. At the end every acknowledged item
must be in the hub exactly once, the log must verify offline against every checkpoint
seen on the way, and every edge, a fresh one too, must hold exactly the active claims.
"""

import sqlite3
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import structlog

from benchmarks.figures import Figures, parser, run, say
from benchmarks.ledger import Ledger, Told, Writer
from benchmarks.reckoning import active, compare_edge, compare_hub, verify_log
from benchmarks.standing import FAULTS, UP_SECONDS, Stand, join, start_edge
from hanse.client import HubClient, Refused
from hanse.demo.house import Hub, stop, throw_away_hub
from hanse.demo.members import settle
from hanse.demo.sandbox import NAMES
from hanse.edge import identity
from hanse.edge.settings import Settings
from hanse.hub.folder import POSTGRES_FOLDER
from hanse.membership.admission import Profile
from hanse.membership.caller import the_hub
from hanse.membership.invitations import Joining
from hanse.membership.machines import edges, issuing
from hanse.membership.machines.issuing import Order
from hanse.membership.rights import Role, Scope
from hanse.storage.server import EmbeddedServer
from hanse.storage.tx import Database

LIMITS = {
    "rounds": (">=", 300.0),
    "acknowledged": (">=", 100_000.0),
    "lost": ("==", 0.0),
    "doubled": ("==", 0.0),
    "hub_ended": ("==", 0.0),
    "edge_missed": ("==", 0.0),
    "edge_extra": ("==", 0.0),
    "log_verifies": ("==", 1.0),
}
MOST_DELAY_SECONDS = 1.2  # a kill comes this long after everything was back, at most
UNDER_LOAD_SHARE = 0.8  # of the kills wait until requests are answered again
LOAD_SECONDS = 10.0


@dataclass(slots=True)
class Cast:
    """Members that report, the operator's key, codes for edges."""

    writers: int
    edges: int
    ledgers: list[Ledger] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    operator_key: str = ""

    def furnish(self, database: Database, url: str) -> None:
        """Before the hub serves."""
        hub = the_hub("benchmark")
        with database.begin() as tx:
            for n in range(self.writers):
                profile = Profile(f"Member {n}", f"成员{n}", "shop", 1_000)
                person = Joining(f"P{n}", f"p{n}@bench.example", f"long words {n} here")
                member = settle(tx, hub, profile, person).member
                order = Order("bench", frozenset({Scope.REPORT}), member)
                self.keys.append(issuing.issue(tx, hub, order).text)
                self.ledgers.append(Ledger(member))
            for n in range(self.edges + 1):
                whose = self.ledgers[n % self.writers].member
                code = edges.make_code(tx, hub, whose, f"e{n}", url)
                self.codes.append(code.text)
            rights = frozenset({Scope.READ, Scope.ADMIN})
            order = Order("operator", rights, None, role=Role.OPERATOR)
            self.operator_key = issuing.issue(tx, hub, order).text


def go_through(
    stand: Stand, cast: Cast, arguments: Namespace, place: Path
) -> tuple[Counter[str], list[Path]]:
    """Kill and bring back, round after round: what was killed, checkpoints seen."""
    chance = Random(arguments.seed)
    killed: Counter[str] = Counter()
    seen: list[Path] = []
    began = time.monotonic()
    with writing(stand.hub, cast, arguments, killed.total) as writers:
        for number in range(1, arguments.rounds + 1):
            if chance.random() < UNDER_LOAD_SHARE:
                _wait_for_load(cast)
            time.sleep(chance.uniform(0, MOST_DELAY_SECONDS))
            name = _draw(chance, number)
            FAULTS[name][1](stand, chance)
            stand.bring_back()
            killed[name] += 1
            for writer in writers:
                if writer.failure is not None:
                    raise writer.failure
            seen.append(
                _checkpoint(stand.hub.url, cast.operator_key, place / f"{number}.note")
            )
            if number % 10 == 0 or number == arguments.rounds:
                spent = time.monotonic() - began
                say(
                    f"round {number}, {spent:.0f} s: {acknowledged(cast)} items"
                    f" acknowledged, {sum(e.repeated for e in cast.ledgers)} requests"
                    f" sent again; killed {dict(killed)}"
                )
    return killed, seen


def _wait_for_load(cast: Cast) -> None:
    """Until something more is acknowledged, but not for long."""
    before, deadline = acknowledged(cast), time.monotonic() + LOAD_SECONDS
    while acknowledged(cast) == before and time.monotonic() < deadline:
        time.sleep(0.01)


def _draw(chance: Random, number: int) -> str:
    names = list(FAULTS)
    if number <= len(names):
        return names[number - 1]  # each at least once
    return chance.choices(names, [weight for weight, _ in FAULTS.values()])[0]


@contextmanager
def writing(
    hub: Hub, cast: Cast, arguments: Namespace, rounds_done: Callable[[], int]
) -> Iterator[list[Writer]]:
    """The load; when the block ends everything sent is acknowledged."""

    def is_ahead() -> bool:
        share = (rounds_done() + 1) / arguments.rounds
        return bool(acknowledged(cast) > arguments.items * 1.1 * share)

    writers = [
        Writer(
            hub.url,
            key,
            ledger,
            Random(f"{arguments.seed} {number}"),
            is_ahead=is_ahead,
            plant=arguments.plant,
        )
        for number, (key, ledger) in enumerate(
            zip(cast.keys, cast.ledgers, strict=True)
        )
    ]
    for writer in writers:
        writer.start()
    try:
        yield writers
        while acknowledged(cast) < arguments.items and not _failures(writers):
            time.sleep(0.1)
    except BaseException:
        for writer in writers:
            writer.give_up()
        raise
    finally:
        for writer in writers:
            writer.stop()
        for writer in writers:
            writer.join()
    for failure in _failures(writers):
        raise failure


def _failures(writers: list[Writer]) -> list[Exception]:
    return [w.failure for w in writers if w.failure is not None]


def acknowledged(cast: Cast) -> int:
    """How many items of reports the hub has acknowledged."""
    return sum(ledger.items for ledger in cast.ledgers)


def _checkpoint(url: str, key: str, file: Path) -> Path:
    # A worker whose parent was killed may answer once more and be gone.
    deadline = time.monotonic() + UP_SECONDS
    while True:
        try:
            with HubClient(url, key) as client:
                file.write_text(client.checkpoint()["checkpoint"], "utf-8")
                return file
        except (httpx.TransportError, Refused):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def measure_crash(hub: Hub, cast: Cast, arguments: Namespace) -> Figures:
    """Everything, over a running hub."""
    with (
        tempfile.TemporaryDirectory(prefix="hanse-crash-") as made,
        EmbeddedServer.start(hub.folder / POSTGRES_FOLDER) as server,
    ):
        place = Path(made)
        folders = [
            join(code, place / f"edge-{n}") for n, code in enumerate(cast.codes[:-1])
        ]
        stand = Stand(hub, server, folders, arguments.workers)
        try:
            killed, seen = go_through(stand, cast, arguments, place)
            _plant(arguments, cast, stand, folders[0])
            fresh = join(cast.codes[-1], place / "fresh")
            stand.edges[fresh] = start_edge(fresh)
            wanted = active(cast.ledgers)
            differences = [
                compare_edge(folder, wanted, arguments.patience)
                for folder in stand.edges
            ]
            vkey = identity.load(fresh).vkey
            verifies = verify_log(
                hub, cast.operator_key, vkey, seen, plant=arguments.plant
            )
            hub.database.renew()
            difference = compare_hub(hub.database, cast.ledgers)
        finally:
            stand.close()
    return {
        "data": "generated",
        "rounds": killed.total(),
        "killed": dict(killed),
        "acknowledged": acknowledged(cast),
        "withdrawn": sum(ledger.withdrawals for ledger in cast.ledgers),
        "sent_again": sum(ledger.repeated for ledger in cast.ledgers),
        "lost": difference.lost,
        "doubled": difference.doubled,
        "hub_ended": stand.ended,
        "edges": len(differences),
        "edge_missed": sum(missed for missed, _ in differences),
        "edge_extra": sum(extra for _, extra in differences),
        "log_verifies": int(verifies),
    }


def _plant(arguments: Namespace, cast: Cast, stand: Stand, folder: Path) -> None:
    """Faults by which the tests see that this benchmark can turn red."""
    if arguments.plant == "lose":
        cast.ledgers[0].claims["http://never-sent.example/"] = Told(uuid4(), 1)
    if arguments.plant == "miss":
        # What is taken from an edge before it is at the head may end by itself.
        compare_edge(folder, active(cast.ledgers), arguments.patience)
        stop(stand.edges[folder])
        with sqlite3.connect(Settings(data=folder).store) as store:
            store.execute(
                "delete from claim where n ="
                " (select max(n) from claim where digest is not null)"
            )
        store.close()
        stand.edges[folder] = start_edge(folder)


def measure(arguments: Namespace) -> Figures:
    """Start the hub and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    cast = Cast(arguments.writers, arguments.edges)
    with throw_away_hub(
        NAMES, cast.furnish, workers=arguments.workers, keep=arguments.keep
    ) as hub:
        return measure_crash(hub, cast, arguments)


def main(argv: list[str] | None = None) -> int:
    """The program."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--rounds", type=int, default=300)
    arguments.add_argument("--items", type=int, default=110_000)
    arguments.add_argument("--writers", type=int, default=4)
    arguments.add_argument("--edges", type=int, default=2)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--keep", type=Path, help="leave the hub's files here")
    arguments.add_argument("--patience", type=float, default=180.0)
    return run("crash", arguments.parse_args(argv), measure, LIMITS)


if __name__ == "__main__":
    raise SystemExit(main())
