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

from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.solution import Solution
from mecpapers.video.edge import complete
from mecpapers.video.model import Allocation, Devices, Problem, evaluate
from mecpapers.video.options import Dual, IndexArray, Options, displacements, dual_bound, option_table, pick

_CHEAPEST = 200  # moves that a flip combines
_FLIPS = 20
_EXAMINED = 20  # partial assignments looked at in all, as a multiple of those that may be kept
_CHUNK = 1 << 14  # partial assignments bounded at once
_ROUNDING = 32 * np.finfo(float).eps  # of the sum of the cost's terms, added in any order
_PROVED = 1e-9  # relative gap at which a truncated enumeration counts as complete


_ANGLES = np.arange(32) * (np.pi / 16)
_FAN = np.pad(0.8 * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)]), ((0, 0), (1, 0)))  # multipliers / sqrt(excess); and 0


@dataclass(frozen=True, eq=False)
class _Core:
    """What is left to decide, seen from w: the J devices with more than one option that may better the incumbent."""

    device: IndexArray  # shape (J,)
    base: IndexArray  # the row with r = 0, shape (J,)
    r: FloatArray  # reduced costs, inf where dropped; shape (K, J)
    steps: FloatArray  # of (A, B), against base; shape (2, K, J)
    residual: FloatArray  # (A, B) - w with every device at its base, shape (2,)
    rows: IndexArray  # the incumbent, shape (J,)
    excess: float  # of the incumbent


def solve_exact(problem: Problem, *, max_states: int = 100_000) -> Solution[Allocation]:
    """Solve P2, (16), over policies and whole frames, and prove it.

    ``bound`` is certified in float64: every step is proved for real numbers, and 32 units of rounding on the sum of
    the cost's absolute terms are taken off, so that a complete enumeration leaves a gap of 7e-15 of that sum. Where
    more than ``max_states`` partial assignments survive, those with the least bounds are kept, and after looking at
    20 times as many the enumeration stops; the least bound of what was left out then limits ``bound``, and
    ``converged`` is false if the gap exceeds 1e-9 of the sum. It never exceeds that of ``dual_bound``.

    Under ``eq31`` Theorem 1 is not optimal: the answer is the best, and the bound holds, among allocations whose local
    devices follow it; ``bound_assumes`` says so.

    Parameters
    ----------
    max_states : partial assignments kept after each step of the enumeration

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    return solve_options(option_table(problem), max_states)


def solve_exact_frames(problem: Problem, offload: BoolArray, *, max_states: int = 100_000) -> Solution[Allocation]:
    """Find the best whole frames of a given policy, as Algorithm 1 does but at any number of devices.

    The result carries no bound, since what is proved here is not one on (16); ``converged`` as in ``solve_exact``.

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


def solve_options(options: Options, max_states: int = 100_000) -> Solution[Allocation]:
    """Find the best assignment of an option table, and its bound, as ``solve_exact`` does."""
    problem, dual = options.problem, dual_bound(options)
    core, dropped = _enumerate(_incumbent(options, dual), problem, max_states)
    choice = dual.choice.copy()
    choice[core.device] = core.rows
    solution = complete(problem, choice > 0, pick(options.frames, choice))
    size = _size_of_terms(problem, solution.allocation)
    unproved = max(0.0, core.excess - dropped)
    return replace(
        solution,
        converged=unproved <= _PROVED * size,
        bound=solution.objective - unproved - _ROUNDING * size,
        bound_assumes="local devices follow Theorem 1" if problem.local_energy == "eq31" else None,
    )


def _size_of_terms(problem: Problem, allocation: Allocation) -> float:
    """Add up the absolute terms of (16), the measure of its rounding."""
    devices, metrics = problem.devices, evaluate(problem, allocation)
    phi = devices.accuracy_a2 + devices.accuracy_a0 / (allocation.frames + devices.accuracy_a1)
    delay, energy = devices.weight_delay * metrics.delay, devices.weight_energy * metrics.energy
    return float((delay + energy + devices.weight_accuracy * phi).sum())


