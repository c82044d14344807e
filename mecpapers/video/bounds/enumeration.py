"""What the incumbent leaves to decide, enumerated class by class; partial assignments are pruned by dual bounds.

The problems of a batch are walked side by side, a stage of each at a time; none knows of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, IndexArray
from mecpapers.batch import Batch, Number
from mecpapers.video.bounds.rounding import Core, better
from mecpapers.video.model import Devices, Problem
from mecpapers.video.options import UNIT

_EXAMINED = 20  # partial assignments looked at in all, as a multiple of those that may be kept: seconds, not minutes
_FEW = 50_000  # partial assignments looked at, up to which nothing is left unproved: some 20 ms
_BLOCK = 32  # values added up in a row: of 10^5 a running sum is then rounded 132 times
SUMMED = 4096  # devices at least that ``options`` adds up at once
_CHUNK = 1 << 14  # partial assignments bounded at once: a table of 33 multipliers each, 4 MB


_ANGLES = np.arange(32) * (np.pi / 16)
_FAN = np.pad(0.8 * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)]), ((0, 0), (1, 0)))  # multipliers / sqrt(excess); and 0


@dataclass(frozen=True, eq=False)
class _Plan:
    """The order in which the core's J devices are decided, and bounds on what is to come.

    A rank is one of the q rows of Options that any of them keeps, the fewest frames first. A stage gives devices of a
    class one rank.
    """

    order: IndexArray  # into the core: problem after problem, class after class, the best rate first; shape (J,)
    row: IndexArray  # of a rank, shape (q,)
    stages: IndexArray  # a class, where it ends, a rank it keeps, whether that is its lowest: 0 or 1; shape (4, stages)
    first: IndexArray  # the first stage of each problem, and the number of all; shape (B + 1,)
    walked: FloatArray  # sums of r and of the steps in A and B over those of class c before j, at j + c; (3, q, J + C)
    reach: IndexArray  # the first device from j on that does not keep a rank, or the end of its class; (q, J + 1)
    y: FloatArray  # multipliers of each problem, shape (2, B, Y)
    suffix: FloatArray  # see _suffix_bounds; shape (q + 1, J + B, Y)


@dataclass(frozen=True, eq=False)
class _Layer:
    """S partial assignments: some devices of the plan are decided, the others stand at their base."""

    P: FloatArray  # (A, B) - w, shape (2, S)
    r: FloatArray  # shape (S,)
    decided: IndexArray  # the first device that is not, shape (S,)
    parent: IndexArray  # the partial assignment in the layer before, shape (S,)
    owner: IndexArray  # whose it is, shape (S,)
    rank: IndexArray  # of the devices decided since, shape (S,)
    bound: FloatArray  # on the excess of every completion, shape (S,)

    @property
    def excess(self) -> FloatArray:
        """As they stand, shape (S,)."""
        return np.asarray(self.r + (self.P * self.P).sum(axis=0))

    def some(self, kept: IndexArray | BoolArray) -> _Layer:
        """Some of them."""
        return _Layer(**{field.name: getattr(self, field.name)[..., kept] for field in fields(self)})


def _plan(core: Core, alike: IndexArray, rate: FloatArray) -> _Plan:
    """Order the devices: classes with long steps first, as short ones can no longer make up for them."""
    longest = np.zeros(alike.max() + 1)
    np.maximum.at(longest, alike, np.where(np.isfinite(core.r), np.hypot(*core.steps), 0.0).max(axis=0))
    J, size = alike.size, core.batch.size
    owner = core.batch.owners(J)
    order = np.lexsort((-rate[core.device], alike, -longest[alike], owner))
    row = np.flatnonzero(np.isfinite(core.r).any(axis=1))
    r, steps = core.r[row][:, order], core.steps[:, row][:, :, order]
    kept = np.isfinite(r)
    start = np.flatnonzero(np.diff(alike[order], prepend=-1))  # of each class
    sizes = np.diff(start, append=J)
    which = np.repeat(np.arange(start.size), sizes)  # class
    klass, back = np.nonzero(np.logical_or.reduceat(kept, start, axis=1)[::-1].T)
    lowest = np.diff(klass, append=-1) != 0
    own = np.concatenate([np.where(kept, r, 0.0)[None], steps])
    walked = np.zeros((3, row.size, J + start.size))
    walked[:, :, np.arange(J) + which + 1] = _running_sums(own, sizes)
    gone = np.where(kept, J, np.arange(J))
    reach = np.minimum.accumulate(gone[:, ::-1], axis=1)[:, ::-1]
    y = np.sqrt(core.excess).reshape(1, -1, 1) * _FAN[:, None]
    return _Plan(
        order=order,
        row=row,
        stages=np.stack([klass, (start + sizes)[klass], row.size - 1 - back, lowest.astype(np.intp)]),
        first=np.searchsorted(owner[start][klass], np.arange(size + 1)),
        walked=walked,
        reach=np.pad(np.minimum(reach, (start + sizes)[which]), ((0, 0), (0, 1)), constant_values=J),
        y=y,
        suffix=_suffix_bounds(r, steps, sizes, owner, y),
    )


def _suffix_bounds(r: FloatArray, steps: FloatArray, sizes: IndexArray, owner: IndexArray, y: FloatArray) -> FloatArray:
    """Least sum of r + 2 y.step, less |y|^2, over the devices from j on, those of j's class below a rank.

    By the max over y of 2 y.P - |y|^2 = |P|^2, adding 2 y.P and r of a partial assignment bounds its completions.

    Returns
    -------
    at j + the problem, shape (q + 1, J + B, Y); under rank q the class is free, under rank 0 it has no option left: inf
    """
    (q, J), B = r.shape, y.shape[1]
    start = np.cumsum(sizes) - sizes
    whose = owner[start]  # each class is
    u, v = y if B == 1 else y[:, owner]
    value = 2 * (steps[0][:, :, None] * u + steps[1][:, :, None] * v)
    value += r[:, :, None]
    np.minimum.accumulate(value, axis=0, out=value)
    value = np.moveaxis(_running_sums(np.moveaxis(value, 1, -1)[..., ::-1], sizes[::-1])[..., ::-1], -1, 1)
    # what is to come after a class: the sums of the classes behind it, and of what ends its problem
    counts, last = np.bincount(whose, minlength=B), -(y * y).sum(axis=0)
    chain = np.insert(value[-1, start], np.cumsum(counts), last, axis=0)
    chain = _running_sums(chain.T[:, ::-1], counts[::-1] + 1)[:, ::-1].T
    suffix = np.full((q + 1, J + B, y.shape[2]), np.inf)
    suffix[1:, np.arange(J) + owner] = value + np.repeat(chain[np.arange(whose.size) + whose + 1], sizes, axis=0)
    suffix[q, np.searchsorted(owner, np.arange(B), side="right") + np.arange(B)] = last
    return suffix


def _running_sums(values: FloatArray, sizes: IndexArray) -> FloatArray:
    """``running_sum`` along the last axis, begun anew for each of C stretches of it; sizes of shape (C,)."""
    if sizes.size == 1:
        return running_sum(values, axis=-1)
    sums, start = np.empty_like(values), np.cumsum(sizes) - sizes
    for size in np.unique(sizes).tolist():
        stretch = start[sizes == size, None] + np.arange(size)
        sums[..., stretch] = running_sum(values[..., stretch], axis=-1)
    return sums


def running_sum(values: FloatArray, axis: int) -> FloatArray:
    """Sums of the first 1, 2, ... n values along an axis, shape (..., n, ...), each rounded ``roundings(n)`` times."""
    n = values.shape[axis]
    if n <= _BLOCK:
        return np.cumsum(values, axis=axis)
    moved = np.moveaxis(values, axis, -1)
    blocks = np.zeros((*moved.shape[:-1], -(-n // _BLOCK), _BLOCK))
    blocks.reshape(*moved.shape[:-1], -1)[..., :n] = moved
    np.cumsum(blocks, axis=-1, out=blocks)
    blocks[..., 1:, :] += running_sum(blocks[..., -1], axis=-1)[..., :-1, None]
    return np.moveaxis(blocks.reshape(*moved.shape[:-1], -1)[..., :n], -1, axis)


def roundings(n: FloatArray) -> FloatArray:
    """How often running sums of n values, shape (C,), are rounded: n times, or a block for each level of blocks."""
    levels = np.ceil(np.log2(np.maximum(n, 2.0)) / np.log2(_BLOCK))
    return np.minimum(n, (_BLOCK + 1) * levels)


def walk_error(core: Core, alike: IndexArray, congestion: FloatArray, chunks: float) -> Number:
    """What rounding can do to an excess or its bound while the core is walked [cost].

    A device adds r and 2 P.step to them, 2 y.step to a bound, where |P| is sqrt(excess) at most wherever it matters,
    and |y| below it: g in all. Of each class every rank takes a difference of two running sums, and the bounds take
    one; then they are added up, to (A, B) - w, which was added up in chunks before.

    Parameters
    ----------
    alike : the core's ``classes``, shape (J,)
    congestion : w, shape (2,) [cost^(1/2)]
    chunks : how many of them (A, B) was added up of
    """
    batch = core.batch
    root, kept = np.sqrt(core.excess), np.isfinite(core.r)
    g = np.where(kept, core.r + 4 * batch.of(root) * np.hypot(*core.steps), 0.0).max(axis=0)
    ranks = batch.any(kept).sum(axis=0)
    sizes, first = np.bincount(alike).astype(float), np.unique(alike, return_index=True)[1]
    of_class = batch.some(first)
    number = of_class.sum(np.ones(sizes.size))
    sums = (2 * ranks + 1) * of_class.sum((roundings(sizes) + 1) * np.bincount(alike, g))
    added = np.minimum(ranks * number, batch.sum(np.ones(g.size))) + number + 32 + chunks
    reach = np.hypot(*congestion) + np.hypot(*core.residual) + root
    error = UNIT * (sums + added * (batch.sum(g) + core.excess + 4 * root * reach))
    return np.where(batch.sum(np.ones(g.size)) > 0, error, 0.0)[()]


def classes(problem: Problem, core: Core) -> IndexArray:
    """Number the core's classes: devices of a problem that equal in all that (16) depends on but the rate; (J,)."""
    names = sorted({field.name for field in fields(Devices)} - {"uplink_rate", "channel_gain"})
    columns = [getattr(problem.devices, name) for name in names]
    keys = [column[core.device] for column in reversed(columns) if column is not None]
    keys.append(core.batch.owners(core.device.size).astype(float))
    order = np.lexsort(keys)
    table = np.stack(keys)[:, order]
    differ = np.append(True, (table[:, 1:] != table[:, :-1]).any(axis=0))[: order.size]
    alike = np.empty(order.size, dtype=np.intp)
    alike[order] = np.cumsum(differ) - 1
    return alike


