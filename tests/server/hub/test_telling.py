"""Telling and asking over HTTP: reports, imports, bundles, MISP, the log, search."""

import json
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from hanse.audit.verify import verify_export
from hanse.intel.importing.deeds import work_off_one
from hanse.membership.rights import Role, Scope
from tests.server.hub.conftest import bearer
from tests.server.membership.alliance import Alliance

Client = TestClient[Litestar]
Headers = dict[str, str]
SCOPES = (Scope.REPORT, Scope.READ, Scope.SIGHTINGS)


@pytest.fixture
def lotus(alliance: Alliance) -> Headers:
    return bearer(alliance.key(alliance.member("Lotus Pay"), *SCOPES).text)


@pytest.fixture
def crane(alliance: Alliance) -> Headers:
    return bearer(alliance.key(alliance.member("Crane Post"), *SCOPES).text)


@pytest.fixture
def operator(alliance: Alliance) -> Headers:
    key = alliance.key(None, Scope.ADMIN, Scope.READ, role=Role.OPERATOR)
    return bearer(key.text)


def report(client: Client, headers: Headers, *values: str, **said: object) -> dict:  # type: ignore[type-arg]
    items = [{"value": value, **said} for value in values]
    answer = client.post("/v1/reports", json={"items": items}, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_what_one_reports_the_other_finds(
    client: Client, lotus: Headers, crane: Headers
) -> None:
    report(client, lotus, "hxxps://pay[.]lotus-refund[.]example/login")

    found = client.get(
        "/v1/indicators", params={"q": "lotus-refund.example"}, headers=crane
    ).json()["indicators"]
    assert [(each["value"], each["state"]) for each in found] == [
        ("https://pay.lotus-refund.example/login", "enforced")
    ]
    page = client.get(f"/v1/indicators/{found[0]['indicator']}", headers=crane).json()
    assert page["claims"][0]["source"]["name"] == "Lotus Pay"


def test_a_row_that_cannot_be_taken_is_named_and_the_others_are_taken(
    client: Client, lotus: Headers
) -> None:
    done = report(
        client, lotus, "http://good.example/", "not a value at all", "a.example"
    )

    assert [claim["value"] for claim in done["claims"]] == [
        "http://good.example/",
        "a.example",
    ]
    assert [each["row"] for each in done["refused"]] == [2]


def test_a_report_sent_twice_under_one_key_is_one_report(
    client: Client, lotus: Headers
) -> None:
    headers = lotus | {"Idempotency-Key": "only-once"}
    body = {"items": [{"value": "http://once.example/"}]}
    first = client.post("/v1/reports", json=body, headers=headers).json()
    again = client.post("/v1/reports", json=body, headers=headers).json()

    assert again == first
    assert first["claims"][0]["revision"] == 1


def test_a_customers_card_in_a_note_is_refused_with_its_place(
    client: Client, lotus: Headers
) -> None:
    item = {"value": "http://x.example/", "note": "card 6222 0212 3456 7890 128"}
    answer = client.post("/v1/reports", json={"items": [item]}, headers=lotus)

    assert answer.status_code == 422
    assert answer.json()["code"] == "intel.personal_data"
    assert answer.json()["pointer"] == "/0/note"
    assert "6222 0212" not in answer.text


def test_withdrawn_is_gone(client: Client, lotus: Headers, crane: Headers) -> None:
    claim = report(client, lotus, "http://gone.example/")["claims"][0]
    path = f"/v1/claims/{claim['claim']}/withdraw"

    foreign = client.post(path, json={"reason": "x"}, headers=crane)
    own = client.post(path, json={"reason": "our own page"}, headers=lotus)

    assert (foreign.status_code, own.status_code) == (404, 204)
    listed = client.get("/v1/indicators", headers=crane).json()["indicators"]
    assert listed == []


def test_an_import_is_worked_off_and_names_what_it_could_not_take(
    client: Client, alliance: Alliance, lotus: Headers
) -> None:
    rows = ["url,category", *(f"http://n{n}.example/,phishing" for n in range(2_500))]
    rows.insert(100, "nonsense here,phishing")
    handed = client.post(
        "/v1/imports",
        content="\n".join(rows),
        headers=lotus | {"Content-Type": "text/csv"},
    )
    assert handed.status_code == 202, handed.text
    number = handed.json()["id"]
    while work_off_one(alliance.database):
        pass

    state = client.get(f"/v1/imports/{number}", headers=lotus).json()
    assert (state["state"], state["taken"], state["refused"]) == ("done", 2_500, 1)
    refused = client.get(f"/v1/imports/{number}/refused", headers=lotus).json()
    assert [each["row"] for each in refused] == [101]


def test_another_members_import_and_report_do_not_exist(
    client: Client, lotus: Headers, crane: Headers
) -> None:
    handed = client.post(
        "/v1/imports",
        content="http://x.example/",
        headers=lotus | {"Content-Type": "text/plain"},
    ).json()
    made = report(client, lotus, "http://y.example/")["report"]

    for path in (f"/v1/imports/{handed['id']}", f"/v1/reports/{made}"):
        assert client.get(path, headers=lotus).status_code == 200
        assert client.get(path, headers=crane).status_code == 404


def test_a_bundle_is_kept_and_its_indicators_are_enforced(
    client: Client, lotus: Headers, crane: Headers
) -> None:
    indicator = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": "[url:value = 'http://told-as-stix.example/']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        "confidence": 90,
        "labels": ["phishing"],
    }
    broken = {"type": "indicator", "id": "indicator--nonsense"}
    bundle = {
        "type": "bundle",
        "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
        "objects": [indicator, broken],
    }
    answer = client.post("/v1/bundles", json=bundle, headers=lotus)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["taken"], answer.json()["failed_count"]) == (1, 1)
    found = client.get("/v1/indicators", headers=crane).json()["indicators"]
    assert [(f["value"], f["state"]) for f in found] == [
        ("http://told-as-stix.example/", "enforced")
    ]


