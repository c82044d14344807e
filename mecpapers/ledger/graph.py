"""What rests on what: claims, equations, errata and choices of a paper, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mecpapers.ledger.reading import Ledger
from mecpapers.ledger.rows import Verdict
from mecpapers.ledger.tables import Table

MOST = 8  # claims that a line of the table names
KINDS = ("claims", "equations", "errata", "choices")
Node = tuple[str, str]  # kind and key; a claim and an erratum may bear one name
Steps = dict[Node, list[Node]]


@dataclass(frozen=True)
class Graph:
    """Nodes, and edges from a row to what it requires."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[Node, Node], ...]

    @cached_property
    def _steps(self) -> tuple[Steps, Steps]:
        """The nodes one step down and one step up from each."""
        down: Steps = {node: [] for node in self.nodes}
        up: Steps = {node: [] for node in self.nodes}
        for upper, lower in self.edges:
            down[upper].append(lower)
            up[lower].append(upper)
        return down, up

    def beneath(self, node: Node) -> frozenset[Node]:
        """All that a node rests on, directly or not."""
        return _reach(node, self._steps[0])

    def above(self, node: Node) -> frozenset[Node]:
        """All that rests on a node, directly or not."""
        return _reach(node, self._steps[1])


def _reach(node: Node, steps: Steps) -> frozenset[Node]:
    seen: set[Node] = set()
    open_ends = [node]
    while open_ends:
        new = [n for n in steps.get(open_ends.pop(), ()) if n not in seen]
        seen.update(new)
        open_ends.extend(new)
    return frozenset(seen)


def graph(rows: Ledger) -> Graph:
    """The graph of one paper; a node without an edge is left out."""
    edges = [
        (("claims", claim.key), (kind, name))
        for claim in rows.claims
        for kind in KINDS
        for name in getattr(claim.requires, kind)
    ]
    edges += [(("errata", row.key), ("equations", name)) for row in rows.errata for name in row.equations]
    order = {kind: i for i, kind in enumerate(KINDS)}
    nodes = dict.fromkeys(node for edge in edges for node in edge)
    return Graph(tuple(sorted(nodes, key=lambda node: order[node[0]])), tuple(edges))


def rests_on_differing(rows: Ledger) -> dict[str, tuple[str, ...]]:
    """For each claim the claims beneath it that are expected to DIFFER; only claims with such."""
    g = graph(rows)
    found = {}
    for claim in rows.claims:
        beneath = g.beneath(("claims", claim.key))
        bad = [c.key for c in rows.claims if ("claims", c.key) in beneath and c.expected is Verdict.DIFFERS]
        if bad:
            found[claim.key] = tuple(bad)
    return found


def show_graph(rows: Ledger) -> Table:
    """What each equation, erratum and choice carries, the most first."""
    g = graph(rows)
    names = {"equations": "equation", "errata": "erratum", "choices": "choice", "claims": "claim"}
    lines = []
    for node in g.nodes:
        carried = sorted(key for kind, key in g.above(node) if kind == "claims")
        if carried:
            rest = f" and {len(carried) - MOST} more" if len(carried) > MOST else ""
            keys = ", ".join(f"`{key}`" for key in carried[:MOST]) + rest
            lines.append((names[node[0]], f"`{node[1]}`", str(len(carried)), keys))
    lines.sort(key=lambda line: -int(line[2]))
    return Table(("kind", "if this falls", "claims", "so do"), tuple(lines))
