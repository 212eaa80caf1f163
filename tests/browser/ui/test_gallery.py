"""Every component in a real browser: drawn, readable, reachable, within the policy."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hanse.ui.assets import own_assets
from tests.browser.conftest import OpenPage

PAGES = ["/", "/threats", "/threats/1", "/report", "/states", "/login", "/nowhere"]
LOOKS = [("en", "light"), ("en", "dark"), ("zh_Hans", "light"), ("zh_Hans", "dark")]

PROBES = Path(__file__).parent / "probes"
# What axe-core asks for first: names, labels, landmarks, ids.
FAULTS = (PROBES / "faults.js").read_text()
# WCAG 1.4.3 on what is really shown, the grounds of ancestors included.
DIM_TEXTS = (PROBES / "dim_texts.js").read_text()


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_drawn_named_and_readable(
    open_page: OpenPage, gallery: str, path: str, language: str, theme: str
) -> None:
    cookies = {"hanse_lang": language, "hanse_theme": theme}
    page = open_page(gallery + path, cookies=cookies, allow=("404",))
    for figure in page.query_selector_all(".chart, .graph"):
        figure.wait_for_selector("canvas")
    assert page.evaluate(FAULTS) == []
    assert page.evaluate(DIM_TEXTS) == []
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == theme


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(
    open_page: OpenPage, gallery: str, path: str
) -> None:
    page = open_page(gallery + path, width=390, allow=("404",))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_system_decides_between_light_and_dark(
    open_page: OpenPage, gallery: str
) -> None:
    page = open_page(gallery + "/login", cookies={"hanse_theme": "auto"})
    ground = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light


def test_a_plain_page_loads_little(open_page: OpenPage, gallery: str) -> None:
    """Half of a slow first paint is bytes; charts come only where they are used."""
    page = open_page(gallery + "/report")
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map((r) => r.name)"
    )
    assets = [own_assets().find(name.rsplit("/", 1)[1]) for name in loaded]
    assert sum(len(asset.gzipped) for asset in assets if asset) < 120_000


def test_the_keyboard_finds_the_search(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("j")
    expect(page.locator("#search")).to_have_value("j")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).not_to_be_focused()


def test_the_first_stop_skips_to_the_content(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_a_list_is_worked_with_single_keys(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    rows = page.locator("tr[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#pane .title h2")).to_be_visible()
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    assert "open=%2Fthreats%2F0" in page.url
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#pane .title h2")).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/threats/1")


def test_charts_in_the_pane_are_drawn(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats?state=enforced")
    page.locator("tr[data-row] td.when").first.click()
    expect(page.locator("#pane .chart canvas").first).to_be_visible()


def test_letters_lead_to_rail_entries(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(gallery + "/")


def test_the_help_lists_the_pages_own_keys(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats/1")
    page.keyboard.press("?")
    help_ = page.locator("#key-help")
    expect(help_).to_be_visible()
    expect(help_).to_contain_text("Add a sighting")
    page.keyboard.press("Escape")
    expect(help_).not_to_be_visible()


def test_a_folded_rail_stays_folded(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    page.keyboard.press("[")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-rail", "folded")
    page.locator("[data-fold]").click()
    page.reload()
    expect(page.locator("html")).not_to_have_attribute("data-rail", "folded")


def test_language_and_theme_switch_and_stay(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats?state=held", cookies={"hanse_theme": "light"})
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.url == gallery + "/threats?state=held"
    page.locator(".theme-switch").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_copied_value_is_the_real_one(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats/1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".subtitle .value").hover()
    page.locator(".subtitle .copy").click()
    expect(page.locator("#said")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "https://orchid-refund.example/login"


def test_a_destructive_deed_waits_for_the_name(
    open_page: OpenPage, gallery: str
) -> None:
    page = open_page(gallery + "/report")
    page.get_by_role("button", name="Remove member").click()
    armed = page.locator("#delete-member [data-armed]")
    expect(armed).to_be_disabled()
    page.keyboard.type("Orchid Mal")
    expect(armed).to_be_disabled()
    page.keyboard.type("l")
    expect(armed).to_be_enabled()


def test_a_refused_form_keeps_what_was_typed(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/report", allow=("422",))
    page.locator("textarea").fill("hxxp://x[.]example\n???")
    page.get_by_label("Only my circles").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("textarea")).to_have_value("hxxp://x[.]example\n???")
    expect(page.get_by_label("Only my circles")).to_be_checked()
    expect(page.locator("textarea")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name="Row 2 is not an address").click()
    expect(page.locator("textarea")).to_be_focused()


def test_progress_asks_until_the_end_and_no_longer(
    open_page: OpenPage, gallery: str
) -> None:
    page = open_page(gallery + "/report")
    expect(page.locator(".progress-line")).to_contain_text("30 of 30")
    expect(page.locator(".progress-line")).not_to_have_attribute("hx-get", "/preview")


def test_each_chart_has_its_table(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats/1")
    page.get_by_text("Show as table").first.click()
    table = page.get_by_role("table", name="Why the score is 96 of 100")
    expect(table.get_by_role("row").last).to_contain_text("96")


def test_a_graph_is_walked_by_keyboard(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats/1")
    page.get_by_text("Show as list").click()
    lines = page.locator(".graph-list li")
    before = lines.count()
    page.get_by_role("button", name="Show what hangs on C-2211").first.press("Enter")
    expect(lines).to_have_count(before + 4)
    expect(page.get_by_role("button", name="Show what hangs on C-2211")).to_have_count(
        0
    )


def test_a_filter_lives_in_the_address(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    page.get_by_role("link", name="Held back").click()
    page.wait_for_url("**/threats?state=held")
    page.get_by_label("Kind").select_option("url")
    page.wait_for_url("**kind=url**")
    assert "state=held" in page.url
    page.go_back()
    expect(page.get_by_label("Kind")).to_have_value("")


def test_times_name_the_persons_own_zone(open_page: OpenPage, gallery: str) -> None:
    page = open_page(gallery + "/threats")
    assert "UTC+8" in _title(page)


def _title(page: Page) -> str:
    return page.locator("time[data-ago]").first.get_attribute("title") or ""
