"""What the papers state, what we measured, and the verdict; what is printed wrong, and what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tqdm import tqdm

from mecpapers.ledger import flips
from mecpapers.ledger.graph import Graph, graph, rests_on_differing, show_graph
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
from mecpapers.ledger.tables import Table, lines, show, show_choices, show_counts, show_errata

__all__ = [
    "NAMES",
    "PAPERS",
    "STANDARD_ERRORS",
    "Basis",
    "Choice",
    "Claim",
    "Entry",
    "Erratum",
    "Graph",
    "Ledger",
    "Measure",
    "Measured",
    "Relation",
    "Requires",
    "Source",
    "Table",
    "Verdict",
    "check",
    "graph",
    "lines",
    "load",
    "load_errata",
    "plain",
    "read",
    "rests_on_differing",
    "show",
    "show_choices",
    "show_counts",
    "show_errata",
    "show_graph",
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
    ledgers = {paper: read(paper) for paper in papers}
    claims = [(paper, claim) for paper, rows in ledgers.items() for claim in rows.claims]
    if keys is not None:
        by_key = {claim.key: (paper, claim) for paper, claim in claims}
        claims = [by_key[key] for key in keys]
    trials = {paper: flips.stored(paper)[1] for paper in papers}
    weak = {paper: rests_on_differing(rows) for paper, rows in ledgers.items()}
    return [
        replace(judge(paper, claim, trials[paper].get(claim.key, ())), rests_on_differs=weak[paper].get(claim.key, ()))
        for paper, claim in tqdm(claims, desc="claims", unit="claim", disable=None)
    ]


def judge(paper: str, claim: Claim, trials: Sequence[flips.Trial] = ()) -> Entry:
    """Measure one claim, and judge it; ``trials`` are what was stored of it under other choices and seeds."""
    if claim.measure is None:
        return Entry(paper=paper, claim=claim, measured=None, verdict=claim.verdict(None))
    measured = claim.measure()
    measured = measured if isinstance(measured, Measured) else Measured(float(measured))
    holds = claim.holds(measured)
    agree = flips.agrees(claim, trials, holds)
    return Entry(
        paper=paper,
        claim=claim,
        measured=measured,
        verdict=claim.verdict(measured),
        computed=flips.told(claim, trials, holds),
        seeds=None if agree is None else "holds" if agree else "does not hold",
    )
