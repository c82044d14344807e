"""Every claim still has the verdict the ledger expects, and every erratum its evidence."""

from pathlib import Path

import pytest

from mecpapers import ledger

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
