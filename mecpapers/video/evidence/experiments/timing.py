"""Fig. 6 in seconds, which belong to the machine: the schemes in our code, and the way of the paper, by CVXPY."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from mecpapers.arrays import BoolArray
from mecpapers.clock import seconds
from mecpapers.sweep import drop_generator
from mecpapers.video import cccp
from mecpapers.video.edge import solve_search
from mecpapers.video.evidence.experiments.centralised import AS_STATED
from mecpapers.video.evidence.experiments.scale import by_cvxpy
from mecpapers.video.model import Problem
from mecpapers.video.offloading import solve_channel_aware, solve_every_policy
from mecpapers.video.scenario import EQ31, Scenario
from mecpapers.video.schemes import SCHEMES

_STILL = 1e-5  # change of x at which CCCP ends: above the accuracy of the general solver, 1e-9, below what decides x


def cccp_by_cvxpy(problem: Problem, weight: float = 0.1) -> BoolArray:
    """CCCP with CVXPY for its frames, its rounds and its last allocation: who offloads, shape (N,)."""
    from mecpapers.video.evidence import reference

    x, change = np.ones(problem.devices.size), np.inf
    choice = cccp.tabulate(problem)
    reference.geometric_program(problem, x > 0.5)  # the frames of ``choice``, the paper's way
    while change > _STILL:
        before, x = x, reference.penalised_choice(choice.a, choice.b, choice.c + weight * (1 - 2 * x))
        change = float(np.abs(x - before).max())
    by_cvxpy(problem, x > 0.5)
    return x > 0.5


RUNS: Mapping[str, tuple[Callable[[Problem], object], int]] = {
    "Search+Search": (partial(solve_every_policy, allocate=solve_search), 6),
    "Search+Heuristic": (partial(solve_channel_aware, allocate=solve_search), 6),
    "GP+Heuristic": (AS_STATED["gp-heuristic"], 10**6),
    "CCCP, our reading": (AS_STATED["cccp"], 10**6),
    "proved optimum": (SCHEMES["exact"], 10**6),
    "ADMM that fits, all devices": (AS_STATED["admm"], 10**6),
    "GP+Heuristic, by CVXPY": (partial(solve_channel_aware, allocate=by_cvxpy), 16),
    "CCCP, by CVXPY": (cccp_by_cvxpy, 16),
}
"""The curves of Fig. 6, and the largest N at which each is run."""


def running_times(
    n_devices: Sequence[int], n_drops: int = 3, seed: int = 0, scenario: Scenario = EQ31
) -> dict[str, dict[int, float]]:
    """Median time of a run [ms] by curve of ``RUNS`` and N, after a run on another drop that does not count."""
    table: dict[str, dict[int, float]] = {}
    for name, (run, most) in RUNS.items():
        table[name] = {}
        for n in (n for n in n_devices if n <= most):
            drops = (replace(scenario, n_devices=n).draw(drop_generator(seed, k)) for k in range(n_drops + 1))
            table[name][n] = 1e3 * float(np.median(seconds(run, drops.__next__, n_drops)))
    return table
