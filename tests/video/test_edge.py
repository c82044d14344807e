"""Theorem 2 and (27) against CVXPY and their KKT conditions; and what a wrong formula does to each check."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.sweep import drop_generator
from mecpapers.video import edge
from mecpapers.video.evidence import reference, verification
from mecpapers.video.model import edge_cost, evaluate, fewest_frames, macs, violations
from mecpapers.video.scenario import MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)
INSTANCES = [verification.random_problem(drop_generator(0, k)) for k in range(200)]


def test_theorem_2_equals_cvxpy(tested):
    tested("Theorem 2, shares (25)-(26)", "CVXPY", verification.gaps("theorem_2"), below=1e-6)


def test_problem_27_equals_cvxpy(tested):
    tested("(27), shares put in", "CVXPY", verification.gaps("converted"), below=1e-6)


@pytest.mark.parametrize("exponent", [0.49, 1 / 3, 1.0])
def test_a_wrong_exponent_in_25_26_is_noticed(exponent):
    def wrong(p, offload, frames):
        f, t = np.zeros(offload.size), np.zeros(offload.size)
        for out, load, budget in (
            (f, p.devices.weight_delay * macs(p.devices, frames), p.server_frequency),
            (t, p.devices.weight_delay * frames * p.devices.frame_bits / p.devices.uplink_rate, p.time_budget),
        ):
            out[offload] = budget * load[offload] ** exponent / (load[offload] ** exponent).sum()
        return f, t

    assert max(verification.theorem_2_gap(p, wrong) for p in INSTANCES[:20]) > 1e-6


def test_the_printed_formula_fails_for_weights_of_ones_own():
    """(25)-(26) as printed leave out beta_1, which cancels only where it is one for all."""

    def printed(p, offload, frames):
        alike = replace(p.devices, weight_delay=1.0)
        return edge.edge_shares(replace(p, devices=alike), offload, frames)

    assert max(verification.theorem_2_gap(p, printed) for p in INSTANCES[:20]) > 1e-4


def test_27_with_the_power_before_its_sum_is_noticed():
    def printed(p, offload, frames):
        alike = replace(p.devices, transmit_power=p.devices.transmit_power[0])
        return edge.converted_cost(replace(p, devices=alike), offload, frames)

    assert max(verification.converted_gap(p, printed) for p in INSTANCES[:20]) > 1e-6


def test_kkt_residuals(tested):
    residuals = []
    for p in INSTANCES:
        everyone, frames = np.ones(p.devices.size, dtype=bool), fewest_frames(p.devices)
        f, t = edge.edge_shares(p, everyone, frames)
        residuals.append(verification.theorem_2_residual(p, everyone, frames, f, t))
    tested("Theorem 2, shares (25)-(26)", "KKT conditions", residuals, below=1e-12)


def test_kkt_residuals_notice_a_perturbation():
    p = INSTANCES[0]
    everyone, frames = np.ones(p.devices.size, dtype=bool), fewest_frames(p.devices)
    f, t = edge.edge_shares(p, everyone, frames)
    f[:2] *= [1.001, 0.999]
    assert verification.theorem_2_residual(p, everyone, frames, f, t) > 1e-4


@given(seeds)
def test_27_is_the_sum_of_18(seed):
    rng = np.random.default_rng(seed)
    p = verification.random_problem(rng)
    offload = rng.random(p.devices.size) < 0.6
    frames = fewest_frames(p.devices) + rng.integers(0, 3, p.devices.size)
    f, t = edge.edge_shares(p, offload, frames)
    chosen = edge_cost(p, frames, f, t)[offload].sum()
    assert edge.converted_cost(p, offload, frames) == pytest.approx(chosen, rel=1e-12, abs=1e-12)
    assert not f[~offload].any() and not t[~offload].any()


@given(seeds, st.floats(0.1, 10))
def test_a_larger_budget_scales_its_root_sum(seed, factor):
    p = verification.random_problem(np.random.default_rng(seed))
    frames = fewest_frames(p.devices)
    a, b = edge.congestion_roots(p, frames)
    wide = replace(p, server_frequency=factor * p.server_frequency, time_budget=factor * p.time_budget)
    a_wide, b_wide = edge.congestion_roots(wide, frames)
    np.testing.assert_allclose(a_wide**2, a**2 / factor)
    np.testing.assert_allclose(b_wide**2, b**2 / factor)


def test_cvxpy_finds_the_same_shares():
    p = INSTANCES[3]
    everyone, frames = np.ones(p.devices.size, dtype=bool), fewest_frames(p.devices)
    f, t = edge.edge_shares(p, everyone, frames)
    f_cvx, t_cvx, _ = reference.edge_optimum(p, everyone, frames)
    # the cost is flat at its minimum: CVXPY's 1e-9 in the cost is about the root of that in the shares
    np.testing.assert_allclose(f[everyone], f_cvx, rtol=1e-3)
    np.testing.assert_allclose(t[everyone], t_cvx, rtol=1e-3)


@given(seeds)
def test_complete_keeps_every_constraint_and_its_objective_is_the_models(seed):
    rng = np.random.default_rng(seed)
    p = replace(MIXED, n_devices=7).draw(rng)
    offload = rng.random(7) < 0.5
    solution = edge.complete(p, offload, fewest_frames(p.devices))
    assert violations(p, solution.allocation) == ()
    assert solution.objective == evaluate(p, solution.allocation).total
    np.testing.assert_array_equal(solution.allocation.offload, offload)


def test_nobody_at_the_edge():
    p = SET_A.draw(np.random.default_rng(0))
    nobody = np.zeros(25, dtype=bool)
    assert edge.converted_cost(p, nobody, np.full(25, 4.0)) == 0
    assert violations(p, edge.complete(p, nobody, np.zeros(25)).allocation) == ()


def test_a_common_delay_weight_of_any_size_cancels_in_the_shares():
    p = replace(SET_A, n_devices=3).draw(np.random.default_rng(0))
    everyone, frames = np.ones(3, dtype=bool), np.array([4.0, 6.0, 9.0])
    heavy = replace(p, devices=replace(p.devices, weight_delay=np.full(3, 1e300)))
    for ours, theirs in zip(*(edge.edge_shares(q, everyone, frames) for q in (heavy, p)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    assert np.isfinite(edge.converted_cost(heavy, everyone, frames))


@given(seeds)
def test_the_coefficients_are_those_of_the_summands(seed):
    """Drawn together they give (27)'s sums at every number of frames, as the model's formulas do one by one."""
    rng = np.random.default_rng(seed)
    p = verification.random_problem(rng)
    frames, k = rng.uniform(1, 16, p.devices.size), edge.coefficients(p)
    a, b, e = edge.summands(p, frames)
    np.testing.assert_allclose(a**2, k.a0 * frames + k.a1, rtol=1e-13)
    np.testing.assert_allclose(b**2, k.bt * frames, rtol=1e-13)
    gain = k.g / (frames + p.devices.accuracy_a1) - p.devices.weight_accuracy * p.devices.accuracy_a2
    np.testing.assert_allclose(e, k.e * frames + gain, rtol=1e-12, atol=1e-12)
