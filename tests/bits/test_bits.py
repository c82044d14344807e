"""The last-bit test moves what it should, sees what it should, and goes red where rounding decides."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mecpapers.companion import book

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "child")]
try:
    import figure_data
    import last_bit
    import runs
finally:
    del sys.path[:2]

ROOT = Path(__file__).parents[2]
UNDONE = Path(__file__).parent / "undone"
CODE = [
    (path, k, cell)
    for path in book.notebooks(ROOT)
    for k, cell in enumerate(runs.load(ROOT / path)["cells"])
    if cell["cell_type"] == "code"
]


def tags(cell):
    return cell["metadata"].get("tags", [])


def offers_csv(cell):
    return figure_data.csv_text(cell["outputs"]) is not None


# What is moved.


@pytest.mark.parametrize("seed", range(3))
def test_numbers_move_by_one_to_four_last_places_and_zeros_stay(seed):
    values = np.array([1.0, 3.7e9, -2.5, 1e-28, 0.0, np.inf])
    got = last_bit.moved("uplink_rate", values, seed)
    steps = np.abs(got[:4] - values[:4]) / np.spacing(np.abs(values[:4]))
    assert np.all((steps > 0) & (steps <= last_bit.FARTHEST + 0.5))
    assert got[4] == 0 and np.isinf(got[5])
    np.testing.assert_array_equal(got, last_bit.moved("uplink_rate", values, seed))
    assert not np.array_equal(got, last_bit.moved("uplink_rate", values, seed + 10))


def test_what_is_alike_stays_alike_and_fractions_stay_fractions():
    assert len(set(last_bit.moved("device_speed", np.full(9, 3e9), 0))) == 1
    assert last_bit.moved("max_frames", 16.0, 0) == 16.0
    assert max(last_bit.moved("server_accuracy", [[1.0, 0.9]], seed).max() for seed in range(20)) == 1.0
    assert last_bit.moved("local_energy", "eq7", 0) == "eq7"


DRAWN = """
import dataclasses
import numpy as np
from mecpapers.{paper}.model import Problem
{problem}
for record in (problem, *(v for v in vars(problem).values() if dataclasses.is_dataclass(v))):
    for name, value in vars(record).items():
        if isinstance(value, (float, np.ndarray)):
            print(name, np.asarray(value).tobytes().hex())
"""
PROBLEMS = {
    "video": "from mecpapers.video.scenario import MIXED; problem = MIXED.draw(np.random.default_rng(0))",
    "fhei": "from mecpapers.fhei.scenario import FIG_4A; problem = FIG_4A.draw(np.random.default_rng(0))",
    "pose": "problem = Problem(deadline=0.1, device_delay=0.04, server_delay=0.013, transmission_time=[0.01, 0.02], "
    "discard_value=0.8, score_pmf=[0.2, 0.3, 0.5], device_accuracy=[0.3, 0.6, 0.9], server_accuracy=[0.5, 0.8, 0.95])",
}


def test_problems_move_and_answers_do_not():
    for paper, names in {
        "video": {"Devices", "Problem"},
        "fhei": {"Users", "Problem"},
        "pose": {"Problem", "Tables"},
    }.items():
        module = importlib.import_module(f"mecpapers.{paper}.model")
        assert {cls.__name__ for cls in last_bit.records(module)} == names


@pytest.mark.parametrize("paper", PROBLEMS)
def test_every_real_field_of_every_problem_moves(paper):
    """All but counts and zeros, in a process of its own."""
    code = DRAWN.format(paper=paper, problem=PROBLEMS[paper])

    def fields(run):
        done = subprocess.run([sys.executable, "-c", code], env=run.environment(""), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return {name: bytes.fromhex(value) for name, value in map(str.split, done.stdout.splitlines())}

    plain, moved = fields(runs.Run()), fields(runs.Run(seed=1))
    unmoved = {name for name, value in plain.items() if value == moved[name] and np.any(np.frombuffer(value))}
    assert len(plain) >= 9 and unmoved <= last_bit.COUNTS


# What is seen.


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ("a,b\nx,1.000001\n", 1),
        ("a,b\nx,1.0000001\n", 0),
        ("a,b\ny,1\n", 1),
        ("a,b\nx,nan\n", 1),
        ("a,b\nx,1\nx,1\n", 1),
    ],
)
def test_csv_is_compared_to_six_digits(found, count):
    assert len(figure_data.differences("a,b\nx,0.99999999\n", found)) == count


def test_every_picture_of_numbers_has_its_data_below():
    """Figures without arguments draw no numbers; the CSV follows its figures directly."""
    for path, k, cell in CODE:
        if not any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            continue
        (call,) = (
            node
            for node in ast.walk(ast.parse("".join(cell["source"])))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "").startswith("plot_")
        )
        later = [c for p, i, c in CODE if p == path and i > k]
        follows = next((c for c in later if offers_csv(c)), None)
        assert not (call.args or call.keywords) or follows is not None, (path, k)


def test_only_csv_and_the_machines_own_are_unchecked():
    """And the reader is told so: a page with a cell of the machine's says it in the text before."""
    for path, k, cell in CODE:
        if "machine" in tags(cell):
            cells = runs.load(ROOT / path)["cells"]
            before = next(c for c in reversed(cells[:k]) if c["cell_type"] == "markdown")
            assert "**The machine's own:**" in "".join(before["source"]), (path, k)
            assert "nbval-ignore-output" in tags(cell), (path, k)
        elif "nbval-ignore-output" in tags(cell):
            assert offers_csv(cell) or "register.equations" in "".join(cell["source"]), (path, k)


def test_a_difference_in_any_other_cell_is_seen():
    def notebook(text, *names):
        return {"cells": [{"metadata": {"tags": list(names)}, "outputs": [text], "source": "x"}], "metadata": {}}

    assert list(runs.differing_cells(notebook("1 s", "machine"), notebook("2 s", "machine"))) == []
    assert list(runs.differing_cells(notebook("1 s"), notebook("2 s"))) == [0]


# That it can go red.


def test_it_goes_red_where_rounding_decides_the_table_of_rounds(tmp_path):
    """From an empty store, with ties between options left to rounding as they once were."""
    page, log = "notebooks/video/15-congestion-prices.ipynb", tmp_path / "log.txt"
    undone = runs.Run(seed=1, disabled=tuple(runs.dispatched()), first=(UNDONE, runs.CHILD))
    assert not undone.compare(page, log=log)
    code = [cell for path, _, cell in CODE if str(path) == page]
    (k,) = (i for i, cell in enumerate(code) if "heads.get(" in "".join(cell["source"]))  # shows them
    assert f"FAILED {page}::Cell {k}" in log.read_text()
