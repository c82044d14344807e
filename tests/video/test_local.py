"""Theorem 1 against CVXPY, grids and its KKT conditions; and what a wrong exponent does to each check."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.sweep import drop_generator
from mecpapers.video import local
from mecpapers.video.evidence import verification
from mecpapers.video.model import fewest_frames, local_cost
from mecpapers.video.scenario import MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)
INSTANCES = [verification.random_problem(drop_generator(0, k)) for k in range(200)]


def test_theorem_1_equals_cvxpy(tested):
    tested("Theorem 1, (20)-(21)", "CVXPY", verification.gaps("theorem_1"), below=1e-6)


def test_the_combined_form_equals_cvxpy(tested):
    tested("Theorem 1 in one formula, (22)", "CVXPY", verification.gaps("combined"), below=1e-6)


@pytest.mark.parametrize("exponent", [1 / 3 + 0.01, 1 / 2, 1 / 4])
def test_a_wrong_exponent_in_20_is_noticed(exponent):
    def wrong(p):
        v = p.devices
        free = (v.weight_delay / (2 * v.weight_energy * v.energy_coefficient)) ** exponent
        return np.minimum(free, v.max_frequency)

    assert max(verification.theorem_1_gap(p, frequency=wrong) for p in INSTANCES[:20]) > 1e-6


@pytest.mark.parametrize("power", [0.51, 1.0])
def test_a_wrong_exponent_in_21_is_noticed(power):
    def wrong(p, f):
        v = p.devices
        price = p.cycles_per_mac * v.macs_per_frame
        price = price * (v.weight_delay / f + v.weight_energy * v.energy_coefficient * f**2)
        free = (v.weight_accuracy * v.accuracy_a0 / price) ** power - v.accuracy_a1
        return np.clip(free, fewest_frames(v), v.max_frames)

    assert max(verification.theorem_1_gap(p, frames=wrong) for p in INSTANCES[:40]) > 1e-6


def test_a_wrong_factor_in_22_is_noticed():
    def wrong(p):
        v = p.devices
        return np.clip(
            1.01 * (local.local_frames_combined(p) + v.accuracy_a1) - v.accuracy_a1, fewest_frames(v), v.max_frames
        )

    assert max(verification.combined_gap(p, wrong) for p in INSTANCES[:40]) > 1e-6


def test_kkt_residuals(tested):
    residuals = []
    for p in INSTANCES:
        f = local.local_frequency(p)
        residuals.append(verification.theorem_1_residual(p, f, local.local_frames(p, f)))
    tested("Theorem 1, (20)-(21)", "KKT conditions", residuals, below=1e-12)


def test_kkt_residuals_notice_a_perturbation():
    p = SET_A.draw(np.random.default_rng(0))
    f = local.local_frequency(p)
    assert verification.theorem_1_residual(p, 1.001 * f, local.local_frames(p, f)) > 1e-4
    assert verification.theorem_1_residual(p, f, 1.001 * local.local_frames(p, f)) > 1e-4


def test_the_instances_meet_every_case():
    clipped, at_low, at_high, inside = 0, 0, 0, 0
    for p in INSTANCES:
        f = local.local_frequency(p)
        m = local.local_frames(p, f)
        clipped += (f == p.devices.max_frequency).sum()
        at_low += (m == fewest_frames(p.devices)).sum()
        at_high += (m == p.devices.max_frames).sum()
        inside += ((m > fewest_frames(p.devices)) & (m < p.devices.max_frames)).sum()
    assert min(clipped, at_low, at_high, inside) > 20


@given(seeds)
def test_whole_frames_are_the_best_of_an_exhaustive_search(seed):
    p = verification.random_problem(np.random.default_rng(seed))
    best, f = local.solve_local(p), local.local_frequency(p)
    low, high = fewest_frames(p.devices), p.devices.max_frames
    counts = np.arange(1.0, high.max() + 1)
    cost = np.array([local_cost(p, np.full(p.devices.size, m), f) for m in counts])
    cost[(counts[:, None] < low) | (counts[:, None] > high)] = np.inf
    np.testing.assert_allclose(best.cost, cost.min(axis=0), rtol=1e-12)
    np.testing.assert_allclose(best.cost, local_cost(p, best.frames, best.frequency), rtol=1e-12)
    assert np.all(best.frames == np.rint(best.frames))


@given(seeds)
def test_frequency_does_not_depend_on_the_network(seed):
    p = verification.random_problem(np.random.default_rng(seed))
    doubled = replace(p.devices, macs_per_frame=2 * p.devices.macs_per_frame)
    np.testing.assert_array_equal(local.local_frequency(p), local.local_frequency(replace(p, devices=doubled)))


def test_scaling_all_weights_changes_nothing_but_the_cost():
    p = MIXED.draw(np.random.default_rng(1))
    v = p.devices
    scaled = replace(
        p,
        devices=replace(
            v, weight_delay=7 * v.weight_delay, weight_energy=7 * v.weight_energy, weight_accuracy=7 * v.weight_accuracy
        ),
    )
    one, seven = local.solve_local(p), local.solve_local(scaled)
    np.testing.assert_array_equal(one.frames, seven.frames)
    np.testing.assert_allclose(7 * one.cost, seven.cost, rtol=1e-12)


def test_more_weight_on_accuracy_never_means_fewer_frames():
    p = replace(SET_A, n_devices=1, min_frames=1).draw(np.random.default_rng(0))
    frames = [
        local.solve_local(replace(p, devices=replace(p.devices, weight_accuracy=w))).frames[0]
        for w in np.linspace(0, 20, 80)
    ]
    assert frames[0] == 1 and frames[-1] == 16
    assert np.all(np.diff(frames) >= 0)


@pytest.mark.parametrize(
    ("changes", "frequency", "frames"),
    [
        ({"weight_energy": 0.0}, 1.8e9, None),  # energy is free: full speed
        ({"energy_coefficient": 0.0}, 1.8e9, None),
        ({"weight_accuracy": 0.0}, None, 4.0),  # accuracy is worth nothing: the fewest
        ({"accuracy_a0": 0.0}, None, 1.0),
        ({"macs_per_frame": 0.0}, None, 16.0),  # frames cost nothing: the most
        ({"macs_per_frame": 0.0, "weight_accuracy": 0.0}, None, 4.0),  # and gain nothing: the fewest
    ],
)
def test_corners(changes, frequency, frames):
    p = replace(SET_A, n_devices=1).draw(np.random.default_rng(0))
    best = local.solve_local(replace(p, devices=replace(p.devices, **changes)))
    assert frequency is None or best.frequency[0] == frequency
    assert frames is None or best.frames[0] == frames
    assert np.isfinite(best.cost).all()


def test_the_readings_agree_on_theorem_1_and_differ_in_cost():
    p = SET_A.draw(np.random.default_rng(0))
    eq31 = replace(p, local_energy="eq31")
    assert local.local_frequency(p)[0] == local.local_frequency(eq31)[0] == pytest.approx(1.70998e9, rel=1e-5)
    seven, thirty_one = local.solve_local(p), local.solve_local(eq31)
    assert seven.frames[0] == thirty_one.frames[0] == 5
    assert thirty_one.cost[0] == pytest.approx(-0.2951, abs=1e-4)
    assert thirty_one.cost[0] > seven.cost[0]
