"""Section IV-A and Appendix A: the best local speed and frames, Theorem 1; equations (19)-(22)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import FloatArray, lock
from mecpapers.caching import remembered
from mecpapers.lemmas import cube_root_speed
from mecpapers.video.model import Problem, fewest_frames, local_cost, macs


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalOptimum:
    """The solution of P_N0, (19), for every device; each field has shape (N,)."""

    frequency: FloatArray  # f_n^md* [cycle/s] (20)
    frames: FloatArray  # M_n* [1] (21)
    cost: FloatArray  # F_0,n (17)

    def __post_init__(self) -> None:
        """Lock the fields, which callers share."""
        lock(self)


def local_frequency(problem: Problem) -> FloatArray:
    """f^md* = min{(beta_1 / (2 beta_2 kappa))^(1/3), f^max} [cycle/s] (20), shape (N,)."""
    devices = problem.devices
    unconstrained = cube_root_speed(devices.weight_delay, devices.weight_energy * devices.energy_coefficient)
    return np.minimum(unconstrained, devices.max_frequency)


def local_frames(problem: Problem, frequency: FloatArray) -> FloatArray:
    """M* of (21) before rounding [1], shape (N,).

    The marginal frame costs ``beta_1 rho m_c0 / f + beta_2 kappa rho m_c0 f^2`` with rho in both terms, whichever
    energy the problem charges: that is Theorem 1 as printed.

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    devices = problem.devices
    least = fewest_frames(devices)
    marginal = (
        problem.cycles_per_mac
        * devices.macs_per_frame
        * (devices.weight_delay / frequency + devices.weight_energy * devices.energy_coefficient * frequency**2)
    )
    gain = devices.weight_accuracy * devices.accuracy_a0
    with np.errstate(divide="ignore", invalid="ignore"):
        interior = np.sqrt(gain / marginal) - devices.accuracy_a1
    interior = np.where(gain > 0, interior, 0.0)  # nothing to gain: as few as allowed
    return np.clip(interior, least, devices.max_frames)


def local_frames_combined(problem: Problem) -> FloatArray:
    """(22): (21) with (20) inserted, valid where (20) stays below f^max; before rounding [1], shape (N,)."""
    devices = problem.devices
    interior = (
        3 ** (-1 / 2)
        * 2 ** (1 / 3)
        * problem.cycles_per_mac ** (-1 / 2)
        * devices.energy_coefficient ** (-1 / 6)
        * devices.macs_per_frame ** (-1 / 2)
        * devices.weight_delay ** (-1 / 3)
        * devices.weight_energy ** (-1 / 6)
        * devices.weight_accuracy ** (1 / 2)
        * devices.accuracy_a0 ** (1 / 2)
    )
    return np.clip(interior - devices.accuracy_a1, fewest_frames(devices), devices.max_frames)


@remembered  # every policy of one problem shares it
def solve_local(problem: Problem) -> LocalOptimum:
    r"""Theorem 1 with whole frames: the solution of P_N0, (19), of every device.

    .. math::
        \min_{M, f} \; \beta_1 \frac{\rho C(M)}{f} + \beta_2 \kappa \rho C(M) f^2 - \beta_3 \Phi(M)
        \quad \text{s.t.} \quad M^{min} \le M \le M^{max}, \; 0 < f \le f^{max}

    Optimal are the f and the M at which the derivatives (47) and (50) vanish, or a bound at which they point outwards:

    .. math::
        2 \beta_2 \kappa f^3 = \beta_1, \qquad
        \rho m_{c,0} \Big(\frac{\beta_1}{f} + \beta_2 \kappa f^2\Big) = \frac{\beta_3 m_{a,0}}{(M + m_{a,1})^2}

    Under ``eq7`` the better of the two neighbours of (21) is taken, which is optimal since F_0 is convex in M; under
    ``eq31`` the nearest whole number, as the paper rounds. Under ``eq31`` the result is Theorem 1's answer, not the
    least cost: (31) lacks rho, Theorem 1 has it.

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    ValueError
        if a cost leaves the range of float64, or a load its normal range, and with it what could be compared or proved.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.video.scenario import SET_A
    >>> best = solve_local(SET_A.draw(np.random.default_rng(0)))
    >>> best.frames.shape, sorted(set(best.frames.tolist()))
    ((25,), [5.0])
    >>> print(f"{best.frequency[0]:.4g} cycle/s")
    1.71e+09 cycle/s
    """
    frequency = local_frequency(problem)
    relaxed = local_frames(problem, frequency)
    if problem.local_energy == "eq31":
        frames = np.rint(relaxed)
        cost = local_cost(problem, frames, frequency)
    else:
        low, high = np.floor(relaxed), np.ceil(relaxed)
        cost_low, cost_high = local_cost(problem, low, frequency), local_cost(problem, high, frequency)
        frames, cost = np.where(cost_low <= cost_high, low, high), np.minimum(cost_low, cost_high)
    beyond = np.flatnonzero(~np.isfinite(cost))
    if beyond.size:
        raise ValueError(
            f"the local cost of device {beyond[0]} leaves the range of float64: "
            "must be finite, with all that makes it up"
        )
    _check_loads(problem, frequency)
    return LocalOptimum(frequency=frequency, frames=frames, cost=cost)


def _check_loads(problem: Problem, frequency: FloatArray) -> None:
    """Refuse a load of the fewest frames, or a delay's cost, that is so small that float64 keeps too few of its digits.

    Raises
    ------
    ValueError
        naming the field and the device, and what would be too small.
    """
    devices, least, tiny = problem.devices, fewest_frames(problem.devices), np.finfo(float).tiny
    cycles = problem.cycles_per_mac * macs(devices, least)
    with np.errstate(divide="ignore"):  # at rate 0
        sending = devices.frame_bits * least / (devices.uplink_rate * problem.time_budget)
    delay = devices.weight_delay * np.minimum(cycles / np.maximum(frequency, problem.server_frequency), sending)
    for field, what, load in (
        ("cycles_per_mac", "cycles of a task", cycles),
        ("frame_bits", "time on air", sending),
        ("weight_delay", "cost of a delay", delay),
    ):
        for n in np.flatnonzero(load < tiny):
            value = np.broadcast_to(getattr(devices, field, problem.cycles_per_mac), load.shape)[n]
            words = f"must be {tiny:.3g} or more, where float64 has all its digits, not {load[n]:.3g}"
            raise ValueError(f"{field} = {value:.6g}: the {what} of device {n} {words}")
