"""Algorithm 2: the frames of the edge devices from the geometric program (28)-(29), solved without CVX.

Theorem 2 eliminates frequencies and time shares. What is left of (29), in m = ln M, is

    J(m) = A^2 + B^2 + sum_n (e_n M_n + g_n / (M_n + h_n)),   A = sum_n a_n(M_n),   B = sum_n b_n(M_n),

with a, b of ``edge.congestion_roots``, e = beta_2 d p / R, g = beta_3 m_a0, and h = 0 for the paper's Phi-hat or m_a1
for Phi itself. Its Hessian is a diagonal plus two rank-one terms, so that a Newton step takes O(N) operations.

With Phi itself J stays convex where M >= m_a1, since 1 / (e^m + h) bends by M (M - h) / (M + h)^3. So for
-1 < m_a1 <= M^min the paper's relaxation of Phi is needless.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.solution import Solution
from mecpapers.video.edge import complete
from mecpapers.video.model import Allocation, Problem, fewest_frames, transmission_energy

_STATIONARY = 1e-10  # projected gradient, relative to the sizes of the gradient's own terms
_MAX_STEPS = 100


def solve_geometric(problem: Problem, offload: BoolArray, *, relax_accuracy: bool = True) -> Solution[Allocation]:
    """Algorithm 2 on a given policy: relax the frames, round to the nearest, apply Theorem 2.

    Parameters
    ----------
    offload : shape (N,); the set N_1
    relax_accuracy : with Phi-hat, as the paper does; false: with Phi

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    frames, converged = relaxed_frames(problem, offload, relax_accuracy=relax_accuracy)
    return complete(problem, offload, np.rint(frames), ended="converged" if converged else "cap")


def warm_started(*, relax_accuracy: bool = True) -> Callable[[Problem, BoolArray], Solution[Allocation]]:
    """Algorithm 2 for a run of like policies of one problem: each starts from the frames of the one before."""
    last: FloatArray | None = None

    def allocate(problem: Problem, offload: BoolArray) -> Solution[Allocation]:
        nonlocal last
        frames, converged = relaxed_frames(problem, offload, relax_accuracy=relax_accuracy, start=last)
        last = frames
        return complete(problem, offload, np.rint(frames), ended="converged" if converged else "cap")

    return allocate


def relaxed_frames(
    problem: Problem, offload: BoolArray, *, relax_accuracy: bool = True, start: FloatArray | None = None
) -> tuple[FloatArray, bool]:
    """Minimise (29) over the frames by a projected Newton method.

    Devices at a bound whose gradient points outward are held there; the others take a Newton step, which is halved
    until the objective falls enough (Armijo).

    Parameters
    ----------
    start : frames to start from, shape (N,); where 0 or not given, the middle of the bounds

    Returns
    -------
    frames : shape (N,), real numbers; 0 outside N_1
    converged : false if the cap of 100 steps was met
    """
    frames = np.zeros(offload.size)
    if not offload.any():
        return frames, True
    program = _Program.of(problem, offload, relax_accuracy)
    least, most = fewest_frames(problem.devices)[offload], problem.devices.max_frames[offload]
    low, high = np.log(least), np.log(most)
    m = (low + high) / 2
    if start is not None:
        known = start[offload]
        m = np.where(known > 0, np.log(np.clip(known, least, most)), m)
    here = program.expand(m)
    converged = False
    for _ in range(_MAX_STEPS):
        held = ((m <= low) & (here.gradient > 0)) | ((m >= high) & (here.gradient < 0))
        free = ~held
        converged = bool(np.all(np.abs(here.gradient[free]) <= _STATIONARY * here.scale[free]))
        if converged:
            break
        step = np.where(free, -here.newton_step(free), 0.0)
        m, here = _descend(program, here, m, step, low, high)
    frames[offload] = np.clip(np.exp(m), least, most)
    return frames, converged


