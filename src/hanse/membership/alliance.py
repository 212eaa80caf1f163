"""The alliance itself: its name in both languages, and the origin of its log."""

from dataclasses import dataclass
from datetime import datetime

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Conflict
from hanse.membership import agreement, store, wording
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx


class AllianceConflict(Conflict):
    """There is one already, or none yet."""

    code = "membership.alliance_conflict"


@dataclass(frozen=True, slots=True)
class Alliance:
    """Who all this is for. `origin` names its log and the hub's key."""

    name_en: str
    name_zh: str
    origin: str
    created_at: datetime


def found(
    tx: Tx, caller: Caller, *, name_en: str, name_zh: str, origin: str
) -> Alliance:
    """Begin the alliance, with a first agreement.

    Raises:
        AllianceConflict: this database has one.
    """
    caller.need_operator()
    made = Alliance(
        wording.name(name_en, "name_en"),
        wording.name(name_zh, "name_zh"),
        origin,
        tx.now,
    )
    if not store.insert_alliance(
        tx, made.name_en, made.name_zh, made.origin, made.created_at
    ):
        raise AllianceConflict("this database has an alliance already; nothing changed")
    subject = f"alliance:{origin}"
    log.append(tx, Event("alliance.founded", caller.actor, subject))
    agreement.publish(
        tx,
        caller,
        agreement.FIRST_VERSION,
        agreement.FIRST_TEXT_EN,
        agreement.FIRST_TEXT_ZH,
    )
    return made


def find_alliance(tx: Tx) -> Alliance | None:
    """The alliance, if it was founded."""
    row = store.alliance(tx)
    return None if row is None else Alliance(*row)


def get_alliance(tx: Tx) -> Alliance:
    """The alliance; `AllianceConflict` before `hanse hub init`."""
    alliance = find_alliance(tx)
    if alliance is None:
        raise AllianceConflict("there is no alliance yet; run `hanse hub init` first")
    return alliance
