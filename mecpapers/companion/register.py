"""Registers: the book's long tables of claims, errata and equations, a row of which can be linked to.

They are Markdown tables within an element of class ``register``; ``register.js`` adds filters and sorting on the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from mecpapers.companion import pages as book
from mecpapers.companion.equations import equation_rows, numbers
from mecpapers.ledger import NAMES, PAPERS, Claim, Entry, Erratum, Table, read

_SETTLED = "## The ledger"  # the section of a chapter that settles its claims


@dataclass(frozen=True)
class Register:
    """A table whose rows bear anchors."""

    table: Table

    def _repr_markdown_(self) -> str:
        if not self.table.rows:
            return "No row holds this text."
        return f'<div class="register">\n\n{self.table._repr_markdown_()}\n\n</div>'

    def __repr__(self) -> str:
        return repr(self.table)


def claims(entries: Iterable[Entry], notebooks: Path) -> Register:
    """The ledger: statement, printed, measured, verdict, place; what else is known of a row unfolds.

    Parameters
    ----------
    notebooks : the folder of the notebooks, from which links lead
    """
    chapters = {f"{paper}/{Path(page.file).stem}": page for paper in PAPERS for page in book.read(notebooks / paper)}
    rows = []
    for e in entries:
        c = e.claim
        page = chapters.get(c.chapter)
        section = "#the-ledger" if page and f"\n{_SETTLED}\n" in f"\n{page.text}\n" else ""
        chapter = f"[{page.title if page else c.chapter}]({c.chapter}.ipynb{section})"
        rows.append(
            (
                f"{c.statement}<br>{_anchor('claim', c.key)} {_folded(_remarks(e))}",
                e.published_text,
                e.measured_text,
                f"**{e.verdict.value}**",
                f"{NAMES[e.paper]}, {c.where}<br>{chapter}",
            )
        )
    return Register(Table(("the paper says", "printed", "measured", "verdict", "where"), tuple(rows)))


def _remarks(entry: Entry) -> Iterable[str]:
    c = entry.claim
    links = "; ".join(f"[`{key}`](errata.ipynb#erratum-{key})" for key in c.requires.errata)
    weak = ", ".join(f"[`{key}`](claims.ipynb#claim-{key})" for key in entry.rests_on_differs)
    said = {
        "False if": c.fails_if,
        "Note:": c.note,
        "Rests on": f"{weak}, which differs" if weak else "",
        "Basis:": ", ".join(c.basis),
        "Tolerance from:": ", ".join(c.tolerance_from),
        "Erratum:": links,
        "What would flip it:": entry.flips_text,
        "Three seeds:": entry.seeds or "",
    }
    return (f"*{name}* {text}" for name, text in said.items() if text)


def errata(rows: Mapping[str, Iterable[Erratum]], claims: Mapping[str, Iterable[Claim]], notebooks: Path) -> Register:
    """The errata of all papers: printed, what it should read, place; the evidence unfolds, with what rests on it.

    Parameters
    ----------
    rows, claims : of each paper; those claims are named that require an erratum
    notebooks : the folder of the notebooks, from which links lead
    """
    mended: dict[str, list[str]] = {}
    for claim in chain(*claims.values()):
        for key in claim.requires.errata:
            mended.setdefault(key, []).append(f"[`{claim.key}`](claims.ipynb#claim-{claim.key})")
    laid = []
    for paper, found in rows.items():
        home = book.homes(paper, book.read(notebooks / paper))
        for row in found:
            remarks = [row.evidence, f"*Claims that rest on it:* {', '.join(mended.get(row.key, ['none']))}"]
            place = _equation(paper, row.where, home) if row.where in row.equations else row.where
            links = ", ".join(_equation(paper, where, home) for where in row.equations if where != row.where)
            laid.append(
                (
                    f"{row.printed}<br>{_anchor('erratum', row.key)} {_folded(remarks)}",
                    row.corrected,
                    "shown by a computation" if row.shown else "seen by reading",
                    f"{NAMES[paper]}, {place}" + (f"<br>equation {links}" if links else ""),
                )
            )
    return Register(Table(("printed", "should read", "how we know", "where"), tuple(laid)))


def equations(paper: str, root: Path, contains: str = "") -> Register:
    """The equation map of a paper: function, tests, pages, and what is printed wrong in it.

    Parameters
    ----------
    root : of the checkout
    contains : show only the rows that hold this text, in any case; there may be none
    """
    wrong: dict[str, list[str]] = {}
    for erratum in read(paper).errata:
        for where in erratum.equations:
            wrong.setdefault(where, []).append(f"[`{erratum.key}`](../errata.ipynb#erratum-{erratum.key})")
    rows = [row | {"errata": ", ".join(wrong.get(row["equation"], []))} for row in equation_rows(paper, root)]
    head = tuple(rows[0])
    shown = [row for row in rows if contains.lower() in " ".join(row.values()).lower()]
    for row in shown:
        place = re.sub(r"\W+", "-", row["equation"]).strip("-").lower()
        row["equation"] = f'<a id="row-{place}" class="permalink" href="#row-{place}">{row["equation"]}</a>'
    return Register(Table(head, tuple(tuple(row.values()) for row in shown)))


def _equation(paper: str, where: str, home: Mapping[str, Sequence[str]]) -> str:
    """A link to where an equation is displayed; its number alone if it has none."""
    for number in numbers(where):
        for file in home.get(number, [])[:1]:
            return f"[{where}]({paper}/{file}#{paper}-{number})"
    return where


def _anchor(kind: str, key: str) -> str:
    name = f"{kind}-{key}"
    return f'<a id="{name}" class="permalink" href="#{name}" title="Link to this row">{key}</a>'


def _folded(remarks: Iterable[str]) -> str:
    return f"<details><summary>remarks</summary>{'<br>'.join(remarks)}</details>"
