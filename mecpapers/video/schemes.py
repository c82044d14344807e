"""Legend name -> scheme; every scheme is ``scheme(problem, *, rng=None) -> Solution``. And what compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mecpapers import solution, sweep
from mecpapers.solution import Solution
from mecpapers.video.admm import FITTED, PRINTED, solve_admm
from mecpapers.video.bounds import GAP, LIMIT, solve_exact, solve_exact_frames, solve_many_exact
from mecpapers.video.cccp import solve_cccp
from mecpapers.video.edge import check_choices, solve_search
from mecpapers.video.geometric import solve_geometric, warm_started
from mecpapers.video.model import Allocation, Problem, evaluate, violations
from mecpapers.video.offloading import MOST_DECIDED, solve_channel_aware, solve_every_policy, solve_random
from mecpapers.video.prices import solve_prices
from mecpapers.video.scenario import SET_A, Scenario

Scheme = solution.Scheme[Problem, Allocation]
"""What decides who offloads, with how many frames and which resources."""


def local(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every device computes for itself (Theorem 1)."""
    return solve_geometric(problem, np.zeros(problem.devices.size, dtype=bool))


def edge(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every device offloads, frames by geometric programming (Algorithm 2, Theorem 2)."""
    return solve_geometric(problem, np.ones(problem.devices.size, dtype=bool))


def exact(
    problem: Problem, *, rng: np.random.Generator | None = None, gap: float = GAP, limit: int = LIMIT
) -> Solution[Allocation]:
    """The optimum over policies and whole frames, proved (under eq31 given Theorem 1's local devices).

    ``gap`` is relative; ``limit`` is the partial assignments kept at once, see ``bounds.solve_exact``.
    """
    return solve_exact(problem, gap=gap, limit=limit)


def search_search(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every policy, every choice of frames (Algorithm 1): a few devices only."""
    if problem.devices.reachable.sum() <= MOST_DECIDED:
        check_choices(problem, problem.devices.reachable)  # the largest policy, before all others
    return solve_every_policy(problem, allocate=solve_search)


def search_heuristic(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 3 with the best whole frames for each policy, found as fast as the proved optimum."""
    return _or_local(problem, solve_channel_aware(problem, allocate=solve_exact_frames))


def gp_heuristic(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 3 with frames by geometric programming (Algorithm 2)."""
    return _or_local(problem, solve_channel_aware(problem, allocate=warm_started()))


def admm(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 4 in the reading that fits the figures: in turn, (42) solved, s = 0.05, Theorem 1 at home."""
    return _or_local(problem, solve_admm(problem, FITTED))


def admm_printed(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 4 as printed but for (46): all at once, (43)-(44), s = 0.5, (31) at home; from equal shares."""
    return _or_local(problem, solve_admm(problem, PRINTED))


def prices(
    problem: Problem, *, rng: np.random.Generator | None = None, gap: float = GAP, limit: int = LIMIT
) -> Solution[Allocation]:
    """The proved optimum by messages: two prices a round, three numbers back, a finishing round.

    ``gap`` and ``limit`` are those of the finish, as of ``exact``.
    """
    return solve_prices(problem, gap=gap, limit=limit)


def cccp(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The concave-convex procedure on who offloads, in our reading of the paper's baseline."""
    return _or_local(problem, solve_cccp(problem))


def random(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """A coin for every device, frames by geometric programming (Algorithm 2)."""
    return solve_random(problem, allocate=solve_geometric, rng=rng or np.random.default_rng(0))


def _or_local(problem: Problem, found: Solution[Allocation]) -> Solution[Allocation]:
    """What a heuristic found, or every device local where that is cheaper: no walk need be made to see that policy."""
    stay = local(problem)
    return found if found.objective <= stay.objective else replace(stay, ended=found.ended)


SCHEMES: Mapping[str, Scheme] = {
    "exact": exact,
    "search-search": search_search,
    "search-heuristic": search_heuristic,
    "gp-heuristic": gp_heuristic,
    "admm": admm,
    "admm-printed": admm_printed,
    "prices": prices,
    "cccp": cccp,
    "random": random,
    "local": local,
    "edge": edge,
}

TOGETHER = ((exact, solve_many_exact),)
"""Schemes, and what solves many problems side by side as they do."""

METRICS: Mapping[str, str] = {
    "cost": "average cost of a device",
    "delay": "average delay, s",
    "energy": "average energy, J",
    "accuracy": "average accuracy",
    "offloading": "offloading rate",
}
"""What ``measure`` counts, and how an axis calls it."""


def measure(problem: Problem, solution: Solution[Allocation]) -> dict[str, float]:
    """The means over the devices of one drop, by ``evaluate``."""
    m = evaluate(problem, solution.allocation)
    means = {"cost": m.cost, "delay": m.delay, "energy": m.energy, "accuracy": m.accuracy}
    return {name: float(v.mean()) for name, v in means.items()} | {
        "offloading": float(solution.allocation.offload.mean())
    }


def compare(
    schemes: Mapping[str, Scheme],
    problems: Scenario | Sequence[Problem] = SET_A,
    *,
    n_drops: int | None = None,
    seed: int = 0,
    **axis: Sequence[Any],
) -> sweep.Sweep:
    """Run schemes, yours among them, on the same drops of a scenario, or on problems that are given.

    Parameters
    ----------
    schemes : name -> scheme(problem, *, rng=None) -> Solution
    problems : a scenario, or a list of problems, such as ``instances.read`` returns
    n_drops : drops a value, by default 100; for a list: runs a problem, by default 1
    axis : for a scenario: one of its fields and the values that it takes, such as ``n_devices=[8, 16]``

    Returns
    -------
    Sweep with the metrics of ``METRICS``, each a mean over the devices of a drop, over that field or over ``instance``;
    NaN where a scheme finds a problem infeasible

    Raises
    ------
    ValueError
        unless ``axis`` names exactly one field of the scenario, or none for a list.

    Examples
    --------
    >>> found = compare({"edge": edge, "exact": exact}, n_drops=3, n_devices=[4, 8])
    >>> bool((found.mean("cost", "exact") <= found.mean("cost", "edge")).all())
    True
    """
    return sweep.compare(
        schemes, problems, measure, violations, METRICS, n_drops=n_drops, seed=seed, axis=axis, together=TOGETHER
    )
