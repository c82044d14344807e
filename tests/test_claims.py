"""Every claim still has the verdict the ledger expects, and every erratum its evidence."""

import inspect
from pathlib import Path

import pytest

from mecpapers import ledger
from mecpapers.ledger import flips

ROOT = Path(__file__).parents[1]
LEDGERS = {paper: ledger.read(paper) for paper in ledger.PAPERS}
CLAIMS = [(paper, claim) for paper, rows in LEDGERS.items() for claim in rows.claims]
ERRATA = [erratum for rows in LEDGERS.values() for erratum in rows.errata]


@pytest.mark.parametrize(("paper", "claim"), CLAIMS, ids=[c.key for _, c in CLAIMS])
def test_verdict(paper, claim):
    (entry,) = ledger.check([paper], [claim.key])
    assert entry.verdict is claim.expected, (
        f"measured {entry.measured}, published {claim.published} ± {claim.tolerance}"
    )


@pytest.mark.parametrize("paper", ledger.PAPERS)
def test_stored_flips_are_of_these_rows_and_this_code(paper):
    assert not flips.faults(paper, LEDGERS[paper])


def test_no_claim_is_expected_to_be_better_than_its_basis_allows():
    order = list(ledger.Verdict)
    for _, claim in CLAIMS:
        best = max(order.index({"given": "REPRODUCED", "mended": "CORRECTED", "fitted": "CALIBRATED",
            "chosen": "CALIBRATED"}.get(basis, "RECONSTRUCTED")) for basis in claim.basis)  # fmt: skip
        assert order.index(claim.expected) >= best, claim.key


def test_no_tolerance_is_without_a_source():
    for _, claim in CLAIMS:
        assert (claim.tolerance is None or claim.tolerance_from) and "chosen" not in claim.tolerance_from, claim.key
        assert claim.relation is not ledger.Relation.HOLDS or claim.measure is None or claim.fails_if, claim.key


def test_what_our_reconstruction_shows_is_never_called_reproduced():
    assert all(claim.best is ledger.Verdict.RECONSTRUCTED for claim in LEDGERS["pose"].claims)


@pytest.mark.parametrize("paper", ledger.PAPERS)
def test_varied_choices_begin_with_what_the_measure_takes(paper):
    choices = {choice.key: choice for choice in LEDGERS[paper].choices}
    for claim in LEDGERS[paper].claims:
        for name in claim.varied:
            default = inspect.signature(claim.measure).parameters[name].default
            assert default in (choices[name].chosen, *choices[name].alternatives), claim.key


@pytest.mark.parametrize("paper", ledger.PAPERS)
def test_the_graph_names_every_row_that_carries_one(paper):
    g = ledger.graph(LEDGERS[paper])
    for claim in LEDGERS[paper].claims:
        for key in claim.requires.claims:
            assert ("claims", claim.key) in g.above(("claims", key))


@pytest.mark.parametrize("erratum", [e for e in ERRATA if e.shown], ids=lambda e: e.key)
def test_erratum_is_shown(erratum):
    assert erratum.shown()


def test_every_text_reads_in_a_terminal():
    for row in (*(claim for _, claim in CLAIMS), *ERRATA):
        for name in ("where", "statement", "note", "flips", "fails_if", "printed", "corrected", "evidence"):
            text = ledger.plain(getattr(row, name, ""))
            assert not set(text) & set("$\\"), row.key
            assert "\n" not in text


def test_every_claim_is_settled_in_a_notebook():
    for _, claim in CLAIMS:
        assert (ROOT / "notebooks" / f"{claim.chapter}.ipynb").is_file(), claim.key
