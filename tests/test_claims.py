"""Every claim still has the verdict the ledger expects, and every erratum its evidence."""

import pytest

from mecpapers import ledger

CLAIMS = [(paper, claim) for paper, claims in ledger.load().items() for claim in claims]
ERRATA = [erratum for errata in ledger.load_errata().values() for erratum in errata]


@pytest.mark.parametrize(("paper", "claim"), CLAIMS, ids=[c.key for _, c in CLAIMS])
def test_verdict(paper, claim):
    (entry,) = ledger.check([paper], [claim.key])
    assert entry.verdict is claim.expected, (
        f"measured {entry.measured}, published {claim.published} ± {claim.tolerance}"
    )


@pytest.mark.parametrize("erratum", [e for e in ERRATA if e.shown], ids=lambda e: e.key)
def test_erratum_is_shown(erratum):
    assert erratum.shown()
