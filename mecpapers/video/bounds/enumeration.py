"""What the incumbent leaves to decide, enumerated class by class; partial assignments are pruned by dual bounds."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from mecpapers.arrays import FloatArray, IndexArray
from mecpapers.video.bounds.rounding import Core, better
from mecpapers.video.model import Devices, Problem
from mecpapers.video.options import UNIT

_EXAMINED = 20  # partial assignments looked at in all, as a multiple of those that may be kept: seconds, not minutes
_FEW = 1000  # partial assignments up to which nothing is left unproved: a step takes a millisecond
_BLOCK = 32  # values added up in a row: of 10^5 a running sum is then rounded 132 times
SUMMED = 4096  # devices at least that ``options`` adds up at once
_CHUNK = 1 << 14  # partial assignments bounded at once: a table of 33 multipliers each, 4 MB


_ANGLES = np.arange(32) * (np.pi / 16)
_FAN = np.pad(0.8 * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)]), ((0, 0), (1, 0)))  # multipliers / sqrt(excess); and 0


@dataclass(frozen=True, eq=False)
class _Plan:
    """The order in which the core's J devices are decided, and bounds on what is to come.

    A rank is one of the q rows of Options that any of them keeps, the fewest frames first.
    """

    order: IndexArray  # into the core, class after class, the best rate first; shape (J,)
    row: IndexArray  # of a rank, shape (q,)
    stages: list[tuple[int, int, int, bool]]  # a class, where it ends, a rank it keeps, whether that is its lowest
    walked: FloatArray  # sums of r and of the steps in A and B over those of class c before j, at j + c; (3, q, J + C)
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


def _plan(core: Core, alike: IndexArray, rate: FloatArray) -> _Plan:
    """Order the devices: classes with long steps first, as short ones can no longer make up for them."""
    longest = np.zeros(alike.max() + 1)
    np.maximum.at(longest, alike, np.where(np.isfinite(core.r), np.hypot(*core.steps), 0.0).max(axis=0))
    order = np.lexsort((-rate[core.device], alike, -longest[alike]))
    row = np.flatnonzero(np.isfinite(core.r).any(axis=1))
    r, steps, J = core.r[row][:, order], core.steps[:, row][:, :, order], order.size
    kept = np.isfinite(r)
    ends = [*(np.flatnonzero(np.diff(alike[order])) + 1).tolist(), J]
    stages, walked = [], np.zeros((3, row.size, J + len(ends)))
    for c, (start, end) in enumerate(pairwise([0, *ends])):
        ranks = np.flatnonzero(kept[:, start:end].any(axis=1)).tolist()
        stages += [(c, end, rank, rank == ranks[0]) for rank in reversed(ranks)]
        own = np.stack([np.where(kept[:, start:end], r[:, start:end], 0.0), *steps[:, :, start:end]])
        walked[:, :, start + c + 1 : end + c + 1] = running_sum(own, axis=2)
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
        value[:, ::-1] = running_sum(value[:, ::-1], axis=1)
        value += suffix[q, end]
    return suffix


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


def walk_error(core: Core, alike: IndexArray, congestion: FloatArray, chunks: float) -> float:
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
    if not core.device.size:
        return 0.0
    root, kept = np.sqrt(core.excess), np.isfinite(core.r)
    g = np.where(kept, core.r + 4 * root * np.hypot(*core.steps), 0.0).max(axis=0)
    ranks = int(kept.any(axis=1).sum())
    sizes = np.bincount(alike).astype(float)
    sums = (2 * ranks + 1) * float((roundings(sizes) + 1) @ np.bincount(alike, g))
    added = min(ranks * sizes.size, g.size) + sizes.size + 32 + chunks
    reach = np.hypot(*congestion) + np.hypot(*core.residual) + root
    return float(UNIT * (sums + added * (g.sum() + core.excess + 4 * root * reach)))


def classes(problem: Problem, device: IndexArray) -> IndexArray:
    """Give each device the number of its class: equal in everything that (16) depends on but the rate; shape (J,)."""
    names = sorted({field.name for field in fields(Devices)} - {"uplink_rate", "channel_gain"})
    columns = [getattr(problem.devices, name) for name in names]
    table = np.stack([column[device] for column in columns if column is not None], axis=1)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def enumerate_core(core: Core, alike: IndexArray, rate: FloatArray, limit: int, *, enough: float) -> tuple[Core, float]:
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
    dropped = np.inf
    if not core.device.size:
        return core, dropped
    if core.r.shape[0] * core.device.size > _EXAMINED * limit:
        return core, 0.0
    plan = _plan(core, alike, rate)
    none = np.zeros(1, dtype=np.intp)
    layers = [_Layer(P=core.residual[None], r=np.zeros(1), decided=none, parent=none, rank=0, bound=np.zeros(1))]
    examined = 0
    for c, end, rank, is_lowest in plan.stages:
        layer = layers[-1]
        far = np.where(layer.decided < end, plan.reach[rank, layer.decided], end)
        near = far if is_lowest else layer.decided
        examined += int((far - near + 1).sum())
        if examined > _EXAMINED * limit:
            return core, min(dropped, float(layer.bound.min()))
        layer = _extend(plan, layer, near, far, c, end, rank)
        excess = layer.excess
        if excess.min() < core.excess:
            core = better(core, _trace(plan, core, [*layers, layer], int(excess.argmin())))
        layer, least = _prune(layer, core.excess, limit)
        dropped = min(dropped, least)
        if not layer.r.size:
            break
        if layer.r.size > _FEW and core.excess - min(dropped, float(layer.bound.min())) <= enough:
            return core, min(dropped, float(layer.bound.min()))
        layers.append(layer)
    return core, dropped


def _extend(plan: _Plan, layer: _Layer, near: IndexArray, far: IndexArray, c: int, end: int, rank: int) -> _Layer:
    """Give the next devices of class c, up to near, near + 1, ..., far, one rank; bound what comes of it."""
    count = far - near + 1
    parent = np.repeat(np.arange(count.size), count)
    decided = near[parent] + np.arange(parent.size) - np.repeat(np.cumsum(count) - count, count)
    walked = plan.walked[:, rank, decided + c] - plan.walked[:, rank, layer.decided[parent] + c]
    P, r = layer.P[parent] + walked[1:].T, layer.r[parent] + walked[0]
    below = np.where(decided == end, plan.row.size, rank)
    bound = np.empty(r.size)
    for i in range(0, r.size, _CHUNK):
        part = slice(i, i + _CHUNK)
        bound[part] = (2 * P[part] @ plan.y + plan.suffix[below[part], decided[part]]).max(axis=1)
    return _Layer(P=P, r=r, decided=decided, parent=parent, rank=rank, bound=bound + r)


def _prune(layer: _Layer, excess: float, limit: int) -> tuple[_Layer, float]:
    """Keep what is bounded below ``excess``, the best ``limit`` of it; also the least bound beyond those."""
    kept = np.flatnonzero(layer.bound < excess)
    least = np.inf
    if kept.size > limit:
        kept = kept[np.argpartition(layer.bound[kept], limit)]
        kept, least = kept[:limit], float(layer.bound[kept[limit]])
    arrays = {name: getattr(layer, name)[kept] for name in ("P", "r", "decided", "parent", "bound")}
    return replace(layer, **arrays), least


def _trace(plan: _Plan, core: Core, layers: list[_Layer], state: int) -> IndexArray:
    """Return the rows, shape (J,), of a partial assignment in the last layer."""
    rows = core.base.copy()
    for layer, before in pairwise(reversed(layers)):
        parent = layer.parent[state]
        rows[plan.order[before.decided[parent] : layer.decided[state]]] = plan.row[layer.rank]
        state = parent
    return rows
