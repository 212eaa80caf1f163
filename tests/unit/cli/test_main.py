"""The command line's root: what it lists, loads late and says when it cannot."""

import subprocess
import sys

import pytest

from hanse.cli import main
from hanse.cli.main import GROUPS, CommandUnavailable, Group, load


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from hanse.cli.main import main; main()", *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_group_and_imports_none_of_them():
    code = (
        "import sys\n"
        "from hanse.cli.main import GROUPS, app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "loaded = [g.module for g in GROUPS.values() if g.module in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in GROUPS)


def test_an_unknown_command_is_answered_with_the_nearest_one():
    done = run("hbu")

    assert done.returncode == 2
    assert "'hub'" in done.stderr


def test_a_missing_part_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path
):
    (tmp_path / "command_needing_more.py").write_text("import no_such_part\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(
        main.GROUPS, "hub", Group("Runs.", "command_needing_more", "hub")
    )

    with pytest.raises(CommandUnavailable) as refused:
        load("hub")

    assert refused.value.message == (
        "`hanse hub` needs no_such_part, which is not installed; "
        "install it with: pip install 'hanse[hub]'"
    )


def test_a_fault_inside_hanse_is_not_taken_for_a_missing_part(
    monkeypatch: pytest.MonkeyPatch, tmp_path
):
    (tmp_path / "command_with_a_fault.py").write_text("import hanse.no_such_room\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(
        main.GROUPS, "hub", Group("Runs.", "command_with_a_fault", "hub")
    )

    with pytest.raises(ModuleNotFoundError, match=r"hanse\.no_such_room"):
        load("hub")


def test_the_version_is_said():
    done = run("--version")

    assert (done.returncode, done.stdout) == (0, "hanse 0.1.0\n")
