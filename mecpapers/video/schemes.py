"""Legend name -> scheme; every scheme is ``scheme(problem, *, rng=None) -> Solution``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mecpapers.solution import Solution
from mecpapers.video.admm import FITTED, PRINTED, solve_admm
from mecpapers.video.bounds import solve_exact, solve_exact_frames
from mecpapers.video.cccp import solve_cccp
from mecpapers.video.edge import solve_search
from mecpapers.video.geometric import solve_geometric, warm_started
from mecpapers.video.model import Allocation, Problem
from mecpapers.video.offloading import solve_channel_aware, solve_every_policy, solve_random
from mecpapers.video.prices import solve_prices


class Scheme(Protocol):
    """What decides who offloads, with how many frames and which resources."""

    def __call__(self, problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
        """Solve one problem; ``rng`` is for schemes that draw lots."""
        ...


def local(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every device computes for itself (Theorem 1)."""
    return solve_geometric(problem, np.zeros(problem.devices.size, dtype=bool))


def edge(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every device offloads, frames by geometric programming (Algorithm 2, Theorem 2)."""
    return solve_geometric(problem, np.ones(problem.devices.size, dtype=bool))


def exact(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The optimum over policies and whole frames, proved (under eq31 given Theorem 1's local devices)."""
    return solve_exact(problem)


def search_search(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Every policy, every choice of frames (Algorithm 1): a few devices only."""
    return solve_every_policy(problem, allocate=solve_search)


def search_heuristic(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 3 with the best whole frames for each policy, found as fast as the proved optimum."""
    return solve_channel_aware(problem, allocate=solve_exact_frames)


def gp_heuristic(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 3 with frames by geometric programming (Algorithm 2)."""
    return solve_channel_aware(problem, allocate=warm_started())


def admm(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 4 in the reading that fits the paper's figures: in turn, (42) solved, s = 0.05."""
    return solve_admm(problem, FITTED)


def admm_printed(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """Algorithm 4 as printed: all at once, (43)-(44), s = 0.5; from equal shares."""
    return solve_admm(problem, PRINTED)


def prices(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The proved optimum by messages: two prices a round, three numbers back, a finishing round."""
    return solve_prices(problem)


def cccp(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The concave-convex procedure on who offloads, in our reading of the paper's baseline."""
    return solve_cccp(problem)


def random(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """A coin for every device, frames by geometric programming (Algorithm 2)."""
    return solve_random(problem, allocate=solve_geometric, rng=rng or np.random.default_rng(0))


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
