"""What is wrong with a STIX object: a JSON pointer (RFC 6901) and a sentence.

A check returns `None` when all is well, else the faults it found, each with a
pointer relative to the value that was checked; whoever called it puts its own
name in front. The usual case, no fault, thus costs neither a list nor a string.

Sentences never repeat what was sent. Pointers do hold the names of properties,
cut at the length STIX allows, because without them nobody finds the place.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from hanse.base.errors import Refusal

# A hostile object of 1 MiB can hold 300,000 faults; nobody reads more than these.
MAX_FAULTS = 20

_LONGEST_NAME = 250
_KINDS: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, and what was expected there."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the object'}: {self.message}"


Faults: TypeAlias = tuple[Fault, ...]
Check: TypeAlias = Callable[[object], Faults | None]


class StixInvalid(Refusal):
    """The object breaks a MUST of STIX 2.1; `faults` says which, and where."""

    code = "intel.stix_invalid"
    status = 422

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        others = len(self.faults) - 1
        more = f" ({others} more)" if others else ""
        super().__init__(f"{first}{more}", pointer=first.pointer)


def here(message: str) -> Faults:
    """One fault about the checked value itself."""
    return (Fault("", message),)


def at(name: str | int, message: str) -> Fault:
    """One fault about the property or list item `name` of the checked value."""
    return Fault(f"/{token(name)}", message)


def below(name: str | int, faults: Faults) -> Faults:
    """The same faults, seen from one level further out."""
    prefix = f"/{token(name)}"
    return tuple(Fault(prefix + fault.pointer, fault.message) for fault in faults)


def token(name: str | int) -> str:
    """One step of a JSON pointer, `~` and `/` escaped, cut at 250 characters."""
    if isinstance(name, int):
        return str(name)
    if len(name) > _LONGEST_NAME:
        name = name[:_LONGEST_NAME] + "…"
    return name.replace("~", "~0").replace("/", "~1")


def unlike(expected: str, value: object) -> Faults:
    """The value is of another JSON type than `expected` says."""
    return here(f"must be {expected}, not {_KINDS.get(type(value), 'this')}")
