"""What the first page shows of the ledger: a bar of verdicts a paper, and small pictures of findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from mecpapers.ledger import NAMES, PAPERS, Entry, Verdict, show_counts

_PAGE = "../notebooks/claims.html"  # as seen from the first page
_MEANING = {
    Verdict.REPRODUCED: "holds with what the paper gives",
    Verdict.CORRECTED: "holds once an error in print is mended",
    Verdict.CALIBRATED: "holds with values or readings that we chose or fitted",
    Verdict.RECONSTRUCTED: "holds in our reconstruction, or on networks and data of our own",
    Verdict.DIFFERS: "does not hold",
    Verdict.UNCHECKABLE: "needs what we do not have",
}


@dataclass(frozen=True)
class VerdictChart:
    """How many claims of each paper have which verdict; each part is a link to its rows in the ledger."""

    entries: tuple[Entry, ...]

    def _repr_html_(self) -> str:
        rows = "".join(self._row(paper) for paper in PAPERS)
        keys = "".join(
            f'<a href="{_PAGE}#verdict={v.value}" title="{_MEANING[v]}"><i class="verdict-{v.value.lower()}"></i>'
            f"{v.value.lower()}: {_MEANING[v]}</a>"
            for v in Verdict
        )
        return f'<div class="verdict-chart">{rows}<div class="verdict-key">{keys}</div></div>'

    def _row(self, paper: str) -> str:
        found = [e.verdict for e in self.entries if e.paper == paper]
        count = {v: found.count(v) for v in Verdict if v in found}
        parts = "".join(
            f'<a class="verdict-{v.value.lower()}" style="flex-grow:{n}"'
            f' href="{_PAGE}#paper={quote(NAMES[paper])}&amp;verdict={v.value}"'
            f' title="{NAMES[paper]}: {n} of {len(found)} claims: {_MEANING[v]}"'
            f' aria-label="{NAMES[paper]}, {v.value.lower()}: {n} of {len(found)} claims">{n}</a>'
            for v, n in count.items()
        )
        return f'<div class="verdict-row"><span>{NAMES[paper]}</span><div>{parts}</div></div>'

    def __repr__(self) -> str:
        return repr(show_counts(self.entries))


@dataclass(frozen=True)
class Bars:
    """A few numbers as bars, each with a label and the number as it is to be read."""

    rows: Sequence[tuple[str, float, str]]

    def _repr_html_(self) -> str:
        most = max(value for _, value, _ in self.rows)
        bars = "".join(
            f'<div><span>{escape(label)}</span><p><i style="width:{50 * value / most:.1f}%"></i>'
            f"<b>{escape(text)}</b></p></div>"
            for label, value, text in self.rows
        )
        return f'<div class="bars">{bars}</div>'

    def __repr__(self) -> str:
        return "\n".join(f"{label}: {text}" for label, _, text in self.rows)


def glue(name: str, value: Any) -> None:
    """Put a value down for other pages, which Jupyter Book can show; nothing, where it is not installed."""
    try:
        from myst_nb import glue
    except ImportError:
        return
    glue(name, value, display=False)
