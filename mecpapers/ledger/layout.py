"""The graph of a paper laid out in columns: nodes that rest on the same and carry the same share a box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mecpapers.ledger.graph import Graph, Node, graph, rests_on_differing
from mecpapers.ledger.reading import Ledger
from mecpapers.ledger.rows import Verdict

_COLUMN = {"equations": 0, "choices": 0, "errata": 1, "claims": 2}
_SWEEPS = 8  # of the ordering; it settles after four or five

Edge = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Box:
    """Nodes of one kind that require the same and are required by the same."""

    kind: str
    names: tuple[str, ...]
    column: int  # equations and choices; then errata; then claims, each right of those that it requires
    differs: bool = False
    shaken: bool = False  # it rests on a claim that differs


@dataclass(frozen=True)
class Layout:
    """Boxes, a column from its top to its bottom, and edges from a box to one that it requires."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def column(self, k: int) -> tuple[int, ...]:
        """The boxes of a column, by their places in ``boxes``."""
        return tuple(i for i, box in enumerate(self.boxes) if box.column == k)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return 1 + max((box.column for box in self.boxes), default=-1)


def layout(rows: Ledger) -> Layout:
    """Lay out the graph of one paper, without the edges that follow from others."""
    g = graph(rows)
    edges = direct(g)
    differing = {("claims", c.key) for c in rows.claims if c.expected is Verdict.DIFFERS}
    shaken = {("claims", key) for key in rests_on_differing(rows)}
    required: dict[Node, set[Node]] = {node: set() for node in g.nodes}
    carried: dict[Node, set[Node]] = {node: set() for node in g.nodes}
    for upper, lower in edges:
        required[upper].add(lower)
        carried[lower].add(upper)
    columns = _columns(g.nodes, required)
    used = sorted(set(columns.values()))
    groups: dict[object, list[Node]] = {}
    for node in g.nodes:
        neighbours = frozenset(required[node]), frozenset(carried[node])
        alike = (node[0], columns[node], node in differing, node in shaken, *neighbours)
        groups.setdefault(alike, []).append(node)
    place = {node: i for i, nodes in enumerate(groups.values()) for node in nodes}
    boxes = [
        Box(
            kind=nodes[0][0],
            names=tuple(name for _, name in nodes),
            column=used.index(columns[nodes[0]]),
            differs=nodes[0] in differing,
            shaken=nodes[0] in shaken,
        )
        for nodes in groups.values()
    ]
    return _ordered(boxes, sorted({(place[a], place[b]) for a, b in edges}))


def direct(g: Graph) -> tuple[tuple[Node, Node], ...]:
    """The edges that do not follow from others: what is required by something required is left out."""
    required: dict[Node, list[Node]] = {}
    for upper, lower in g.edges:
        required.setdefault(upper, []).append(lower)
    beneath = {node: g.beneath(node) for node in g.nodes}
    return tuple(
        (upper, lower) for upper, lower in g.edges if not any(lower in beneath[other] for other in required[upper])
    )


def _columns(nodes: Iterable[Node], required: Mapping[Node, Iterable[Node]]) -> dict[Node, int]:
    found: dict[Node, int] = {}

    def column(node: Node) -> int:
        if node not in found:
            below = [column(other) + 1 for other in required[node] if other[0] == node[0]]
            found[node] = max([_COLUMN[node[0]], *below])
        return found[node]

    for node in nodes:
        column(node)
    return found


def _ordered(boxes: Sequence[Box], edges: Sequence[Edge]) -> Layout:
    """Each column sorted by the mean height of a box's neighbours, some times over; in fractions, so that ties are."""
    near: dict[int, list[int]] = {i: [] for i in range(len(boxes))}
    for a, b in edges:
        near[a].append(b)
        near[b].append(a)
    columns = [[i for i, box in enumerate(boxes) if box.column == k] for k in sorted({b.column for b in boxes})]
    height = {i: Fraction(2 * k + 1, 2 * len(column)) for column in columns for k, i in enumerate(column)}
    for _ in range(_SWEEPS):
        for column in columns:
            column.sort(key=lambda i: sum((height[j] for j in near[i]), Fraction(0)) / max(len(near[i]), 1))
            height |= {i: Fraction(2 * k + 1, 2 * len(column)) for k, i in enumerate(column)}
    order = [i for column in columns for i in column]
    place = {i: k for k, i in enumerate(order)}
    return Layout(tuple(boxes[i] for i in order), tuple(sorted((place[a], place[b]) for a, b in edges)))
