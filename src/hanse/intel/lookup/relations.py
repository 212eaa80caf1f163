"""What hangs together with a value: computed on read, bounded, never stored.

Values are related when they lie on the same host, were told in the same small
report, imitate the same brand, or are covered by one another. Each step returns a
limited neighbourhood, so that a graph can be walked node by node.
"""

from dataclasses import dataclass

from hanse.feed import audiences
from hanse.intel.lookup import store
from hanse.intel.lookup.indicator import get_indicator
from hanse.membership.caller import Caller
from hanse.observables.kinds import Kind, Observable
from hanse.observables.url import host_of
from hanse.storage.tx import Tx

MAX_NEIGHBOURS = 30  # of each kind


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A related value. `why`: host, report or brand."""

    digest: str
    observable: Observable
    why: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A value, what it is related to, and the brands it imitates."""

    digest: str
    observable: Observable
    brands: tuple[tuple[str, str, str], ...]  # id, name in English, in Chinese
    neighbours: tuple[Neighbour, ...]


def neighbourhood(tx: Tx, caller: Caller, digest: str) -> Neighbourhood:
    """The relations of one value the caller may see; raises `NoSuchIndicator`."""
    centre = get_indicator(tx, caller, digest)
    visible = audiences.visible(tx, caller.viewer)
    found: dict[str, Neighbour] = {}

    def add(other: bytes, observable: Observable, why: str) -> None:
        if other.hex() != digest:
            found.setdefault(other.hex(), Neighbour(other.hex(), observable, why))

    host = _host(centre.observable)
    if host:
        for other, value, _ in store.on_host(tx, host, visible, MAX_NEIGHBOURS):
            add(other, value, "host")
    beside = store.beside(tx, centre.observable_id, visible, MAX_NEIGHBOURS)
    for other, value, _ in beside:
        add(other, value, "report")
    brands = {
        str(t.claim.brand): (
            str(t.claim.brand),
            t.claim.brand_name_en,
            t.claim.brand_name_zh,
        )
        for t in centre.active
        if t.claim.brand is not None
    }
    for told in centre.active:
        if told.claim.brand is not None:
            for other, value in store.of_brand(
                tx, told.claim.brand, visible, MAX_NEIGHBOURS
            ):
                add(other, value, "brand")
    return Neighbourhood(
        digest, centre.observable, tuple(brands.values()), tuple(found.values())
    )


def _host(observable: Observable) -> str:
    if observable.kind is Kind.URL:
        return ".".join(reversed(host_of(observable.value).split("."))) + "."
    if observable.kind is Kind.DOMAIN:
        return ".".join(reversed(observable.value.split("."))) + "."
    return ""
