"""The hub's screens in a real browser, in both languages, as each kind of person."""

import base64
import hmac
import json
import struct
import time
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from hanse.intel.reporting import digest_of
from tests.browser.conftest import OpenPage
from tests.browser.hub.conftest import LogIn, Served

PROBES = Path(__file__).parents[1] / "ui" / "probes"
FAULTS = (PROBES / "faults.js").read_text()
DIM_TEXTS = (PROBES / "dim_texts.js").read_text()

COMMON = ["/", "/threats", "/members", "/people", "/edges", "/circles", "/brands"]
PAGES = {
    "lotus": [*COMMON, "/report", "/keys", "/audit", "/settings"],
    "operator": [*COMMON, "/keys", "/audit", "/audit/30", "/settings"],
    "overseer": [*COMMON, "/keys", "/audit", "/settings"],
}


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh_Hans", "dark")])
@pytest.mark.parametrize("who", PAGES)
def test_every_page_is_named_readable_and_no_wider_than_the_window(
    log_in: LogIn, served: Served, who: str, language: str, theme: str
) -> None:
    cookies = {"hanse_lang": language, "hanse_theme": theme}
    page = log_in(who, cookies=cookies)
    indicator = f"/threats/{digest_of(served.alliance.shared).hex()}"
    for path in [*PAGES[who], indicator]:
        answer = page.goto(served.url + path)
        assert answer is not None
        assert answer.status == 200, path
        for figure in page.query_selector_all(".chart, .graph"):
            figure.wait_for_selector("canvas")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 1440, f"{path} is {width} wide"
        assert page.evaluate(FAULTS) == [], path
        assert page.evaluate(DIM_TEXTS) == [], path


