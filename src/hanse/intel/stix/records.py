"""Checks of what consists of named properties, from a table of them.

`record` turns a table (name -> check, required names, further rules) into one
check. Properties the table does not know are custom ones: their names must be as
STIX has them, their values are kept whatever they are (MITRE's CAPEC has empty
lists in one of its own, which section 2.12 forbids; nobody is served by refusing
it). Also here: the small records many objects share (external references, kill
chain phases).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from hanse.intel.stix import values
from hanse.intel.stix.faults import (
    MAX_FAULTS,
    Check,
    Fault,
    Faults,
    at,
    below,
    unlike,
)
from hanse.intel.stix.hashes import hashes
from hanse.intel.stix.names import is_property_name
from hanse.intel.stix.timestamps import is_later, parse

# A rule looks at the whole record, after its properties were checked one by one,
# and has to bear with values that were found faulty.
Rule: TypeAlias = Callable[[dict[str, Any]], Fault | None]

_CUSTOM_NAME = (
    "must be named with 3 to 250 lowercase letters, digits and underscores, "
    "as STIX 2.1 asks of custom properties"
)
_MISSING = "is required and missing"


def record(
    properties: Mapping[str, Check],
    required: Iterable[str] = (),
    rules: Iterable[Rule] = (),
) -> Check:
    """A check of a whole object with these properties."""
    find = properties.get
    needed = frozenset(required)
    further = tuple(rules)

    # The way without a fault is the one that is taken 25,000 times a bundle: it
    # only asks, and at the first wrong answer everything is gone through again.
    def check(value: object) -> Faults | None:
        if type(value) is not dict:
            return unlike("an object", value)
        for name, item in value.items():
            test = find(name)
            if test is None:
                if not is_property_name(name):
                    break
            elif test(item) is not None:
                break
        else:
            if value.keys() >= needed:
                for rule in further:
                    if rule(value) is not None:
                        break
                else:
                    return None
        return _faults(value, properties, needed, further)

    return check


def _faults(
    value: dict[str, Any],
    properties: Mapping[str, Check],
    needed: frozenset[str],
    rules: tuple[Rule, ...],
) -> Faults:
    found = [at(name, _MISSING) for name in sorted(needed - value.keys())]
    for name, item in value.items():
        test = properties.get(name)
        if test is not None:
            found.extend(below(name, test(item) or ()))
        elif not is_property_name(name):
            found.append(at(name, _CUSTOM_NAME))
        if len(found) >= MAX_FAULTS:
            break
    found.extend(fault for rule in rules if (fault := rule(value)) is not None)
    return tuple(found[:MAX_FAULTS])


def fields(
    *, text: str = "", texts: str = "", timestamps: str = "", hexadecimal: str = ""
) -> dict[str, Check]:
    """The plain properties of a table; names are separated by spaces."""
    return {
        **dict.fromkeys(text.split(), values.text),
        **dict.fromkeys(texts.split(), values.listed(values.text)),
        **dict.fromkeys(timestamps.split(), values.timestamp),
        **dict.fromkeys(hexadecimal.split(), values.hexadecimal),
    }


def at_least_one(*names: str) -> Rule:
    """One of these properties has to be there."""
    wanted = frozenset(names)
    message = f"needs at least one of {', '.join(names)}"

    def rule(value: dict[str, Any]) -> Fault | None:
        return Fault("", message) if wanted.isdisjoint(value) else None

    return rule


def not_before(first: str, last: str) -> Rule:
    """`last` must not lie before `first`; being equal is good."""
    message = f"must not be earlier than {first}"

    def rule(value: dict[str, Any]) -> Fault | None:
        span = _span(value, first, last)
        return at(last, message) if span and is_later(*span) else None

    return rule


def after(first: str, last: str) -> Rule:
    """`last` must lie after `first`; being equal is a fault."""
    message = f"must be later than {first}"

    def rule(value: dict[str, Any]) -> Fault | None:
        span = _span(value, first, last)
        return at(last, message) if span and not is_later(span[1], span[0]) else None

    return rule


def needs(name: str, *others: str) -> Rule:
    """Where `name` is, all the others have to be."""

    def rule(value: dict[str, Any]) -> Fault | None:
        if name not in value:
            return None
        for other in others:
            if other not in value:
                return at(other, f"is required where {name} is present")
        return None

    return rule


def not_both(first: str, second: str) -> Rule:
    """Only one of the two may be there."""

    def rule(value: dict[str, Any]) -> Fault | None:
        if first in value and second in value:
            return at(second, f"must not be present where {first} is")
        return None

    return rule


def _span(value: dict[str, Any], first: str, last: str) -> tuple[str, str] | None:
    """Both, if both are there and timestamps; what they are else was said already."""
    if first not in value or last not in value:
        return None
    start, end = value[first], value[last]
    if type(start) is not str or type(end) is not str:
        return None
    return (start, end) if parse(start) and parse(end) else None


external_reference = record(
    {**fields(text="source_name description url external_id"), "hashes": hashes},
    required=("source_name",),
    rules=(at_least_one("description", "url", "external_id"),),
)
kill_chain_phase = record(
    fields(text="kill_chain_name phase_name"),
    required=("kill_chain_name", "phase_name"),
)
