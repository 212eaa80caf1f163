"""Members, people, keys, edges and circles over HTTP."""

from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from hanse.base.ids import MemberId
from hanse.membership.rights import Role, Scope
from tests.server.hub.conftest import HUB, bearer
from tests.server.membership.alliance import Alliance

Client = TestClient[Litestar]
Headers = dict[str, str]
JADE = {
    "name_en": "Jade Mail",
    "name_zh": "玉邮",
    "sector": "mail",
    "customers": 5,
    "contacts": [
        {"name": "Wu Example", "duty": "incidents", "email": "wu@jade.example"}
    ],
}


@pytest.fixture
def operator(alliance: Alliance) -> Headers:
    key = alliance.key(None, Scope.ADMIN, Scope.READ, role=Role.OPERATOR)
    return bearer(key.text)


@pytest.fixture
def lotus(alliance: Alliance) -> MemberId:
    return alliance.member("Lotus Pay")


@pytest.fixture
def admin(alliance: Alliance, lotus: MemberId) -> Headers:
    return bearer(alliance.key(lotus, Scope.ADMIN, Scope.READ).text)


def test_a_key_says_who_it_is(client: Client, lotus: MemberId, admin: Headers):
    me = client.get("/v1/me", headers=admin)

    assert me.status_code == 200
    assert me.json() == {
        "role": "member",
        "scopes": ["admin", "read"],
        "member": str(lotus),
        "member_name": "Lotus Pay",
        "is_active": True,
        "person": None,
    }


def test_the_operator_takes_a_company_up_to_approved(client: Client, operator: Headers):
    applied = client.post("/v1/members", json=JADE, headers=operator)
    member = applied.json()["id"]
    approved = client.post(f"/v1/members/{member}/approve", headers=operator)
    twice = client.post(f"/v1/members/{member}/approve", headers=operator)
    invited = client.post(
        "/v1/invitations",
        json={"role": "member_admin", "member": member},
        headers=operator,
    )

    assert applied.status_code == 201, applied.text
    assert applied.json()["status"] == "applied"
    assert applied.json()["details"]["contacts"] == JADE["contacts"]
    assert approved.json()["status"] == "approved"
    assert (twice.status_code, twice.json()["code"]) == (409, "membership.step_refused")
    assert invited.json()["link"].startswith(f"{HUB}/join/")


def test_a_fault_is_pointed_at_and_never_repeated(client: Client, operator: Headers):
    for body, pointer in (
        ({**JADE, "customers": "<script>"}, "/customers"),
        ({**JADE, "name_zh": "\u202e"}, "/name_zh"),
        ({**JADE, "contacts": [{"name": "W", "duty": "", "email": "13800138000"}]},
         "/contacts/0/email"),
        ({key: value for key, value in JADE.items() if key != "sector"}, ""),
        ({**JADE, "13800138000": 1}, ""),
    ):  # fmt: skip
        answer = client.post("/v1/members", json=body, headers=operator)

        problem = answer.json()
        assert answer.status_code == 422, answer.text
        assert problem.get("pointer", "") == pointer
        assert "script" not in answer.text
        assert "13800138000" not in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000, b'{"a":1e999}']
)
def test_what_is_no_json_is_refused_and_nothing_breaks(
    client: Client, operator: Headers, body: bytes
):
    headers = {**operator, "content-type": "application/json"}

    answer = client.post("/v1/members", content=body, headers=headers)

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_huge_body_is_refused(client: Client, operator: Headers):
    body = b'{"name_en": "' + b"x" * 2_000_000 + b'"}'
    headers = {**operator, "content-type": "application/json"}

    answer = client.post("/v1/members", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "http.413")


def test_another_members_things_are_answered_like_no_things(
    client: Client, alliance: Alliance, admin: Headers
):
    jade = alliance.member("Jade Mail")
    key = alliance.key(jade, Scope.READ).key.id
    person = alliance.person(Role.MEMBER_ANALYST, jade).id
    missing = uuid4()

    for method, path in (
        ("GET", "/v1/keys/{}"),
        ("DELETE", "/v1/keys/{}"),
        ("GET", "/v1/people/{}"),
        ("POST", "/v1/people/{}/disable"),
        ("GET", "/v1/edges/{}"),
        ("DELETE", "/v1/edges/{}"),
        ("GET", "/v1/circles/{}"),
    ):
        real = person if "people" in path else key
        taken = client.request(method, path.format(real), headers=admin)
        free = client.request(method, path.format(missing), headers=admin)

        assert taken.status_code == 404, path
        assert taken.json() == free.json()


def test_pages_neither_skip_nor_repeat(
    client: Client, alliance: Alliance, admin: Headers
):
    for name in ("Jade Mail", "Fern Taxi", "Plum Games"):
        alliance.member(name)

    names: list[str] = []
    cursor = ""
    for _ in range(4):
        page = client.get(f"/v1/members?limit=1&cursor={cursor}", headers=admin).json()
        names += [member["name_en"] for member in page["items"]]
        cursor = page["next"]

    assert names == ["Lotus Pay", "Jade Mail", "Fern Taxi", "Plum Games"]
    assert cursor == ""