@pytest.mark.parametrize("path", ["/", "/threats", "/report", "/edges", "/audit"])
def test_no_page_is_wider_than_a_phone(
    log_in: LogIn, served: Served, path: str
) -> None:
    page = log_in("lotus", path, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_who_is_not_logged_in_is_led_through_the_log_in_and_back(
    open_page: OpenPage, served: Served
) -> None:
    page = open_page(f"{served.url}/threats?mine=1", allow=("422",))
    page.fill("#email", "nobody@harbour.example")
    page.fill("#password", "not the password")
    page.click("form.form button[type=submit]")
    expect(page.locator(".field-error")).to_be_visible()
    assert page.input_value("#email") == "nobody@harbour.example"
    email, password = served.alliance.password("lotus")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("form.form button[type=submit]")
    page.wait_for_url("**/threats?mine=1")


def test_a_second_factor_is_set_up_and_asked_for_from_then_on(
    log_in: LogIn, served: Served
) -> None:
    page = log_in("crane", "/settings")
    page.click("a[href^='/login/set-up']")
    secret = page.locator(".value code").inner_text()
    page.fill("#code", _code(secret, 0))
    page.click("form.form button[type=submit]")
    page.wait_for_url("**/settings")
    page.click("details.menu summary")
    page.click("form[action='/logout'] button")
    email, password = served.alliance.password("crane")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("form.form button[type=submit]")
    page.fill("#code", _code(secret, 1))  # the first one is used up
    page.click("form.form button[type=submit]")
    page.wait_for_selector("nav.rail")


def test_what_is_pasted_is_shown_as_understood_then_told(
    log_in: LogIn, served: Served
) -> None:
    page = log_in("lotus", "/report", allow=("422",))
    typed = "hxxp://lotus-surprise[.]example/pay\nnothing of the kind"
    page.locator("#text").press_sequentially(typed)
    preview = page.locator("#preview")
    expect(preview).to_contain_text("hxxp://lotus-surprise[.]example/pay")
    expect(preview).to_contain_text("This is no value known here")
    page.fill("#confidence", "300")
    page.click("button[value=send]")
    expect(page.locator(".field-error").first).to_be_visible()
    assert page.input_value("#text") == typed
    page.fill("#confidence", "90")
    page.click("button[value=send]")
    page.wait_for_url("**/report/sent/*")
    expect(page.locator("#arrival")).to_contain_text("of 4 edges")
    page.goto(f"{served.url}/threats?q=lotus-surprise.example")
    expect(page.locator("tr[data-row]")).to_have_count(1)


def test_a_large_file_becomes_an_import_one_may_come_back_to(log_in: LogIn) -> None:
    page = log_in("teal", "/report")
    rows = "".join(f"http://bulk-{n}.example/x\n" for n in range(2_500))
    body = ("url\n" + rows).encode()
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": body}
    page.set_input_files("#file", file)
    page.click("button[value=preview]")
    expect(page.get_by_text("list.csv")).to_be_visible()
    page.click("button[value=send]")
    page.wait_for_url("**/report/imports/*")
    expect(page.locator("h1, h2").first).to_contain_text(
        "2500 values were told", timeout=60_000
    )


def test_an_indicator_is_taken_away_as_stix(log_in: LogIn, served: Served) -> None:
    digest = digest_of(served.alliance.shared).hex()
    page = log_in("lotus", f"/threats/{digest}")
    with page.expect_download() as started:
        page.click("a[download]")
    assert started.value.suggested_filename == f"hanse-{digest[:12]}.json"
    bundle = json.loads(Path(started.value.path()).read_bytes())
    assert [each["type"] for each in bundle["objects"]] == ["indicator"] * 2
    assert {each["pattern"] for each in bundle["objects"]} == {
        f"[url:value = '{served.alliance.shared.value}']"
    }


def test_a_leaf_is_a_link_for_who_may_read_the_log(
    log_in: LogIn, served: Served
) -> None:
    path = f"/threats/{digest_of(served.alliance.shared).hex()}"
    leaf = "dd a[href^='/audit/']"
    expect(log_in("lotus", path).locator(leaf)).to_have_count(0)
    page = log_in("overseer", path)
    page.click(leaf)
    expect(page.locator("h1")).to_contain_text("stands in the log")


def test_the_log_is_narrowed_to_who_did_it(log_in: LogIn) -> None:
    page = log_in("overseer", "/audit")
    page.fill("#filter-actor", "tEAL")
    page.press("#filter-actor", "Enter")
    page.wait_for_url("**actor=tEAL**")
    names = page.locator("tbody th").all_inner_texts()
    assert set(names) == {"Teal Pay", "teal-edge"}


def test_the_rail_counts_what_this_person_may_see(log_in: LogIn) -> None:
    counts = {who: _counts(log_in(who)) for who in ("lotus", "plum")}
    assert counts["lotus"]["/members"] == counts["plum"]["/members"] == 5
    assert (counts["lotus"]["/edges"], counts["plum"]["/edges"]) == (1, 0)
    # One value is told in a circle Plum Travel is not in.
    assert counts["lotus"]["/threats"] == counts["plum"]["/threats"] + 1


def test_lists_are_worked_with_the_keyboard_alone(log_in: LogIn) -> None:
    page = log_in("lotus", "/threats")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#pane")).to_contain_text("Open the whole page")
    page.keyboard.press("Enter")
    page.wait_for_url("**/threats/*")
    page.keyboard.press("?")
    expect(page.locator("#key-help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("plum-vouchers")
    page.keyboard.press("Enter")
    page.wait_for_url("**/threats?q=plum-vouchers")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/report")


def test_the_language_is_changed_where_one_stands(log_in: LogIn) -> None:
    page = log_in("lotus", "/threats")
    page.click("a[hreflang='zh-Hans']")
    expect(page.locator("h1")).to_have_text("联盟掌握的情报")
    page.click("a[hreflang='en']")
    expect(page.locator("h1")).to_have_text("What the alliance knows")


def test_a_code_and_a_key_are_shown_once(log_in: LogIn, served: Served) -> None:
    page = log_in("wisp", "/edges")
    page.fill("#name", "second-edge")
    page.click("text=Make a code")
    expect(page.locator("code").first).to_contain_text("hanse edge join hanse1.")
    page.goto(f"{served.url}/edges")
    expect(page.get_by_text("hanse1.")).to_have_count(0)
    page.goto(f"{served.url}/keys")
    page.fill("#name", "watcher")
    page.check("#scope-read-1")
    page.click("form.form button[type=submit]")
    expect(page.locator("code").first).to_contain_text("hanse_")
    page.goto(f"{served.url}/keys")
    expect(page.get_by_role("link", name="watcher")).to_be_visible()


def test_an_invitation_makes_an_account(
    log_in: LogIn, open_page: OpenPage, served: Served
) -> None:
    page = log_in("wisp", "/people")
    page.fill("#name", "Ming")
    page.click("text=Make a link")
    link = page.locator(".value code").inner_text()
    guest = open_page(link)
    guest.fill("#email", "ming@wisp-wifi.example")
    guest.fill("#password", "copper lantern river mosaic")
    guest.click("form.form button[type=submit]")
    guest.wait_for_selector("nav.rail")
    again = open_page(link, allow=("404",))
    expect(again.locator("h1")).to_have_text("This link is over")


def test_an_edge_is_put_out_only_with_its_name_typed(
    log_in: LogIn, served: Served
) -> None:
    page = log_in("teal", f"/edges/{served.alliance.edges['teal']}")
    page.click("[data-dialog=revoke]")
    expect(page.locator("[data-armed]")).to_be_disabled()
    page.fill("[data-expected]", "teal-edge")
    expect(page.locator("[data-armed]")).to_be_enabled()


def _counts(page: Page) -> dict[str, int]:
    """The numbers beside the rail's entries, by address."""
    return {
        str(entry.get_attribute("href")): int(
            entry.locator(".count").inner_text().replace(",", "")
        )
        for entry in page.locator("nav.rail li a:has(.count)").all()
    }


def _code(secret: str, steps_ahead: int) -> str:
    """RFC 6238 with its defaults, as an authenticator computes it."""
    padded = secret.replace(" ", "") + "=" * (-len(secret.replace(" ", "")) % 8)
    step = int(time.time()) // 30 + steps_ahead
    mac = hmac.digest(base64.b32decode(padded), struct.pack(">Q", step), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
