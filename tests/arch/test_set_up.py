"""What the set-up says on a machine that lacks something: one line, what to install."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ["sh", "basename", "cat", "dirname", "grep", "mkdir", "mv", "rm", "tail"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A clone's set-up script, and a PATH with hardly anything on it."""
    scripts = tmp_path / "clone" / "requirements"
    scripts.mkdir(parents=True)
    shutil.copy(ROOT / "requirements" / "install.sh", scripts)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (programs / name).symlink_to(found)
    return tmp_path


def give(machine: Path, name: str, script: str) -> None:
    program = machine / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def set_up(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [machine / "clone" / "requirements" / "install.sh", "test"],
        env={"PATH": str(machine / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_python_it_says_what_to_install(machine: Path):
    done = set_up(machine)

    assert done.returncode == 1
    assert done.stderr == (
        "hanse: Python is missing. Install it: apt install python3 python3-venv\n"
    )


def test_an_old_python_is_named_with_its_version(machine: Path):
    give(machine, "python3", 'case "$2" in *%d*) echo 3.9;; *) exit 1;; esac')

    done = set_up(machine)

    assert done.returncode == 1
    assert "this is Python 3.9, and Hanse needs 3.11 or newer" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("python", ["python3", "python3.12"])
def test_without_venv_it_names_the_package_that_brings_it(machine: Path, python: str):
    give(machine, python, 'case "$2" in *ensurepip*) exit 1;; *%d*) echo 3.12;; esac')

    done = set_up(machine, PYTHON=python)

    assert done.returncode == 1
    assert done.stderr == (
        f"hanse: Python's venv is missing. Install it: apt install {python}-venv\n"
    )


def test_an_environment_made_by_somebody_else_is_never_removed(machine: Path):
    give(machine, "python3", 'case "$2" in *%d*) echo 3.11;; esac')
    theirs = machine / "clone" / ".venv" / "bin" / "python"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("#!/bin/sh\nexit 1\n")
    theirs.chmod(0o755)

    done = set_up(machine)

    assert done.returncode == 1
    assert "was not made by make and does not serve; move it away" in done.stderr
    assert theirs.exists()


def test_a_failed_step_shows_what_was_said_and_leaves_the_mark(machine: Path):
    give(
        machine,
        "python3",
        'case "$2" in *%d*) echo 3.11;; venv) echo no space left; exit 1;; esac',
    )

    done = set_up(machine)

    assert done.returncode == 1
    assert "no space left" in done.stderr
    assert "The same command tries again." in done.stderr
    assert (machine / "clone" / ".venv" / "unfinished").exists()
    assert (machine / "clone" / ".venv" / "made-in").read_text() == (
        f"{machine / 'clone'}\n"
    )
