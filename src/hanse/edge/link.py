"""How it stands between the edge and its hub, for people and for programs."""

from datetime import datetime
from enum import StrEnum

import msgspec


class LinkState(StrEnum):
    """What the edge can say of its hub."""

    STARTING = "starting"
    CATCHING_UP = "catching_up"
    CONNECTED = "connected"
    AWAY = "away"  # cannot be reached; checks go on from the last state
    REFUSED = "refused"  # what it sends does not verify; nothing of it is applied
    ENDED = "access_ended"  # the hub no longer lets this edge in
    STOPPED = "stopped"


class Link(msgspec.Struct, frozen=True):
    """A state, since when, and what exactly is the matter."""

    state: LinkState
    since: datetime
    detail: str = ""

    @property
    def label(self) -> str:
        """In a few words, as it stands in the position of every check."""
        if self.state in (LinkState.CONNECTED, LinkState.CATCHING_UP):
            return "connected"
        since = self.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{self.state.value.replace('_', ' ')} since {since}"

    def turned(self, state: LinkState, now: datetime, detail: str = "") -> "Link":
        """The link in this state; `since` stays if it was in it already."""
        since = self.since if state is self.state else now
        return Link(state, since, detail)
