"""What every screen works with: who looks, what surrounds the page, how to answer.

A `Desk` is made for each request from the caller the guard found. It renders a
template into the frame of this person (language, theme, rail, CSRF token, flashes),
and redirects after a deed so that reloading repeats nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from litestar import Request, Response

from hanse.base.clock import now
from hanse.feed.as_of_now import as_of_now
from hanse.hub.access import Access, caller_again
from hanse.hub.screens.counting import MOST_THREATS, Counting, Counts
from hanse.hub.screens.refusals import Sentence, spoken, told
from hanse.membership.alliance import Alliance
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.tx import Database, Tx
from hanse.ui import serving
from hanse.ui.cookies import SetCookie
from hanse.ui.headers import page_headers
from hanse.ui.i18n import Language, tongue
from hanse.ui.page import Frame, Looker, MenuEntry, Pages, RailEntry
from hanse.ui.session import (
    Flash,
    FlashTone,
    csrf_token,
    find_flashes,
    flash_cookie,
    flash_cookie_gone,
)

TEMPLATES = Path(__file__).parent / "templates"
PAGES = Pages(TEMPLATES)

Request_ = Request[Any, Any, Any]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Desk:
    """One request for a page. `caller` is None where nobody is logged in."""

    request: Request_
    access: Access
    database: Database
    alliance: Alliance
    counting: Counting
    caller: Caller | None = None

    @property
    def language(self) -> Language:
        """The language this person reads."""
        return serving.preferences_of(self.request).language

    def say(self, text: str, **values: object) -> str:
        """A text of the catalogue in this person's language."""
        spoken = tongue(self.language).texts.gettext(text)
        return spoken % values if values else spoken

    def told(self, text: str) -> str:
        """What a domain told of one row, in this person's language."""
        is_english = self.language is Language.ENGLISH
        return text if is_english or not text else told(text, self.say)

    @property
    def may_report(self) -> bool:
        """Whether this person has somebody to report for."""
        return self.caller is not None and self.caller.member is not None

    def name(self, name_en: str, name_zh: str) -> str:
        """One of two names, by language."""
        return name_zh if self.language is Language.CHINESE and name_zh else name_en

    def look(self, caller: Caller, find: Callable[[Tx, Caller], Found]) -> Found:
        """What `find` finds for this person as of now; see `feed.as_of_now`."""
        with self.database.read() as tx:
            return as_of_now(tx, caller, caller_again, lambda known: find(tx, known))

    def page(
        self,
        template: str,
        here: str = "",
        *,
        status: int = 200,
        **values: object,
    ) -> Response[bytes]:
        """Render `template` as this person's page.

        Refusals among `errors` (by field), `error` and `message` are put into its
        language.
        """
        for name in ("errors", "error", "message"):
            if name in values:
                values[name] = self._spoken(values[name])
        frame = self.frame(here)
        rendered = PAGES.render(template, frame, desk=self, **values)
        cookies = (
            (flash_cookie_gone(is_https=self.access.is_https),) if frame.flashes else ()
        )
        return serving.page_answer(
            rendered,
            is_https=self.access.is_https,
            status=status,
            set_cookies=cookies,
        )

    def file(self, body: bytes, name: str, media_type: str) -> Response[bytes]:
        """A file to be saved under `name` (plain letters), never shown as a page."""
        headers = page_headers(is_https=self.access.is_https) | {
            "content-disposition": f'attachment; filename="{name}"'
        }
        return Response(body, headers=headers, media_type=media_type)

    def go(
        self,
        location: str,
        said: str = "",
        *,
        tone: FlashTone = FlashTone.DONE,
        cookies: tuple[SetCookie, ...] = (),
    ) -> Response[bytes]:
        """After a deed: send the browser on, with one sentence about it."""
        if said:
            told = flash_cookie(
                [Flash(tone, str(self._spoken(said)))],
                self.access.csrf_key,
                is_https=self.access.is_https,
            )
            cookies = (*cookies, told)
        return serving.redirect(
            location, is_https=self.access.is_https, set_cookies=cookies
        )

    def _spoken(self, said: object) -> object:
        """Refusals in this person's language, all else as it is."""
        if isinstance(said, dict):
            return {name: self._spoken(each) for name, each in said.items()}
        if not isinstance(said, Sentence) or self.language is Language.ENGLISH:
            return said
        return spoken(said, self.say)

    def frame(self, here: str = "") -> Frame:
        """What surrounds the page."""
        request = self.request
        token = self.access.session_token(request)
        query = tuple((k, str(v)) for k, v in request.query_params.multi_items())
        return Frame(
            now=now(),
            path=request.scope["path"],
            query=query,
            alliance=self.name(self.alliance.name_en, self.alliance.name_zh),
            rail=_rail(self, here) if self.caller is not None else (),
            here=here,
            looker=_looker(self) if self.caller is not None else None,
            preferences=serving.preferences_of(request),
            csrf_token=csrf_token(token, self.access.csrf_key) if token else "",
            flashes=find_flashes(
                request.cookies, self.access.csrf_key, is_https=self.access.is_https
            ),
            search_href="/threats",
            searched=request.query_params.get("q", ""),
            is_fragment="hx-request" in request.headers,
        )


def _counts(desk: Desk, caller: Caller, here: str) -> Counts:
    """Parts and problem pages count nothing: a hub in trouble is not asked again."""
    if here:
        return desk.counting.count(desk.database, caller, now())
    return desk.counting.remembered(caller)


def _rail(desk: Desk, here: str) -> tuple[RailEntry, ...]:
    assert desk.caller is not None
    _ = desk.say
    counts = _counts(desk, desk.caller, here)
    is_more = counts.threats is not None and counts.threats >= MOST_THREATS
    entries = [
        RailEntry("overview", _("Overview"), "/", "overview", "o"),
        RailEntry(
            "threats",
            _("Threats"),
            "/threats",
            "threats",
            "t",
            count=counts.threats,
            is_more=is_more,
        ),
    ]
    if desk.may_report:
        entries.append(RailEntry("report", _("Report"), "/report", "report", "r"))
    entries += [
        RailEntry(
            "members", _("Members"), "/members", "members", "m", count=counts.members
        ),
        RailEntry("edges", _("Edges"), "/edges", "edges", "e", count=counts.edges),
        RailEntry("circles", _("Circles"), "/circles", "circles", "c"),
    ]
    if desk.caller.is_overseer or Scope.ADMIN in desk.caller.scopes:
        entries.append(RailEntry("keys", _("API keys"), "/keys", "key", "y"))
    entries += [
        RailEntry("audit", _("Audit"), "/audit", "log", "a"),
        RailEntry("settings", _("Settings"), "/settings", "settings", "s"),
    ]
    return tuple(entries)


def _looker(desk: Desk) -> Looker:
    caller = desk.caller
    assert caller is not None
    _ = desk.say
    roles = {
        "member_analyst": _("analyst"),
        "member_admin": _("admin"),
        "operator": _("operator"),
        "overseer": _("overseer"),
    }
    role = roles.get(str(caller.role), str(caller.role))
    if caller.member_name:
        role = f"{role}, {caller.member_name}"
    return Looker(
        name=caller.actor.label,
        role=role,
        menu=(
            MenuEntry(_("Settings"), "/settings", "user"),
            MenuEntry(_("Log out"), "/logout", "leave", is_post=True),
        ),
    )
