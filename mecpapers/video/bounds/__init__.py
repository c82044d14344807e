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
from mecpapers.video.bounds.enumeration import SUMMED, classes, enumerate_core, walk_error
from mecpapers.video.bounds.rounding import incumbent
from mecpapers.video.edge import complete, congestion_roots
from mecpapers.video.model import Allocation, Problem, energy_cost, evaluate
from mecpapers.video.options import (
    UNIT,
    Near,
    Options,
    cancelling,
    locate,
    look_around,
    option_table,
    pick,
    rounding_error,
)

__all__ = ["GAP", "LIMIT", "least_at", "of_the_cost", "solve_exact", "solve_exact_frames", "solve_options"]

GAP = 1e-9  # relative gap at which the search is content: what ``violations`` also forgives
LIMIT = 100_000  # partial assignments kept at once: 0.15 GB and 1 to 3 s; a million take 1 GB and most of a minute


def solve_exact(
    problem: Problem, *, gap: float = GAP, limit: int = LIMIT, start: Allocation | None = None
) -> Solution[Allocation]:
    r"""Solve P2, (16), over policies and whole frames, and prove it.

    .. math::
        \min_x \; \Big(\sum_n a_n(x_n)\Big)^2 + \Big(\sum_n b_n(x_n)\Big)^2 + \sum_n e_n(x_n)

    over one option x_n a device, ``options``. An assignment is optimal if its excess over the dual bound is 0, and else
    if no assignment of less excess is left when the enumeration ends.

    ``bound`` is certified in float64: every step is proved for real numbers, and what rounding can do to the terms
    that are added up (``options.rounding_error``, ``walk_error``, ``of_the_cost``) is taken off, so that a complete
    enumeration leaves a gap of about 7e-15 of their sum. Where more than ``limit`` partial assignments survive, those
    with the least bounds are kept, and after looking at 20 times as many the enumeration stops; the least bound of
    what was left out then limits ``bound``. It has ended at a ``resource limit`` if cost less bound exceeds ``gap``
    times the cost, for want of states or, where the cost's terms cancel, of digits.

    Under ``eq31`` Theorem 1 is not optimal: the answer is the best, and the bound holds, among allocations whose local
    devices follow it; ``bound_assumes`` says so.

    Parameters
    ----------
    gap : relative gap at which the enumeration is content; small ones are completed all the same
    limit : partial assignments kept after each step of the enumeration
    start : an allocation of as many devices that was optimal before the channels changed a little; it saves time. The
        cost is the same up to ``gap``; of allocations that cost the same it may lead to another

    Raises
    ------
    ValueError
        for a start with another number of devices, or a gap or limit below 0.
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
    return solve_options(option_table(problem), gap=gap, limit=limit, start=congestion)


def solve_exact_frames(problem: Problem, offload: BoolArray, *, limit: int = LIMIT) -> Solution[Allocation]:
    """Find the best whole frames of a given policy, as Algorithm 1 does but at any number of devices.

    The result carries no bound, since what is proved here is not one on (16); it ends as ``solve_exact`` does.

    Parameters
    ----------
    offload : shape (N,); the set N_1
    limit : partial assignments kept after each step of the enumeration

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs, or a device of N_1 has no rate.
    """
    return replace(solve_options(option_table(problem, offload), limit=limit), bound=None, bound_assumes=None)


def solve_options(
    options: Options, *, gap: float = GAP, limit: int = LIMIT, start: FloatArray | None = None
) -> Solution[Allocation]:
    """Find the best assignment of an option table, and its bound, as ``solve_exact`` does.

    Parameters
    ----------
    start : w to begin with, shape (2,); see ``options.locate``
    """
    for name, value in (("gap", gap), ("limit", limit)):
        if not value >= 0:
            raise ValueError(f"{name} = {value}: must be 0 or more")
    problem, near = options.problem, locate(options, start)
    rate = problem.devices.uplink_rate
    core = incumbent(near, rate)
    margin = core.excess + float(rounding_error(options, least_at(options, near) + core.excess).max())
    if margin > near.margin and near.device.size < rate.size:  # what was left out may better it
        near = look_around(options, near.congestion, radius=0.0, margin=margin)
        core = incumbent(near, rate)
    least = least_at(options, near)
    cost = float(least.sum() - near.congestion @ near.congestion) + core.excess
    first, alike = core, classes(problem, core.device)
    core, dropped = enumerate_core(core, alike, rate, limit, enough=gap * abs(cost))
    choice = near.choice.copy()
    choice[core.device] = core.rows
    solution = complete(problem, choice > 0, pick(options.frames, choice))
    unproved = max(0.0, core.excess - dropped)
    walked = 2 * walk_error(first, alike, near.congestion, rate.size // SUMMED)  # of both sides of every comparison
    apart = float(rounding_error(options, least + core.excess)[near.device].sum()) + walked
    bound = solution.objective - (unproved + apart + of_the_cost(problem, solution.allocation, rate.size))
    return replace(
        solution,
        ended="converged" if solution.objective - bound <= gap * abs(solution.objective) else "resource limit",
        bound=bound,
        bound_assumes="local devices follow Theorem 1" if problem.local_energy == "eq31" else None,
    )


def _congestion(problem: Problem, allocation: Allocation) -> FloatArray | None:
    """(A, B) of an allocation, made for another state of the channels; shape (2,) [cost^(1/2)], None if it has none."""
    x, n = allocation.offload, problem.devices.size
    if x.size != n:
        raise ValueError(f"start has {x.size} devices: must have as many as the problem, {n}")
    x = x & problem.devices.reachable
    a, b = congestion_roots(problem, np.maximum(allocation.frames, 1.0))
    w = np.array([a[x].sum(), b[x].sum()])
    return w if np.isfinite(w).all() else None


def least_at(options: Options, near: Near) -> FloatArray:
    """min_o (e + 2 u a + 2 v b) of every device, shape (N,)."""
    (u, v), k = near.congestion, near.choice
    return pick(options.e, k) + 2 * u * pick(options.a, k) + 2 * v * pick(options.b, k)


def of_the_cost(problem: Problem, allocation: Allocation, size: int, sums: int = 1) -> float:
    """What rounding can do to the cost of an allocation, (16): to its absolute terms, added up with others to N.

    numpy adds N numbers pairwise, in blocks of 128 by 8 sums: 18 + log2(N / 128) roundings each. Costs add up so, and
    before them the roots that shares are made of; 13 more make a term. Where m_c1 < 0, C is a difference.

    Parameters
    ----------
    size : N
    sums : how many sums of N roots a share is made of
    """
    devices, metrics, m = problem.devices, evaluate(problem, allocation), allocation.frames
    delay, energy = devices.weight_delay * metrics.delay, energy_cost(devices, metrics.energy)
    phi = devices.weight_accuracy * (devices.accuracy_a2 + devices.accuracy_a0 / (m + devices.accuracy_a1))
    added = 18 + max(0.0, np.ceil(np.log2(size / 128)))
    made = cancelling(problem, m)
    shared = made * np.where(allocation.offload, delay, 0.0)
    return float((UNIT * (added + 13) * (made * (delay + energy) + phi) + UNIT * sums * added * shared).sum())
