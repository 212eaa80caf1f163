"""A small alliance and a client of its TAXII server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from litestar.testing import TestClient

from hanse.base.ids import CircleId, CollectionId, MemberId
from hanse.intel.taxii import arranging
from hanse.intel.taxii.catalogue import CollectionKind
from hanse.intel.taxii.media import TAXII
from hanse.storage.tx import Database
from tests.server.intel.taxii import hub
from tests.server.intel.taxii.hub import Key

TLP_RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


@dataclass(frozen=True, slots=True)
class Place:
    """The alliance of the tests: lotus and crane share a circle, heron is outside."""

    lotus: Key
    crane: Key
    heron: Key
    overseer: Key
    circle: CircleId
    all: CollectionId
    enforceable: CollectionId
    ours: CollectionId  # the circle's collection
    pot: CollectionId  # lotus reads and writes, crane reads, heron writes


@pytest.fixture
def place(database: Database) -> Place:
    """Members, keys, a circle, collections."""
    with database.begin() as tx:
        arranging.make_alliance_root(tx, hub.OPERATOR, "Alliance")
        lotus, crane, heron = (
            hub.member(tx, name) for name in ("Lotus", "Crane", "Heron")
        )
        keys = [hub.key(tx, member) for member in (lotus, crane, heron)]
        circle = hub.circle(tx, lotus, crane)
        return Place(
            lotus=keys[0],
            crane=keys[1],
            heron=keys[2],
            overseer=hub.key(tx, None, role="overseer"),
            circle=circle,
            all=hub.named(tx, "all"),
            enforceable=hub.named(tx, "enforceable"),
            ours=arranging.make_collection(
                tx,
                hub.OPERATOR,
                arranging.ALLIANCE_ROOT,
                kind=CollectionKind.CIRCLE,
                title="Circle",
                circle=circle,
            ),
            pot=hub.pot(
                tx,
                lotus=(keys[0], True, True),
                crane=(keys[1], True, False),
                heron=(keys[2], False, True),
            ),
        )


@dataclass(slots=True)
class Client:
    """Requests to the alliance's root, as one of its keys."""

    http: "TestClient[Any]"
    root: str = arranging.ALLIANCE_ROOT

    def get(self, who: Key, path: str, **params: Any) -> Any:
        """`path` below the root; `match_type` means `match[type]`."""
        return self.http.get(
            f"{self.root}{path}",
            headers=self._headers(who),
            params={_field(name): value for name, value in params.items()},
        )

    def post(self, who: Key, collection: UUID, *objects: Any) -> Any:
        """Contribute objects, given as values or as bytes."""
        raws = [o if isinstance(o, bytes) else msgspec.json.encode(o) for o in objects]
        return self.http.post(
            f"{self.root}collections/{collection}/objects/",
            headers={**self._headers(who), "Content-Type": TAXII},
            content=b'{"objects":[' + b",".join(raws) + b"]}",
        )

    def delete(self, who: Key, collection: UUID, name: str, **params: Any) -> Any:
        """Delete an object."""
        return self.http.delete(
            f"{self.root}collections/{collection}/objects/{name}/",
            headers=self._headers(who),
            params={_field(name): value for name, value in params.items()},
        )

    def ids(self, who: Key, collection: UUID, **params: Any) -> list[str]:
        """What a collection shows, by id."""
        answer = self.get(who, f"collections/{collection}/objects/", **params)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json().get("objects", [])]

    def _headers(self, who: Key) -> dict[str, str]:
        return {**who.header, "Accept": TAXII}


def _field(name: str) -> str:
    what, _, which = name.partition("_")
    return f"match[{which}]" if what == "match" else name


@pytest.fixture
def client(database: Database, place: Place) -> Iterator[Client]:
    """A client of the alliance `place`."""
    with TestClient(hub.application(database)) as http:
        yield Client(http)


def malware(**more: Any) -> dict[str, Any]:
    """A small object with an id of its own."""
    return {
        "type": "malware",
        "spec_version": "2.1",
        "id": f"malware--{uuid4()}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": "木马",
        "is_family": False,
        **more,
    }


def indicator(host: str, **more: Any) -> dict[str, Any]:
    """An indicator of one domain."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid4()}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": f"[domain-name:value = '{host}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def version(number: int) -> str:
    """A later instant for a higher number."""
    return f"2026-01-{number + 1:02d}T00:00:00.000Z"


__all__ = ["Client", "MemberId", "Place", "indicator", "malware", "version"]