@dataclass(frozen=True, eq=False)
class _Expansion:
    """J at a point, its gradient, the sizes of its terms, and the Hessian diag(d) + 2 a' a'^T + 2 b' b'^T."""

    value: float
    gradient: FloatArray
    scale: FloatArray
    diagonal: FloatArray
    slope_a: FloatArray
    slope_b: FloatArray

    def newton_step(self, free: BoolArray) -> FloatArray:
        """Hessian^-1 gradient on the free coordinates, 0 elsewhere, by the Woodbury identity."""
        inverse = np.where(free, 1.0 / self.diagonal, 0.0)
        low_rank = np.sqrt(2.0) * np.stack([self.slope_a, self.slope_b])  # (2, n)
        weighted = low_rank * inverse
        core = np.eye(2) + weighted @ low_rank.T
        return inverse * self.gradient - weighted.T @ np.linalg.solve(core, weighted @ self.gradient)


@dataclass(frozen=True, eq=False)
class _Program:
    """The coefficients of J for the devices of N_1, each of shape (|N_1|,)."""

    alpha: FloatArray  # beta_1 rho / f^max, so that a = sqrt(alpha C(M))
    c0: FloatArray  # m_c0
    c1: FloatArray  # m_c1
    beta: FloatArray  # beta_1 d / (R T), so that b = sqrt(beta M)
    e: FloatArray  # beta_2 d p / R
    g: FloatArray  # beta_3 m_a0
    h: FloatArray  # 0 for Phi-hat, m_a1 for Phi

    @classmethod
    def of(cls, problem: Problem, offload: BoolArray, relax_accuracy: bool) -> _Program:
        devices = problem.devices
        coefficients = (
            devices.weight_delay * problem.cycles_per_mac / problem.server_frequency,
            devices.macs_per_frame,
            devices.macs_offset,
            devices.weight_delay * devices.frame_bits / (devices.uplink_rate * problem.time_budget),
            devices.weight_energy * transmission_energy(problem, np.ones(devices.size)),
            devices.weight_accuracy * devices.accuracy_a0,
            np.zeros(devices.size) if relax_accuracy else devices.accuracy_a1,
        )
        return cls(*(c[offload] for c in coefficients))

    def expand(self, m: FloatArray) -> _Expansion:
        frames = np.exp(m)
        complexity = self.c0 * frames + self.c1
        a, b = np.sqrt(self.alpha * complexity), np.sqrt(self.beta * frames)
        share = self.c0 * frames / (2 * complexity)  # a' = share a
        slope_a, slope_b = share * a, b / 2
        total_a, total_b = a.sum(), b.sum()
        shifted = frames + self.h
        energy, loss = self.e * frames, self.g / shifted
        loss_slope = loss * frames / shifted  # minus the derivative
        loss_bend = loss_slope * (frames - self.h) / shifted
        delay_slope = 2 * total_a * slope_a + 2 * total_b * slope_b
        curvature = 2 * total_a * slope_a * (1 - share) + total_b * slope_b + energy + loss_bend
        scale = delay_slope + energy + loss_slope
        return _Expansion(
            value=float(total_a**2 + total_b**2 + energy.sum() + loss.sum()),
            gradient=delay_slope + energy - loss_slope,
            scale=scale,
            diagonal=np.maximum(curvature, 1e-6 * scale),  # m_c1 < 0 or m_a1 > M may bend it downwards
            slope_a=slope_a,
            slope_b=slope_b,
        )


def _descend(
    program: _Program, here: _Expansion, m: FloatArray, step: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, _Expansion]:
    """Halve the step, projected on the box, until J falls enough."""
    rounding = 4 * np.finfo(float).eps * abs(here.value)
    for halvings in range(60):
        trial = np.clip(m + step / 2**halvings, low, high)
        there = program.expand(trial)
        if there.value <= here.value + 1e-4 * (here.gradient @ (trial - m)) + rounding:
            return trial, there
    return m, here
