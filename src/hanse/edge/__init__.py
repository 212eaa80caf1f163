"""The member's own process: keeps what the alliance shares, answers checks from it.

Nothing a member asks its edge ever leaves it; the hub hears how far the edge has
come, and how often the alliance's own values were met.

    joining, identity     a one-time code; the hub's key pinned for good
    following, pace, link the feed: catch up, listen, come back
    verifying             whether to believe a batch: signature, growth, every item
    applying, local       into SQLite, whole or not at all; every statement
    brake, policy         what the feed may not do here; what people have set
    index, claims         a million values in memory; what is said of one
    checking              the check: `Checker`
    hits, telling         what the hub is told
    keys, access, rest    the member's programs at the door
    running, app          `Edge`, put together; HTTP before it
"""

from hanse.edge.checking import Checker
from hanse.edge.result import Result, Verdict

__all__ = ["Checker", "Result", "Verdict"]
