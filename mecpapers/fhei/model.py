"""Sections II-C and III: users, the problem, an allocation, and what it gives; equations (3)-(16) and P1.

Nothing here knows a solver: every allocation, whoever made it, is judged by ``evaluate`` and ``violations``. Sizes are
in byte and rates in bit/s, kept apart by name; ``BITS`` joins them wherever a size meets a rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import FloatArray, NonNegative, NonNegativeScalar, Positive, PositiveScalar, freeze, lock
from mecpapers.solution import Violation

BITS = 8.0  # bit a byte
TOLERANCE = 1e-9
"""Relative slack of every constraint: far above what float64 loses in sums over 200 users (1e-14), and what bisected
sizes miss a limit by (1e-11); far below what a table shows. Ten times more would still let no printed digit change."""


RANGE = 1e50
"""Every field but d_min is 0, where it may be, or between 1 / ``RANGE`` and ``RANGE``, whatever its unit: then every
product of the model, of six fields at most, is a float64. d_min may be 1 / ``RANGE``^6, next to nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Users:
    """The M mobiles; every field has shape (M,), and a scalar stands for all of them.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """

    uplink_rate: NonNegative  # U_m [bit/s] Sec. III-A2; with 0, as D_m, no allocation meets the latency
    downlink_rate: NonNegative  # D_m [bit/s] Sec. III-A2
    device_speed: Positive  # Q_m [FLOP/s] Sec. III-C3
    receive_power: NonNegative  # sigma_m [W] (13)
    uplink_gain: Positive | None = None  # g_m,U [1]; only inversion of the gain needs it
    downlink_gain: Positive | None = None  # g_m,D [1]; likewise

    def __post_init__(self) -> None:
        """Check and lock the fields."""
        freeze(self)
        _check_range(self)

    @property
    def size(self) -> int:
        """M, the number of users."""
        return self.uplink_rate.size


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Problem P1: the users, what they share, and the two limits on means."""

    users: Users
    input_bytes: PositiveScalar  # I [byte] (9)
    transmit_power: NonNegativeScalar  # P_U [W] (13)
    server_speed: PositiveScalar  # F [FLOP/s] Sec. III-C3
    fn_flops_per_byte: PositiveScalar  # c_1 [FLOP/byte] (5)
    fn_base_flops: NonNegativeScalar  # L_0 [FLOP] (5)
    in_flops_per_byte: PositiveScalar  # c_2 [FLOP/byte] (6)
    energy_coefficient: PositiveScalar  # psi [J s^2/FLOP^3] (14)
    min_feature_bytes: PositiveScalar  # d_min [byte] Sec. III-C1
    max_feature_bytes: PositiveScalar  # d_max [byte] Sec. III-C1
    max_mean_energy: PositiveScalar  # E-bar [J] Sec. III-C4
    max_mean_latency: PositiveScalar  # T-bar [s] Sec. III-C4
    quality_per_byte: PositiveScalar  # delta_s [mAP/byte] (16)

    def __post_init__(self) -> None:
        """Check the shared numbers."""
        freeze(self)
        _check_range(self)
        if self.min_feature_bytes > self.max_feature_bytes:
            raise ValueError(
                f"min_feature_bytes = {self.min_feature_bytes:.12g}: must not exceed max_feature_bytes, "
                f"{self.max_feature_bytes:.12g}"
            )


def _check_range(record: Users | Problem) -> None:
    """Refuse what no unit explains, and float64 has no room for."""
    for name, value in vars(record).items():
        least = RANGE**-6 if name == "min_feature_bytes" else 1 / RANGE
        if isinstance(value, Users | None):
            continue
        array = np.asarray(value)
        for k in np.argwhere((array != 0) & ~((array >= least) & (array <= RANGE * (1 + TOLERANCE)))):
            raise ValueError(
                f"{name}{''.join(f'[{i}]' for i in k)} = {array[tuple(k)]:.12g}: "
                f"must lie between {least:g} and {RANGE:g}{'' if least == 1 / RANGE else ' byte'}"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """The variables of P1, each of shape (M,), read-only."""

    feature_bytes: FloatArray  # d_m [byte]
    uplink_share: FloatArray  # alpha_m [1]
    downlink_share: FloatArray  # beta_m [1]
    edge_speed: FloatArray  # f_m [FLOP/s]
    device_speed: FloatArray  # q_m [FLOP/s]
    latency_price: float | None = None  # lambda* [J/s] of P2, where a scheme knows it

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
    """What an allocation gives each user, shape (M,)."""

    latency: FloatArray  # T_m [s] (11)
    energy: FloatArray  # E_m [J] (15)
    quality: FloatArray  # U(d_m) [mAP] (16)

    @property
    def total(self) -> float:
        """The objective of P1."""
        return float(self.quality.sum())


def feature_flops(problem: Problem, feature_bytes: FloatArray) -> FloatArray:
    """L^FN = L_0 + c_1 d [FLOP] (5), at the server, for d [byte] of shape (..., M)."""
    return problem.fn_base_flops + problem.fn_flops_per_byte * feature_bytes


def inference_flops(problem: Problem, feature_bytes: FloatArray) -> FloatArray:
    """L^IN = c_2 d [FLOP] (6), on the mobile, for d [byte] of shape (..., M)."""
    return problem.in_flops_per_byte * feature_bytes


def uplink_delay(problem: Problem, uplink_share: FloatArray) -> FloatArray:
    """I / Lambda_m [s], the first term of (9), with Lambda_m = alpha_m U_m (7), shape (M,)."""
    with np.errstate(divide="ignore"):
        return BITS * problem.input_bytes / (uplink_share * problem.users.uplink_rate)


def downlink_delay(problem: Problem, feature_bytes: FloatArray, downlink_share: FloatArray) -> FloatArray:
    """d_m / Gamma_m [s], the second term of (9), with Gamma_m = beta_m D_m (7), for d [byte] of shape (M,)."""
    with np.errstate(divide="ignore"):
        return BITS * feature_bytes / (downlink_share * problem.users.downlink_rate)


def computing_delay(
    problem: Problem, feature_bytes: FloatArray, edge_speed: FloatArray, device_speed: FloatArray
) -> FloatArray:
    """T^comp = L^FN / f + L^IN / q [s] (10), for d [byte] and speeds [FLOP/s] of shape (M,)."""
    with np.errstate(divide="ignore"):
        edge = feature_flops(problem, feature_bytes) / edge_speed
        return edge + inference_flops(problem, feature_bytes) / device_speed


def computing_energy(problem: Problem, feature_bytes: FloatArray, device_speed: FloatArray) -> FloatArray:
    """E^comp = psi q^2 L^IN [J] (14), for d [byte] and q [FLOP/s] of shape (M,)."""
    return problem.energy_coefficient * device_speed**2 * inference_flops(problem, feature_bytes)


def quality(problem: Problem, feature_bytes: FloatArray) -> FloatArray:
    """U(d) = delta_s d [mAP] (16), for d [byte] of shape (M,)."""
    return problem.quality_per_byte * feature_bytes


def evaluate(problem: Problem, allocation: Allocation) -> Metrics:
    """Latency [s] (8)-(11), energy [J] (12)-(15), quality [mAP] (16) of an allocation, whoever made it; shape (M,)."""
    d, q = allocation.feature_bytes, allocation.device_speed
    up, down = uplink_delay(problem, allocation.uplink_share), downlink_delay(problem, d, allocation.downlink_share)
    return Metrics(
        latency=up + down + computing_delay(problem, d, allocation.edge_speed, q),
        energy=problem.transmit_power * up + problem.users.receive_power * down + computing_energy(problem, d, q),
        quality=quality(problem, d),
    )


def violations(problem: Problem, allocation: Allocation, tolerance: float = TOLERANCE) -> tuple[Violation, ...]:
    """Return every constraint of P1 that an allocation breaks by more than ``tolerance``, relatively."""
    m = evaluate(problem, allocation)
    sums = {
        "uplink": float(allocation.uplink_share.sum()) - 1,
        "downlink": float(allocation.downlink_share.sum()) - 1,
        "server": float(allocation.edge_speed.sum()) / problem.server_speed - 1,
        "mean energy": float(m.energy.mean()) / problem.max_mean_energy - 1,
        "mean latency": float(m.latency.mean()) / problem.max_mean_latency - 1,
    }
    d, q = allocation.feature_bytes, allocation.device_speed
    shares = -np.minimum(np.minimum(allocation.uplink_share, allocation.downlink_share), allocation.edge_speed)
    per_user = {
        "feature size": np.maximum(problem.min_feature_bytes / d - 1, d / problem.max_feature_bytes - 1),
        "device speed": np.maximum(q / problem.users.device_speed - 1, -q),
        "sign": shares,
    }
    found = [Violation(name, None, excess) for name, excess in sums.items() if not excess <= tolerance]
    for name, excess in per_user.items():
        found += [Violation(name, int(n), float(excess[n])) for n in np.flatnonzero(~(excess <= tolerance))]
    return tuple(sorted(found, key=lambda v: v.constraint))
