"""The optimisers against enumeration, CVXPY, bounds and laws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.pose import thresholds as th
from mecpapers.pose.baselines import server_all
from mecpapers.pose.evidence import experiments
from mecpapers.pose.evidence.experiments.theory import KINDS, random_problem
from mecpapers.pose.evidence.reference import smooth_optimum
from mecpapers.pose.model import Problem, evaluate, violations
from mecpapers.pose.schemes import SCHEMES
from mecpapers.solution import Infeasible, TooLarge

seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(KINDS)


def small(rng, kind):
    """Three devices, three levels: 10^3 combinations."""
    problem = random_problem(rng, kind)
    while problem.size < 3:
        problem = random_problem(rng, kind)
    names = ("score_pmf", "device_accuracy", "server_accuracy")
    tables = {name: getattr(problem, name)[:3, :3] for name in names}
    tables["score_pmf"] = tables["score_pmf"] + 1e-3
    tables["score_pmf"] = tables["score_pmf"] / tables["score_pmf"].sum(axis=1, keepdims=True)
    cut = {name: getattr(problem, name)[:3] for name in ("device_delay", "transmission_time")}
    return replace(problem, **cut, **tables)


@given(seeds, kinds)
def test_exact_equals_enumeration(by_enumeration, seed, kind):
    problem = small(np.random.default_rng(seed), kind)
    solution = th.solve_exact(problem)
    assert solution.objective == pytest.approx(by_enumeration(problem), abs=1e-10)
    assert evaluate(problem, solution.allocation).total == pytest.approx(solution.objective, abs=1e-12)
    assert violations(problem, solution.allocation) == ()


@given(seeds, kinds)
def test_single_threshold_equals_enumeration(seed, kind):
    problem = small(np.random.default_rng(seed), kind)
    levels = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)
    zero = np.zeros(3, dtype=int)
    metrics = [evaluate(problem, th.Allocation(lower=zero, upper=u)) for u in levels]
    best = max(m.total for m in metrics if m.delay <= problem.deadline)
    solution = SCHEMES["single-threshold"](problem)
    assert solution.objective == pytest.approx(best, abs=1e-10)
    assert (solution.allocation.lower == 0).all() and solution.bound is None


@given(seeds, kinds)
def test_the_gap_is_at_most_the_duality_gap(seed, kind):
    problem = random_problem(np.random.default_rng(seed), kind)
    exact, filled = th.solve_exact(problem), th.solve_cooperative(problem)
    unfilled = th.solve_cooperative(problem, fill=False)
    assert unfilled.objective <= filled.objective + 1e-12
    assert filled.objective <= exact.objective + 1e-9 <= filled.bound + 2e-9
    for s in (filled, unfilled):
        assert violations(problem, s.allocation) == ()
        assert evaluate(problem, s.allocation).total == pytest.approx(s.objective, abs=1e-12)


@given(seeds, kinds)
def test_more_time_is_never_worse_and_every_threshold_scheme_is_below_the_optimum(seed, kind):
    problem = random_problem(np.random.default_rng(seed), kind)
    longer = replace(problem, deadline=1.5 * problem.deadline)
    best = th.solve_exact(problem).objective
    assert th.solve_exact(longer).objective >= best - 1e-9
    for name in ("cooperative", "device", "device-discard", "random", "single-threshold"):
        solution = SCHEMES[name](problem, rng=np.random.default_rng(0))
        assert solution.objective <= best + 1e-9, name
        assert violations(problem, solution.allocation) == (), name


@given(seeds, kinds)
def test_the_price_keeps_the_deadline_and_a_lower_one_does_not(seed, kind):
    problem = random_problem(np.random.default_rng(seed), kind)
    table, budget = th.options(problem), problem.budget
    price = th.optimal_price(table, budget)
    spent = [np.take_along_axis(table.cost, th.best_at(table, x)[:, None], 1).sum() for x in (price, 0.99 * price)]
    assert spent[0] <= budget
    assert price == 0 or spent[1] > budget


def test_a_step_of_the_bisection_halves_the_bracket():
    problem = random_problem(np.random.default_rng(0), "smooth")
    table = th.options(problem)
    bracket = th.Bracket(0.0, 100.0)
    for k in range(20):
        bracket = th.step(table, problem.budget, bracket)
        assert bracket.high - bracket.low == pytest.approx(100 / 2 ** (k + 1))
    assert bracket.low <= th.optimal_price(table, problem.budget) <= bracket.high
    assert th.done(bracket) is None and th.done(th.begin(table, 1e9)) == "converged"  # kept for free: no width
    widest = th.begin(table, problem.budget)
    assert not th.best_at(table, widest.high).any() or table.cost[0, th.best_at(table, widest.high)].sum() == 0


def test_the_slack_fill_by_hand():
    """Two devices that send all (cost 1 s, gain 0.5) or nothing, 1.5 s: no price sends exactly one, the fill does."""
    problem = Problem(
        deadline=1.5, device_delay=0.0, server_delay=0.0, transmission_time=[1.0, 1.0], discard_value=0.0,
        score_pmf=[1.0], device_accuracy=[0.4], server_accuracy=[0.9],
    )  # fmt: skip
    assert th.solve_cooperative(problem, fill=False).objective == pytest.approx(0.8)
    assert th.solve_cooperative(problem).objective == pytest.approx(1.3)
    assert th.solve_exact(problem).objective == pytest.approx(1.3)
    assert th.solve_cooperative(problem).bound == pytest.approx(0.8 + 0.5 * 1.5)  # price 0.5 a second


def test_the_fill_takes_what_gains_most_a_second():
    """1 s is left: 0.5 for all of it, or 0.3 for 0.4 s, after which 0.5 no longer fits."""
    table = th.Options(
        lower=np.array([0, 0]), upper=np.array([0, 1]),
        cost=np.array([[0.0, 1.0], [0.0, 0.4]]), value=np.array([[0.1, 0.6], [0.1, 0.4]]),
    )  # fmt: skip
    assert th.fill_slack(table, 1.0, np.array([0, 0])).tolist() == [0, 1]


def test_of_equal_options_the_cheapest_is_taken():
    """At a price of 1 a second both options are worth 0.5."""
    table = th.Options(
        lower=np.array([0, 0]), upper=np.array([0, 1]), cost=np.array([[0.0, 0.4], [0.4, 0.0]]),
        value=np.array([[0.5, 0.9], [0.9, 0.5]]),
    )  # fmt: skip
    assert th.best_at(table, 1.0).tolist() == [0, 1]


def test_whole_devices_that_fit_exactly_are_sent():
    """Three of 0.1 s in 0.3 s: what rounding leaves of it is less than 0.1."""
    assert 0.3 - 0.1 - 0.1 < 0.1
    problem = Problem(
        deadline=0.3, device_delay=0.0, server_delay=0.0, transmission_time=[0.1, 0.1, 0.1], discard_value=0.0,
        score_pmf=[1.0], device_accuracy=[0.1], server_accuracy=[0.9],
    )  # fmt: skip
    for name in ("server-fit", "random"):
        assert SCHEMES[name](problem, rng=np.random.default_rng(0)).objective == pytest.approx(2.7)


def test_the_server_fit_goes_by_accuracy_a_second_of_the_whole_deadline():
    """A view of 0.9 fills 40 ms, two of 0.6 take 20 ms each; the light network's 30 ms are not spent."""
    problem = Problem(
        deadline=0.04, device_delay=0.03, server_delay=0.01, transmission_time=[0.03, 0.01, 0.01], discard_value=0.0,
        score_pmf=[1.0], device_accuracy=[0.1], server_accuracy=[[0.9], [0.6], [0.6]],
    )  # fmt: skip
    assert SCHEMES["server-fit"](problem).allocation.upper.tolist() == [1, 1, 1]
    assert SCHEMES["server-fit"](problem).allocation.lower.tolist() == [1, 0, 0]


