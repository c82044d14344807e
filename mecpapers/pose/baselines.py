"""What the cooperative thresholds are compared with; all [assumed], but for the words device- and server-centric."""

from __future__ import annotations

import numpy as np

from mecpapers.pose.model import Allocation, Bins, Problem, evaluate, expected_accuracy
from mecpapers.pose.thresholds import options
from mecpapers.solution import Infeasible, Solution


def solve_device(problem: Problem) -> Solution[Allocation]:
    """Every local result is accepted."""
    options(problem)  # raises where the light networks alone miss the deadline
    return _solution(problem, np.zeros(problem.size, dtype=np.intp), np.zeros(problem.size, dtype=np.intp))


def solve_device_discard(problem: Problem) -> Solution[Allocation]:
    """Nothing is offloaded; below the best threshold of each device its view is not used."""
    options(problem)
    level = np.broadcast_to(np.arange(problem.levels + 1), (problem.size, problem.levels + 1))
    best = expected_accuracy(problem, level, level).argmax(axis=1)
    return _solution(problem, best, best)


def server_all(problem: Problem) -> Allocation:
    """Every image is offloaded, unseen by a light network; whether that keeps the deadline is not asked."""
    k = np.full(problem.size, problem.levels, dtype=np.intp)
    return Allocation(lower=np.zeros_like(k), upper=k, device_inference=False)


def solve_server_all(problem: Problem) -> Solution[Allocation]:
    """Every image is offloaded.

    Raises
    ------
    Infeasible
        if that takes longer than the deadline.
    """
    allocation = server_all(problem)
    delay = evaluate(problem, allocation).delay
    if delay > problem.deadline * (1 + 1e-12):
        raise Infeasible(
            f"server-all: all {problem.size} images take {delay:.6g} s, but deadline = {problem.deadline:.6g} s: "
            f"{delay - problem.deadline:.3g} s short"
        )
    return _solution(problem, allocation.lower, allocation.upper, device_inference=False)


def solve_server_fit(problem: Problem) -> Solution[Allocation]:
    """The devices of most accuracy a second send every image while that fits; other views are not used.

    No device runs its own network, so that the whole deadline is theirs.
    """
    accuracy = (problem.score_pmf * problem.server_accuracy).sum(axis=1)
    order = np.argsort(-accuracy / np.maximum(problem.offload_cost, 1e-12), kind="stable")
    return _whole_devices(problem, order, problem.deadline, others=problem.levels, device_inference=False)


def solve_random(problem: Problem, rng: np.random.Generator) -> Solution[Allocation]:
    """Devices by lot send every image while that fits; the others accept their own results."""
    options(problem)
    return _whole_devices(problem, rng.permutation(problem.size), problem.budget, others=0, device_inference=True)


def _whole_devices(
    problem: Problem, order: Bins, budget: float, *, others: int, device_inference: bool
) -> Solution[Allocation]:
    """Devices in this order offload everything, where that still fits; ``others`` is both thresholds of the rest."""
    lower, upper, left = np.full(problem.size, others), np.full(problem.size, others), budget * (1 + 1e-12)
    for n in order:
        if problem.offload_cost[n] <= left:
            lower[n], upper[n] = 0, problem.levels
            left -= problem.offload_cost[n]
    return _solution(problem, lower, upper, device_inference=device_inference)


def _solution(problem: Problem, lower: Bins, upper: Bins, *, device_inference: bool = True) -> Solution[Allocation]:
    allocation = Allocation(lower=lower, upper=upper, device_inference=device_inference)
    return Solution(allocation=allocation, objective=evaluate(problem, allocation).total)
