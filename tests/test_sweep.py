"""Paired drops, deterministic tables."""

import csv
import io
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from joblib import parallel_config

from mecpapers.solution import Infeasible, Solution, Violation
from mecpapers.sweep import Sweep, compare, drop_generator, run_sweep, to_csv


def draw(value, rng):
    return value + rng.random()


def same(problem, *, rng):
    return problem


def noisy(problem, *, rng):
    return problem + rng.random()


def measure(problem, solution):
    return {"cost": solution, "excess": solution - problem}


def sweep(schemes, **options):
    return run_sweep(schemes, draw, measure, axis="x", values=[1.0, 2.0], n_drops=5, seed=3, **options)


def test_schemes_see_the_same_drops_and_drops_do_not_depend_on_the_value():
    s = sweep({"a": same, "b": same})
    assert s.metrics["cost"].shape == (2, 2, 5)
    np.testing.assert_array_equal(s.drops("cost", "a"), s.drops("cost", "b"))
    np.testing.assert_allclose(np.diff(s.drops("cost", "a"), axis=0), 1.0)
    assert np.ptp(s.drops("cost", "a")[0]) > 0.1


def test_a_scheme_draws_its_own_lots_whatever_runs_beside_it():
    alone, beside = sweep({"noisy": noisy}), sweep({"a": same, "noisy": noisy})
    np.testing.assert_array_equal(alone.drops("cost", "noisy"), beside.drops("cost", "noisy"))
    assert alone.drops("excess", "noisy").min() > 0


def test_lots_are_drawn_from_a_stream_of_their_own():
    s = sweep({"a": same, "noisy": noisy})
    placed = s.drops("cost", "a") - np.array([[1.0], [2.0]])
    assert np.all(np.abs(s.drops("excess", "noisy") - placed) > 1e-6)


def test_another_seed_gives_other_drops():
    one, two = (
        run_sweep({"a": same}, draw, measure, axis="x", values=[1.0], n_drops=5, seed=seed).drops("cost", "a")
        for seed in (3, 4)
    )
    assert np.all(one != two)


def test_parallel_runs_give_the_same_numbers():
    with parallel_config("threading", n_jobs=2):
        parallel = sweep({"noisy": noisy})
    np.testing.assert_array_equal(parallel.metrics["cost"], sweep({"noisy": noisy}).metrics["cost"])


def test_generators_differ_by_drop_and_stream_and_repeat():
    first = [drop_generator(0, k, s).random() for k in range(3) for s in range(2)]
    assert len(set(first)) == 6
    assert first == [drop_generator(0, k, s).random() for k in range(3) for s in range(2)]


def test_mean_and_standard_error_by_hand():
    s = Sweep(axis="x", values=(1.0,), schemes=("a",), metrics={"cost": np.array([[[1.0, 2.0, 6.0]]])})
    assert s.mean("cost", "a")[0] == 3
    assert s.standard_error("cost", "a")[0] == pytest.approx(np.sqrt(7 / 3))


def test_csv_holds_every_drop_or_the_summary():
    s = sweep({"a": same, "b": noisy})
    rows = list(csv.DictReader(io.StringIO(s.to_csv(drops=True))))
    assert len(rows) == 2 * 2 * 5
    assert float(rows[7]["cost"]) == pytest.approx(s.drops("cost", "a")[1, 2], rel=1e-7)
    summary = list(csv.DictReader(io.StringIO(s.to_csv())))
    assert [r["scheme"] for r in summary] == ["a", "a", "b", "b"]
    assert float(summary[1]["cost_se"]) == pytest.approx(s.standard_error("cost", "a")[1], rel=1e-7)


def test_no_rows_no_text():
    assert to_csv([]) == ""


@dataclass(frozen=True)
class Scenario:
    offset: float = 1.0
    scale: float = 1.0

    def draw(self, rng):
        return self.offset + self.scale * rng.random()


def double(problem, *, rng=None):
    return Solution(allocation=2 * problem, objective=2 * problem)


def picky(problem, *, rng=None):
    if problem > 2:
        raise Infeasible("offset: too much")
    return double(problem)


