"""The query string: filters, limits, pages (TAXII 2.1, sections 3.4 and 3.5).

Pure. A field given twice, an unknown `match` field, or a value that is not of its
kind is answered with 400, because the client would else take the wrong objects for
the right ones. Other parameters are nobody's business here and are left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl

from hanse.base.errors import Refusal
from hanse.intel.objects.filters import LAST, Filter, Versions
from hanse.intel.stix import timestamps

MAX_QUERY_BYTES = 32_768
MAX_VALUES = 500  # of one match field
MAX_NEXT_CHARS = 300

_LIMIT = re.compile(r"[0-9]{1,18}", re.ASCII)
_SPEC_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
# STIX identifiers and type names are made of these.
_NAME = re.compile(r"[A-Za-z0-9-]{1,300}", re.ASCII)
_MATCHES = ("id", "type", "version", "spec_version")
_KNOWN = ("added_after", "limit", "next", *(f"match[{name}]" for name in _MATCHES))


class QueryMalformed(Refusal):
    """The query string does not say what can be asked (TAXII 2.1, 3.4: 400)."""

    code = "taxii.query_malformed"
    status = 400


@dataclass(frozen=True, slots=True)
class Query:
    """What the query string asks. `limit` None: as many as the server likes."""

    filter: Filter = field(default_factory=Filter)
    limit: int | None = None
    next: str = ""
    versions_named: bool = False

    @property
    def fingerprint(self) -> bytes:
        """Equal for queries that may share a `next` token: all but the limit."""
        return sha256(repr(self.filter).encode()).digest()


def read_query(raw: bytes) -> Query:
    """Read a query string; raises `QueryMalformed`."""
    fields = _fields(raw)
    named = fields.get("match[version]")
    asked = Filter(
        added_after=_instant(fields, "added_after"),
        ids=_names(fields, "match[id]"),
        types=_names(fields, "match[type]"),
        spec_versions=_spec_versions(fields),
        versions=LAST if named is None else _versions(named),
    )
    following = fields.get("next", "")
    if "next" in fields and not 0 < len(following) <= MAX_NEXT_CHARS:
        raise QueryMalformed("`next` is a token that this server gave out")
    return Query(asked, _limit(fields), following, versions_named=named is not None)


def _fields(raw: bytes) -> Mapping[str, str]:
    if len(raw) > MAX_QUERY_BYTES:
        raise QueryMalformed(
            f"the query string is longer than {MAX_QUERY_BYTES} bytes; ask in parts"
        )
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError as error:
        raise QueryMalformed(
            "the query string is not percent-encoded UTF-8 with at most 100 fields"
        ) from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and name in _KNOWN:
            raise QueryMalformed(f"`{name}` is given twice; give it once")
        if name.startswith("match") and name not in _KNOWN:
            raise QueryMalformed(
                "this match field is not one of match[id], match[type],"
                " match[version], match[spec_version]"
            )
        found[name] = value
    return found


def _limit(fields: Mapping[str, str]) -> int | None:
    if "limit" not in fields:
        return None
    if _LIMIT.fullmatch(fields["limit"]) is None or int(fields["limit"]) == 0:
        raise QueryMalformed("`limit` is a whole number from 1 on")
    return int(fields["limit"])


def _instant(fields: Mapping[str, str], name: str) -> datetime | None:
    if name not in fields:
        return None
    instant = timestamps.parse(fields[name])
    if instant is None:
        raise QueryMalformed(
            f"`{name}` is a timestamp such as 2026-01-31T12:00:00.000000Z"
        )
    return instant


def _values(fields: Mapping[str, str], name: str) -> tuple[str, ...]:
    if name not in fields:
        return ()
    values = tuple(dict.fromkeys(fields[name].split(",")))
    if len(values) > MAX_VALUES:
        raise QueryMalformed(
            f"`{name}` takes at most {MAX_VALUES} values; ask in parts"
        )
    return values


def _names(fields: Mapping[str, str], name: str) -> tuple[str, ...]:
    values = _values(fields, name)
    if not all(_NAME.fullmatch(value) for value in values):
        raise QueryMalformed(
            f"`{name}` takes STIX names, separated by commas: letters, digits, hyphens"
        )
    return values


def _spec_versions(fields: Mapping[str, str]) -> tuple[str, ...]:
    values = _values(fields, "match[spec_version]")
    if not all(_SPEC_VERSION.fullmatch(value) for value in values):
        raise QueryMalformed("`match[spec_version]` takes versions of STIX such as 2.1")
    return values


def _versions(named: str) -> Versions:
    words = set(_values({"match[version]": named}, "match[version]"))
    if "all" in words and len(words) > 1:
        raise QueryMalformed("`match[version]=all` cannot be combined (section 3.4.1)")
    exact = []
    for word in words - {"all", "first", "last"}:
        instant = timestamps.parse(word)
        if instant is None:
            raise QueryMalformed(
                "`match[version]` takes first, last, all and timestamps"
            )
        exact.append(instant)
    return Versions(
        first="first" in words,
        last="last" in words,
        every="all" in words,
        exact=tuple(sorted(exact)),
    )
