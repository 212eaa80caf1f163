"""A real browser for pages: Debian's Chromium, driven by Playwright.

`open_page` gives a page that notes everything a good page has none of: errors,
refused resources, breaches of the content policy, requests to other hosts.
"""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (e) =>
  console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a file.

    Not for longer: while Playwright is open its event loop counts as running, and no
    other test of the same worker could start one.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


def watched_page(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and the list in which it notes what goes wrong."""
    faults: list[str] = []
    page = context.new_page()
    page.add_init_script(_NOTE_VIOLATIONS)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on(
        "console",
        lambda said: faults.append(said.text) if said.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1", "data:", "blob:"))
            else faults.append(f"elsewhere: {request.url}")
        ),
    )
    return page, faults


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address; the test fails at its end if anything went wrong on the page.

    `width`, `cookies` (name to value); a fault that a test provokes on purpose is
    allowed by naming a part of it in `allow`.
    """
    opened: list[tuple[BrowserContext, list[str], tuple[str, ...]]] = []

    def open_address(
        address: str,
        *,
        width: int = 1440,
        cookies: dict[str, str] | None = None,
        allow: tuple[str, ...] = (),
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, timezone_id="Asia/Shanghai"
        )
        context.set_default_timeout(15_000)
        given = {"hanse_zone": "Asia/Shanghai", "hanse_lang": "en"} | (cookies or {})
        context.add_cookies(
            [{"name": n, "value": v, "url": address} for n, v in given.items()]
        )
        page, faults = watched_page(context)
        opened.append((context, faults, allow))
        page.goto(address)
        return page

    yield open_address
    for context, _, _ in opened:
        context.close()
    unexpected = [
        fault
        for _, faults, allow in opened
        for fault in faults
        if not any(part in fault for part in allow)
    ]
    assert unexpected == []
