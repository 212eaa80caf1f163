"""`hanse edge ...` and `hanse check`: what is printed, and with which exit status."""

import asyncio
import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hanse.base import clock
from hanse.cli import check as check_command
from hanse.cli import edge as edge_command
from hanse.edge import policy
from hanse.edge.app import served
from hanse.edge.settings import Listen
from tests.unit.edge.builders import an_edge
from tests.unit.edge.simulated_hub import SimulatedHub

BAD, ODD, GOOD = "https://bad.example/", "odd.example", "https://good.example/"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("HANSE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")


def a_hub_of_today() -> SimulatedHub:
    """The command line reads the real clock, and old claims fade."""
    hub = SimulatedHub()
    hub.now = clock.now()
    return hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An edge that has caught up and was stopped."""
    hub = a_hub_of_today()
    hub.report("domain:bad.example")
    hub.report("domain:odd.example", confidence=50)
    edge = an_edge(tmp_path, hub)
    asyncio.run(edge.follower.catch_up())
    asyncio.run(edge.stop())
    return tmp_path


def check(folder: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(
        check_command.app, [*words, "--data", str(folder)], input=stdin
    )


def edge(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(edge_command.app, [*words, "--data", str(folder)])


def printed(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return str(result.output)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ([GOOD], 0),
        ([BAD], 1),
        ([ODD], 2),
        ([GOOD, ODD, BAD], 1),
        (["no value"], 64),
        (["no value", BAD], 1),
        (["no value", ODD], 64),
    ],
)
def test_the_exit_status_says_the_verdict(folder: Path, asked: list[str], status: int):
    assert check(folder, *asked).exit_code == status


def test_without_a_running_edge_the_store_answers_and_says_so(folder: Path):
    said = check(folder, BAD).output

    assert said.startswith(f"block  {BAD}  (score ")
    assert "Harbour Pay: phishing, confidence 90" in said
    assert "hub stopped since" in said


def test_json_is_the_answer_of_the_http_interface(folder: Path):
    found = json.loads(check(folder, BAD, "no value", "--json").output)

    assert [r.get("verdict") for r in found["results"]] == ["block", None]
    assert found["results"][1]["error"]["code"] == "observables.malformed"
    assert found["position"]["size"] > 0


def test_many_are_read_from_standard_input(folder: Path):
    result = check(folder, "-", "--json", stdin=f"{GOOD}\n\n{BAD}\n")

    verdicts = [r["verdict"] for r in json.loads(result.output)["results"]]
    assert verdicts == ["allow", "block"]


def test_where_there_is_no_edge_it_says_what_to_do(tmp_path: Path):
    result = check(tmp_path, GOOD)

    assert result.exit_code == 64
    assert "hanse edge join CODE" in result.stderr


def test_a_running_edge_is_asked_with_the_key_it_left_for_this_machine(
    tmp_path: Path,
):
    async def run() -> None:
        hub = a_hub_of_today()
        hub.report("domain:bad.example")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            listen = Listen("127.0.0.1", probe.getsockname()[1])
        running = an_edge(tmp_path, hub)
        running.settings = replace(running.settings, listen=listen)
        async with running, served(running, listen):
            await running.caught_up(5)
            asked = [GOOD] * 1_100 + [BAD, "no value"]
            result = await asyncio.to_thread(check, tmp_path, *asked, "--json")
            found = json.loads(result.output)
            assert result.exit_code == 1
            assert found["position"]["hub"] == "connected"
            assert len(found["results"]) == 1_102
            assert found["results"][-1]["error"]["status"] == 422

            status = await asyncio.to_thread(edge, tmp_path, "status")
            assert "till of Lantern Shop, Harbour Alliance" in printed(status)

            url = f"--edge={listen.url}"
            without = await asyncio.to_thread(check, tmp_path, GOOD, url)
            assert without.exit_code == 64
            assert "wants a key" in without.stderr
        assert edge(tmp_path, "status").exit_code == 1

    asyncio.run(run())


def test_the_brake_is_set_and_shown(folder: Path):
    printed(edge(folder, "brake", "watch-only", "on"))
    printed(edge(folder, "brake", "limit", "7"))

    shown = printed(edge(folder, "brake", "show"))

    assert "watch only: yes" in shown
    assert "0 of 7" in shown
    assert check(folder, BAD).exit_code == 2
    printed(edge(folder, "brake", "watch-only", "off"))
    assert check(folder, BAD).exit_code == 1
    assert "released: 0" in printed(edge(folder, "brake", "release"))


def test_the_never_block_list_is_kept(folder: Path):
    added = edge(folder, "never-block", "add", "BAD.example", "--note", "ours")
    (folder / policy.FILE).write_text("10.0.0.0/8\nnonsense here\n")

    listed = edge(folder, "never-block", "list")

    assert printed(added) == "domain:bad.example\n"
    assert "domain:bad.example  ours" in printed(listed)
    assert f"network:10.0.0.0/8  ({policy.FILE})" in listed.output
    assert "line 2 is not understood" in listed.stderr
    assert check(folder, BAD).exit_code == 0
    printed(edge(folder, "never-block", "remove", "bad.example"))
    assert check(folder, BAD).exit_code == 1


def test_keys_are_made_listed_and_revoked(folder: Path):
    text = printed(edge(folder, "key", "new", "--scope", "check", "--name", "till"))
    public_id = text.split("_")[1]

    listed = printed(edge(folder, "key", "list"))
    assert f"{public_id}  check  used never  till" in listed
    assert text.strip() not in listed
    printed(edge(folder, "key", "revoke", public_id))
    assert "revoked" in printed(edge(folder, "key", "list"))
    assert edge(folder, "key", "revoke", public_id).exit_code == 1


def test_a_folder_that_never_joined_is_named(tmp_path: Path):
    result = edge(tmp_path, "brake", "show")

    assert result.exit_code == 1
    assert "hanse edge join CODE" in str(result.exception)


def test_an_edge_open_to_a_network_is_not_served(folder: Path):
    result = edge(folder, "serve", "--listen", "0.0.0.0:8441", "--open-on-loopback")

    assert result.exit_code == 1
    assert "must listen on 127.0.0.1" in str(result.exception)
