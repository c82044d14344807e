"""Section V's two benchmarks: one quality for all, and computation alone, air time by channel inversion."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.fhei.alternating import solve_alternating
from mecpapers.fhei.computing import check_feasible, feasible, reachable, smallest
from mecpapers.fhei.mended import with_resources
from mecpapers.fhei.model import Allocation, Problem
from mecpapers.fhei.transmission import Shares, check_rates
from mecpapers.lemmas import bisect
from mecpapers.solution import Solution

Inverted = Literal["rate", "gain"]


def solve_constant(problem: Problem) -> Solution[Allocation]:
    """P1 with one size for all users: the largest that they can have together, resources by P2.

    One of the two limits is then used up, or d_max is reached: P2's energy and latency both grow with the size.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> print(f"{solve_constant(FIG_4A.draw(np.random.default_rng(0))).objective:.2f} mAP")
    203.95 mAP
    """
    problem = reachable(problem)
    sizes = smallest(problem)
    check_feasible(problem, sizes)
    one, low, high = np.ones(problem.users.size), problem.min_feature_bytes, problem.max_feature_bytes
    size = high if feasible(problem, high * one) else bisect(lambda d: feasible(problem, d * one), low, high)
    return with_resources(problem, size * one)


def inversion_shares(problem: Problem, inverted: Inverted) -> Shares:
    """Air time in proportion to 1 / rate (equal rates for all), or to 1 / gain; shares [1] of shape (M,).

    Raises
    ------
    ValueError
        if ``inverted`` is neither, or if the gains are needed and not given.
    Infeasible
        if a rate is 0.
    """
    check_choice("inverted", inverted, get_args(Inverted))
    check_rates(problem)
    users = problem.users
    if inverted == "rate":
        up, down = users.uplink_rate, users.downlink_rate
    else:
        up, down = _given("uplink_gain", users.uplink_gain), _given("downlink_gain", users.downlink_gain)
    return Shares(uplink=(1 / up) / (1 / up).sum(), downlink=(1 / down) / (1 / down).sum())


def solve_inversion(problem: Problem, inverted: Inverted) -> Solution[Allocation]:
    """P1 for computation only: air time by inversion, speeds and sizes by the alternating algorithm, safe stop.

    Parameters
    ----------
    inverted : ``rate`` or ``gain``, as in ``inversion_shares``

    Raises
    ------
    ValueError
        if ``inverted`` is neither, or if the gains are needed and not given.
    Infeasible
        if not even d_min can be given to all with this air time.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> problem = FIG_4A.draw(np.random.default_rng(0))
    >>> print(f"{solve_inversion(problem, 'rate').objective:.2f} mAP")
    187.43 mAP
    """
    return solve_alternating(problem, shares=inversion_shares(problem, inverted))


def _given(name: str, gain: FloatArray | None) -> FloatArray:
    if gain is None:
        raise ValueError(f"{name} is missing: must be given for inversion of the gain")
    return gain
