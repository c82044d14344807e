"""Section IV-C: who offloads; Algorithm 3, every policy, every channel prefix, and lots."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from mecpapers.arrays import BoolArray, IndexArray
from mecpapers.solution import Solution, TooLarge
from mecpapers.video.model import Allocation, Problem

Allocate = Callable[[Problem, BoolArray], Solution[Allocation]]
"""Frames and resources for a given policy: Algorithm 1 or 2, with Theorems 1 and 2."""

MOST_DECIDED = 16  # devices, 2^16 policies: a minute or two with Algorithm 2, and twice as long for each further one


def solve_channel_aware(problem: Problem, *, allocate: Allocate) -> Solution[Allocation]:
    """Algorithm 3: offload all who have a rate, then withdraw weak channels while the cost falls.

    A tie keeps the device at the edge, as the strict comparison of line 9 has it. The paper gives the loop no exit for
    an empty N_1; a policy without edge devices costs what its local devices cost, and ends it.

    It seeks the policy x of P2, (16), with the least cost, and looks at N + 1 of the 2^N at most; nothing promises
    that the best is among them, nor that the cost falls no more after it first rises.

    Parameters
    ----------
    allocate : frames and resources for a policy of shape (N,)

    Examples
    --------
    >>> from mecpapers.video.geometric import solve_geometric
    >>> from mecpapers.video.scenario import SET_A
    >>> problem = SET_A.draw(np.random.default_rng(0))
    >>> int(solve_channel_aware(problem, allocate=solve_geometric).allocation.offload.sum())
    3
    """
    offload = problem.devices.reachable  # line 2: N_1 = N
    best = allocate(problem, offload)  # lines 1 and 3
    for k in _by_channel(problem):  # line 6: k = argmin h_n over N_1
        offload = offload.copy()
        offload[k] = False  # line 7
        trial = allocate(problem, offload)  # line 8
        if trial.objective >= best.objective:  # line 9, else-branch: stop
            break
        best = trial  # lines 10 and 11
    return best


def solve_channel_prefixes(problem: Problem, *, allocate: Allocate) -> Solution[Allocation]:
    """The best of the policies that offload the k best channels, k = 0...N; optimal where only the channel differs."""
    best_first, n = _by_channel(problem, best=True), problem.devices.size
    return _best(problem, (_chosen(best_first[:k], n) for k in range(best_first.size + 1)), allocate)


def solve_every_policy(problem: Problem, *, allocate: Allocate) -> Solution[Allocation]:
    """The best of all 2^N policies.

    Raises
    ------
    TooLarge
        beyond 16 devices with a rate.
    """
    some = np.flatnonzero(problem.devices.reachable)
    if some.size > MOST_DECIDED:
        raise TooLarge(
            f"devices: {some.size} that can offload have 2^{some.size} policies: "
            f"must be at most 2^{MOST_DECIDED}; the scheme exact proves the optimum of more"
        )
    bits = (np.arange(2**some.size)[:, None] >> np.arange(some.size) & 1).astype(bool)
    return _best(problem, (_chosen(some[row], problem.devices.size) for row in bits), allocate)


def solve_random(problem: Problem, *, allocate: Allocate, rng: np.random.Generator) -> Solution[Allocation]:
    """Every device offloads or not by the toss of a coin (Sec. VI-B, scheme f), if it has a rate."""
    return allocate(problem, (rng.random(problem.devices.size) < 0.5) & problem.devices.reachable)


def _by_channel(problem: Problem, *, best: bool = False) -> IndexArray:
    """The devices that can offload, those with the worst channel first, or those with the best."""
    h = problem.devices.channel
    order = np.argsort(-h if best else h, kind="stable")
    return order[problem.devices.reachable[order]]


def _chosen(members: IndexArray, n: int) -> BoolArray:
    offload = np.zeros(n, dtype=bool)
    offload[members] = True
    return offload


def _best(problem: Problem, policies: Iterable[BoolArray], allocate: Allocate) -> Solution[Allocation]:
    return min((allocate(problem, policy) for policy in policies), key=lambda solution: solution.objective)
