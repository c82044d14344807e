"""Verdicts follow from numbers, in both directions."""

import pytest

from mecpapers import ledger
from mecpapers.ledger import Claim, Entry, Verdict


def claim(**changes):
    row = {
        "key": "k",
        "where": "(1)",
        "statement": "s",
        "published": 2.0,
        "unit": "s",
        "tolerance": 0.1,
        "measure": None,
    }
    return Claim(**{**row, **changes})


@pytest.mark.parametrize(
    ("expected", "measured", "verdict"),
    [
        (Verdict.REPRODUCED, 2.05, Verdict.REPRODUCED),
        (Verdict.REPRODUCED, 2.2, Verdict.DIFFERS),
        (Verdict.REPRODUCED, float("nan"), Verdict.DIFFERS),
        (Verdict.CALIBRATED, 1.95, Verdict.CALIBRATED),
        (Verdict.CORRECTED, 5.0, Verdict.DIFFERS),
        (Verdict.DIFFERS, 2.0, Verdict.REPRODUCED),  # a claim that begins to hold is noticed, too
        (Verdict.REPRODUCED, None, Verdict.UNCHECKABLE),
    ],
)
def test_verdict(expected, measured, verdict):
    assert claim(expected=expected).verdict(measured) is verdict


def test_rounding_digits_stay_out_of_tables():
    gap = claim(published=0.0, tolerance=1e-6, unit="relative gap")
    entry = Entry(paper="video", claim=gap, measured=3.21e-9, verdict=Verdict.REPRODUCED)
    assert entry.measured_text == "relative gap below 1e-6"
    wide = Entry(paper="video", claim=claim(), measured=1.9512, verdict=Verdict.REPRODUCED)
    assert wide.measured_text == "1.951 s"


def test_tables_read_in_markdown_and_in_a_terminal():
    table = ledger.Table(("a", "b"), (("1|2", "x"),))
    assert table._repr_markdown_() == "| a | b |\n| --- | --- |\n| 1\\|2 | x |"
    assert repr(table) == "a    b\n1|2  x"


def test_keys_are_unique_and_every_claim_says_what_would_flip_it():
    for rows in (*ledger.load().values(), *ledger.load_errata().values()):
        keys = [row.key for row in rows]
        assert len(keys) == len(set(keys))
    for claims in ledger.load().values():
        for row in claims:
            assert row.flips
            assert (row.measure is None) == (row.expected is Verdict.UNCHECKABLE)
            assert row.measure is not None or row.note


def test_an_unknown_key_is_refused():
    with pytest.raises(KeyError, match="nonsense"):
        ledger.check(["video"], ["nonsense"])
