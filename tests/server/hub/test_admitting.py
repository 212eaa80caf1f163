"""What members hold while circles change, also when others report at that moment."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from time import sleep
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from hanse.base.ids import CircleId, MemberId, new_uuid
from hanse.hub import access, admitting
from hanse.intel.reporting import digest_of
from hanse.intel.taxii.media import TAXII
from hanse.membership.rights import Role, Scope
from hanse.observables.kinds import Kind
from hanse.observables.parse import parse
from tests.server.hub.conftest import bearer
from tests.server.membership.alliance import HUB, Alliance

Client = TestClient[Litestar]


class Reader:
    """An edge as far as it reads the feed: a cursor and the claims it holds."""

    def __init__(self, client: Client, key: str) -> None:
        self.client = client
        self.headers = bearer(key)
        self.cursor = ""
        self.held: set[str] = set()

    def catch_up(self) -> set[str]:
        answer = self.client.get(
            "/v1/feed", params={"cursor": self.cursor}, headers=self.headers
        )
        batch = answer.json()
        for item in batch["items"]:
            body = json.loads(item["body"])
            if body["kind"] in ("withdraw", "revoke"):
                self.held.discard(body["claim"])
            else:
                self.held.add(body["claim"])
        self.cursor = batch["next"]
        return self.held


@pytest.fixture
def lotus(alliance: Alliance) -> MemberId:
    return alliance.member("Lotus Pay")


@pytest.fixture
def jade(alliance: Alliance) -> MemberId:
    return alliance.member("Jade Mail")


@pytest.fixture
def reporter(alliance: Alliance, jade: MemberId) -> str:
    return alliance.key(jade, Scope.REPORT).text


@pytest.fixture
def circle(alliance: Alliance, jade: MemberId) -> CircleId:
    with alliance.database.begin() as tx:
        return admitting.open_circle(
            tx, HUB, name_en="Payments", name_zh="支付", members=[jade]
        ).id


def report(client: Client, reporter: str, circle: CircleId, value: str) -> None:
    item = {"value": value, "tlp": "amber", "circles": [str(circle)]}
    answer = client.post(
        "/v1/reports", json={"items": [item]}, headers=bearer(reporter)
    )
    assert answer.status_code == 201, answer.text


def test_who_comes_in_hears_what_was_told_before_and_who_goes_forgets_it(
    client: Client,
    alliance: Alliance,
    lotus: MemberId,
    circle: CircleId,
    reporter: str,
):
    edge = Reader(client, alliance.key(lotus, Scope.FEED).text)
    report(client, reporter, circle, "http://pay-lotus.evil.example/")
    outside = set(edge.catch_up())

    with alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, circle, lotus)
    inside = set(edge.catch_up())
    with alliance.database.begin() as tx:
        admitting.leave_circle(tx, HUB, circle, lotus)
    gone = set(edge.catch_up())

    assert (len(outside), len(inside), len(gone)) == (0, 1, 0)


def test_what_is_told_while_somebody_comes_in_is_heard(
    client: Client,
    alliance: Alliance,
    lotus: MemberId,
    circle: CircleId,
    reporter: str,
):
    edge = Reader(client, alliance.key(lotus, Scope.FEED).text)
    report(client, reporter, circle, "http://first.evil.example/")

    with ThreadPoolExecutor(1) as beside:
        with alliance.database.begin() as tx:
            admitting.join_circle(tx, HUB, circle, lotus)
            meanwhile = beside.submit(
                report, client, reporter, circle, "http://second.evil.example/"
            )
            sleep(0.5)
            edge.catch_up()
        meanwhile.result(30)
    edge.catch_up()
    fresh = Reader(client, alliance.key(lotus, Scope.FEED).text)

    assert len(edge.held) == 2
    assert edge.held == fresh.catch_up()


def test_who_comes_back_in_the_moment_it_leaves_hears_everything_again(
    client: Client,
    alliance: Alliance,
    lotus: MemberId,
    circle: CircleId,
    reporter: str,
):
    edge = Reader(client, alliance.key(lotus, Scope.FEED).text)
    with alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, circle, lotus)
    report(client, reporter, circle, "http://first.evil.example/")
    edge.catch_up()

    def come_back() -> None:
        with alliance.database.begin() as tx:
            admitting.join_circle(tx, HUB, circle, lotus)

    with ThreadPoolExecutor(1) as beside:
        with alliance.database.begin() as tx:
            admitting.leave_circle(tx, HUB, circle, lotus)
            coming = beside.submit(come_back)
            wait([coming], 3)
        coming.result(30)

    assert len(edge.catch_up()) == 1


def test_what_is_told_while_somebody_goes_is_forgotten(
    client: Client,
    alliance: Alliance,
    lotus: MemberId,
    circle: CircleId,
    reporter: str,
):
    edge = Reader(client, alliance.key(lotus, Scope.FEED).text)
    with alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, circle, lotus)
    report(client, reporter, circle, "http://first.evil.example/")

    with ThreadPoolExecutor(1) as beside:
        with alliance.database.begin() as tx:
            admitting.leave_circle(tx, HUB, circle, lotus)
            meanwhile = beside.submit(
                report, client, reporter, circle, "http://second.evil.example/"
            )
            sleep(0.5)
            edge.catch_up()
        meanwhile.result(30)

    assert edge.catch_up() == set()


INDICATOR = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--9c5b4b0e-3d1e-4a59-9b1f-5e2f2a7f5a11",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "confidence": 90,
    "pattern": "[domain-name:value = 'pay-lotus.example']",
    "pattern_type": "stix",
    "valid_from": "2026-01-01T00:00:00Z",
}


def test_a_collection_of_the_operators_own_is_made_granted_and_closed(
    client: Client, alliance: Alliance, lotus: MemberId, jade: MemberId
):
    operator = bearer(
        alliance.key(None, Scope.READ, Scope.ADMIN, role=Role.OPERATOR).text
    )
    writer = bearer(alliance.key(jade, Scope.TAXII_WRITE).text)
    edge = Reader(client, alliance.key(lotus, Scope.FEED).text)
    body = {"title": "Trojans", "alias": "trojans"}
    made = client.post("/v1/collections", json=body, headers=operator).json()
    here = f"/v1/collections/{made['id']}"
    assert client.post("/v1/collections", json=body, headers=writer).status_code == 403
    assert client.get("/v1/collections", headers=writer).status_code == 403

    def grant(member: MemberId, may: str) -> Any:
        path = f"{here}/members/{member}"
        return client.put(path, json={"may": may}, headers=operator)

    assert grant(MemberId(new_uuid()), "read-write").status_code == 404
    grant(jade, "write")
    told = client.post(
        f"/taxii/alliance/collections/{made['id']}/objects/",
        json={"objects": [INDICATOR]},
        headers={**writer, "content-type": TAXII, "accept": TAXII},
    )
    assert told.json()["success_count"] == 1
    assert edge.catch_up() == set()
    shown = grant(lotus, "read").json()
    assert {each["member"] for each in shown["grants"]} == {str(lotus), str(jade)}
    assert client.get("/v1/collections", headers=operator).json() == [shown]
    assert len(edge.catch_up()) == 1

    assert client.post(f"{here}/close", headers=operator).status_code == 204
    assert edge.catch_up() == set()
    assert client.post(f"{here}/close", headers=operator).status_code == 404
    assert client.get("/v1/collections", headers=operator).json() == []


PAGE = "http://pay-lotus.evil.example/"
DIGEST = digest_of(parse(Kind.URL, PAGE)).hex()
SHOWN = ("pay-lotus.evil.example", "pay-lotus[.]evil[.]example", "x-taxii-date-added")


def tells(answer: Response) -> bool:
    """Whether the answer shows anything of the page or of what was said of it."""
    said = answer.text + " ".join(answer.headers)
    return any(shown in said.lower().replace(DIGEST, "") for shown in SHOWN)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/indicators",
        "/v1/indicators?q=evil.example",
        f"/v1/indicators/{DIGEST}",
        f"/v1/indicators/{DIGEST}/neighbours",
        "/v1/feed",
        "/taxii/alliance/collections/all/objects/",
        "/taxii/alliance/collections/all/manifest/",
        "/",
        "/threats",
        f"/threats/{DIGEST}",
        f"/threats/{DIGEST}/stix",
    ],
)
def test_who_leaves_a_circle_while_its_question_waits_sees_nothing_of_it(
    client: Client,
    alliance: Alliance,
    circle: CircleId,
    reporter: str,
    *,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
):
    lotus = alliance.member("Lotus Pay")
    is_screen = not path.startswith(("/v1", "/taxii"))
    headers = {"accept": f"{TAXII}, */*"}
    if is_screen:
        person = alliance.person(Role.MEMBER_ADMIN, lotus)
        headers["cookie"] = f"hanse_session={alliance.token(person).value}"
    else:
        scopes = (Scope.READ, Scope.FEED, Scope.TAXII_READ)
        headers |= bearer(alliance.key(lotus, *scopes).text)
    with alliance.database.begin() as tx:
        admitting.join_circle(tx, HUB, circle, lotus)
    report(client, reporter, circle, PAGE)
    before = client.get(path, headers=headers)

    name = "caller_of_session" if is_screen else "caller_of_key"
    find = getattr(access, name)

    def found_and_gone(*asked: Any) -> Any:
        found = find(*asked)
        monkeypatch.setattr(access, name, find)
        with alliance.database.begin() as tx:
            admitting.leave_circle(tx, HUB, circle, lotus)
        return found

    monkeypatch.setattr(access, name, found_and_gone)
    after = client.get(path, headers=headers)

    if "neighbours" not in path:
        assert tells(before), before.text
    assert before.status_code == 200
    assert not tells(after), after.text
    assert after.status_code in {200, 404}
