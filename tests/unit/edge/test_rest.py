"""The edge's HTTP: checks, keys, the care taken on an open loopback."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient

from hanse.edge import keys
from hanse.edge.app import PortTaken, create_app, served
from hanse.edge.running import Edge
from hanse.edge.settings import Listen
from tests.unit.edge.builders import an_edge
from tests.unit.edge.simulated_hub import SimulatedHub

PAGE = "https://login.example/pay"
Client = AsyncTestClient[Any]


def play(
    folder: Path,
    script: Callable[[Client, Edge, SimulatedHub], Awaitable[None]],
    *,
    is_open: bool = True,
) -> None:
    """Run a script against an edge that has caught up."""

    async def run() -> None:
        hub = SimulatedHub()
        hub.report(f"url:{PAGE}")
        edge = an_edge(folder, hub)
        edge.settings = replace(edge.settings, is_open_on_loopback=is_open)
        async with (
            edge,
            AsyncTestClient(create_app(edge), base_url="http://127.0.0.1:8441") as http,
        ):
            await edge.caught_up(5)
            await script(http, edge, hub)

    asyncio.run(run())


def a_key(edge: Edge, *scopes: str) -> dict[str, str]:
    text = keys.new_key(edge.local, "till", scopes, token_bytes(39), edge.clock())
    return {"authorization": f"Bearer {text}"}


def test_each_item_is_answered_on_its_own(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        asked = {
            "items": [
                {"url": PAGE},
                {"kind": "domain", "value": "example.org"},
                {"kind": "ip", "value": "999.1.1.1"},
                {"kind": "planet", "value": "mars"},
                {"url": 7},
                "nothing",
                {"url": PAGE, "kind": "url"},
            ]
        }
        answer = await http.post("/v1/check", json=asked)
        results = answer.json()["results"]

        assert answer.status_code == 200
        assert results[0]["verdict"] == "block"
        assert results[0]["score"] == 90
        assert results[0]["matched"] == {"kind": "url", "value": PAGE}
        assert results[0]["reasons"][0]["code"] == "claim"
        assert results[0]["claims"][0]["source"]["name"] == "Harbour Pay"
        assert results[1] == {
            "verdict": "allow",
            "score": 0,
            "reasons": [],
            "matched": None,
            "claims": [],
        }
        assert [r["error"]["code"] for r in results[2:]] == [
            "observables.malformed",
            "observables.malformed",
            "edge.item_malformed",
            "edge.item_malformed",
            "edge.item_malformed",
        ]
        assert results[2]["error"]["pointer"] == "/items/2"
        position = answer.json()["position"]
        assert position["size"] == hub.size
        assert position["hub"] == "connected"
        assert position["age_seconds"] == 0.0

    play(tmp_path, script)


def test_one_url_may_be_asked_without_a_list(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        answer = await http.post("/v1/check", json={"url": PAGE})
        assert [r["verdict"] for r in answer.json()["results"]] == ["block"]

    play(tmp_path, script)


def test_too_many_items_are_refused_whole(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        answer = await http.post("/v1/check", json={"items": [{"url": PAGE}] * 1001})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "edge.too_many_items"

    play(tmp_path, script)


def test_a_body_beyond_the_limit_is_refused_unread(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        answer = await http.post(
            "/v1/check",
            content=b'{"url":"' + b"a" * 5_000_000 + b'"}',
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 413

    play(tmp_path, script)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'{"items":7}', b"\xff", b'{"strange":1}']
)
def test_what_is_no_question_is_refused_as_a_problem(tmp_path: Path, body: bytes):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        answer = await http.post(
            "/v1/check", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    play(tmp_path, script)


def test_a_closed_edge_wants_a_key_with_the_right_scope(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        good, reading = a_key(edge, "check"), a_key(edge, "read")
        wrong = {"authorization": good["authorization"][:-1] + "_"}
        asked = {"url": PAGE}

        answers = [
            await http.post("/v1/check", json=asked, headers=headers)
            for headers in ({}, wrong, reading, good)
        ]

        assert [answer.status_code for answer in answers] == [401, 401, 403, 200]
        assert answers[0].headers["www-authenticate"].startswith("Bearer")

    play(tmp_path, script, is_open=False)


def test_a_revoked_key_is_out_at_once(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        key = a_key(edge, "check")
        before = await http.post("/v1/check", json={"url": PAGE}, headers=key)
        keys.revoke(edge.local, edge.local.own_keys()[0].public_id, edge.clock())
        after = await http.post("/v1/check", json={"url": PAGE}, headers=key)

        assert (before.status_code, after.status_code) == (200, 401)

    play(tmp_path, script, is_open=False)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "attacker.example:8441"},
        {"host": "127.0.0.1.attacker.example"},
        {"host": ""},
        {"origin": "https://attacker.example"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_an_open_edge_answers_no_web_page(tmp_path: Path, headers: dict[str, str]):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        answer = await http.post("/v1/check", json={"url": PAGE}, headers=headers)
        assert answer.status_code == 403
        assert "results" not in answer.text

    play(tmp_path, script)


def test_an_open_edge_still_wants_a_key_for_its_brake(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        switch = {"is_watch_only": True}
        without = await http.put("/v1/brake", json=switch)
        allowed = await http.put("/v1/brake", json=switch, headers=a_key(edge, "admin"))
        checked = await http.post("/v1/check", json={"url": PAGE})

        assert (without.status_code, allowed.status_code) == (401, 200)
        assert allowed.json()["brake"]["is_watch_only"] is True
        assert checked.json()["results"][0]["verdict"] == "watch"

    play(tmp_path, script)


def test_the_never_block_list_is_kept_over_http(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        key = a_key(edge, "admin", "read")
        made = await http.post(
            "/v1/never-block",
            json={"entry": "LOGIN.example", "note": "ours"},
            headers=key,
        )
        allowed = await http.post("/v1/check", json={"url": PAGE})
        shown = await http.get("/v1/brake", headers=key)
        gone = await http.delete("/v1/never-block?entry=login.example", headers=key)
        blocked = await http.post("/v1/check", json={"url": PAGE})

        assert made.status_code == 201
        assert made.json()["entry"] == "domain:login.example"
        assert allowed.json()["results"][0]["verdict"] == "allow"
        assert allowed.json()["results"][0]["reasons"][0]["code"] == "never_block"
        assert [e["note"] for e in shown.json()["never_block"]] == ["ours"]
        assert gone.status_code == 204
        assert blocked.json()["results"][0]["verdict"] == "block"

    play(tmp_path, script)


def test_the_mirror_is_paged_and_whole(tmp_path: Path):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        for n in range(7):
            hub.report(f"domain:shop{n}.example")
        await edge.follower.catch_up()
        seen, cursor, more = [], "", True
        while more:
            page = (await http.get(f"/v1/mirror?limit=3&cursor={cursor}")).json()
            seen += [entry["claim"]["value"] for entry in page["claims"]]
            cursor, more = page["next"], page["more"]

        assert seen == [PAGE, *(f"shop{n}.example" for n in range(7))]

    play(tmp_path, script)


def test_status_and_openapi_are_there_and_every_answer_bears_the_headers(
    tmp_path: Path,
):
    async def script(http: Client, edge: Edge, hub: SimulatedHub) -> None:
        status = await http.get("/v1/status")
        openapi = await http.get("/openapi.json")
        nothing = await http.get("/nowhere")

        assert status.json()["hub"]["state"] == "connected"
        assert (status.json()["values"], status.json()["claims"]) == (1, 1)
        described = openapi.json()
        refusal = described["paths"]["/v1/check"]["post"]["responses"]["default"]
        schema = refusal["content"]["application/problem+json"]["schema"]["$ref"]
        assert schema.rpartition("/")[2] in described["components"]["schemas"]
        assert nothing.status_code == 404
        assert nothing.json()["code"] == "http.404"
        for answer in (status, nothing):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"

    play(tmp_path, script)


def test_an_edge_is_served_on_a_real_port(tmp_path: Path):
    async def run() -> None:
        hub = SimulatedHub()
        hub.report(f"url:{PAGE}")
        listen = Listen("127.0.0.1", _free_port())
        edge = an_edge(tmp_path, hub)
        edge.settings = replace(edge.settings, listen=listen, is_open_on_loopback=True)
        async with edge, served(edge, listen), httpx.AsyncClient() as http:
            await edge.caught_up(5)
            answer = await http.post(f"{listen.url}/v1/check", json={"url": PAGE})
            assert answer.json()["results"][0]["verdict"] == "block"
            with pytest.raises(PortTaken):
                async with served(edge, listen):
                    pass

    asyncio.run(run())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
