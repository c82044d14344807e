"""Propositions 1 and 2 against CVXPY, KKT conditions and laws; wrong formulas fail the same checks."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.fhei.computing import (
    check_feasible,
    common_speed,
    feasible,
    latency_price,
    least_energy,
    least_latency,
    smallest,
    solve_resources,
)
from mecpapers.fhei.evidence import verification
from mecpapers.fhei.model import evaluate, violations
from mecpapers.fhei.scenario import FIG_4A
from mecpapers.fhei.transmission import Shares, downlink_shares, least_time_before_computing, uplink_shares
from mecpapers.lemmas import bisect
from mecpapers.solution import Infeasible
from mecpapers.sweep import drop_generator

PROBLEM = FIG_4A.draw(np.random.default_rng(0))


@pytest.mark.parametrize("equal", [True, False])
def test_against_cvxpy_on_200_instances(equal, tested):
    checked = verification.propositions(200, equal=equal)
    tested("Propositions 1-2, P2", "CVXPY, convex and geometric program", checked.gap, below=1e-8, instances=200)
    tested("Propositions 1-2, P2", "KKT conditions", checked.residual, below=1e-12, instances=200)
    assert checked.agreed == 200
    assert checked.infeasible >= 10 and checked.clipped >= 50 and checked.free >= 50


def wrong_root(problem, sizes):
    """Downlink shares by the cube root."""
    right = solve_resources(problem, sizes).allocation
    roots = np.cbrt(sizes / problem.users.downlink_rate)
    return solve_resources(problem, sizes, Shares(uplink=right.uplink_share, downlink=roots / roots.sum())).allocation


def wrong_speed(problem, sizes):
    """Every speed in proportion to its limit instead of one cap."""
    right = solve_resources(problem, sizes).allocation

    def at(share):
        return replace(right, device_speed=share * problem.users.device_speed)

    in_time = bisect(lambda s: evaluate(problem, at(s)).latency.mean() <= problem.max_mean_latency, 1.0, 0.0)
    return at(in_time)


@pytest.mark.parametrize("wrong", [wrong_root, wrong_speed])
def test_a_perturbed_formula_fails(wrong):
    checked = verification.check(wrong, 20)
    assert checked.gap > 1e-4 and checked.residual > 1e-3


@given(st.integers(0, 10_000))
def test_sort_and_bisection_agree(seed):
    problem, sizes = verification.random_instance(drop_generator(seed, 0))
    load, limits = problem.in_flops_per_byte * sizes, problem.users.device_speed
    shortest = float((load / problem.users.device_speed).sum())
    for factor in (0.99, 1.0 + 1e-9, 1.2, 3.0):
        exact = float(common_speed(problem, sizes, np.array(factor * shortest)))
        assert np.isinf(exact) == (factor < 1)
        if factor >= 1:
            late = partial(lambda seconds, v: (load / np.minimum(v, limits)).sum() > seconds, factor * shortest)
            assert exact == pytest.approx(float(bisect(late, 1.0, limits.max())), rel=1e-9)


def test_the_latency_may_be_met_exactly():
    """Loads and speeds are powers of two, so that the delays at full speed add up without rounding."""
    users = replace(PROBLEM.users, device_speed=2.0 ** np.array([30, 31, 32, 31, 30]))
    problem = replace(PROBLEM, users=users, in_flops_per_byte=4096.0)
    sizes = np.full(5, 2.0**22)
    seconds = 2.0 ** (34 - np.array([30, 31, 32, 31, 30]))
    v = float(common_speed(problem, sizes, np.array(seconds.sum())))
    assert v >= 2.0**32 * (1 - 1e-12) and np.isfinite(v)
    assert np.isinf(common_speed(problem, sizes, np.array(np.nextafter(seconds.sum(), 0))))


@given(st.integers(0, 10_000), st.floats(1.0, 3.0))
def test_energy_grows_with_sizes_and_falls_with_the_limit(seed, factor):
    problem, sizes = verification.random_instance(drop_generator(seed, 1))
    energy, _ = least_energy(problem, sizes)
    more, _ = least_energy(problem, sizes * factor)
    later, _ = least_energy(replace(problem, max_mean_latency=problem.max_mean_latency * factor), sizes)
    assert more >= energy * (1 - 1e-12) or np.isinf(more)
    assert later <= energy * (1 + 1e-12)


@given(st.integers(0, 10_000), st.floats(0.1, 10.0))
def test_scaling(seed, factor):
    """All rates and speeds times k, the latency limit over k: shares stay, energy of computing goes by k^2."""
    problem, sizes = verification.random_instance(drop_generator(seed, 2))
    problem = replace(problem, max_mean_latency=1.1 * float(least_latency(problem, sizes)), transmit_power=0.0)
    users = replace(problem.users, receive_power=np.zeros(sizes.size))
    problem = replace(problem, users=users)
    fast = replace(
        users,
        uplink_rate=factor * users.uplink_rate,
        downlink_rate=factor * users.downlink_rate,
        device_speed=factor * users.device_speed,
    )
    quick = replace(
        problem,
        users=fast,
        server_speed=factor * problem.server_speed,
        max_mean_latency=problem.max_mean_latency / factor,
    )
    ours, theirs = solve_resources(problem, sizes), solve_resources(quick, sizes)
    assert theirs.objective == pytest.approx(factor**2 * ours.objective, rel=1e-9)
    np.testing.assert_allclose(theirs.allocation.downlink_share, ours.allocation.downlink_share)


def test_proposition_1_does_not_depend_on_the_mobiles():
    slow = replace(PROBLEM, users=replace(PROBLEM.users, device_speed=np.full(5, 1.5e9)))
    a, b = (solve_resources(p, smallest(p)).allocation for p in (PROBLEM, slow))
    for name in ("uplink_share", "downlink_share", "edge_speed"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_p2_meets_its_limit_exactly_and_is_valid():
    solution = solve_resources(PROBLEM, smallest(PROBLEM))
    assert evaluate(PROBLEM, solution.allocation).latency.mean() == pytest.approx(15.0, rel=1e-12)
    assert violations(PROBLEM, solution.allocation) == ()
    assert solution.allocation.latency_price == pytest.approx(
        2e-28 * float(solution.allocation.device_speed.max()) ** 3, rel=1e-12
    )
    assert latency_price(PROBLEM, 1e9) == pytest.approx(2e-1)


def test_unequal_receive_powers_shift_the_downlink():
    users = replace(PROBLEM.users, receive_power=np.array([0.01, 0.01, 0.01, 0.01, 1.0]))
    problem = replace(PROBLEM, users=users)
    best = solve_resources(problem, smallest(problem))
    assert best.allocation.downlink_share[4] == pytest.approx(0.333, abs=5e-4)
    assert downlink_shares(problem, smallest(problem))[4] == pytest.approx(0.217, abs=5e-4)
    printed = Shares(uplink=uplink_shares(problem), downlink=downlink_shares(problem, smallest(problem)))
    energy, _ = least_energy(problem, smallest(problem), printed)
    assert float(energy) / 5 / best.objective == pytest.approx(1.022, abs=2e-3)


def test_infeasible_names_limit_and_least_attainable():
    d = smallest(PROBLEM)
    least = float(least_latency(PROBLEM, d))
    below = replace(PROBLEM, max_mean_latency=0.99 * float(least_time_before_computing(PROBLEM, d)))
    with pytest.raises(Infeasible, match=rf"max_mean_latency = .* least attainable is {least:.6g} s"):
        solve_resources(below, d)
    larger = np.full(5, 6e6)  # of which sizes the message speaks: more than these are needed at others
    least_of_these = float(least_latency(PROBLEM, larger))
    assert least_of_these > 1.5 * least
    tight = replace(PROBLEM, max_mean_latency=0.99 * least_of_these)
    with pytest.raises(Infeasible, match=rf"least attainable is {least_of_these:.6g} s at these feature sizes"):
        solve_resources(tight, larger)
    assert solve_resources(tight, d).converged
    with pytest.raises(Infeasible, match=rf"least attainable is {least:.6g} s at the smallest features"):
        solve_resources(replace(PROBLEM, max_mean_latency=0.99 * least), d)
    assert not feasible(replace(PROBLEM, max_mean_latency=least * (1 - 1e-9)), d)
    just = replace(PROBLEM, max_mean_latency=least * (1 + 1e-9), max_mean_energy=1e3)
    assert feasible(just, d)
    with pytest.raises(Infeasible, match=r"max_mean_energy = 1 J: the least attainable within the latency is 2\.72"):
        check_feasible(replace(PROBLEM, max_mean_energy=1.0), d)


def test_a_batch_is_its_rows():
    rng = np.random.default_rng(3)
    sizes = rng.uniform(2.8e6, 6e6, (7, 5))
    energy, v = least_energy(PROBLEM, sizes)
    for k in range(7):
        e, w = least_energy(PROBLEM, sizes[k])
        assert energy[k] == pytest.approx(float(e), rel=1e-13) and v[k] == pytest.approx(float(w), rel=1e-13)
