"""`hanse demo`: a whole alliance on this machine, playing in front of the viewer.

Starts a hub with its own PostgreSQL and five members' edges in throw-away folders,
plays the scenario, prints addresses and log-ins, and goes on until Ctrl-C. With
`--once` it plays once, prints what happened with the measured times, and ends with
status 0 only if every edge answered as it must.
"""

import asyncio
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

import structlog
import typer
from rich.console import Console
from rich.table import Table

from hanse.demo import playing
from hanse.demo.alliance import COMPANIES, NAMES, Cast
from hanse.demo.house import Hub, throw_away_hub
from hanse.demo.playing import LIMIT_SECONDS, DemoEdge, Played, Stage
from hanse.demo.scenario import PARCEL_PAGE, SCENES
from hanse.observables.defanging import defang

app = typer.Typer(
    add_completion=False,
    help="Play a whole alliance on this machine.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_KEEP = typer.Option(
    None, "--keep", file_okay=False, help="Leave everything in this folder."
)
_NAMES = {company.slug: company.name_en for company in COMPANIES}
_COLOURS = {"block": "red", "watch": "yellow", "allow": "green"}


@app.command()
def demo(
    *,
    once: bool = typer.Option(False, "--once", help="Play once, report, and end."),
    workers: int = typer.Option(1, "--workers", min=1, max=8, help="Hub processes."),
    keep: Path | None = _KEEP,
) -> None:
    """Start an alliance of invented companies and play the main journey."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40)  # errors only
    )
    console = Console(highlight=False)
    cast = Cast()
    console.print(f"Setting up the {NAMES.en} ({NAMES.zh}) ...")
    with suppress(KeyboardInterrupt):
        with throw_away_hub(NAMES, cast.furnish, workers=workers, keep=keep) as hub:
            good = asyncio.run(_perform(console, hub, cast, keep, once=once))
        console.print(
            "Everything has been stopped" + ("." if keep else " and removed.")
        )
        raise typer.Exit(0 if good else 1)


async def _perform(
    console: Console, hub: Hub, cast: Cast, keep: Path | None, *, once: bool
) -> bool:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    folder = None if keep is None else keep / "edges"
    async with playing.edges_of(cast, folder) as edges:
        stage = Stage(hub, cast, edges)
        if not once:
            _say_where(console, hub, cast, edges)
        good = await _play(console, stage, told)
        good = await _show_proof(console, stage) and good
        if not once and not told.is_set():
            await _go_on(console, stage, told)
    return good


async def _play(console: Console, stage: Stage, told: asyncio.Event) -> bool:
    played: list[Played] = []
    for number, scene in enumerate(SCENES, start=1):
        if told.is_set():
            return False
        done = await stage.play(scene)
        played.append(done)
        _say_scene(console, number, done)
    times = sorted(p.seconds for p in played if p.seconds is not None)
    good = all(each.is_as_it_must for each in played)
    console.print()
    if good:
        console.print(
            f"All {len(played)} scenes ended as they must at all"
            f" {len(stage.edges)} edges; the slowest took {times[-1]:.2f} s"
            f" (limit {LIMIT_SECONDS:.0f} s)."
        )
    else:
        console.print("[red]Not everyone was protected; see above.[/]")
    return good


def _say_scene(console: Console, number: int, done: Played) -> None:
    scene = done.scene
    shown = defang(scene.value)
    shown = shown if len(shown) < 50 else f"{shown[:24]}...{shown[-8:]}"
    took = "never" if done.seconds is None else f"{done.seconds * 1000:.0f} ms"
    console.print(f"\n[bold]{number}. {scene.title}[/]")
    console.print(f"   {shown}  ->  last edge after [bold]{took}[/]")
    parts = [
        f"{_NAMES[slug]} [{_COLOURS.get(verdict, 'white')}]{verdict}[/]"
        for slug, verdict in done.verdicts.items()
    ]
    console.print("   " + "  ".join(parts))
    if done.problem:
        console.print(f"   [red]{done.problem}[/]")


async def _show_proof(console: Console, stage: Stage) -> bool:
    vkey = stage.edges[0].edge.identity.vkey
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.jsonl"
        report = await asyncio.to_thread(
            playing.prove, stage.hub, stage.cast, vkey, file
        )
    hits = await asyncio.to_thread(
        playing.sightings_of, stage.hub, stage.cast, PARCEL_PAGE
    )
    console.print(
        f"The log of {report.entries} deeds and items"
        + (" verifies offline" if report.ok else " [red]does NOT verify[/]")
        + " under the key the edges pinned at enrolment."
    )
    console.print(
        f"Edges reported {hits} hits on the first page back: counts, no customer."
    )
    return report.ok


def _say_where(console: Console, hub: Hub, cast: Cast, edges: list[DemoEdge]) -> None:
    console.print(f"\n[bold]Screens[/]      {hub.url}/")
    console.print(f"REST         {hub.url}/v1      OpenAPI {hub.url}/openapi.json")
    console.print(f"TAXII 2.1    {hub.url}/taxii2/\n")
    accounts = Table("log in as", "e-mail", "password", box=None, pad_edge=False)
    for each in cast.log_ins:
        accounts.add_row(each.who, each.email, each.password)
    console.print(accounts)
    console.print()
    table = Table("edge of", "address", box=None, pad_edge=False)
    for edge in edges:
        table.add_row(_NAMES[edge.slug], edge.url)
    console.print(table)


async def _go_on(console: Console, stage: Stage, told: asyncio.Event) -> None:
    console.print(
        "\nInvented reports go on trickling in. Log in above and look around;"
        " Ctrl-C stops and removes everything.\n"
    )

    def tell(by: str, value: str) -> None:
        console.print(f"   {_NAMES[by]} reports {defang(value)}")

    chance = Random(7)  # noqa: S311 - invented reports
    trickle = asyncio.create_task(playing.keep_reporting(stage, chance, tell))
    await told.wait()
    trickle.cancel()
    with suppress(asyncio.CancelledError):
        await trickle