def _incumbent(options: Options, dual: Dual) -> _Core:
    """Round the dual's choice: a prefix of the cheapest moves, then flips of one or two devices while they help."""
    steps, residual = displacements(options, dual)
    core = _shrink(
        _Core(
            device=np.arange(dual.choice.size),
            base=dual.choice,
            r=dual.reduced_cost,
            steps=steps,
            residual=residual,
            rows=dual.choice,
            excess=float(residual @ residual),
        )
    )
    core = _shrink(_better(core, _prefix(core, options.problem.devices.uplink_rate)))
    for _ in range(_FLIPS):
        flipped = _better(core, _flip(core))
        if flipped is core:
            break
        core = _shrink(flipped)
    return core


def _shrink(core: _Core) -> _Core:
    """Drop the options with r >= excess, which no better assignment uses, and the devices left without a choice."""
    every = np.arange(core.device.size)
    kept = core.r < core.excess
    kept[core.base, every] = kept[core.rows, every] = True
    j = np.flatnonzero(kept.sum(axis=0) > 1)
    return replace(
        core,
        device=core.device[j],
        base=core.base[j],
        r=np.where(kept[:, j], core.r[:, j], np.inf),
        steps=core.steps[:, :, j],
        rows=core.rows[j],
    )


def _better(core: _Core, rows: IndexArray) -> _Core:
    """Take ``rows`` for the incumbent if their excess is less; else return the very same core."""
    every = np.arange(rows.size)
    residual = core.residual + core.steps[:, rows, every].sum(axis=1)
    excess = float(core.r[rows, every].sum() + residual @ residual)
    return replace(core, rows=rows, excess=excess) if excess < core.excess else core


def _prefix(core: _Core, rate: FloatArray) -> IndexArray:
    """Move device after device to its second choice, the cheapest first, ties by the best rate; stop at the best.

    Devices that are alike tie by the hundred at w, and only such a path comes near it.
    """
    every = np.arange(core.device.size)
    r = core.r.copy()
    r[core.base, every] = np.inf
    second = r.argmin(axis=0)
    price = r[second, every]
    order = np.lexsort((-rate[core.device], price))
    path = core.residual[:, None] + np.cumsum(core.steps[:, second[order], order], axis=1)
    excess = np.append(np.inf, np.cumsum(price[order]) + (path * path).sum(axis=0))
    moved = order[: excess.argmin()]
    rows = core.base.copy()
    rows[moved] = second[moved]
    return rows


def _flip(core: _Core) -> IndexArray:
    """Make the best change of one or two devices among the 200 cheapest moves."""
    row, j = np.nonzero(np.isfinite(core.r) & (np.arange(len(core.r))[:, None] != core.rows))
    price = core.r[row, j] - core.r[core.rows[j], j]
    cheapest = np.argsort(price, kind="stable")[:_CHEAPEST]
    row, j, price = row[cheapest], j[cheapest], price[cheapest]
    residual = core.residual + core.steps[:, core.rows, np.arange(core.rows.size)].sum(axis=1)
    step = core.steps[:, row, j] - core.steps[:, core.rows[j], j]
    gain = price + 2 * residual @ step + (step * step).sum(axis=0)
    both = gain[:, None] + gain + 2 * step.T @ step
    both[j[:, None] == j] = np.inf
    both[np.diag_indices(j.size)] = gain  # one device alone
    rows = core.rows.copy()
    if both.size:
        moves = list(np.unravel_index(both.argmin(), both.shape))
        rows[j[moves]] = row[moves]
    return rows


