"""How far each closed form lies from its oracle over random instances of mixed devices.

Every check takes the formula it tests as an argument, so that a test can hand it a wrong one and see it fail. Gaps are
relative to the cost without its negative part -beta_3 m_a2, which would otherwise let it cross zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, check_choice
from mecpapers.lemmas import cube_root_speed
from mecpapers.store import kept
from mecpapers.sweep import drop_generator
from mecpapers.video.augmented import Terms, local_step, project, slope, terms
from mecpapers.video.edge import converted_cost, edge_shares, solve_search
from mecpapers.video.evidence import reference
from mecpapers.video.geometric import relaxed_frames
from mecpapers.video.local import local_frames, local_frames_combined, local_frequency
from mecpapers.video.model import Problem, edge_cost, fewest_frames, local_cost, macs
from mecpapers.video.scenario import MIXED

LocalStep = Callable[[Terms, FloatArray, FloatArray, float], tuple[BoolArray, FloatArray, FloatArray, FloatArray]]


def random_problem(rng: np.random.Generator) -> Problem:
    """Draw 2 to 6 devices that differ in every trait, under random limits, weights and accuracy floors.

    About half of the local frequencies (20) meet f^max, and the frames meet either bound or none.
    """
    scenario = replace(
        MIXED,
        n_devices=int(rng.integers(2, 7)),
        server_ghz=22.0 * 4 ** rng.uniform(-1, 1),
        weight_delay=0.2 * 3 ** rng.uniform(-1, 1),
        weight_energy=0.2 * 3 ** rng.uniform(-1, 1),
        weight_accuracy=0.6 * 8 ** rng.uniform(-1, 1),
        accuracy_a1=rng.uniform(-0.9, 1.5),
        min_accuracy=rng.uniform(0.5, 0.9),
        max_frames=int(rng.integers(12, 33)),
    )
    return scenario.draw(rng)


def theorem_1_gap(
    problem: Problem,
    frequency: Callable[[Problem], FloatArray] = local_frequency,
    frames: Callable[[Problem, FloatArray], FloatArray] = local_frames,
) -> float:
    """Relative gap of (20)-(21), real frames of shape (N,), to CVXPY's optimum of P_N0, (19)."""
    f = frequency(problem)
    _, _, optimum = reference.local_optimum(problem)
    return _relative(float(local_cost(problem, frames(problem, f), f).sum()) + _constant(problem), optimum)


def combined_gap(problem: Problem, frames: Callable[[Problem], FloatArray] = local_frames_combined) -> float:
    """Relative gap of (22), shape (N,), to CVXPY's optimum of (19), with f^max raised where it would bind in (20)."""
    devices = problem.devices
    unbounded = cube_root_speed(devices.weight_delay, devices.weight_energy * devices.energy_coefficient)
    devices = replace(devices, max_frequency=np.maximum(devices.max_frequency, 1.5 * unbounded))
    problem = replace(problem, devices=devices)
    f = local_frequency(problem)
    _, _, optimum = reference.local_optimum(problem)
    return _relative(float(local_cost(problem, frames(problem), f).sum()) + _constant(problem), optimum)


def theorem_2_gap(
    problem: Problem, shares: Callable[[Problem, BoolArray, FloatArray], tuple[FloatArray, FloatArray]] = edge_shares
) -> float:
    """Relative gap of (18) at the shares (25)-(26), shape (N,), to CVXPY's optimum of P_N1, (23), for some policy."""
    offload, frames = _some_policy(problem)
    f, t = shares(problem, offload, frames)
    _, _, optimum = reference.edge_optimum(problem, offload, frames)
    cost = edge_cost(problem, frames, f, t)[offload].sum()
    constant = _constant(problem, offload)
    return _relative(float(cost) + constant, optimum + constant)


def converted_gap(
    problem: Problem, converted: Callable[[Problem, BoolArray, FloatArray], float] = converted_cost
) -> float:
    """Relative gap of (27) to CVXPY's optimum of P_N1, (23), for some frames and policy, shape (N,)."""
    offload, frames = _some_policy(problem)
    _, _, optimum = reference.edge_optimum(problem, offload, frames)
    constant = _constant(problem, offload)
    return _relative(converted(problem, offload, frames) + constant, optimum + constant)