def test_a_key_is_made_shown_once_rotated_and_revoked(client: Client, admin: Headers):
    made = client.post(
        "/v1/keys", json={"name": "siem", "scopes": ["taxii:read"]}, headers=admin
    )
    key = made.json()["key"]["id"]
    shown = client.get(f"/v1/keys/{key}", headers=admin)
    rotated = client.post(
        f"/v1/keys/{key}/rotate", json={"grace_hours": 0}, headers=admin
    )
    new = rotated.json()["key"]["id"]
    revoked = client.delete(f"/v1/keys/{new}", headers=admin)

    assert made.status_code == 201, made.text
    assert made.json()["text"].startswith("hanse_")
    assert made.json()["text"][-43:] not in shown.text
    assert rotated.json()["text"] != made.json()["text"]
    assert revoked.status_code == 204
    assert client.get("/v1/me", headers=bearer(made.json()["text"])).status_code == 401
    assert (
        client.get("/v1/me", headers=bearer(rotated.json()["text"])).status_code == 401
    )


def test_an_unknown_scope_is_pointed_at(client: Client, admin: Headers):
    answer = client.post(
        "/v1/keys", json={"name": "siem", "scopes": ["read", "root"]}, headers=admin
    )

    assert (answer.status_code, answer.json()["pointer"]) == (422, "/scopes/1")
    assert "root" not in answer.json()["detail"]


def test_a_code_enrols_one_edge(client: Client, lotus: MemberId, admin: Headers):
    import base64
    import json

    code = client.post("/v1/edges/codes", json={"name": "shop"}, headers=admin).json()
    encoded = code["code"].removeprefix("hanse1.")
    body = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    said = {"code": body["secret"], "name": "shop", "version": "0.1.0"}
    enrolled = client.post("/v1/edges/enrol", json=said)
    twice = client.post("/v1/edges/enrol", json=said)
    listed = client.get("/v1/edges", headers=admin).json()["items"]

    assert body["url"] == HUB
    assert enrolled.status_code == 201, enrolled.text
    assert enrolled.json()["member"]["id"] == str(lotus)
    assert enrolled.json()["alliance"]["name_zh"] == "莲花联盟"
    assert enrolled.json()["origin"] == enrolled.json()["hub_vkey"].partition("+")[0]
    assert (twice.status_code, twice.json()["code"]) == (
        404,
        "membership.invitation_over",
    )
    assert [edge["id"] for edge in listed] == [enrolled.json()["edge_id"]]
    me = client.get("/v1/me", headers=bearer(enrolled.json()["key"]))
    assert me.json()["scopes"] == ["check", "feed", "report", "sightings"]


def test_codes_cannot_be_guessed_at_leisure(client: Client):
    said = {"code": "A" * 43, "name": "shop", "version": "0.1.0"}

    answers = [client.post("/v1/edges/enrol", json=said).status_code for _ in range(52)]

    assert answers[:50] == [404] * 50
    assert answers[51] == 429


def test_circles_are_opened_joined_left_and_closed(
    client: Client, lotus: MemberId, admin: Headers, operator: Headers
):
    opened = client.post(
        "/v1/circles", json={"name_en": "One", "name_zh": "一"}, headers=operator
    )
    place = f"/v1/circles/{opened.json()['id']}"
    hidden = client.get(place, headers=admin)
    joined = client.put(f"{place}/members/{lotus}", headers=operator)
    seen = client.get(place, headers=admin)
    left = client.delete(f"{place}/members/{lotus}", headers=admin)
    gone = client.get(place, headers=admin)
    closed = client.post(f"{place}/close", headers=operator)

    assert opened.status_code == 201, opened.text
    assert hidden.status_code == 404
    assert joined.json()["members"] == [str(lotus)]
    assert seen.json()["members"] == [str(lotus)]
    assert (left.status_code, gone.status_code) == (204, 404)
    assert closed.json()["closed_at"] is not None


def test_brands_are_added_revised_and_removed(client: Client, admin: Headers):
    brand = {"name_en": "Lotus", "name_zh": "莲花", "domains": ["Lotus.example"]}
    added = client.post("/v1/brands", json=brand, headers=admin)
    place = f"/v1/brands/{added.json()['id']}"
    revised = client.put(place, json={**brand, "domains": []}, headers=admin)
    removed = client.delete(place, headers=admin)

    assert added.json()["domains"] == ["lotus.example"]
    assert revised.json()["domains"] == []
    assert (removed.status_code, client.get(place, headers=admin).status_code) == (
        204,
        404,
    )


# --- the same deed asked for twice ---------------------------------------------


def test_the_same_request_under_one_key_is_done_once(client: Client, admin: Headers):
    headers = {**admin, "idempotency-key": "a-deed"}
    body = {"name": "siem", "scopes": ["read"]}

    first = client.post("/v1/keys", json=body, headers=headers)
    again = client.post("/v1/keys", json=body, headers=headers)
    listed = client.get("/v1/keys", headers=admin).json()["items"]

    assert first.status_code == 201
    assert again.json() == first.json()
    assert [key["name"] for key in listed].count("siem") == 2  # one is the admin's own


