"""The tree keeps its rules, and each rule is shown to be able to fail."""

import socket
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from tests.arch import rules
from tests.arch.rules import RULES, Rule, Source

ROOT = Path(__file__).parents[2]
# A machine's own name is looked for unless it is a word that anybody may use.
HOST = socket.gethostname()


def files_of_the_repository() -> list[str]:
    """What git keeps or would keep; an unpacked archive without git: all there is."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [
            str(path.relative_to(ROOT))
            for part in ("src", "tests", "benchmarks", "docs")
            for path in (ROOT / part).rglob("*")
        ]
    return sorted(name for name in listed if name and (ROOT / name).is_file())


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return rules.read(ROOT, files_of_the_repository())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: Rule, sources: list[Source]):
    assert list(rule(sources)) == []


def test_the_tree_names_no_machine():
    texts = {
        name: (ROOT / name).read_text("utf-8", errors="replace")
        for name in files_of_the_repository()
    }
    assert list(rules.machine_paths(texts, HOST)) == []


@pytest.mark.parametrize(
    "text",
    ["see /" + "home/alice/notes", "cd /" + "root/hanse", "on buildhost-17 it ran"],
)
def test_a_place_on_somebodys_machine_is_found(text: str):
    faults = list(rules.machine_paths({"README.md": text}, "buildhost-17"))

    assert faults == ["README.md:1 names a place on somebody's machine"]


def test_an_address_on_the_web_is_no_place_on_a_machine():
    text = "https://shop.example/home/sale and ~/home/x"
    assert list(rules.machine_paths({"README.md": text}, "buildhost-17")) == []


PLANTED: list[tuple[Rule, str, str]] = [
    (rules.sql_outside_stores, "intel/reporting.py", "Q = 'select id from claim'\n"),
    (rules.sql_outside_stores, "intel/reporting.py", "Q = b'delete from claim'\n"),
    (rules.sql_outside_stores, "intel/reporting.py", "Q = f'update {T} set x = 1'\n"),
    (
        rules.sql_outside_stores,
        "hub/app.py",
        "Q = '''\n  insert into a values (1)'''\n",
    ),
    (rules.sql_outside_stores, "hub/app.py", "Q = 'with a as (select 1) select 2'\n"),
    (rules.connections_outside_stores, "intel/reporting.py", "tx.conn.execute(Q)\n"),
    (rules.connections_outside_stores, "edge/sync.py", "import sqlite3\n"),
    (rules.misplaced_stores, "edge/store.py", ""),
    (rules.misplaced_stores, "feed/local.py", ""),
    (rules.foreign_stores, "intel/reporting.py", "from hanse.feed import store\n"),
    (rules.foreign_stores, "intel/a/b.py", "import hanse.feed.store\n"),
    (rules.foreign_stores, "feed/feed.py", "from hanse.intel.objects import store\n"),
    (rules.drawers, "intel/utils.py", ""),
    (rules.drawers, "intel/common/stix.py", ""),
    (rules.drawers, "intel/base_report.py", ""),
    (rules.drawers, "intel/feed_manager.py", ""),
    (rules.drawers, "intel/reporting.py", "class ReportService: ...\n"),
    (rules.drawers, "intel/reporting.py", "class IReport: ...\n"),
    (rules.long_files, "intel/reporting.py", "x = 1\n" * 501),
    (rules.silent_modules, "intel/reporting.py", "x = 1\n"),
    (rules.prints, "intel/reporting.py", "print('told')\n"),
    (rules.mocks, "intel/reporting.py", "from unittest.mock import patch\n"),
]


@pytest.mark.parametrize(
    ("rule", "name", "text"), PLANTED, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_planted_fault_is_found(rule: Rule, name: str, text: str):
    assert list(rule([Source(PurePosixPath("src/hanse", name), text)])) != []


SOUND: list[tuple[Rule, str, str]] = [
    (rules.sql_outside_stores, "intel/store.py", "Q = 'select id from claim'\n"),
    (rules.sql_outside_stores, "intel/rest.py", "'''select ids from claims.'''\n"),
    (rules.sql_outside_stores, "hub/app.py", "S = 'Select a circle from the list'\n"),
    (rules.connections_outside_stores, "intel/store.py", "tx.conn.execute(Q)\n"),
    (rules.foreign_stores, "intel/a/b.py", "from hanse.intel.objects import store\n"),
    (rules.foreign_stores, "intel/a.py", "from hanse.storage import tx\n"),
    (rules.drawers, "intel/reporting.py", "class IPAddress: ...\n"),
    (rules.long_files, "intel/reporting.py", "x = 1\n" * 500),
    (rules.prints, "cli/check.py", "print('block')\n"),
]


@pytest.mark.parametrize(
    ("rule", "name", "text"), SOUND, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_is_as_it_should_be_is_left_alone(rule: Rule, name: str, text: str):
    assert list(rule([Source(PurePosixPath("src/hanse", name), text)])) == []


def test_every_rule_is_shown_to_fail():
    assert {rule for rule, _, _ in PLANTED} == set(RULES)
