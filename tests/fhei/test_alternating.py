"""P3, the alternating algorithm and its mended form, the benchmarks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from mecpapers.fhei.alternating import begin, done, rounds, solve_alternating, step
from mecpapers.fhei.benchmarks import inversion_shares, solve_constant, solve_inversion
from mecpapers.fhei.computing import feasible, least_energy, smallest, solve_resources
from mecpapers.fhei.evidence import verification
from mecpapers.fhei.mended import fill, improve, raise_one, solve_mended
from mecpapers.fhei.model import evaluate, violations
from mecpapers.fhei.quality import energy_per_byte, full_price, greedy_sizes
from mecpapers.fhei.scenario import FIG_4A, UNEQUAL
from mecpapers.fhei.schemes import SCHEMES
from mecpapers.solution import Infeasible
from mecpapers.sweep import drop_generator

PROBLEM = FIG_4A.draw(np.random.default_rng(0))


def test_greedy_against_cvxpy(tested):
    tested(
        "P3 with (23), the greedy step",
        "CVXPY, linear program",
        verification.greedy_gap(200),
        below=1e-8,
        instances=200,
    )


def linear_sizes(problem, price, budget, most_bytes):
    """P3 as a linear program (SciPy's HiGHS)."""
    low, high, n = problem.min_feature_bytes, problem.max_feature_bytes, price.size
    rows, limits = np.stack([price * high / budget, np.full(n, 1 / n)]), [1.0, most_bytes / (n * high)]
    answer = linprog(-np.ones(n), A_ub=rows, b_ub=limits, bounds=[(low / high, 1.0)] * n, method="highs")
    assert answer.success, answer.message
    return answer.x * high


@given(st.integers(0, 10_000))
def test_greedy_against_highs(seed):
    problem, price, budget, most = verification.random_p3(drop_generator(seed, 3))
    ours, theirs = (solve(problem, price, budget, most) for solve in (greedy_sizes, linear_sizes))
    assert ours.sum() == pytest.approx(theirs.sum(), rel=1e-9)
    assert price @ ours <= budget * (1 + 1e-12) and ours.sum() <= most * (1 + 1e-12)
    by_size = greedy_sizes(problem, -price + price.max() + price.min(), budget, most)  # the dearest first
    assert price @ ours <= price @ by_size * (1 + 1e-12) or by_size.sum() < ours.sum()


def test_equal_prices_serve_the_users_in_their_order():
    """Room for one and a half of five: the first is served whole, the second by half."""
    sizes = greedy_sizes(PROBLEM, np.full(5, 1e-7), np.inf, 5 * 2.8e6 + 1.5 * 3.2e6)
    assert sizes == pytest.approx([6e6, 4.4e6, 2.8e6, 2.8e6, 2.8e6])


def test_published_scale():
    """Fig. 4(a)'s gains, five mobiles of 3 GFLOPS: by the independent enumeration and these schemes."""
    total = {name: SCHEMES[name](PROBLEM).objective for name in SCHEMES}
    assert total["exact"] == pytest.approx(verification.solve_enumeration(PROBLEM).objective, rel=1e-9)
    assert total["inversion-gain"] < total["inversion-rate"] < total["constant"] < total["alternating"]
    assert total["alternating"] < total["mended"] == pytest.approx(total["exact"], rel=1e-9)


@pytest.mark.parametrize("mobiles", UNEQUAL)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_answer_is_valid(mobiles, scheme):
    problem = UNEQUAL[mobiles].draw(np.random.default_rng(0))
    if (mobiles, scheme) == ("below Table I", "inversion-gain"):  # slow mobiles, and air time that helps nobody
        with pytest.raises(
            Infeasible, match=r"max_mean_latency = 15 s: .* smallest features with this scheme's air time"
        ):
            SCHEMES[scheme](problem, rng=None)
        return
    solution = SCHEMES[scheme](problem, rng=None)
    assert violations(problem, solution.allocation) == ()
    assert evaluate(problem, solution.allocation).total == pytest.approx(solution.objective, rel=1e-12)
    assert solution.converged


def test_alternating_sits_on_the_grid_of_23():
    total = solve_alternating(PROBLEM).objective
    k = np.log(total / 168.0) / np.log(1.01)
    assert k == pytest.approx(round(k), abs=1e-9)


def test_the_step_is_the_papers():
    states = rounds(PROBLEM, max_rounds=3)
    again = step(PROBLEM, states[1])
    np.testing.assert_array_equal(again.sizes, states[2].sizes)
    assert states[1].sizes.sum() == pytest.approx(5 * 2.8e6)  # the first round changes nothing
    assert states[2].sizes.sum() == pytest.approx(5 * 2.8e6 * 1.01)
    cheapest = int(np.argmin(energy_per_byte(PROBLEM, states[1].allocation)))
    assert np.argmax(states[2].sizes) == cheapest
    np.testing.assert_array_equal(begin(PROBLEM).sizes, states[0].sizes)
    every = rounds(PROBLEM)
    assert [done(PROBLEM, s) for s in every] == [None] * (len(every) - 1) + ["converged"]


def test_all_at_the_largest_ends_it_at_once():
    """A roomy problem: the round that reaches d_max for all is the last, and it is not cut by the cap."""
    roomy = replace(PROBLEM, max_mean_energy=1e3, max_mean_latency=1e3)
    every = rounds(roomy)
    assert [bool(np.all(s.sizes >= 6e6 * (1 - 1e-9))) for s in every] == [False] * (len(every) - 1) + [True]
    assert every[-1].round == 1 + int(np.ceil(np.log(6 / 2.8) / np.log(1.01)))


def test_why_it_ended():
    assert solve_alternating(PROBLEM).ended == "converged"
    cut = solve_alternating(PROBLEM, max_rounds=3)
    assert cut.ended == "cap" and cut.objective == pytest.approx(168.0 * 1.01**2)
    assert solve_alternating(PROBLEM, stop="literal").ended == "cap"  # it swings for ever


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stop": "whenever"}, "stop = 'whenever': must be one of safe, literal"),
        ({"eta": 1.0}, r"eta = 1.0: must be above 1"),
        ({"eta": 0.5}, r"eta = 0.5: must be above 1"),
        ({"max_rounds": 0}, "max_rounds = 0: must be 1 or more"),
    ],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        solve_alternating(PROBLEM, **options)
    with pytest.raises(ValueError, match="inverted = 'speed': must be one of rate, gain"):
        inversion_shares(PROBLEM, "speed")


