"""Name -> scheme; every scheme is ``scheme(problem, *, rng=None) -> Solution``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mecpapers.pose import baselines, thresholds
from mecpapers.pose.model import Allocation, Problem
from mecpapers.solution import Solution


class Scheme(Protocol):
    """What sets the two thresholds of every device."""

    def __call__(self, problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
        """Solve one problem; ``rng`` is for schemes that draw lots."""
        ...


def exact(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The best thresholds on the grid of score levels, by dynamic programming."""
    return thresholds.solve_exact(problem)


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
