"""The paper's baseline [37], the concave-convex procedure on who offloads; our reading, since the paper gives none.

With the frames that Algorithm 2 finds for all devices at the edge, Theorem 2 leaves P2 as a function of x alone,

    (sum a_n x_n)^2 + (sum b_n x_n)^2 + sum c_n x_n,   c_n = e_n - F_0n,

with a, b of ``edge.congestion_roots``. x is relaxed to [0, 1], and the penalty weight * sum x_n (1 - x_n), which is
concave, drives it back to {0, 1}. Each round puts the penalty's tangent at the last x in its place,

    weight * sum (1 - 2 x_n^old) x_n + constant,

and solves the convex rest. Algorithm 2 and Theorem 1 then serve the devices chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import lsq_linear

from mecpapers import iterate
from mecpapers.arrays import FloatArray
from mecpapers.solution import Ended, Solution
from mecpapers.video.edge import summands
from mecpapers.video.geometric import relaxed_frames, solve_geometric
from mecpapers.video.local import solve_local
from mecpapers.video.model import Allocation, Problem, fewest_frames
from mecpapers.video.options import Options, dual_bound

_MAX_ROUNDS = 100
_STILL = 1e-9  # change of x at which the rounds end: above what rounding does to x, below what could tip x past 1/2
# The slope of the objective in x_n, relative to its terms, below which x_n may lie between 0 and 1. The best w is a
# corner of cuts, exact to rounding: slopes that vanish there do so to 1e-14 or so, and settled ones are far above 1e-9.
_TIED = 1e-9


@dataclass(frozen=True, eq=False)
class Choice:
    """What each device weighs, shape (N,): the numbers of the objective above."""

    problem: Problem
    frames: FloatArray
    a: FloatArray
    b: FloatArray
    c: FloatArray  # infinite where there is no rate


@dataclass(frozen=True, eq=False)
class State:
    """Where the rounds stand."""

    x: FloatArray  # shape (N,), from 0 to 1
    change: float = np.inf  # the most by which the last round moved an x_n


def solve_cccp(problem: Problem, *, weight: float = 0.1, start: float = 1.0) -> Solution[Allocation]:
    """Alternate tangents of the penalty with convex problems, then allocate by Theorem 1 and Algorithm 2.

    Parameters
    ----------
    weight : of the penalty [cost]; 0.1 was selected because it fits the paper's loss at N = 16
    start : x_n before the first round, for every device

    Raises
    ------
    ValueError
        naming the argument, the value and the rule.
    Infeasible
        if M^max frames do not reach the accuracy a device needs.

    Examples
    --------
    >>> from mecpapers.video.scenario import EQ31
    >>> solution = solve_cccp(EQ31.draw(np.random.default_rng(0)))
    >>> solution.ended, int(solution.allocation.offload.sum())
    ('converged', 17)
    """
    *_, last = rounds(problem, weight=weight, start=start)
    return finish(problem, last)


def rounds(problem: Problem, *, weight: float = 0.1, start: float = 1.0) -> Iterator[State]:
    """The start, and the state after every round, up to the one that changes nothing or to the cap of 100."""
    if not 0 <= weight < np.inf:
        raise ValueError(f"weight = {weight}: must be 0 or more, and finite")
    if not 0 <= start <= 1:
        raise ValueError(f"start = {start}: must lie between 0 and 1")
    choice, begin = tabulate(problem), State(np.full(problem.devices.size, float(start)))
    return iterate.rounds(begin, lambda state: step(choice, state, weight), done, most=_MAX_ROUNDS)


def tabulate(problem: Problem) -> Choice:
    """Weigh going to the edge, with the frames of Algorithm 2 for all who can, against staying."""
    some, least = problem.devices.reachable, fewest_frames(problem.devices)
    frames = np.where(some, relaxed_frames(problem, some)[0], least)
    a, b, e = summands(problem, frames)
    a, b = (np.where(some, root, 0.0) for root in (a, b))
    return Choice(problem, frames, a, b, np.where(some, e - solve_local(problem).cost, np.inf))


def step(choice: Choice, state: State, weight: float) -> State:
    """One round: minimise the objective with the penalty's tangent at the last x."""
    x = relaxed_choice(choice, choice.c + weight * (1 - 2 * state.x))
    return State(x, float(np.abs(x - state.x).max()))


def done(state: State) -> Ended | None:
    """Converged where a round changed nothing."""
    return "converged" if state.change <= _STILL else None


def finish(problem: Problem, state: State) -> Solution[Allocation]:
    """Send the devices with x_n above 1/2 to the edge, with Algorithm 2's frames."""
    solution = solve_geometric(problem, state.x > 0.5)
    return solution if done(state) else replace(solution, ended="cap")


def relaxed_choice(choice: Choice, c: FloatArray) -> FloatArray:
    """Minimise (sum a x)^2 + (sum b x)^2 + sum c x over [0, 1]^N; c and the answer have shape (N,).

    Its dual is ``options.dual_bound`` with two options a device, (0, 0, 0) and (a, b, c). At the best w the slopes
    c + 2 u a + 2 v b settle every x_n whose slope is not 0; the others make up what is missing to (sum a x, sum b x)
    = w, by least squares.
    """
    zero, g = np.zeros_like(c), np.stack([choice.a, choice.b])
    table = Options(
        problem=choice.problem,
        least=choice.frames,
        a=np.stack([zero, choice.a]),
        b=np.stack([zero, choice.b]),
        e=np.stack([zero, c]),
    )
    w = dual_bound(table).congestion
    slope = c + 2 * w @ g
    x = (slope < 0).astype(float)
    tied = np.isfinite(c) & (np.abs(slope) <= _TIED * (np.abs(c) + 2 * w @ g))
    if tied.any():
        x[tied] = lsq_linear(g[:, tied], w - g[:, ~tied] @ x[~tied], bounds=(0.0, 1.0)).x
    return x