def size(problem, solution):
    return {"size": solution.objective}


OURS = {"double": double, "picky": picky}


def too_long(problem, allocation):
    return (Violation("length <= 4", 3, allocation / 4 - 1),) if allocation > 4 else ()


comparing = partial(compare, measure=size, violations=too_long, metrics={"size": "size, m"})


def test_compare_takes_a_scenario_and_one_of_its_fields():
    s = comparing(OURS, Scenario(scale=0.5), n_drops=3, axis={"offset": [0.5, 1.5]})
    assert (s.axis, s.values, s.schemes, s.n_drops) == ("offset", (0.5, 1.5), ("double", "picky"), 3)
    drawn = [2 * Scenario(offset=1.5, scale=0.5).draw(drop_generator(0, k)) for k in range(3)]
    np.testing.assert_array_equal(s.drops("size", "double")[1], drawn)
    np.testing.assert_array_equal(s.drops("size", "picky")[0], s.drops("size", "double")[0])


def test_compare_counts_no_infeasible_answer():
    s = comparing(OURS, [1.0, 1.9, 1.5], axis={})
    assert np.isnan(s.metrics["size"]).sum() == 0
    s = compare(OURS, [1.0, 3.0], size, lambda *_: (), {"size": "size, m"}, axis={})
    np.testing.assert_array_equal(s.mean("size", "picky"), [2, np.nan])


def test_compare_counts_no_answer_that_breaks_a_constraint_and_says_which():
    with pytest.warns(UserWarning, match="break a constraint") as told:
        s = comparing({"double": double, "half": lambda p, rng=None: double(p / 4)}, [1.0, 3.0, 1.5, 4.0], axis={})
    np.testing.assert_array_equal(s.mean("size", "double"), [2, np.nan, 3, np.nan])
    np.testing.assert_array_equal(s.mean("size", "half"), [0.5, 1.5, 0.75, 2])
    assert list(s.metrics) == ["size"]
    assert [str(w.message) for w in told] == [
        "double: 2 of 4 answers break a constraint and do not count; the first, at instance = 1, drop 0: "
        "length <= 4, device 3: 50 % beyond the limit"
    ]


def test_compare_takes_problems_as_they_are():
    s = comparing(OURS, [1.0, 1.5, 2.0], axis={})
    assert (s.axis, s.values, s.n_drops) == ("instance", (0, 1, 2), 1)
    np.testing.assert_array_equal(s.mean("size", "double"), [2, 3, 4])


def test_a_scheme_with_lots_of_its_own_is_told_of_too():
    lots = iter([3.0, 1.0])
    with pytest.warns(
        UserWarning, match="1 of 1 answers .* at instance = 0, drop 0: another answer when it is run again"
    ):
        s = comparing({"unseeded": lambda p, rng=None: double(next(lots))}, [1.0], axis={})
    assert np.isnan(s.mean("size", "unseeded")).all()


@pytest.mark.parametrize(
    ("problems", "axis", "message"),
    [
        (Scenario(), {}, "axis = .*: must be one field of the scenario"),
        (Scenario(), {"offset": [1], "scale": [1]}, "axis = .*: must be one field of the scenario"),
        (Scenario(), {"colour": [1]}, "axis = colour: must be one of offset, scale"),
        ([1.0], {"offset": [1]}, "axis = .*offset.*: must not be given beside a list of problems"),
        ([], {}, "problems = .*: must hold at least one problem"),
    ],
)
def test_compare_refuses(problems, axis, message):
    with pytest.raises(ValueError, match=message):
        comparing(OURS, problems, axis=axis)


def test_drops_that_differ_by_rounding_alone_have_no_standard_error():
    alike = np.array([0.1, np.nextafter(0.1, 1), 0.1])
    apart = np.array([0.1, 0.1 * (1 + 1e-9), 0.1])
    table = Sweep(axis="x", values=(1.0, 2.0), schemes=("a",), metrics={"cost": np.array([[alike, apart]])})
    error = table.standard_error("cost", "a")
    assert error[0] == 0
    assert error[1] == pytest.approx(0.1e-9 / 3, rel=1e-4)
