"""The ledger laid out: Markdown tables for notebooks, lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mecpapers.ledger.plain import plain, rounded
from mecpapers.ledger.reading import NAMES, PAPERS
from mecpapers.ledger.rows import Choice, Entry, Erratum, Verdict


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
                _said(e),
                e.published_text,
                e.measured_text,
                f"**{e.verdict.value}**",
            )
            for e in entries
        ),
    )


def _said(entry: Entry) -> str:
    """The statement, what would make it false, our remark, and what it rests on that DIFFERS."""
    c = entry.claim
    weak = ", ".join(f"`{key}`" for key in entry.rests_on_differs)
    remarks = (
        f"*false if {c.fails_if}*" if c.fails_if else "",
        f"*{c.note}*" if c.note else "",
        f"*rests on {weak}, which differs*" if weak else "",
        "*another seed flips it*" if entry.seeds == "does not hold" else "",
    )
    return c.statement + "".join(f" ({remark})" for remark in remarks if remark)


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


def show_choices(choices: Iterable[Choice]) -> Table:
    """What a paper leaves open, what we chose, and what else could be chosen."""

    def text(value: object) -> str:
        return rounded(value, 3) if isinstance(value, float) else str(value)

    return Table(
        ("choice", "what is left open", "ours", "others"),
        tuple(
            (f"`{c.key}`", c.statement, text(c.chosen), "; ".join(map(text, c.alternatives)) or "-") for c in choices
        ),
    )


def show_errata(errata: Iterable[Erratum]) -> Table:
    """Lay errata out as a table."""
    return Table(
        ("erratum", "printed", "should read", "evidence"),
        tuple((f"`{e.key}` {e.where}", e.printed, e.corrected, e.evidence) for e in errata),
    )