def enumerate_core(
    core: Core, alike: IndexArray, rate: FloatArray, limit: int, *, enough: Number
) -> tuple[Core, Number]:
    """Decide class after class and rank after rank, keeping what may still better the incumbent.

    Parameters
    ----------
    alike : the core's ``classes``, shape (J,)
    rate : R_n [bit/s] of all devices, shape (N,)
    limit : partial assignments kept after each step; 20 times as many are looked at, or entries made to bound them
    enough : what may stay unproved [cost] where there are more than a few

    Returns
    -------
    the core with the best assignment, and the least bound of what was dropped unexamined (inf: nothing)
    """
    batch = core.batch
    entries = core.r.shape[0] * np.bincount(batch.owners(core.device.size), minlength=batch.size)
    dropped = np.where(entries > _EXAMINED * limit, 0.0, np.inf)
    if np.isinf(dropped).any() and core.device.size and not np.all(core.seen):
        core = _walk(core, _plan(core, alike, rate), limit, np.reshape(enough, -1), dropped)
    return core, dropped.reshape(batch.shape)[()]


def _walk(core: Core, plan: _Plan, limit: int, enough: FloatArray, dropped: FloatArray) -> Core:
    """Walk the stages of every problem whose ``dropped`` is inf; note there what is dropped."""
    size, counts = dropped.size, np.diff(plan.first)
    examined = np.zeros(size, dtype=np.intp)
    owner = np.flatnonzero((counts > 0) & np.isinf(dropped) & ~np.reshape(core.seen, -1))
    none = np.zeros(owner.size, dtype=np.intp)
    start = np.searchsorted(core.batch.owners(core.device.size), owner)
    P = core.residual.reshape(2, -1)[:, owner]
    layer = _Layer(P=P, r=0.0 * P[0], decided=start, parent=none, owner=owner, rank=none, bound=0.0 * P[0])
    layers = [layer]
    for stage in range(int(counts.max())):
        layer = layers[-1]
        klass, end, rank, is_lowest = plan.stages[:, plan.first[layer.owner] + stage]
        far = np.where(layer.decided < end, plan.reach[rank, layer.decided], end)
        near = np.where(is_lowest, far, layer.decided)
        examined += np.bincount(layer.owner, far - near + 1, size).astype(np.intp)
        over = (examined > _EXAMINED * limit)[layer.owner]
        np.minimum.at(dropped, layer.owner[over], layer.bound[over])
        layer = _extend(plan, layer, near, np.where(over, near - 1, far), klass, end, rank)
        if not layer.r.size:
            break
        core = _improved(plan, core, [*layers, layer])
        best = np.reshape(core.excess, -1)
        layer = _prune(layer, best, limit, dropped)
        content = (examined > _FEW)[layer.owner] & (layer.bound >= (best - enough)[layer.owner])
        np.minimum.at(dropped, layer.owner[content], layer.bound[content])
        layer = layer.some(~content & (counts[layer.owner] > stage + 1))
        if not layer.r.size:
            break
        layers.append(layer)
    return core


