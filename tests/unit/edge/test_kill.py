"""Killed at any moment, an edge loses nothing and doubles nothing.

A child process follows a hub, checks, and tells hits; it is killed with SIGKILL at
random moments, again and again. The hub is made from a seed in each process, so its
log is the same bytes every time.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.edge.builders import an_edge, held_by
from tests.unit.edge.simulated_hub import SimulatedHub

ITEMS = 1_000
ROUNDS = 8

CHILD = """
import asyncio, sys
from pathlib import Path
from tests.unit.edge.builders import an_edge
from tests.unit.edge.test_kill import a_hub

edge = an_edge(Path(sys.argv[1]), a_hub(), catch_up_limit=7)
print("ready", flush=True)
asyncio.run(edge.follower.catch_up())
print("done", flush=True)
"""


def a_hub() -> SimulatedHub:
    hub = SimulatedHub(seed=3)
    chance = random.Random(3)
    claims = []
    for n in range(ITEMS):
        claims.append(hub.report(f"domain:s{n % 400}.example", by=f"Bank {n}"))
        if chance.random() < 0.3:
            hub.withdraw(chance.choice(claims))
    return hub


@pytest.mark.slow
def test_an_edge_killed_while_it_applies_ends_with_exactly_what_is_true(
    tmp_path: Path,
):
    chance, kills = random.Random(5), 0
    for _ in range(ROUNDS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "edge")],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.15))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        child.stdout.close()
    assert kills > ROUNDS // 2

    hub = a_hub()
    edge = an_edge(tmp_path / "edge", hub, catch_up_limit=7)
    asyncio.run(edge.follower.catch_up())

    assert held_by(edge.local) == hub.held_by("ours")
    values = {key for key, _ in hub.held_by("ours").values()}
    assert edge.local.count()[:2] == (len(values), len(hub.held_by("ours")))
