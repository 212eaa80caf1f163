"""Pages: what surrounds them, and what a template cannot get wrong."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from jinja2 import UndefinedError
from litestar import Litestar, Request, Response, get
from litestar.testing import TestClient

from hanse.ui import serving
from hanse.ui.assets import Assets, AssetsMissing, own_assets
from hanse.ui.headers import CONTENT_SECURITY_POLICY, page_headers
from hanse.ui.i18n import Language
from hanse.ui.page import Frame, Looker, Pages, RailEntry, as_fragment
from hanse.ui.preferences import Preferences, Theme

ASSETS = Assets(
    (name, name.encode())
    for name in (
        "hanse.css",
        "hanse.js",
        "charts.js",
        "graph.js",
        "anchor.svg",
        "vendor/tabler.min.css",
        "vendor/htmx.min.js",
        "vendor/echarts.common.min.js",
        "vendor/cytoscape.min.js",
    )
)
FRAME = Frame(
    now=datetime(2026, 11, 22, tzinfo=UTC),
    path="/threats",
    query=(("q", "a&b"), ("cursor", "c1")),
    rail=(RailEntry("threats", "Threats", "/threats", "threats", "t", 12_408),),
    here="threats",
    looker=Looker("Lin Chen", "analyst"),
    csrf_token="tok",
)


@pytest.fixture
def pages(tmp_path):
    def made(content: str) -> Pages:
        (tmp_path / "x.html").write_text(
            f"{{% extends layout %}}{{% block title %}}T{{% endblock %}}"
            f"{{% block content %}}{content}{{% endblock %}}"
        )
        return Pages(tmp_path, assets=ASSETS)

    return made


def test_a_page_says_its_language_theme_and_where_one_stands(pages) -> None:
    frame = replace(FRAME, preferences=Preferences(Language.CHINESE, Theme.DARK))
    html = pages("x").render("x.html", frame).decode()
    assert '<html lang="zh-Hans" data-bs-theme="dark">' in html
    assert "跳到正文" in html
    assert re.search(r'href="/threats"[^>]*aria-current="page"', html)
    assert "12,408" in html


def test_values_are_escaped_wherever_they_stand(pages) -> None:
    evil = '"><script>alert(1)</script>'
    content = (
        "{{ ui.title(v, v) }}{{ ui.value(v) }}{{ ui.field('a', v, v, v, v) }}"
        "{{ ui.stat(v, v, v, v) }}{{ ui.chip(v, 'a', v) }}{{ ui.empty(v, v, v) }}"
        "{{ ui.strip([(v, 'good', v)], v) }}{{ ui.confirm('i', v, v, v, v, v, v) }}"
        "{{ ui.textarea('b', v, v, v, v) }}{{ ui.pill(v) }}"
        "{{ ui.progress(1, 2, v, v) }}"
    )
    html = pages(content).render("x.html", FRAME, v=evil).decode()
    assert "<script>" not in html
    assert html.count("alert(1)") == html.count("&lt;script&gt;alert(1)&lt;/script&gt;")


def test_a_name_that_is_not_defined_stops_the_page(pages) -> None:
    with pytest.raises(UndefinedError):
        pages("{{ nothing }}").render("x.html", FRAME)


def test_no_page_waits_for_the_chart_libraries(pages) -> None:
    html = pages("x").render("x.html", FRAME).decode()
    scripts = re.findall(r"<script[^>]*>", html)
    assert len(scripts) == 2
    assert all(" defer " in script for script in scripts)
    assert not any("echarts" in s or "cytoscape" in s for s in scripts)


def test_a_fragment_is_the_content_alone(pages) -> None:
    assert pages("<p>x</p>").render("x.html", as_fragment(FRAME)).strip() == b"<p>x</p>"


def test_no_rail_and_no_search_for_nobody(pages) -> None:
    html = pages("x").render("x.html", replace(FRAME, looker=None)).decode()
    assert "Threats" not in html
    assert 'role="search"' not in html
    assert "中文" in html


def test_nothing_is_inline(pages) -> None:
    html = pages("x").render("x.html", FRAME).decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", html) == []


def test_a_changed_filter_begins_at_the_beginning_of_the_list() -> None:
    assert FRAME.with_argument("state", "held") == "/threats?q=a%26b&state=held"
    assert FRAME.with_argument("q", None) == "/threats"
    assert FRAME.to_cursor("c2") == "/threats?q=a%26b&cursor=c2"
    assert FRAME.to_cursor("") == "/threats?q=a%26b"
    assert FRAME.argument("q") == "a&b"
    assert FRAME.argument("none") == ""


def test_the_policy_lets_nothing_inline_or_foreign_in() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")
    assert "strict-transport-security" in page_headers(is_https=True)
    assert "strict-transport-security" not in page_headers(is_https=False)
    assert page_headers(is_https=False)["cache-control"] == "no-store"


def test_a_files_address_changes_with_its_content() -> None:
    one, two = Assets([("a.js", b"1")]), Assets([("a.js", b"2")])
    assert one.address("a.js") != two.address("a.js")
    assert two.find(one.address("a.js")) is None
    found = one.find(one.address("a.js"))
    assert found is not None
    assert found.plain == b"1"


def test_missing_browser_files_say_what_to_do(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("hanse.ui.assets.STATIC", tmp_path)
    own_assets.cache_clear()
    with pytest.raises(AssetsMissing, match="make test"):
        own_assets()
    own_assets.cache_clear()


@pytest.fixture
def client():
    @get("/page", sync_to_thread=True)
    def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        language = serving.preferences_of(request).language
        return serving.page_answer(language.encode(), is_https=False)

    def switch(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        return serving.find_preference_switch(request, is_https=False)

    app = Litestar(
        [page, serving.static_handler(is_https=False, assets=ASSETS)],
        before_request=switch,
    )
    with TestClient(app) as client:
        yield client


def test_files_are_served_under_their_hash_for_ever(client) -> None:
    answer = client.get(f"/static/{ASSETS.address('hanse.css')}")
    assert answer.content == b"hanse.css"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "address",
    ["hanse.css", "..%2f..%2fpyproject.toml", "hanse.000000000000.css", "a/b"],
)
def test_nothing_else_is_served(client, address) -> None:
    assert client.get(f"/static/{address}").status_code == 404


def test_a_language_asked_for_in_the_address_is_remembered(client) -> None:
    answer = client.get("/page?lang=zh_Hans&q=1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/page?q=1")
    assert "hanse_lang=zh_Hans" in answer.headers["set-cookie"]
    assert client.get("/page").text == "zh_Hans"
    assert client.get("/page").headers["content-security-policy"]
