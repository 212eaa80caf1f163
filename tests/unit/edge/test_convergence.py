"""After whatever happened, an edge holds exactly what a fresh edge would."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.base.errors import Refusal
from hanse.edge.running import Edge
from tests.unit.edge.builders import an_edge, held_by
from tests.unit.edge.simulated_hub import MemberFeed, SimulatedHub

VALUES = [
    "url:https://a.example/",
    "domain:b.example",
    "ip:192.0.2.1",
    "domain:c.example",
]
CIRCLES = ["banks", "shops"]
AUDIENCES = [["all"], ["banks"], ["shops"], ["banks", "shops"], []]

_deeds = st.one_of(
    st.tuples(st.just("report"), st.sampled_from(VALUES), st.sampled_from(AUDIENCES)),
    st.tuples(
        st.just("revise"), st.integers(0, 9), st.sampled_from([None, *AUDIENCES])
    ),
    st.tuples(st.just("withdraw"), st.integers(0, 9)),
    st.tuples(
        st.just("join"), st.sampled_from(CIRCLES), st.sampled_from(["ours", "theirs"])
    ),
    st.tuples(
        st.just("leave"), st.sampled_from(CIRCLES), st.sampled_from(["ours", "theirs"])
    ),
    st.tuples(st.just("act")),
    # The edge follows for so many calls, then the line breaks.
    st.tuples(st.just("follow"), st.integers(0, 6), st.integers(1, 4)),
    st.tuples(st.just("restart")),
    st.tuples(st.just("read_again")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_deeds, max_size=40))
def test_any_history_ends_like_a_fresh_edge(deeds: list[tuple[Any, ...]]):
    with tempfile.TemporaryDirectory() as folder:
        hub = SimulatedHub()
        history = History(hub, Path(folder) / "old")
        for deed, *given_ in deeds:
            getattr(history, deed)(*given_)
        history.follow(None, 100)

        fresh = an_edge(Path(folder) / "new", hub)
        asyncio.run(fresh.follower.catch_up())

        truth = hub.held_by("ours")
        assert held_by(fresh.local) == truth
        assert held_by(history.edge.local) == truth
        assert found_by(history.edge) == found_by(fresh)
        assert found_by(fresh) == {key for key, _ in truth.values()}
        for edge in (history.edge, fresh):
            asyncio.run(edge.stop())


def found_by(edge: Edge) -> set[str]:
    """The values that a check finds, whatever their score."""
    found = set()
    for key in VALUES:
        kind, _, value = key.partition(":")
        result = edge.check((kind, value))
        if result.matched is not None and result.claims:
            found.add(f"{result.matched.kind}:{result.matched.value}")
    return found


class History:
    """Deeds by name, against one hub and one edge that lives through them."""

    def __init__(self, hub: SimulatedHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.claims: list[Any] = []
        self.edge = an_edge(folder, hub)

    def report(self, key: str, to: list[str]) -> None:
        self.claims.append(self.hub.report(key, to=to, confidence=70))

    def revise(self, which: int, to: list[str] | None) -> None:
        if self.claims:
            claim = self.claims[which % len(self.claims)]
            self.hub.revise(claim, confidence=80, to=to)

    def withdraw(self, which: int) -> None:
        if self.claims:
            self.hub.withdraw(self.claims[which % len(self.claims)])

    def join(self, circle: str, member: str) -> None:
        self.hub.join(circle, member)

    def leave(self, circle: str, member: str) -> None:
        self.hub.leave(circle, member)

    def act(self) -> None:
        self.hub.note_act()

    def follow(self, calls: int | None, limit: int) -> None:
        follower = self.edge.follower
        follower._feed = MemberFeed(self.hub, breaks_after=calls)
        follower._limit = limit
        try:
            asyncio.run(follower.catch_up())
        except Refusal:
            assert calls is not None

    def restart(self) -> None:
        asyncio.run(self.edge.stop())
        self.edge = an_edge(self.folder, self.hub)
        self.edge._build_index()

    def read_again(self) -> None:
        asyncio.run(self.edge.follower._restart_reading())
