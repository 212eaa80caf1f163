"""Every benchmark runs at a tiny size, and turns red on the fault planted in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import check, crash, push, sharing

Figures = dict[str, Any]
Main = Callable[[list[str]], int]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CRASH = ["--rounds", "2", "--items", "40", "--writers", "2", "--edges", "1"]
CRASH += ["--workers", "1", "--patience", "20"]
CHECK = ["--indicators", "2000", "--questions", "3000"]
PUSH = ["--edges", "2", "--items", "2", "--changes", "200"]
SHARING = ["--cases", "2000"]


@pytest.fixture
def figures(capsys: pytest.CaptureFixture[str]) -> Callable[..., Figures]:
    """Run a benchmark; its figures are the last line it prints."""

    def run(main: Main, *arguments: str) -> Figures:
        main([*arguments])
        found: Figures = json.loads(capsys.readouterr().out.splitlines()[-1])
        return found

    return run


def short_of(figures: Figures) -> set[str]:
    """The keys that miss their limit."""
    return {line.partition(" ")[0] for line in figures["short"]}


@pytest.mark.parametrize(
    ("plant", "key"),
    [
        ("", ""),
        ("lose", "lost"),
        ("double", "doubled"),
        ("miss", "edge_missed"),
        ("log", "log_verifies"),
    ],
)
def test_crash_finds_what_is_lost_doubled_missed_and_tampered_with(
    figures: Callable[..., Figures], plant: str, key: str
):
    found = figures(crash.main, *CRASH, "--plant", plant)

    wrong = short_of(found) - {"rounds", "acknowledged"}
    assert found["acknowledged"] >= 40
    assert (key in wrong) if plant else not wrong


@pytest.mark.parametrize(("plant", "key"), [("blind", "wrong"), ("slow", "p99_us")])
def test_check_finds_a_slow_edge_and_one_that_holds_not_everything(
    figures: Callable[..., Figures], plant: str, key: str
):
    found = figures(check.main, *CHECK, "--plant", plant)

    assert key in short_of(found)
    assert (found["wrong"] == 0) == (plant != "blind")


def test_push_finds_an_edge_that_hears_nothing(
    figures: Callable[..., Figures], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(push, "PATIENCE_SECONDS", 4.0)

    assert "missed" in short_of(figures(push.main, *PUSH, "--plant", "deaf"))


@pytest.mark.parametrize(("plant", "leaks"), [("", False), ("leak", True)])
def test_sharing_finds_a_leak(
    figures: Callable[..., Figures], plant: str, *, leaks: bool
):
    found = figures(sharing.main, *SHARING, "--plant", plant)

    assert ("leaks" in short_of(found)) == leaks
    assert found["cases"] >= 2_000
