"""README's "Five more minutes", done for real; and its examples in Python."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.docs import pages
from tests.docs.conftest import PAGE, Walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
README = pages.ROOT / "README.md"
API = pages.ROOT / "docs/api.md"
MEMBER = pages.ROOT / "docs/guides/member.md"
OPERATOR = pages.ROOT / "docs/guides/operator.md"


def run_python(document: Path, walked: Walk, **names: str) -> list[str]:
    """The document's examples, run at the hub and edge of the walk: what they print."""
    printed = StringIO()
    (block,) = pages.blocks(document, "python")
    code = block.code
    for said, meant in {
        "http://127.0.0.1:8440": walked.hub,
        "https://hub.example": walked.hub,
        "http://127.0.0.1:8441": walked.edge,
    }.items():
        code = code.replace(said, meant)
    with redirect_stdout(printed):
        exec(compile(code, document.name, "exec"), dict(names))  # noqa: S102
    return printed.getvalue().splitlines()


def test_the_commands_walked_are_those_of_the_readme():
    said = {" ".join(words[:2]) for words in pages.commands(README)}

    assert {"hub init", "hub serve", "edge join", "edge serve"} <= said
    assert f"check {PAGE}" in said


def test_a_link_makes_the_operator_who_sees_what_the_readme_names(walked: Walk):
    assert walked.pages["operator"].path == "/"
    assert {"/members", "/edges", "/keys", "/audit"} <= set(
        walked.pages["operator"].links
    )
    assert "API keys" in walked.pages["operator"].text
    assert "/people" in walked.operator.open("/members").links
    assert "Invite somebody" in walked.operator.open("/people").text
    assert "Enrol an edge" in walked.admin.open("/edges").text
    assert "Export" in walked.operator.open("/audit").text


def test_the_member_is_active_once_its_admin_has_signed(walked: Walk):
    me = walked.admin.http.get("/v1/me").json()

    assert (me["role"], me["is_active"]) == ("member_admin", True)


def test_what_was_reported_is_refused_with_the_exit_status_said(walked: Walk):
    walked.await_verdict("block")

    refused = walked.company.run("check", PAGE)
    other = walked.company.run("check", "http://harmless.example/")

    assert "ends with status 1 (0 go on, 2 watch)" in README.read_text("utf-8")
    assert refused.stdout.startswith(f"block  {PAGE}")
    assert (refused.returncode, other.returncode) == (1, 0)


def test_the_readmes_python_reports_and_finds(walked: Walk):
    key = walked.key("readme", "report", "read")

    printed = run_python(README, walked, key=key)

    assert any("pay-lotus.example" in line for line in printed)


def test_a_program_asks_the_edge_as_the_guide_says(walked: Walk):
    (words,) = [w for w in pages.commands(MEMBER) if w[:3] == ["edge", "key", "new"]]
    key = walked.company.say(*words).strip()
    block = pages.blocks(MEMBER, "json")[0].code
    method, path, body = re.split(r"\s+", block, maxsplit=2)
    walked.await_verdict("block")

    answer = httpx.request(
        method,
        f"{walked.edge}{path}",
        json=msgspec.json.decode(body),
        headers={"authorization": f"Bearer {key}"},
    )
    without = httpx.request(method, f"{walked.edge}{path}", json={"items": []})

    assert answer.json()["results"][0]["verdict"] == "block"
    assert without.status_code == 401


def test_the_brake_is_set_as_the_guide_says(walked: Walk):
    brake = ("edge", "brake", "watch-only")
    never = ("edge", "never-block")
    walked.await_verdict("block")

    walked.company.say(*brake, "on")
    walked.await_verdict("watch")
    walked.company.say(*brake, "off")
    walked.await_verdict("block")
    walked.company.say(*never, "add", "pay-lotus.example")
    walked.await_verdict("allow")
    walked.company.say(*never, "remove", "pay-lotus.example")
    walked.await_verdict("block")


def test_the_exported_log_verifies_offline_as_the_guide_says(
    walked: Walk, tmp_path: Path
):
    log = tmp_path / "log.jsonl"
    log.write_bytes(walked.operator.http.get("/v1/log/export").content)
    pinned = walked.said["edge join"].partition("pinned: ")[2].split()[0]

    said = walked.company.say("audit", "verify", str(log), "--key", pinned)
    log.write_bytes(log.read_bytes().replace(b"Lotus", b"Locus"))
    forged = walked.company.run("audit", "verify", str(log), "--key", pinned)

    assert "The log verifies." in said
    assert forged.returncode == 1


def test_a_locked_out_operator_gets_a_link_as_the_guide_says(walked: Walk):
    assert "hub invite" in {" ".join(words) for words in pages.commands(OPERATOR)}
    assert re.search(r"/join/\S{43}$", walked.association.say("hub", "invite").strip())


def test_a_second_hub_on_the_same_address_is_refused(walked: Walk):
    done = walked.association.run("hub", "serve")

    assert done.returncode == 1
    assert "HANSE_LISTEN" in done.stderr


def test_every_rest_path_of_the_api_page_is_in_the_openapi_document(walked: Walk):
    described = httpx.get(f"{walked.hub}/openapi.json").json()["paths"]
    cells = re.findall(r"^\| (`.*?) \|", API.read_text("utf-8"), re.MULTILINE)
    named = [path for cell in cells for path in paths_of(cell)]

    assert len(named) > 15
    assert [path for path in named if path not in {bare(p) for p in described}] == []


def paths_of(cell: str) -> list[str]:
    """Of a cell such as "`GET /v1/log/entries`, `/export`": whole paths."""
    found: list[str] = []
    for text in re.findall(r"`([^`]+)`", cell):
        path = text.split()[-1]
        if path.startswith("/taxii"):
            continue  # TAXII is its own standard, not part of the document
        if not path.startswith("/v1"):
            parent = found[-1] if "{" in found[-1] else found[-1].rpartition("/")[0]
            path = f"{parent}/{path.lstrip('/')}"
        found.append(bare(path))
    return found


def bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_the_api_pages_python_reports_withdraws_and_asks_the_edge(walked: Walk):
    key = walked.key("api", "report", "read")

    printed = run_python(API, walked, key=key, edge_key=walked.edge_key)

    assert printed[-1] in ("allow", "block")  # the withdrawal may be on its way
    walked.await_verdict("allow")