def test_another_request_under_the_same_key_is_refused(client: Client, admin: Headers):
    headers = {**admin, "idempotency-key": "a-deed"}
    client.post("/v1/keys", json={"name": "one", "scopes": ["read"]}, headers=headers)

    other = client.post(
        "/v1/keys", json={"name": "two", "scopes": ["read"]}, headers=headers
    )
    elsewhere = client.post(
        "/v1/brands", json={"name_en": "x", "name_zh": "x"}, headers=headers
    )

    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert elsewhere.status_code == 422


def test_one_callers_key_is_not_anothers(
    client: Client, alliance: Alliance, admin: Headers
):
    jade = alliance.member("Jade Mail")
    other = bearer(alliance.key(jade, Scope.ADMIN, Scope.READ).text)
    body = {"name": "siem", "scopes": ["read"]}

    mine = client.post("/v1/keys", json=body, headers={**admin, "idempotency-key": "1"})
    theirs = client.post(
        "/v1/keys", json=body, headers={**other, "idempotency-key": "1"}
    )

    assert mine.json()["text"] != theirs.json()["text"]


def test_a_refused_deed_may_be_asked_for_again(client: Client, admin: Headers):
    headers = {**admin, "idempotency-key": "a-deed"}
    refused = {"name": "\u202e", "scopes": ["read"]}
    right = {"name": "siem", "scopes": ["read"]}

    assert client.post("/v1/keys", json=refused, headers=headers).status_code == 422
    assert client.post("/v1/keys", json=right, headers=headers).status_code == 201


def test_a_kept_answer_cannot_be_read_from_the_database(
    client: Client, alliance: Alliance, admin: Headers
):
    made = client.post(
        "/v1/keys",
        json={"name": "siem", "scopes": ["read"]},
        headers={**admin, "idempotency-key": "a-deed"},
    )

    with alliance.database.read() as tx:
        ((kept,),) = tx.conn.execute("select body from idempotency").fetchall()
    assert made.json()["text"][-43:].encode() not in bytes(kept)


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_what_is_no_idempotency_key_is_refused(
    client: Client, admin: Headers, key: str
):
    answer = client.post(
        "/v1/keys",
        json={"name": "siem", "scopes": ["read"]},
        headers={**admin, "idempotency-key": key},
    )

    assert answer.status_code == 422


# --- the whole of it -----------------------------------------------------------


def test_every_route_that_reads_answers(
    hub: Litestar, client: Client, operator: Headers
):
    failed = []
    for path in client.get("/openapi.json").json()["paths"]:
        if path.endswith("/stream"):
            continue
        concrete = path
        while "{" in concrete:
            before, _, rest = concrete.partition("{")
            concrete = before + str(uuid4()) + rest.partition("}")[2]
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            answer = client.request(method, concrete, headers=operator)
            if answer.status_code >= 500:
                failed.append(f"{method} {path}: {answer.status_code}")
    assert failed == []


def test_the_openapi_document_names_every_deed_and_how_to_be_known(client: Client):
    document = client.get("/openapi.json").json()

    assert document["info"]["title"] == "Hanse hub"
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert {"/v1/members", "/v1/keys", "/v1/edges/enrol", "/v1/circles"} <= set(
        document["paths"]
    )
    page = document["paths"]["/v1/people"]["get"]["responses"]["200"]["content"]
    assert page["application/json"]["schema"]


def test_what_is_for_a_member_there_is_not_finds_nothing(
    client: Client, operator: Headers
):
    member = str(uuid4())

    for path, body in (
        ("/v1/brands", {"name_en": "x", "name_zh": "x", "member": member}),
        ("/v1/edges/codes", {"name": "x", "member": member}),
        ("/v1/keys", {"name": "x", "scopes": ["read"], "member": member}),
        ("/v1/invitations", {"role": "member_admin", "member": member}),
        ("/v1/circles", {"name_en": "x", "name_zh": "x", "members": [member]}),
    ):
        assert client.post(path, json=body, headers=operator).status_code == 404, path


def test_an_operators_key_without_the_scope_read_still_admits(
    client: Client, alliance: Alliance, lotus: MemberId
):
    headers = bearer(alliance.key(None, Scope.ADMIN, role=Role.OPERATOR).text)
    circle = {"name_en": "x", "name_zh": "x", "members": [str(lotus)]}
    invitation = {"role": "member_admin", "member": str(lotus)}

    assert client.post("/v1/circles", json=circle, headers=headers).status_code == 201
    assert (
        client.post("/v1/invitations", json=invitation, headers=headers).status_code
        == 201
    )


def test_what_an_address_knows_is_told_with_all_its_methods(client: Client):
    told = client.options("/v1/me").headers["allow"]
    refused = client.delete("/v1/me")

    assert told == "GET, OPTIONS, PATCH"
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == {"GET", "OPTIONS", "PATCH"}
