"""From a report to the last of many edges, and back; and an edge catching up.

A hub as users run it (fsync, audit and sharing on); real edges, each with its own
folder, store and connection, sharing this process. A member reports over HTTP; the
clock runs from the request being sent until `check` refuses at the last edge. Then
every report is withdrawn, measured the same way. At the end a fresh edge catches up
with 100,000 further changes, every one of them verified.
"""

import asyncio
import tempfile
import time
from argparse import Namespace
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import structlog

from benchmarks.figures import Figures, parser, percentile, run, say, urls
from hanse.base.errors import Refusal
from hanse.demo.house import Hub, throw_away_hub
from hanse.demo.members import Settled, acting_as, settle
from hanse.demo.sandbox import NAMES
from hanse.edge import joining
from hanse.edge.result import Verdict
from hanse.edge.running import Edge
from hanse.edge.settings import Settings
from hanse.intel import privacy, reporting
from hanse.intel.claim import Draft
from hanse.membership.admission import Profile
from hanse.membership.caller import the_hub
from hanse.membership.invitations import Joining
from hanse.membership.machines import edges, issuing
from hanse.membership.machines.issuing import Order
from hanse.membership.rights import Scope
from hanse.observables.parse import recognise
from hanse.observables.url import host_of
from hanse.storage.tx import Database

LIMITS = {
    "report_p95_s": ("<=", 1.0),
    "withdraw_p95_s": ("<=", 1.0),
    "catch_up_100k_s": ("<=", 10.0),
    "missed": ("==", 0),
}
PATIENCE_SECONDS = 20.0
MEMBERS = 20
PIECE = 5_000


class Alliance:
    """Members with edges, and one that reports."""

    def __init__(self, edges_wanted: int) -> None:
        self.edges_wanted = edges_wanted
        self.members: list[Settled] = []
        self.codes: list[str] = []
        self.key = ""

    def furnish(self, database: Database, url: str) -> None:
        """Before the hub serves."""
        hub = the_hub("benchmark")
        with database.begin() as tx:
            for n in range(MEMBERS):
                profile = Profile(f"Member {n}", f"成员{n}", "shop", 1_000)
                person = Joining(f"P{n}", f"p{n}@bench.example", f"long words {n} here")
                self.members.append(settle(tx, hub, profile, person))
            order = Order("bench", frozenset({Scope.REPORT}), self.members[0].member)
            self.key = issuing.issue(tx, hub, order).text
            for n in range(self.edges_wanted + 1):
                whose = self.members[n % MEMBERS].member
                made = edges.make_code(tx, hub, whose, f"edge-{n}", url)
                self.codes.append(made.text)


async def measure_push(hub: Hub, alliance: Alliance, arguments: Namespace) -> Figures:
    """Reports and withdrawals at all edges, then the catching up."""
    # Twice as many, because the reported ones must lie on hosts of their own.
    source, values = urls(arguments.data, 2 * arguments.items + arguments.changes)
    first, rest = _split(_readable(values), arguments.items)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = [
            await stack.enter_async_context(_edge(code, folder / str(n)))
            for n, code in enumerate(alliance.codes[:-1])
        ]
        for edge in running:
            await edge.caught_up(PATIENCE_SECONDS)
        if arguments.plant == "deaf":
            await running[-1].stop()
        reports, claims = await _reports(hub, alliance, running, first)
        withdrawals = await _withdrawals(hub, alliance, running, first, claims)
    seconds = await _catch_up(hub, alliance, rest)
    missed = sum(each is None for each in (*reports, *withdrawals))
    told = [each for each in reports if each is not None]
    ended = [each for each in withdrawals if each is not None]
    return {
        "data": source,
        "edges": len(running),
        "items": len(first),
        "report_p50_s": round(percentile(told, 0.5), 3) if told else None,
        "report_p95_s": round(percentile(told, 0.95), 3) if told else None,
        "withdraw_p95_s": round(percentile(ended, 0.95), 3) if ended else None,
        "missed": missed,
        "catch_up_changes": len(rest),
        "catch_up_100k_s": round(seconds * 100_000 / (len(rest)), 2),
    }


def _edge(code: str, folder: Path) -> Edge:
    with httpx.Client(timeout=60) as client:
        joining.join(client, joining.read_code(code), folder, name="bench")
    return Edge(Settings(data=folder, sends_sightings=False))


