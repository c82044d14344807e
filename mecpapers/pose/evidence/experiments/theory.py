"""The optimiser's gap to the exact optimum, and the pose error over a common pair of thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.pose.evidence.experiments.measured import deployment, discard_value
from mecpapers.pose.evidence.experiments.readings import ENVIRONMENTS
from mecpapers.pose.evidence.experiments.sweeps import of_devices
from mecpapers.pose.model import Allocation, Problem, evaluate
from mecpapers.pose.policies import run_thresholds
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
    check_choice("kind", kind, KINDS)
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
    """Worst and mean gap in percent of the optimum, with and without slack fill, a line a kind and one for all.

    Parameters
    ----------
    gaps : by ``optimality_gaps``, shape (kinds, instances, 4)
    """
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
            "filled above 4 %": f"{np.sum(part[:, 0] > 4)} of {len(part)}",
            "95 % interval of that share, %": _binomial(int(np.sum(part[:, 0] > 4)), len(part)),
        }
        for name, part in parts.items()
    ]


def _binomial(hits: int, n: int) -> str:
    """95 % interval of a share in percent, Wilson's."""
    from scipy.stats import binomtest  # slow to import

    interval = binomtest(hits, n).proportion_ci(method="wilson")
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


@kept
def measured_gaps(deadlines_ms: Sequence[float]) -> FloatArray:
    """Relative gap of the Lagrange solution on the measured tables; kappa 0 and calibrated, shape (2, values)."""
    tables, gaps = deployment().calibration.tables, []
    for kappa in (0.0, discard_value()):
        problems = [Scenario(deadline_ms=d, discard_value=kappa).problem(tables) for d in deadlines_ms]
        gaps.append([1 - solve_cooperative(p).objective / solve_exact(p).objective for p in problems])
    return np.array(gaps)


@kept
def environment_gaps() -> FloatArray:
    """The same in percent over all of ``ENVIRONMENTS`` and all choices of two cameras or more; shape (problems,).

    Kappa 0 first, then as calibrated.
    """
    tables, problems = deployment().calibration.tables, []
    for kappa in (0.0, discard_value()):
        base = Scenario(discard_value=kappa)
        for field, values in ENVIRONMENTS:
            problems += [replace(base, **{field: v}).problem(tables) for v in values]  # type: ignore[arg-type]
        whole = base.problem(tables)
        chosen = [c for n in range(2, whole.size + 1) for c in combinations(range(whole.size), n)]
        problems += [of_devices(whole, c) for c in chosen]
    return np.array([100 * (1 - solve_cooperative(p).objective / solve_exact(p).objective) for p in problems])


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
    from mecpapers.pose.evidence.reference import smooth_optimum

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
    """MPJPE [m] on held-out frames and expected delay [s] of a common pair; shape (K+1, K+1), NaN for l > u."""
    d = deployment(weighted=weighted)
    problem = Scenario().problem(d.calibration.tables)
    k = problem.levels + 1
    result = {"error": np.full((k, k), np.nan), "delay": np.full((k, k), np.nan)}
    for low, up in zip(*np.triu_indices(k), strict=True):
        pair = Allocation(lower=np.full(problem.size, low), upper=np.full(problem.size, up))
        result["error"][low, up] = run_thresholds(d.held_out, problem, pair).error.mean()
        result["delay"][low, up] = evaluate(problem, pair).delay
    return result