@dataclass(frozen=True, eq=False)
class _Plan:
    """The order in which the core's J devices are decided, and bounds on what is to come.

    A rank is one of the q rows of Options that any of them keeps, the fewest frames first.
    """

    order: IndexArray  # into the core, class after class, the best rate first; shape (J,)
    row: IndexArray  # of a rank, shape (q,)
    stages: list[tuple[int, int, bool]]  # where a class ends, a rank it keeps, whether that is its lowest
    walked: FloatArray  # sums of r and of the steps in A and B over the devices before j; shape (3, q, J + 1)
    reach: IndexArray  # the first device from j on that does not keep a rank, or the end of its class; (q, J + 1)
    y: FloatArray  # multipliers, shape (2, Y)
    suffix: FloatArray  # see _suffix_bounds; shape (q + 1, J + 1, Y)


@dataclass(frozen=True, eq=False)
class _Layer:
    """S partial assignments: some devices of the plan are decided, the others stand at their base."""

    P: FloatArray  # (A, B) - w, shape (S, 2)
    r: FloatArray  # shape (S,)
    decided: IndexArray  # how many devices, shape (S,)
    parent: IndexArray  # the partial assignment in the layer before, shape (S,)
    rank: int  # of the devices decided since
    bound: FloatArray  # on the excess of every completion, shape (S,)

    @property
    def excess(self) -> FloatArray:
        """As they stand, shape (S,)."""
        return np.asarray(self.r + (self.P * self.P).sum(axis=1))


def _plan(core: _Core, problem: Problem) -> _Plan:
    """Order the devices: classes with long steps first, as short ones can no longer make up for them."""
    alike = _classes(problem, core.device)
    longest = np.zeros(alike.max() + 1)
    np.maximum.at(longest, alike, np.where(np.isfinite(core.r), np.hypot(*core.steps), 0.0).max(axis=0))
    order = np.lexsort((-problem.devices.uplink_rate[core.device], alike, -longest[alike]))
    row = np.flatnonzero(np.isfinite(core.r).any(axis=1))
    r, steps, J = core.r[row][:, order], core.steps[:, row][:, :, order], order.size
    kept = np.isfinite(r)
    ends = [*(np.flatnonzero(np.diff(alike[order])) + 1).tolist(), J]
    stages = []
    for start, end in pairwise([0, *ends]):
        ranks = np.flatnonzero(kept[:, start:end].any(axis=1)).tolist()
        stages += [(end, rank, rank == ranks[0]) for rank in reversed(ranks)]
    walked = np.zeros((3, row.size, J + 1))
    np.cumsum(np.stack([np.where(kept, r, 0.0), *steps]), axis=2, out=walked[:, :, 1:])
    gone = np.where(kept, J, np.arange(J))
    reach = np.minimum.accumulate(gone[:, ::-1], axis=1)[:, ::-1]
    reach = np.minimum(reach, np.repeat(ends, np.diff([0, *ends])))
    y = np.sqrt(core.excess) * _FAN
    return _Plan(
        order=order,
        row=row,
        stages=stages,
        walked=walked,
        reach=np.pad(reach, ((0, 0), (0, 1)), constant_values=J),
        y=y,
        suffix=_suffix_bounds(r, steps, ends, y),
    )


def _suffix_bounds(r: FloatArray, steps: FloatArray, ends: list[int], y: FloatArray) -> FloatArray:
    """Least sum of r + 2 y.step, less |y|^2, over the devices from j on, those of j's class below a rank.

    By the max over y of 2 y.P - |y|^2 = |P|^2, adding 2 y.P and r of a partial assignment bounds its completions.

    Returns
    -------
    shape (q + 1, J + 1, Y); under rank q the class is free, under rank 0 it has no option left: inf
    """
    q, J = r.shape
    suffix = np.full((q + 1, J + 1, y.shape[1]), np.inf)
    suffix[:, J] = -(y * y).sum(axis=0)
    for start, end in reversed(list(pairwise([0, *ends]))):
        value = suffix[1:, start:end]
        value[:] = r[:, start:end, None] + 2 * np.tensordot(steps[:, :, start:end], y, (0, 0))
        np.minimum.accumulate(value, axis=0, out=value)
        backwards = value[:, ::-1]
        np.cumsum(backwards, axis=1, out=backwards)
        value += suffix[q, end]
    return suffix