def test_the_adversarial_kind_is_hard():
    """The generator's knapsacks do separate the algorithm from the optimum: else the gap would prove little."""
    gaps = experiments.optimality_gaps(200)
    loss = 1 - gaps[..., 1] / gaps[..., 0]
    assert gaps.shape == (4, 50, 4) and loss.min() > -1e-9
    assert loss[KINDS.index("lumped")].max() > 0.04
    assert (gaps[..., 0] <= gaps[..., 3] + 1e-9).all()


def test_the_rows_of_the_gaps_by_hand():
    """Optimum 1, filled 0.9 or 1, unfilled 0.5 or 0.8; all four kinds alike but the last, which is twice as large."""
    one = np.array([[1.0, 0.9, 0.5, 1.1], [1.0, 1.0, 0.8, 1.0]])
    rows = experiments.gap_rows(np.stack([one, one, one, 2 * one]))
    assert [row["instances"] for row in rows] == [*(f"{kind} (2)" for kind in KINDS), "all (8)"]
    for row in rows:
        found = [row[f"{which}, {kind}, %"] for kind in ("filled", "unfilled") for which in ("worst", "mean")]
        assert found == pytest.approx([10, 5, 50, 35])
    assert [row["filled above 4 %"] for row in (rows[0], rows[-1])] == ["1 of 2", "4 of 8"]


def test_device_table_is_the_best_of_each_probability():
    problem = random_problem(np.random.default_rng(5), "rough")
    p, accuracy = th.device_table(problem, 1)
    assert (np.diff(p) > 0).all() and (np.diff(accuracy) > 0).all()
    table = th.options(problem)
    every = table.cost[1] / problem.offload_cost[1]
    for x, best in zip(p, accuracy, strict=True):
        assert best == pytest.approx(table.value[1][every <= x + 1e-12].max())


def test_smooth_probabilities_against_cvxpy(tested):
    tested("offloading by the multiplier, smooth accuracy", "CVXPY", experiments.smooth_gaps(200), below=1e-6)


