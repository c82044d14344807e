"""How far each closed form lies from its oracle over random instances.

Every check takes the formula it tests as an argument, so that a test can hand it a wrong one and see it fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.fhei.bounds import solve_exact
from mecpapers.fhei.computing import check_feasible, feasible, least_latency, smallest, solve_resources
from mecpapers.fhei.evidence import reference
from mecpapers.fhei.mended import raise_one, solve_mended, with_resources
from mecpapers.fhei.model import BITS, Allocation, Problem, evaluate, feature_flops
from mecpapers.fhei.quality import energy_left, energy_per_byte, greedy_sizes
from mecpapers.fhei.scenario import FIG_4A, TABLE_I
from mecpapers.fhei.transmission import least_time_before_computing
from mecpapers.solution import Infeasible, Solution, TooLarge
from mecpapers.store import kept
from mecpapers.sweep import drop_generator

MOST_CANDIDATES = 2**20  # of an enumeration, 8 MB a user
GOOD = 1e-9  # relative; a gap to CVXPY that needs no second opinion
Solve = Callable[[Problem, FloatArray], Allocation]


@dataclass(frozen=True)
class Checked:
    """P2 over random instances: objectives' worst relative gap, worst KKT residual, and counts."""

    gap: float
    residual: float
    instances: int
    infeasible: int  # by the closed form
    agreed: int  # verdicts on feasibility that agree with CVXPY's
    clipped: int  # feasible instances in which some, but not all, are at Q_m
    free: int  # in which nobody is


def random_instance(
    rng: np.random.Generator, n_users: int | None = None, equal: bool = True
) -> tuple[Problem, FloatArray]:
    """A problem of 2 to 20 users and sizes [byte], shape (M,), for them; a sixth of the latency limits cannot be met.

    ``equal`` false gives every user a receive power of its own.
    """
    n = n_users or int(rng.integers(2, 21))
    scenario = replace(
        TABLE_I,
        n_users=n,
        uplink_mhz=4.0 * n,
        downlink_mhz=32.0 * n,
        server_tflops=4.0 * n * 3 ** rng.uniform(-1, 1),
        slowest_gflops=1.0,
        noise_w_per_hz=2e-8 * 4 ** rng.uniform(-1, 0),
    )
    problem = scenario.draw(rng)
    sizes = rng.uniform(problem.min_feature_bytes, problem.max_feature_bytes, n)
    if not equal:
        power = 0.01 * 100 ** rng.uniform(-1, 1, n)
        problem = replace(problem, users=replace(problem.users, receive_power=power))
    limit = float(least_latency(problem, sizes)) * rng.uniform(0.8, 2.0)
    return replace(problem, max_mean_latency=limit), sizes


def closed_form(problem: Problem, sizes: FloatArray) -> Allocation:
    """Propositions 1 and 2 for sizes [byte] of shape (M,)."""
    return solve_resources(problem, sizes).allocation


def residual(problem: Problem, a: Allocation) -> float:
    """Worst KKT residual of P2: spread of each multiplier over the users, and slack of what must be used up.

    Relative throughout. lambda comes from the users whose speed is free, by (19); from the allocation where none is.
    """
    users, d = problem.users, a.feature_bytes
    psi = problem.energy_coefficient
    of_speed = 2 * psi * a.device_speed**3
    free = a.device_speed < users.device_speed
    price = float(of_speed[free].mean()) if free.any() else float(a.latency_price or 0.0)
    spreads = [np.ptp(of_speed[free]) / price if free.any() else 0.0]
    spreads.append(float(np.max(of_speed[~free] / price - 1, initial=0.0)))  # zeta >= 0
    for cost, share in (
        ((problem.transmit_power + price) * BITS * problem.input_bytes / users.uplink_rate, a.uplink_share),
        ((users.receive_power + price) * BITS * d / users.downlink_rate, a.downlink_share),
        (price * feature_flops(problem, d), a.edge_speed),
    ):
        multiplier = cost / share**2
        spreads.append(float(np.ptp(multiplier) / multiplier.mean()))
    used = a.uplink_share.sum(), a.downlink_share.sum(), a.edge_speed.sum() / problem.server_speed
    late = float(evaluate(problem, a).latency.mean() / problem.max_mean_latency)
    return float(max(*spreads, *(abs(x - 1) for x in used), abs(late - 1) if free.any() else max(0.0, late - 1)))


@kept
def propositions(n_instances: int = 200, seed: int = 0, equal: bool = True) -> Checked:
    """Hold Propositions 1 and 2 against CVXPY on random instances."""
    return check(closed_form, n_instances, seed, equal)


