"""Algorithms 1 and 3, every policy, channel prefixes; against brute force, the proved optimum and SCIP."""

from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.solution import TooLarge
from mecpapers.sweep import drop_generator
from mecpapers.video import SCHEMES
from mecpapers.video.bounds import solve_exact, solve_exact_frames
from mecpapers.video.edge import complete, converted_cost, solve_search
from mecpapers.video.evidence import experiments, verification
from mecpapers.video.evidence.reference import scip_choice
from mecpapers.video.geometric import relaxed_frames, solve_geometric, warm_started
from mecpapers.video.model import fewest_frames, restate_eq31, violations
from mecpapers.video.offloading import solve_channel_aware, solve_channel_prefixes, solve_every_policy
from mecpapers.video.options import option_table
from mecpapers.video.scenario import EQ31, MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)


def small(seed, n=3, **changes):
    return replace(MIXED, n_devices=n, min_frames=1, max_frames=5, **changes).draw(np.random.default_rng(seed))


@given(seeds)
def test_algorithm_1_equals_a_loop_over_all_choices(seed):
    p = small(seed)
    offload = np.random.default_rng(seed).random(3) < 0.7
    found = solve_search(p, offload)
    choices = [np.where(offload, c, 1.0) for c in product(range(1, 6), repeat=3)]
    best = min(converted_cost(p, offload, c) for c in choices)
    assert converted_cost(p, offload, found.allocation.frames) == pytest.approx(best, abs=1e-12)
    assert violations(p, found.allocation) == ()


def test_algorithm_1_equals_cvxpy_at_every_choice(tested):
    tested("Algorithm 1, every choice of frames", "CVXPY", verification.algorithm_1_gaps(), below=1e-6)


@given(seeds)
def test_best_frames_by_proof_equal_algorithm_1(seed):
    p = small(seed)
    offload = np.random.default_rng(seed).random(3) < 0.7
    assert solve_exact_frames(p, offload).objective == pytest.approx(solve_search(p, offload).objective, abs=1e-9)


@given(seeds)
def test_every_policy_equals_the_proved_optimum(seed):
    p = small(seed)
    assert solve_every_policy(p, allocate=solve_search).objective == pytest.approx(solve_exact(p).objective, abs=1e-9)


@given(seeds)
def test_no_scheme_beats_the_proved_optimum(seed):
    p = small(seed, n=4)
    best = solve_exact(p)
    for name, scheme in SCHEMES.items():
        solution = scheme(p, rng=np.random.default_rng(seed))
        assert solution.objective >= best.bound - 1e-12, name
        assert violations(p, solution.allocation) == (), name


def by_hand(problem, offload):
    """A made-up allocation rule whose cost is known for each number of edge devices: 5 4 3 3 6."""
    solution = complete(problem, offload, fewest_frames(problem.devices))
    return replace(solution, objective=[5.0, 4.0, 3.0, 3.0, 6.0][int(offload.sum())])


def test_algorithm_3_line_by_line():
    p = replace(SET_A, n_devices=4).draw(np.random.default_rng(0))
    found = solve_channel_aware(p, allocate=by_hand)
    assert found.allocation.offload.sum() == 3  # 6 -> 3 falls; 3 -> 3 is a tie: the device stays at the edge
    assert not found.allocation.offload[np.argmin(p.devices.channel_gain)]


def test_equal_gains_are_withdrawn_in_order():
    p = replace(SET_A, n_devices=4).draw(np.random.default_rng(0))
    p = replace(p, devices=replace(p.devices, channel_gain=np.ones(4)))
    assert solve_channel_aware(p, allocate=by_hand).allocation.offload.tolist() == [False, True, True, True]


def test_algorithm_3_ends_where_nobody_is_left():
    p = replace(SET_A, n_devices=3, server_ghz=1e-3).draw(np.random.default_rng(0))
    assert not solve_channel_aware(p, allocate=solve_geometric).allocation.offload.any()


def test_like_devices_offload_their_best_channels():
    assert experiments.prefix_excess().max() < 1e-9


