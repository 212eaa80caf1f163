"""The embedded PostgreSQL as a user meets it: started, taken over, killed, refused."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hanse.storage import binaries
from hanse.storage.binaries import MAJOR, Account, choose_account, programs
from hanse.storage.cluster import (
    Cluster,
    DataOfAnotherAccount,
    DataOfAnotherVersion,
    ServerUnavailable,
)
from hanse.storage.server import EmbeddedServer

QUICK = {"fsync": "off"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer.start(tmp_path / "pg", QUICK) as server:
        yield server


def ask(server: EmbeddedServer, query: bytes, database: str = "postgres") -> object:
    with psycopg.connect(server.url(database)) as conn:
        row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]


def note(server: EmbeddedServer, value: int) -> None:
    with psycopg.connect(server.create_database("hanse")) as conn:
        conn.execute("create table if not exists note (value int)")
        conn.execute("insert into note values (%s)", (value,))


def notes(server: EmbeddedServer) -> object:
    return ask(server, b"select array_agg(value order by value) from note", "hanse")


def wait_until_gone(pid: int) -> None:
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} is still there")


def test_it_listens_on_no_network_and_sorts_by_code_point(server: EmbeddedServer):
    assert ask(server, b"show listen_addresses") == ""
    assert ask(server, b"select lower('\xc3\x84') < '\xe4\xb8\xad'") is True
    assert ask(server, b"select string_agg(v, '') from (values ('a'), ('B')) t (v)")


def test_it_is_durable_unless_told_otherwise(tmp_path: Path, server: EmbeddedServer):
    assert ask(server, b"show fsync") == "off"
    with EmbeddedServer.start(tmp_path / "durable") as durable:
        assert ask(durable, b"show fsync") == "on"
        assert ask(durable, b"show synchronous_commit") == "on"


def test_what_was_committed_is_there_after_a_clean_stop(tmp_path: Path):
    with EmbeddedServer.start(tmp_path, QUICK) as server:
        note(server, 7)
        pid = server.pid
    wait_until_gone(pid)

    with EmbeddedServer.start(tmp_path, QUICK) as server:
        assert notes(server) == [7]


def test_a_second_start_takes_the_running_server_over(tmp_path: Path):
    first = EmbeddedServer.start(tmp_path, QUICK)
    second = EmbeddedServer.start(tmp_path, QUICK)
    pid = second.pid
    assert first.pid == pid

    first.stop()
    assert second.is_running()

    second.stop()
    assert not first.is_running()
    assert not (tmp_path / "cluster" / "postmaster.pid").exists()


def test_a_killed_hub_leaves_the_server_to_the_next_one(tmp_path: Path):
    hub = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from hanse.storage.server import EmbeddedServer\n"
        "server = EmbeddedServer.start(Path(sys.argv[1]), {'fsync': 'off'})\n"
        "print(server.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", hub, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL

    with EmbeddedServer.start(tmp_path, QUICK) as server:
        pid = server.pid
        assert pid == int(killed.stdout)

    wait_until_gone(pid)


def test_a_killed_server_is_revived_with_all_that_was_committed(
    server: EmbeddedServer,
):
    note(server, 1)
    os.kill(server.pid, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)

    assert server.revive() is True
    assert server.revive() is False
    assert notes(server) == [1]


def test_a_left_over_process_number_that_somebody_else_has_now_does_not_matter(
    tmp_path: Path,
):
    server = EmbeddedServer.start(tmp_path, QUICK)
    killed = server.pid
    os.kill(killed, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)
    left_over = tmp_path / "cluster" / "postmaster.pid"
    account = choose_account(None)
    with subprocess.Popen(["/bin/sleep", "60"], **account.popen()) as stranger:
        left_over.write_text(
            left_over.read_text().replace(str(killed), str(stranger.pid), 1)
        )

        assert server.revive() is True

        stranger.kill()
    server.stop()


def test_data_of_another_major_version_is_refused_and_left_alone(tmp_path: Path):
    EmbeddedServer.start(tmp_path, QUICK).stop()
    version = tmp_path / "cluster" / "PG_VERSION"
    version.write_text("16\n")

    with pytest.raises(DataOfAnotherVersion) as refused:
        EmbeddedServer.start(tmp_path, QUICK)

    assert "made by PostgreSQL 16" in refused.value.message
    assert f"brings PostgreSQL {MAJOR}; nothing was changed" in refused.value.message
    assert version.read_text() == "16\n"


def test_data_of_another_account_is_refused(tmp_path: Path):
    (tmp_path / "PG_VERSION").write_text(f"{MAJOR}\n")
    stranger = Account(os.geteuid() + 1, os.getegid(), is_another=False)

    with pytest.raises(DataOfAnotherAccount, match="belongs to another account"):
        Cluster(tmp_path, stranger).refuse_foreign()


def test_a_start_that_fails_says_what_postgresql_said(tmp_path: Path):
    with pytest.raises(ServerUnavailable, match="shared_buffers"):
        EmbeddedServer.start(tmp_path, {**QUICK, "shared_buffers": "none"})

    EmbeddedServer.start(tmp_path, QUICK).stop()


def test_an_interrupted_first_start_is_begun_anew(tmp_path: Path):
    half = tmp_path / "cluster.new"
    half.mkdir()
    (half / "PG_VERSION").write_text(f"{MAJOR}\n")

    with EmbeddedServer.start(tmp_path, QUICK) as server:
        assert server.is_running()

    assert not half.exists()


def test_a_path_too_long_for_a_socket_is_reached_by_a_shortcut(tmp_path: Path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)

    with EmbeddedServer.start(deep, QUICK) as server:
        assert ask(server, b"select 1") == 1
        shortcut = Cluster.at(deep.resolve() / "cluster").reachable()
        assert shortcut.is_symlink()

    assert not shortcut.parent.exists()


def test_nothing_a_member_reported_gets_into_the_servers_log(server: EmbeddedServer):
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute("create table told (value text primary key)")
        conn.execute("insert into told values ('secret.example')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("insert into told values ('secret.example')")

    assert "told_pkey" in server.log.read_text()
    assert "secret" not in server.log.read_text()


def test_the_programs_run_from_a_copy_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    account = choose_account(None)
    package = programs(account).parent.parent
    monkeypatch.setattr(binaries, "COPIES", tmp_path)

    copy = binaries._copied(package)

    for name in ("postgres", "initdb"):
        said = subprocess.check_output(
            [copy / f"pginstall{MAJOR}" / "bin" / name, "--version"], text=True
        )
        assert f"(PostgreSQL) {MAJOR}." in said
    assert binaries._copied(package) == copy
    assert [path.name for path in tmp_path.iterdir()] == [copy.parent.name]
