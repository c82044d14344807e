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

from mecpapers import iterate
from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.solution import Ended, Solution
from mecpapers.video.edge import Coefficients, coefficients, complete
from mecpapers.video.model import Allocation, Problem, check_reachable, fewest_frames

# The projected gradient, relative to the sizes of its own terms. Frames are then right to about 1e-10 of themselves,
# and only rounding to whole numbers follows: 1e-9 would do as well. Below 1e-14 rounding keeps it from being met.
_STATIONARY = 1e-10
_MAX_STEPS = 100  # Newton takes about ten; with m_c1 < 0, where J is not convex, it may take more
_ARMIJO = 1e-4  # share of the promised fall that a step must bring; the usual number, anything well below 1/2 will do
_CONVEX = 1e-6  # of a gradient's terms: the least curvature assumed, where m_c1 < 0 or m_a1 > M bends J downwards


def solve_geometric(problem: Problem, offload: BoolArray, *, relax_accuracy: bool = True) -> Solution[Allocation]:
    r"""Algorithm 2 on a given policy: relax the frames, round to the nearest, apply Theorem 2.

    .. math::
        \min_m \; A^2 + B^2 + \sum_{n \in N_1} \Big(e_n e^{m_n} + \frac{g_n}{e^{m_n} + h_n}\Big)
        \quad \text{s.t.} \quad \ln M^{min} \le m_n \le \ln M^{max}

    Optimal where every derivative vanishes, or points outwards at a bound.

    Parameters
    ----------
    offload : shape (N,); the set N_1
    relax_accuracy : with Phi-hat, as the paper does; false: with Phi

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.

    Examples
    --------
    >>> from mecpapers.video.scenario import SET_A
    >>> problem = SET_A.draw(np.random.default_rng(0))
    >>> solution = solve_geometric(problem, problem.devices.uplink_rate > 3e7)
    >>> solution.ended, int(solution.allocation.frames[solution.allocation.offload].max())
    ('converged', 4)
    """
    frames, ended = relaxed_frames(problem, offload, relax_accuracy=relax_accuracy)
    return complete(problem, offload, np.rint(frames), ended=ended)


def warm_started(*, relax_accuracy: bool = True) -> Callable[[Problem, BoolArray], Solution[Allocation]]:
    """Algorithm 2 for a run of like policies, shape (N,), of one problem: each starts from the frames of the last."""
    last: FloatArray | None = None

    def allocate(problem: Problem, offload: BoolArray) -> Solution[Allocation]:
        nonlocal last
        last, ended = relaxed_frames(problem, offload, relax_accuracy=relax_accuracy, start=last)
        return complete(problem, offload, np.rint(last), ended=ended)

    return allocate


def relaxed_frames(
    problem: Problem, offload: BoolArray, *, relax_accuracy: bool = True, start: FloatArray | None = None
) -> tuple[FloatArray, Ended]:
    """Minimise (29) over the frames by a projected Newton method.

    Devices at a bound whose gradient points outward are held there; the others take a Newton step, which is halved
    until the objective falls enough (Armijo).

    Parameters
    ----------
    offload : shape (N,); the set N_1
    start : frames to start from, shape (N,); where 0 or not given, the middle of the bounds

    Returns
    -------
    frames : shape (N,), real numbers; 0 outside N_1
    ended : ``cap`` if the cap of 100 steps was met

    Raises
    ------
    Infeasible
        if a device of N_1 has no rate.
    """
    check_reachable(problem.devices, offload)
    frames = np.zeros(offload.size)
    if not offload.any():
        return frames, "converged"
    program = _Program.of(problem, offload, relax_accuracy)
    least, most = fewest_frames(problem.devices)[offload], problem.devices.max_frames[offload]
    m = (program.low + program.high) / 2
    if start is not None:
        known = start[offload]
        m = np.where(known > 0, np.log(np.clip(known, least, most)), m)
    point, ended = iterate.run(program.expand(m), program.step, _done, most=_MAX_STEPS)
    frames[offload] = np.clip(np.exp(point.m), least, most)
    return frames, ended


