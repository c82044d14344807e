"""Section V's two benchmarks: one quality for all, and computation alone, air time by channel inversion."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.fhei.alternating import solve_alternating
from mecpapers.fhei.computing import allocate, check_feasible, feasible, least_energy, smallest
from mecpapers.fhei.model import Allocation, Problem, quality
from mecpapers.fhei.transmission import Shares
from mecpapers.solution import Solution

Inverted = Literal["rate", "gain"]


def solve_constant(problem: Problem) -> Solution[Allocation]:
    """The largest size that all users can have together, resources by P2.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.
    """
    sizes = smallest(problem)
    check_feasible(problem, sizes)
    low, high = 1.0, problem.max_feature_bytes / problem.min_feature_bytes
    if feasible(problem, high * sizes):
        low = high
    for _ in range(60):
        middle = (low + high) / 2
        if feasible(problem, middle * sizes):
            low = middle
        else:
            high = middle
    sizes = np.minimum(low * sizes, problem.max_feature_bytes)
    _, v = least_energy(problem, sizes)
    total = float(quality(problem, sizes).sum())
    return Solution(allocation=allocate(problem, sizes, float(v)), objective=total)


def inversion_shares(problem: Problem, inverted: Inverted) -> Shares:
    """Air time in proportion to 1 / rate (equal rates for all), or to 1 / gain.

    Raises
    ------
    ValueError
        if the gains are needed and not given.
    """
    users = problem.users
    if inverted == "rate":
        up, down = users.uplink_rate, users.downlink_rate
    else:
        up, down = _given("uplink_gain", users.uplink_gain), _given("downlink_gain", users.downlink_gain)
    return Shares(uplink=(1 / up) / (1 / up).sum(), downlink=(1 / down) / (1 / down).sum())


def solve_inversion(problem: Problem, inverted: Inverted) -> Solution[Allocation]:
    """Computation only: air time by inversion, speeds and sizes by the alternating algorithm, safe stop.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all with this air time.
    """
    return solve_alternating(problem, shares=inversion_shares(problem, inverted))


def _given(name: str, gain: FloatArray | None) -> FloatArray:
    if gain is None:
        raise ValueError(f"{name} is missing: must be given for inversion of the gain")
    return gain
