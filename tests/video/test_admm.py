"""Algorithm 4: each line of a sweep, fixed points, the faults of its printed form, and honest ends."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mecpapers.solution import Infeasible
from mecpapers.sweep import drop_generator
from mecpapers.video import SCHEMES, admm
from mecpapers.video.admm import FITTED, PRINTED, THEOREM_1, Reading, rounds, solve_admm, step
from mecpapers.video.augmented import local_step, terms
from mecpapers.video.edge import converted_cost
from mecpapers.video.evidence import experiments, verification
from mecpapers.video.model import evaluate, fewest_frames, violations
from mecpapers.video.scenario import EQ31, MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)


def drop(n, k=0, scenario=EQ31):
    return replace(scenario, n_devices=n).draw(drop_generator(0, k))


def test_a_parallel_sweep_line_by_line():
    p, s = drop(5), 0.5
    before = step(p, admm.begin(p, PRINTED), PRINTED)
    after = step(p, before, PRINTED)
    x, frames, y, z = local_step(
        terms(p, "printed"), before.f - before.theta_f / s, before.t - before.theta_t / s, s
    )  # (41)
    np.testing.assert_array_equal(after.offload, x)
    np.testing.assert_allclose(after.frames, frames)
    for v, local, theta, new, limit in (
        (after.f, y, before.theta_f, after.theta_f, 1.0),
        (after.t, z, before.theta_t, after.theta_t, 1.0),
    ):
        lowered = (local + theta / s - v)[x]
        assert np.ptp(lowered) < 1e-12  # (43), (44): the same mu / s off everyone
        assert np.exp(v[x]).sum() <= limit + 1e-12
        np.testing.assert_allclose(new, theta + s * (local - v))  # (45), (46)


def test_a_sequential_sweep_serves_one_device_after_the_other():
    p, reading = drop(4), FITTED
    state = admm.begin(p, reading)
    for n in range(4):
        state = admm._advance(terms(p).take(slice(n, n + 1)), state, slice(n, n + 1), 0.05, reading)
    whole = step(p, admm.begin(p, reading), reading)
    for name in ("offload", "frames", "y", "z", "f", "t", "theta_f", "theta_t"):
        np.testing.assert_array_equal(getattr(state, name), getattr(whole, name))


@pytest.mark.parametrize("reading", [FITTED, PRINTED, THEOREM_1, replace(FITTED, projection="printed", max_sweeps=7)])
def test_side_by_side_each_walks_as_alone(reading):
    """Of several sizes, with outages, and where no walk begins; each ends at its own sweep."""
    some = [drop(n, k, scenario) for n in (1, 3, 8) for k in range(6) for scenario in (EQ31, MIXED)]
    quiet = [replace(p, devices=replace(p.devices, uplink_rate=np.zeros(p.devices.size))) for p in some[:2]]
    poor = replace(some[-1], devices=replace(some[-1].devices, min_accuracy=0.999))
    problems = [*some, *quiet, poor]
    walks = admm.rounds_of_many(problems, reading)
    assert walks[-1] is None
    assert len({len(walk) for walk in walks[:-1]}) > 1
    for p, walk in zip(problems[:-1], walks[:-1], strict=True):
        alone = list(rounds(p, reading))
        assert len(walk) == len(alone)
        for name in ("offload", "frames", "y", "z", "f", "t", "theta_f", "theta_t", "cost", "change"):
            for mine, theirs in zip(walk, alone, strict=True):
                np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-12, atol=1e-12)
    found = admm.solve_many_admm(problems, reading)[:-1]
    for p, one in zip(problems[:-1], found, strict=True):
        alone = solve_admm(p, reading)
        assert (one.ended, one.objective) == (alone.ended, pytest.approx(alone.objective, rel=1e-12))


def test_where_the_step_size_is_a_problems_own_each_walks_alone():
    assert admm.rounds_of_many([drop(3), drop(3, 1)], replace(FITTED, step_size="balanced")) == [None, None]


def test_46_to_the_letter_uses_z():
    p = drop(3)
    state = admm.begin(p, PRINTED)
    literal, mended = step(p, state, replace(PRINTED, literal_46=True)), step(p, state, PRINTED)
    np.testing.assert_allclose(literal.theta_t - mended.theta_t, literal.z - state.theta_t)
    np.testing.assert_array_equal(literal.theta_f, mended.theta_f)


def test_the_cost_of_a_state_is_the_cost_of_its_allocation_without_the_constant():
    p = drop(6)
    *_, state = rounds(p, replace(FITTED, max_sweeps=3))
    devices = p.devices
    relaxed = replace(p, devices=replace(devices, accuracy_a2=np.zeros(6), min_frames=fewest_frames(devices)))
    whole = admm.round_off(relaxed, replace(state, frames=np.rint(state.frames)))
    state = replace(state, frames=np.where(state.offload, np.rint(state.frames), terms(p).local_frames))
    edge = evaluate(relaxed, whole.allocation).cost[state.offload].sum()
    local = terms(p).local_cost[~state.offload].sum()
    assert admm._cost(terms(p), state) == pytest.approx(edge + local, rel=1e-12)


@given(seeds)
@settings(max_examples=30)
def test_a_fixed_policy_converges_to_theorem_2_with_42_solved_and_not_with_43(seed):
    """All at the edge (staying local made dear), frames fixed: the shares must end at (25)-(26)."""
    p = replace(EQ31, n_devices=4, min_frames=4, max_frames=4, device_ghz=0.05).draw(np.random.default_rng(seed))
    cost = {}
    for projection in ("exact", "printed"):
        reading = Reading(projection=projection, threshold=0.0, max_sweeps=400)
        *_, state = rounds(p, reading)
        assert state.offload.all()
        cost[projection] = admm.round_off(p, state).objective
    optimum = converted_cost(p, np.ones(4, dtype=bool), np.full(4, 4.0))
    assert cost["exact"] == pytest.approx(optimum, abs=1e-6)
    assert cost["printed"] > optimum + 1e-6


def test_the_printed_fixed_point_shares_in_proportion_to_load():
    """(43)-(44) end where the marginal delay costs agree in ln f, not in f: f ~ C instead of sqrt(C)."""
    p = replace(EQ31, n_devices=2, min_frames=4, max_frames=4, device_ghz=0.05).draw(np.random.default_rng(1))
    p = replace(p, devices=replace(p.devices, macs_per_frame=[4e8, 8e8], macs_offset=[0.0, 0.0]))
    *_, state = rounds(p, Reading(threshold=0.0, max_sweeps=2000))
    assert np.exp(state.f[1] - state.f[0]) == pytest.approx(2.0, rel=1e-6)
    *_, state = rounds(p, Reading(projection="exact", threshold=0.0, max_sweeps=2000))
    assert np.exp(state.f[1] - state.f[0]) == pytest.approx(np.sqrt(2.0), rel=1e-6)


def test_zeros_in_cycles_per_second_end_all_local():
    p = drop(16)
    solution = solve_admm(p, replace(THEOREM_1, start="zeros-hertz"))
    assert not solution.allocation.offload.any() and solution.converged
    assert solution.objective > 0.8 * SCHEMES["gp-heuristic"](p).objective


@pytest.mark.parametrize("s", [0.2, 0.5, 1.0])
def test_from_equal_shares_everyone_stays_at_the_edge(s):
    """The x-step does not see what a device costs the others: at N = 16, 3 % above the optimum."""
    solution = solve_admm(drop(16), replace(THEOREM_1, step_size=s, projection="exact"))
    assert solution.allocation.offload.all()


def test_the_balanced_step_size_by_hand():
    """Equal devices, theta_f = theta_t = q: s* = q / 2."""
    p = drop(1)
    v = p.devices
    computing = v.weight_delay * p.cycles_per_mac * (4 * v.macs_per_frame + v.macs_offset) / p.server_frequency
    sending = v.weight_delay * 4 * v.frame_bits / v.uplink_rate
    expected = (computing**2 + sending**2) / (2 * (computing + sending))
    assert admm.balanced_step_size(p) == pytest.approx(float(expected[0]), rel=1e-12)


def test_at_a_fixed_point_theta_is_the_devices_own_delay_cost():
    p = replace(EQ31, n_devices=3, min_frames=4, max_frames=4, device_ghz=0.05).draw(np.random.default_rng(0))
    *_, state = rounds(p, Reading(projection="exact", threshold=0.0, max_sweeps=500))
    k = terms(p)
    np.testing.assert_allclose(state.theta_f, (k.a0 * 4 + k.a1) * np.exp(-state.f), rtol=1e-6)
    np.testing.assert_allclose(state.theta_t, k.bt * 4 * np.exp(-state.t), rtol=1e-6)


@pytest.mark.parametrize("reading", [PRINTED, THEOREM_1, FITTED, replace(FITTED, step_size="balanced")])
@pytest.mark.parametrize("scenario", [EQ31, SET_A, MIXED])
def test_every_end_is_feasible_and_not_below_the_optimum(reading, scenario):
    for k in range(5):
        p = drop(7, k, scenario)
        solution = solve_admm(p, reading)
        assert violations(p, solution.allocation) == ()
        least = experiments.charged_optimum if reading is PRINTED else SCHEMES["exact"]
        assert solution.objective >= least(p).bound - 1e-12
        assert solution.objective == pytest.approx(evaluate(p, solution.allocation).total)


@pytest.mark.parametrize("sweep", ["parallel", "sequential"])
@pytest.mark.parametrize("size", [1e-300, 1e-9, 1e9, 1e300])
def test_extreme_step_sizes(size, sweep):
    p = drop(5)
    solution = solve_admm(p, replace(FITTED, step_size=size, sweep=sweep, max_sweeps=40))
    assert violations(p, solution.allocation) == () and np.isfinite(solution.objective)
    if size < 1:
        assert not solution.converged


def test_the_cap_returns_the_best_iterate_and_says_so():
    p = drop(16)
    solution = solve_admm(p, replace(PRINTED, max_sweeps=3))
    states = list(rounds(p, replace(PRINTED, max_sweeps=3)))
    assert not solution.converged and len(states) == 4
    assert solution.objective == min(admm.round_off(p, s, PRINTED).objective for s in states)


def test_outer_states_are_fixed_points_of_their_problems():
    nobody = replace(EQ31, n_devices=4, server_ghz=1e-3).draw(np.random.default_rng(0))
    everyone = replace(EQ31, n_devices=4, device_ghz=0.01).draw(np.random.default_rng(0))
    for reading in (PRINTED, FITTED):
        assert not solve_admm(nobody, reading).allocation.offload.any()
        assert solve_admm(everyone, reading).allocation.offload.all()


def test_infeasible_accuracy_is_told():
    p = drop(2)
    p = replace(p, devices=replace(p.devices, min_accuracy=0.96))
    with pytest.raises(Infeasible, match=r"\(13a\) device 0"):
        solve_admm(p)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("step_size", 0.0, "positive"),
        ("step_size", np.nan, "positive"),
        ("step_size", "tuned", "balanced"),
        ("sweep", "random", "parallel, sequential"),
        ("projection", "none", "printed, exact"),
        ("local", "none", "printed, theorem-1"),
        ("start", "warm", "equal-share"),
        ("threshold", -1.0, "0 or more"),
        ("max_sweeps", 0, "1 or more"),
    ],
)
def test_a_wrong_reading_is_refused(field, value, rule):
    with pytest.raises(ValueError, match=rf"{field} = .*{rule}"):
        Reading(**{field: value})


def test_every_reading_is_built_of_the_named_choices():
    starts = {"as printed, zeros in GHz": "zeros-gigahertz", "as printed, zeros in cycle/s": "zeros-hertz"}
    for name, start in starts.items():
        assert experiments.READINGS[name].start == start
    fitted = experiments.READINGS["in turn, (42) solved, s = 0.05"]
    assert (fitted.sweep, fitted.projection, fitted.step_size) == ("sequential", "exact", 0.05)


def test_the_local_case_to_the_letter_minimises_31_without_rho():
    """By a grid over frames and clock, in (31) written out; Theorem 1's clock costs more, and so does any other."""
    for k in range(20):
        p = verification.random_problem(drop_generator(0, k))
        v, rho = p.devices, p.cycles_per_mac
        own = terms(p, "printed")

        def cost_31(frames, clock, v=v, rho=rho):
            work = v.macs_per_frame * frames + v.macs_offset
            energy = v.weight_energy * v.energy_coefficient * work * clock**2  # no rho
            return v.weight_delay * rho * work / clock + energy + v.weight_accuracy * v.accuracy_a0 / frames

        np.testing.assert_allclose(cost_31(own.local_frames, own.local_frequency), own.local_cost, rtol=1e-12)
        for frames in np.linspace(np.exp(own.low), np.exp(own.high), 40):
            for share in np.linspace(0.02, 1, 50):
                assert np.all(cost_31(frames, share * v.max_frequency) >= own.local_cost * (1 - 1e-12))
    letter, theorem = terms(drop(4), "printed"), terms(drop(4))
    assert letter.local_frequency[0] == pytest.approx((0.12 * 0.2 / (2 * 0.2 * 1e-28)) ** (1 / 3))
    assert letter.local_cost[0] < 0.7 * theorem.local_cost[0]
    np.testing.assert_array_equal(letter.local_cost, terms(drop(4, scenario=SET_A), "printed").local_cost)


