"""Legend name -> scheme; every scheme is ``scheme(problem, *, rng=None) -> Solution``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mecpapers.solution import Solution
from mecpapers.video.geometric import solve_geometric
from mecpapers.video.model import Allocation, Problem


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


SCHEMES: Mapping[str, Scheme] = {"local": local, "edge": edge}
