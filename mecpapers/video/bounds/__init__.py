"""The certified optimum of P2, (16), at any number of devices; ours, not the paper's.

``options`` turns P2 into one option a device and gives a dual bound L(w) with reduced costs r. The identity

    cost(x) = L(w) + sum_n r_n(x_n) + |(A, B) - w|^2

leaves to minimise the *excess*, the two terms after L(w): small numbers, which keep the digits that comparing costs
would lose. An incumbent comes from rounding and flips. No better assignment uses an option with r above its excess;
what remains is enumerated, and every partial assignment is pruned by the dual bound of what is to come.

Devices that differ in nothing but their rate are a *class*: there is an optimum in which a better rate never sends
fewer frames, staying local counting as none. To swap the options of two devices that break this costs nothing or
less, by the rearrangement inequality on sum sqrt(M / R) and sum M / R. So the enumeration walks a class from its best
rate on, and asks how many devices take the most frames, how many of the next ones the second most, and so on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.solution import Solution
from mecpapers.video.bounds.enumeration import enumerate_core
from mecpapers.video.bounds.rounding import incumbent
from mecpapers.video.edge import complete, congestion_roots
from mecpapers.video.model import Allocation, Problem, evaluate
from mecpapers.video.options import Options, locate, look_around, option_table, pick

__all__ = ["solve_exact", "solve_exact_frames", "solve_options"]

# Of the sum of the cost's terms: numbers of like size, added pairwise, lose log2(N) units at most, 20 for a million,
# and the excess a few more. With 8 a bound could lie above the optimum; with 320 a gap would look worse than it is.
_ROUNDING = 32 * np.finfo(float).eps
_PROVED = 1e-9  # relative gap at which a truncated enumeration counts as complete: what ``violations`` also forgives


def solve_exact(
    problem: Problem, *, max_states: int = 100_000, start: Allocation | None = None
) -> Solution[Allocation]:
    r"""Solve P2, (16), over policies and whole frames, and prove it.

    .. math::
        \min_x \; \Big(\sum_n a_n(x_n)\Big)^2 + \Big(\sum_n b_n(x_n)\Big)^2 + \sum_n e_n(x_n)

    over one option x_n a device, ``options``. An assignment is optimal if its excess over the dual bound is 0, and else
    if no assignment of less excess is left when the enumeration ends.

    ``bound`` is certified in float64: every step is proved for real numbers, and 32 units of rounding on the sum of
    the cost's absolute terms are taken off, so that a complete enumeration leaves a gap of 7e-15 of that sum. Where
    more than ``max_states`` partial assignments survive, those with the least bounds are kept, and after looking at
    20 times as many the enumeration stops; the least bound of what was left out then limits ``bound``, and
    it has ended at a ``resource limit`` if the gap exceeds 1e-9 of the sum. It never exceeds that of ``dual_bound``.

    Under ``eq31`` Theorem 1 is not optimal: the answer is the best, and the bound holds, among allocations whose local
    devices follow it; ``bound_assumes`` says so.

    Parameters
    ----------
    max_states : partial assignments kept after each step of the enumeration
    start : an allocation that was optimal before the channels changed a little; it saves time and changes no result

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    TooLarge
        if it needs more memory than there is.

    Examples
    --------
    >>> from mecpapers.video.scenario import MIXED
    >>> solution = solve_exact(MIXED.draw(np.random.default_rng(0)))
    >>> solution.ended, bool(solution.gap < 1e-12)
    ('converged', True)
    """
    congestion = None if start is None else _congestion(problem, start)
    return solve_options(option_table(problem), max_states, start=congestion)


def solve_exact_frames(problem: Problem, offload: BoolArray, *, max_states: int = 100_000) -> Solution[Allocation]:
    """Find the best whole frames of a given policy, as Algorithm 1 does but at any number of devices.

    The result carries no bound, since what is proved here is not one on (16); it ends as ``solve_exact`` does.

    Parameters
    ----------
    offload : shape (N,); the set N_1
    max_states : partial assignments kept after each step of the enumeration

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    return replace(solve_options(option_table(problem, offload), max_states), bound=None, bound_assumes=None)


def solve_options(
    options: Options, max_states: int = 100_000, *, start: FloatArray | None = None
) -> Solution[Allocation]:
    """Find the best assignment of an option table, and its bound, as ``solve_exact`` does.

    Parameters
    ----------
    start : w to begin with, shape (2,); see ``options.locate``
    """
    problem, near = options.problem, locate(options, start)
    rate = problem.devices.uplink_rate
    core = incumbent(near, rate)
    if core.excess > near.margin and near.device.size < rate.size:  # what was left out may better it
        near = look_around(options, near.congestion, radius=0.0, margin=core.excess)
        core = incumbent(near, rate)
    core, dropped = enumerate_core(core, problem, max_states)
    choice = near.choice.copy()
    choice[core.device] = core.rows
    solution = complete(problem, choice > 0, pick(options.frames, choice))
    size = _size_of_terms(problem, solution.allocation)
    unproved = max(0.0, core.excess - dropped)
    return replace(
        solution,
        ended="converged" if unproved <= _PROVED * size else "resource limit",
        bound=solution.objective - unproved - _ROUNDING * size,
        bound_assumes="local devices follow Theorem 1" if problem.local_energy == "eq31" else None,
    )


def _congestion(problem: Problem, allocation: Allocation) -> FloatArray:
    """(A, B) of an allocation, made for whichever problem; shape (2,) [cost^(1/2)]."""
    x = allocation.offload
    a, b = congestion_roots(problem, allocation.frames)
    return np.array([a[x].sum(), b[x].sum()])


def _size_of_terms(problem: Problem, allocation: Allocation) -> float:
    """Add up the absolute terms of (16), the measure of its rounding."""
    devices, metrics = problem.devices, evaluate(problem, allocation)
    phi = devices.accuracy_a2 + devices.accuracy_a0 / (allocation.frames + devices.accuracy_a1)
    delay, energy = devices.weight_delay * metrics.delay, devices.weight_energy * metrics.energy
    return float((delay + energy + devices.weight_accuracy * phi).sum())