def test_to_the_letter_the_local_devices_keep_their_own_clock_and_frames():
    p = drop(16)
    found = solve_admm(p, PRINTED).allocation
    at_home = ~found.offload
    assert at_home.any()
    np.testing.assert_array_equal(found.device_frequency[at_home], terms(p, "printed").local_frequency[at_home])
    np.testing.assert_array_equal(found.frames[at_home], np.rint(terms(p, "printed").local_frames)[at_home])


def test_to_the_letter_admm_ends_below_the_bounds_and_charged_by_7_far_above():
    for scenario, low, high in ((EQ31, -0.12, -0.05), (SET_A, 0.02, 0.10)):
        sweep = experiments.admm_readings(("as printed, equal shares",), (16,), 8, scenario=scenario)
        assert low < experiments.losses(sweep, "as printed, equal shares", 0.0).relative[0] < high


def test_the_order_of_the_readings():
    sweep = experiments.admm_readings(("Theorem 1 at home", "in turn, (42) solved, s = 0.05"), (16,), 10)
    best = sweep.mean("cost", "exact")[0]
    loss = {name: float(sweep.mean("cost", name)[0] - best) / abs(best) for name in sweep.schemes}
    assert loss["Theorem 1 at home"] > 0.02 > 0.005 > loss["in turn, (42) solved, s = 0.05"] > 0


