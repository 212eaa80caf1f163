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
from hanse.observables.suffixes import host_forms, names_below_top
from hanse.observables.url import host_of

MAX_FOLDERS: Final = 4
MAX_EXPRESSIONS: Final = 17  # 6 paths by 2 schemes, 5 hosts

# Reading a member off its class costs more than half of what is done with it.
_URL: Final = Kind.URL
_DOMAIN: Final = Kind.DOMAIN
_EMAIL: Final = Kind.EMAIL
_WIFI: Final = Kind.WIFI


def key(observable: Observable) -> str:
    """The string under which an indicator on this value is looked up."""
    return f"{observable.kind.value}:{observable.value}"


def expressions(observable: Observable) -> list[str]:
    """The keys of all indicators that would cover this value, its own first."""
    found: list[str] = []
    where = sites(observable)
    for place in range(len(where)):
        found += expressions_at(observable, where, place)
    return found


def sites(observable: Observable) -> list[str]:
    """Where indicators that would cover this value can stand, its own site first.

    Fewer and cheaper than expressions, and never none: where nothing is claimed at
    any of these (see `site_of`), nothing covers the value.
    """
    kind, value = observable.kind, observable.value
    if kind is _URL:
        return names_below_top(_host_of(value))
    if kind is _DOMAIN:
        return names_below_top(value)
    if kind is _EMAIL:
        return names_below_top(_domain_of(value))
    if kind is _WIFI and value.startswith("bssid:") and "|" in value:
        bssid, _, ssid = value.partition("|")
        return [f"wifi:{value}", f"wifi:{bssid}", f"wifi:{ssid}"]
    return [site_of(key(observable))]


def expressions_at(observable: Observable, sites: list[str], place: int) -> list[str]:
    """Those of a value's expressions that stand at `sites[place]` of its sites."""
    kind, site = observable.kind, sites[place]
    if kind is _WIFI:
        return [site]
    if place:
        is_above = site in host_forms(sites[0]) and not _is_ip(sites[0])
        return [f"domain:{site}"] if is_above else []
    if kind is _URL:
        keys = _pages(observable.value)
        keys.append(f"ip:{site}" if _is_ip(site) else f"domain:{site}")
        return keys
    if kind is _EMAIL:
        return [f"email:{observable.value}", f"domain:{site}"]
    return [key(observable)]


def site_of(key: str) -> str:
    """The host or address an indicator speaks of; its key if it speaks of none.

    Of any key, well-formed or not.
    """
    kind, _, value = key.partition(":")
    if kind == "url":
        return _host_of(value)
    if kind == "email":
        return _domain_of(value)
    return value if kind in ("domain", "ip") else key


def _host_of(url: str) -> str:
    host = host_of(url)
    return host[1:-1] if host.startswith("[") else host


def _domain_of(email: str) -> str:
    return email.rpartition("@")[2]


def _is_ip(host: str) -> bool:
    return ":" in host or (host[-1:].isdigit() and host.replace(".", "").isdigit())


def _pages(url: str) -> list[str]:
    """The page, also without its query, and its folders; each by http and https."""
    own = twin = f"url:{url}"
    if url.startswith("https:"):
        twin = f"url:http{url[5:]}"
    elif url.startswith("http:"):
        twin = f"url:https{url[4:]}"
    keys, length, end = [own, twin], len(url), url.find("?")
    if end < 0:
        end = length
    else:
        keys += (own[: end - length], twin[: end - length])
    folder = url.index("/", url.index(":") + 3) + 1
    for _ in range(MAX_FOLDERS):
        folder = url.find("/", folder, end - 1) + 1
        if not folder:
            break
        keys += (own[: folder - length], twin[: folder - length])
    return keys if twin is not own else keys[::2]
