"""The edge's own brake: what the feed may not do here, whatever it says.

Pure. Three parts, all set by the member's own people and none by the hub:

- the **never-block list** (`Exceptions`): the member's own domains, networks and
  addresses; what is on it is allowed, and said to be so;
- the **most new blocks an hour**: values that begin to be blocked because of the
  feed. What exceeds it is held, that is watched only, until a person releases it;
- the **watch-only switch**: nothing is blocked, everything is still told.

Not counted are the blocks an edge hears of until it has stood at the head of the
feed for the first time. After an absence of h hours (at most 24) the edge may catch
up with h hours' worth. Withdrawals are never held up.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from hanse.base.errors import Malformed
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.matcher import expressions, key, site_of, sites
from hanse.observables.parse import parse, recognise

MAX_HOURS_AWAY = 24
_WINDOW = timedelta(hours=1)
_MINUTES = 60
_KINDS = frozenset(kind.value for kind in Kind)

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class EntryMalformed(Malformed):
    """The text cannot stand on the never-block list."""

    code = "edge.never_block_malformed"


class Brake(msgspec.Struct, frozen=True):
    """The brake's state, kept by the edge.

    `limit` is what a person set here ("unlimited", a number, or None: as in the
    settings); `minutes` counts new blocks by minute (Unix time / 60) over the last
    hour; `extra` is what may come on top after an absence, until caught up.
    """

    is_watch_only: bool = False
    limit: int | str | None = None
    minutes: dict[int, int] = {}
    extra: int = 0

    def limit_or(self, default: int | None) -> int | None:
        """The limit in force; None means unlimited."""
        if self.limit is None:
            return default
        return self.limit if isinstance(self.limit, int) else None


UNLIMITED = "unlimited"


def spent(brake: Brake, now: datetime) -> int:
    """New blocks in the last hour."""
    oldest = _minute(now - _WINDOW)
    return sum(n for minute, n in brake.minutes.items() if minute > oldest)


def room(brake: Brake, limit: int | None, now: datetime) -> int | None:
    """How many new blocks may come now; None means any number."""
    if limit is None:
        return None
    return max(0, limit - spent(brake, now)) + brake.extra


def spend(brake: Brake, count: int, limit: int | None, now: datetime) -> Brake:
    """The brake after `count` new blocks."""
    oldest = _minute(now - _WINDOW)
    minutes = {m: n for m, n in brake.minutes.items() if m > oldest}
    regular = count
    if limit is not None:
        regular = min(count, max(0, limit - sum(minutes.values())))
    this = _minute(now)
    minutes[this] = minutes.get(this, 0) + regular
    extra = max(0, brake.extra - (count - regular))
    return msgspec.structs.replace(brake, minutes=minutes, extra=extra)


def returning(brake: Brake, limit: int | None, away: timedelta) -> Brake:
    """The brake of an edge that heard nothing for so long."""
    hours = min(int(away / _WINDOW), MAX_HOURS_AWAY)
    if limit is None or hours < 1:
        return brake
    return msgspec.structs.replace(brake, extra=max(brake.extra, limit * hours))


def caught_up(brake: Brake) -> Brake:
    """The brake of an edge that stands at the head of the feed."""
    return msgspec.structs.replace(brake, extra=0) if brake.extra else brake


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The never-block list, ready to be asked."""

    keys: frozenset[str]
    sites: frozenset[str] = frozenset()  # of the keys
    networks: tuple[tuple[_Network, str], ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Exceptions":
        """Over entries as `read_entry` spells them."""
        keys: set[str] = set()
        networks: list[tuple[_Network, str]] = []
        for entry in entries:
            kind, _, value = entry.partition(":")
            if kind == "network":
                networks.append((ipaddress.ip_network(value), entry))
            else:
                keys.add(entry)
        return cls(frozenset(keys), frozenset(map(site_of, keys)), tuple(networks))

    def covering(self, asked: Observable) -> str | None:
        """The entry that says `asked` must not be blocked, if there is one."""
        if not self.networks and (
            not self.sites or self.sites.isdisjoint(sites(asked))
        ):
            return None
        keys = expressions(asked)
        for each in (*keys, *_names_above(keys)):
            if each in self.keys:
                return each
        return self._network_of(keys)

    def _network_of(self, keys: Iterable[str]) -> str | None:
        for each in keys:
            kind, _, value = each.partition(":")
            if kind != Kind.IP or not self.networks:
                continue
            address = ipaddress.ip_address(value)
            for network, entry in self.networks:
                if address in network:
                    return entry
        return None


def read_entry(text: str) -> str:
    """One entry as a person writes it, in its one spelling.

    A domain stands for all names and pages below it, a URL ending in `/` for the
    folder, a network (10.0.0.0/8) for its addresses, anything else for itself.
    Raises EntryMalformed.
    """
    bare = text.strip()
    try:
        if "/" in bare and "://" not in bare:
            return f"network:{ipaddress.ip_network(bare, strict=False)}"
    except ValueError:
        pass
    kind, colon, value = bare.partition(":")
    try:
        if colon and kind in _KINDS and "//" not in value[:2]:
            return key(parse(Kind(kind), value))
        return key(recognise(bare))
    except ObservableMalformed as error:
        raise EntryMalformed(
            f"This cannot stand on the never-block list: {error.message}"
        ) from error


def _names_above(keys: Iterable[str]) -> list[str]:
    """Every name above the hosts in `keys`: a member may own more than one level."""
    names: list[str] = []
    for each in keys:
        kind, _, host = each.partition(":")
        while kind == Kind.DOMAIN and "." in host:
            host = host.partition(".")[2]
            names.append(f"{kind}:{host}")
    return names


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // _MINUTES
