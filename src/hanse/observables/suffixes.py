"""Where a registrable name ends: the public suffix list, as bundled.

Read once, on first use, from the snapshot inside the tldextract package (the
package itself is not imported: it would bring an HTTP client into the edge).
Private suffixes (shared hosting, dynamic DNS) count as suffixes, so that what
is said of one customer of a host is never held against the next.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hanse.observables.host import to_ascii
from hanse.observables.kinds import ObservableMalformed

MAX_FORMS: Final = 5

# No registry sells these: RFC 2606 and 6761; RFC 7686 and what networks use inside.
_RESERVED: Final = frozenset({"example", "test", "invalid", "localhost"})
_INSIDE: Final = frozenset({"onion", "local", "internal", "lan", "corp", "home"})


# What the list says of a name; more than one may hold.
_SUFFIX: Final = 1  # the rule "co.uk"
_SUFFIXES_BELOW: Final = 2  # "ck" for the rule "*.ck"
_NO_SUFFIX: Final = 4  # the rule "!www.ck"


@dataclass(frozen=True, slots=True)
class _Rules:
    names: dict[str, int]
    top_level: frozenset[str]  # some have only rules below them: co.za, no za


def names_below_top(host: str) -> list[str]:
    """`host` and the names above it but for the top-level domain, longest first."""
    names = [host]
    dot, last = host.find("."), host.rfind(".")
    while dot < last:
        names.append(host[dot + 1 :])
        dot = host.find(".", dot + 1)
    return names


def host_forms(host: str) -> list[str]:
    """`host` and the names above it that can be registered, longest first.

    At most five, as Safe Browsing v5: the host itself, and up to four that start
    at the registrable name. A host that is itself a suffix has only itself.
    """
    names = [*names_below_top(host), host.rpartition(".")[2]]
    suffix = _suffix_at(names)
    return [host, *names[max(1, suffix - MAX_FORMS + 1) : suffix]]


def registrable(host: str) -> str | None:
    """The name somebody registered above `host`; None if `host` is a suffix."""
    name = host_forms(host)[-1]
    return None if is_public_suffix(name) else name


def is_public_suffix(name: str) -> bool:
    """Whether anybody can register below `name`, so that it is nobody's own."""
    names = [name, *([name.partition(".")[2]] if "." in name else [])]
    return _suffix_at(names) == 0


def is_top_level(label: str) -> bool:
    """Whether `label`, lowercase A-label, is a known or special-use TLD."""
    return label in _rules().top_level or label in _RESERVED or label in _INSIDE


def _suffix_at(names: list[str]) -> int:
    """Which of `names`, each the parent of the one before, is the suffix."""
    rules = _rules().names
    for place, name in enumerate(names):
        rule = rules.get(name)
        if rule is None:
            continue
        if rule & _SUFFIXES_BELOW and place:
            return place - 1
        if rule & _NO_SUFFIX:
            return place + 1
        if rule & _SUFFIX:
            return place
    return len(names) - 1


@cache
def _rules() -> _Rules:
    spec = find_spec("tldextract")
    if spec is None or spec.origin is None:
        raise RuntimeError("tldextract is not installed; install hanse again.")
    snapshot = Path(spec.origin).with_name(".tld_set_snapshot")
    names: dict[str, int] = {}
    for line in snapshot.read_text("utf-8").splitlines():
        rule = line.partition(" ")[0]
        if not rule or rule.startswith("//"):
            continue
        meant = {"*": _SUFFIXES_BELOW, "!": _NO_SUFFIX}.get(rule[0], _SUFFIX)
        name = _ascii(rule.removeprefix("*.").removeprefix("!"))
        names[name] = names.get(name, 0) | meant
    top_level = {name.rpartition(".")[2] for name in names}
    return _Rules(names, frozenset(top_level))


def _ascii(rule: str) -> str:
    try:
        return rule if rule.isascii() else to_ascii(rule)
    except ObservableMalformed:
        return rule