@given(seeds)
def test_prefixes_hold_for_every_like_population(seed):
    rng = np.random.default_rng(seed)
    p = replace(SET_A, n_devices=5, max_frames=6, server_ghz=22 * 4 ** rng.uniform(-2, 1), fading="rayleigh").draw(rng)
    prefix = solve_channel_prefixes(p, allocate=solve_exact_frames).objective
    assert prefix == pytest.approx(solve_every_policy(p, allocate=solve_exact_frames).objective, abs=1e-9)


def test_prefixes_fail_for_mixed_devices():
    p = replace(SET_A, n_devices=2, server_ghz=4.0).draw(np.random.default_rng(0))
    unlike = {"uplink_rate": [60e6, 40e6], "channel_gain": [2e-11, 1e-11]}
    unlike |= {"macs_per_frame": [1e8, 1e9], "macs_offset": [2e8, 2e9]}
    p = replace(p, devices=replace(p.devices, **unlike))
    assert solve_exact(p).allocation.offload.tolist() == [False, True]
    assert solve_channel_aware(p, allocate=solve_geometric).allocation.offload.tolist() == [True, True]
    assert solve_channel_prefixes(p, allocate=solve_exact_frames).objective > solve_exact(p).objective + 0.01


@pytest.mark.parametrize(
    ("server_ghz", "right"), [(1.25, True), (1.27, False), (4.0, False), (64.0, False), (1e6, False)]
)
def test_no_faster_server_mends_the_counterexample(server_ghz, right):
    """The exercise of notebook 06: up to 1.26 GHz both stay local; above, Algorithm 3 cannot reach (False, True)."""
    two = replace(SET_A, n_devices=2, server_ghz=server_ghz).draw(drop_generator(0, 0))
    unlike = {"uplink_rate": [60e6, 40e6], "channel_gain": [2e-11, 1e-11]}
    unlike |= {"macs_per_frame": [1e8, 1e9], "macs_offset": [2e8, 2e9]}
    two = replace(two, devices=replace(two.devices, **unlike))
    best = SCHEMES["exact"](two).allocation.offload
    assert best.tolist() == [False, not right]
    assert (SCHEMES["gp-heuristic"](two).allocation.offload.tolist() == best.tolist()) is right
    if server_ghz == 1e6:
        costs = [solve_geometric(two, np.array(policy)).objective for policy in ([True, True], [False, True])]
        assert np.round(costs, 4).tolist() == [-1.0396, -1.0563]


def test_too_large_says_what_it_would_need():
    p = SET_A.draw(np.random.default_rng(0))
    everyone = np.ones(25, dtype=bool)
    with pytest.raises(TooLarge, match=r"2\^25"):
        solve_every_policy(p, allocate=solve_geometric)
    with pytest.raises(TooLarge, match=r"choices of frames, .* GB: must be at most 2\^23"):
        solve_search(p, everyone)


def test_a_warm_start_changes_nothing():
    for seed in range(5):
        p = MIXED.draw(np.random.default_rng(seed))
        cold = solve_channel_aware(p, allocate=solve_geometric)
        warm = solve_channel_aware(p, allocate=warm_started())
        np.testing.assert_array_equal(cold.allocation.frames, warm.allocation.frames)


def test_a_warm_start_keeps_the_accuracy_that_is_asked_for():
    differ = False
    for seed in range(5):
        p = replace(MIXED, n_devices=6, accuracy_a1=2.0, min_frames=3).draw(np.random.default_rng(seed))
        exact = partial(solve_geometric, relax_accuracy=False)
        cold, relaxed = solve_channel_aware(p, allocate=exact), solve_channel_aware(p, allocate=solve_geometric)
        warm = solve_channel_aware(p, allocate=warm_started(relax_accuracy=False))
        np.testing.assert_array_equal(cold.allocation.frames, warm.allocation.frames)
        differ |= not np.array_equal(cold.allocation.frames, relaxed.allocation.frames)
    assert differ


