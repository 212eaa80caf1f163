"""The README's path walked once: a hub of one's own, a member, an edge that refuses."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from hanse.client import EdgeClient
from tests.docs.commands import Machine, first_line
from tests.docs.visitor import Page, Visitor

PAGE = "http://pay-lotus.example/login"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until_up(address: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(address, timeout=5).status_code < 500:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{address} does not answer"
        time.sleep(0.1)


@dataclass
class Walk:
    """Where somebody stands who followed "Five more minutes" to its end."""

    hub: str
    edge: str
    association: Machine
    company: Machine
    operator: Visitor
    admin: Visitor
    edge_key: str = ""
    said: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def verdict(self) -> str:
        """What the edge says of the page that was reported."""
        with EdgeClient(self.edge, self.edge_key) as edge:
            said: str = edge.check(PAGE)["verdict"]
        return said

    def await_verdict(self, expected: str) -> None:
        deadline = time.monotonic() + 20
        while (found := self.verdict()) != expected:
            assert time.monotonic() < deadline, f"{found}, not {expected}"
            time.sleep(0.1)

    def key(self, name: str, *scopes: str) -> str:
        """A key made under **Keys** by the member's admin."""
        boxes = {f"scope-{scope}": scope for scope in scopes}
        keys = self.admin.open("/keys")
        return self.admin.send(keys, "/keys", name=name, **boxes).word("hanse_")


def walk(folder: Path, running: ExitStack) -> Walk:
    hub, edge = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    association = Machine(folder / "association", {"HANSE_LISTEN": hub})
    company = Machine(folder / "company", {"HANSE_EDGE_LISTEN": edge})
    operator, admin = Visitor(f"http://{hub}"), Visitor(f"http://{hub}")
    here = Walk(
        f"http://{hub}", f"http://{edge}", association, company, operator, admin
    )
    found_a_hub(here, running)
    let_a_member_in(here)
    put_an_edge_beside_the_shop(here, running)
    report(here)
    return here


def found_a_hub(here: Walk, running: ExitStack) -> None:
    names = ("--name-en", "Harbour Alliance", "--name-zh", "海港联盟")
    here.said["init"] = here.association.say("hub", "init", *names)
    hub = running.enter_context(here.association.running("hub", "serve"))
    here.said["hub serve"] = first_line(hub)
    until_up(f"{here.hub}/health")
    link = next(w for w in here.said["init"].split() if "/join/" in w)
    here.pages["operator"] = here.operator.join(link, "Olga", "olga@harbour.example")


def let_a_member_in(here: Walk) -> None:
    operator, admin = here.operator, here.admin
    member = operator.send(
        operator.open("/members"),
        "/members",
        name_en="Lotus Shop",
        name_zh="莲花商店",
        sector="shop",
        customers="1000",
    )
    member = operator.send(member, "/approve")
    here.pages["approved"] = member
    invited = operator.send(
        operator.open("/people"),
        "/people",
        role="member_admin",
        member=member.path.rpartition("/")[2],
        name="Anna",
    )
    here.pages["invited"] = invited
    link = invited.word(f"{here.hub}/join/")
    admin.join(link, "Anna", "anna@lotus.example")
    here.pages["signed"] = admin.send(admin.open(member.path), "/sign", agreed="1")


def put_an_edge_beside_the_shop(here: Walk, running: ExitStack) -> None:
    edges = here.admin.open("/edges")
    code = here.admin.send(edges, "/edges", name="edge-1").word("hanse1.")
    here.said["edge join"] = here.company.say("edge", "join", code)
    edge = running.enter_context(here.company.running("edge", "serve"))
    here.said["edge serve"] = first_line(edge)
    made = here.company.say("edge", "key", "new", "--scope", "check")
    here.edge_key = made.strip()


def report(here: Walk) -> None:
    form = here.admin.open("/report")
    defanged = "hxxp://pay-lotus[.]example/login"
    seen = here.admin.send(form, "/report", text=defanged, do="preview")
    here.pages["preview"] = seen
    here.pages["sent"] = here.admin.send(seen, "/report", confidence="90", do="send")


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The path as the README says; what was started runs on for the tests."""
    with ExitStack() as running:
        yield walk(tmp_path_factory.mktemp("walk"), running)
