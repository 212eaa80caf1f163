"""`hanse sandbox --json` as docs/sandbox.md says: the line, the seed, the clean end."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs import pages
from tests.docs.commands import Machine, first_line
from tests.docs.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SANDBOX = pages.ROOT / "docs/sandbox.md"
TAXII = {"accept": "application/taxii+json;version=2.1"}


@dataclass(frozen=True)
class Running:
    line: dict[str, Any]
    seed: dict[str, Any]

    def get(self, address: str, user: str) -> httpx.Response:
        """A TAXII request by HTTP Basic."""
        named = self.line["users"].get(user) or self.seed["users"][0]
        pair = (named["user"], named["password"])
        return httpx.get(address, auth=pair, headers=TAXII, timeout=30)


def documented(number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pages.blocks(SANDBOX, "json")[number].code)
    return found


def seed_of_the_page() -> dict[str, Any]:
    """The page's example, its shortened object written out."""
    seed = documented(1)
    (entry,) = seed["api_roots"][0]["collections"][0]["objects"]
    assert entry["object"].pop("...") == "..."
    entry["object"] |= {
        "id": "identity--8b1a3c0e-6f0e-4c0f-9d53-0c2d5e2b7a11",
        "created": "2020-01-01T00:00:00.000Z",
        "modified": "2020-01-01T00:00:00.000Z",
        "name": "A shop",
        "identity_class": "organization",
    }
    return seed


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("sandbox")
    seed = seed_of_the_page()
    file = folder / "seed.json"
    file.write_text(json.dumps(seed))
    temporary = folder / "tmp"
    temporary.mkdir()
    machine = Machine(folder / "home", {"TMPDIR": str(temporary)})
    with machine.running("sandbox", "--json", "--seed", str(file)) as process:
        running = Running(json.loads(first_line(process)), seed)
        yield running
    assert process.returncode == 0
    assert not any(is_alive(pid) for pid in running.line["pids"])
    assert list(temporary.iterdir()) == []


def is_alive(pid: int) -> bool:
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.1)
        return True
    return False


def shape(value: Any) -> Any:
    """Names only, at every depth."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


def test_the_line_has_the_shape_the_page_shows(sandbox: Running):
    said, is_ = documented(0), sandbox.line

    assert is_.keys() == said.keys()
    assert shape(is_["taxii"]) == shape(said["taxii"])
    assert is_["users"].keys() == said["users"].keys()
    for user in is_["users"].values():
        assert {"user", "password", "token"} <= user.keys()
    for name in ("full", "operator", "overseer"):
        assert {"email", "console_password"} <= is_["users"][name].keys()
    assert len(is_["pids"]) == len(said["pids"])


@pytest.mark.parametrize(
    ("name", "rights"),
    [
        ("collection", (True, True)),
        ("readonly", (True, False)),
        ("writeonly", (False, True)),
        ("nothing", (False, False)),
    ],
)
def test_the_four_collections_are_as_said(
    sandbox: Running, name: str, rights: tuple[bool, bool]
):
    taxii = sandbox.line["taxii"]

    answer = sandbox.get(f"{taxii['api_root']}collections/{taxii[name]}/", "full")

    if rights == (False, False):
        assert answer.status_code in (403, 404)
    else:
        found = answer.json()
        assert (found["can_read"], found["can_write"]) == rights


def test_token_and_password_are_the_same_key(sandbox: Running):
    user, rest = sandbox.line["users"]["full"], sandbox.line["rest"]
    bearer = {"authorization": f"Bearer {user['token']}"}

    by_token = httpx.get(f"{rest}/me", headers=bearer)
    by_password = httpx.get(f"{rest}/me", auth=(user["user"], user["password"]))

    assert by_token.status_code == 200
    assert by_token.json() == by_password.json()


def test_the_operator_logs_in_at_the_console_with_what_the_line_says(sandbox: Running):
    operator = sandbox.line["users"]["operator"]
    browser = Visitor(sandbox.line["console"])

    page = browser.send(
        browser.open("/login"),
        "/login",
        email=operator["email"],
        password=operator["console_password"],
    )

    assert page.path == "/", page


def test_the_seed_of_the_page_is_there_before_the_first_request(sandbox: Running):
    root = sandbox.seed["api_roots"][0]
    (collection,) = root["collections"]
    (entry,) = collection["objects"]
    address = f"{sandbox.line['console']}/{root['path']}/collections/{collection['id']}"

    for user in ("full", "probe"):
        told = sandbox.get(f"{address}/objects/", user)
        manifest = sandbox.get(f"{address}/manifest/", user)

        assert told.json()["objects"] == [entry["object"]]
        assert manifest.json()["objects"][0]["date_added"] == entry["date_added"]


def test_the_openapi_document_is_where_the_line_says(sandbox: Running):
    document = httpx.get(sandbox.line["openapi"]).json()

    assert document["openapi"].startswith("3.")
    assert "/v1/reports" in document["paths"]


def test_a_seed_that_is_none_is_refused_with_the_page_to_read(tmp_path: Path):
    file = tmp_path / "seed.json"
    file.write_text('{"users": 7}')

    done = Machine(tmp_path / "home", {}).run("sandbox", "--json", "--seed", str(file))

    assert done.returncode == 1
    assert "docs/sandbox.md" in done.stderr
