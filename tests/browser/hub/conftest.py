"""The filled hub, served once for all tests of a worker, and people who log in."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.hub.filled import Alliance, filled_hub


class Served:
    """Where the hub is and who is who in it."""

    def __init__(self, url: str, alliance: Alliance) -> None:
        self.url = url
        self.alliance = alliance


LogIn = Callable[..., Page]


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """A hub with a day of its life behind it."""
    with filled_hub() as (hub, alliance):
        yield Served(hub.url, alliance)


@pytest.fixture
def log_in(open_page: OpenPage, served: Served) -> LogIn:
    """Open `path` as somebody of the cast, through the log-in page."""

    def as_somebody(who: str, path: str = "/", **how: object) -> Page:
        page = open_page(f"{served.url}/login?then={path}", **how)
        email, password = served.alliance.password(who)
        page.fill("#email", email)
        page.fill("#password", password)
        page.click("form.form button[type=submit]")
        page.wait_for_selector("nav.rail", state="attached")
        return page

    return as_somebody