def test_a_wrong_smooth_formula_would_be_noticed():
    gain, rate, cost = np.array([0.5, 0.9]), np.array([1.0, 3.0]), np.array([1.0, 1.0])
    right = smooth_optimum(gain, rate, cost, 1.0)
    assert th.smooth_probabilities(gain, rate, cost, 1.0) == pytest.approx(right, abs=1e-6)
    assert not np.allclose(th.smooth_probabilities(gain * rate, rate, cost, 1.0), right, atol=1e-3)


@given(seeds)
def test_smooth_kkt(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 20))
    g, a, c = rng.uniform(0.1, 1, n), rng.uniform(0.1, 8, n), rng.uniform(0.1, 3, n)
    budget = float(c.sum() * rng.uniform(0.01, 1.5))
    p = th.smooth_probabilities(g, a, c, budget)
    assert ((p >= 0) & (p <= 1)).all() and c @ p <= budget * (1 + 1e-9)
    if budget < c.sum():
        assert c @ p == pytest.approx(budget)
        price = g * a * np.exp(-a * p) / c
        inside = (p > 0) & (p < 1)
        assert np.ptp(price[inside]) < 1e-6 * price.max() if inside.any() else True
        if inside.any():
            assert (price[p == 0] <= price[inside].max() * (1 + 1e-6)).all()
            assert (price[p == 1] >= price[inside].min() * (1 - 1e-6)).all()
    else:
        assert (p == 1).all()


def test_a_deadline_below_the_device_delay_names_the_least_attainable():
    problem = replace(random_problem(np.random.default_rng(0), "smooth"), deadline=0.03)
    for name in ("exact", "cooperative", "device", "device-discard", "random", "single-threshold"):
        with pytest.raises(Infeasible, match=r"least attainable delay is 0.04 s"):
            SCHEMES[name](problem)


def test_a_deadline_of_just_the_device_delay_is_feasible():
    problem = replace(random_problem(np.random.default_rng(0), "smooth"), deadline=0.04)
    assert th.solve_exact(problem).objective == pytest.approx(SCHEMES["device-discard"](problem).objective)


def test_server_schemes_by_hand():
    problem = Problem(
        deadline=0.05, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.02, 0.01], discard_value=0.3,
        score_pmf=[0.5, 0.5], device_accuracy=[0.1, 0.2], server_accuracy=[[0.8, 0.8], [0.9, 0.9], [0.6, 0.6]],
    )  # fmt: skip
    with pytest.raises(Infeasible, match=r"server-all: all 3 images take 0.07 s, but deadline = 0.05 s: 0.02 s short"):
        SCHEMES["server-all"](problem)
    fit = SCHEMES["server-fit"](problem)  # by accuracy a second: 40, 30, 30: devices 0 and 1, 50 ms
    assert fit.objective == pytest.approx(0.8 + 0.9 + 0.3)
    assert evaluate(problem, fit.allocation).delay == pytest.approx(0.05)
    assert violations(problem, fit.allocation) == ()
    everything = replace(problem, deadline=0.08)
    assert SCHEMES["server-all"](everything).objective == pytest.approx(2.3)
    assert violations(problem, server_all(problem))[0].constraint == "delay <= deadline"


def test_random_draws_lots():
    problem = random_problem(np.random.default_rng(1), "smooth")
    problem = replace(problem, deadline=0.04 + 0.4 * float(problem.offload_cost.sum()))
    drawn = {SCHEMES["random"](problem, rng=np.random.default_rng(k)).objective for k in range(20)}
    again = {SCHEMES["random"](problem, rng=np.random.default_rng(k)).objective for k in range(20)}
    assert len(drawn) > 1 and drawn == again


def test_too_large_for_a_table_says_what_it_would_need():
    k = 2000
    rows = {name: np.full(k, 1 / k) for name in ("score_pmf", "device_accuracy", "server_accuracy")}
    problem = Problem(
        deadline=1, device_delay=0.0, server_delay=0.1, transmission_time=np.full(20, 0.1), discard_value=0, **rows
    )
    with pytest.raises(TooLarge, match=r"20 devices of 2000 levels have 40060020 .*0.3 GB an array"):
        th.solve_exact(problem)


@pytest.mark.nightly
def test_the_gap_over_two_thousand_instances():
    gaps = experiments.optimality_gaps(2000, seed=1)
    assert (gaps[..., 0] - gaps[..., 1] <= gaps[..., 3] - gaps[..., 1] + 1e-9).all()
    assert (gaps[..., 1] >= gaps[..., 2] - 1e-12).all()


def test_a_free_uplink_and_server_send_whatever_gains():
    problem = replace(
        random_problem(np.random.default_rng(2), "rough"), server_delay=0.0, transmission_time=np.array(0.0)
    )
    best = th.options(problem).value.max(axis=1).sum()
    assert th.solve_exact(problem).objective == pytest.approx(best)
    assert th.solve_cooperative(problem).gap == pytest.approx(0, abs=1e-9)


def test_a_hundred_devices_are_no_matter():
    problem = experiments.many_devices(100)
    solution = th.solve_cooperative(problem)
    assert solution.gap < 1e-3 * solution.objective
