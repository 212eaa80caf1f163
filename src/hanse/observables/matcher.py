"""Which indicators would cover a value: what an edge looks up to decide.

A covering indicator is one of:
- the very value;
- for a URL: the same page without its query, a folder above it (an indicator
  whose path ends in `/`), both by http and https, since a kit answers on both;
- for a URL, a domain or a sender: the host as a domain, and the names above it
  down to the registrable one, never a public suffix; for an IP host the address;
- for a radio with a name: the radio alone, the name alone.

An indicator on the root page, `http://a.example/`, covers only that page, not
the host: who means the host reports the domain. Folders count for the first
four path segments, as in Safe Browsing.
"""

from typing import Final

from hanse.observables.kinds import Kind, Observable
from hanse.observables.suffixes import host_forms

MAX_FOLDERS: Final = 4
MAX_EXPRESSIONS: Final = 17  # 6 paths by 2 schemes, 5 hosts

_TWINS: Final = {"http": "url:https", "https": "url:http"}


def key(observable: Observable) -> str:
    """The string under which an indicator on this value is looked up."""
    return f"{observable.kind.value}:{observable.value}"


def expressions(observable: Observable) -> tuple[str, ...]:
    """The keys of all indicators that would cover this value, its own first."""
    kind, value = observable.kind, observable.value
    if kind is Kind.URL:
        return _of_url(value)
    if kind is Kind.DOMAIN:
        return _of_host(value)
    if kind is Kind.EMAIL:
        return (f"email:{value}", *_of_host(value.rpartition("@")[2]))
    if kind is Kind.WIFI and value.startswith("bssid:") and "|" in value:
        bssid, _, ssid = value.partition("|")
        return (f"wifi:{value}", f"wifi:{bssid}", f"wifi:{ssid}")
    return (key(observable),)


def _of_url(value: str) -> tuple[str, ...]:
    scheme, _, rest = value.partition("://")
    slash = rest.index("/")
    authority, path = rest[:slash], rest[slash:]
    places = [f"://{authority}{form}" for form in _paths(path)]
    keys = [f"url:{scheme}{place}" for place in places]
    twin = _TWINS.get(scheme)
    if twin is not None:
        keys += [f"{twin}{place}" for place in places]
    return (*keys, *_of_authority(authority))


def _paths(path: str) -> list[str]:
    page, mark, _ = path.partition("?")
    forms = [path, page] if mark else [path]
    slash = page.find("/", 1)
    for _ in range(MAX_FOLDERS):
        if slash < 0 or slash + 1 == len(page):
            break
        forms.append(page[: slash + 1])
        slash = page.find("/", slash + 1)
    return forms


def _of_authority(authority: str) -> tuple[str, ...]:
    if authority[0] == "[":
        return (f"ip:{authority[1 : authority.index(']')]}",)
    host = authority.partition(":")[0]
    if host[-1].isdigit() and host.replace(".", "").isdigit():
        return (f"ip:{host}",)
    return _of_host(host)


def _of_host(host: str) -> tuple[str, ...]:
    return tuple([f"domain:{form}" for form in host_forms(host)])
