"""The ledger laid out: Markdown tables for notebooks, lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mecpapers.ledger.plain import plain
from mecpapers.ledger.reading import NAMES, PAPERS
from mecpapers.ledger.rows import Claim, Entry, Erratum, Verdict


@dataclass(frozen=True)
class Table:
    """Rows that a notebook shows as a Markdown table and a terminal as text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def _repr_markdown_(self) -> str:
        lines = [self.header, tuple("---" for _ in self.header), *self.rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)

    def __repr__(self) -> str:
        widths = [max(len(line[i]) for line in (self.header, *self.rows)) for i in range(len(self.header))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (self.header, *self.rows)
        )


def show(entries: Iterable[Entry]) -> Table:
    """Lay entries out as a table."""
    return Table(
        ("claim", "the paper says", "published", "measured", "verdict"),
        tuple(
            (
                f"`{e.claim.key}` {e.claim.where}",
                e.claim.statement + (f" (*{e.claim.note}*)" if e.claim.note else ""),
                e.published_text,
                e.measured_text,
                f"**{e.verdict.value}**",
            )
            for e in entries
        ),
    )


def lines(entries: Sequence[Entry]) -> list[str]:
    """Lay entries out for a terminal, a line each and the statement below."""
    rows = [(e.verdict.value, e.claim.key, e.published_text, e.measured_text, plain(e.claim.where)) for e in entries]
    head = ("verdict", "claim", "published", "measured", "where")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
    laid = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, (*widths, 0), strict=True)).rstrip() for row in (head, *rows)
    ]
    return [laid[0], *(f"{line}\n    {plain(e.claim.statement)}" for line, e in zip(laid[1:], entries, strict=True))]


def show_counts(entries: Iterable[Entry]) -> Table:
    """How many claims of each paper have which verdict, a line a verdict."""
    verdicts = [(e.paper, e.verdict) for e in entries]
    papers = sorted({paper for paper, _ in verdicts}, key=PAPERS.index)
    return Table(
        ("claims", *(NAMES[paper] for paper in papers)),
        tuple((v.value.lower(), *(str(verdicts.count((paper, v))) for paper in papers)) for v in Verdict),
    )


def show_brief(entries: Iterable[Entry]) -> Table:
    """Lay entries out with nothing but the statement and the two numbers."""
    return Table(
        ("where", "the paper says", "published", "measured"),
        tuple(
            (
                f"{NAMES[e.paper]}, {plain(e.claim.where)}",
                plain(e.claim.statement),
                e.published_text,
                e.measured_text,
            )
            for e in entries
        ),
    )


def show_flips(claims: Iterable[Claim]) -> Table:
    """The what-flips table: which of our choices would change a verdict."""
    return Table(
        ("claim", "verdict", "what would flip it"),
        tuple((f"`{c.key}`", c.expected.value, c.flips or "nothing of our choice") for c in claims),
    )


def show_errata(errata: Iterable[Erratum]) -> Table:
    """Lay errata out as a table."""
    return Table(
        ("erratum", "printed", "should read", "evidence"),
        tuple((f"`{e.key}` {e.where}", e.printed, e.corrected, e.evidence) for e in errata),
    )
