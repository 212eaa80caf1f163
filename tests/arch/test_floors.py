"""The import contracts hold, and each of them is shown to be able to fail."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "importlinter"
]["contracts"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the `hanse` in `folder`, by the contracts of this tree."""
    program = (
        "import sys; from importlinter.cli import lint_imports;"
        "sys.exit(lint_imports(config_filename=sys.argv[1], no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, ROOT / "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def broken(folder: Path) -> set[str]:
    """The ids of the contracts that do not hold in `folder`."""
    said = lint(folder).stdout
    assert "Contracts:" in said, said
    return {
        contract["id"] for contract in CONTRACTS if f"{contract['name']} BROKEN" in said
    }


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A tree with every room there may be, in which nobody imports anybody."""
    rooms = [name.strip("() ") for f in CONTRACTS[0]["layers"] for name in f.split("|")]
    modules = [f"hanse.{room}.store" for room in rooms]
    modules += ["hanse.edge.app", "hanse.client.asking", "hanse.hub.app"]
    modules += [
        name
        for contract in CONTRACTS
        for name in contract.get("source_modules", ())
        if "*" not in name
    ]
    for module in modules:
        plant(tmp_path, module, "")
    return tmp_path


def plant(folder: Path, module: str, text: str) -> None:
    """Write a module, and the packages above it that are not there yet."""
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    if path.with_suffix("").is_dir():
        path = path.with_suffix("") / "__init__.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    for parent in path.parents:
        if parent == folder:
            break
        (parent / "__init__.py").touch()
    path.write_text(text)


def test_the_floors_hold():
    done = lint(ROOT / "src")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_tree_without_imports_breaks_nothing(skeleton: Path):
    assert broken(skeleton) == set()


@pytest.mark.parametrize(
    ("contract", "module", "text"),
    [
        ("floors", "hanse.audit.log", "import hanse.intel.store"),
        ("floors", "hanse.feed.feed", "from hanse.trust import score"),
        ("floors", "hanse.membership.people", "def f():\n    import hanse.hub.app"),
        ("floors", "hanse.attic.boxes", ""),
        ("edge-alone", "hanse.edge.app", "import psycopg"),
        ("edge-alone", "hanse.client.asking", "import jinja2"),
        ("edge-alone", "hanse.edge.sync", "import hanse.feed.store"),
        ("edge-safe", "hanse.trust.score", "import psycopg_pool"),
        ("edge-safe", "hanse.audit.merkle", "from hanse.audit import store"),
    ],
)
def test_a_planted_import_is_found(
    skeleton: Path, contract: str, module: str, text: str
):
    plant(skeleton, module, text)

    assert contract in broken(skeleton)


def test_a_forbidden_import_is_found_through_a_third_module(skeleton: Path):
    plant(skeleton, "hanse.edge.sync", "import hanse.intel.mirror")
    plant(skeleton, "hanse.intel.mirror", "import hanse.feed.reading")
    plant(skeleton, "hanse.feed.reading", "import psycopg")

    assert "edge-alone" in broken(skeleton)


def test_a_circle_inside_a_room_is_found(skeleton: Path):
    plant(skeleton, "hanse.intel.one", "import hanse.intel.two")
    plant(skeleton, "hanse.intel.two", "import hanse.intel.three")
    plant(skeleton, "hanse.intel.three", "import hanse.intel.one")

    assert broken(skeleton) == {"circles"}
