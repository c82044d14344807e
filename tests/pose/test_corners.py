"""The thresholds' corners against enumeration and CVXPY: no budget, all of it, free air, ties, one level, both ends."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.pose import thresholds as th
from mecpapers.pose.evidence.experiments.theory import random_problem
from mecpapers.pose.evidence.reference import smooth_optimum
from mecpapers.pose.model import Problem, evaluate, violations


def instance(seed, kappa=0.3, **changes):
    """Three devices, three levels, half of what sending everything costs."""
    rng = np.random.default_rng(seed)
    fields = {
        "deadline": 0.1, "device_delay": 0.04, "server_delay": 0.01, "transmission_time": rng.uniform(0.01, 0.03, 3),
        "discard_value": kappa, "score_pmf": rng.dirichlet(np.ones(3), 3),
        "device_accuracy": rng.uniform(size=(3, 3)), "server_accuracy": rng.uniform(size=(3, 3)),
    }  # fmt: skip
    return Problem(**(fields | changes))


@pytest.fixture
def check(by_enumeration):
    return lambda problem: checked(problem, by_enumeration(problem))


def checked(problem, optimum):
    """Exact is enumeration's; Lagrange lies below it, its bound above; return the exact solution."""
    exact, found = th.solve_exact(problem), th.solve_cooperative(problem)
    assert exact.objective == pytest.approx(optimum, abs=1e-10)
    assert found.objective <= exact.objective + 1e-10 <= found.bound + 2e-10
    for solution in (exact, found):
        assert violations(problem, solution.allocation) == ()
    return exact


@pytest.mark.parametrize("seed", range(5))
def test_no_budget_leaves_one_threshold(check, seed):
    """Nothing can be offloaded: both thresholds meet, at the best place to discard."""
    problem = instance(seed, deadline=0.04)
    a = check(problem).allocation
    assert (a.lower == a.upper).all() and evaluate(problem, a).offload_probability.sum() == 0


@pytest.mark.parametrize("seed", range(5))
def test_budget_for_everything_has_price_zero(check, seed):
    """Every device takes the best pair of its own, and the bound is the value."""
    problem = instance(seed, deadline=1.0)
    best = th.options(problem).value.max(axis=1).sum()
    assert check(problem).objective == pytest.approx(best, abs=1e-12)
    assert th.optimal_price(th.options(problem), problem.budget) == 0
    assert th.solve_cooperative(problem).bound == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_of_one_discards_everything(check, seed):
    problem = instance(seed, kappa=1.0)
    assert check(problem).objective == pytest.approx(3.0)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_of_zero_with_rising_gains_discards_nothing_offloaded_free(check, seed):
    """With free offloading and kappa = 0, no level is discarded that any network reads."""
    problem = instance(seed, kappa=0.0, deadline=1.0)
    a = check(problem).allocation
    assert (a.lower == 0).all()


def test_one_level_sends_all_or_nothing(check):
    problem = instance(
        0, score_pmf=np.ones((3, 1)), device_accuracy=np.full((3, 1), 0.4), server_accuracy=np.full((3, 1), 0.9)
    )
    p = evaluate(problem, check(problem).allocation).offload_probability
    assert set(p) <= {0.0, 1.0} and 0 < p.sum() < 3


def test_identical_devices_tie_and_the_fill_breaks_the_tie(check):
    """At the price where all are indifferent Lagrange takes none or all; the fill sends as many as fit."""
    one = {
        "score_pmf": np.ones((4, 1)),
        "device_accuracy": np.full((4, 1), 0.4),
        "server_accuracy": np.full((4, 1), 0.9),
    }
    problem = instance(0, kappa=0.0, transmission_time=np.full(4, 0.01), deadline=0.04 + 0.05, **one)
    unfilled, filled = (th.solve_cooperative(problem, fill=fill) for fill in (False, True))
    assert unfilled.objective == pytest.approx(4 * 0.4)
    assert filled.objective == pytest.approx(4 * 0.4 + 2 * 0.5) == check(problem).objective


def test_a_level_that_never_occurs_costs_and_gains_nothing(check):
    problem = instance(1, score_pmf=np.array([[0.5, 0.0, 0.5]] * 3))
    check(problem)


@pytest.mark.parametrize("seed", range(20))
def test_smooth_case_at_both_ends(seed):
    """Of three devices one sends nothing, one everything, and one in between; CVXPY agrees."""
    rng = np.random.default_rng(seed)
    gain, rate = np.array([0.05, 4.0, 0.5]), np.array([0.5, 0.5, 6.0]) * rng.uniform(0.8, 1.2, 3)
    cost = np.array([3.0, 0.5, 1.0])
    budget = 0.5 + rng.uniform(0.1, 0.4)
    p = th.smooth_probabilities(gain, rate, cost, budget)
    assert p[0] == 0 and p[1] == 1 and 0 < p[2] < 1
    assert p == pytest.approx(smooth_optimum(gain, rate, cost, budget), abs=1e-6)


@pytest.mark.parametrize("kind", ["smooth", "rough", "lumped", "unlike"])
def test_a_budget_that_one_option_meets_exactly(kind):
    """The deadline holds with equality: an option that costs just the budget is taken, not lost to rounding."""
    problem = random_problem(np.random.default_rng(3), kind)
    table = th.options(problem)
    best = table.value.argmax(axis=1)
    spent = float(table.cost[np.arange(problem.size), best].sum())
    tight = replace(problem, deadline=0.04 + spent)
    if tight.budget < spent:  # the deadline rounded down
        tight = replace(problem, deadline=np.nextafter(0.04 + spent, 1))
    assert th.solve_exact(tight).objective == pytest.approx(float(table.value.max(axis=1).sum()), abs=1e-12)


def test_the_bound_covers_what_is_within_rounding_of_the_answer():
    """Sending the lower level brings 6e-13, too little for the search to change its mind; the bound still counts it."""
    few = 6e-13
    problem = Problem(
        deadline=1.0, device_delay=0.5, server_delay=0.0, transmission_time=0.1, discard_value=0.5,
        score_pmf=[[few, 1 - few]], device_accuracy=[[0.0, 1.0]], server_accuracy=[[1.0, 1.0]],
    )  # fmt: skip
    allowed = th.Allocation(lower=np.array([0]), upper=np.array([1]))
    assert violations(problem, allowed) == ()
    assert th.solve_exact(problem).bound >= evaluate(problem, allowed).total


def test_a_time_beyond_float64_is_for_ever():
    """1.7e308 s on air and as much at the server add up to infinity, and 0 of it to nothing: nobody sends."""
    problem = Problem(
        deadline=1.0, device_delay=0.5, server_delay=1.7e308, transmission_time=[0.0, 1.7e308], discard_value=0.0,
        score_pmf=[0.5, 0.5], device_accuracy=[0.4, 0.8], server_accuracy=[0.9, 0.9],
    )  # fmt: skip
    with np.errstate(all="ignore"):  # as the command does
        for solve in (th.solve_exact, th.solve_cooperative):
            solution = solve(problem)
            assert solution.objective == pytest.approx(2 * 0.6) and solution.bound >= solution.objective
            assert violations(problem, solution.allocation) == ()
