"""From STIX that members send to claims that edges enforce.

A STIX indicator whose pattern is one comparison, or several joined by OR, on a
value of the trade (URL, domain, address, sender, hash, certificate ...) makes one
claim per value, in the name of the member that sent it and for the same audience.
Other objects, and patterns that say more than one value can carry, are kept and
shared as they are and claim nothing. A newer version revises the claims, `revoked`
or a deleted object ends them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hanse.feed.sharing import Audience
from hanse.intel import reporting, store
from hanse.intel.claim import Category, Draft
from hanse.intel.stix import timestamps
from hanse.intel.stix.patterns import simple_values
from hanse.membership.caller import Caller
from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.parse import parse
from hanse.storage.tx import Tx

# STIX 2.1, 3.2: without `confidence` the producer says nothing of it. A member that
# sends an indicator at all means it; one that calls it merely odd means it less.
UNSAID_CONFIDENCE = 75
ODD_CONFIDENCE = 40
MAX_VALUES = 1_000  # of one pattern

_BY_WORD = (
    ("phish", Category.PHISHING),
    ("scam", Category.SCAM),
    ("fraud", Category.SCAM),
    ("fake-app", Category.FAKE_APP),
    ("c2", Category.C2),
    ("command-and-control", Category.C2),
    ("spam", Category.SPAM),
    ("trojan", Category.MALWARE),
    ("malware", Category.MALWARE),
    ("hotspot", Category.HOTSPOT),
)
_BY_KIND = {
    Kind.URL: Category.PHISHING,
    Kind.DOMAIN: Category.PHISHING,
    Kind.EMAIL: Category.PHISHING,
    Kind.IP: Category.C2,
    Kind.HASH: Category.MALWARE,
    Kind.CERTIFICATE: Category.FAKE_APP,
    Kind.APP: Category.FAKE_APP,
    Kind.WIFI: Category.HOTSPOT,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A STIX indicator that was just kept, and for whom."""

    content: Mapping[str, Any]
    audience: Audience


def is_enforceable(content: Mapping[str, Any]) -> bool:
    """Whether an object is an indicator that claims at least one value."""
    return content.get("type") == "indicator" and bool(_observables(content))


def claims_from_stix(tx: Tx, caller: Caller, told: Sequence[Told]) -> int:
    """Make, revise or end the claims these indicators stand for; how many changed."""
    if caller.member is None:
        return 0
    drafts: list[Draft] = []
    ended: list[str] = []
    for each in told:
        if each.content.get("revoked") is True:
            ended.append(each.content["id"])
        else:
            drafts += _drafts(each)
    count = 0
    for start in range(0, len(drafts), reporting.MAX_DRAFTS):
        piece = drafts[start : start + reporting.MAX_DRAFTS]
        count += len(reporting.report(tx, caller, piece, channel="taxii").claims)
    if ended:
        count += end_claims_of(tx, caller, ended, "revoked by its producer")
    return count


def end_claims_of(tx: Tx, caller: Caller, stix_ids: Sequence[str], reason: str) -> int:
    """End the member's claims that were read from these objects."""
    if caller.member is None:
        return 0
    claims = store.claims_of_stix(tx, caller.member, stix_ids)
    active = [claim for claim in claims if claim.is_active]
    return len(reporting.withdraw_all(tx, caller, active, reason)) if active else 0


def _drafts(told: Told) -> list[Draft]:
    content, audience = told.content, told.audience
    until = _instant(content.get("valid_until"))
    return [
        Draft(
            observable=observable,
            category=_category(content, observable.kind),
            confidence=_confidence(content),
            tlp=audience.tlp,
            circles=audience.circles,
            pot=audience.pot,
            note=_note(content),
            valid_from=_instant(content.get("valid_from")),
            valid_until=until,
            stix_id=content["id"],
        )
        for observable in _observables(content)
    ]


def _observables(content: Mapping[str, Any]) -> list[Observable]:
    if content.get("pattern_type", "stix") != "stix" or _is_benign(content):
        return []
    values = simple_values(str(content.get("pattern", ""))) or ()
    found: dict[Observable, None] = {}
    for kind, value in values[:MAX_VALUES]:
        try:
            found[parse(Kind(kind), value)] = None
        except (ObservableMalformed, ValueError):
            continue  # kept and shared as STIX, but not a value an edge could meet
    return list(found)


def _is_benign(content: Mapping[str, Any]) -> bool:
    return "benign" in _words(content)


def _confidence(content: Mapping[str, Any]) -> int:
    said = content.get("confidence")
    if isinstance(said, int) and not isinstance(said, bool):
        return min(100, max(0, said))
    words = _words(content)
    odd = "anomalous-activity" in words and "malicious-activity" not in words
    return ODD_CONFIDENCE if odd else UNSAID_CONFIDENCE


def _category(content: Mapping[str, Any], kind: Kind) -> Category:
    words = " ".join(_words(content))
    for word, category in _BY_WORD:
        if word in words:
            return category
    return _BY_KIND[kind]


def _words(content: Mapping[str, Any]) -> list[str]:
    said = [*_list(content.get("indicator_types")), *_list(content.get("labels"))]
    return [word.lower() for word in said if isinstance(word, str)]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _note(content: Mapping[str, Any]) -> str:
    said = content.get("description") or content.get("name") or ""
    return str(said)[:1_000]


def _instant(text: object) -> datetime | None:
    return timestamps.parse(text) if isinstance(text, str) else None
