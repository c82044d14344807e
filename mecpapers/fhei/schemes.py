"""Legend name -> scheme, ``scheme(problem, *, rng=None) -> Solution``; what a comparison of schemes counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mecpapers import solution, sweep
from mecpapers.arrays import FloatArray
from mecpapers.fhei.alternating import solve_alternating
from mecpapers.fhei.benchmarks import solve_constant, solve_inversion
from mecpapers.fhei.bounds import MOST_NODES, TOLERANCE, solve_exact
from mecpapers.fhei.mended import solve_mended
from mecpapers.fhei.model import Allocation, Problem, evaluate, violations
from mecpapers.fhei.scenario import TABLE_I, Scenario
from mecpapers.solution import Solution

Scheme = solution.Scheme[Problem, Allocation]
"""What decides every user's feature size, air time and speeds."""


def exact(
    problem: Problem, *, rng: np.random.Generator | None = None, gap: float = TOLERANCE, limit: int = MOST_NODES
) -> Solution[Allocation]:
    """The optimum of P1 by branch and bound, proved within a relative gap of 1e-5.

    Parameters
    ----------
    gap : relative gap to the proved bound at which the search is content
    limit : the most nodes, boxes of sizes, that it splits
    """
    return solve_exact(problem, tolerance=gap, most_nodes=limit)


def alternating(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """P2 and P3 in turn with (23), as Section IV-D has it, stopped before either limit is exceeded."""
    return solve_alternating(problem)


def mended(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The alternating algorithm with latency priced, its last step bisected, and trades between users."""
    return solve_mended(problem)


def constant(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """One quality for all users, as high as both limits allow (the paper's first benchmark)."""
    return solve_constant(problem)


def inversion_rate(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Computation alone is optimised, air time gives equal rates (the second benchmark, one reading)."""
    return solve_inversion(problem, "rate")


def inversion_gain(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Computation alone is optimised, air time goes by 1 / gain (the second benchmark, the other reading)."""
    return solve_inversion(problem, "gain")


SCHEMES: Mapping[str, Scheme] = {
    "exact": exact,
    "alternating": alternating,
    "mended": mended,
    "constant": constant,
    "inversion-rate": inversion_rate,
    "inversion-gain": inversion_gain,
}

METRICS: Mapping[str, str] = {
    "quality": "sum of quality, mAP",
    "energy": "mean energy, J",
    "latency": "mean latency, s",
    "follows": "share of drops in which quality follows the downlink",
    "gap": "relative distance to the proved bound",
}
"""What ``measure`` counts, and how an axis calls it."""


def measure(problem: Problem, solution: Solution[Allocation]) -> dict[str, float]:
    """The numbers of ``METRICS`` of one drop, by ``evaluate``; no gap (NaN) where nothing is proved."""
    m = evaluate(problem, solution.allocation)
    return {
        "quality": m.total,
        "energy": float(m.energy.mean()),
        "latency": float(m.latency.mean()),
        "follows": float(follows_downlink(problem, solution.allocation.feature_bytes)),
        "gap": float("nan") if solution.gap is None else solution.gap / solution.objective,
    }


def follows_downlink(problem: Problem, feature_bytes: FloatArray) -> bool:
    """Whether nobody has a larger size [byte], shape (M,), than a user with a better downlink."""
    by_rate = feature_bytes[np.argsort(problem.users.downlink_rate, kind="stable")]
    return bool(np.all(np.diff(by_rate) >= -1e-6 * by_rate[:-1]))  # equal to a few bytes: bisected sizes are


def compare(
    schemes: Mapping[str, Scheme],
    problems: Scenario | Sequence[Problem] = TABLE_I,
    *,
    n_drops: int | None = None,
    seed: int = 0,
    **axis: Sequence[Any],
) -> sweep.Sweep:
    """Run schemes, yours among them, on the same drops of a scenario, or on problems of your own (``sweep.compare``).

    Parameters
    ----------
    schemes : name -> scheme(problem, *, rng=None) -> Solution
    problems : a scenario, or a list of problems
    axis : one field of ``Scenario`` and its values, such as ``n_users=[5, 10]``; for a list nothing

    Examples
    --------
    >>> compare({"constant": constant}, n_drops=2, n_users=[2]).mean("quality", "constant").round(1)
    array([90.4])
    """
    return sweep.compare(schemes, problems, measure, violations, METRICS, n_drops=n_drops, seed=seed, axis=axis)
