"""The certified optimum against enumeration and SCIP; bounds that hold at any prices; classes by exhaustion."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.fhei.bounds import dual_bound, solve_classes, solve_enumeration, solve_exact
from mecpapers.fhei.computing import feasible
from mecpapers.fhei.evidence import verification
from mecpapers.fhei.evidence.reference import scip_optimum
from mecpapers.fhei.model import violations
from mecpapers.fhei.networks import class_bytes
from mecpapers.fhei.scenario import TABLE_I
from mecpapers.solution import Infeasible, TooLarge
from mecpapers.sweep import drop_generator


def test_certified_optimum_is_enumeration_on_60_instances():
    gaps = verification.enumeration_gaps(60)
    assert np.abs(gaps[:, 0]).max() < 1e-9  # the optimum itself
    assert gaps[:, 1].min() > -1e-12 and gaps[:, 1].max() < 1.1e-5  # its bound, from above
    assert gaps[:, 2].max() < 1e-9 and gaps[:, 2].min() > -1e-3  # mended is never above


def test_scip_agrees():
    problem = verification.random_p1(drop_generator(2, 0), 2)
    found, bound = scip_optimum(problem)
    exact = solve_exact(problem)
    assert exact.objective == pytest.approx(found, rel=1e-5) and exact.bound == pytest.approx(bound, rel=2e-5)


@pytest.mark.nightly
@pytest.mark.parametrize("k", range(5))
def test_scip_agrees_at_five_users(k):
    problem = verification.random_p1(drop_generator(1, k), 5)
    found, _ = scip_optimum(problem, seconds=600.0)
    assert solve_exact(problem).objective == pytest.approx(found, rel=1e-5)


@given(st.integers(0, 10_000), st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_any_prices_bound_the_optimum(seed, logs):
    problem = verification.random_p1(drop_generator(seed, 6), 3)
    best = solve_enumeration(problem).objective
    assert dual_bound(problem, np.exp(logs)) >= best * (1 - 1e-12)


def test_a_box_is_bounded_too():
    problem = verification.random_p1(drop_generator(5, 6), 3)
    low, high = np.full(3, problem.min_feature_bytes), np.full(3, 3.5e6)
    prices = np.ones(4)
    assert dual_bound(problem, prices, low, high) <= dual_bound(problem, prices)


def test_with_unequal_receive_powers():
    problem = verification.random_p1(drop_generator(8, 0), 4)
    power = np.array([0.001, 0.01, 0.1, 1.0])
    problem = replace(problem, users=replace(problem.users, receive_power=power), max_mean_energy=8.0)
    exact, best = solve_exact(problem), solve_enumeration(problem)
    assert exact.objective == pytest.approx(best.objective, rel=1e-8) and exact.gap <= 2e-5 * exact.objective
    assert violations(problem, exact.allocation) == ()


@given(st.integers(0, 10_000))
def test_classes_by_exhaustion(seed):
    problem = verification.random_p1(drop_generator(seed, 7), 4)
    sizes = class_bytes()
    problem = replace(problem, min_feature_bytes=sizes[0], max_feature_bytes=sizes[-1])
    trials = np.array(list(product(sizes, repeat=4)))
    fits = feasible(problem, trials)
    if not fits.any():
        with pytest.raises(Infeasible):
            solve_classes(problem, sizes)
        return
    best = problem.quality_per_byte * trials[fits].sum(axis=1).max()
    solution = solve_classes(problem, sizes)
    assert solution.objective == pytest.approx(best, rel=1e-9)
    assert solution.bound >= best * (1 - 1e-12) and solution.converged


def test_fifty_users_within_a_ten_thousandth():
    scenario = replace(
        TABLE_I, n_users=50, uplink_mhz=200.0, downlink_mhz=1600.0, server_tflops=200.0, noise_w_per_hz=2e-9
    )
    for k in range(3):
        exact = solve_exact(scenario.draw(drop_generator(0, k)))
        assert exact.converged and exact.gap <= 1e-4 * exact.objective


def test_a_search_cut_short_still_bounds_and_says_so():
    problem = verification.random_p1(drop_generator(3, 0), 6)
    full, cut = solve_exact(problem), solve_exact(problem, most_nodes=0)
    assert cut.bound >= full.bound >= full.objective >= cut.objective
    assert cut.converged == (cut.gap <= 1e-4 * cut.objective)


def test_enumeration_refuses_what_is_too_large():
    with pytest.raises(TooLarge, match=r"users: 20 .* at most 2\^20"):
        solve_enumeration(
            replace(TABLE_I, n_users=20, min_mbytes=0.01, max_mean_latency=1e4).draw(drop_generator(0, 0))
        )
