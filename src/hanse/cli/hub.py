"""`hanse hub init | serve | invite`: set a hub up, run it, let an operator in.

Settings come from the environment (`hanse.hub.settings` lists them); a hub needs none
to run on one machine.
"""

import os
import sys

import typer

from hanse.hub import folder, founding
from hanse.hub.founding import Names
from hanse.hub.serving import await_free_port, serve_until_told
from hanse.hub.settings import read_settings
from hanse.membership import alliance

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Run the alliance's hub.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def init(
    *,
    name_en: str = typer.Option(
        "The Alliance", "--name-en", help="The alliance's name in English."
    ),
    name_zh: str = typer.Option("联盟", "--name-zh", help="Its name in Chinese."),
    origin: str = typer.Option(
        "hub.hanse.example/log",
        "--origin",
        help="Names the log and the hub's key; a host and a path of your own. Final.",
    ),
) -> None:
    """Make keys, database and alliance, and print the first operator's link."""
    settings = read_settings(os.environ)
    keys = founding.make_keys(settings, origin)
    with founding.opened(settings, keys) as database:
        with database.begin() as tx:
            if alliance.find_alliance(tx) is None:
                founding.found(tx, Names(name_en, name_zh, origin))
        with database.begin() as tx:
            link = founding.operator_link(tx, settings, "hanse hub init")
    print(f"The hub is set up in {settings.data}. Back up {folder.KEY_FILE} and")
    print(f"{folder.SECRET_FILE} from there, apart from the database.")
    print("\nStart it:              hanse hub serve")
    print(f"The first operator's link, good once and for 72 hours:\n\n    {link}\n")


@app.command()
def invite() -> None:
    """Print a link for another operator, as when the last one is locked out."""
    settings = read_settings(os.environ)
    keys = folder.read(settings.data)
    with founding.opened(settings, keys) as database, database.begin() as tx:
        link = founding.operator_link(tx, settings, "hanse hub invite")
    print(link)


@app.command()
def serve() -> None:
    """Run the hub until it is told to stop (Ctrl-C or SIGTERM)."""
    settings = read_settings(os.environ)
    folder.read(settings.data)  # refuse before anything is started
    await_free_port(settings)
    with founding.database_url(settings) as url:
        print(f"The hub listens on {settings.public_url}", flush=True)
        serve_until_told(settings, url, _say)


def _say(text: str) -> None:
    print(f"hanse: {text}", file=sys.stderr, flush=True)
