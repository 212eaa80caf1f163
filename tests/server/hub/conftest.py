"""A hub in process, over a throw-away database; and what a hub of its own is told."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from hanse.base.secret import Secret
from hanse.hub.app import build
from hanse.hub.settings import Settings
from hanse.storage.tx import Database
from tests.server.hub.process import free_port
from tests.server.membership.alliance import Alliance

HUB = "http://hub.test"


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


@pytest.fixture
def alliance(database: Database) -> Alliance:
    return Alliance.founded(database)


@pytest.fixture
def settings() -> Settings:
    return Settings(data=Path("unused"), public_url=HUB)


@pytest.fixture
def hub(alliance: Alliance, secret: Secret, settings: Settings) -> Litestar:
    return build(alliance.database, settings, secret)


@pytest.fixture
def client(hub: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(hub, base_url=HUB, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HANSE_")}
    return {
        **clean,
        "HANSE_DATA": str(tmp_path / "hub"),
        "HANSE_DATABASE_URL": database_url,
        "HANSE_LISTEN": f"127.0.0.1:{free_port()}",
    }
