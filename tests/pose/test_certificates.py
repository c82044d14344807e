"""No bound lies on the wrong side: the schemes of Paper III against enumeration in exact fractions, in every corner."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mecpapers.pose import thresholds as th
from mecpapers.pose.model import Problem, violations
from mecpapers.pose.schemes import SCHEMES
from mecpapers.solution import Infeasible

CORNERS = {
    "plain": {},
    "no accuracy": {"device_accuracy": 0.0, "server_accuracy": 0.0},
    "nothing but kappa, tiny": {"device_accuracy": 0.0, "server_accuracy": 0.0, "discard_value": 1.2e-197},
    "denormal": {"device_accuracy": 5e-324, "server_accuracy": 1.5e-323, "discard_value": 1e-323},
    "all accuracies 1": {"device_accuracy": 1.0, "server_accuracy": 1.0},
    "free air": {"transmission_time": 0.0},
    "free offloading": {"transmission_time": 0.0, "server_delay": 0.0},
    "no slack": {"deadline": 0.05, "device_delay": 0.05},
    "no slack, tiny costs": {"deadline": 0.05, "device_delay": 0.05, "transmission_time": 1e-30, "server_delay": 0.0},
    "tiny costs": {"transmission_time": 1e-200, "server_delay": 0.0},
    "denormal costs": {"transmission_time": 5e-324, "server_delay": 0.0, "device_delay": 0.0, "deadline": 5e-323},
    "huge costs": {"transmission_time": 1e300, "server_delay": 0.0},
    "costs far apart": {"transmission_time": [1e-9, 1.0, 1e9], "server_delay": 0.0},
    "one full image": {"deadline": 0.15, "device_delay": 0.05, "transmission_time": 0.1, "server_delay": 0.0},
    "kept": {"filtered": "kept"},
    "hardly any delay": {"deadline": 1e-12, "device_delay": 0.0},
}


def drawn(rng, corner, n, k, *, alike=False):
    """A small problem with grid-like numbers, so that choices tie and budgets are met exactly."""
    rows = (1 if alike else n, k)
    values = {
        "deadline": 0.05 + 0.05 * int(rng.integers(1, 6)),
        "device_delay": 0.05,
        "server_delay": float(rng.choice([0.0, 0.02])),
        "transmission_time": rng.choice([0.02, 0.05, 0.1], 1 if alike else n),
        "discard_value": float(rng.choice([0.0, 0.25])),
        "score_pmf": rng.multinomial(8, np.full(k, 1 / k), rows[0]) / 8,
        "device_accuracy": rng.integers(0, 9, rows) / 8,
        "server_accuracy": rng.integers(0, 9, rows) / 8,
        "servers": int(rng.integers(1, 3)),
    } | corner
    values["transmission_time"] = np.resize(values["transmission_time"], n)
    for name in ("device_accuracy", "server_accuracy"):
        values[name] = np.broadcast_to(values[name], rows)
    return Problem(**values)


def optimum(problem):
    """The best sum of accuracies that meets the deadline, in exact fractions of the problem's float64 numbers."""
    F = Fraction
    n, k = problem.size, problem.levels
    cost = [F(float(t)) + F(problem.server_delay) / F(problem.servers) for t in problem.transmission_time]
    budget = F(problem.deadline) - F(float(problem.device_delay.max()))
    choices = []
    for i in range(n):
        f, light, heavy = (
            [F(float(x)) for x in getattr(problem, name)[i]]
            for name in ("score_pmf", "device_accuracy", "server_accuracy")
        )
        below = light if problem.filtered == "kept" else [F(problem.discard_value)] * k
        pairs = [(low, up) for low in range(k + 1) for up in range(low, k + 1)]
        choices.append(
            [
                (
                    cost[i] * sum(f[low:up]),
                    sum(f[b] * (below[b] if b < low else heavy[b] if b < up else light[b]) for b in range(k)),
                )
                for low, up in pairs
            ]
        )
    found = [sum(v for _, v in chosen) for chosen in product(*choices) if sum(c for c, _ in chosen) <= budget]
    return max(found, default=None)


