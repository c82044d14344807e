"""The equation map: every row leads to a function, a test and a page that exist."""

import re
from pathlib import Path

import pytest

from mecpapers.companion.equations import MOST, equation_rows
from mecpapers.ledger import PAPERS

ROOT = Path(__file__).parents[1]


WITH_EQUATIONS = [paper for paper in PAPERS if paper != "pose"]  # of which no equation is at hand


@pytest.mark.parametrize("paper", WITH_EQUATIONS)
def test_every_equation_has_a_test_and_a_page(paper):
    for row in equation_rows(paper, ROOT):
        assert row["tests"], f"{row['equation']}: no test names {row['function']}"
        assert row["pages"], f"{row['equation']}: no page shows it"
        for file, said in re.findall(r"`(test_\w+)`: ([\w ]+?)(?=;| and \d+ more|$)", row["tests"]):
            name = said.replace(" ", "_")
            assert f"def test_{name}(" in (ROOT / "tests" / paper / f"{file}.py").read_text(encoding="utf-8")
        for page in re.findall(r"\]\((\S+\.ipynb)\)", row["pages"]):
            assert (ROOT / "notebooks" / paper / page).exists()
        assert 1 <= len(re.findall(r"`test_", row["tests"])) <= MOST


def test_tests_of_the_functions_own_file_come_first():
    rows = {row["equation"]: row for row in equation_rows("video", ROOT)}
    assert rows["(4)"]["tests"].startswith("`test_networks`: ")
    assert rows["(8)"]["tests"].startswith("`test_scenario`: ")
    assert "08-complexity.ipynb" in rows["(3)"]["pages"].split(";")[0]


def test_a_range_names_all_between():
    rows = {row["equation"]: row for row in equation_rows("video", ROOT)}
    assert "05-algorithms-1-2.ipynb" in rows["(28)"]["pages"]


def test_outside_a_checkout_there_is_no_map(tmp_path):
    with pytest.raises(ValueError, match="must be a checkout"):
        equation_rows("video", tmp_path)
