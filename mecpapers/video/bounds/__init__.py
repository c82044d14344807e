"""The certified optimum of P2, (16), at any number of devices; ours, not the paper's.

``options`` turns P2 into one option a device and gives a dual bound L(w) with reduced costs r. The identity

    cost(x) = L(w) + sum_n r_n(x_n) + |(A, B) - w|^2

leaves to minimise the *excess*, the two terms after L(w): small numbers, which keep the digits that comparing costs
would lose. An incumbent comes from rounding and flips. No better assignment uses an option with r above its excess;
what remains is enumerated, and every partial assignment is pruned by the dual bound of what is to come.

Devices that differ in nothing but their rate are a *class*: there is an optimum in which a better rate never sends
fewer frames, staying local counting as none. To swap the options of two devices that break this costs nothing or
less, by the rearrangement inequality on sum sqrt(M / R) and sum M / R. So the enumeration walks a class from its best
rate on, and asks how many devices take the most frames, how many of the next ones the second most, and so on. Devices
that are nearly alike can make too many near ties for that; ``nearly`` bounds them as if they were alike.

Small problems are solved side by side, ``solve_many_exact``, by the same code: one problem is the batch of one. Of a
crowd those who stay local for sure are left out of the table, ``aside``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from mecpapers.arrays import AnyArray, BoolArray, FloatArray, IndexArray
from mecpapers.batch import ONE, Batch, Number
from mecpapers.solution import Solution
from mecpapers.video.bounds.aside import NOBODY, Aside, set_aside
from mecpapers.video.bounds.enumeration import SUMMED, classes, enumerate_core, walk_error
from mecpapers.video.bounds.nearly import bound_nearly_alike
from mecpapers.video.bounds.rounding import incumbent
from mecpapers.video.edge import allocate, congestion_roots
from mecpapers.video.local import solve_local
from mecpapers.video.model import Allocation, Devices, Metrics, Problem, energy_cost, evaluate
from mecpapers.video.options import (
    UNIT,
    Ball,
    Near,
    Options,
    cancelling,
    first_ball,
    joined,
    likely_margin,
    locate,
    look_around,
    option_table,
    pick,
    rounding_error,
    some_of,
)

__all__ = [
    "GAP",
    "LIMIT",
    "least_at",
    "of_the_cost",
    "solve_exact",
    "solve_exact_frames",
    "solve_many_exact",
    "solve_options",
]

GAP = 1e-9  # relative gap at which the search is content: what ``violations`` also forgives
Exact = Solution[Allocation]
_SMALL = 1000  # devices of a problem up to which it is solved side by side with others
_ENTRIES = 100_000  # devices times frames that such a table may hold: some hundred problems of 25
_CROWD = 20_000  # devices beyond which those who stay local for sure are looked for; fewer fit into a few MB
_WORTH = 0.2  # share of the devices: fewer are not worth leaving out
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
    if problem.devices.size > _CROWD and (solution := _solve_crowd(problem, gap, limit, congestion)):
        return solution
    return solve_options(option_table(problem), gap=gap, limit=limit, start=congestion)


def _solve_crowd(problem: Problem, gap: float, limit: int, start: FloatArray | None) -> Exact | None:
    """Solve for those who may offload, ``aside``; None where the prices or the excess are not what was expected."""
    n, local = problem.devices.size, solve_local(problem)
    ball = first_ball(lambda chosen: option_table(some_of(problem, chosen)), n, start)
    margin = likely_margin(option_table(some_of(problem, slice(None, None, n // 1000 + 1))))
    aside = set_aside(problem, np.maximum(ball.centre - ball.radius, 0.0), margin)
    if aside.devices.all() or aside.devices.mean() < _WORTH:
        return None
    kept = np.flatnonzero(~aside.devices)
    (solution,) = _solve(option_table(some_of(problem, kept)), gap, limit, ball=ball, aside=aside)
    if solution is None:
        return None
    own = solution.allocation
    whole = Allocation(
        offload=_put(np.zeros(n, dtype=bool), kept, own.offload),
        frames=_put(local.frames, kept, own.frames),
        time_share=_put(np.zeros(n), kept, own.time_share),
        edge_frequency=_put(np.zeros(n), kept, own.edge_frequency),
        device_frequency=_put(local.frequency, kept, own.device_frequency),
    )
    return replace(solution, allocation=whole)


def _put(values: AnyArray, places: IndexArray, own: AnyArray) -> AnyArray:
    """Values of all, shape (N,), with those of some in their places."""
    values = values.copy()
    values[places] = own
    return values


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


def solve_many_exact(problems: Sequence[Problem], *, gap: float = GAP, limit: int = LIMIT) -> list[Exact | None]:
    """Solve problems as ``solve_exact`` does, those side by side that share a server's numbers.

    What numpy takes for a call is then shared by hundreds of small problems. No answer depends on its neighbours.

    Returns
    -------
    a solution each; None where it takes ``solve_exact`` to solve the problem alone, or to say why it has no solution
    """
    found: list[Exact | None] = [None] * len(problems)
    for places in _alike(problems):
        some = [problems[k] for k in places]
        for k, solution in zip(places, _solve_together(some, gap, limit), strict=True):
            found[k] = solution
    return found


def _alike(problems: Sequence[Problem]) -> Iterator[list[int]]:
    """The places of small problems that share a server's numbers, as many as one table may hold."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for k, problem in enumerate(problems):
        if problem.devices.size <= _SMALL:
            shared = [getattr(problem, field.name) for field in fields(Problem) if field.name != "devices"]
            given = [getattr(problem.devices, field.name) is None for field in fields(Devices)]
            groups.setdefault((*shared, *given), []).append(k)
    for places in groups.values():
        entries = [problems[k].devices.size * float(problems[k].devices.max_frames.max()) for k in places]
        table = np.floor(np.cumsum(entries) / _ENTRIES)
        for number in np.unique(table):
            yield [k for k, own in zip(places, table, strict=True) if own == number]


