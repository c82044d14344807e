"""An assignment to beat: the dual's choice, rounded, and improved by flips."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mecpapers.arrays import FloatArray, IndexArray
from mecpapers.video.options import Near

# Both trade time alone: a worse incumbent leaves more to enumerate, and the enumeration proves what it finds.
_CHEAPEST = 200  # moves that a flip combines, in pairs: 40 000 of them take a millisecond
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
    excess: float  # of the incumbent


def incumbent(near: Near, rate: FloatArray) -> Core:
    """Round the dual's choice: a prefix of the cheapest moves, then flips of one or two devices while they help.

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
        excess=float(near.residual @ near.residual),
    )
    core = _shrink(core)
    core = _shrink(better(core, _prefix(core, rate)))
    for _ in range(_FLIPS):
        flipped = better(core, _flip(core))
        if flipped is core:
            break
        core = _shrink(flipped)
    return core


def _shrink(core: Core) -> Core:
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


def better(core: Core, rows: IndexArray) -> Core:
    """Take ``rows``, shape (J,), for the incumbent if their excess is less; else return the very same core."""
    every = np.arange(rows.size)
    residual = core.residual + core.steps[:, rows, every].sum(axis=1)
    excess = float(core.r[rows, every].sum() + residual @ residual)
    return replace(core, rows=rows, excess=excess) if excess < core.excess else core


def _prefix(core: Core, rate: FloatArray) -> IndexArray:
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


def _flip(core: Core) -> IndexArray:
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