@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "search-search"])
def test_several_carriers_are_one_so_much_wider(name):
    """Only R_n times the share counts, where sending costs no energy: T carriers of rate R are one of T R."""
    for seed in range(3):
        p = replace(MIXED, n_devices=5).draw(np.random.default_rng(seed))
        p = replace(p, devices=replace(p.devices, transmit_power=0.0))
        several = replace(p, time_budget=3.0)
        wider = replace(p, devices=replace(p.devices, uplink_rate=3 * p.devices.uplink_rate))
        ours, theirs = (SCHEMES[name](q, rng=np.random.default_rng(seed)) for q in (several, wider))
        assert violations(several, ours.allocation) == ()
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6)
        np.testing.assert_array_equal(ours.allocation.offload, theirs.allocation.offload)


def test_the_random_scheme_draws_by_its_generator():
    p = replace(SET_A, n_devices=12).draw(np.random.default_rng(0))
    first, again = ([SCHEMES["random"](p, rng=np.random.default_rng(k)).allocation.offload for k in range(6)]
                    for _ in range(2))  # fmt: skip
    np.testing.assert_array_equal(first, again)
    assert len({tuple(offload) for offload in first}) == 6


@given(seeds)
def test_the_true_accuracy_needs_no_relaxation(seed):
    """With -1 < m_a1 <= M^min the relaxed problem with Phi is convex: no point of a fine grid is better."""
    rng = np.random.default_rng(seed)
    p = replace(MIXED, n_devices=2, min_frames=3, accuracy_a1=rng.uniform(-0.9, 3), weight_accuracy=3.0).draw(rng)
    everyone = np.ones(2, dtype=bool)
    frames, ended = relaxed_frames(p, everyone, relax_accuracy=False)
    grid = np.stack(np.meshgrid(np.linspace(3, 16, 40), np.linspace(3, 16, 40)), axis=-1).reshape(-1, 2)
    assert ended == "converged"
    best = min(converted_cost(p, everyone, row) for row in grid)
    assert converted_cost(p, everyone, frames) <= best + 1e-12


def test_what_the_relaxation_costs():
    loss = experiments.relaxation_loss((0.0, 3.0), 16, 20)
    assert loss["relaxed"][0] == pytest.approx(0, abs=1e-9)
    assert loss["relaxed"][1] > 0.02
    assert loss["true"] == pytest.approx([0, 0], abs=1e-4)


def test_eq31_is_eq7_with_a_larger_coefficient():
    p = EQ31.draw(np.random.default_rng(0))
    solution = SCHEMES["gp-heuristic"](p)
    restated = complete(restate_eq31(p), solution.allocation.offload, solution.allocation.frames)
    assert restated.objective <= solution.objective  # its local devices are free to leave Theorem 1
    assert solve_exact(restate_eq31(p)).objective < solve_exact(p).objective - 0.5
    assert solve_exact(p).bound_assumes == "local devices follow Theorem 1"
    assert solve_exact(restate_eq31(p)).bound_assumes is None


def scip_excess(scenario, n_devices, drop):
    p = replace(scenario, n_devices=n_devices).draw(drop_generator(1, drop))
    options = option_table(p)
    rows = scip_choice(options.a, options.b, options.e)
    return complete(p, rows > 0, options.frames(rows)).objective - solve_exact(p).objective


@pytest.mark.parametrize("scenario", [SET_A, MIXED], ids=["alike", "mixed"])
@pytest.mark.parametrize("n_devices", [16, 25])
def test_scip_finds_nothing_better(scenario, n_devices, tested):
    excess = [scip_excess(scenario, n_devices, k) for k in range(2)]
    tested("the certified optimum of 16 and 25 devices", "SCIP", excess, below=1e-7)


@pytest.mark.nightly
@pytest.mark.parametrize("scenario", [SET_A, MIXED], ids=["alike", "mixed"])
@pytest.mark.parametrize("n_devices", [16, 25])
def test_scip_finds_nothing_better_in_fifty(scenario, n_devices):
    excess = np.array([scip_excess(scenario, n_devices, k) for k in range(50)])
    assert np.abs(excess).max() < 1e-7
