"""An assignment to beat: the dual's choice, rounded, and improved by flips."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mecpapers.arrays import FloatArray, IndexArray
from mecpapers.batch import ONE, Batch, Number
from mecpapers.video.options import Near

# Both trade time alone: a worse incumbent leaves more to enumerate, and the enumeration proves what it finds.
_CHEAPEST = 100  # moves of either kind that a flip combines, in pairs: 40 000 of them take a millisecond
_FLIPS = 20  # the excess rested after two at most, for 25 to 50 000 devices


@dataclass(frozen=True, eq=False)
class Core:
    """What is left to decide, seen from w: the J devices with more than one option that may better the incumbent."""

    device: IndexArray  # shape (J,)
    base: IndexArray  # the row with r = 0, shape (J,)
    r: FloatArray  # reduced costs, inf where dropped; shape (K, J)
    steps: FloatArray  # of (A, B), against base; shape (2, K, J)
    residual: FloatArray  # (A, B) - w with every device at its base, shape (2,)
    rows: IndexArray  # the incumbent, shape (J,)
    excess: Number  # of the incumbent
    batch: Batch = ONE  # whose each of the J devices is
    seen: Number = False  # whether no other assignment is left: flips have tried them all


def incumbent(near: Near, rate: FloatArray) -> Core:
    """Round the dual's choice: a prefix of the cheapest moves, then flips of one or two devices while they help.

    Where two devices are left at most, flips that find nothing better have tried all that there is.

    Parameters
    ----------
    rate : R_n [bit/s], which orders ties; shape (N,)
    """
    base = near.choice[near.device]
    core = Core(
        device=near.device,
        base=base,
        r=near.r,
        steps=near.steps,
        residual=near.residual,
        rows=base,
        excess=(near.residual * near.residual).sum(axis=0),
        batch=near.batch,
    )
    core = _shrink(core)
    core = _shrink(better(core, _prefix(core, rate)))
    for _ in range(_FLIPS):
        flipped = better(core, _flip(core))
        if flipped is core:
            every = np.ones(core.device.size)
            moves = (np.isfinite(core.r).sum(axis=0) - 1).astype(float)
            return replace(core, seen=(core.batch.sum(every) <= 2) & (core.batch.sum(moves) <= _CHEAPEST))
        core = _shrink(flipped)
    return core


def _shrink(core: Core) -> Core:
    """Drop the options with r >= excess, which no better assignment uses, and the devices left without a choice."""
    every = np.arange(core.device.size)
    kept = core.r < core.batch.of(core.excess)
    kept[core.base, every] = kept[core.rows, every] = True
    j = np.flatnonzero(kept.sum(axis=0) > 1)
    return replace(
        core,
        device=core.device[j],
        base=core.base[j],
        r=np.where(kept[:, j], core.r[:, j], np.inf),
        steps=core.steps[:, :, j],
        rows=core.rows[j],
        batch=core.batch.some(j),
    )


def better(core: Core, rows: IndexArray) -> Core:
    """Take ``rows``, shape (J,), for the incumbent where their excess is less; else return the very same core."""
    every = np.arange(rows.size)
    residual = core.residual + core.batch.sum(core.steps[:, rows, every])
    excess = core.batch.sum(core.r[rows, every]) + (residual * residual).sum(axis=0)
    less = excess < core.excess
    if not less.any():
        return core
    rows = np.where(core.batch.of(less), rows, core.rows)
    return replace(core, rows=rows, excess=np.where(less, excess, core.excess)[()])


def _prefix(core: Core, rate: FloatArray) -> IndexArray:
    """Move device after device to its cheapest option towards w, cheap ones first, ties by the best rate.

    It stops at the best. Devices that are alike, or nearly, tie by the hundred at w, and only such a path comes near.
    """
    J, batch = core.device.size, core.batch
    every = np.arange(J)
    away = (core.steps * batch.of(core.residual).reshape(2, 1, -1)).sum(axis=0) >= 0
    r = np.where(away, np.inf, core.r)
    r[core.base, every] = np.inf
    second = r.argmin(axis=0)
    second = np.where(np.isfinite(r[second, every]), second, core.base)
    price = core.r[second, every]
    order = np.lexsort((-rate[core.device], price, batch.owners(J)))
    path = core.residual.reshape(2, -1, 1) + np.cumsum(batch.rows(core.steps[:, second, every][:, order], 0.0), axis=-1)
    excess = np.cumsum(batch.rows(price[order], np.inf), axis=-1) + (path * path).sum(axis=0)
    excess = np.concatenate([np.full((len(excess), 1), np.inf), excess], axis=-1)
    place, _ = batch.places(J)
    moved = order[place < batch.of(excess.argmin(axis=-1).reshape(batch.shape))]
    rows = core.base.copy()
    rows[moved] = second[moved]
    return rows


def _flip(core: Core) -> IndexArray:
    """Make the best change of one or two devices among the moves that cost least, and that help most by themselves."""
    J, batch = core.device.size, core.batch
    row, j = np.nonzero(np.isfinite(core.r) & (np.arange(len(core.r))[:, None] != core.rows))
    price = core.r[row, j] - core.r[core.rows[j], j]
    residual = core.residual + batch.sum(core.steps[:, core.rows, np.arange(J)])
    step = core.steps[:, row, j] - core.steps[:, core.rows[j], j]
    moved = batch.some(j)
    alone = price + (step * (2 * moved.of(residual).reshape(2, -1) + step)).sum(axis=0)
    cheap, helpful = (np.lexsort((key, batch.owners(J)[j])) for key in (price, alone))
    place, most = batch.some(j[cheap]).places(j.size)
    if most > _CHEAPEST:
        kept = np.zeros(j.size, dtype=bool)
        kept[cheap[place < _CHEAPEST]] = kept[helpful[place < _CHEAPEST]] = True
        cheap = cheap[kept[cheap]]
    row, j, step, alone = row[cheap], j[cheap], step[:, cheap], alone[cheap]
    moved = batch.some(j)
    place, _ = moved.places(j.size)
    gain, who, (a, b) = moved.rows(alone, np.inf), moved.rows(j, -1), moved.rows(step, 0.0)
    both = gain[:, :, None] + gain[:, None, :]
    both += 2 * (a[:, :, None] * a[:, None, :] + b[:, :, None] * b[:, None, :])
    both[who[:, :, None] == who[:, None, :]] = np.inf
    every = np.arange(gain.shape[1])
    both[:, every, every] = gain  # one device alone
    rows = core.rows.copy()
    if every.size:
        pair = np.divmod(both.reshape(len(both), -1).argmin(axis=1), every.size)
        for k in (moved.of(p.reshape(batch.shape)) == place for p in pair):
            rows[j[k]] = row[k]
    return rows
