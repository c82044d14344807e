"""A fault that no longer fits is told, and a fault is laid at the functions that it touches."""

import csv
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mecpapers import ledger

pytestmark = pytest.mark.checkout

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
try:
    import check
    from check import Fault

    _spec = importlib.util.spec_from_file_location("faults_main", HERE / "__main__.py")
    main = importlib.util.module_from_spec(_spec)
    sys.modules["faults_main"] = main
    _spec.loader.exec_module(main)
finally:
    sys.path.remove(str(HERE))

FAULT = Fault(
    key="k", kind="sign", file="mecpapers/lemmas.py", old="roots = np.sqrt(weights)", new="roots = -np.sqrt(weights)",
    notices=("tests/test_lemmas.py::test_no_other_shares_are_better",),
)  # fmt: skip
TEST = "tests/test_lemmas.py::test_"
MOST_POWERLESS = 15


def test_the_book_shows_every_fault():
    with (check.ROOT / "book" / "tables" / "faults.csv").open(encoding="utf-8", newline="") as file:
        shown = [row["mistake"] for row in csv.DictReader(file)]
    assert shown == [fault.key for fault in check.read()]


def test_every_measured_row_is_flipped_by_a_fault_or_has_a_reason():
    measured = {claim.key for claims in ledger.load().values() for claim in claims if claim.measure is not None}
    power, powerless = check.read_power(), check.read_powerless()
    assert measured <= {*power, *powerless} and not set(power) & set(powerless) and set(powerless) <= measured
    assert {fault for fault, _ in power.values()} <= {fault.key for fault in check.read()}
    assert len(powerless) <= MOST_POWERLESS and all(len(reason) > 20 for reason in powerless.values())


def test_every_fault_fits_the_sources():
    assert list(check.problems(check.read())) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, None),
        ({"kind": "slip"}, "kind = slip: must be one of sign, "),
        ({"file": "mecpapers/lemma.py"}, "file = mecpapers/lemma.py: there is none"),
        ({"old": "roots = np.cbrt(weights)"}, "must occur once in mecpapers/lemmas.py, occurs 0 times"),
        ({"old": "roots"}, "must occur once in mecpapers/lemmas.py, occurs "),
        ({"new": "roots = (np.sqrt(weights))  # alike"}, "must change what the code means"),
        ({"new": "roots = np.sqrt(weights"}, "was never closed"),
        ({"notices": ()}, "must name a test"),
        ({"notices": (f"{TEST}no_other",)}, "there is no such test"),
        ({"notices": ("tests/test_lemma.py::test_x",)}, "there is no such file"),
        ({"notices": ("tests/test_claims.py::test_verdict",)}, "must be none of tests/test_claims.py"),
        ({"notices": ("tests/test_ledger.py::TestFlips::test_the_row_says_what_flips_it",)}, None),
        ({"notices": ("tests/test_ledger.py::TestFlip::test_the_row_says_what_flips_it",)}, "there is no such test"),
    ],
)
def test_what_does_not_fit_is_told(changed, told):
    found = list(check.wrong(replace(FAULT, **changed)))
    assert (len(found) == 0) if told is None else (len(found) == 1 and told in found[0])


@pytest.mark.parametrize(
    ("file", "old", "places"),
    [
        ("mecpapers/lemmas.py", "roots = np.sqrt(weights)", ["lemmas.py:square_root_shares"]),
        ("mecpapers/sweep.py", "_ROUNDING = 1e-12", None),
        ("mecpapers/sweep.py", "/ (count - 1) / count", ["sweep.py:Sweep.standard_error"]),
        ("mecpapers/store.py", "return cached(*plain, **named)", ["store.py:kept.<locals>.call"]),
    ],
)
def test_a_fault_is_laid_at_the_innermost_function_or_at_all(file, old, places):
    assert main.touches(replace(FAULT, file=file, old=old, new=f"X{old}")) == places


def test_only_a_test_that_fails_has_noticed():
    printed = "FAILED tests/a.py::test_b[1 - x] - assert 1 == 2\nERROR tests/c.py::test_d - NameError\n"
    assert main.FAILED.findall(printed) == ["tests/a.py::test_b"]
    assert main.FAILED.findall(printed.splitlines()[1]) == []
    assert main.PASSED.search("48 passed, 2 deselected in 7.30s\n")
    assert not main.PASSED.search("1 failed, 48 passed in 7.30s\n")
