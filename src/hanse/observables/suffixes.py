"""Where a registrable name ends: the public suffix list, as bundled.

Read once, on first use, from the snapshot inside the tldextract package (the
package itself is not imported: it would bring an HTTP client into the edge).
Private suffixes (shared hosting, dynamic DNS) count as suffixes, so that what
is said of one customer of a host is never held against the next.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hanse.observables.host import to_ascii
from hanse.observables.kinds import ObservableMalformed

MAX_FORMS: Final = 5

# No registry sells these: RFC 2606 and 6761; RFC 7686 and what networks use inside.
_RESERVED: Final = frozenset({"example", "test", "invalid", "localhost"})
_INSIDE: Final = frozenset({"onion", "local", "internal", "lan", "corp", "home"})


@dataclass(frozen=True, slots=True)
class _Rules:
    exact: frozenset[str]
    top_level: frozenset[str]  # some have only rules below them: co.za, no za
    wildcards: frozenset[str]  # "ck" for the rule "*.ck"
    exceptions: frozenset[str]  # "www.ck" for the rule "!www.ck"


@lru_cache(maxsize=8192)
def host_forms(host: str) -> tuple[str, ...]:
    """`host` and the names above it that can be registered, longest first.

    At most five, as Safe Browsing v5: the host itself, and up to four that start
    at the registrable name. A host that is itself a suffix has only itself.
    """
    names = [host]
    dot = host.find(".")
    while dot >= 0:
        names.append(host[dot + 1 :])
        dot = host.find(".", dot + 1)
    suffix = _suffix_at(names)
    above = names[max(1, suffix - MAX_FORMS + 1) : suffix]
    return (host, *above)


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
    rules = _rules()
    for place, name in enumerate(names):
        if name in rules.exceptions:
            return place + 1
        if name in rules.exact:
            return place
        if place + 1 < len(names) and names[place + 1] in rules.wildcards:
            return place
    return len(names) - 1


@cache
def _rules() -> _Rules:
    spec = find_spec("tldextract")
    if spec is None or spec.origin is None:
        raise RuntimeError("tldextract is not installed; install hanse again.")
    snapshot = Path(spec.origin).with_name(".tld_set_snapshot")
    exact, wildcards, exceptions = set[str](), set[str](), set[str]()
    for line in snapshot.read_text("utf-8").splitlines():
        rule = line.partition(" ")[0]
        if not rule or rule.startswith("//"):
            continue
        if rule.startswith("*."):
            wildcards.add(_ascii(rule[2:]))
        elif rule.startswith("!"):
            exceptions.add(_ascii(rule[1:]))
        else:
            exact.add(_ascii(rule))
    top_level = {rule.rpartition(".")[2] for rule in exact | wildcards}
    return _Rules(
        frozenset(exact),
        frozenset(top_level),
        frozenset(wildcards),
        frozenset(exceptions),
    )


def _ascii(rule: str) -> str:
    try:
        return rule if rule.isascii() else to_ascii(rule)
    except ObservableMalformed:
        return rule