def _solve_together(problems: Sequence[Problem], gap: float, limit: int) -> list[Exact | None]:
    """The solutions of one table; where something is amiss with a problem, it is parted from the others."""
    sizes = np.array([problem.devices.size for problem in problems])
    batch = Batch(np.repeat(np.arange(sizes.size), sizes), sizes.size)
    try:
        options = replace(option_table(joined(problems)), batch=batch)
        return _solve(options, gap, limit)
    except Exception:  # whose it is shows where that one is solved alone
        if len(problems) == 1:
            return [None]
        half = len(problems) // 2
        return [*_solve_together(problems[:half], gap, limit), *_solve_together(problems[half:], gap, limit)]


def solve_options(options: Options, *, gap: float = GAP, limit: int = LIMIT, start: FloatArray | None = None) -> Exact:
    """Find the best assignment of an option table, and its bound, as ``solve_exact`` does.

    Parameters
    ----------
    start : w to begin with, shape (2,); see ``options.locate``
    """
    (solution,) = _solve(options, gap, limit, start)
    assert solution is not None  # one problem alone is looked around again where it must be
    return solution


def _solve(
    options: Options,
    gap: float,
    limit: int,
    start: FloatArray | None = None,
    ball: Ball | None = None,
    aside: Aside = NOBODY,
) -> list[Exact | None]:
    """``solve_options`` for each problem of a batch; None for one among others that must be looked around again.

    Objective and bound are those of a problem with the devices ``aside``, too; None where these may not stay local.
    """
    for name, value in (("gap", gap), ("limit", limit)):
        if not value >= 0:
            raise ValueError(f"{name} = {value}: must be 0 or more")
    problem, near, batch = options.problem, locate(options, start, ball), options.batch
    devices, n = problem.devices, problem.devices.size
    core = incumbent(near, devices.uplink_rate)
    margin = core.excess + batch.max(rounding_error(options, least_at(options, near) + batch.of(core.excess)))
    short = np.asarray(margin > near.margin)
    if short.any():  # what was left out may better it
        undecided = (np.isfinite(options.e).sum(axis=0) > 1).astype(float)
        undecided[near.device] = 0.0
        short &= batch.sum(undecided) > 0
    if batch is ONE and short:
        near = look_around(options, near.congestion, radius=0.0, margin=margin)
        core, short = incumbent(near, devices.uplink_rate), np.asarray(False)
    least, w = least_at(options, near), near.congestion
    if aside.devices.size and (np.any(w < aside.low) or core.excess > aside.margin):
        return [None]
    cost = batch.sum(least) - (w * w).sum(axis=0) + core.excess + aside.cost
    first, alike = core, classes(problem, core)
    enough, chunks = gap * np.abs(cost), n // SUMMED if batch is ONE else 0
    core, dropped = enumerate_core(core, alike, devices.uplink_rate, limit, enough=enough)
    left = core.excess - dropped > enough
    if batch is ONE and left:
        core, found = bound_nearly_alike(core, w, limit, enough=enough, chunks=chunks)
        dropped = max(dropped, found)
    elif batch is not ONE:
        short = short | left
    choice = near.choice.copy()
    choice[core.device] = core.rows
    allocation = allocate(problem, choice > 0, options.frames(choice), batch)
    metrics = evaluate(problem, allocation)
    objective = batch.sum(metrics.cost) + aside.cost
    unproved = np.maximum(0.0, core.excess - dropped)
    walked = 2 * walk_error(first, alike, w, chunks)  # of both sides of every comparison
    apart = near.batch.sum(rounding_error(options, least + batch.of(core.excess))[near.device]) + walked
    apart = apart + aside.error + UNIT * np.abs(objective)
    bound = objective - (unproved + apart + of_the_cost(problem, allocation, metrics, batch.sum(np.ones(n)), batch))
    converged = objective - bound <= gap * np.abs(objective)
    assumes = "local devices follow Theorem 1" if problem.local_energy == "eq31" else None
    return [
        None
        if again
        else Solution(
            allocation=own,
            objective=float(total),
            ended="converged" if proved else "resource limit",
            bound=float(low),
            bound_assumes=assumes,
        )
        for own, total, low, proved, again in zip(
            _parted(allocation, batch), *map(np.ravel, (objective, bound, converged, short)), strict=True
        )
    ]


