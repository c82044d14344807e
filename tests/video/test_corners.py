"""Theorems 1 and 2 where bounds are active and constants have unusual signs, against oracles that hold there."""

import numpy as np
import pytest

from mecpapers.sweep import drop_generator
from mecpapers.video import local, model
from mecpapers.video.evidence import corners, verification
from mecpapers.video.evidence.corners import CORNERS, corner_problem


@pytest.mark.parametrize("corner", CORNERS)
def test_theorem_1_equals_the_grid(corner, tested):
    tested("Theorem 1 in its corners", "CVXPY", corners.gaps("theorem_1", corner), below=1e-9)


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("check", ["theorem_2", "converted"])
def test_theorem_2_equals_cvxpy(check, corner, tested):
    tested("Theorem 2 and (27) in its corners", "CVXPY", corners.gaps(check, corner), below=1e-6)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_kkt_conditions_hold(corner):
    for k in range(10):
        p = corner_problem(corner, drop_generator(0, k))
        f = local.local_frequency(p)
        assert verification.theorem_1_residual(p, f, local.local_frames(p, f)) < 1e-12


def test_every_corner_is_met():
    for corner in CORNERS:
        for k in range(10):
            p = corner_problem(corner, drop_generator(0, k))
            v, f = p.devices, local.local_frequency(p)
            m, low = local.local_frames(p, f), model.fewest_frames(p.devices)
            assert np.all(f == v.max_frequency) or "clipped" not in corner
            assert np.all(f < v.max_frequency) or corner != "f free"
            assert np.all(m == low) or "fewest" not in corner
            assert np.all(m == v.max_frames) or "most" not in corner
            assert np.all((low < m) & (m < v.max_frames)) or "inside" not in corner
            assert np.all(v.macs_offset < 0) or "m_c1" not in corner
            assert np.all(np.sign(v.accuracy_a1) == (1 if ">" in corner else -1)) or "m_a1" not in corner
            assert (np.ptp(v.transmit_power) == 0) == (corner == "equal powers")


@pytest.mark.parametrize("corner", ["f clipped at f^max", "fewest frames", "most frames", "m_c1 < 0"])
def test_a_formula_without_its_bounds_is_noticed(corner):
    p = corner_problem(corner, drop_generator(0, 0))
    v = p.devices
    slower = corners.theorem_1_gap(p, frequency=lambda p: 0.99 * local.local_frequency(p))
    other = np.where(local.local_frames(p, local.local_frequency(p)) > model.fewest_frames(v), -0.1, 0.1)
    shifted = corners.theorem_1_gap(p, frames=lambda p, f: local.local_frames(p, f) + other)
    assert min(slower, shifted) > 1e-7


def test_a_power_before_the_sum_is_noticed():
    """(27) as printed, with the first device's p_n before the sum: right for equal powers, wrong for others."""

    def printed(p, offload, frames):
        v, first = p.devices, p.devices.transmit_power[offload][0]
        right = model.transmission_energy(p, frames)
        wrong = first * v.frame_bits * frames / v.uplink_rate
        own = v.weight_energy * (wrong - right)
        return verification.converted_cost(p, offload, frames) + float(own[offload].sum())

    def worst(corner):
        instances = (corner_problem(corner, drop_generator(0, k)) for k in range(10))
        return max(verification.converted_gap(p, printed) for p in instances)

    assert worst("equal powers") < 1e-6
    assert worst("unequal powers") > 1e-3
