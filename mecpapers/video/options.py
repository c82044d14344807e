"""P2 as one option a device, and its Lagrange dual in two variables: the prices of air time and of server cycles.

By Theorem 2, an assignment x that gives each device one option (stay local, or offload M frames) costs

    cost(x) = A^2 + B^2 + E,   A = sum_n a_n(x_n),  B = sum_n b_n(x_n),  E = sum_n e_n(x_n),

with a, b of ``edge.congestion_roots``. Since A^2 = max_u (2 u A - u^2), and likewise B^2, every w = (u, v) gives

    L(w) = -|w|^2 + sum_n min_o (e_n(o) + 2 u a_n(o) + 2 v b_n(o)) <= min_x cost(x),

and, with r_n(o) >= 0 the distance of an option from that minimum, the identity that ``bounds`` rests on:

    cost(x) = L(w) + sum_n r_n(x_n) + |(A, B) - w|^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.video.edge import congestion_roots
from mecpapers.video.local import solve_local
from mecpapers.video.model import Problem, accuracy, fewest_frames, transmission_energy

IndexArray = NDArray[np.intp]

_COARSE, _FINE = 1e-9, 1e-15  # dual gaps at which the two ascents end, relative to the terms that they add up
_MAX_CUTS = 18
_MAX_SWEEPS = 100  # a stage; a dual that stops early still bounds


@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """What every device can do; shape (K, N). Row 0: stay local; row k: offload M^min + k - 1 frames.

    Devices may have fewer than K options; a missing one has e = inf and a = b = 0.
    """

    problem: Problem
    frames: FloatArray  # M [1]
    a: FloatArray  # sqrt(beta_1 rho C(M) / f^max) [cost^(1/2)]; 0 in row 0
    b: FloatArray  # sqrt(beta_1 d M / (R T)) [cost^(1/2)]; 0 in row 0
    e: FloatArray  # beta_2 E^t - beta_3 Phi(M) [cost]; F_0 in row 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Dual:
    """The dual function at one point, and the cheapest option of every device at its prices."""

    value: float  # L(w), a lower bound on (16)
    congestion: FloatArray  # w = (u, v), shape (2,) [cost^(1/2)]
    time_price: float  # mu_0 = v^2 / T [cost per unit of time share]
    edge_price: float  # mu_1 = u^2 / f^max [cost per cycle/s]
    choice: IndexArray  # the row of Options with r = 0, shape (N,)
    reduced_cost: FloatArray  # r, shape (K, N)

    @property
    def offload(self) -> BoolArray:
        """x_n at these prices, shape (N,)."""
        return self.choice > 0


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # what overflows is no option
def option_table(problem: Problem, offload: BoolArray | None = None) -> Options:
    """Tabulate the options of every device: Theorem 1's answer, then M^min, M^min + 1, ... frames at the edge.

    Options that cannot be part of an optimum are left out.

    Parameters
    ----------
    offload : shape (N,); a policy to which the options are confined, None to leave it open

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    devices, local = problem.devices, solve_local(problem)
    least = fewest_frames(devices)
    most = _useful_frames(problem, least)
    frames = least + np.arange(int((most - least).max()) + 1)[:, None]
    missing = frames > most
    frames = np.minimum(frames, most)
    a, b = congestion_roots(problem, frames)
    phi = accuracy(devices, frames)
    e = devices.weight_energy * transmission_energy(problem, frames) - devices.weight_accuracy * phi
    staying = local.cost
    if offload is None:
        missing |= ~(a * a + b * b + e < local.cost)  # dearer alone than the device is locally
    else:
        missing |= ~offload
        staying = np.where(offload, np.inf, local.cost)
    return Options(
        problem=problem,
        frames=np.vstack([local.frames, frames]),
        a=np.vstack([np.zeros(devices.size), np.where(missing, 0.0, a)]),
        b=np.vstack([np.zeros(devices.size), np.where(missing, 0.0, b)]),
        e=np.vstack([staying, np.where(missing, np.inf, e)]),
    )


def _useful_frames(problem: Problem, least: FloatArray) -> FloatArray:
    """Return the most frames worth sending, shape (N,): beyond the least a^2 + b^2 + e more frames never pay.

    That sum is what an edge device costs alone, convex in M; what it costs the others, 2 a A + 2 b B, grows with M.
    """
    devices = problem.devices
    slope = (
        devices.weight_delay * problem.cycles_per_mac * devices.macs_per_frame / problem.server_frequency
        + devices.weight_delay * devices.frame_bits / (devices.uplink_rate * problem.time_budget)
        + devices.weight_energy * transmission_energy(problem, np.ones(devices.size))
    )
    gain, least_slope = devices.weight_accuracy * devices.accuracy_a0, np.finfo(float).tiny
    return np.clip(
        np.ceil(np.sqrt(gain / np.fmax(slope, least_slope)) - devices.accuracy_a1), least, devices.max_frames
    )