@dataclass(frozen=True, eq=False)
class _Expansion:
    """J at a point, its gradient, the sizes of its terms, and the Hessian diag(d) + 2 a' a'^T + 2 b' b'^T."""

    m: FloatArray
    free: BoolArray  # not held at a bound by the gradient
    value: float
    gradient: FloatArray
    scale: FloatArray
    diagonal: FloatArray
    slope_a: FloatArray
    slope_b: FloatArray

    def newton_step(self) -> FloatArray:
        """Minus Hessian^-1 gradient on the free coordinates, 0 elsewhere, by the Woodbury identity."""
        inverse = np.where(self.free, 1.0 / self.diagonal, 0.0)
        low_rank = np.sqrt(2.0) * np.stack([self.slope_a, self.slope_b])  # (2, n)
        weighted = low_rank * inverse
        core = np.eye(2) + weighted @ low_rank.T
        return weighted.T @ np.linalg.solve(core, weighted @ self.gradient) - inverse * self.gradient


def _done(here: _Expansion) -> Ended | None:
    small = np.abs(here.gradient) <= _STATIONARY * here.scale
    return "converged" if np.all(small[here.free]) else None


@dataclass(frozen=True, eq=False)
class _Program:
    """The coefficients of J for the devices of N_1, and their bounds, each of shape (|N_1|,)."""

    k: Coefficients
    h: FloatArray  # 0 for Phi-hat, m_a1 for Phi
    low: FloatArray  # ln M^min
    high: FloatArray  # ln M^max

    @classmethod
    def of(cls, problem: Problem, offload: BoolArray, relax_accuracy: bool) -> _Program:
        devices = problem.devices
        k = Coefficients(*(c[offload] for c in vars(coefficients(problem)).values()))
        h = np.zeros(devices.size) if relax_accuracy else devices.accuracy_a1
        return cls(k, h[offload], np.log(fewest_frames(devices)[offload]), np.log(devices.max_frames[offload]))

    def expand(self, m: FloatArray) -> _Expansion:
        """J and its derivatives at m = ln M, shape (|N_1|,)."""
        k, frames = self.k, np.exp(m)
        computing = k.a0 * frames + k.a1
        a, b = np.sqrt(computing), np.sqrt(k.bt * frames)
        share = k.a0 * frames / (2 * computing)  # a' = share a
        slope_a, slope_b = share * a, b / 2
        total_a, total_b = a.sum(), b.sum()
        shifted = frames + self.h
        energy, loss = k.e * frames, k.g / shifted
        loss_slope = loss * frames / shifted  # minus the derivative
        loss_bend = loss_slope * (frames - self.h) / shifted
        delay_slope = 2 * total_a * slope_a + 2 * total_b * slope_b
        curvature = 2 * total_a * slope_a * (1 - share) + total_b * slope_b + energy + loss_bend
        scale = delay_slope + energy + loss_slope
        gradient = delay_slope + energy - loss_slope
        held = ((m <= self.low) & (gradient > 0)) | ((m >= self.high) & (gradient < 0))
        return _Expansion(
            m=m,
            free=~held,
            value=float(total_a**2 + total_b**2 + energy.sum() + loss.sum()),
            gradient=gradient,
            scale=scale,
            diagonal=np.maximum(curvature, _CONVEX * scale),
            slope_a=slope_a,
            slope_b=slope_b,
        )

    def step(self, here: _Expansion) -> _Expansion:
        """Newton's step, projected on the box, and halved until J falls enough."""
        step, rounding = here.newton_step(), 4 * np.finfo(float).eps * abs(here.value)
        for halvings in range(60):  # 2^-60 of a step moves nothing
            there = self.expand(np.clip(here.m + step / 2**halvings, self.low, self.high))
            if there.value <= here.value + _ARMIJO * (here.gradient @ (there.m - here.m)) + rounding:
                return there
        return here