def _parted(allocation: Allocation, batch: Batch) -> Iterator[Allocation]:
    """The allocation of each problem."""
    if batch is ONE:
        yield allocation
        return
    sizes = np.bincount(batch.owners(allocation.offload.size), minlength=batch.size)
    for end, size in zip(np.cumsum(sizes).tolist(), sizes.tolist(), strict=True):
        part = slice(end - size, end)
        yield Allocation(**{field.name: getattr(allocation, field.name)[part] for field in fields(Allocation)})


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
    (u, v), k = options.batch.of(near.congestion), near.choice
    return pick(options.e, k) + 2 * u * pick(options.a, k) + 2 * v * pick(options.b, k)


def of_the_cost(
    problem: Problem, allocation: Allocation, metrics: Metrics, size: Number, batch: Batch = ONE, sums: int = 1
) -> Number:
    """What rounding can do to the cost of an allocation, (16): to its absolute terms, added up with others to N.

    numpy adds N numbers pairwise, in blocks of 128 by 8 sums, the first one apart: 19 + log2(N / 128) roundings each.
    Costs add up so, and before them the roots that shares are made of; 13 more make a term. Where m_c1 < 0, C is a
    difference.

    Parameters
    ----------
    metrics : what the allocation gives each device
    size : N
    batch : whose each device is
    sums : how many sums of N roots a share is made of
    """
    devices, m = problem.devices, allocation.frames
    delay, energy = devices.weight_delay * metrics.delay, energy_cost(devices, metrics.energy)
    phi = devices.weight_accuracy * (devices.accuracy_a2 + devices.accuracy_a0 / (m + devices.accuracy_a1))
    added = batch.of(19 + np.maximum(0.0, np.ceil(np.log2(size / 128))))
    made = cancelling(problem, m)
    shared = made * np.where(allocation.offload, delay, 0.0)
    terms = UNIT * (added + 13) * (made * (delay + energy) + phi) + UNIT * sums * added * shared
    return batch.sum(terms)