def test_a_misp_event_becomes_a_report(
    client: Client, lotus: Headers, crane: Headers
) -> None:
    event = {
        "Event": {
            "info": "phish",
            "Attribute": [
                {"type": "url", "value": "http://misp.example/x", "to_ids": True},
                {"type": "comment", "value": "nothing to block", "to_ids": False},
            ],
        }
    }
    answer = client.post("/v1/misp", json=event, headers=lotus)

    assert answer.status_code == 201, answer.text
    assert [c["value"] for c in answer.json()["claims"]] == ["http://misp.example/x"]
    assert len(answer.json()["refused"]) == 1


def test_the_operator_exports_a_log_that_verifies_and_a_member_may_not(
    client: Client, lotus: Headers, operator: Headers, tmp_path: Path
) -> None:
    report(client, lotus, "http://logged.example/")

    assert client.get("/v1/log/export", headers=lotus).status_code == 403
    export = client.get("/v1/log/export", headers=operator)
    file = tmp_path / "log.jsonl"
    file.write_bytes(export.content)
    vkey = client.get("/v1/log/checkpoint", headers=lotus).json()["vkey"]
    with file.open("rb") as stream:
        verified = verify_export(stream, vkey)
    assert verified.ok, verified.problems
    acts = [json.loads(line).get("body") or "" for line in export.text.splitlines()]
    assert any("report.made" in act for act in acts)


def test_a_member_reads_its_own_deeds_in_the_log_and_no_others(
    client: Client, lotus: Headers, crane: Headers
) -> None:
    report(client, lotus, "http://mine.example/")
    mine = client.get("/v1/log/entries", headers=lotus).json()["entries"]
    theirs = client.get("/v1/log/entries", headers=crane).json()["entries"]

    assert "report.made" in {each["body"]["act"] for each in mine}
    assert "report.made" not in {each["body"]["act"] for each in theirs}
    seq = next(e["seq"] for e in mine if e["body"]["act"] == "report.made")
    assert client.get(f"/v1/log/entries/{seq}", headers=lotus).status_code == 200
    assert client.get(f"/v1/log/entries/{seq}", headers=crane).status_code == 404


def test_pages_are_followed_by_cursor(client: Client, lotus: Headers) -> None:
    report(client, lotus, *(f"http://p{n}.example/" for n in range(7)))
    seen, cursor = [], ""
    while True:
        page = client.get(
            "/v1/indicators", params={"cursor": cursor, "limit": 3}, headers=lotus
        ).json()
        seen += [each["value"] for each in page["indicators"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(seen) == [f"http://p{n}.example/" for n in range(7)]


def test_a_row_nobody_takes_stops_itself_and_not_the_import(
    client: Client, alliance: Alliance, lotus: Headers
) -> None:
    """What was told openly cannot be told anonymously; the hub knows only then."""
    report(client, lotus, "http://n3.example/")
    handed = client.post(
        "/v1/imports",
        params={"anonymous": True},
        content="\n".join(f"http://n{n}.example/" for n in range(8)),
        headers=lotus | {"Content-Type": "text/plain"},
    ).json()
    while work_off_one(alliance.database):
        pass

    state = client.get(f"/v1/imports/{handed['id']}", headers=lotus).json()
    assert (state["state"], state["taken"], state["refused"]) == ("done", 7, 1)
    refused = client.get(f"/v1/imports/{handed['id']}/refused", headers=lotus).json()
    assert [each["row"] for each in refused] == [4]


def test_a_brand_that_does_not_exist_is_refused(client: Client, lotus: Headers) -> None:
    item = {
        "value": "http://x.example/",
        "brand": "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    }
    answer = client.post("/v1/reports", json={"items": [item]}, headers=lotus)

    assert (answer.status_code, answer.json()["code"]) == (404, "intel.no_such_brand")
