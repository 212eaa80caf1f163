"""Answers judged by what the caller may see when they are found, not when it asked.

A caller is known before its request is answered, and may have left a circle or been
suspended in between. Every change of that kind raises the membership epoch
(`audiences`), so an answer found under the caller's own epoch is right, and any other
is found again for the caller as it is by then.
"""

from collections.abc import Callable
from typing import TypeVar

from hanse.base.errors import Refusal, Unauthenticated
from hanse.feed import store
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx

MOST_TRIES = 20

Readmit = Callable[[Tx, Caller], Caller | None]
Found = TypeVar("Found")


class AccessOver(Unauthenticated):
    """The caller was admitted when it asked and is not any more."""

    code = "feed.access_over"


class Unsettled(Refusal):
    """What the caller may see changed each time it was read."""

    code = "feed.unsettled"
    status = 503


def as_of_now(
    tx: Tx, caller: Caller, readmit: Readmit, find: Callable[[Caller], Found]
) -> Found:
    """What `find` finds for the caller while nobody changes what it may see.

    `tx` must see what others commit (`Database.read` and `walk`). `readmit` reads the
    caller anew, and says None if it is no longer admitted.

    Raises:
        AccessOver: it is not.
        Unsettled: memberships change faster than they can be read.
    """
    for _ in range(MOST_TRIES):
        try:
            found = find(caller)
        except Refusal:
            if store.epoch(tx) == caller.epoch:
                raise
        else:
            if store.epoch(tx) == caller.epoch:
                return found
        caller = _again(tx, caller, readmit)
    raise unsettled()


def _again(tx: Tx, caller: Caller, readmit: Readmit) -> Caller:
    again = readmit(tx, caller)
    if again is None:
        raise AccessOver(
            "this key was revoked, the log-in ended, or the member is suspended; log in"
            " again, or ask your administrator for a key"
        )
    return again


def unsettled() -> Unsettled:
    """The refusal of a question that was found anew too often."""
    return Unsettled("memberships are changing at this moment; try again shortly")
