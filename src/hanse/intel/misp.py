"""MISP events (JSON) as rows of an import.

Reads the MISP core format (draft-dulaunoy-misp-core-format) as MISP exports,
answers and feeds write it: one event, a response, a list. An attribute that is
no indicator here is a row with its reason; nothing is left out silently. The
sender decides by sending: an event's own distribution does not stop it, but an
attribute kept closer than its event is not taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec

from hanse.base.errors import Malformed
from hanse.feed.sharing import Tlp
from hanse.intel import wordings
from hanse.intel.claim import Category
from hanse.intel.imports import Limits, Row, clean_note, marked
from hanse.observables.kinds import Kind, ObservableMalformed
from hanse.observables.parse import parse, refang

MAX_BYTES: Final = 64 * 1024 * 1024
MISP_LIMITS: Final = Limits(max_rows=100_000)


class MispUnreadable(Malformed):
    """The body is no MISP event."""

    code = "intel.misp_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class MispRow(Row):
    """One value of one attribute; `number` counts attributes through all events.

    `pointer` is the attribute's place in the document, `distribution` MISP's 0..5
    after inheritance, `seen_at` when the attribute was last changed there.
    """

    pointer: str
    event: UUID | None = None
    attribute: UUID | None = None
    distribution: int | None = None
    seen_at: datetime | None = None


_Json = Mapping[str, object]

# Which part of a value split at `|` is of which kind.
_TYPES: Final[Mapping[str, tuple[tuple[int, Kind], ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("url", "uri"), ((0, Kind.URL),)),
        **dict.fromkeys(("domain", "hostname", "hostname|port"), ((0, Kind.DOMAIN),)),
        **dict.fromkeys(("ip-src", "ip-dst"), ((0, Kind.IP),)),
        **dict.fromkeys(("ip-src|port", "ip-dst|port"), ((0, Kind.IP),)),
        "domain|ip": ((0, Kind.DOMAIN), (1, Kind.IP)),
        **dict.fromkeys(("email", "email-src", "email-reply-to"), ((0, Kind.EMAIL),)),
        **dict.fromkeys(("md5", "sha1", "sha256", "sha512"), ((0, Kind.HASH),)),
        **dict.fromkeys(
            ("filename|md5", "filename|sha1", "filename|sha256", "filename|sha512"),
            ((1, Kind.HASH),),
        ),
        "malware-sample": ((1, Kind.HASH),),
        **dict.fromkeys(
            ("x509-fingerprint-sha256", "x509-fingerprint-sha1"),
            ((0, Kind.CERTIFICATE),),
        ),
        "mobile-application-id": ((0, Kind.APP),),
    }
)

_PERSONAL: Final = "names a person or an account; customers never travel in clear"
_CONTEXT: Final = "is context, not an indicator"
_REASONS: Final = MappingProxyType(
    {
        "link": "is a reference to read, not an indicator",
        **dict.fromkeys(("text", "comment", "other", "datetime", "counter"), _CONTEXT),
        "email-dst": "is a recipient, who is no attacker",
        **dict.fromkeys(("phone-number", "whois-registrant-phone", "prtn"), _PERSONAL),
        **dict.fromkeys(("cc-number", "bank-account-nr", "iban", "bin"), _PERSONAL),
        **dict.fromkeys(("first-name", "last-name", "full-name"), _PERSONAL),
        **dict.fromkeys(("passport-number", "identity-card-number"), _PERSONAL),
        "filename": "is too common to be refused everywhere",
        "x509-fingerprint-md5": "can be forged; give the SHA-256 fingerprint",
    }
)

_CONFIDENCES: Final = MappingProxyType(
    {
        'misp:confidence-level="completely-confident"': 100,
        'misp:confidence-level="usually-confident"': 75,
        'misp:confidence-level="fairly-confident"': 50,
        'misp:confidence-level="rarely-confident"': 25,
        'misp:confidence-level="unconfident"': 0,
    }
)
# The first word found in a tag decides.
_TAG_WORDS: Final = (
    ("phish", Category.PHISHING),
    ("fake-app", Category.FAKE_APP),
    ("command-and-control", Category.C2),
    ("c2", Category.C2),
    ("botnet", Category.C2),
    ("ransom", Category.MALWARE),
    ("malware", Category.MALWARE),
    ("trojan", Category.MALWARE),
    ("scam", Category.SCAM),
    ("fraud", Category.SCAM),
    ("spam", Category.SPAM),
)
_STRICTNESS: Final = tuple(Tlp)


def read_events(body: bytes, limits: Limits = MISP_LIMITS) -> Iterator[MispRow]:
    """Every attribute of the events in `body`, as values or with a reason.

    Raises `MispUnreadable` at once if `body` is no MISP JSON.
    """
    if len(body) > MAX_BYTES:
        raise MispUnreadable(
            f"The body has {len(body)} bytes; at most {MAX_BYTES} are taken. "
            "Send the events one by one."
        )
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MispUnreadable(
            "This is not JSON, or nested beyond all sense; expected a MISP event as "
            "MISP exports it. Export it again as JSON."
        ) from None
    events = list(_events(document, ""))
    if not events:
        raise MispUnreadable(
            'There is no MISP event here; expected {"Event": {...}}, a response with '
            "events or a list of them. Export the event again as JSON."
        )
    return marked(_rows(events, limits), limits)


@dataclass(frozen=True, slots=True)
class _Place:
    """What an attribute inherits from the event and object it stands in."""

    event: _Json
    tags: Sequence[str]
    distribution: int | None
    is_deleted: bool


def _events(value: object, pointer: str) -> Iterator[tuple[str, _Json]]:
    """Events at the places where MISP puts them, and nowhere deeper."""
    if isinstance(value, list):
        for place, each in enumerate(value):
            if isinstance(each, dict):
                yield from _events_of(each, f"{pointer}/{place}")
    elif isinstance(value, dict):
        yield from _events_of(value, pointer)


def _events_of(value: _Json, pointer: str) -> Iterator[tuple[str, _Json]]:
    event, response = value.get("Event"), value.get("response")
    if isinstance(event, dict):
        yield f"{pointer}/Event", event
    elif isinstance(response, list) and not pointer:
        yield from _events(response, "/response")
    elif isinstance(response, dict) and not pointer:
        yield from _events_of(response, "/response")
    elif "Attribute" in value or "Object" in value:
        yield pointer, value


def _rows(events: Sequence[tuple[str, _Json]], limits: Limits) -> Iterator[MispRow]:
    number = 0
    for pointer, event in events:
        for place, attribute, where in _attributes(pointer, event):
            number += 1
            base = MispRow(
                number=number,
                pointer=place,
                event=_uuid(where.event.get("uuid")),
                attribute=_uuid(attribute.get("uuid")),
                distribution=_distribution(attribute, where.distribution),
                seen_at=_instant(attribute.get("timestamp")),
            )
            yield from _of_attribute(base, attribute, where, limits)


def _attributes(pointer: str, event: _Json) -> Iterator[tuple[str, _Json, _Place]]:
    here = _Place(
        event, _tags(event), _distribution(event, None), _is_set(event, "deleted")
    )
    for place, attribute in _members(event, "Attribute", pointer):
        yield place, attribute, here
    for place, each in _members(event, "Object", pointer):
        inside = replace(
            here,
            distribution=_distribution(each, here.distribution),
            is_deleted=here.is_deleted or _is_set(each, "deleted"),
        )
        for inner, attribute in _members(each, "Attribute", place):
            yield inner, attribute, inside


def _members(parent: _Json, name: str, pointer: str) -> Iterator[tuple[str, _Json]]:
    value = parent.get(name)
    items = value if isinstance(value, list) else [value]
    for place, item in enumerate(items):
        if isinstance(item, dict):
            yield f"{pointer}/{name}/{place}", item


def _of_attribute(
    base: MispRow, attribute: _Json, where: _Place, limits: Limits
) -> Iterator[MispRow]:
    kind_name = _text(attribute, "type").lower()
    own, event_tags = _tags(attribute), where.tags
    tlp, is_tlp_known = _tlp(own) if _has_tlp(own) else _tlp(event_tags)
    note = _note(attribute, where, limits)
    reason = _why_not(base, kind_name, attribute, where)
    if reason is None and not is_tlp_known:
        reason = "The attribute has a TLP tag not known here; use one of TLP 2.0."
    if reason is None and len(note) > limits.max_note:
        reason = f"The comment is longer than {limits.max_note} characters; shorten it."
    if reason is not None:
        yield replace(base, problem=reason)
        return
    filled = replace(
        base,
        tlp=tlp,
        note=note,
        confidence=_confidence([*own, *event_tags]),
        category=_category(own) or _category(event_tags),
    )
    value = _text(attribute, "value")
    is_pair = "|" in kind_name or kind_name == "malware-sample"
    parts = value.rsplit("|", 1) if is_pair else [value]
    for part, kind in _TYPES[kind_name]:
        yield _filled(filled, kind, parts[part] if part < len(parts) else "")


def _filled(row: MispRow, kind: Kind, value: str) -> MispRow:
    try:
        observable = parse(kind, refang(value))
    except ObservableMalformed as malformed:
        return replace(row, problem=malformed.message)
    is_file = kind is Kind.HASH and row.category is None
    category = Category.MALWARE if is_file else row.category
    return replace(row, observable=observable, category=category)


def _why_not(
    base: MispRow, kind_name: str, attribute: _Json, where: _Place
) -> str | None:
    if where.is_deleted or _is_set(attribute, "deleted"):
        return "The attribute was deleted in MISP."
    if kind_name in _REASONS:
        return f"An attribute of type {kind_name} {_REASONS[kind_name]}."
    if kind_name not in _TYPES:
        return (
            f"Attributes of type {_printable(kind_name)} are not matched here; "
            "expected URLs, names, addresses, hashes, certificates or apps."
        )
    if attribute.get("to_ids") is not None and not _is_set(attribute, "to_ids"):
        return "Its to_ids is false: MISP marks it as context, not as an indicator."
    event_wide = _distribution(where.event, None)
    if base.distribution in (0, 4) and base.distribution != event_wide:
        return (
            "MISP keeps the attribute to fewer than its event (its organisation or a "
            "sharing group). Report it yourself, to a circle, if it may be told."
        )
    return None


def _note(attribute: _Json, where: _Place, limits: Limits) -> str:
    comment = clean_note(_text(attribute, "comment"))
    info = clean_note(_text(where.event, "info"))
    return comment or info[: limits.max_note]


def _tags(parent: _Json) -> list[str]:
    value = parent.get("Tag")
    tags = value if isinstance(value, list) else [value]
    return [_text(tag, "name").lower() for tag in tags if isinstance(tag, dict)]


def _has_tlp(tags: Sequence[str]) -> bool:
    return any(tag.startswith("tlp:") for tag in tags)


def _tlp(tags: Sequence[str]) -> tuple[Tlp | None, bool]:
    """The strictest TLP of the tags, and whether all of theirs are known."""
    stated = [wordings.tlp(tag) for tag in tags if tag.startswith("tlp:")]
    known = [each for each in stated if each is not None]
    strictest = max(known, key=_STRICTNESS.index, default=None)
    return strictest, len(known) == len(stated)


def _confidence(tags: Sequence[str]) -> int | None:
    return next((_CONFIDENCES[tag] for tag in tags if tag in _CONFIDENCES), None)


def _category(tags: Sequence[str]) -> Category | None:
    for word, category in _TAG_WORDS:
        if any(word in tag for tag in tags):
            return category
    return None


def _distribution(parent: _Json, inherited: int | None) -> int | None:
    """MISP's distribution 0..4, with 5 (or none) taken from what stands above."""
    stated = _text(parent, "distribution")
    return int(stated) if stated in ("0", "1", "2", "3", "4") else inherited


def _is_set(parent: _Json, name: str) -> bool:
    return _text(parent, name).lower() in ("true", "1", "yes")


def _text(parent: _Json, name: str) -> str:
    """MISP writes numbers and booleans as such or as text, by version."""
    value = parent.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else ""


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _instant(value: object) -> datetime | None:
    text = str(value) if isinstance(value, (str, int)) else ""
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 11):
        return None
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _printable(kind_name: str) -> str:
    is_plain = len(kind_name) <= 40 and all(
        sign.isalnum() or sign in "-|/." for sign in kind_name
    )
    return kind_name if is_plain and kind_name else "unknown"
