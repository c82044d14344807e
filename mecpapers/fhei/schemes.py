"""Legend name -> scheme; every scheme is ``scheme(problem, *, rng=None) -> Solution``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mecpapers.fhei.alternating import solve_alternating, solve_mended
from mecpapers.fhei.benchmarks import solve_constant, solve_inversion
from mecpapers.fhei.bounds import solve_exact
from mecpapers.fhei.model import Allocation, Problem
from mecpapers.solution import Solution


class Scheme(Protocol):
    """What decides every user's feature size, air time and speeds."""

    def __call__(self, problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
        """Solve one problem; ``rng`` is for schemes that draw lots, which none here does."""
        ...


def exact(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The optimum of P1 by branch and bound, proved within a relative gap of 1e-5."""
    return solve_exact(problem)


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
