"""The model: devices with score distributions, two thresholds each, and what they give; all of it [assumed].

Only a summary of the paper is at hand. It names two confidence thresholds, a required end-to-end delay D_req, speeds
v_d and model sizes N_d, transmission times tau_i and an inference time T_inf^d; the formulas are our reconstruction.
Nothing here knows a solver: every allocation, whoever made it, is judged by ``evaluate`` and ``violations``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np

from mecpapers.arrays import (
    Columns,
    CountScalar,
    FloatArray,
    Fraction,
    FractionScalar,
    IndexArray,
    NonNegative,
    NonNegativeScalar,
    PositiveScalar,
    freeze,
    lock,
    locked,
)
from mecpapers.solution import Violation

Table = Annotated[Fraction, Columns("levels")]  # (N, K)
Filtered = Literal["left out", "kept"]
"""What becomes of an image that the lower threshold filters out: its view is left out, or its local result kept."""

TOLERANCE = 1e-9
"""Relative slack of the deadline: far above what sums over a hundred devices lose in float64, and 0.1 ns of 100 ms. Ten
times more would change no frame's verdict either."""
UNIT_SUM = 1e-6
"""How near to 1 a row must add up; it is then made to. Ten times less would refuse rows written with six digits, ten
times more would let a mistyped digit pass."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """N devices whose light networks score their images on K levels, and what they share.

    A scalar stands for all devices, and one row of K numbers for all rows.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """

    deadline: PositiveScalar  # D_req [s]
    device_delay: NonNegative  # T_inf^d = N_d / v_d of each device [s] (N,); the largest counts
    server_delay: NonNegativeScalar  # T_inf^s = N_s / v_s of one image on one server [s]
    transmission_time: NonNegative  # S / r_i, one image's time on air [s] (N,)
    discard_value: FractionScalar  # kappa, what a discarded view is worth [1]
    score_pmf: Table  # f_i [1] (N, K)
    device_accuracy: Table  # a_i^D: mean accuracy of the light network at each level [1] (N, K)
    server_accuracy: Table  # a_i^S: of the heavy network, given the light one's score [1] (N, K)
    servers: CountScalar = 1  # M
    filtered: Filtered = "left out"  # below the lower threshold; where "kept", kappa counts nowhere

    def __post_init__(self) -> None:
        """Check, broadcast and lock the fields, and make the rows of ``score_pmf`` add up to 1 exactly."""
        freeze(self)
        sums = self.score_pmf.sum(axis=1, keepdims=True)
        off = np.flatnonzero(np.abs(sums - 1) > UNIT_SUM)
        if off.size:
            raise ValueError(f"score_pmf[{off[0]}] = a sum of {sums[off[0], 0]:.9g}: must add up to 1")
        object.__setattr__(self, "score_pmf", locked(self.score_pmf / sums))

    @property
    def size(self) -> int:
        """N, the number of devices."""
        return self.transmission_time.size

    @property
    def levels(self) -> int:
        """K, the number of score levels."""
        return int(self.score_pmf.shape[1])

    @property
    def offload_cost(self) -> FloatArray:
        """c_i = S / r_i + T_inf^s / M: what one image of a device adds to the delay [s], shape (N,)."""
        long = self.transmission_time + self.server_delay / self.servers
        return np.minimum(long, np.finfo(float).max)  # for ever: still a number, so that nothing of it takes no time

    @property
    def budget(self) -> float:
        """D_req - max_i T_inf^d: what is left for offloading [s]; negative if the light networks are too slow."""
        return self.deadline - float(self.device_delay.max())


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """What is measured of N devices before a scenario sets speeds and links."""

    score_pmf: FloatArray  # f_i (N, K)
    device_accuracy: FloatArray  # a_i^D (N, K)
    server_accuracy: FloatArray  # a_i^S (N, K)
    image_bits: FloatArray  # S, mean size of an image [bit] (N,)
    device_seconds: float  # one image on the measuring core, light network [s]
    server_seconds: float  # the same, heavy network [s]

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)

    def of(self, devices: IndexArray) -> Tables:
        """The tables of some devices, by their numbers, shape (n,); a number may come twice."""
        names = ("score_pmf", "device_accuracy", "server_accuracy", "image_bits")
        return replace(self, **{name: getattr(self, name)[devices] for name in names})


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """Two thresholds a device, as level numbers 0 ... K: level b is discarded below ``lower``, offloaded for
    ``lower`` <= b < ``upper``, and its local result accepted from ``upper`` on.
    """  # noqa: D205

    lower: IndexArray  # l_i (N,), or (F, N) where they change with the frame
    upper: IndexArray  # u_i, likewise
    device_inference: bool = True  # False: no device runs its network (only where no threshold needs a score)

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
    """What an allocation gives."""

    offload_probability: FloatArray  # p_i = F_i(u_i) - F_i(l_i) [1] (N,)
    accuracy: FloatArray  # A_i(l_i, u_i) [1] (N,)
    air_time: FloatArray  # tau_i = p_i S / r_i, expected [s] (N,)
    delay: float  # D = max_i T_inf^d + sum_i tau_i + (T_inf^s / M) sum_i p_i [s]

    @property
    def total(self) -> float:
        """The objective: the sum of the accuracies."""
        return float(self.accuracy.sum())


def expected_accuracy(problem: Problem, lower: IndexArray, upper: IndexArray) -> FloatArray:
    """A_i(l, u) = sum_{b >= u} f a^D + sum_{l <= b < u} f a^S + kappa F(l) [1], shape (N, ...) of levels (N, ...).

    Where local results are kept below l, the last term is sum_{b < l} f a^D.
    """
    f = problem.score_pmf
    local, served, mass = (_below(f * v) for v in (problem.device_accuracy, problem.server_accuracy, np.ones(1)))
    device = np.arange(problem.size).reshape(-1, *(1,) * (np.ndim(lower) - 1))
    accepted = local[:, -1:].reshape(device.shape) - local[device, upper]
    offloaded = served[device, upper] - served[device, lower]
    filtered = local if problem.filtered == "kept" else problem.discard_value * mass
    return np.asarray(accepted + offloaded + filtered[device, lower])


def offload_probability(problem: Problem, lower: IndexArray, upper: IndexArray) -> FloatArray:
    """p_i = F_i(u) - F_i(l) [1], shape (N, ...) of levels (N, ...)."""
    mass = _below(problem.score_pmf)
    device = np.arange(problem.size).reshape(-1, *(1,) * (np.ndim(lower) - 1))
    return np.asarray(mass[device, upper] - mass[device, lower])


def evaluate(problem: Problem, allocation: Allocation) -> Metrics:
    """Accuracy [1] and offloading [1], shape (N,), and expected delay [s] of an allocation, whoever made it."""
    p = offload_probability(problem, allocation.lower, allocation.upper)
    sent = p * problem.transmission_time
    device_delay = float(problem.device_delay.max()) if allocation.device_inference else 0.0
    if not allocation.device_inference:  # there is no local result to keep
        problem = replace(problem, filtered="left out")
    return Metrics(
        offload_probability=p,
        accuracy=expected_accuracy(problem, allocation.lower, allocation.upper),
        air_time=sent,
        delay=device_delay + float(sent.sum()) + problem.server_delay / problem.servers * float(p.sum()),
    )


def violations(problem: Problem, allocation: Allocation, tolerance: float = TOLERANCE) -> tuple[Violation, ...]:
    """Every constraint that an allocation breaks: deadline, 0 <= l <= u <= K, a score where a threshold needs one."""
    low, up, k = allocation.lower, allocation.upper, problem.levels
    off = np.maximum(np.maximum(-low, low - up), up - k)
    if (off > 0).any():
        return tuple(Violation("0 <= lower <= upper <= K", int(n), off[n] / k) for n in np.flatnonzero(off > 0))
    found = []
    scored = ~(((low == 0) & (up == k)) | (low == k))
    if not allocation.device_inference:
        found += [Violation("a threshold needs a score", int(n), 1.0) for n in np.flatnonzero(scored)]
    excess = evaluate(problem, allocation).delay / problem.deadline - 1
    if not excess <= tolerance:
        found.append(Violation("delay <= deadline", None, excess))
    return tuple(found)


def _below(values: FloatArray) -> FloatArray:
    """Sums over the levels below each threshold 0 ... K, shape (N, K+1)."""
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
