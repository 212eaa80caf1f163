"""From values and a template to the bytes of a page.

`Pages` holds the templates of this room and of the rooms above it, once per
language. `Frame` is what surrounds a page whatever it shows: who looks, in which
language, where they stand. Every template gets `frame`, the components as `ui`,
the texts as `_` and `ngettext`, and the formatters of `Tongue`; a name that is
not defined stops the page instead of showing nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hanse.ui.assets import Assets, own_assets
from hanse.ui.charts import plain_json
from hanse.ui.i18n import Language, tongue
from hanse.ui.preferences import Preferences, Theme
from hanse.ui.relations import neighbours_json
from hanse.ui.session import Flash

TEMPLATES = Path(__file__).parent / "templates"
ASSET_PREFIX = "/static/"


@dataclass(frozen=True, slots=True)
class RailEntry:
    """One line of the left rail. `label` comes translated; `key` follows `g`.

    `is_more`: there are at least `count`.
    """

    name: str
    label: str
    href: str
    icon: str
    key: str
    count: int | None = None
    needs_you: bool = False
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One line of the person's menu. With `is_post` it is a button (log out)."""

    label: str
    href: str
    icon: str = "right"
    is_post: bool = False


@dataclass(frozen=True, slots=True)
class Looker:
    """The person who looks: a name and what they are here ("analyst, Orchid Mall")."""

    name: str
    role: str
    menu: tuple[MenuEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds a page. `here` names the rail entry one stands on.

    `looker` none: nobody is logged in, no rail and no search are shown.
    `is_fragment`: htmx asked for a part; `{% extends layout %}` gives it bare.
    """

    now: datetime
    path: str
    query: tuple[tuple[str, str], ...] = ()
    product: str = "hub"
    alliance: str = ""
    status: str = ""
    rail: tuple[RailEntry, ...] = ()
    here: str = ""
    looker: Looker | None = None
    preferences: Preferences = field(default_factory=Preferences)
    csrf_token: str = ""
    flashes: tuple[Flash, ...] = ()
    search_href: str = "/search"
    searched: str = ""
    is_fragment: bool = False

    @property
    def language(self) -> Language:
        """The page's language."""
        return self.preferences.language

    @property
    def zone(self) -> tzinfo:
        """The zone times are shown in."""
        return self.preferences.zone

    def with_argument(self, name: str, value: str | None) -> str:
        """This address with one argument changed; `None` takes it out.

        The cursor of a list is dropped: a changed filter begins at the beginning.
        """
        return self._address({name, "cursor"}, name, value)

    def to_cursor(self, cursor: str) -> str:
        """This list, further on; an empty cursor is its beginning."""
        return self._address({"cursor"}, "cursor", cursor or None)

    def argument(self, name: str) -> str:
        """An argument of the address, empty if it is not there."""
        return dict(self.query).get(name, "")

    def _address(self, without: set[str], name: str, value: str | None) -> str:
        kept = [(k, v) for k, v in self.query if k not in without]
        said = kept if value is None else [*kept, (name, value)]
        return self.path + ("?" + urlencode(said) if said else "")


class Pages:
    """All templates, ready to be rendered in every language."""

    def __init__(
        self,
        *folders: Path,
        assets: Assets | None = None,
        asset_prefix: str = ASSET_PREFIX,
    ) -> None:
        """`folders`: templates of rooms above; this room's own come last."""
        self._assets = assets or own_assets()
        self._asset_prefix = asset_prefix
        self._environments = {
            language: self._environment(language, folders) for language in Language
        }

    def render(self, template: str, frame: Frame, **values: object) -> bytes:
        """The page, UTF-8. Raises what jinja2 raises: a template's fault is a bug."""
        environment = self._environments[frame.language]
        given: dict[str, object] = {
            "frame": frame,
            "layout": "ui/bare.html" if frame.is_fragment else "ui/layout.html",
            "Theme": Theme,
            "Language": Language,
        }
        components = environment.get_template("ui/components.html")
        given["ui"] = components.make_module(given)
        return environment.get_template(template).render(given | values).encode()

    def _environment(self, language: Language, folders: Sequence[Path]) -> Environment:
        spoken = tongue(language)
        environment = Environment(
            loader=FileSystemLoader([*folders, TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            auto_reload=False,
        )
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            spoken.texts.gettext, spoken.texts.ngettext, newstyle=True
        )
        environment.globals |= {
            "asset": lambda name: self._asset_prefix + self._assets.address(name),
            "tongue": spoken,
            "UTC": UTC,
        }
        environment.filters |= {
            "number": spoken.number,
            "compact": spoken.compact,
            "percent": spoken.percent,
            "seconds": spoken.seconds,
            "plain_json": plain_json,
            "graph_json": neighbours_json,
        }
        return environment


def as_fragment(frame: Frame) -> Frame:
    """The same surroundings for a page that htmx puts into another."""
    return replace(frame, is_fragment=True)
