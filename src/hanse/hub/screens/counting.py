"""The counts beside the entries of the rail.

Each is computed only from what the viewer may see, and remembered for some seconds,
so that a page costs no count of its own and a busy hub counts once per viewer. A
count that would be long is cut short and said to be a lower bound.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from hanse.intel.lookup.overview import count_values
from hanse.membership.caller import Caller
from hanse.membership.machines.edges import count_edges
from hanse.membership.member import count_members
from hanse.membership.rights import Scope
from hanse.membership.viewer import Viewer
from hanse.storage.tx import Database

KEPT = timedelta(seconds=10)
MAX_REMEMBERED = 4096
MOST_THREATS = 100_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are; None where it is not known yet or not this viewer's."""

    threats: int | None = None
    members: int | None = None
    edges: int | None = None


class Counting:
    """Counts one hub remembers, per viewer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Viewer, tuple[datetime, Counts]] = OrderedDict()

    def remembered(self, caller: Caller) -> Counts:
        """What was counted last, however old; asks nobody."""
        with self._lock:
            known = self._known.get(caller.viewer)
        return known[1] if known else Counts()

    def count(self, database: Database, caller: Caller, now: datetime) -> Counts:
        """The counts, at most some seconds old."""
        if Scope.READ not in caller.scopes:
            return Counts()
        with self._lock:
            known = self._known.get(caller.viewer)
        if known and now - known[0] < KEPT:
            return known[1]
        with database.read() as tx:
            counts = Counts(
                threats=count_values(tx, caller, MOST_THREATS),
                members=count_members(tx, caller),
                edges=count_edges(tx, caller),
            )
        with self._lock:
            self._known[caller.viewer] = (now, counts)
            self._known.move_to_end(caller.viewer)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return counts