def dual_at(options: Options, congestion: FloatArray) -> Dual:
    """L at w = (u, v), its prices, and what every device chooses there.

    Parameters
    ----------
    congestion : w, shape (2,) [cost^(1/2)], not negative
    """
    u, v = congestion
    problem = options.problem
    r = options.e + 2 * u * options.a + 2 * v * options.b
    choice = r.argmin(axis=0)
    least = pick(r, choice)
    r -= least
    return Dual(
        value=float(least.sum() - u * u - v * v),
        congestion=congestion,
        time_price=float(v * v / problem.time_budget),
        edge_price=float(u * u / problem.server_frequency),
        choice=choice,
        reduced_cost=r,
    )


def dual_bound(options: Options) -> Dual:
    """Maximise L over w: the best bound of its kind on (16).

    A second ascent measures everything from the point that the first one reached, which keeps the digits that count,
    and looks only at the devices that may still change their choice: |w* - w|^2 <= L* - L(w), since L is strongly
    concave.
    """
    here = dual_at(options, np.zeros(2))
    size = np.abs(pick(options.e, here.choice))
    shift, gap = _ascend(*displacements(options, here), here.reduced_cost, _COARSE * size.sum())
    here = dual_at(options, np.maximum(shift, 0.0))
    tolerance = _FINE * (size.max() + shift @ shift)
    radius = 2 * np.sqrt(max(gap, tolerance))
    steps, residual = displacements(options, here)
    near = (here.reduced_cost < 2 * radius * np.hypot(*steps)).any(axis=0)
    shift, _ = _ascend(steps[:, :, near], residual, here.reduced_cost[:, near], tolerance)
    return dual_at(options, np.maximum(here.congestion + shift, 0.0)) if np.hypot(*shift) <= radius else here


def pick(table: FloatArray, choice: IndexArray) -> FloatArray:
    """Take one row of a (K, N) table per device; shape (N,)."""
    return table[choice, np.arange(choice.size)]


def displacements(options: Options, dual: Dual) -> tuple[FloatArray, FloatArray]:
    """How far every option moves (A, B) from where the dual's choice puts it, and that place seen from w.

    Returns
    -------
    steps : shape (2, K, N) [cost^(1/2)]
    residual : (A, B) - w, shape (2,) [cost^(1/2)]
    """
    a, b = pick(options.a, dual.choice), pick(options.b, dual.choice)
    return np.stack([options.a - a, options.b - b]), np.array([a.sum(), b.sum()]) - dual.congestion


def highest_point(slopes: FloatArray, levels: FloatArray) -> tuple[FloatArray, float]:
    """Maximise -|z|^2 + min_k (level_k + 2 z.slope_k), where the last cut is known to be active.

    Active with it are none, one or two others; all such bases are tried, and the value of the model judges.

    Parameters
    ----------
    slopes, levels : the cuts, shape (k, 2) and (k,)

    Returns
    -------
    z : shape (2,)
    value : of the model there
    """
    last = slopes[-1]
    q, s = slopes[:-1] - last, (levels[-1] - levels[:-1]) / 2  # cut k meets the last one where z.q_k = s_k
    i, j = _pairs(s.size)
    with np.errstate(all="ignore"):  # parallel cuts have no corner
        edges = last + ((s - q @ last) / (q * q).sum(axis=1))[:, None] * q
        corners = np.stack([s[i] * q[j, 1] - s[j] * q[i, 1], q[i, 0] * s[j] - q[j, 0] * s[i]], axis=1)
        corners /= (q[i, 0] * q[j, 1] - q[j, 0] * q[i, 1])[:, None]
        z = np.vstack([last, edges, corners])
        value = (levels + 2 * z @ slopes.T).min(axis=1) - (z * z).sum(axis=1)
    k = int(np.where(np.isfinite(value), value, -np.inf).argmax())
    return z[k], float(value[k])


def _ascend(steps: FloatArray, residual: FloatArray, r: FloatArray, tolerance: float) -> tuple[FloatArray, float]:
    """Maximise -|z|^2 + 2 z.residual + sum_n min_o (r + 2 z.steps) over z by cutting planes.

    Every sweep over the devices gives an assignment, and with it a cut, level + 2 z.slope; the master keeps -|z|^2.

    Returns
    -------
    z : the best point met, shape (2,)
    gap : of its value from the maximum
    """
    slopes, levels = residual[None], np.zeros(1)  # the cut of z = 0, where r is least
    best, lower = np.zeros(2), 0.0
    z, upper = residual, float(residual @ residual)
    every = np.arange(r.shape[1])
    for _ in range(_MAX_SWEEPS):
        if upper - lower <= tolerance:
            break
        choice = (r + 2 * z[0] * steps[0] + 2 * z[1] * steps[1]).argmin(axis=0)
        slope, level = residual + steps[:, choice, every].sum(axis=1), r[choice, every].sum()
        value = float(level + 2 * z @ slope - z @ z)
        if value > lower:
            best, lower = z, value
        kept = np.argsort(levels + 2 * slopes @ z)[: _MAX_CUTS - 1]
        slopes, levels = np.vstack([slopes[kept], slope]), np.append(levels[kept], level)
        z, upper = highest_point(slopes, levels)
    return best, upper - lower


@cache
def _pairs(n: int) -> tuple[IndexArray, IndexArray]:
    """All i < j < n."""
    i, j = np.triu_indices(n, 1)
    return i, j
