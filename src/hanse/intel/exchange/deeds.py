"""Taking STIX bundles and MISP events in."""

from dataclasses import dataclass, replace

import msgspec

from hanse.base.errors import Malformed
from hanse.intel import misp, reporting
from hanse.intel.importing import deeds as importing
from hanse.intel.importing.deeds import Defaults
from hanse.intel.reporting import Report
from hanse.intel.stix.validate import EnvelopeLimits, StixInvalid, read_envelope
from hanse.intel.taxii import arranging, catalogue, contributing
from hanse.intel.taxii.catalogue import Collection, CollectionKind
from hanse.intel.taxii.resources import StatusDetails
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx

_LIMITS = EnvelopeLimits(
    max_bytes=contributing.MAX_CONTENT_BYTES, max_objects=contributing.MAX_OBJECTS
)


class BundleUnreadable(Malformed):
    """The body is not a STIX 2.1 bundle."""

    code = "intel.bundle_unreadable"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a bundle: how many objects were taken, which were not."""

    taken: int
    failed: tuple[StatusDetails, ...]


def receive_bundle(tx: Tx, caller: Caller, body: bytes) -> Received:
    """Keep a bundle's objects and claim what its indicators say.

    Raises:
        BundleUnreadable: not a bundle, or larger than is taken at once.
    """
    caller.need(Scope.REPORT)
    caller.need_member()
    contributing.refuse_too_many_values(body)
    try:
        raws = read_envelope(body, _LIMITS, kind="bundle")
    except StixInvalid as error:
        raise BundleUnreadable(error.message, pointer=error.pointer) from error
    writer = replace(caller, scopes=caller.scopes | {Scope.TAXII_WRITE})
    collection = _everything(tx, writer)
    judged = contributing.judge_objects(raws, writer, collection)
    contributing.contribute(tx, writer, collection, judged)
    return Received(len(judged.taken), judged.failed)


def receive_misp(
    tx: Tx, caller: Caller, body: bytes, defaults: Defaults, title: str = ""
) -> Report:
    """Report what a MISP event's attributes say; the rest is named as refused.

    Raises:
        MispUnreadable: not a MISP event.
    """
    contributing.refuse_too_many_values(body)
    rows = misp.read_events(body)
    understood = list(importing.understand(rows, defaults))
    return importing.report_rows(tx, caller, understood, channel="misp", title=title)


def is_bundle(body: bytes) -> bool:
    """Whether a pasted or uploaded text is a STIX bundle rather than something else."""
    return _kind(body) == "bundle"


def is_misp(body: bytes) -> bool:
    """Whether it looks like MISP's JSON: an event, a response, or a list of them."""
    found = _top(body)
    if isinstance(found, dict):
        return bool({"Event", "response", "Attribute"} & set(found))
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict)


def _kind(body: bytes) -> str:
    found = _top(body)
    return str(found.get("type", "")) if isinstance(found, dict) else ""


def _top(body: bytes) -> object:
    if body.lstrip()[:1] not in (b"{", b"["):
        return None
    contributing.refuse_too_many_values(body)
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _everything(tx: Tx, caller: Caller) -> Collection:
    for each in catalogue.read(tx).of_root(arranging.ALLIANCE_ROOT, caller):
        if each.kind is CollectionKind.ALL:
            return each
    raise reporting.ReporterNotActive(
        "your company may not add to the alliance's store"
    )