def geometric_gap(problem: Problem, form: str = "gp") -> float:
    """Relative gap of the Newton solve of (29) to CVXPY's, with all devices at the edge."""
    offload = np.ones(problem.devices.size, dtype=bool)
    frames, _ = relaxed_frames(problem, offload)
    _, optimum = reference.geometric_program(problem, offload, form=form)
    return _relative(relaxed_cost(problem, offload, frames), optimum)


def local_step_gap(problem: Problem, step: LocalStep = local_step) -> float:
    """Worst gap of (41), the cheaper of both cases, to CVXPY's; relative to the objective, which is positive."""
    f, t, s = _some_multipliers(problem)
    k = terms(problem)
    offload, frames, y, z = step(k, f, t, s)
    ours = np.where(offload, augmented_cost(k, np.log(frames), y, z, f, t, s), k.local_cost)
    theirs = np.minimum(*reference.augmented_local(problem, f, t, s, local_frequency(problem)))
    return float(np.abs(ours / theirs - 1).max())


def local_step_residual(problem: Problem) -> float:
    """Worst KKT residual of (41) with x = 1: its derivatives in y, z and M^, relative to their terms."""
    f, t, s = _some_multipliers(problem)
    k = terms(problem)
    _, frames, y, z = local_step(replace(k, local_cost=np.full_like(k.local_cost, np.inf)), f, t, s)
    m = np.log(frames)
    computing, sending = (k.a0 * frames + k.a1) * np.exp(-y), k.bt * frames * np.exp(-z)
    in_y = (s * (y - f) - computing) / (s * np.abs(y - f) + computing)
    in_z = (s * (z - t) - sending) / (s * np.abs(z - t) + sending)
    value, size, _ = slope(k, m, f, t, s)
    return max(float(np.abs(in_y).max()), float(np.abs(in_z).max()), _residual(value / size, k.low, m, k.high))


def augmented_cost(
    k: Terms, m: FloatArray, y: FloatArray, z: FloatArray, f: FloatArray, t: FloatArray, s: float
) -> FloatArray:
    """(41) with x = 1, the multipliers' terms completed to squares, shape (N,)."""
    delay = (k.a0 * np.exp(m) + k.a1) * np.exp(-y) + k.bt * np.exp(m - z)
    return delay + k.e * np.exp(m) + k.g * np.exp(-m) + s / 2 * ((y - f) ** 2 + (z - t) ** 2)


def global_step_gap(problem: Problem, step: Callable[[FloatArray, BoolArray, float], FloatArray] = project) -> float:
    """Gap of (42) for one resource, its v of shape (N,), to CVXPY's, relative to the optimum."""
    b, _, s = _some_multipliers(problem)
    b = b - b.max() + 1.0  # so that the constraint binds
    v = step(b, np.ones(b.size, dtype=bool), s)
    _, optimum = reference.augmented_global(b, s)
    return _relative(float(s / 2 * ((v - b) ** 2).sum()), optimum)


def printed_global_step_gap(problem: Problem) -> float:
    """The same for (43)-(44)."""
    return global_step_gap(problem, partial(project, how="printed"))


def relaxed_cost(problem: Problem, offload: BoolArray, frames: FloatArray) -> float:
    """The objective of (29) at frames of shape (N,): (27) with Phi-hat = -m_a0 / M, without m_a1 and m_a2."""
    zero = np.zeros(problem.devices.size)
    relaxed = replace(problem.devices, accuracy_a1=zero, accuracy_a2=zero, min_accuracy=zero)
    return converted_cost(replace(problem, devices=relaxed), offload, frames)


CHECKS: Mapping[str, Callable[[Problem], float]] = {
    "theorem_1": theorem_1_gap,
    "combined": combined_gap,
    "theorem_2": theorem_2_gap,
    "converted": converted_gap,
    "geometric": geometric_gap,
    "local_step": local_step_gap,
    "global_step": global_step_gap,
    "printed_global_step": printed_global_step_gap,
}


@kept
def gaps(check: str, n_instances: int = 200, seed: int = 0) -> FloatArray:
    """Run one of ``CHECKS`` on random instances, shape (n_instances,)."""
    check_choice("check", check, CHECKS)
    return np.array([CHECKS[check](random_problem(drop_generator(seed, k))) for k in range(n_instances)])


