"""`hanse edge ...`: join an alliance, serve, and set the edge's brake and keys.

Everything but `join` and `serve` works on the edge's store directly, whether the edge
runs or not; a running edge takes notice within about a second.
"""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import structlog
import typer

from hanse.base import clock
from hanse.base.errors import Refusal
from hanse.edge import identity, joining, keys, policy, serving
from hanse.edge.brake import spent
from hanse.edge.local import Local
from hanse.edge.settings import Settings, from_environment, listen_of, require_safe

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Run a member's edge."
)
key_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Keys for the company's programs."
)
list_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What must never be blocked here."
)
brake_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What the feed may not do here."
)
app.add_typer(key_app, name="key")
app.add_typer(list_app, name="never-block")
app.add_typer(brake_app, name="brake")

Data = Annotated[
    Path | None, typer.Option(help="The edge's folder [env: HANSE_EDGE_DATA].")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def join(
    code: Annotated[
        str, typer.Argument(help="The code from the hub, or - to read it from stdin.")
    ],
    data: Data = None,
    name: Annotated[str, typer.Option(help="Its name, else the code says it.")] = "",
) -> None:
    """Join an alliance with a one-time code."""
    settings = _settings(data)
    text = sys.stdin.readline() if code == "-" else code
    with httpx.Client() as client:
        joined = joining.join(
            client,
            joining.read_code(text),
            settings.data,
            name=name,
            may_use_plain_http=settings.may_use_plain_http,
        )
    print(f"Joined {joined.alliance.label} as an edge of {joined.member.label}.")
    print(f"Its hub's key is pinned: {joined.vkey}")
    print("Next: `hanse edge serve`, then `hanse check URL`.")


@app.command()
def serve(
    data: Data = None,
    listen: Annotated[
        str | None, typer.Option(help="host:port [env: HANSE_EDGE_LISTEN].")
    ] = None,
    open_on_loopback: Annotated[
        bool, typer.Option(help="Answer programs on this machine without a key.")
    ] = False,
) -> None:
    """Follow the feed and answer checks until stopped."""
    settings = _settings(data)
    if listen is not None:
        settings = replace(settings, listen=listen_of(listen))
    if open_on_loopback:
        settings = replace(settings, is_open_on_loopback=True)
    require_safe(settings)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_serve(settings))


@app.command()
def status(data: Data = None, json: AsJson = False) -> None:
    """How it stands: hub, position, brake, and what a person should look at."""
    settings = _settings(data)
    running = serving.find(settings.data)
    if running is None:
        raise EdgeNotRunning(
            f"No edge runs with the folder {settings.data}. Start it with `hanse edge "
            "serve`."
        )
    text = (settings.data / keys.FILE).read_text().strip()
    try:
        answer = httpx.get(
            f"{running.url}/v1/status", headers={"authorization": f"Bearer {text}"}
        )
    except httpx.HTTPError as error:
        raise EdgeNotRunning(
            f"The edge at {running.url} does not answer ({type(error).__name__})."
        ) from error
    if json:
        print(answer.text)
        return
    _print_status(answer.json())