def test_sizes_and_shares_cannot_be_written_to():
    solution, state = solve_alternating(PROBLEM), begin(PROBLEM)
    for array in (solution.allocation.feature_bytes, solution.allocation.downlink_share, state.sizes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_the_literal_stop_rule_passes_what_the_energy_limit_forbids():
    states = rounds(PROBLEM, stop="literal")
    assert max(s.mean_energy for s in states if s.allocation is not None) > 20.0
    assert solve_alternating(PROBLEM, stop="literal").converged is False
    assert solve_alternating(PROBLEM, eta=None).objective == pytest.approx(168.0)


@given(st.integers(0, 10_000))
def test_full_price_is_the_slope_of_p2(seed):
    """Envelope theorem: the derivative of P2's optimum, M times, in one size."""
    problem, sizes = verification.random_instance(drop_generator(seed, 4))
    problem = replace(problem, max_mean_latency=1.5 * problem.max_mean_latency)
    price = full_price(problem, solve_resources(problem, sizes).allocation)
    for k in range(min(3, sizes.size)):
        bump = np.zeros(sizes.size)
        bump[k] = 1e-5 * sizes[k]
        up, down = (float(least_energy(problem, sizes + sign * bump)[0]) for sign in (1, -1))
        assert (up - down) / (2 * bump[k]) == pytest.approx(price[k], rel=2e-4)


@given(st.integers(0, 10_000))
def test_mended_is_never_below_and_tight(seed):
    problem = verification.random_p1(drop_generator(seed, 5), 4)
    mended, paper, flat = solve_mended(problem), solve_alternating(problem), solve_constant(problem)
    assert mended.objective >= max(paper.objective, flat.objective) * (1 - 1e-9)
    assert violations(problem, mended.allocation) == ()
    d = mended.allocation.feature_bytes
    assert not feasible(problem, np.minimum(d * 1.0001, problem.max_feature_bytes))


def test_raise_one_goes_to_the_limit():
    sizes = np.repeat(smallest(PROBLEM)[None], 5, axis=0)
    raised = raise_one(PROBLEM, sizes, np.arange(5))
    energy, _ = least_energy(PROBLEM, raised)
    np.testing.assert_allclose(energy / 5, 5.0, rtol=1e-8)
    assert np.all((raised > sizes).sum(axis=1) == 1)
    beyond = raise_one(PROBLEM, np.full((1, 5), 6e6), np.array([0]))
    assert beyond.sum() == 0
    assert fill(PROBLEM, smallest(PROBLEM)).sum() <= improve(PROBLEM, smallest(PROBLEM)).sum()


def test_constant_is_constant_and_at_a_limit():
    a = solve_constant(PROBLEM).allocation
    assert np.ptp(a.feature_bytes) == 0
    assert evaluate(PROBLEM, a).energy.mean() == pytest.approx(5.0, rel=1e-9)
    roomy = replace(PROBLEM, max_mean_energy=1e3, max_mean_latency=1e3)
    assert solve_constant(roomy).allocation.feature_bytes == pytest.approx(6e6)
    assert solve_alternating(roomy).objective == pytest.approx(360.0)


def test_inversion_equalises_what_it_says():
    by_rate, by_gain = inversion_shares(PROBLEM, "rate"), inversion_shares(PROBLEM, "gain")
    assert np.ptp(by_rate.downlink * PROBLEM.users.downlink_rate) < 1e-6
    assert np.ptp(by_gain.uplink * PROBLEM.users.uplink_gain) < 1e-12
    assert np.ptp(by_gain.downlink * PROBLEM.users.downlink_gain) < 1e-12
    assert np.ptp(by_rate.uplink * PROBLEM.users.uplink_rate) < 1e-6
    a = solve_inversion(PROBLEM, "rate").allocation
    np.testing.assert_array_equal(a.downlink_share, by_rate.downlink)
    bare = replace(PROBLEM, users=replace(PROBLEM.users, uplink_gain=None))
    with pytest.raises(ValueError, match="uplink_gain is missing"):
        solve_inversion(bare, "gain")


@pytest.mark.parametrize("n_users", [1, 200])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_user_and_two_hundred(n_users, scheme):
    scenario = replace(
        FIG_4A, n_users=n_users, uplink_gains=(), downlink_gains=(), device_gflops=(), gamma_shape=3.0,
        uplink_mhz=4.0 * n_users, downlink_mhz=32.0 * n_users, server_tflops=4.0 * n_users,
        noise_w_per_hz=1e-7 / n_users,
    )  # fmt: skip
    problem = scenario.draw(np.random.default_rng(1))
    solution = SCHEMES[scheme](problem, rng=None)
    assert violations(problem, solution.allocation) == ()
    if scheme == "exact":
        assert solution.gap <= 1e-4 * solution.objective