@kept
def algorithm_1_gaps(n_instances: int = 20, seed: int = 0) -> FloatArray:
    """Relative gap of Algorithm 1 on two devices to CVXPY's least optimum of (23); shape (n_instances,)."""
    gaps = []
    for k in range(n_instances):
        scenario = replace(MIXED, n_devices=2, min_frames=1, max_frames=6, server_ghz=2.0)
        problem, everyone = scenario.draw(drop_generator(seed, k)), np.ones(2, dtype=bool)
        choices = (np.array(c, dtype=float) for c in product(range(1, 7), repeat=2))
        optimum = min(reference.edge_optimum(problem, everyone, c)[2] for c in choices) + _constant(problem)
        gaps.append(_relative(solve_search(problem, everyone).objective + _constant(problem), optimum))
    return np.array(gaps)


def theorem_1_residual(problem: Problem, frequency: FloatArray, frames: FloatArray) -> float:
    """Worst KKT residual of P_N0 at f and M of shape (N,): (47), (50), relative to their terms."""
    v = problem.devices
    rho, c = problem.cycles_per_mac, macs(v, frames)
    pull, push = (
        v.weight_delay * rho * c / frequency,
        2 * v.weight_energy * v.energy_coefficient * rho * c * frequency**2,
    )
    in_frequency = (push - pull) / (push + pull)
    price = (
        rho * v.macs_per_frame * (v.weight_delay / frequency + v.weight_energy * v.energy_coefficient * frequency**2)
    )
    gain = v.weight_accuracy * v.accuracy_a0 / (frames + v.accuracy_a1) ** 2
    in_frames = (price - gain) / (price + gain)
    return max(
        _residual(in_frequency, np.zeros_like(frequency), frequency, v.max_frequency),
        _residual(in_frames, fewest_frames(v), frames, v.max_frames),
    )


def theorem_2_residual(problem: Problem, offload: BoolArray, frames: FloatArray, f: FloatArray, t: FloatArray) -> float:
    """Worst KKT residual of P_N1, arguments of shape (N,): (53)-(54) as the spread of multipliers, and (58)-(59)."""
    v = problem.devices
    mu_1 = (v.weight_delay * problem.cycles_per_mac * macs(v, frames))[offload] / f[offload] ** 2
    mu_0 = (v.weight_delay * frames * v.frame_bits / v.uplink_rate)[offload] / t[offload] ** 2
    spread = max(np.ptp(mu) / mu.mean() for mu in (mu_0, mu_1))
    used = max(abs(f.sum() / problem.server_frequency - 1), abs(t.sum() / problem.time_budget - 1))
    return float(max(spread, used))


def _residual(slope: FloatArray, low: FloatArray, value: FloatArray, high: FloatArray) -> float:
    """What is left of a slope after a bound takes what pushes against it."""
    held = np.where(value >= high, np.minimum(slope, 0.0), np.where(value <= low, np.maximum(slope, 0.0), 0.0))
    return float(np.abs(slope - held).max())


def _some_policy(problem: Problem) -> tuple[BoolArray, FloatArray]:
    """A policy with one to N edge devices and frames within their bounds, fixed by the problem's own numbers."""
    n = problem.devices.size
    rng = np.random.default_rng(int(problem.devices.uplink_rate[0]))
    offload = rng.permutation(n) <= rng.integers(n)
    low, high = fewest_frames(problem.devices), problem.devices.max_frames
    return offload, np.floor(low + rng.uniform(size=n) * (high - low + 1))


def _some_multipliers(problem: Problem) -> tuple[FloatArray, FloatArray, float]:
    """f^ - theta^f / s, t^ - theta^t / s and s as Algorithm 4 meets them, fixed by the problem's own numbers.

    Shares of a thousandth to all; s between 0.01 and 10; theta between 0 and a half of s.
    """
    rng, n = np.random.default_rng(int(problem.devices.uplink_rate[0])), problem.devices.size
    f, t = np.log(10.0) * rng.uniform(-3, 0, (2, n)) - rng.uniform(0, 0.5, (2, n))
    return f, t, float(10 ** rng.uniform(-2, 1))


def _constant(problem: Problem, chosen: BoolArray | None = None) -> float:
    """Sum of beta_3 m_a2, which (31) and (32) leave out."""
    each = problem.devices.weight_accuracy * problem.devices.accuracy_a2
    return float((each if chosen is None else each[chosen]).sum())


def _relative(value: float, optimum: float) -> float:
    return abs(value - optimum) / abs(optimum)
