"""The proved optimum of an instance over every allocation that its model allows, without the schemes' conditions.

``exact`` proves two kinds of instances under a condition: of Paper I with ``eq31`` that local devices follow Theorem 1,
of Paper III that every device scores its image. Here the condition is lifted, by solving what lies beyond it, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mecpapers import fhei, pose, video
from mecpapers.pose import thresholds
from mecpapers.solution import Infeasible, Solution
from mecpapers.video.bounds import solve_exact
from mecpapers.video.model import restate_eq31

_EPS = float(np.finfo(float).eps)


def prove(problem: Any) -> Solution[Any]:
    """Return the best allocation found, with a bound on the optimum that nothing is assumed for.

    Raises
    ------
    Infeasible
        if no allocation meets the constraints.
    """
    if isinstance(problem, video.Problem):
        return _video(problem)
    if isinstance(problem, pose.Problem):
        return _pose(problem)
    return fhei.SCHEMES["exact"](problem)


def _video(problem: video.Problem) -> Solution[video.Allocation]:
    """``exact``; under ``eq31`` of the problem restated, whose Theorem 1 sees the energy that is charged.

    kappa / rho is rounded, and rho multiplied again: two roundings of each energy term, and as many of margin. Of the
    optimum these terms add up to at most its cost plus what accuracy is worth, sum beta_3 m_a2; delays are positive.
    """
    if problem.local_energy == "eq7":
        return solve_exact(problem)
    found = solve_exact(restate_eq31(problem))
    cost = video.evaluate(problem, found.allocation).total
    worth = float((problem.devices.weight_accuracy * problem.devices.accuracy_a2).sum())
    assert found.bound is not None  # it always proves one
    bound = min(found.bound, cost) - 4 * _EPS * (abs(cost) + worth)
    return replace(found, objective=cost, bound=bound, bound_assumes=None)


def _pose(problem: pose.Problem) -> Solution[pose.Allocation]:
    """The better of two: every device scores its image, or none does, and each image is sent or left out."""
    ways = []
    for solve in (thresholds.solve_exact, _unscored):
        try:
            ways.append(solve(problem))
        except Infeasible as error:
            reason = error
    if not ways:
        raise reason
    best = max(ways, key=lambda way: way.objective)
    highest = max(ways, key=lambda way: way.bound or 0.0)
    return replace(best, bound=highest.bound, bound_assumes=None, ended=highest.ended)


def _unscored(problem: pose.Problem) -> Solution[pose.Allocation]:
    """No light network runs: one level, whose local result is worth nothing, and the whole deadline for sending.

    A device's accuracy at the server is a sum of K products, rounded; so is the model's. Each is at most 1.
    """
    n, k = problem.size, problem.levels
    level = replace(
        problem,
        device_delay=np.zeros(n),
        score_pmf=np.ones((n, 1)),
        device_accuracy=np.zeros((n, 1)),
        server_accuracy=np.minimum((problem.score_pmf * problem.server_accuracy).sum(axis=1, keepdims=True), 1.0),
        filtered="left out",
    )
    found = thresholds.solve_exact(level)
    sent = found.allocation.upper > found.allocation.lower
    allocation = pose.Allocation(lower=np.where(sent, 0, k), upper=np.full(n, k, dtype=np.intp), device_inference=False)
    total = pose.evaluate(problem, allocation).total
    assert found.bound is not None
    bound = max(found.bound, total) + 4 * n * (k + n) * _EPS
    return replace(found, allocation=allocation, objective=total, bound=bound)
