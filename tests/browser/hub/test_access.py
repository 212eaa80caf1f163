"""What one may not see is answered like what does not exist, whatever one guesses."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from hanse.intel import reporting
from hanse.intel.claim import Draft
from hanse.intel.lookup import reports
from hanse.intel.reporting import digest_of
from hanse.membership import people
from hanse.membership.caller import the_hub
from hanse.membership.machines import issuing
from tests.browser.hub.conftest import Served


@contextmanager
def browser_of(served: Served, who: str) -> Iterator[httpx.Client]:
    """A logged-in client that keeps cookies like a browser."""
    email, password = served.alliance.password(who)
    with httpx.Client(base_url=served.url, timeout=20) as client:
        data = {"email": email, "password": password, "then": "/"}
        assert client.post("/login", data=data).status_code == 303
        yield client


def token_of(client: httpx.Client, path: str = "/settings") -> str:
    """The CSRF token that stands in this session's pages."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def others(served: Served) -> dict[str, str]:
    """Addresses of things that are Teal Pay's or the association's alone."""
    alliance = served.alliance
    assert alliance.database is not None
    with alliance.database.read() as tx:
        teal = alliance.caller(tx, "teal")
        report = reports.list_reports(tx, teal, limit=1).reports[0]
        key = issuing.list_keys(tx, teal).items[0]
        operator = next(
            each
            for each in people.list_people(tx, the_hub("test")).items
            if each.member is None
        )
    return {
        "report": f"/report/sent/{report.id}",
        "reach": f"/report/sent/{report.id}/reach",
        "import": "/report/imports/00000000-0000-0000-0000-000000000001",
        "key": f"/keys/{key.id}",
        "edge": f"/edges/{alliance.edges['teal']}",
        "person": f"/people/{alliance.admins['teal']}",
        "operator": f"/people/{operator.id}",
        "circle": f"/circles/{alliance.cast.circle}",
        "circle's value": f"/threats/{digest_of(alliance.in_circle).hex()}",
        "its neighbours": f"/threats/{digest_of(alliance.in_circle).hex()}/neighbours",
        "its STIX": f"/threats/{digest_of(alliance.in_circle).hex()}/stix",
        "an entry": "/audit/0",
        "nowhere": "/audit/99999999999999999999",
    }


def test_another_member_finds_nothing_at_these_addresses(
    served: Served, others: dict[str, str]
) -> None:
    with browser_of(served, "plum") as client:
        found = {name: client.get(path).status_code for name, path in others.items()}
    assert found == dict.fromkeys(others, 404)


def test_their_owner_does(served: Served, others: dict[str, str]) -> None:
    own = ["report", "key", "edge", "person", "circle", "circle's value"]
    with browser_of(served, "teal") as client:
        found = {name: client.get(others[name]).status_code for name in own}
    assert found == dict.fromkeys(own, 200)


def test_a_circle_is_not_hinted_at_in_lists(served: Served) -> None:
    with browser_of(served, "plum") as client:
        pages = [
            client.get(path).text
            for path in ("/", "/threats?status=all", "/circles", "/members", "/report")
        ]
        own = f"/members/{served.alliance.cast.members['lotus']}"
        pages.append(client.get(own).text)
    assert not any("till-update" in page or "Payment fraud" in page for page in pages)


def test_an_anonymous_reporter_is_not_named_to_peers(served: Served) -> None:
    page = f"/threats/{digest_of(served.alliance.anonymous).hex()}"
    with browser_of(served, "plum") as client:
        assert "Wisp Wifi: protected" in client.get(page).text  # an edge among others
        told = client.get(page).text.replace("Wisp Wifi: protected", "")
        assert "Wisp Wifi" not in told


def test_changes_to_others_things_are_refused(
    served: Served, others: dict[str, str]
) -> None:
    with browser_of(served, "plum") as client:
        data = {"csrf_token": token_of(client), "typed": "x", "role": "member_admin"}
        answers = {
            client.post(path, data=data).status_code
            for path in (
                others["key"] + "/revoke",
                others["key"] + "/rotate",
                others["edge"] + "/revoke",
                others["person"] + "/disable",
                others["person"] + "/reset",
                others["person"] + "/role",
                others["circle"] + "/close",
                others["circle's value"] + "/sighting",
            )
        }
    assert answers == {404}


def test_a_member_cannot_do_what_is_the_operators(served: Served) -> None:
    teal = served.alliance.cast.members["teal"]
    with browser_of(served, "plum") as client:
        token = token_of(client)
        data = {"csrf_token": token, "typed": "Teal Pay", "reason": "x"}
        assert client.post(f"/members/{teal}/suspend", data=data).status_code == 403
        assert client.post(f"/members/{teal}/approve", data=data).status_code == 403


def test_an_overseer_reads_and_cannot_change(
    served: Served, others: dict[str, str]
) -> None:
    with browser_of(served, "overseer") as client:
        for name in ("key", "edge", "person", "circle", "circle's value", "an entry"):
            page = client.get(others[name])
            assert page.status_code == 200
            inside = page.text.partition("<main")[2]
            assert 'method="post"' not in inside, name
        data = {"csrf_token": token_of(client), "typed": "teal-edge"}
        answer = client.post(others["edge"] + "/revoke", data=data)
        assert answer.status_code == 403
        assert client.get("/report").status_code == 403


def test_a_form_without_the_sessions_token_changes_nothing(
    served: Served, others: dict[str, str]
) -> None:
    with browser_of(served, "teal") as client:
        answer = client.post(others["edge"] + "/revoke", data={"typed": "teal-edge"})
        assert answer.status_code == 403
        assert "was put out" not in client.get(others["edge"]).text


def test_an_import_is_its_members_own(served: Served) -> None:
    rows = "".join(f"http://heap-{n}.example/x\n" for n in range(2_100))
    with browser_of(served, "lotus") as client:
        data = {
            "csrf_token": token_of(client),
            "text": rows,
            "confidence": "80",
            "do": "send",
        }
        sent = client.post("/report", data=data)
        assert sent.status_code == 303
        place = sent.headers["location"]
        assert client.get(place).status_code == 200
    with browser_of(served, "plum") as client:
        assert client.get(place).status_code == 404
        assert client.get(place + "/progress").status_code == 404


def test_a_withdrawn_claim_is_somebodys_own_to_withdraw(served: Served) -> None:
    alliance = served.alliance
    assert alliance.database is not None
    with alliance.database.begin() as tx:
        teal = alliance.caller(tx, "teal")
        draft = Draft(observable=alliance.shared, confidence=10)
        claim = reporting.report(tx, teal, [draft], channel="form").claims[0]
    with browser_of(served, "plum") as client:
        data = {"csrf_token": token_of(client), "reason": "no", "back": "/threats"}
        client.post(f"/claims/{claim.id}/withdraw", data=data)
    with alliance.database.begin() as tx:
        teal = alliance.caller(tx, "teal")
        assert not reporting.withdraw(tx, teal, claim.id, "mine to end").is_active
