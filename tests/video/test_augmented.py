"""Steps 1 and 2 of Algorithm 4 against CVXPY, their KKT conditions, and wrong formulas that must fail."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.sweep import drop_generator
from mecpapers.video.augmented import edge_value, local_step, project, slope, terms
from mecpapers.video.edge import congestion_roots
from mecpapers.video.evidence import verification
from mecpapers.video.evidence.reference import dual_function
from mecpapers.video.geometric import relaxed_frames
from mecpapers.video.local import local_frequency

seeds = st.integers(0, 2**32 - 1)


def test_the_local_step_equals_cvxpy_on_200_instances(tested):
    tested("(41), a device's step of ADMM", "CVXPY", verification.gaps("local_step", 200), below=1e-8)


def test_the_local_step_meets_its_kkt_conditions(tested):
    problems = (verification.random_problem(drop_generator(0, k)) for k in range(200))
    residuals = [verification.local_step_residual(problem) for problem in problems]
    tested("(41), a device's step of ADMM", "KKT conditions", residuals, below=1e-10)


def test_both_cases_occur_and_frames_meet_either_bound_or_none():
    chosen, at = [], []
    for k in range(200):
        problem = verification.random_problem(drop_generator(0, k))
        f, t, s = verification._some_multipliers(problem)
        offload, frames, _, _ = local_step(terms(problem), f, t, s)
        chosen += offload.tolist()
        low, high = np.exp(terms(problem).low), np.exp(terms(problem).high)
        at += np.where(
            frames < low * (1 + 1e-9), "low", np.where(frames > high * (1 - 1e-9), "high", "inside")
        ).tolist()
    assert 0.1 < np.mean(chosen) < 0.9
    assert {"low", "high", "inside"} <= set(at)


@pytest.mark.parametrize("wrong", ["frames", "y", "z"])
def test_a_perturbed_local_step_fails(wrong):
    def perturbed(k, f, t, s):
        offload, frames, y, z = local_step(k, f, t, s)
        low, high = np.exp(k.low), np.exp(k.high)
        if wrong == "frames":
            frames = np.where(offload, np.clip(1.01 * frames, low, high), frames)
        return offload, frames, y + 0.01 * (wrong == "y"), z + 0.01 * (wrong == "z")

    problems = [verification.random_problem(drop_generator(0, k)) for k in range(20)]
    assert max(verification.local_step_gap(p, perturbed) for p in problems) > 1e-6


@given(seeds)
def test_the_slope_is_the_derivative_and_the_bend_that_of_the_slope(seed):
    problem = verification.random_problem(np.random.default_rng(seed))
    f, t, s = verification._some_multipliers(problem)
    k, h = terms(problem), 1e-5
    m = (k.low + k.high) / 2
    ahead, behind = (edge_value(k, m + d, f, t, s)[0] for d in (h, -h))
    value, size, bend = slope(k, m, f, t, s)
    np.testing.assert_allclose((ahead - behind) / (2 * h), value, atol=1e-7 * size.max())
    ahead, behind = (slope(k, m + d, f, t, s)[0] for d in (h, -h))
    np.testing.assert_allclose((ahead - behind) / (2 * h), bend, rtol=1e-6, atol=1e-8 * size.max())


@given(seeds)
def test_no_other_point_of_the_local_step_is_better(seed):
    rng = np.random.default_rng(seed)
    problem = verification.random_problem(rng)
    f, t, s = verification._some_multipliers(problem)
    k = terms(problem)
    offload, frames, y, z = local_step(k, f, t, s)
    best = np.where(offload, verification.augmented_cost(k, np.log(frames), y, z, f, t, s), k.local_cost)
    for size in (1e-3, 0.3):
        m = np.clip(np.log(frames) + size * rng.normal(size=frames.size), k.low, k.high)
        moved = verification.augmented_cost(k, m, y + size * rng.normal(), z + size * rng.normal(), f, t, s)
        assert np.all(np.minimum(moved, k.local_cost) >= best * (1 - 1e-12))


def test_another_local_case_is_refused():
    with pytest.raises(ValueError, match="local"):
        terms(verification.random_problem(drop_generator(0, 0)), "none")


def test_step_2_equals_cvxpy_on_200_instances(tested):
    tested("(42), the server's step of ADMM", "CVXPY", verification.gaps("global_step", 200), below=1e-8)


def test_the_printed_step_2_does_not_solve_42():
    problems = [verification.random_problem(drop_generator(0, k)) for k in range(20)]
    assert min(verification.global_step_gap(p, partial(project, how="printed")) for p in problems) > 1e-3


def test_step_2_by_hand():
    """b = (ln 2, 0): (43) takes ln 3 off both; the true price takes more from the larger."""
    b, both = np.log([2.0, 1.0]), np.ones(2, dtype=bool)
    printed, exact = project(b, both, 1.0, "printed"), project(b, both, 1.0)
    np.testing.assert_allclose(np.exp(printed), [2 / 3, 1 / 3])
    assert np.exp(exact).sum() == pytest.approx(1, abs=1e-12)
    price = (b - exact) / np.exp(exact)  # s (b - v) = mu e^v
    assert price[0] == pytest.approx(price[1], rel=1e-12)
    assert ((exact - b) ** 2).sum() < ((printed - b) ** 2).sum() - 0.01


@given(seeds, st.floats(-8, 8), st.sampled_from([1e-6, 0.05, 0.5, 1e6]))
def test_step_2_meets_its_kkt_conditions(seed, shift, s):
    rng = np.random.default_rng(seed)
    b = rng.normal(size=rng.integers(1, 30)) * rng.uniform(0, 5) + shift
    offload = rng.random(b.size) < 0.7
    v = project(b, offload, s)
    np.testing.assert_array_equal(v[~offload], b[~offload])  # nothing binds outside N_1
    total = np.exp(v[offload]).sum()
    if np.exp(b[offload]).sum() <= 1:
        np.testing.assert_array_equal(v, b)
    else:
        assert total == pytest.approx(1, abs=1e-12)
        price = (b - v)[offload] / np.exp(v[offload])
        assert np.ptp(price) <= 1e-9 * price.max() and price.min() >= 0


def test_step_2_for_nobody():
    b = np.array([3.0, 4.0])
    np.testing.assert_array_equal(project(b, np.zeros(2, dtype=bool), 0.5), b)


def test_staying_follows_theorem_1_under_both_energies():
    """x = 0 of (41) is Theorem 1 with Phi-hat: its frames are stationary for the energy that (20) minimises."""
    problem = verification.random_problem(drop_generator(0, 3))
    k, f = terms(problem), local_frequency(problem)
    v = problem.devices
    marginal = problem.cycles_per_mac * v.macs_per_frame
    marginal = marginal * (v.weight_delay / f + v.weight_energy * v.energy_coefficient * f**2)
    interior = np.clip(np.sqrt(v.weight_accuracy * v.accuracy_a0 / marginal), np.exp(k.low), np.exp(k.high))
    np.testing.assert_allclose(k.local_frames, interior, rtol=1e-12)


def some_edge(seed):
    """A problem, all of it at the edge; the frames and the cost of (29); and the own delay costs there."""
    problem = verification.random_problem(drop_generator(0, seed))
    everyone = np.ones(problem.devices.size, dtype=bool)
    frames, _ = relaxed_frames(problem, everyone)
    a, b = congestion_roots(problem, frames)
    return problem, everyone, verification.relaxed_cost(problem, everyone, frames), a * a.sum(), b * b.sum()


@pytest.mark.parametrize("seed", range(6))
def test_the_dual_function_meets_the_optimum_at_the_own_delays(seed):
    problem, everyone, optimum, theta_f, theta_t = some_edge(seed)
    value, *apart = dual_function(problem, everyone, theta_f, theta_t, 0.5)
    assert value == pytest.approx(optimum, rel=1e-6)
    assert np.abs(apart).max() < 1e-3  # the slopes in theta vanish: y = f^ and z = t^


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_the_dual_function_lies_below_the_optimum_elsewhere(factor):
    for seed in range(3):
        problem, everyone, optimum, theta_f, theta_t = some_edge(seed)
        value, *_ = dual_function(problem, everyone, factor * theta_f, theta_t, 0.5)
        assert value < optimum * (1 - 1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: project(np.zeros(2), np.ones(2, dtype=bool), 0.5, "printd"),
            "how = 'printd': must be one of printed, exact",
        ),
        (lambda: verification.gaps("theorem_3"), "check = 'theorem_3': must be one of theorem_1, "),
    ],
)
def test_a_word_that_means_nothing_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_every_check_sees_as_many_instances_as_it_says_and_others_under_another_seed():
    one, two = (verification.gaps("printed_global_step", 6, seed) for seed in (0, 1))
    assert len({*one.tolist(), *two.tolist()}) == 12
