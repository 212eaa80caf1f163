"""The guard before every route, and what people try at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar, get, post
from litestar.testing import TestClient

from hanse.audit import log
from hanse.base.ids import MemberId
from hanse.base.secret import Secret
from hanse.hub import access
from hanse.hub.app import build
from hanse.hub.room import Room
from hanse.hub.settings import Settings
from hanse.membership import admission
from hanse.membership.caller import Caller
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Database
from hanse.ui.session import CSRF_FIELD, SessionToken, csrf_token, session_token
from tests.server.hub.conftest import HUB, bearer
from tests.server.membership.alliance import HUB as THE_HUB
from tests.server.membership.alliance import Alliance

Client = TestClient[Litestar]


@post("/touch", sync_to_thread=False)
def touch(caller: Caller) -> str:
    return caller.actor.label


@post("/own", opt=access.OWN_ACCOUNT, sync_to_thread=False)
def own(caller: Caller) -> str:
    return caller.actor.label


@post("/open", opt=access.OPEN, sync_to_thread=False)
def anybody() -> str:
    return "open"


@get("/breaks", opt=access.OPEN, sync_to_thread=False)
def breaks() -> str:
    raise RuntimeError("the password is lantern over quiet water")


@get("/endless", opt=access.OPEN)
def endless(database: Database) -> None:
    with database.read() as tx:
        tx.conn.execute("set statement_timeout = 50")
        try:
            tx.conn.execute("select pg_sleep(20)")
        finally:
            tx.conn.execute("reset statement_timeout")


@pytest.fixture
def hub(alliance: Alliance, secret: Secret, settings: Settings) -> Litestar:
    return build(
        alliance.database,
        settings,
        secret,
        handlers=[touch, own, anybody, breaks, endless],
    )


@pytest.fixture
def lotus(alliance: Alliance) -> MemberId:
    return alliance.member("Lotus Pay")


@pytest.fixture
def token(alliance: Alliance, lotus: MemberId) -> SessionToken:
    return alliance.token(alliance.person(Role.MEMBER_ADMIN, lotus))


@pytest.fixture
def browser(client: Client, token: SessionToken) -> Iterator[Client]:
    client.cookies.set("hanse_session", token.value)
    yield client
    client.cookies.clear()


def csrf(token: SessionToken, secret: Secret) -> str:
    return csrf_token(token, access.csrf_key(secret))


def test_whoever_is_not_known_gets_nowhere(client: Client):
    for method, path in (
        ("GET", "/v1/me"),
        ("GET", "/v1/members"),
        ("GET", "/v1/feed"),
        ("GET", "/v1/feed/stream"),
        ("POST", "/v1/circles"),
        ("POST", "/touch"),
        ("DELETE", "/v1/keys/00000000-0000-0000-0000-000000000000"),
    ):
        answer = client.request(method, path)

        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_route_but_a_few_wants_somebody_known(hub: Litestar):
    is_open = {
        f"{method} {route.path}"
        for route in hub.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if handler.opt.get("hanse.open") and method != "OPTIONS"
    }

    assert {path for path in is_open if " /v1/" in path} == {"POST /v1/edges/enrol"}


def test_a_browser_is_not_shown_the_log_in_box_of_basic(client: Client):
    answer = client.get("/v1/me", headers={"sec-fetch-mode": "cors"})

    assert "Basic" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "header",
    [
        "Bearer hanse_aaaaaaaaaa_" + "A" * 43,
        "Bearer ",
        "Basic Og==",
        "Basic %%%",
        "Negotiate abc",
        "Bearer " + "A" * 100_000,
    ],
)
def test_a_wrong_key_is_never_made_up_for_by_a_good_session(
    browser: Client, header: str
):
    assert browser.get("/v1/me").status_code == 200
    assert browser.get("/v1/me", headers={"authorization": header}).status_code == 401


def test_a_forged_or_foreign_cookie_opens_nothing(client: Client):
    for value in (session_token(bytes(32)).value, "A" * 43, "", "x" * 5000, "\u00e9"):
        cookie = f"hanse_session={value}".encode("latin-1", "replace")
        answer = client.get("/v1/me", headers={b"cookie": cookie})

        assert answer.status_code == 401


def test_a_suspended_member_is_out_with_the_next_request(
    client: Client, alliance: Alliance, lotus: MemberId, token: SessionToken
):
    key = alliance.key(lotus, Scope.READ)
    cookie = {"cookie": f"hanse_session={token.value}"}
    before = [
        client.get("/v1/me", headers=headers).status_code
        for headers in (bearer(key.text), cookie)
    ]
    with alliance.database.begin() as tx:
        admission.suspend(tx, THE_HUB, lotus, "for a test")
    after = [
        client.get("/v1/me", headers=headers).status_code
        for headers in (bearer(key.text), cookie)
    ]

    assert (before, after) == ([200, 200], [401, 401])


# --- requests that a browser was made to send ----------------------------------


def test_a_change_by_session_without_its_token_is_refused(browser: Client):
    answer = browser.post("/touch")

    assert answer.status_code == 403
    assert answer.json()["code"] == "hub.foreign_page"


@pytest.mark.parametrize("given", ["", "x", "A" * 43])
def test_a_wrong_token_is_refused(browser: Client, given: str):
    assert browser.post("/touch", headers={"x-csrf-token": given}).status_code == 403


def test_another_sessions_token_is_refused(
    browser: Client, alliance: Alliance, lotus: MemberId, secret: Secret
):
    other = alliance.token(alliance.person(Role.MEMBER_ADMIN, lotus))

    answer = browser.post("/touch", headers={"x-csrf-token": csrf(other, secret)})

    assert answer.status_code == 403


def test_the_right_token_is_taken_from_header_and_form(
    browser: Client, token: SessionToken, secret: Secret
):
    right = csrf(token, secret)

    by_header = browser.post("/touch", headers={"x-csrf-token": right})
    by_form = browser.post("/touch", data={CSRF_FIELD: right})
    by_parts = browser.post(
        "/touch", data={CSRF_FIELD: right}, files={"file": b"a,b\n"}
    )

    assert [by_header.status_code, by_form.status_code, by_parts.status_code] == [
        201,
        201,
        201,
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://hub.test.evil.example"},
    ],
)
def test_another_sites_page_changes_nothing_whatever_it_sends(
    browser: Client, token: SessionToken, secret: Secret, headers: dict[str, str]
):
    right = {"x-csrf-token": csrf(token, secret)}

    assert browser.post("/touch", headers={**right, **headers}).status_code == 403
    assert browser.post("/open", headers=headers).status_code == 403
    assert browser.get("/v1/me", headers=headers).status_code == 200


def test_the_hubs_own_page_may(browser: Client, token: SessionToken, secret: Secret):
    headers = {
        "x-csrf-token": csrf(token, secret),
        "sec-fetch-site": "same-origin",
        "origin": HUB,
    }

    assert browser.post("/touch", headers=headers).status_code == 201


def test_a_key_needs_no_token(client: Client, alliance: Alliance, lotus: MemberId):
    key = alliance.key(lotus, Scope.READ)

    assert client.post("/touch", headers=bearer(key.text)).status_code == 201


# --- overseers -----------------------------------------------------------------


def acts(alliance: Alliance, act: str) -> list[str]:
    with alliance.database.read() as tx:
        entries = log.events_before(tx, log.size(tx), 100, acts=[act])
    return [entry.subject for entry in entries]


def test_an_overseer_changes_nothing_by_session_or_key(
    client: Client, alliance: Alliance, secret: Secret
):
    token = alliance.token(alliance.person(Role.OVERSEER))
    key = alliance.key(None, Scope.READ, role=Role.OVERSEER)
    session = {
        "cookie": f"hanse_session={token.value}",
        "x-csrf-token": csrf(token, secret),
    }

    for headers in (session, bearer(key.text)):
        for method, path in (
            ("POST", "/touch"),
            ("POST", "/v1/members"),
            ("POST", "/v1/circles"),
            ("DELETE", "/v1/keys/00000000-0000-0000-0000-000000000000"),
        ):
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 403, path
            assert answer.json()["code"] == "hub.overseer_reads_only"
        assert client.post("/own", headers=headers).status_code == 201


def test_whatever_an_overseer_reads_stands_in_the_log(
    client: Client, alliance: Alliance, lotus: MemberId
):
    key = alliance.key(None, Scope.READ, role=Role.OVERSEER)

    client.get("/v1/members?cursor=", headers=bearer(key.text))
    client.get(f"/v1/members/{lotus}", headers=bearer(key.text))
    client.get("/taxii2/", headers=bearer(key.text))

    assert acts(alliance, "overseer.read") == [
        "route:/taxii2/",
        "route:/v1/members/{member_id}",
        "route:/v1/members",
    ]


def test_what_an_overseer_typed_does_not_stand_in_the_log(
    client: Client, alliance: Alliance
):
    key = alliance.key(None, Scope.READ, role=Role.OVERSEER)

    client.get("/v1/members?cursor=13800138000", headers=bearer(key.text))

    with alliance.database.read() as tx:
        (entry,) = log.events_before(tx, log.size(tx), 1, acts=["overseer.read"])
    assert b"13800138000" not in (entry.body or b"")


def test_what_an_operator_reads_is_its_daily_work_and_not_logged(
    client: Client, alliance: Alliance
):
    key = alliance.key(None, Scope.READ, role=Role.OPERATOR)

    client.get("/v1/members", headers=bearer(key.text))

    assert acts(alliance, "overseer.read") == []


# --- answers -------------------------------------------------------------------


def test_what_nobody_foresaw_tells_nothing(client: Client):
    answer = client.get("/breaks")

    assert answer.status_code == 500
    assert answer.json()["code"] == "hub.failed"
    assert "lantern" not in answer.text


def test_every_answer_carries_what_keeps_browsers_safe(client: Client):
    for path in ("/health", "/v1/me", "/nowhere", "/breaks", "/openapi.json"):
        headers = client.get(path).headers

        assert headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


def test_by_https_browsers_are_told_to_stay_there(
    alliance: Alliance, secret: Secret, settings: Settings
):
    secure = Settings(data=settings.data, public_url="https://hub.test")
    with TestClient(build(alliance.database, secure, secret)) as client:
        headers = client.get("/health").headers

    assert headers["strict-transport-security"].startswith("max-age=")


def test_by_https_a_cookie_set_without_it_is_not_believed(
    alliance: Alliance, secret: Secret, settings: Settings, token: SessionToken
):
    secure = Settings(data=settings.data, public_url="https://hub.test")
    with TestClient(build(alliance.database, secure, secret)) as client:
        planted = {"cookie": f"hanse_session={token.value}"}
        own_cookie = {"cookie": f"__Host-hanse_session={token.value}"}

        assert client.get("/v1/me", headers=planted).status_code == 401
        assert client.get("/v1/me", headers=own_cookie).status_code == 200


@pytest.mark.parametrize(
    ("is_behind_proxy", "source"), [(False, "testclient"), (True, "192.0.2.9")]
)
def test_where_a_request_comes_from_is_believed_of_the_own_proxy_only(
    alliance: Alliance, secret: Secret, *, is_behind_proxy: bool, source: str
):
    @get("/whence", opt=access.OPEN, sync_to_thread=False)
    def whence(source: str) -> str:
        return source

    settings = Settings(
        data=Path("unused"), public_url=HUB, is_behind_proxy=is_behind_proxy
    )
    app = build(alliance.database, settings, secret, handlers=[whence])
    with TestClient(app, base_url=HUB) as client:
        said = {"x-forwarded-for": "203.0.113.1, 192.0.2.9"}
        assert client.get("/whence", headers=said).text == source


def test_bodies_have_room_together_and_strangers_take_none(
    alliance: Alliance,
    lotus: MemberId,
    secret: Secret,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("hanse.hub.app.Room", lambda: Room(size=150_000))
    hub = build(alliance.database, settings, secret, handlers=[touch])
    headers = bearer(alliance.key(lotus, Scope.REPORT).text)
    with TestClient(hub, base_url=HUB) as client:
        for _ in range(3):  # each gives back what it took
            assert client.post("/touch", content=bytes(100_000)).status_code == 401
            answer = client.post("/touch", content=bytes(100_000), headers=headers)
            assert answer.status_code == 201
        answer = client.post("/touch", content=bytes(200_000), headers=headers)
    assert answer.status_code == 503
    assert answer.json()["code"] == "hub.too_busy"
    assert answer.headers["retry-after"]


def test_a_question_that_takes_too_long_is_given_up_and_said(client: Client):
    answer = client.get("/endless")
    assert answer.status_code == 503
    assert answer.json()["code"] == "hub.question_too_long"
    assert answer.headers["retry-after"]
