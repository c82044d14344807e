"""What the papers state, what we measured, and the verdict; what is printed wrong, and what shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

from tqdm import tqdm

PAPERS = ("video", "fhei", "pose")
NAMES = {"video": "Paper I", "fhei": "Paper II", "pose": "Paper III"}
_ROUNDING = 1e-12  # a measured number as small as this is what rounding left of 0
NUMERICAL = 1e-6  # a tolerance this small bounds rounding, whose digits differ between machines


class Verdict(StrEnum):
    """How a claim stands."""

    REPRODUCED = "REPRODUCED"  # holds with what the paper gives
    CORRECTED = "CORRECTED"  # holds once an erratum is mended
    CALIBRATED = "CALIBRATED"  # fits with parameters or readings that were chosen because they fit
    DIFFERS = "DIFFERS"
    UNCHECKABLE = "UNCHECKABLE"  # the note gives the reason


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of a paper, and how to measure it.

    ``measure`` returns the number to hold beside ``published``; None where nothing can be measured. ``expected`` is
    the verdict that the tests hold us to: a claim that begins or ceases to hold fails them.
    """

    key: str
    where: str  # as printed: equation, figure, section
    statement: str
    published: float | None
    unit: str  # empty for a pure number
    tolerance: float  # absolute, in the unit
    measure: Callable[[], float] | None
    expected: Verdict = Verdict.REPRODUCED
    note: str = ""
    flips: str = "nothing of our choice"  # which of our choices would change the verdict

    def verdict(self, measured: float | None) -> Verdict:
        """Judge a measured number."""
        if measured is None or self.published is None:
            return Verdict.UNCHECKABLE
        if not abs(measured - self.published) <= self.tolerance:
            return Verdict.DIFFERS
        holds = (Verdict.REPRODUCED, Verdict.CORRECTED, Verdict.CALIBRATED)
        return self.expected if self.expected in holds else Verdict.REPRODUCED


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """Something printed wrong.

    ``shown`` computes the evidence and tells whether it stands; None where reading suffices (a slip of the pen).
    """

    key: str
    where: str
    printed: str
    corrected: str
    evidence: str
    shown: Callable[[], bool] | None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A claim of a paper after measuring."""

    paper: str
    claim: Claim
    measured: float | None
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """The entry as ``mecpapers claims --json`` prints it."""
        c = self.claim
        return {
            "key": c.key,
            "paper": self.paper,
            "where": c.where,
            "statement": c.statement,
            "published": c.published,
            "measured": self.measured,
            "unit": c.unit,
            "tolerance": c.tolerance,
            "verdict": self.verdict.value,
            "note": c.note,
            "flips": c.flips,
        }

    @property
    def measured_text(self) -> str:
        """The number with its unit; a rounding gap within its bound is named by the bound alone."""
        c = self.claim
        if self.measured is None:
            return "not measured"
        if c.published == 0 and abs(self.measured) <= c.tolerance <= NUMERICAL and c.tolerance:
            return f"{c.unit} below {_short(c.tolerance)}".strip()
        measured = 0.0 if abs(self.measured) < _ROUNDING else self.measured
        return f"{measured:.4g} {c.unit}".strip()

    @property
    def published_text(self) -> str:
        """The published number with its unit and our tolerance."""
        c = self.claim
        if c.published is None:
            return "-"
        slack = f" ± {_short(c.tolerance)}" if c.tolerance else ""
        return f"{c.published:g}{slack}" + (f" {c.unit}" if c.published else "")


def _short(number: float) -> str:
    """Two significant digits, 1e-6 rather than 1e-06."""
    return f"{number:.2g}".replace("e-0", "e-")


def load(papers: Sequence[str] = PAPERS) -> dict[str, tuple[Claim, ...]]:
    """Return the claims of each paper."""
    return {paper: import_module(f"mecpapers.{paper}.evidence.claims").CLAIMS for paper in papers}


def load_errata(papers: Sequence[str] = PAPERS) -> dict[str, tuple[Erratum, ...]]:
    """Return the errata of each paper."""
    return {paper: import_module(f"mecpapers.{paper}.evidence.errata").ERRATA for paper in papers}


def check(papers: Sequence[str] = PAPERS, keys: Iterable[str] | None = None) -> list[Entry]:
    """Measure the claims of some papers, or those named by ``keys``, and judge them.

    Raises
    ------
    KeyError
        if a key names no claim.
    """
    claims = [(paper, claim) for paper, rows in load(papers).items() for claim in rows]
    if keys is not None:
        by_key = {claim.key: (paper, claim) for paper, claim in claims}
        claims = [by_key[key] for key in keys]
    return [_judge(paper, claim) for paper, claim in tqdm(claims, desc="claims", unit="claim", disable=None)]


def _judge(paper: str, claim: Claim) -> Entry:
    measured = None if claim.measure is None else float(claim.measure())
    return Entry(paper=paper, claim=claim, measured=measured, verdict=claim.verdict(measured))


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
    rows = [(e.verdict.value, e.claim.key, e.published_text, e.measured_text, e.claim.where) for e in entries]
    head = ("verdict", "claim", "published", "measured", "where")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
    laid = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, (*widths, 0), strict=True)).rstrip() for row in (head, *rows)
    ]
    return [laid[0], *(f"{line}\n    {e.claim.statement}" for line, e in zip(laid[1:], entries, strict=True))]


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
            (f"{NAMES[e.paper]}, {e.claim.where}", e.claim.statement, e.published_text, e.measured_text)
            for e in entries
        ),
    )


def show_flips(claims: Iterable[Claim]) -> Table:
    """The what-flips table: which of our choices would change a verdict."""
    return Table(
        ("claim", "verdict", "what would flip it"), tuple((f"`{c.key}`", c.expected.value, c.flips) for c in claims)
    )


def show_errata(errata: Iterable[Erratum]) -> Table:
    """Lay errata out as a table."""
    return Table(
        ("erratum", "printed", "should read", "evidence"),
        tuple((f"`{e.key}` {e.where}", e.printed, e.corrected, e.evidence) for e in errata),
    )
