"""What the papers state, what we measured, and the verdict; what is printed wrong, and what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tqdm import tqdm

from mecpapers.ledger.plain import plain
from mecpapers.ledger.reading import NAMES, PAPERS, Ledger, read
from mecpapers.ledger.rows import (
    STANDARD_ERRORS,
    Basis,
    Choice,
    Claim,
    Entry,
    Erratum,
    Measure,
    Measured,
    Relation,
    Requires,
    Source,
    Verdict,
)
from mecpapers.ledger.tables import Table, lines, show, show_brief, show_counts, show_errata, show_flips

__all__ = [
    "NAMES",
    "PAPERS",
    "STANDARD_ERRORS",
    "Basis",
    "Choice",
    "Claim",
    "Entry",
    "Erratum",
    "Ledger",
    "Measure",
    "Measured",
    "Relation",
    "Requires",
    "Source",
    "Table",
    "Verdict",
    "check",
    "lines",
    "load",
    "load_errata",
    "plain",
    "read",
    "show",
    "show_brief",
    "show_counts",
    "show_errata",
    "show_flips",
]


def load(papers: Sequence[str] = PAPERS) -> dict[str, tuple[Claim, ...]]:
    """Return the claims of each paper."""
    return {paper: read(paper).claims for paper in papers}


def load_errata(papers: Sequence[str] = PAPERS) -> dict[str, tuple[Erratum, ...]]:
    """Return the errata of each paper."""
    return {paper: read(paper).errata for paper in papers}


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
    return [judge(paper, claim) for paper, claim in tqdm(claims, desc="claims", unit="claim", disable=None)]


def judge(paper: str, claim: Claim) -> Entry:
    """Measure one claim, and judge it."""
    measured = None if claim.measure is None else claim.measure()
    if measured is not None and not isinstance(measured, Measured):
        measured = Measured(float(measured))
    return Entry(paper=paper, claim=claim, measured=measured, verdict=claim.verdict(measured))