def _extend(
    plan: _Plan, layer: _Layer, near: IndexArray, far: IndexArray, klass: IndexArray, end: IndexArray, rank: IndexArray
) -> _Layer:
    """Give the next devices of a class, up to near, near + 1, ..., far, one rank; bound what comes of it."""
    count = far - near + 1
    parent = np.repeat(np.arange(count.size), count)
    decided = near[parent] + np.arange(parent.size) - np.repeat(np.cumsum(count) - count, count)
    klass, end, rank, owner = klass[parent], end[parent], rank[parent], layer.owner[parent]
    walked = plan.walked[:, rank, decided + klass] - plan.walked[:, rank, layer.decided[parent] + klass]
    P, r = layer.P[:, parent] + walked[1:], layer.r[parent] + walked[0]
    below = np.where(decided == end, plan.row.size, rank)
    bound = np.empty(r.size)
    for i in range(0, r.size, _CHUNK):
        part = slice(i, i + _CHUNK)
        u, v = plan.y if plan.y.shape[1] == 1 else plan.y[:, owner[part]]
        least = plan.suffix[below[part], decided[part] + owner[part]]
        least += 2 * P[0, part, None] * u
        least += 2 * P[1, part, None] * v
        bound[part] = least.max(axis=1)
    return _Layer(P=P, r=r, decided=decided, parent=parent, owner=owner, rank=rank, bound=bound + r)


