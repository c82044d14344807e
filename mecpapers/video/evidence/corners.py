"""Instances in which a bound is active or a constant has its unusual sign, with oracles that hold there, too.

The geometric program of ``reference`` needs m_c1 >= m_c0 m_a1. The grid below needs nothing of the kind: it knows (17)
alone, and neither its convexity nor that its two variables can be found one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.lemmas import cube_root_speed
from mecpapers.store import kept
from mecpapers.sweep import drop_generator
from mecpapers.video.evidence import verification
from mecpapers.video.local import local_frames, local_frequency
from mecpapers.video.model import Devices, Problem, fewest_frames, local_cost

_GRID, _ZOOMS = 33, 14  # points a side, and how often the grid closes in on its best point

Corner = Callable[[Devices], Devices]


def _clipped(v: Devices) -> Devices:
    return replace(v, max_frequency=_free(v) / 2)


def _few(v: Devices) -> Devices:
    return replace(v, weight_accuracy=1e-4 * v.weight_accuracy)


def _many(v: Devices) -> Devices:
    return replace(v, weight_accuracy=1e4 * v.weight_accuracy)


def _inside(v: Devices) -> Devices:
    """Enough weight on accuracy for more than one frame, and no bound within reach."""
    return replace(
        v, weight_accuracy=30 * v.weight_accuracy, min_frames=np.ones(v.size), max_frames=np.full(v.size, 1e3)
    )


def _shifted(v: Devices, a_1: float) -> Devices:
    """Another m_a1, with as many frames allowed as before."""
    return replace(v, accuracy_a1=np.full(v.size, a_1), min_frames=fewest_frames(v))


def _negative_offset(v: Devices) -> Devices:
    return replace(v, macs_offset=-0.9 * v.macs_per_frame * fewest_frames(v))


CORNERS: Mapping[str, Corner] = {
    "f clipped at f^max": _clipped,
    "f free": lambda v: replace(v, max_frequency=2 * _free(v)),
    "fewest frames": _few,
    "most frames": _many,
    "frames inside": _inside,
    "m_c1 < 0": _negative_offset,
    "m_c1 < 0, frames inside": lambda v: _negative_offset(_inside(v)),
    "m_a1 < 0": partial(_shifted, a_1=-0.9),
    "m_a1 > 0": partial(_shifted, a_1=3.0),
    "all clipped, fewest frames": lambda v: _few(_clipped(v)),
    "all clipped, most frames": lambda v: _many(_clipped(v)),
    "equal powers": lambda v: replace(v, transmit_power=np.ones(v.size)),
    "unequal powers": lambda v: replace(v, transmit_power=10 ** np.linspace(-2, 2, v.size)),
}


def corner_problem(corner: str, rng: np.random.Generator) -> Problem:
    """One of ``verification.random_problem`` moved into a corner of ``CORNERS``."""
    problem = verification.random_problem(rng)
    return replace(problem, devices=CORNERS[corner](problem.devices))


def grid_optimum(problem: Problem) -> FloatArray:
    """The least of (17) for each device over a grid of frames and frequencies that closes in, shape (N,).

    Each of 14 zooms keeps two cells around the best point.
    """
    v = problem.devices
    least = np.stack([fewest_frames(v), 1e-3 * v.max_frequency])
    most = np.stack([v.max_frames, v.max_frequency])
    low, high, best = least, most, np.full(v.size, np.inf)
    for _ in range(_ZOOMS):
        frames, frequency = np.moveaxis(np.linspace(low, high, _GRID), 1, 0)
        cost = local_cost(problem, frames[:, None], frequency[None, :]).reshape(-1, v.size)
        i, j = np.unravel_index(cost.argmin(axis=0), (_GRID, _GRID))
        best = np.minimum(best, cost.min(axis=0))
        at = np.stack([np.take_along_axis(x, k[None], axis=0)[0] for x, k in ((frames, i), (frequency, j))])
        reach = 2 * (high - low) / (_GRID - 1)
        low, high = np.maximum(at - reach, least), np.minimum(at + reach, most)
    return best


def theorem_1_gap(
    problem: Problem,
    frequency: Callable[[Problem], FloatArray] = local_frequency,
    frames: Callable[[Problem, FloatArray], FloatArray] = local_frames,
) -> float:
    """Worst gap of (20)-(21) to the grid, relative to the cost without its constant -beta_3 m_a2.

    Parameters
    ----------
    frequency : problem -> f [cycle/s], shape (N,)
    frames : (problem, f) -> M, shape (N,)
    """
    f = frequency(problem)
    constant = problem.devices.weight_accuracy * problem.devices.accuracy_a2
    optimum = grid_optimum(problem)
    return float(np.abs((local_cost(problem, frames(problem, f), f) - optimum) / (optimum + constant)).max())


@kept
def gaps(check: str, corner: str, n_instances: int = 10, seed: int = 0) -> FloatArray:
    """Run a check in a corner: ``theorem_1`` against the grid; ``theorem_2``, ``converted`` against CVXPY's (23).

    Returns
    -------
    shape (n_instances,)
    """
    function = theorem_1_gap if check == "theorem_1" else getattr(verification, f"{check}_gap")
    return np.array([function(corner_problem(corner, drop_generator(seed, k))) for k in range(n_instances)])


def _free(v: Devices) -> FloatArray:
    """(48) [cycle/s]."""
    return cube_root_speed(v.weight_delay, v.weight_energy * v.energy_coefficient)
