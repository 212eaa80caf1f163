"""`hanse audit verify FILE`: check an exported log offline.

Needs nothing but the file and, to be worth something, the hub's key as it was
pinned elsewhere (an edge's, a witness's note, a printed page).
"""

from pathlib import Path
from typing import Annotated

import typer

from hanse.audit.checkpoint import Verifier, open_note
from hanse.audit.verify import verify_export

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Verify an exported audit log.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root() -> None:
    """Verify an exported audit log."""


@app.command()
def verify(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="As exported by the hub."),
    ],
    *,
    key: Annotated[
        str,
        typer.Option(help="The hub's key you pinned (name+id+base64). Recommended."),
    ] = "",
    remembered: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint kept earlier; may be given repeatedly."),
    ] = None,
) -> None:
    """Say whether the log is whole, or which row was changed, removed or moved.

    Exit status: 0 the log verifies, 1 it does not.
    """
    pinned = Verifier.of(key) if key else None
    if remembered and pinned is None:
        raise typer.BadParameter("needs --key, to tell that the hub signed it")
    seen = [open_note(p.read_text("utf-8"), pinned) for p in remembered or () if pinned]
    with file.open("rb") as stream:
        report = verify_export(stream, key or None, seen)
    print(f"{report.entries} entries, {report.checkpoints} checkpoints")
    if report.erased:
        print(f"{report.erased} bodies were erased; their leaves still verify")
    if not report.is_pinned:
        print("No key was given: the file vouches for itself. Pass --key.")
    for problem in report.problems:
        print(f"line {problem.line}: {problem.sentence}")
    if not report.ok:
        print("The log does NOT verify.")
        raise typer.Exit(1)
    print("The log verifies.")