def check(problem):
    best = optimum(problem)
    for name, scheme in SCHEMES.items():
        try:
            solution = scheme(problem, rng=np.random.default_rng(0))
        except Infeasible:
            continue
        assert violations(problem, solution.allocation) == (), name
        if solution.bound is not None:
            assert Fraction(solution.bound) >= best, name
            assert solution.objective <= solution.bound, name
        if name == "exact":
            assert best - Fraction(solution.objective) <= best * Fraction(1e-9) + Fraction(1e-300)
            assert solution.converged


def check_corner(corner, count):
    rng = np.random.default_rng(sum(map(ord, corner)))
    for _ in range(count):
        n, k = (3, 2) if "far apart" in corner else (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        check(drawn(rng, CORNERS[corner], n, k, alike=bool(rng.integers(2))))


@pytest.mark.parametrize("corner", CORNERS)
def test_no_bound_is_below_the_optimum(corner):
    check_corner(corner, 12)


@pytest.mark.nightly
@pytest.mark.parametrize("corner", CORNERS)
def test_no_bound_is_below_the_optimum_of_many(corner):
    check_corner(corner, 700)


@pytest.mark.parametrize("scale", [1.0, 1e-100, 1e-197])
def test_tiny_values_are_told_apart(scale):
    """At no price the heavy network, at any price as dear as its gain the light one; whatever the unit of accuracy."""
    table = th.Options(
        lower=np.array([0, 0]), upper=np.array([0, 1]),
        cost=np.array([[0.0, 1.0]]), value=scale * np.array([[0.25, 0.5]]),
    )  # fmt: skip
    assert th.best_at(table, 0.0)[0] == 1 and th.best_at(table, 0.3 * scale)[0] == 0
    assert th.optimal_price(table, 0.5) == pytest.approx(0.25 * scale, rel=1e-9)


def test_a_search_cut_short_gives_its_best_answer_and_a_true_bound():
    """With a wide gap, labels of nearly equal values may be taken for equal."""
    rng = np.random.default_rng(5)
    cut = 0
    for _ in range(60):
        problem = drawn(rng, {}, 3, 3)
        best = optimum(problem)
        for limit, gap in product((1, 10, 40, 90, 200), (th.GAP, 0.1, 1.0)):
            solution = th.solve_exact(problem, limit=limit, gap=gap)
            assert violations(problem, solution.allocation) == ()
            assert Fraction(solution.objective) <= best * (1 + Fraction(1e-9)) and Fraction(solution.bound) >= best
            assert solution.converged == (solution.bound - solution.objective <= gap * solution.objective)
            cut += not solution.converged
    assert cut > 10


@pytest.mark.parametrize(("jitter", "gap"), [(1e-14, 1e-11), (1e-12, 1e-11), (1e-9, 1e-7), (1e-6, 1e-5)])
def test_cameras_nearly_alike_are_proved(jitter, gap):
    rng = np.random.default_rng(0)
    n, light = 150, np.sort(rng.uniform(0.2, 0.9, 5))
    moved = 1 + jitter * rng.random((3, n, 5))
    problem = Problem(
        deadline=0.05 + 0.0313 * n, device_delay=0.05, server_delay=0.01, transmission_time=0.05 * moved[2, :, 0],
        discard_value=0.1, score_pmf=rng.dirichlet(np.ones(5)), device_accuracy=light * moved[0],
        server_accuracy=(light + rng.uniform(0, 1, 5) * (1 - light)) * moved[1],
    )  # fmt: skip
    solution = th.solve_exact(problem, limit=th.LIMIT // 4)
    assert solution.converged
    assert solution.gap <= gap * solution.objective


@pytest.mark.parametrize(("n", "k"), [(200, 1), (200, 5), (6, 101), (60, 20)])
def test_any_shape_ends_with_a_small_certified_gap(n, k):
    rng = np.random.default_rng(n + k)
    light = np.sort(rng.uniform(0.2, 0.9, (n, k)), axis=1)
    problem = Problem(
        deadline=0.05 + 0.01 * n, device_delay=0.05, server_delay=0.01, transmission_time=rng.uniform(0.02, 0.08, n),
        discard_value=0.1, score_pmf=rng.dirichlet(np.ones(k), n), device_accuracy=light,
        server_accuracy=light + rng.uniform(0, 1, (n, k)) * (1 - light),
    )  # fmt: skip
    solution = th.solve_exact(problem, limit=th.LIMIT // 20)
    assert violations(problem, solution.allocation) == ()
    assert 0 <= solution.gap <= 1e-4 * solution.objective


def mixed(rng, n, k, smallest):
    """A problem without any grid, whose accuracies spread over as many decades as ``smallest`` has."""
    return Problem(
        deadline=0.05 + 0.1 * rng.random(), device_delay=0.05 * rng.random(n), server_delay=0.02 * rng.random(),
        transmission_time=0.1 * rng.random(n), discard_value=smallest ** rng.random(),
        score_pmf=rng.dirichlet(np.ones(k), n), device_accuracy=smallest ** rng.random((n, k)),
        server_accuracy=smallest ** rng.random((n, k)),
    )  # fmt: skip


def test_a_deadline_met_to_the_last_bit_is_decided():
    """Whether rounding lets the best choice fit or not, there is a proved answer, and nobody has a better one."""
    rng = np.random.default_rng(3)
    for _ in range(100):
        problem = mixed(rng, int(rng.integers(2, 4)), int(rng.integers(1, 4)), 0.1)
        low = rng.integers(0, problem.levels, problem.size)
        spent = problem.offload_cost @ th.offload_probability(problem, low, np.full_like(low, problem.levels))
        off = 1 + int(rng.integers(-2, 3)) * 2**-52
        exact = replace(problem, deadline=(problem.device_delay.max() + spent) * off)
        solution = th.solve_exact(exact)
        assert solution.converged
        assert violations(exact, solution.allocation) == ()
        assert Fraction(solution.bound) >= optimum(exact)
        for seed in range(3):
            others = SCHEMES["random"](exact, rng=np.random.default_rng(seed))
            assert others.objective <= solution.objective * (1 + 1e-9)


def test_what_counts_as_proved_is_near_the_optimum_however_small_that_is():
    """Rounding of terms that no choice uses may be more than all that is left: then nothing is proved."""
    rng, cut = np.random.default_rng(1), 0
    for _ in range(150):
        problem = replace(mixed(rng, 2, 3, 1e-200), discard_value=0.0)
        problem = replace(problem, deadline=problem.device_delay.max() * (1 + 0.01 * rng.random()))
        solution, best = th.solve_exact(problem), optimum(problem)
        assert Fraction(solution.bound) >= best
        assert solution.converged == (solution.gap <= th.GAP * solution.objective)
        cut += not solution.converged
    assert 0 < cut < 150


def test_costs_that_end_float64_are_counted():
    problem = Problem(
        deadline=0.1, device_delay=0.05, server_delay=np.finfo(float).max, transmission_time=0.01, discard_value=0.5,
        score_pmf=[1 / 6, 4 / 6, 1 / 6], device_accuracy=[0.7] * 3, server_accuracy=[[0.9] * 3] * 3,
    )  # fmt: skip
    for name in ("exact", "cooperative", "single-threshold"):
        with np.errstate(over="ignore"):
            assert SCHEMES[name](problem).objective == pytest.approx(2.1)


def test_what_may_not_be_discarded_has_no_rounding_of_its_worth():
    problem = Problem(
        deadline=0.1, device_delay=0.05, server_delay=0.0, transmission_time=[0.02, 0.05], discard_value=0.5,
        score_pmf=[0.5, 0.5], device_accuracy=[1e-20, 3e-20], server_accuracy=[5e-20, 4e-20],
    )  # fmt: skip
    assert th.solve_exact(problem, single=True).converged
