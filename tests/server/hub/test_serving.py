"""`hanse hub init` and `serve` as processes: they come up, and they end cleanly."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from hanse.base.ids import MemberId
from hanse.hub import folder
from hanse.hub.serving import STOP_SECONDS
from hanse.membership import admission
from hanse.membership.rights import Scope
from hanse.storage.tx import Database
from tests.server.hub.conftest import bearer
from tests.server.hub.process import COMMAND, free_port, init, is_up, serving
from tests.server.membership.alliance import HUB, Alliance


@pytest.fixture
def alliance(environment: dict[str, str], database_url: str) -> Iterator[Alliance]:
    init(environment)
    keys = folder.read(Path(environment["HANSE_DATA"]))
    database = Database.open(database_url, keys.signer, keys.secret, max_connections=3)
    yield Alliance(database)
    database.close()


def test_init_prints_a_link_for_the_first_operator_and_may_be_repeated(
    environment: dict[str, str],
):
    first, second = init(environment), init(environment)

    links = [re.findall(r"http://\S+/join/\S{43}", said) for said in (first, second)]
    assert [len(found) for found in links] == [1, 1]
    assert links[0] != links[1]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_told_to_stop_ends_its_streams_and_goes(
    environment: dict[str, str], alliance: Alliance, stop: signal.Signals
):
    key = alliance.key(alliance.member(), Scope.FEED).text

    with serving(environment) as (process, address):
        stream = httpx.stream(
            "GET", f"{address}/v1/feed/stream", headers=bearer(key), timeout=30
        )
        with stream as answer:
            lines = answer.iter_lines()
            first = next(lines)
            begun = time.monotonic()
            process.send_signal(stop)
            with suppress(httpx.HTTPError):
                list(lines)
        status = process.wait(timeout=30)
        took = time.monotonic() - begun

    assert first == ": welcome"
    assert status == 0
    assert took < STOP_SECONDS - 2


def test_a_suspended_members_open_stream_ends_with_bye(
    environment: dict[str, str], alliance: Alliance
):
    lotus: MemberId = alliance.member()
    key = alliance.key(lotus, Scope.FEED).text

    with serving(environment) as (_, address):
        stream = httpx.stream(
            "GET", f"{address}/v1/feed/stream", headers=bearer(key), timeout=30
        )
        with stream as answer:
            lines = answer.iter_lines()
            assert next(lines) == ": welcome"
            begun = time.monotonic()
            with alliance.database.begin() as tx:
                admission.suspend(tx, HUB, lotus, "for a test")
            told = [line for line in lines if line.startswith("event:")]
            took = time.monotonic() - begun

    assert told[-1] == "event: bye"
    assert took < 5


def test_several_workers_answer_and_end(
    environment: dict[str, str], alliance: Alliance
):
    key = alliance.key(alliance.member(), Scope.READ).text
    with serving({**environment, "HANSE_WORKERS": "2"}) as (process, address):
        answers = {
            httpx.get(f"{address}/v1/me", headers=bearer(key)).status_code
            for _ in range(10)
        }
        process.terminate()
        status = process.wait(timeout=30)

    assert answers == {200}
    assert status == 0


def test_no_worker_outlives_a_hub_that_was_killed(
    environment: dict[str, str], alliance: Alliance
):
    with serving(environment) as (process, address):
        process.kill()
        process.wait(timeout=10)
        deadline = time.monotonic() + 20
        while is_up(address) and time.monotonic() < deadline:
            time.sleep(0.2)

        assert not is_up(address)


def test_a_hub_that_was_never_set_up_says_what_to_do(environment: dict[str, str]):
    done = subprocess.run(
        [*COMMAND, "serve"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "hanse hub init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_whose_database_is_not_there_yet_waits_for_it(
    environment: dict[str, str], alliance: Alliance
):
    nobody = f"postgresql://hanse@127.0.0.1:{free_port()}/hanse"
    process = subprocess.Popen(
        [*COMMAND, "serve"],
        env={**environment, "HANSE_DATABASE_URL": nobody},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        time.sleep(1)
        status = process.poll()
    finally:
        process.kill()
        process.communicate(timeout=30)

    assert said.startswith("hanse: PostgreSQL is not ready")
    assert status is None


@pytest.mark.slow
def test_with_nothing_but_a_folder_the_hub_brings_its_own_database(
    environment: dict[str, str],
):
    environment = {k: v for k, v in environment.items() if k != "HANSE_DATABASE_URL"}
    init(environment)
    with serving(environment) as (process, address):
        known = httpx.get(f"{address}/v1/me").status_code
        process.terminate()
        status = process.wait(timeout=60)

    pid_file = Path(environment["HANSE_DATA"]) / "postgres/cluster/postmaster.pid"
    assert (known, status) == (401, 0)
    assert not pid_file.exists()