@key_app.command("new")
def new_key(
    scope: Annotated[list[str], typer.Option(help="check, read or admin; repeatable.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    data: Data = None,
) -> None:
    """Make a key. It is shown once."""
    with _store(data) as local:
        print(keys.new_key(local, name, scope, secrets.token_bytes(39), clock.now()))


@key_app.command("list")
def list_keys(data: Data = None, json: AsJson = False) -> None:
    """All keys, by the ten characters after hanse_."""
    with _store(data) as local:
        rows = [
            {
                "id": row.public_id,
                "name": row.name,
                "scopes": row.scopes.split(),
                "created_at": row.created_at,
                "used_at": row.used_at,
                "revoked_at": row.revoked_at,
            }
            for row in local.own_keys()
        ]
    if json:
        print(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else f"used {row['used_at'] or 'never'}"
        print(f"{row['id']}  {','.join(row['scopes'] or [])}  {state}  {row['name']}")


@key_app.command("revoke")
def revoke_key(public_id: str, data: Data = None) -> None:
    """End a key at once."""
    with _store(data) as local:
        keys.revoke(local, public_id, clock.now())


@list_app.command("add")
def add_exception(
    entry: str,
    note: Annotated[str, typer.Option(help="Why it stands there.")] = "",
    data: Data = None,
) -> None:
    """A domain (with all below it), URL, address, network, or kind:value."""
    with _store(data) as local:
        print(policy.add_exception(local, entry, note, clock.now()))


@list_app.command("remove")
def remove_exception(entry: str, data: Data = None) -> None:
    """Take an entry off the list."""
    with _store(data) as local:
        print(policy.remove_exception(local, entry))


@list_app.command("list")
def show_exceptions(data: Data = None) -> None:
    """Both sources: entries made here, and the file in the folder."""
    settings = _settings(data)
    with _store(data) as local:
        for entry, note, _ in local.never_block():
            print(f"{entry}  {note}".rstrip())
    found = policy.read_file(settings.data)
    for entry in found.entries:
        print(f"{entry}  ({policy.FILE})")
    for number in found.faulty_lines:
        print(f"{policy.FILE}: line {number} is not understood", file=sys.stderr)


@brake_app.command("show")
def show_brake(data: Data = None) -> None:
    """What it is set to, and what it holds."""
    settings = _settings(data)
    with _store(data) as local:
        brake = policy.brake_of(local)
        limit = brake.limit_or(settings.most_new_blocks_per_hour)
        held = local.held(1_000)
        _, _, count = local.count()
    print(f"watch only: {'yes' if brake.is_watch_only else 'no'}")
    print(
        f"new blocks in the last hour: {spent(brake, clock.now())} of "
        f"{'any number' if limit is None else limit}"
    )
    print(f"held: {count}")
    for key, since in held:
        print(f"  {key}  since {since}")


@brake_app.command("release")
def release(
    key: Annotated[
        str | None, typer.Argument(help="kind:value; all if left out")
    ] = None,
    data: Data = None,
) -> None:
    """Enforce what the brake holds."""
    with _store(data) as local:
        print(f"released: {policy.release(local, key)}")


@brake_app.command("watch-only")
def watch_only(
    state: Annotated[str, typer.Argument(help="on or off")], data: Data = None
) -> None:
    """Block nothing and tell everything; or block again."""
    if state not in ("on", "off"):
        raise typer.BadParameter("say on or off")
    with _store(data) as local:
        policy.set_watch_only(local, is_on=state == "on")


@brake_app.command("limit")
def limit(
    most: Annotated[str, typer.Argument(help="a number, unlimited, or default")],
    data: Data = None,
) -> None:
    """The most new blocks the feed may cause in an hour."""
    with _store(data) as local:
        policy.set_limit(local, most)


class EdgeNotRunning(Refusal):
    """The command needs a running edge."""

    code = "edge.not_running"


def _settings(data: Path | None) -> Settings:
    settings = from_environment(os.environ)
    return settings if data is None else replace(settings, data=data)


@contextmanager
def _store(data: Path | None) -> Iterator[Local]:
    settings = _settings(data)
    identity.load(settings.data)
    local = Local(settings.store)
    try:
        yield local
    finally:
        local.close()


async def _serve(settings: Settings) -> None:
    from hanse.edge.app import served
    from hanse.edge.running import Edge

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    async with Edge(settings) as edge, served(edge, settings.listen):
        print(
            f"Edge of {edge.identity.member.label}: {settings.listen.url}", flush=True
        )
        await stop.wait()


def _print_status(found: dict[str, Any]) -> None:
    hub, brake, position = found["hub"], found["brake"], found["position"]
    print(f"edge      {found['name']} of {found['member']}, {found['alliance']}")
    print(f"hub       {hub['url']}: {position['hub']}")
    print(f"position  log of {position['size']}, heard {position['age_seconds']} s ago")
    print(f"holds     {found['claims']} claims on {found['values']} values")
    print(
        f"brake     {brake['new_blocks_last_hour']} of {brake['limit']} new blocks in "
        f"an hour, {brake['held']} held, {brake['never_block']} never blocked"
    )
    for warning in found["warnings"]:
        print(f"! {warning}")