def _readable(values: list[str]) -> list[str]:
    """Those the hub takes: values it can read, without anybody's number in them."""
    kept: dict[str, None] = {}
    for value in values:
        try:
            known = recognise(value).value
            privacy.keep_out_of_text(known, "/value")
        except Refusal:
            continue
        kept[known] = None
    return list(kept)


def _split(values: list[str], count: int) -> tuple[list[str], list[str]]:
    """`count` values of which none covers another, so that each ends on its own."""
    first: dict[str, str] = {}
    rest = []
    for value in values:
        host = host_of(value)
        if len(first) < count and host not in first:
            first[host] = value
        elif host not in first:
            rest.append(value)
    return list(first.values()), rest


async def _reports(
    hub: Hub, alliance: Alliance, running: list[Edge], values: list[str]
) -> tuple[list[float | None], list[str]]:
    times: list[float | None] = []
    claims = []
    headers = {"Authorization": f"Bearer {alliance.key}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        for number, value in enumerate(values):
            started = time.perf_counter()
            answer = await http.post(
                f"{hub.url}/v1/reports", json={"items": [{"value": value}]}
            )
            answer.raise_for_status()
            claims.append(answer.json()["claims"][0]["claim"])
            times.append(await _until(running, value, Verdict.BLOCK, started))
            _progress("reported", number, times)
    return times, claims


async def _withdrawals(
    hub: Hub,
    alliance: Alliance,
    running: list[Edge],
    values: list[str],
    claims: list[str],
) -> list[float | None]:
    times: list[float | None] = []
    headers = {"Authorization": f"Bearer {alliance.key}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        for number, (value, claim) in enumerate(zip(values, claims, strict=True)):
            started = time.perf_counter()
            answer = await http.post(
                f"{hub.url}/v1/claims/{claim}/withdraw", json={"reason": "benchmark"}
            )
            answer.raise_for_status()
            times.append(await _until(running, value, Verdict.ALLOW, started))
            _progress("withdrawn", number, times)
    return times


async def _until(
    running: list[Edge], value: str, verdict: Verdict, started: float
) -> float | None:
    waiting = running
    while True:
        waiting = [e for e in waiting if e.check(value).verdict is not verdict]
        if not waiting:
            return time.perf_counter() - started
        if time.perf_counter() - started > PATIENCE_SECONDS:
            return None
        await asyncio.sleep(0.005)


def _progress(what: str, number: int, times: list[float | None]) -> None:
    if (number + 1) % 50 == 0:
        good = [t for t in times if t is not None]
        p95 = percentile(good, 0.95) if good else float("nan")
        say(f"{number + 1} {what}, p95 {p95:.3f} s")


async def _catch_up(hub: Hub, alliance: Alliance, values: list[str]) -> float:
    """Seconds a fresh edge needs for all of these, started when all are told."""
    caller_of = alliance.members[1].admin

    def tell(piece: list[str]) -> None:
        with hub.database.begin() as tx:
            drafts = [Draft(observable=recognise(value)) for value in piece]
            reporting.report(tx, acting_as(tx, caller_of), drafts, channel="rest")

    for start in range(0, len(values), PIECE):
        await asyncio.to_thread(tell, values[start : start + PIECE])
        say(f"{min(start + PIECE, len(values))} changes told")
    with tempfile.TemporaryDirectory() as folder:
        edge = _edge(alliance.codes[-1], Path(folder) / "fresh")
        started = time.perf_counter()
        async with edge:
            await edge.caught_up(600)
            seconds = time.perf_counter() - started
            last = edge.check(values[-1]).verdict
    if last is not Verdict.BLOCK:
        raise SystemExit("the fresh edge says it caught up and misses the last change")
    say(f"caught up with {len(values)} changes in {seconds:.1f} s")
    return seconds


def measure(arguments: Namespace) -> Figures:
    """Start the hub and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    alliance = Alliance(arguments.edges)
    with throw_away_hub(NAMES, alliance.furnish, workers=arguments.workers) as hub:
        return asyncio.run(measure_push(hub, alliance, arguments))


def main(argv: list[str] | None = None) -> int:
    """The program."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--edges", type=int, default=100)
    arguments.add_argument("--items", type=int, default=500)
    arguments.add_argument("--changes", type=int, default=100_000)
    arguments.add_argument("--workers", type=int, default=1)
    return run("push", arguments.parse_args(argv), measure, LIMITS)


if __name__ == "__main__":
    raise SystemExit(main())
