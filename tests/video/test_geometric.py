"""Algorithm 2's fast solve against CVXPY's geometric program and its stationarity."""

from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.video import geometric
from mecpapers.video.evidence import reference, verification
from mecpapers.video.model import fewest_frames, violations
from mecpapers.video.scenario import MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)


def test_equals_cvxpys_gp(tested):
    tested("(29), Algorithm 2's relaxation", "CVXPY, geometric program", verification.gaps("geometric", 50), below=1e-7)


def test_equals_the_printed_exponential_form():
    problems = [replace(MIXED, n_devices=6).draw(np.random.default_rng(k)) for k in range(5)]
    assert max(verification.geometric_gap(p, "dcp") for p in problems) < 1e-6


@given(seeds)
def test_no_perturbation_within_the_box_is_better(seed):
    rng = np.random.default_rng(seed)
    p = verification.random_problem(rng)
    everyone = np.ones(p.devices.size, dtype=bool)
    frames, ended = geometric.relaxed_frames(p, everyone)
    best = verification.relaxed_cost(p, everyone, frames)
    assert ended == "converged"
    for size in (1e-3, 0.3):
        moved = frames * np.exp(size * rng.normal(size=frames.size))
        moved = np.clip(moved, fewest_frames(p.devices), p.devices.max_frames)
        assert verification.relaxed_cost(p, everyone, moved) >= best - 1e-13 * abs(best)


def test_a_coarser_answer_would_be_noticed():
    p = replace(MIXED, n_devices=6).draw(np.random.default_rng(0))
    everyone = np.ones(6, dtype=bool)
    _, optimum = reference.geometric_program(p, everyone)
    frames, _ = geometric.relaxed_frames(p, everyone)
    off = np.clip(1.02 * frames, fewest_frames(p.devices), p.devices.max_frames)
    assert verification.relaxed_cost(p, everyone, off) > optimum * (1 + 1e-6)


@given(seeds)
def test_frames_stay_within_bounds_and_rounding_keeps_every_constraint(seed):
    rng = np.random.default_rng(seed)
    p = verification.random_problem(rng)
    offload = rng.random(p.devices.size) < 0.7
    frames, _ = geometric.relaxed_frames(p, offload)
    assert not frames[~offload].any()
    assert np.all(frames[offload] >= fewest_frames(p.devices)[offload])
    assert np.all(frames[offload] <= p.devices.max_frames[offload])
    assert violations(p, geometric.solve_geometric(p, offload).allocation) == ()


def test_many_mixed_devices_converge():
    p = replace(MIXED, n_devices=2000, server_ghz=22 * 800).draw(np.random.default_rng(0))
    p = replace(p, time_budget=800.0)
    frames, ended = geometric.relaxed_frames(p, np.ones(2000, dtype=bool))
    assert ended == "converged"
    inside = (frames > 1.01 * fewest_frames(p.devices)) & (frames < 0.99 * 16)
    assert inside.sum() > 1000


def test_the_cap_is_told(monkeypatch):
    monkeypatch.setattr(geometric, "_MAX_STEPS", 1)
    p = replace(MIXED, n_devices=20, min_frames=1).draw(np.random.default_rng(0))
    assert geometric.solve_geometric(p, np.ones(20, dtype=bool)).ended == "cap"


def test_a_negative_offset_is_refused_by_cvxpy_and_survived_by_us():
    p = replace(SET_A, n_devices=3, macs_offset=-4e8).draw(np.random.default_rng(0))
    everyone = np.ones(3, dtype=bool)
    with pytest.raises(cp.DGPError):
        reference.geometric_program(p, everyone)
    with pytest.raises(cp.DCPError):
        reference.geometric_program(p, everyone, form="dcp")
    with pytest.raises(ValueError, match="form = 'gpp': must be one of gp, dcp"):
        reference.geometric_program(p, everyone, form="gpp")
    frames, ended = geometric.relaxed_frames(p, everyone)
    grid = np.stack(np.meshgrid(*[np.linspace(4, 16, 25)] * 3), axis=-1).reshape(-1, 3)
    best = min(verification.relaxed_cost(p, everyone, row) for row in grid)
    assert ended == "converged"
    assert verification.relaxed_cost(p, everyone, frames) <= best + 1e-9


@pytest.mark.parametrize(
    "changes", [{"weight_energy": 0.0}, {"weight_accuracy": 0.0}, {"min_frames": 16}, {"macs_offset": 0.0}]
)
def test_corners(changes):
    p = replace(SET_A, n_devices=3).draw(np.random.default_rng(0))
    p = replace(p, devices=replace(p.devices, **changes))
    solution = geometric.solve_geometric(p, np.ones(3, dtype=bool))
    assert solution.converged and np.isfinite(solution.objective)


def test_frames_are_rounded_to_the_nearest():
    up = []
    for seed in range(10):
        p = replace(MIXED, n_devices=6, min_frames=1).draw(np.random.default_rng(seed))
        everyone = np.ones(6, dtype=bool)
        frames, _ = geometric.relaxed_frames(p, everyone)
        whole = geometric.solve_geometric(p, everyone).allocation.frames
        assert np.abs(whole - frames).max() <= 0.5
        up += (whole > frames).tolist()
    assert 0.2 < np.mean(up) < 0.8


@given(seeds)
def test_the_hessian_is_the_derivative_of_the_gradient(seed):
    """With Phi itself, whose m_a1 enters the bend of the loss; where J is convex, so that nothing is lifted."""
    rng = np.random.default_rng(seed)
    p = verification.random_problem(rng)
    program = geometric._Program.of(p, np.ones(p.devices.size, dtype=bool), relax_accuracy=False)
    m, way, h = rng.uniform(program.low, program.high), rng.normal(size=program.low.size), 1e-6
    here, ahead, behind = (program.expand(m + step * way) for step in (0.0, h, -h))
    size = here.scale.max()
    np.testing.assert_allclose((ahead.value - behind.value) / (2 * h), here.gradient @ way, atol=1e-6 * size)
    low_rank = sum(2 * slope * (slope @ way) for slope in (here.slope_a, here.slope_b))
    expected = (ahead.gradient - behind.gradient) / (2 * h)
    convex = here.diagonal > 1.01 * geometric._CONVEX * here.scale
    np.testing.assert_allclose((here.diagonal * way + low_rank)[convex], expected[convex], atol=1e-6 * size)
