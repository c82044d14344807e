"""The optimiser's gap to the exact optimum, and whether the sum of accuracies stands for the pose error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from mecpapers.arrays import FloatArray
from mecpapers.pose.experiments.measured import deployment, discard_value
from mecpapers.pose.model import Allocation, Problem, evaluate
from mecpapers.pose.policies import run
from mecpapers.pose.scenario import Scenario
from mecpapers.pose.thresholds import smooth_probabilities, solve_cooperative, solve_exact
from mecpapers.store import kept
from mecpapers.sweep import drop_generator

KINDS = ("smooth", "rough", "lumped", "unlike")
GAP_COLUMNS = ("exact", "filled", "unfilled", "bound")


def random_problem(rng: np.random.Generator, kind: str) -> Problem:
    """The instances of the gap, fixed before any was solved: 2 to 8 devices, 3 to 10 levels, a random budget.

    ``smooth``: accuracies rise with the score and the server's are the higher; ``rough``: all accuracies uniform;
    ``lumped``: nearly all scores of a device on one level, so that it sends all or nothing (the adversarial case: a
    knapsack); ``unlike``: rough, with costs over a factor of a hundred. Budgets are 2 to 100 % of sending everything.
    """
    n, k = int(rng.integers(2, 9)), int(rng.integers(3, 11))
    pmf, low, high = rng.dirichlet(np.ones(k), n), rng.uniform(size=(n, k)), rng.uniform(size=(n, k))
    air = rng.uniform(2e-3, 2e-2, n)
    if kind == "smooth":
        low = np.sort(low, axis=1)
        high = low + (1 - low) * rng.uniform(size=(n, k)) * 0.8
    if kind == "lumped":
        pmf = 0.02 * pmf + 0.98 * np.eye(k)[rng.integers(k, size=n)]
    if kind == "unlike":
        air = 2e-3 * 100 ** rng.uniform(size=n)
    server = rng.uniform(0.002, 0.02)
    budget = rng.uniform(0.02, 1.0) * (air.sum() + n * server)
    return Problem(
        deadline=0.04 + budget, device_delay=np.array(0.04), server_delay=server, transmission_time=air,
        discard_value=float(rng.choice([0.0, rng.uniform()])), score_pmf=pmf, device_accuracy=low, server_accuracy=high,
    )  # fmt: skip


@kept
def optimality_gaps(n_instances: int = 200, seed: int = 0) -> FloatArray:
    """Objectives by ``GAP_COLUMNS``: the optimum, Lagrange with and without slack fill, and the dual bound.

    Returns
    -------
    shape (kinds, n_instances // 4, 4)
    """
    table = []
    for i, kind in enumerate(KINDS):
        rows = []
        for j in range(n_instances // len(KINDS)):
            problem = random_problem(drop_generator(seed, j, i), kind)
            filled = solve_cooperative(problem)
            unfilled = solve_cooperative(problem, fill=False).objective
            assert filled.bound is not None
            rows.append((solve_exact(problem).objective, filled.objective, unfilled, filled.bound))
        table.append(rows)
    return np.array(table)


def gap_rows(gaps: FloatArray) -> list[dict[str, Any]]:
    """Worst and mean gap in percent of the optimum, with and without slack fill, a line a kind and one for all."""
    exact = gaps[..., :1]
    loss = 100 * (1 - gaps[..., 1:3] / exact)
    parts = {**dict(zip(KINDS, loss, strict=True)), "all": loss.reshape(-1, 2)}
    return [
        {
            "instances": f"{name} ({len(part)})",
            "worst, filled, %": float(part[:, 0].max()),
            "mean, filled, %": float(part[:, 0].mean()),
            "worst, unfilled, %": float(part[:, 1].max()),
            "mean, unfilled, %": float(part[:, 1].mean()),
        }
        for name, part in parts.items()
    ]


@kept
def measured_gaps(deadlines_ms: Sequence[float]) -> FloatArray:
    """Relative gap of the Lagrange solution on the measured tables; kappa 0 and calibrated, shape (2, values)."""
    tables, gaps = deployment().calibration.tables, []
    for kappa in (0.0, discard_value()):
        problems = [Scenario(deadline_ms=d, discard_value=kappa).problem(tables) for d in deadlines_ms]
        gaps.append([1 - solve_cooperative(p).objective / solve_exact(p).objective for p in problems])
    return np.array(gaps)


def many_devices(n: int, n_levels: int = 10, seed: int = 0) -> Problem:
    """A smooth instance of any size whose budget sends about a quarter of the images."""
    rng = np.random.default_rng(seed)
    low = np.sort(rng.uniform(size=(n, n_levels)), axis=1)
    air, server = rng.uniform(2e-3, 2e-2, n), 0.01
    return Problem(
        deadline=0.04 + float(air.sum() + n * server) / 4, device_delay=np.array(0.04), server_delay=server,
        transmission_time=air, discard_value=0.5, score_pmf=rng.dirichlet(np.ones(n_levels), n), device_accuracy=low,
        server_accuracy=low + (1 - low) * rng.uniform(size=low.shape) * 0.8,
    )  # fmt: skip


@kept
def smooth_gaps(n_instances: int = 200, seed: int = 0) -> FloatArray:
    """Largest difference of the smooth case's probabilities from CVXPY's, shape (n_instances,)."""
    from mecpapers.pose.reference import smooth_optimum

    gaps = []
    for k in range(n_instances):
        rng = drop_generator(seed, k)
        n = int(rng.integers(2, 9))
        gain, rate, cost = rng.uniform(0.1, 1, n), rng.uniform(0.5, 3, n), rng.uniform(0.2, 2, n)
        budget = float(cost.sum() * rng.uniform(0.05, 0.95))
        gaps.append(
            np.abs(smooth_probabilities(gain, rate, cost, budget) - smooth_optimum(gain, rate, cost, budget)).max()
        )
    return np.array(gaps)


@kept
def heat_map(weighted: bool = True) -> dict[str, FloatArray]:
    """MPJPE [m] on held-out frames and expected delay [s] of a common pair; (K+1, K+1), NaN for l > u."""
    d = deployment(weighted=weighted)
    problem = Scenario().problem(d.calibration.tables)
    k = problem.levels + 1
    result = {"error": np.full((k, k), np.nan), "delay": np.full((k, k), np.nan)}
    for low, up in zip(*np.triu_indices(k), strict=True):
        pair = Allocation(lower=np.full(problem.size, low), upper=np.full(problem.size, up))
        result["error"][low, up] = run(d.held_out, problem, pair).error.mean()
        result["delay"][low, up] = evaluate(problem, pair).delay
    return result


@kept
def equivalence(weighted: bool = True, kappa: float = 0.0, n_pairs: int = 200, seed: int = 0) -> FloatArray:
    """Sum of accuracies (tables of the calibration half) and MPJPE [m] (held-out) of random thresholds, (n_pairs, 2).

    Every device draws its own pair, uniform over all, but such that on average four views are used or more.
    """
    d = deployment(weighted=weighted)
    problem = replace(Scenario(), discard_value=kappa).problem(d.calibration.tables)
    rng = np.random.default_rng(seed)
    points: list[tuple[float, float]] = []
    lower, upper = np.triu_indices(problem.levels + 1)
    below = np.concatenate([np.zeros((problem.size, 1)), np.cumsum(problem.score_pmf, axis=1)], axis=1)
    while len(points) < n_pairs:
        pick = rng.integers(lower.size, size=problem.size)
        allocation = Allocation(lower=lower[pick], upper=upper[pick])
        if below[np.arange(problem.size), allocation.lower].sum() <= problem.size - 4:
            error = run(d.held_out, problem, allocation).error.mean()
            points.append((evaluate(problem, allocation).total, float(error)))
    return np.array(points)


def equivalence_rows(n_pairs: int = 200) -> list[dict[str, Any]]:
    """Spearman's correlation of the sum of accuracies with -MPJPE, and what the best sum costs in MPJPE."""
    rows = []
    for weighted in (True, False):
        for kappa in (0.0, discard_value(weighted=weighted)):
            total, error = equivalence(weighted, kappa, n_pairs).T
            rows.append({
                "triangulation": "weighted" if weighted else "unweighted",
                "kappa": kappa,
                "rank correlation": float(spearmanr(total, -error).statistic),
                "MPJPE at the best sum, mm": 1e3 * float(error[total.argmax()]),
                "least MPJPE, mm": 1e3 * float(error.min()),
            })  # fmt: skip
    return rows
