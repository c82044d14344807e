"""A crowd's devices that stay local for sure: they need no table of options.

At prices w = (u, v) an option costs e + 2 u a + 2 v b, which grows with w. Over the useful frames a and b, square roots
of M, lie above their chords, so that it costs at least

    c M + g / (M + m_a1) + what does not depend on M,   c = e + 2 u (chord of a) + 2 v (chord of b),

least at M = sqrt(g / c) - m_a1 or the nearest end. Where that lies above the local cost by a margin, at prices below
w*, the device stays local at w*, and no assignment that is better than an incumbent of less excess has it at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.video.edge import coefficients, congestion_roots
from mecpapers.video.local import solve_local
from mecpapers.video.model import Problem, fewest_frames
from mecpapers.video.options import UNIT, UNITS, costs_added_up, some_of, useful_frames

_BLOCK = 1 << 14  # devices looked at at once, so that what is in between stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Aside:
    """Devices that stay local, by ``margin``, at any prices that are not below ``low``."""

    low: FloatArray  # shape (2,) [cost^(1/2)]
    margin: float  # [cost]
    devices: BoolArray  # shape (N,)
    cost: float  # what they cost, and what rounding can do to that [cost]
    error: float


NOBODY = Aside(low=np.zeros(2), margin=np.inf, devices=np.zeros(0, dtype=bool), cost=0.0, error=0.0)


def set_aside(problem: Problem, low: FloatArray, margin: float) -> Aside:
    """Find the devices that stay local at prices from ``low`` on, shape (2,) [cost^(1/2)], by ``margin`` [cost]."""
    n = problem.devices.size
    local = solve_local(problem).cost
    stays, error = np.empty(n, dtype=bool), np.empty(n)
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        some = some_of(problem, part)
        size = costs_added_up(some, local[part])
        with np.errstate(all="ignore"):  # what cannot offload costs inf or nan
            stays[part] = ~(_least_at_the_edge(some, low) < local[part] + margin + 4 * UNITS * UNIT * size)
        error[part] = UNIT * (32 + np.ceil(np.log2(n))) * size  # as ``of_the_cost``
    return Aside(low, margin, stays, float(local[stays].sum()), float(error[stays].sum()))


def _least_at_the_edge(problem: Problem, low: FloatArray) -> FloatArray:
    """A bound on what any option at the edge costs at these prices, shape (N,) [cost]."""
    devices, k = problem.devices, coefficients(problem)
    least = fewest_frames(devices)
    most = useful_frames(problem, least)
    (u, v), span = 2 * low, np.maximum(most - least, 1.0)
    (a, b), (a_most, b_most) = congestion_roots(problem, least), congestion_roots(problem, most)
    c = k.e + (u * (a_most - a) + v * (b_most - b)) / span
    frames = np.clip(np.sqrt(k.g / np.fmax(c, np.finfo(float).tiny)) - devices.accuracy_a1, least, most)
    fixed = u * a + v * b - devices.weight_accuracy * devices.accuracy_a2
    return fixed + k.e * least + c * (frames - least) + k.g / (frames + devices.accuracy_a1)
