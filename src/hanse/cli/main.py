"""The root of `hanse ...`: which commands there are, and where each one lives.

A command group is imported when it is called and not before, so that
`hanse --help` stays fast and an installation for the edge alone can name the
hub's commands without having what they need. The list is closed and written out:
nothing is scanned.

Each module named here holds `app`, a `typer.Typer`; with a single command in it the
group is that command (`hanse check URL`).
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from hanse import __version__
from hanse.base.errors import Refusal


@dataclass(frozen=True, slots=True)
class Group:
    """One word after `hanse`: its help line, its module and the extra it needs."""

    help: str
    module: str
    extra: str


GROUPS = {
    "hub": Group("Run the alliance's hub.", "hanse.cli.hub", "hub"),
    "edge": Group("Run a member's edge.", "hanse.cli.edge", "edge"),
    "check": Group(
        "Ask an edge about a URL, domain, address or hash.", "hanse.cli.check", "edge"
    ),
    "audit": Group("Verify an exported audit log.", "hanse.cli.audit", "edge"),
    "demo": Group("Play a whole alliance on this machine.", "hanse.cli.demo", "demo"),
    "sandbox": Group(
        "Start a throw-away hub for a test suite.", "hanse.cli.sandbox", "hub"
    ),
}


class CommandUnavailable(Refusal):
    """The command exists, and what it needs is not installed."""

    code = "cli.command_unavailable"


class LateGroup(TyperGroup):
    """Lists the groups without importing them; imports the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        stubs = {
            name: TyperCommand(name=name, help=group.help)
            for name, group in GROUPS.items()
        }
        super().__init__(**{**attributes, "commands": stubs})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in GROUPS else command, rest


def load(name: str) -> Any:
    """The command of a group, freshly imported; raises `CommandUnavailable`."""
    group = GROUPS[name]
    try:
        module = import_module(group.module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing == group.module:
            raise CommandUnavailable(
                f"`hanse {name}` is not part of version {__version__}; "
                "`hanse --help` lists what there is"
            ) from None
        if missing.partition(".")[0] == "hanse":
            raise
        raise CommandUnavailable(
            f"`hanse {name}` needs {missing}, which is not installed; "
            f"install it with: pip install 'hanse[{group.extra}]'"
        ) from None
    command = typer.main.get_command(module.app)
    command.name = name
    return command


app = typer.Typer(
    cls=LateGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An alliance of internet companies that defends itself together.",
)


def show_version(wanted: bool) -> None:
    """Print the version and leave, when asked to."""
    if wanted:
        print(f"hanse {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=show_version, is_eager=True, help="Say which."
    ),
) -> None:
    """An alliance of internet companies that defends itself together."""


def main() -> NoReturn:
    """The console script: a refusal is one sentence on stderr and status 1."""
    try:
        app()
    except Refusal as refusal:
        print(f"hanse: {refusal.message}", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)
