"""Joining: a code good once, the right hub or none, and nothing half done."""

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit.checkpoint import Signer
from hanse.edge import identity
from hanse.edge.joining import (
    AlreadyJoined,
    CodeMalformed,
    HubForeign,
    JoinCode,
    JoinRefused,
    join,
    read_code,
    write_code,
)

SIGNER = Signer("hub.example/log", b"s" * 32)
SECRET = "one-time-secret"
CODE = JoinCode("https://hub.example", SIGNER.verifier.fingerprint, SECRET)


def a_hub(
    signer: Signer = SIGNER, origin: str = "hub.example/log"
) -> Callable[[httpx.Request], httpx.Response]:
    """Answers `POST /v1/edges/enrol` as the hub does; a code is good once."""
    used: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/edges/enrol"
        said = json.loads(request.content)
        if said["code"] != SECRET or said["code"] in used:
            problem = {"status": 410, "code": "x", "detail": "This code was used."}
            return httpx.Response(410, json=problem)
        used.add(said["code"])
        alliance = {"id": origin, "name": "Harbour Alliance"}
        return httpx.Response(
            201,
            json={
                "edge_id": "e-7",
                "key": "hanse_abc",
                "hub_vkey": signer.public,
                "origin": origin,
                "member": {"id": "m-1", "name_en": "Lantern Shop", "name_zh": "灯笼"},
                "alliance": alliance,
            },
        )

    return answer


def joined(folder: Path, answer: Callable[[httpx.Request], httpx.Response]):
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return join(client, CODE, folder, name="till")


def test_joining_pins_the_key_and_keeps_who_we_are_for_the_owner_alone(tmp_path: Path):
    folder = tmp_path / "new" / "edge"

    joined(folder, a_hub())

    kept = identity.load(folder)
    assert kept.verifier == SIGNER.verifier
    assert (kept.hub_url, kept.edge_id, kept.key) == (CODE.url, "e-7", "hanse_abc")
    assert (kept.member.label, kept.alliance.label) == (
        "Lantern Shop",
        "Harbour Alliance",
    )
    assert stat.S_IMODE((folder / identity.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "hanse_abc" not in repr(kept)
    assert SECRET not in repr(CODE)


def test_a_code_that_was_used_is_refused_with_the_hub_s_reason(tmp_path: Path):
    hub = a_hub()
    joined(tmp_path / "a", hub)

    with pytest.raises(
        JoinRefused, match=r"This code was used\..*ask your member admin"
    ):
        joined(tmp_path / "b", hub)
    assert not identity.is_joined(tmp_path / "b")


def test_a_hub_with_another_key_is_refused_and_nothing_is_kept(tmp_path: Path):
    impostor = a_hub(Signer("hub.example/log", b"i" * 32))

    with pytest.raises(HubForeign, match="not the hub that made the code"):
        joined(tmp_path, impostor)
    assert not identity.is_joined(tmp_path)


def test_a_hub_whose_key_names_another_log_is_refused(tmp_path: Path):
    with pytest.raises(HubForeign):
        joined(tmp_path, a_hub(origin="other.example/log"))


def test_a_hub_that_cannot_be_reached_leaves_the_code_good(tmp_path: Path):
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(JoinRefused, match=r"cannot be reached.*code is still good"):
        joined(tmp_path, unreachable)
    assert joined(tmp_path, a_hub()).edge_id == "e-7"


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>hello</html>"),
        httpx.Response(200, json={"edge_id": "e"}),
        httpx.Response(503, text="away"),
        httpx.Response(404, text="nothing"),
        httpx.Response(302, headers={"location": "https://evil.example/"}),
    ],
)
def test_what_is_no_hub_is_refused(tmp_path: Path, response: httpx.Response):
    with pytest.raises(JoinRefused):
        joined(tmp_path, lambda _: response)
    assert not identity.is_joined(tmp_path)


def test_an_edge_does_not_join_twice_in_one_folder(tmp_path: Path):
    joined(tmp_path, a_hub())
    with pytest.raises(AlreadyJoined):
        joined(tmp_path, a_hub())


def test_a_key_never_travels_in_clear_but_on_this_machine(tmp_path: Path):
    def to(url: str, *, plain: bool = False) -> None:
        code = JoinCode(url, CODE.fingerprint, SECRET)
        with httpx.Client(transport=httpx.MockTransport(a_hub())) as client:
            join(
                client,
                code,
                tmp_path / url.partition("//")[2].replace("/", "_"),
                name="",
                may_use_plain_http=plain,
            )

    for url in ("http://hub.example", "ftp://hub.example", "hub.example", "https://"):
        with pytest.raises(JoinRefused, match="in clear"):
            to(url)
    to("http://127.0.0.1:8440")
    to("http://hub.internal", plain=True)


def test_a_folder_that_cannot_be_written_is_named_before_the_code_is_spent(
    tmp_path: Path,
):
    (tmp_path / "file").write_text("")

    with pytest.raises(identity.NotJoined, match="Nothing can be written"):
        joined(tmp_path / "file" / "edge", a_hub())


def test_a_folder_without_an_edge_says_what_to_do(tmp_path: Path):
    with pytest.raises(identity.NotJoined, match="hanse edge join CODE"):
        identity.load(tmp_path)


def test_codes_come_back_as_they_were_even_broken_over_lines():
    text = write_code(CODE)
    assert read_code(text) == CODE
    assert read_code(f"  {text[:20]}\n {text[20:]}\n") == CODE


def test_the_hub_s_own_way_to_write_a_code_is_read():
    body = {
        "url": "https://hub.example/",
        "fingerprint": CODE.fingerprint.hex(),
        "secret": SECRET,
    }
    encoded = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=")
    assert read_code(f"hanse1.{encoded.decode()}") == CODE


@given(st.text() | st.text().map(lambda rest: f"hanse1.{rest}"))
def test_what_is_no_code_is_refused(text: str):
    with pytest.raises(CodeMalformed):
        read_code(text)
