"""The model: devices with score distributions, two thresholds each, and what they give; all of it [assumed].

Only a summary of the paper is at hand. It names two confidence thresholds, a required end-to-end delay D_req, speeds
v_d and model sizes N_d, transmission times tau_i and an inference time T_inf^d; the formulas are our reconstruction.
Nothing here knows a solver: every allocation, whoever made it, is judged by ``evaluate`` and ``violations``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mecpapers.arrays import (
    Count,
    FloatArray,
    Fraction,
    NonNegative,
    PositiveScalar,
    Rule,
    checked,
    read_only,
    rule_of,
)

Bins = NDArray[np.intp]

TOLERANCE = 1e-9  # relative slack of the deadline
UNIT_SUM = 1e-6  # how near to 1 a pmf must add up; it is then normalised


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
    server_delay: float  # T_inf^s = N_s / v_s of one image on one server [s]
    transmission_time: NonNegative  # S / r_i, one image's time on air [s] (N,)
    discard_value: float  # kappa, what a discarded view is worth [1]
    score_pmf: FloatArray  # f_i [1] (N, K)
    device_accuracy: FloatArray  # a_i^D: mean accuracy of the light network at each level [1] (N, K)
    server_accuracy: FloatArray  # a_i^S: of the heavy network, given the light one's score [1] (N, K)
    servers: float = 1  # M, whole

    def __post_init__(self) -> None:
        """Check, broadcast and lock the fields."""
        scalars = {
            "deadline": rule_of(Problem, "deadline"),
            "server_delay": rule_of(Problem, "device_delay"),
            "discard_value": rule_of(_Rules, "fraction"),
            "servers": rule_of(_Rules, "count"),
        }
        for name, rule in scalars.items():
            value = checked(name, getattr(self, name), rule)
            if value.ndim:
                raise ValueError(f"{name} = {getattr(self, name)!r}: must be one number")
            object.__setattr__(self, name, float(value))
        vectors = {
            name: checked(name, getattr(self, name), rule_of(Problem, name))
            for name in ("device_delay", "transmission_time")
        }
        rows = {name: _table(name, getattr(self, name)) for name in ("score_pmf", "device_accuracy", "server_accuracy")}
        _same({name: v.size for name, v in vectors.items() if v.ndim} | _row_counts(rows), "values")
        _same({name: table.shape[1] for name, table in rows.items()}, "levels")
        n = max([v.size for v in vectors.values()] + [len(t) for t in rows.values()])
        for name, value in vectors.items():
            object.__setattr__(self, name, read_only(value, n))
        for name, table in rows.items():
            full = np.array(np.broadcast_to(table, (n, table.shape[1])))
            if name == "score_pmf":
                full /= full.sum(axis=1, keepdims=True)
            full.flags.writeable = False
            object.__setattr__(self, name, full)

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
        return self.transmission_time + self.server_delay / self.servers

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """Two thresholds a device, as level numbers 0 ... K: level b is discarded below ``lower``, offloaded for
    ``lower`` <= b < ``upper``, and its local result accepted from ``upper`` on.
    """  # noqa: D205

    lower: Bins  # l_i (N,)
    upper: Bins  # u_i (N,)
    device_inference: bool = True  # False: no device runs its network (only where no threshold needs a score)


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
    """What an allocation gives."""

    offload_probability: FloatArray  # p_i = F_i(u_i) - F_i(l_i) [1] (N,)
    accuracy: FloatArray  # A_i(l_i, u_i) [1] (N,)
    transmission_time: FloatArray  # tau_i = p_i S / r_i [s] (N,)
    delay: float  # D = max_i T_inf^d + sum_i tau_i + (T_inf^s / M) sum_i p_i [s]

    @property
    def total(self) -> float:
        """The objective: the sum of the accuracies."""
        return float(self.accuracy.sum())


@dataclass(frozen=True)
class Violation:
    """One broken constraint, the device (None: all together) and the excess, relative to the limit."""

    constraint: str
    device: int | None
    excess: float


def expected_accuracy(problem: Problem, lower: Bins, upper: Bins) -> FloatArray:
    """A_i(l, u) = sum_{b >= u} f a^D + sum_{l <= b < u} f a^S + kappa F(l), shape (N, ...) of bins (N, ...)."""
    f = problem.score_pmf
    local, served, mass = (_below(f * v) for v in (problem.device_accuracy, problem.server_accuracy, np.ones(1)))
    device = np.arange(problem.size).reshape(-1, *(1,) * (np.ndim(lower) - 1))
    accepted = local[:, -1:].reshape(device.shape) - local[device, upper]
    offloaded = served[device, upper] - served[device, lower]
    return np.asarray(accepted + offloaded + problem.discard_value * mass[device, lower])


def offload_probability(problem: Problem, lower: Bins, upper: Bins) -> FloatArray:
    """p_i = F_i(u) - F_i(l), shape (N, ...) of bins (N, ...)."""
    mass = _below(problem.score_pmf)
    device = np.arange(problem.size).reshape(-1, *(1,) * (np.ndim(lower) - 1))
    return np.asarray(mass[device, upper] - mass[device, lower])


def evaluate(problem: Problem, allocation: Allocation) -> Metrics:
    """Accuracy, offloading and expected delay of an allocation, whoever made it."""
    p = offload_probability(problem, allocation.lower, allocation.upper)
    sent = p * problem.transmission_time
    device_delay = float(problem.device_delay.max()) if allocation.device_inference else 0.0
    return Metrics(
        offload_probability=p,
        accuracy=expected_accuracy(problem, allocation.lower, allocation.upper),
        transmission_time=sent,
        delay=device_delay + float(sent.sum()) + problem.server_delay / problem.servers * float(p.sum()),
    )


def violations(problem: Problem, allocation: Allocation, tolerance: float = TOLERANCE) -> tuple[Violation, ...]:
    """Every constraint that an allocation breaks: deadline, 0 <= l <= u <= K, a score where a threshold needs one."""
    low, up, k = allocation.lower, allocation.upper, problem.levels
    found = []
    for n in np.flatnonzero((low < 0) | (up < low) | (up > k)):
        found.append(Violation("0 <= lower <= upper <= K", int(n), float(max(-low[n], low[n] - up[n], up[n] - k) / k)))
    if found:
        return tuple(found)
    scored = ~(((low == 0) & (up == k)) | (low == k))
    if not allocation.device_inference:
        found += [Violation("a threshold needs a score", int(n), 1.0) for n in np.flatnonzero(scored)]
    excess = evaluate(problem, allocation).delay / problem.deadline - 1
    if not excess <= tolerance:
        found.append(Violation("delay <= deadline", None, excess))
    return tuple(found)


@dataclass(frozen=True)
class _Rules:
    fraction: Fraction
    count: Count


def _below(values: FloatArray) -> FloatArray:
    """Sums over the levels below each threshold 0 ... K, shape (N, K+1)."""
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _table(name: str, value: ArrayLike) -> FloatArray:
    """Check a table of fractions, (N, K) or one row of K; the rows of ``score_pmf`` must add up to one."""
    try:
        raw = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} = rows of unequal length: must all hold K numbers") from None
    if raw.dtype.kind not in "iuf" or raw.ndim not in (1, 2) or raw.size == 0:
        raise ValueError(f"{name} = {_shape(raw)}: must be rows of K numbers, one a device")
    table: FloatArray = np.atleast_2d(raw.astype(np.float64))
    rule: Rule = rule_of(_Rules, "fraction")
    wrong = np.argwhere(~np.isfinite(table) | ~rule.holds(table))
    if wrong.size:
        n, b = wrong[0]
        raise ValueError(f"{name}[{n}][{b}] = {table[n, b]:.12g}: {rule.text}")
    sums = table.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1) > UNIT_SUM)
    if name == "score_pmf" and off.size:
        raise ValueError(f"score_pmf[{off[0]}] = a sum of {sums[off[0]]:.9g}: must add up to 1")
    return table


def _shape(raw: NDArray[np.generic]) -> str:
    return "an array of shape " + " x ".join(map(str, raw.shape)) if raw.ndim else repr(raw.item())


def _row_counts(rows: dict[str, FloatArray]) -> dict[str, int]:
    return {name: len(table) for name, table in rows.items() if len(table) > 1}


def _same(sizes: dict[str, int], what: str) -> None:
    for name, size in sizes.items():
        first = next(iter(sizes))
        if size != sizes[first]:
            raise ValueError(f"{name} has {size} {what}: must have as many as {first}, {sizes[first]}")
