"""A person at a browser, without the browser: pages, their forms, and what they say.

Follows redirects, keeps cookies, and fills in forms by the names of their fields, so
hidden fields (CSRF, `then`) go back as they came. It sees only what the page offers:
a form that is not there cannot be sent.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pyotp


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    is_multipart: bool = False


@dataclass
class Page:
    """What stands on a page: its address, forms, links, headings and all its text."""

    address: str
    status: int
    forms: list[Form]
    links: list[str]
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    def form(self, action: str) -> Form:
        """The form that is sent to an address which ends so."""
        found = [form for form in self.forms if form.action.endswith(action)]
        have = [form.action for form in self.forms]
        assert found, f"no form for {action} on {self.path}, only for {have}: {self}"
        return found[0]

    def word(self, beginning: str) -> str:
        """The one word on the page that begins so."""
        words = [word for word in self.text.split() if word.startswith(beginning)]
        assert words, f"nothing on {self.path} begins with {beginning}: {self.text}"
        return words[0]

    def __str__(self) -> str:
        return f"{self.status} {self.path}: {self.text[:1500]}"


@dataclass
class Visitor:
    """One browser at one hub."""

    hub: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.hub,
            follow_redirects=True,
            timeout=30,
            headers={"accept-language": "en"},
        )

    def open(self, address: str) -> Page:
        page = read(self.http.get(address))
        assert page.status == 200, page
        return page

    def send(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in a form of the page and send it; every field named must be there."""
        form = page.form(action)
        strange = typed.keys() - form.fields.keys()
        assert not strange, f"{strange} not among {sorted(form.fields)}"
        filled = {**form.fields, **typed}
        if form.is_multipart:
            parts = [(name, (None, value)) for name, value in filled.items()]
            return read(self.http.post(form.action, files=parts))
        return read(self.http.post(form.action, data=filled))

    def join(self, link: str, name: str, email: str) -> Page:
        """Make an account with a link, set up a second factor if asked for one."""
        page = self.send(
            self.open(link),
            urlsplit(link).path,
            name=name,
            email=email,
            password="four unrelated words for trying",
        )
        if page.path == "/login/set-up":
            secret = max(page.text.split(), key=_looks_like_a_secret)
            page = self.send(page, "/login/set-up", code=pyotp.TOTP(secret).now())
        assert page.path == "/", page
        return page


def _looks_like_a_secret(word: str) -> int:
    is_base32 = set(word) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return len(word) if is_base32 else 0


def read(response: httpx.Response) -> Page:
    reader = _Reader(str(response.url))
    reader.feed(response.text)
    text = " ".join(" ".join(reader.texts).split())
    return Page(
        str(response.url), response.status_code, reader.forms, reader.links, text
    )


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self._form: Form | None = None
        self._area = self._choice = ""
        self._is_silent = False

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in found}
        self._is_silent = tag in ("script", "style")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            action = urljoin(self.address, given.get("action", ""))
            is_multipart = "multipart" in given.get("enctype", "")
            self._form = Form(action, is_multipart=is_multipart)
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        is_button = tag == "button" or given.get("type") in ("submit", "file")
        is_choice = given.get("type") in ("checkbox", "radio")
        if tag == "input" and name and not is_button:
            if not is_choice or "checked" in given:
                form.fields[name] = given.get("value", "")
            else:
                form.fields.setdefault(name, "")
        elif tag == "button" and name:
            form.fields[name] = given.get("value", "")  # the last one: the primary
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice:
            is_first = self._choice not in form.fields
            if is_first or "selected" in given:
                form.fields[self._choice] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._is_silent = False
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._choice = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields[self._area] += data
        elif not self._is_silent:
            self.texts.append(data)
