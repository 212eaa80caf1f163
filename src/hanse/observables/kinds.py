"""The kinds of values that travel between members, and the proof of a parse.

An `Observable` in a signature means: this value was parsed and stands in its
one canonical spelling. Only `hanse.observables.parse` makes them from text;
whoever reads them back from a store or a verified feed may make them directly.
"""

from enum import StrEnum

import msgspec

from hanse.base.errors import Malformed


class Kind(StrEnum):
    """What a value is."""

    URL = "url"
    DOMAIN = "domain"
    IP = "ip"
    EMAIL = "email"
    HASH = "hash"
    CERTIFICATE = "certificate"
    APP = "app"
    WIFI = "wifi"


class Observable(msgspec.Struct, frozen=True, gc=False):
    """A value of the trade in its canonical spelling."""

    kind: Kind
    value: str


class ObservableMalformed(Malformed):
    """The text is not a value of the kind it was given as."""

    code = "observables.malformed"