def _improved(plan: _Plan, core: Core, layers: list[_Layer]) -> Core:
    """Take the best of the last layer where it betters the incumbent of its problem."""
    owner, excess = layers[-1].owner, layers[-1].excess
    less = np.flatnonzero(excess < np.reshape(core.excess, -1)[owner])
    less = less[np.lexsort((excess[less], owner[less]))]
    rows = core.rows.copy()
    for state in less[np.diff(owner[less], prepend=-1) != 0].tolist():  # the best of each
        _trace(plan, core, layers, state, rows)
    return better(core, rows) if less.size else core


def _prune(layer: _Layer, excess: FloatArray, limit: int, dropped: FloatArray) -> _Layer:
    """Keep what is bounded below ``excess``, the best ``limit`` of each problem; note the least bound beyond those."""
    layer = layer.some(layer.bound < excess[layer.owner])
    if layer.r.size <= limit:
        return layer
    order = np.lexsort((layer.bound, layer.owner))
    place, _ = Batch(layer.owner, excess.size).places(order.size)
    beyond = order[place >= limit]
    np.minimum.at(dropped, layer.owner[beyond], layer.bound[beyond])
    return layer.some(np.sort(order[place < limit]))


def _trace(plan: _Plan, core: Core, layers: list[_Layer], state: int, rows: IndexArray) -> None:
    """Write the rows of a partial assignment in the last layer into ``rows``, shape (J,): its own problem's alone."""
    owner = layers[-1].owner[state]
    own = core.batch.owners(rows.size) == owner
    rows[own] = core.base[own]
    for layer, before in pairwise(reversed(layers)):
        parent = layer.parent[state]
        rows[plan.order[before.decided[parent] : layer.decided[state]]] = plan.row[layer.rank[state]]
        state = parent
