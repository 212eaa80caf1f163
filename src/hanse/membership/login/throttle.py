"""How often somebody may knock: failed attempts are counted before they are judged.

An attempt is charged first, in a transaction of its own, so that a hundred at the
same moment are a hundred charges. From the fifth within an hour on each charge closes
the door for a while that doubles, up to a quarter of an hour: an attacker gets about a
hundred guesses a day, the owner of the account waits minutes at most. A success takes
the charges back.
"""

import hashlib
from datetime import datetime, timedelta

from hanse.base.errors import TooMany
from hanse.membership.login import store
from hanse.storage.tx import Tx

WINDOW = timedelta(hours=1)
FIRST_BLOCK = timedelta(seconds=30)
LONGEST_BLOCK = timedelta(minutes=15)
PER_SUBJECT = 5
PER_SOURCE = 50  # many people may sit behind one address


class Throttled(TooMany):
    """The door is closed for a while."""

    code = "membership.throttled"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts; try again in {seconds} seconds")
        self.retry_after_seconds = seconds


def subject(kind: str, what: str) -> str:
    """Who or what is charged; addresses are kept as their digest."""
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()}"


def charge(tx: Tx, who: str, limit: int = PER_SUBJECT) -> None:
    """Count one attempt; the caller commits it before judging the attempt.

    Raises:
        Throttled: too many so far; nothing is counted.
    """
    failures, blocked_until = store.charge(tx, who, tx.now, tx.now - WINDOW)
    if blocked_until is not None and blocked_until > tx.now:
        left = (blocked_until - tx.now).total_seconds()
        raise Throttled(int(left) + 1)
    if failures >= limit:
        store.block(tx, who, block_until(tx.now, failures - limit))


def forgive(tx: Tx, who: str) -> None:
    """The attempt was right: its subject starts from nothing."""
    store.forget_charges(tx, who)


def refund(tx: Tx, who: str) -> None:
    """The attempt was right: take its one charge back, keep the others."""
    store.refund_charge(tx, who)


def block_until(now: datetime, beyond: int) -> datetime:
    """Until when the door closes after `beyond` attempts over the limit."""
    doublings = min(beyond, 16)  # a limit on the number, not on the time
    return now + min(FIRST_BLOCK * (1 << doublings), LONGEST_BLOCK)


def forget_old_charges(tx: Tx) -> int:
    """Drop what no longer counts; returns how many."""
    return store.forget_charges_before(tx, tx.now - 2 * WINDOW)
