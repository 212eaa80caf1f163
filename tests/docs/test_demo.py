"""`make demo ARGS=--once`: plays, says the times, ends with 0, leaves nothing."""

from pathlib import Path

import pytest

from tests.docs.commands import Machine


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_demo_protects_everyone_and_leaves_nothing(tmp_path: Path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    said = Machine(tmp_path / "home", {"TMPDIR": str(temporary)}).say("demo", "--once")

    assert "scenes ended as they must at all 5 edges" in said
    assert "verifies offline" in said
    assert list(temporary.iterdir()) == []