def _classes(problem: Problem, device: IndexArray) -> IndexArray:
    """Give each device the number of its class: equal in everything that (16) depends on but the rate; shape (J,)."""
    names = sorted({field.name for field in fields(Devices)} - {"uplink_rate", "channel_gain"})
    columns = [getattr(problem.devices, name) for name in names]
    table = np.stack([column[device] for column in columns if column is not None], axis=1)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def _enumerate(core: _Core, problem: Problem, max_states: int) -> tuple[_Core, float]:
    """Decide class after class and rank after rank, keeping what may still better the incumbent.

    Returns
    -------
    the core with the best assignment, and the least bound of what was dropped unexamined (inf: nothing)
    """
    dropped = np.inf
    if not core.device.size:
        return core, dropped
    plan = _plan(core, problem)
    none = np.zeros(1, dtype=np.intp)
    layers = [_Layer(P=core.residual[None], r=np.zeros(1), decided=none, parent=none, rank=0, bound=np.zeros(1))]
    examined = 0
    for end, rank, is_lowest in plan.stages:
        layer = layers[-1]
        far = np.where(layer.decided < end, plan.reach[rank, layer.decided], end)
        near = far if is_lowest else layer.decided
        examined += int((far - near + 1).sum())
        if examined > _EXAMINED * max_states:
            return core, min(dropped, float(layer.bound.min()))
        layer = _extend(plan, layer, near, far, end, rank)
        excess = layer.excess
        if excess.min() < core.excess:
            core = _better(core, _trace(plan, core, [*layers, layer], int(excess.argmin())))
        layer, least = _prune(layer, core.excess, max_states)
        dropped = min(dropped, least)
        if not layer.r.size:
            break
        layers.append(layer)
    return core, dropped


def _extend(plan: _Plan, layer: _Layer, near: IndexArray, far: IndexArray, end: int, rank: int) -> _Layer:
    """Give the next devices of the class, up to near, near + 1, ..., far, one rank; bound what comes of it."""
    count = far - near + 1
    parent = np.repeat(np.arange(count.size), count)
    decided = near[parent] + np.arange(parent.size) - np.repeat(np.cumsum(count) - count, count)
    walked = plan.walked[:, rank, decided] - plan.walked[:, rank, layer.decided[parent]]
    P, r = layer.P[parent] + walked[1:].T, layer.r[parent] + walked[0]
    below = np.where(decided == end, plan.row.size, rank)
    bound = np.empty(r.size)
    for i in range(0, r.size, _CHUNK):
        part = slice(i, i + _CHUNK)
        bound[part] = (2 * P[part] @ plan.y + plan.suffix[below[part], decided[part]]).max(axis=1)
    return _Layer(P=P, r=r, decided=decided, parent=parent, rank=rank, bound=bound + r)


def _prune(layer: _Layer, excess: float, max_states: int) -> tuple[_Layer, float]:
    """Keep what is bounded below ``excess``, the best ``max_states`` of it; also the least bound beyond those."""
    kept = np.flatnonzero(layer.bound < excess)
    least = np.inf
    if kept.size > max_states:
        kept = kept[np.argpartition(layer.bound[kept], max_states)]
        kept, least = kept[:max_states], float(layer.bound[kept[max_states]])
    arrays = {name: getattr(layer, name)[kept] for name in ("P", "r", "decided", "parent", "bound")}
    return replace(layer, **arrays), least


def _trace(plan: _Plan, core: _Core, layers: list[_Layer], state: int) -> IndexArray:
    """Return the rows, shape (J,), of a partial assignment in the last layer."""
    rows = core.base.copy()
    for layer, before in pairwise(reversed(layers)):
        parent = layer.parent[state]
        rows[plan.order[before.decided[parent] : layer.decided[state]]] = plan.row[layer.rank]
        state = parent
    return rows
