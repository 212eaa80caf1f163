"""What hangs together, as plain values: nodes and the lines between them.

`static/graph.js` draws it and asks `more` of a node for its neighbours, which
the server answers with `neighbours_json`. Beside the picture stands a list that
says the same and can be walked with the keyboard. How many neighbours are given
is the caller's bound; `hidden` says how many more there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class NodeKind(StrEnum):
    """What a node is; each has a shape of its own, so colour is never alone."""

    VALUE = "value"
    BRAND = "brand"
    CAMPAIGN = "campaign"
    FILE = "file"
    HOST = "host"
    MEMBER = "member"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Node:
    """`label` is short and defanged; `href` its page; `more` gives its neighbours."""

    id: str
    label: str
    kind: NodeKind
    href: str = ""
    more: str = ""
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """`source` is related to `target`; `label` says how."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A part of the whole, seen from `centre`."""

    centre: str
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]

    def label_of(self, node_id: str) -> str:
        """The label of a node of this graph."""
        return self._by_id()[node_id].label

    def node(self, node_id: str) -> Node:
        """A node of this graph."""
        return self._by_id()[node_id]

    def _by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}


def graph(centre: str, nodes: Sequence[Node], lines: Sequence[Line]) -> Graph:
    """Raises `ValueError` for a line or a centre that names a node not given."""
    known = {node.id for node in nodes}
    named = {centre} | {end for line in lines for end in (line.source, line.target)}
    if not named <= known:
        raise ValueError(f"nodes are named that are not given: {sorted(named - known)}")
    return Graph(centre, tuple(nodes), tuple(lines))


def neighbours_json(part: Graph) -> dict[str, Any]:
    """What a page embeds, and what `more` answers with."""
    return {
        "centre": part.centre,
        "nodes": [
            {
                "id": node.id,
                "label": node.label,
                "kind": node.kind,
                "href": node.href,
                "more": node.more,
                "hidden": node.hidden,
            }
            for node in part.nodes
        ],
        "lines": [
            {"source": line.source, "target": line.target, "label": line.label}
            for line in part.lines
        ],
    }
