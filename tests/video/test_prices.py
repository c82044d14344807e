"""The price scheme: every round's certificate, its end, the finish; against brute force and the proved optimum."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mecpapers.sweep import drop_generator
from mecpapers.video import SCHEMES, prices
from mecpapers.video.bounds import solve_exact
from mecpapers.video.edge import complete, solve_search
from mecpapers.video.evidence import experiments
from mecpapers.video.model import violations
from mecpapers.video.offloading import solve_every_policy
from mecpapers.video.options import dual_bound, option_table
from mecpapers.video.prices import begin, finish, rounds, solve_prices, step
from mecpapers.video.scenario import EQ31, MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)


def small(seed, n=4):
    return replace(MIXED, n_devices=n, min_frames=1, max_frames=5).draw(np.random.default_rng(seed))


@given(seeds)
def test_every_round_is_certified(seed):
    p = small(seed)
    options, optimum = option_table(p), solve_exact(p).objective
    bound = -np.inf
    first, *states = rounds(options)
    assert first.rounds == 0 and first.certificate == np.inf
    for state in states:
        cost = complete(p, state.best > 0, options.frames(state.best)).objective
        assert state.cost == pytest.approx(cost, abs=1e-12)
        assert state.bound <= optimum + 1e-12 <= state.cost + 2e-12
        assert state.bound >= bound and state.model >= optimum - state.certificate - 1e-9
        bound = state.bound


@given(seeds)
def test_one_round_costs_at_most_the_squared_miss_of_its_prices(seed):
    rng = np.random.default_rng(seed)
    p = small(seed)
    options, optimum = option_table(p), solve_exact(p).objective
    w = rng.uniform(0, 1, 2)
    state = step(options, begin(options, w))
    miss = state.slopes[0] - w
    assert state.cost - optimum <= miss @ miss + 1e-12


@given(seeds)
def test_the_rounds_end_at_the_dual_optimum(seed):
    options = option_table(small(seed, 8))
    *_, last = rounds(options)
    assert last.bound == pytest.approx(dual_bound(options).value, abs=1e-10)


@given(seeds)
@settings(max_examples=40)
def test_the_finish_equals_every_policy_with_every_choice_of_frames(seed):
    p = small(seed)
    solution = solve_prices(p)
    assert solution.objective == pytest.approx(solve_every_policy(p, allocate=solve_search).objective, abs=1e-12)
    assert solution.converged and solution.gap < 1e-12 and violations(p, solution.allocation) == ()


@pytest.mark.parametrize("population", list(experiments.POPULATIONS))
def test_the_finish_equals_the_proved_optimum_in_every_instance(population):
    for n_devices, n_instances in ((16, 40), (100, 10)):
        run = experiments.price_rounds(population, n_devices, n_instances)
        assert run["after"].max() <= 1e-14
        assert run["dual"].max() <= 20


@given(seeds, st.integers(0, 6))
@settings(max_examples=40)
def test_the_finish_proves_from_wherever_the_rounds_stopped(seed, n_rounds):
    p = small(seed)
    options = option_table(p)
    state = begin(options)
    for _ in range(n_rounds + 1):
        state = step(options, state)
    solution, senders = finish(options, state)
    assert solution.objective == pytest.approx(solve_exact(p).objective, abs=1e-12)
    assert senders.shape == (4,)


def test_devices_in_a_tie_all_send():
    """Ten equal devices: without the slack on the gap one of the tied options could be lost."""
    p = replace(SET_A, n_devices=10).draw(np.random.default_rng(0))
    p = replace(p, devices=replace(p.devices, uplink_rate=np.full(10, p.devices.uplink_rate[0])))
    assert solve_prices(p).objective == pytest.approx(solve_exact(p).objective, abs=1e-12)


def test_frank_wolfe_steps_and_approaches_the_same_bound():
    options = option_table(replace(EQ31, n_devices=50).draw(drop_generator(0, 0)))
    _, *states = rounds(options, update="frank-wolfe", max_rounds=150)
    first = states[0]
    np.testing.assert_allclose(first.congestion, first.slopes[0])  # w_1 = w_0 + (P - w_0) / 1
    np.testing.assert_allclose(states[1].congestion, (states[1].slopes[0] + states[1].slopes[1]) / 2)
    top = dual_bound(options).value
    assert top - states[-1].bound < 1e-3 * abs(top)


@given(seeds)
@settings(max_examples=40)
def test_lost_replies_keep_cost_and_cuts_true(seed):
    rng = np.random.default_rng(seed)
    p = small(seed, 6)
    options, top = option_table(p), dual_bound(option_table(p))
    state = begin(options)
    for _ in range(6):
        state = step(options, state, heard=rng.random(6) < 0.5)
        assert state.cost >= top.value - 1e-12
        z = top.congestion
        cut = state.levels[-1] + 2 * z @ state.slopes[-1] - z @ z
        assert cut >= top.value - 1e-12  # a cut of old answers still lies above the dual function
    assert finish(options, state)[0].objective == pytest.approx(solve_exact(p).objective, abs=1e-12)


def test_a_round_with_a_lost_reply_claims_no_bound():
    options = option_table(small(0))
    state = step(options, begin(options), heard=np.array([True, True, False, True]))
    assert state.bound == -np.inf
    assert step(options, begin(options), heard=np.ones(4, dtype=bool)).bound > -np.inf


def test_old_prices_save_rounds():
    warm, cold = np.median(experiments.price_rounds_after_change("all mixed, eq7", 100, (0.5,), 10)[0], axis=1)
    assert warm < cold


def test_messages_are_counted_in_bytes():
    assert (prices.DOWN_BYTES, prices.UP_BYTES) == (16, 24)
    run = experiments.price_rounds("alike, eq31", 16, 5)
    np.testing.assert_array_equal(run["bytes"], 24 * (run["dual"] + 1))


def test_an_unknown_update_is_refused():
    options = option_table(small(0))
    with pytest.raises(ValueError, match="update = 'newton': must be one of cuts, frank-wolfe"):
        rounds(options, update="newton")


def test_no_round_at_all_is_refused():
    with pytest.raises(ValueError, match="max_rounds = 0: must be 1 or more"):
        solve_prices(small(0), max_rounds=0)


def test_the_scheme_is_certified_like_exact():
    p = replace(EQ31, n_devices=12).draw(np.random.default_rng(0))
    solution = SCHEMES["prices"](p)
    assert solution.bound_assumes == "local devices follow Theorem 1"
    assert solution.gap < 1e-12


PLAIN = {  # weights (delay, energy, accuracy), transmit power [W]: own costs that are all zero, all alike, or one term
    "delay": ((0.2, 0.0, 0.0), 1.0),
    "delay and energy": ((0.2, 0.2, 0.0), 1.0),
    "free power": ((0.2, 0.2, 0.0), 0.0),
    "free power, accuracy": ((0.2, 0.0, 0.6), 0.0),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_instances_are_proved_and_not_misproved(kind):
    """Where e is 0 nothing but a, b and rounding is left: no option of the optimum may be thrown away."""
    (delay, energy, accuracy), power = PLAIN[kind]
    for seed in range(60):
        rng = drop_generator(7, seed)
        n, alike = int(rng.integers(1, 4)), bool(rng.integers(2))
        problem = replace(MIXED, n_devices=n, min_frames=1, max_frames=3).draw(rng)
        rate = np.exp(rng.uniform(np.log(1e6), np.log(1e9), 1 if alike else n))
        weights = {"weight_delay": delay, "weight_energy": energy, "weight_accuracy": accuracy, "transmit_power": power}
        problem = replace(problem, devices=replace(problem.devices, uplink_rate=np.resize(rate, n), **weights))
        choices = product([0.0, 1.0, 2.0, 3.0], repeat=n)
        least = option_table(problem).least
        optimum = min(
            complete(problem, m > 0, np.where(m > 0, m, 1.0)).objective
            for m in map(np.array, choices)
            if ((m == 0) | (m >= least)).all()
        )
        for solve in (solve_exact, solve_prices):
            solution = solve(problem)
            assert solution.objective == pytest.approx(optimum, rel=1e-9)
            assert solution.bound <= optimum + 1e-12 * abs(optimum)
