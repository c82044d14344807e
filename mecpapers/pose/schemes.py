"""Name -> scheme, ``scheme(problem, *, rng=None) -> Solution``; what a comparison of schemes counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mecpapers import solution, sweep
from mecpapers.pose import baselines, thresholds
from mecpapers.pose.model import Allocation, Problem, evaluate, violations
from mecpapers.pose.scenario import CHOSEN, Drops
from mecpapers.solution import Solution

Scheme = solution.Scheme[Problem, Allocation]
"""What decides the two thresholds of every device."""


def exact(
    problem: Problem,
    *,
    rng: np.random.Generator | None = None,
    gap: float = thresholds.GAP,
    limit: int = thresholds.LIMIT,
) -> Solution[Allocation]:
    """The best thresholds on the grid of score levels, by dynamic programming, with proof."""
    return thresholds.solve_exact(problem, gap=gap, limit=limit)


def cooperative(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Thresholds by Lagrange multiplier and bisection, the slack filled greedily, with the dual bound."""
    return thresholds.solve_cooperative(problem)


def device(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every device accepts its own result."""
    return baselines.solve_device(problem)


def device_discard(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every device accepts its own result or leaves its view out, by one threshold."""
    return baselines.solve_device_discard(problem)


def server_all(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every image goes to the server; refused where that takes too long."""
    return baselines.solve_server_all(problem)


def server_fit(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The devices of most accuracy a second send every image while that fits; the other views are not used."""
    return baselines.solve_server_fit(problem)


def random(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Devices by lot send every image while that fits; the others accept their own results."""
    return baselines.solve_random(problem, rng or np.random.default_rng(0))


def single_threshold(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The best upper thresholds where nothing is discarded."""
    return thresholds.solve_exact(problem, single=True)


SCHEMES: Mapping[str, Scheme] = {
    "exact": exact,
    "cooperative": cooperative,
    "device": device,
    "device-discard": device_discard,
    "server-all": server_all,
    "server-fit": server_fit,
    "random": random,
    "single-threshold": single_threshold,
}

METRICS: Mapping[str, str] = {
    "accuracy": "mean accuracy of a device",
    "expected_delay": "expected delay, s",
    "offloaded": "share of images offloaded",
    "gap": "relative distance to the proved bound",
}
"""What ``measure`` counts, and how an axis calls it."""


def measure(problem: Problem, solution: Solution[Allocation]) -> dict[str, float]:
    """The numbers of ``METRICS`` of one drop, by ``evaluate``; no gap (NaN) where nothing is proved."""
    m = evaluate(problem, solution.allocation)
    return {
        "accuracy": float(m.accuracy.mean()),
        "expected_delay": m.delay,
        "offloaded": float(m.offload_probability.mean()),
        "gap": float("nan") if solution.gap is None else solution.gap / solution.objective,
    }


def compare(
    schemes: Mapping[str, Scheme],
    problems: Drops | Sequence[Problem] = CHOSEN,
    *,
    n_drops: int | None = None,
    seed: int = 0,
    **axis: Sequence[Any],
) -> sweep.Sweep:
    """Run schemes, yours among them, on the same drops of a scenario, or on problems of your own (``sweep.compare``).

    Parameters
    ----------
    schemes : name -> scheme(problem, *, rng=None) -> Solution
    problems : drops of a scenario, ``CHOSEN`` if left out, or a list of problems
    axis : one field of ``Drops`` and its values, such as ``deadline_ms=[80, 100]``; for a list nothing

    Examples
    --------
    >>> found = compare({"device": device, "exact": exact}, n_drops=2, n_devices=[3])
    >>> bool(found.mean("accuracy", "device") < found.mean("accuracy", "exact"))
    True
    """
    return sweep.compare(schemes, problems, measure, violations, METRICS, n_drops=n_drops, seed=seed, axis=axis)
