"""The certified optimum against enumeration and SCIP; bounds that hold at any prices; classes by exhaustion."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.fhei import dual
from mecpapers.fhei.bounds import dual_bound, solve_classes, solve_exact
from mecpapers.fhei.computing import feasible
from mecpapers.fhei.evidence import verification
from mecpapers.fhei.evidence.reference import scip_optimum
from mecpapers.fhei.evidence.verification import solve_enumeration
from mecpapers.fhei.model import Problem, Users, violations
from mecpapers.fhei.networks import class_bytes
from mecpapers.fhei.scenario import TABLE_I
from mecpapers.solution import Infeasible, TooLarge
from mecpapers.sweep import drop_generator


def test_certified_optimum_is_enumeration_on_60_instances(tested):
    gaps = verification.enumeration_gaps(60)
    tested("the certified optimum of P1", "enumeration", gaps[:, 0], below=1e-9)
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


@given(st.integers(0, 10_000), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_a_box_is_bounded_too(seed, logs):
    """Any prices bound the best of the sizes in the box that fit; the best prices do so closely where it is small."""
    rng = drop_generator(seed, 6)
    problem = verification.random_p1(rng, 3)
    middle = rng.uniform(problem.min_feature_bytes, solve_exact(problem).allocation.feature_bytes)
    for width in (0.3, 0.003):
        low = np.maximum(middle * (1 - width), problem.min_feature_bytes)
        high = np.minimum(middle * (1 + width), problem.max_feature_bytes)
        grid = np.stack(np.meshgrid(*np.linspace(low, high, 7).T), axis=-1).reshape(-1, 3)
        best = problem.quality_per_byte * grid[feasible(problem, grid)].sum(axis=1).max()
        assert dual_bound(problem, np.exp(logs), low, high) >= best * (1 - 1e-12)
        top = problem.max_feature_bytes
        node = dual.bounded(dual.dual_of(problem, top), low / top, high / top, 1e-5)
        assert dual_bound(problem, node.prices, low, high) >= best * (1 - 1e-12)
        assert node.bound * top * problem.quality_per_byte <= best * (1 + 3 * width)


@given(st.integers(0, 10_000), st.sampled_from([0.3, 0.03]))
def test_slope_and_curvature_of_the_smoothed_bound(seed, tau):
    """By differences; the 2/9 of local computing too, whose speeds are free at these prices for some users."""
    rng = drop_generator(seed, 8)
    problem = verification.random_p1(rng, 4)
    of = dual.dual_of(problem, problem.max_feature_bytes)
    ends = np.stack([np.full(4, 0.5), rng.uniform(0.6, 1.0, 4)])
    prices = np.exp(rng.uniform(-1, 1, 4))
    _, slope, curvature, _ = dual._derivatives(of, prices, ends, tau)
    for k in range(4):
        bump = np.zeros(4)
        bump[k] = 1e-5 * prices[k]
        up, down = (dual._derivatives(of, prices + sign * bump, ends, tau) for sign in (1, -1))
        assert (up[0] - down[0]) / (2 * bump[k]) == pytest.approx(slope[k], rel=1e-6, abs=1e-8)
        speeds = [np.cbrt(p[0] * of.delay / (2 * p[1] * of.energy)) < of.limits for p in (prices + bump, prices - bump)]
        if np.array_equal(*speeds):  # no kink between
            apart = (up[1] - down[1]) / (2 * bump[k])
            np.testing.assert_allclose(apart, curvature[k], rtol=1e-5, atol=1e-6 * np.abs(curvature).max())


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


def test_an_idle_limit_beside_a_tight_one_is_proved():
    """One user of three may be raised; from equal prices of both limits the root's bound was that of no limit."""
    users = Users(
        uplink_rate=np.array([3.17e8, 4.4e7, 8.32e8]),
        downlink_rate=np.array([5.13e6, 8.73e7, 1.57e6]),
        device_speed=np.array([4.64e9, 1.61e9, 6.28e8]),
        receive_power=np.full(3, 0.912),
    )
    problem = Problem(
        users=users,
        input_bytes=38800.0,
        transmit_power=0.00967,
        server_speed=3.17e11,
        fn_flops_per_byte=216.0,
        fn_base_flops=8.08e11,
        in_flops_per_byte=5460.0,
        energy_coefficient=3.7e-27,
        min_feature_bytes=11100.0,
        max_feature_bytes=176e3,
        max_mean_energy=5.57,
        max_mean_latency=8.0215,
        quality_per_byte=1e-5,
    )
    solution = solve_exact(problem)
    assert solution.converged and solution.bound >= solve_enumeration(problem).objective * (1 - 1e-12)


def test_enumeration_refuses_what_is_too_large():
    with pytest.raises(TooLarge, match=r"users: 20 .* at most 2\^20"):
        solve_enumeration(
            replace(TABLE_I, n_users=20, min_mbytes=0.01, max_mean_latency=1e4).draw(drop_generator(0, 0))
        )