def check(solve: Solve, n_instances: int, seed: int = 0, equal: bool = True) -> Checked:
    """Hold any solver of P2 against CVXPY on random instances; a wrong one shows in gap and residual.

    CVXPY solves each instance as a convex and as a geometric program, and where both end more than 1e-9 away, again
    with a wider tolerance; the gap is to the nearest, since the solver stops now here and now there short of its own.
    """
    gaps, residuals, counts = [0.0], [0.0], dict.fromkeys(("infeasible", "agreed", "clipped", "free"), 0)
    for k in range(n_instances):
        problem, sizes = random_instance(drop_generator(seed, k), equal=equal)
        optima = reference.optima(problem, sizes)
        try:
            a = solve(problem, sizes)
        except Infeasible:
            counts["infeasible"] += 1
            counts["agreed"] += not np.isfinite(optima).any()
            continue
        counts["agreed"] += bool(np.isfinite(optima).all())
        at_limit = a.device_speed >= problem.users.device_speed
        counts["clipped"] += bool(at_limit.any())
        counts["free"] += not at_limit.any()
        energy = float(evaluate(problem, a).energy.mean())
        if min(abs(energy / optimum - 1) for optimum in optima) > GOOD:
            optima += reference.optima(problem, sizes, 1e-9)
        gaps.append(min(abs(energy / optimum - 1) for optimum in optima))
        residuals.append(residual(problem, a))
    return Checked(gap=max(gaps), residual=max(residuals), instances=n_instances, **counts)


@kept
def least_time_gap(n_instances: int = 50, seed: int = 0) -> float:
    """Worst relative gap of the duration of Proposition 1, sending and FN, to the least that CVXPY finds."""
    worst = 0.0
    for k in range(n_instances):
        problem, sizes = random_instance(drop_generator(seed, k))
        ours = float(least_time_before_computing(problem, sizes))
        worst = max(worst, abs(ours / reference.least_time(problem, sizes) - 1))
    return worst


@kept
def infeasible_above_limit(n_instances: int = 50, seed: int = 0, share: tuple[float, float] = (0.5, 0.99)) -> float:
    """Share of random instances that CVXPY finds infeasible, with limits at ``share`` of Proposition 1's duration."""
    found = 0
    for k in range(n_instances):
        rng = drop_generator(seed, k)
        problem, sizes = random_instance(rng)
        limit = float(least_time_before_computing(problem, sizes)) * rng.uniform(*share)
        found += reference.resources(replace(problem, max_mean_latency=limit), sizes)[0] is None
    return found / n_instances


def points_of_p1(sizes: tuple[float, ...] = (2.8e6, 3.8e6, 3.3e6)) -> tuple[Problem, list[Allocation]]:
    """P1 for one user with all of both bands and the server: two points within all limits, and the one between them.

    By hand: 1e-28 J s^2/FLOP^3, 5664 FLOP/byte and a limit of 5 J leave 1.77 GFLOP/s for 2.8 MB, 1.52 for 3.8 MB; the
    point half way needs 5.06 J.
    """
    alone = replace(FIG_4A, n_users=1, uplink_gains=(4.63,), downlink_gains=(5.17,), device_gflops=(4.5,))
    problem, one = alone.draw(np.random.default_rng(0)), np.ones(1)
    speeds = np.interp(sizes, (2.8e6, 3.8e6), (1.77e9, 1.52e9))
    points = [
        Allocation(
            feature_bytes=size * one,
            uplink_share=one,
            downlink_share=one,
            edge_speed=problem.server_speed * one,
            device_speed=speed * one,
        )
        for size, speed in zip(sizes, speeds, strict=True)
    ]
    return problem, points


def energy_bend(n_instances: int = 50, seed: int = 0) -> float:
    """Worst relative distance of the mean energy half way between two sizes from half the sum at both, all else fixed.

    Zero if the energy limit of P3 is linear.
    """
    worst = 0.0
    for k in range(n_instances):
        rng = drop_generator(seed, k)
        problem, sizes = random_instance(rng)
        problem = replace(problem, max_mean_latency=1.1 * float(least_latency(problem, sizes)))
        fixed = closed_form(problem, sizes)
        other = rng.uniform(problem.min_feature_bytes, problem.max_feature_bytes, sizes.size)
        energies = [
            float(evaluate(problem, replace(fixed, feature_bytes=d)).energy.mean())
            for d in (sizes, other, (sizes + other) / 2)
        ]
        worst = max(worst, abs(2 * energies[2] / (energies[0] + energies[1]) - 1))
    return worst


