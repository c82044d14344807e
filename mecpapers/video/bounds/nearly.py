"""Devices that are nearly alike, taken for alike: a bound where the enumeration meets too many near ties.

Thirty devices that differ in their tenth digit are thirty classes, and a hundred million assignments cost the same to
that digit. With the members of a group at the group's mean steps s and least reduced costs, no assignment that betters
the incumbent costs more than it did, but for

    |P|^2 >= |P'|^2 - 2 |P'| D,  |P'| <= |P| + D,  |P| <= sqrt(excess),

where P' is (A, B) - w with those steps, and D the sum over the devices of the largest |step - s|.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.arrays import FloatArray, IndexArray
from mecpapers.video.bounds.enumeration import enumerate_core, walk_error
from mecpapers.video.bounds.rounding import Core, better
from mecpapers.video.options import UNIT

_GROUPS = 100  # at most: of so many, each as wide as may be, the enumeration makes little
_WIDER = (1e6, 1e4, 1e2, 1.0)  # how far apart members may be, against what would leave ``enough`` unproved


def bound_nearly_alike(
    core: Core, congestion: FloatArray, limit: int, *, enough: float, chunks: float
) -> tuple[Core, float]:
    """Bound every excess of one problem's core, whose enumeration had to drop something.

    Parameters
    ----------
    core : with the incumbent, shape (J,)
    congestion, chunks : see ``walk_error``
    limit, enough : see ``enumerate_core``

    Returns
    -------
    the core, with a better incumbent if one was found, and the bound (0: none)
    """
    bound, J = 0.0, core.device.size
    groups: list[IndexArray] = []
    for apart in enough / J * np.array(_WIDER):
        if (group := _grouped(core, apart / (2 * np.sqrt(core.excess)), apart)) is None:
            break  # narrower ones are more
        groups.append(group)
    for group in reversed(groups):
        alike, away = _as_groups(core, group)
        error = walk_error(alike, group, congestion, chunks)
        found, dropped = enumerate_core(alike, group, np.zeros(core.device.max() + 1), limit, enough=enough)
        core = better(core, found.rows)
        root = np.sqrt(core.excess + error) + away
        bound = max(bound, min(found.excess, dropped) - error - 2 * root * away * (1 + 8 * UNIT))
        if dropped == np.inf:  # wider groups bound no better
            break
    return core, bound


def _grouped(core: Core, step: float, price: float) -> IndexArray | None:
    """Number groups of devices, shape (J,), that are this near to their first in every option; None if too many."""
    kept = np.isfinite(core.r)
    r, steps = np.where(kept, core.r, 0.0), np.where(kept, core.steps, 0.0)
    group = np.full(core.device.size, -1)
    for number in range(_GROUPS):
        left = np.flatnonzero(group < 0)
        if not left.size:
            return group
        first = left[:1]
        near = (np.abs(steps[:, :, left] - steps[:, :, first]) <= step).all(axis=(0, 1))
        near &= (np.abs(r[:, left] - r[:, first]) <= price).all(axis=0)
        near &= (kept[:, left] == kept[:, first]).all(axis=0)
        group[left[near]] = number
    return None


def _as_groups(core: Core, group: IndexArray) -> tuple[Core, float]:
    """The core with the members of each group alike; and D, rounded up."""
    order = np.argsort(group, kind="stable")
    start, sizes = np.flatnonzero(np.diff(group[order], prepend=-1)), np.bincount(group)
    kept = np.isfinite(core.r)
    steps = np.where(kept, core.steps, 0.0)
    mean = (np.add.reduceat(steps[:, :, order], start, axis=-1) / sizes)[:, :, group]
    least = np.minimum.reduceat(core.r[:, order], start, axis=-1)[:, group]
    away = np.hypot(*(steps - mean)).max(axis=0).sum() * (1 + (group.size + 8) * UNIT)
    every = np.arange(group.size)
    residual = core.residual + mean[:, core.rows, every].sum(axis=-1)
    excess = least[core.rows, every].sum() + (residual * residual).sum()
    return replace(core, r=least, steps=mean, excess=excess), away