def test_two_devices_one_sweep_by_enumeration():
    """Step 1 decides as if f^ and t^ were prices: its x is the best of the two cases, device by device."""
    p = drop(2)
    k, state = terms(p), admm.begin(p, FITTED)
    x, _, _, _ = local_step(k, state.f, state.t, 0.05)
    values = {}
    grid = np.linspace(-3, 3, 121)
    for m, q, r in product((np.log(4), np.log(5), np.log(6)), grid, grid):
        cost = verification.augmented_cost(k, np.full(2, m), state.f + q, state.t + r, state.f, state.t, 0.05)
        values = cost if not len(values) else np.minimum(values, cost)
    np.testing.assert_array_equal(x, values < k.local_cost)


def test_the_disagreement_is_the_largest_over_the_edge():
    state = admm.begin(drop(4))
    x, zero = np.array([True, True, True, False]), np.zeros(4)
    state = replace(
        state, offload=x, f=zero, t=zero, y=np.array([0.1, -0.3, 0.0, 9.0]), z=np.array([0.0, 0.2, -0.5, 9])
    )
    assert state.disagreement == 0.5
    assert replace(state, offload=~x).disagreement == 9
    assert replace(state, offload=np.zeros(4, dtype=bool)).disagreement == 0


def test_to_the_letter_sides_are_chosen_once_and_shares_creep_up():
    at_edge, share = experiments.to_the_letter(16, 8, 5)
    assert at_edge[0] == 0 and np.isnan(share[0])
    assert 0 < at_edge[1] < 16 and (at_edge[1:] == at_edge[1]).all()
    assert (np.diff(share[1:]) > 0).all() and 1 / 16 < share[1] < 0.1
