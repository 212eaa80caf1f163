"""What somebody typed, pasted or uploaded to report, and what was understood of it.

Between preview and sending, an uploaded file travels in the page itself, deflated,
so that nothing of what was not sent is kept. The texts of refused rows come from
the deeds.
"""

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from hanse.base.errors import TooLarge
from hanse.feed.sharing import Tlp
from hanse.intel import misp
from hanse.intel.claim import DEFAULT_CONFIDENCE, Category, DraftUnfit
from hanse.intel.exchange import deeds as exchange
from hanse.intel.importing import deeds as importing
from hanse.intel.importing.deeds import AT_ONCE, Defaults, Understood

MAX_UPLOAD_BYTES = 32 * 2**20
ROWS_SHOWN = 200


class UploadTooLarge(TooLarge):
    """More than a page can carry between preview and sending."""

    code = "hub.upload_too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The report form as it was sent. `body` is what is to be reported, `kept` the
    same as the page carries it; `channel` how it came: form, paste, csv, bundle or
    misp.
    """

    body: bytes = b""
    text: str = ""
    file_name: str = ""
    kept: str = ""
    channel: str = "paste"
    category: str = Category.PHISHING.value
    confidence: str = str(DEFAULT_CONFIDENCE)
    tlp: str = Tlp.GREEN.value
    circles: tuple[str, ...] = ()
    is_anonymous: bool = False
    brand: str = ""
    note: str = ""
    valid_days: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What was understood: some of the rows, and how many there are.

    `is_whole` is False where only the beginning was looked at, because the rest is
    worked off as an import.
    """

    taken: int = 0
    rows: Sequence[Understood] = ()
    faults: Sequence[Understood] = ()
    refused: int = 0
    lines: int = 0
    is_whole: bool = True

    @property
    def is_import(self) -> bool:
        """Whether it is too much to be reported at once."""
        return not self.is_whole


@dataclass(slots=True)
class Wrong(Exception):
    """Fields of the form that cannot be so, each with one sentence."""

    errors: dict[str, str] = field(default_factory=dict)


def channel_of(body: bytes, file_name: str) -> str:
    """How to read what came; by its content first, then by its name."""
    if exchange.is_bundle(body):
        return "bundle"
    if exchange.is_misp(body):
        return "misp"
    return "csv" if file_name.lower().endswith((".csv", ".tsv")) else "paste"


def keep(body: bytes) -> str:
    """The upload as the page carries it."""
    return base64.b64encode(zlib.compress(body, 6)).decode()


def unkeep(kept: str) -> bytes:
    """The upload again; `UploadTooLarge` for anything that is none of ours."""
    try:
        body = zlib.decompressobj().decompress(
            base64.b64decode(kept, validate=True), MAX_UPLOAD_BYTES + 1
        )
    except (binascii.Error, zlib.error):
        raise UploadTooLarge("the file did not arrive whole; choose it again") from None
    if len(body) > MAX_UPLOAD_BYTES:
        raise UploadTooLarge("the file is too large; send it over the REST interface")
    return body


def defaults_of(typed: Typed, now: datetime) -> Defaults:
    """What holds for rows that say nothing else; raises `Wrong`."""
    errors: dict[str, str] = {}
    confidence = _number(typed.confidence, 0, 100)
    if confidence is None:
        errors["confidence"] = "confidence"
    days = _number(typed.valid_days, 1, 3650) if typed.valid_days else None
    if typed.valid_days and days is None:
        errors["valid_days"] = "valid_days"
    if typed.tlp == Tlp.RED and not typed.circles:
        errors["tlp"] = "tlp"
    if errors:
        raise Wrong(errors)
    try:
        return Defaults(
            category=Category(typed.category),
            confidence=confidence or 0,
            tlp=Tlp(typed.tlp),
            circles=tuple(UUID(circle) for circle in typed.circles),
            is_anonymous=typed.is_anonymous,
            note=typed.note.strip(),
            brand=UUID(typed.brand) if typed.brand else None,
            valid_until=None if days is None else now + timedelta(days=days),
        )
    except ValueError:
        raise DraftUnfit("a choice of this form is none of those offered") from None


def understood(typed: Typed, defaults: Defaults) -> Preview:
    """Read it as it would be reported, up to what is reported at once."""
    if typed.channel == "bundle":
        return Preview()
    if typed.channel == "misp":
        rows = importing.understand(misp.read_events(typed.body), defaults)
    else:
        rows = importing.understand(importing.read(typed.body, typed.channel), defaults)
    looked = list(islice(rows, AT_ONCE + 1))
    is_whole = len(looked) <= AT_ONCE or typed.channel == "misp"
    faults = [each for each in looked if each.draft is None]
    return Preview(
        taken=len(looked) - len(faults),
        rows=[each for each in looked if each.draft is not None][:ROWS_SHOWN],
        faults=faults[:ROWS_SHOWN],
        refused=len(faults),
        lines=typed.body.count(b"\n") + 1,
        is_whole=is_whole,
    )


def refuse_choices_beside_a_bundle(typed: Typed) -> None:
    """A bundle is told as its own markings say; raises `DraftUnfit` for narrower."""
    is_narrower = Tlp(typed.tlp) not in (Tlp.CLEAR, Tlp.GREEN) or typed.circles
    if typed.is_anonymous or is_narrower:
        raise DraftUnfit(
            "a STIX bundle is told in your own name, to whom its own markings say (all"
            " members where it has none): choose no circle, TLP:GREEN, your own name,"
            " or paste the values instead; for a circle use its TAXII collection"
        )


def _number(text: str, lowest: int, highest: int) -> int | None:
    plain = text.strip()
    if not plain.isascii() or not plain.isdigit() or len(plain) > 6:
        return None
    return int(plain) if lowest <= int(plain) <= highest else None
