"""The hub in process, a member with a key for everything, and a look at its health."""

from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from hanse.membership.rights import SCOPES_OF_KEYS, Role
from tests.server.hub.conftest import alliance, bearer, client, hub, settings
from tests.server.membership.alliance import Alliance

__all__ = ["alliance", "client", "hub", "settings"]

Client = TestClient[Litestar]
Unharmed = Callable[[], None]


@pytest.fixture
def member_key(alliance: Alliance) -> str:
    return alliance.key(alliance.member(), *SCOPES_OF_KEYS[Role.MEMBER]).text


@pytest.fixture
def operator_key(alliance: Alliance) -> str:
    scopes = SCOPES_OF_KEYS[Role.OPERATOR]
    return alliance.key(None, *scopes, role=Role.OPERATOR).text


@pytest.fixture
def member(client: Client, member_key: str) -> Client:
    """The client, with the member's key."""
    client.headers.update(bearer(member_key))
    return client


@pytest.fixture
def unharmed(member: Client) -> Iterator[Unharmed]:
    """Whether the hub still answers and takes reports; asked again at the end."""
    numbers = iter(range(10_000))

    def ask() -> None:
        value = f"http://after-{next(numbers)}.example/login"
        told = member.post("/v1/reports", json={"items": [{"value": value}]})
        assert told.status_code == 201, told.text
        assert member.get("/health").status_code == 200

    yield ask
    ask()
