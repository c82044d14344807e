"""What the cooperative thresholds are compared with; all [assumed], but for the words device- and server-centric."""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import IndexArray
from mecpapers.pose.model import Allocation, Problem, evaluate, expected_accuracy
from mecpapers.pose.thresholds import check_deadline
from mecpapers.solution import Infeasible, Solution

_ROUNDING = 1e-12
"""Relative; what a sum of delays may lose, so that one of exactly the deadline passes. A thousandth of what
``violations`` forgives, hence no answer is ever judged late."""


def solve_device(problem: Problem) -> Solution[Allocation]:
    """Every local result is accepted: nothing is decided.

    Raises
    ------
    Infeasible
        as ``thresholds.check_deadline``.

    Examples
    --------
    >>> problem = Problem(
    ...     deadline=0.1, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.02], discard_value=0.5,
    ...     score_pmf=[0.2, 0.8], device_accuracy=[0.3, 0.9], server_accuracy=[0.8, 0.95],
    ... )
    >>> print(f"{solve_device(problem).objective:.2f}")  # 0.2 * 0.3 + 0.8 * 0.9 each
    1.56
    """
    check_deadline(problem)
    return _solution(problem, np.zeros(problem.size, dtype=np.intp), np.zeros(problem.size, dtype=np.intp))


def solve_device_discard(problem: Problem) -> Solution[Allocation]:
    """Nothing is offloaded; below the best threshold of each device its view is not used.

    max over l of A_i(l, l), each device by itself, by trying all K + 1 levels.

    Raises
    ------
    Infeasible
        as ``thresholds.check_deadline``.

    Examples
    --------
    >>> problem = Problem(
    ...     deadline=0.1, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.02], discard_value=0.5,
    ...     score_pmf=[0.2, 0.8], device_accuracy=[0.3, 0.9], server_accuracy=[0.8, 0.95],
    ... )
    >>> print(f"{solve_device_discard(problem).objective:.2f}")  # 0.2 * 0.5 + 0.8 * 0.9 each
    1.64
    """
    check_deadline(problem)
    level = np.broadcast_to(np.arange(problem.levels + 1), (problem.size, problem.levels + 1))
    best = expected_accuracy(problem, level, level).argmax(axis=1)
    return _solution(problem, best, best)


def server_all(problem: Problem) -> Allocation:
    """Every image is offloaded, unseen by a light network; whether that keeps the deadline is not asked."""
    k = np.full(problem.size, problem.levels, dtype=np.intp)
    return Allocation(lower=np.zeros_like(k), upper=k, device_inference=False)


def solve_server_all(problem: Problem) -> Solution[Allocation]:
    """Every image is offloaded: nothing is decided.

    Raises
    ------
    Infeasible
        if that takes longer than the deadline.

    Examples
    --------
    >>> problem = Problem(
    ...     deadline=0.1, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.02], discard_value=0.5,
    ...     score_pmf=[0.2, 0.8], device_accuracy=[0.3, 0.9], server_accuracy=[0.8, 0.95],
    ... )
    >>> print(f"{solve_server_all(problem).objective:.2f}")  # 0.2 * 0.8 + 0.8 * 0.95 each
    1.84
    """
    allocation = server_all(problem)
    delay = evaluate(problem, allocation).delay
    if delay > problem.deadline * (1 + _ROUNDING):
        raise Infeasible(
            f"server-all: all {problem.size} images take {delay:.6g} s, but deadline = {problem.deadline:.6g} s: "
            f"{delay - problem.deadline:.3g} s short"
        )
    return _solution(problem, allocation.lower, allocation.upper, scored=False)


def solve_server_fit(problem: Problem) -> Solution[Allocation]:
    """The devices of most accuracy a second send every image while that fits; other views are not used.

    No device runs its own network, so that the whole deadline is theirs: a knapsack of sum_b f a^S a device, filled
    greedily, without proof of the optimum.

    Examples
    --------
    >>> problem = Problem(
    ...     deadline=0.05, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.02, 0.01], discard_value=0,
    ...     score_pmf=[1], device_accuracy=[0.1], server_accuracy=[[0.8], [0.9], [0.6]],
    ... )
    >>> print(solve_server_fit(problem).allocation.upper)  # 40, 30 and 30 a second: the first two fit
    [1 1 1]
    >>> print(solve_server_fit(problem).allocation.lower)  # lower = upper: discarded
    [0 0 1]
    """
    accuracy = (problem.score_pmf * problem.server_accuracy).sum(axis=1)
    order = np.argsort(-accuracy / np.maximum(problem.offload_cost, 1e-12), kind="stable")
    return _whole_devices(problem, order, problem.deadline, others=problem.levels, scored=False)


def solve_random(problem: Problem, rng: np.random.Generator) -> Solution[Allocation]:
    """Devices by lot send every image while that fits; the others accept their own results.

    Raises
    ------
    Infeasible
        as ``thresholds.check_deadline``.

    Examples
    --------
    >>> problem = Problem(
    ...     deadline=0.08, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.02], discard_value=0.5,
    ...     score_pmf=[1], device_accuracy=[0.5], server_accuracy=[0.8],
    ... )
    >>> print(f"{solve_random(problem, np.random.default_rng(0)).objective:.2f}")  # 20 and 30 ms: one of them fits
    1.30
    """
    check_deadline(problem)
    return _whole_devices(problem, rng.permutation(problem.size), problem.budget, others=0, scored=True)


def _whole_devices(
    problem: Problem, order: IndexArray, budget: float, *, others: int, scored: bool
) -> Solution[Allocation]:
    """Devices in this order offload everything, where that still fits; ``others`` is both thresholds of the rest."""
    lower, upper, left = np.full(problem.size, others), np.full(problem.size, others), budget * (1 + _ROUNDING)
    for n in order:
        if problem.offload_cost[n] <= left:
            lower[n], upper[n] = 0, problem.levels
            left -= problem.offload_cost[n]
    return _solution(problem, lower, upper, scored)


def _solution(problem: Problem, lower: IndexArray, upper: IndexArray, scored: bool = True) -> Solution[Allocation]:
    allocation = Allocation(lower=lower, upper=upper, device_inference=scored)
    return Solution(allocation=allocation, objective=evaluate(problem, allocation).total)
