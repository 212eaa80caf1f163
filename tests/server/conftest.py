"""A real PostgreSQL for the tests: one server a run, one database a worker.

`tx` is a transaction that is rolled back, for deeds. `database` is a throw-away
database of the newest schema, for what must commit or is run by several
connections; `database_url` is the same not yet opened.

The server is the embedded one, shared by all workers of a run and stopped by the last
of them, or the one named in HANSE_TEST_DATABASE_URL, whose account must be allowed to
create databases.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from hanse.audit.checkpoint import Signer
from hanse.base.secret import Secret
from hanse.storage.binaries import PostgresMissing
from hanse.storage.migrate import migrate
from hanse.storage.server import EmbeddedServer
from hanse.storage.tx import Database, Tx

# Tests may lose everything when the machine loses power.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class TestServer:
    """A server on which databases may be made; this worker's mark is in their names."""

    __test__ = False

    admin_url: str
    mark: str

    def url(self, name: str) -> str:
        """Where database `name` of this server is."""
        return conninfo.make_conninfo(self.admin_url, dbname=name)

    @contextmanager
    def database(self, *, template: str) -> Iterator[str]:
        """The name of a new database, dropped when the block ends."""
        name = f"hanse_test_{self.mark}_{next(NUMBERS)}"
        names = {"name": sql.Identifier(name), "of": sql.Identifier(template)}
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("create database {name} template {of}").format(**names)
            )
            try:
                yield name
            finally:
                admin.execute(
                    sql.SQL("drop database {name} with (force)").format(**names)
                )


@pytest.fixture(scope="session")
def postgres(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, testrun_uid: str
) -> Iterator[TestServer]:
    """The server of this run."""
    mark = f"{testrun_uid[:8]}_{worker_id}"
    named = os.environ.get("HANSE_TEST_DATABASE_URL")
    if named:
        yield TestServer(named, mark)
        return
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent  # what all workers of the run have in common
    try:
        server = EmbeddedServer.start(folder / "postgres", QUICK)
    except PostgresMissing as missing:
        pytest.skip(f"{missing.message}; for tests: in HANSE_TEST_DATABASE_URL")
    yield TestServer(server.url("postgres"), mark)
    server.stop()
    if not server.is_running():
        shutil.rmtree(folder / "postgres", ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: TestServer) -> Iterator[str]:
    """The name of a database of the newest schema, for copying; nobody connects."""
    with postgres.database(template="template0") as name:
        migrate(postgres.url(name))
        yield name


@pytest.fixture(scope="session")
def connection(
    postgres: TestServer, template: str
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """One connection to the worker's own database."""
    with (
        postgres.database(template=template) as name,
        psycopg.connect(postgres.url(name), autocommit=True) as conn,
    ):
        conn.execute("set time zone 'UTC'")
        yield conn


@pytest.fixture
def now() -> datetime:
    """The instant at which `tx` takes place."""
    return datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The key of the log."""
    return Signer("hub.hanse.test/log", bytes(range(32)))


@pytest.fixture(scope="session")
def secret() -> Secret:
    """The hub's secret."""
    return Secret(bytes(reversed(range(32))))


@pytest.fixture
def tx(
    connection: psycopg.Connection[tuple[object, ...]],
    now: datetime,
    signer: Signer,
    secret: Secret,
) -> Iterator[Tx]:
    """A transaction that is rolled back; `tx.run_seals()` does what a commit would."""
    with connection.transaction(force_rollback=True):
        yield Tx(connection, now, {Signer: signer, Secret: secret})


@pytest.fixture
def database_url(postgres: TestServer, template: str) -> Iterator[str]:
    """A throw-away database of the newest schema."""
    with postgres.database(template=template) as name:
        yield postgres.url(name)


@pytest.fixture
def database(database_url: str, signer: Signer, secret: Secret) -> Iterator[Database]:
    """The throw-away database, open, with the tools of a hub."""
    database = Database.open(database_url, signer, secret, max_connections=8)
    yield database
    database.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder for a process's own files."""
    return tmp_path
