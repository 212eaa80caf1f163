"""The benchmarks of TAXII turn red when what they measure is faulty.

Small, on a real sandbox; whether the figures are good is not asked here.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import race, taxii

pytestmark = pytest.mark.timeout(600)

SMALL = ["--objects", "600", "--few", "3000", "--many", "6000", "--read-seconds", "0.5"]
PROBE = """
import json, sys
out = sys.argv[sys.argv.index("--out") + 1]
checks = [{"verdict": "PASS", "level": level} for level in ("MUST", "SHOULD")]
open(out, "w").write(json.dumps({"checks": checks}))
"""


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The JSON line, which is the last."""
    line: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line


@pytest.fixture
def probe(tmp_path: Path) -> str:
    """A probe that finds nothing wrong."""
    file = tmp_path / "probe.py"
    file.write_text(PROBE)
    return str(file)


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "red"), [("lose", "lost"), ("double", "doubled")])
def test_a_poller_that_misses_or_repeats_objects_is_seen(
    capsys: pytest.CaptureFixture[str], plant: str, red: str
):
    few = ["--rounds", "1", "--writers", "2", "--processes", "1"]
    assert race.main([*few, "--plant", plant]) == 1
    figures = told(capsys)
    assert figures[red] > 0
    assert any(line.startswith(red) for line in figures["short"])


@pytest.mark.slow
def test_a_server_that_does_not_conform_is_seen(
    capsys: pytest.CaptureFixture[str], probe: str
):
    assert taxii.main([*SMALL, "--probe", probe, "--plant", "nonconforming"]) == 1
    figures = told(capsys)
    assert (figures["must_failures"], figures["other_failures"]) == (1, 1)


@pytest.mark.slow
def test_a_server_that_costs_much_is_seen(
    capsys: pytest.CaptureFixture[str], probe: str
):
    assert taxii.main([*SMALL, "--probe", probe, "--plant", "costly"]) == 1
    figures = told(capsys)
    assert figures["must_failures"] == 0
    short = {line.partition(" ")[0] for line in figures["short"]}
    assert {"post_per_cpu_second", "get_per_cpu_second"} <= short


@pytest.mark.slow
def test_a_server_that_takes_its_time_is_seen(
    capsys: pytest.CaptureFixture[str], probe: str
):
    assert taxii.main([*SMALL, "--probe", probe, "--plant", "slow"]) == 1
    figures = told(capsys)
    assert figures["idle_poll_p50_ms"] > 20
    assert figures["page_ratio_1m_10k"] > 1.2


def test_without_a_probe_conformance_is_not_claimed():
    verdicts = taxii.verdicts([{"verdict": "SKIP", "level": "MUST"}])
    assert verdicts == {"must_failures": 1, "other_failures": 0, "skipped": 1}


def test_a_next_token_is_found_without_reading_the_objects():
    objects = b'[{"next":"not this"}]}'
    assert taxii.next_of(b'{"more":true,"next":"abc","objects":' + objects) == "abc"
    assert taxii.next_of(b'{"more":false,"objects":' + objects) is None
    assert taxii.next_of(b"{}") is None