@kept
def greedy_gap(n_instances: int = 200, seed: int = 0) -> float:
    """Worst relative gap of P3's greedy step to its linear program in CVXPY."""
    worst = 0.0
    for k in range(n_instances):
        problem, price, budget, most = random_p3(drop_generator(seed, k))
        ours = greedy_sizes(problem, price, budget, most).sum()
        worst = max(worst, abs(float(ours) / reference.sizes(problem, price, budget, most)[1] - 1))
    return worst


def random_p3(rng: np.random.Generator) -> tuple[Problem, FloatArray, float, float]:
    """A feasible P3: the problem, the prices of a byte (M,), what may be spent [J], the right side of (23) [byte]."""
    problem, sizes = random_instance(rng)
    problem = replace(problem, max_mean_latency=float(least_latency(problem, sizes)) * rng.uniform(1.1, 2.0))
    allocation = closed_form(problem, sizes)
    price, n = energy_per_byte(problem, allocation), sizes.size
    low, high = problem.min_feature_bytes * float(price.sum()), problem.max_feature_bytes * float(price.sum())
    problem = replace(problem, max_mean_energy=(low + rng.uniform(0.05, 1.2) * (high - low)) / n + 1.0)
    most = n * rng.uniform(problem.min_feature_bytes * 1.01, problem.max_feature_bytes)
    left = min(energy_left(problem, allocation), low + rng.uniform(0.05, 1.2) * (high - low))
    return problem, price, max(left, low * 1.01), most


def random_p1(rng: np.random.Generator, n_users: int) -> Problem:
    """A feasible P1 in which at least one limit binds."""
    while True:
        problem, _ = random_instance(rng, n_users)
        least = smallest(problem)
        limit = float(least_latency(problem, least)) * rng.uniform(1.05, 1.6)
        problem = replace(problem, max_mean_latency=limit)
        spent = solve_resources(problem, least).objective
        problem = replace(problem, max_mean_energy=spent * rng.uniform(1.05, 2.5))
        if not feasible(problem, np.full(n_users, problem.max_feature_bytes)):
            return problem


def solve_enumeration(problem: Problem, grid: int = 0) -> Solution[Allocation]:
    """P1 by trying every way to put all users but one at d_min or d_max, and that one as high as it goes.

    With its speeds fixed, P1 has an optimum with at most two sizes off their bounds: both limits are concave in d.
    ``grid`` lets a second user take that many values between the bounds.

    Raises
    ------
    TooLarge
        if there are more than 2^20 candidates.
    Infeasible
        if not even d_min can be given to all.
    """
    check_feasible(problem, smallest(problem))
    m, low, high = problem.users.size, problem.min_feature_bytes, problem.max_feature_bytes
    second = np.linspace(low, high, grid + 2)[1:-1]
    candidates = 2.0 ** (m - 1) * m * (1 + (m - 1) * grid / 2)
    if candidates > MOST_CANDIDATES:
        raise TooLarge(f"users: {m} have {candidates:.3g} candidates: must be at most 2^20")
    bounds = np.array(list(product((low, high), repeat=m)))
    sizes: list[FloatArray] = []
    free: list[int] = []
    for j in range(m):
        own = bounds[bounds[:, j] == low]
        sizes.append(own)
        for i in range(m if grid else 0):
            if i != j:
                pair = np.repeat(own[own[:, i] == low], grid, axis=0)
                pair[:, i] = np.tile(second, len(pair) // grid)
                sizes.append(pair)
        free += [j] * (sum(map(len, sizes)) - len(free))
    raised = raise_one(problem, np.concatenate(sizes), np.array(free))
    best = raised[int(np.argmax(raised.sum(axis=1)))]
    return with_resources(problem, best)


@kept
def enumeration_gaps(n_instances: int = 60, seed: int = 0, grid: int = 6) -> FloatArray:
    """Certified optimum, its bound, enumeration, and the mended algorithm on M = 3 ... 6; shape (n_instances, 3).

    Columns, relative to enumeration: optimum, bound, mended.
    """
    rows = []
    for k in range(n_instances):
        problem = random_p1(drop_generator(seed, k), 3 + k % 4)
        exact = solve_exact(problem)
        best = solve_enumeration(problem, grid).objective
        rows.append(
            [exact.objective / best - 1, float(exact.bound or 0) / best - 1, solve_mended(problem).objective / best - 1]
        )
    return np.array(rows)
