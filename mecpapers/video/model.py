"""Sections II and III: devices, the problem, an allocation, and what it costs; equations (5)-(18).

Nothing here knows a solver: every allocation, whoever made it, is judged by ``evaluate`` and ``violations``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mecpapers.arrays import (
    AboveMinusOne,
    BoolArray,
    Count,
    Finite,
    FloatArray,
    Fraction,
    NonNegative,
    Positive,
    PositiveScalar,
    freeze,
    lock,
    read_only,
)
from mecpapers.batch import ONE
from mecpapers.caching import remembered
from mecpapers.solution import Infeasible, Violation

LocalEnergy = Literal["eq7", "eq31"]
"""``eq7``: kappa rho C f^2, as (7) and (17) say; ``eq31``: kappa C f^2, without rho, as (31) prints it."""

TOLERANCE = 1e-9
"""Relative slack of every constraint, and of Phi(M) >= alpha. Sums of a million shares are off by 1e-13 or so. At 1e-8
a solver's own tolerance would pass as feasible; at 1e-13 rounding would be called a violation, and an accuracy that
whole frames meet exactly would cost another frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Devices:
    """The N devices of one drop; every field has shape (N,), and a scalar stands for all devices.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """

    uplink_rate: NonNegative  # R_n [bit/s] (8); a device whose rate is 0 cannot offload
    channel_gain: Positive | None = None  # h_n [1] Sec. II-C; it only orders Algorithm 3, see ``channel``
    transmit_power: NonNegative  # p_n [W] (10)
    frame_bits: Positive  # d [bit] Sec. II-C
    max_frequency: Positive  # f_n^max [cycle/s] (13f)
    energy_coefficient: NonNegative  # kappa [J s^2/cycle^3] (7)
    macs_per_frame: NonNegative  # m_c,0 [MAC] (14)
    macs_offset: Finite  # m_c,1 [MAC] (14)
    accuracy_a0: NonNegative  # m_a,0 [1] (15)
    accuracy_a1: AboveMinusOne  # m_a,1 [1] (15)
    accuracy_a2: NonNegative  # m_a,2 [1] (15)
    min_accuracy: Fraction  # alpha_n [1] (13a)
    max_frames: Count  # M_n^max [1] (13b)
    min_frames: Count | None = None  # M_n^min [1]; given, it replaces (13a)
    weight_delay: Positive  # beta_1 [1/s] (13)
    weight_energy: NonNegative  # beta_2 [1/J] (13)
    weight_accuracy: NonNegative  # beta_3 [1] (13)

    def __post_init__(self) -> None:
        """Check and lock the fields."""
        freeze(self)
        if self.min_frames is not None:
            _refuse("min_frames", self.min_frames, self.min_frames > self.max_frames, "must not exceed max_frames")
        least = np.minimum(_frames_needed(self), self.max_frames)
        _refuse("macs_offset", self.macs_offset, macs(self, least) <= 0, "must leave C(M) > 0 at the fewest frames")

    @property
    def size(self) -> int:
        """N, the number of devices."""
        return self.uplink_rate.size

    @property
    def channel(self) -> FloatArray:
        """What orders the channels, shape (N,): the gains h_n, or the rates R_n where no gains are given."""
        return self.uplink_rate if self.channel_gain is None else self.channel_gain

    @property
    def reachable(self) -> BoolArray:
        """Which devices can offload, shape (N,): those with a rate above 0."""
        return self.uplink_rate > 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Problem P2, (16): the devices, and what they share."""

    devices: Devices
    server_frequency: PositiveScalar  # f^max [cycle/s] (13d)
    time_budget: PositiveScalar = 1.0  # right side of (13c) [1]; several carriers: above 1
    cycles_per_mac: PositiveScalar = 0.12  # rho [cycle/MAC] (5)
    local_energy: LocalEnergy = "eq7"

    def __post_init__(self) -> None:
        """Check the shared numbers."""
        freeze(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """The variables of P1 and P2; each has shape (N,), and what a device does not use is 0.

    The arrays are copied, and the copies are read-only. ``violations`` judges the values.

    Raises
    ------
    ValueError
        unless all have the same length.
    """

    offload: BoolArray  # x_n (13g)
    frames: FloatArray  # M_n [1] (13b); whole numbers, but in a relaxation
    time_share: FloatArray  # t_n [1] (13c)
    edge_frequency: FloatArray  # f_n^e [cycle/s] (13d)
    device_frequency: FloatArray  # f_n^md [cycle/s] (13f)

    def __post_init__(self) -> None:
        """Copy and lock the fields."""
        lock(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
    """What an allocation gives each device, shape (N,)."""

    delay: FloatArray  # D_n [s] (11)
    energy: FloatArray  # E_n [J] (12)
    accuracy: FloatArray  # Phi(M_n) [1] (15)
    cost: FloatArray  # beta_1 D_n + beta_2 E_n - beta_3 Phi(M_n) (13)

    @property
    def total(self) -> float:
        """The objective of P1 and P2, (13) and (16)."""
        return float(ONE.sum(self.cost))


def restate_eq31(problem: Problem) -> Problem:
    """The same costs with an energy that Theorem 1 sees: kappa C f^2 is kappa' rho C f^2 with kappa' = kappa / rho.

    Under ``eq31`` Theorem 1 chooses the frequency with kappa while the cost charges kappa'. The restated problem, an
    ``eq7`` problem, has the least cost that the charged energy allows.
    """
    kappa = problem.devices.energy_coefficient / problem.cycles_per_mac
    return replace(problem, local_energy="eq7", devices=replace(problem.devices, energy_coefficient=kappa))


def macs(devices: Devices, frames: FloatArray) -> FloatArray:
    """C(M) = m_c0 M + m_c1 [MAC] (14), shape (N,)."""
    return devices.macs_per_frame * frames + devices.macs_offset


def accuracy(devices: Devices, frames: FloatArray) -> FloatArray:
    """Phi(M) = -m_a0 / (M + m_a1) + m_a2 [1] (15), shape (N,)."""
    return devices.accuracy_a2 - devices.accuracy_a0 / (frames + devices.accuracy_a1)


def computing_delay(problem: Problem, frames: FloatArray, frequency: FloatArray) -> FloatArray:
    """D = rho C(M) / f [s], on the device (5) as at the edge (6), shape (N,); infinite at frequency 0 [cycle/s]."""
    with np.errstate(divide="ignore"):
        return problem.cycles_per_mac * macs(problem.devices, frames) / frequency


def computing_energy(problem: Problem, frames: FloatArray, frequency: FloatArray) -> FloatArray:
    """E^md = kappa rho C(M) f^2 [J] (7), shape (N,), or without rho where the problem says ``eq31``; f in cycle/s."""
    rho = problem.cycles_per_mac if problem.local_energy == "eq7" else 1.0
    return problem.devices.energy_coefficient * rho * macs(problem.devices, frames) * frequency**2


def transmission_delay(problem: Problem, frames: FloatArray, time_share: FloatArray) -> FloatArray:
    """D^t = M d / (R t) [s] (9), shape (N,), the ceil over radio frames dropped as there; infinite at share 0."""
    with np.errstate(divide="ignore"):
        return frames * problem.devices.frame_bits / (problem.devices.uplink_rate * time_share)


def transmission_delay_in_radio_frames(
    problem: Problem, frames: FloatArray, time_share: FloatArray, radio_frame: float
) -> FloatArray:
    """D^t [s] of (9) before its approximation, shape (N,): whole radio frames of length Delta T [s]."""
    return np.ceil(transmission_delay(problem, frames, time_share) / radio_frame) * radio_frame


def transmission_energy(problem: Problem, frames: FloatArray) -> FloatArray:
    """E^t = M d p / R [J] (10), shape (N,); infinite at rate 0, but where sending takes no power."""
    devices = problem.devices
    with np.errstate(divide="ignore", invalid="ignore"):
        energy = frames * devices.frame_bits * devices.transmit_power / devices.uplink_rate
    return np.where(devices.transmit_power > 0, energy, 0.0)


def energy_cost(devices: Devices, energy: FloatArray) -> FloatArray:
    """beta_2 E [cost], for E in joules, shape (N,); 0 where energy weighs nothing, even if it is infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(devices.weight_energy > 0, devices.weight_energy * energy, 0.0)


def local_cost(problem: Problem, frames: FloatArray, frequency: FloatArray) -> FloatArray:
    """F_0(M, f^md), (17), for M frames and f^md in cycle/s; each of shape (N,)."""
    devices = problem.devices
    return (
        devices.weight_delay * computing_delay(problem, frames, frequency)
        + energy_cost(devices, computing_energy(problem, frames, frequency))
        - devices.weight_accuracy * accuracy(devices, frames)
    )


def edge_cost(problem: Problem, frames: FloatArray, frequency: FloatArray, time_share: FloatArray) -> FloatArray:
    """F_1(M, f^e, t), (18), for M frames, f^e in cycle/s and the time share t; each of shape (N,)."""
    devices = problem.devices
    return (
        devices.weight_delay * computing_delay(problem, frames, frequency)
        + devices.weight_delay * transmission_delay(problem, frames, time_share)
        + energy_cost(devices, transmission_energy(problem, frames))
        - devices.weight_accuracy * accuracy(devices, frames)
    )


def evaluate(problem: Problem, allocation: Allocation) -> Metrics:
    """Delay (11), energy (12), accuracy (15) and cost (13) of an allocation, whoever made it."""
    devices, x, m = problem.devices, allocation.offload, allocation.frames
    edge_delay = computing_delay(problem, m, allocation.edge_frequency) + transmission_delay(
        problem, m, allocation.time_share
    )
    delay = np.where(x, edge_delay, computing_delay(problem, m, allocation.device_frequency))
    energy = np.where(x, transmission_energy(problem, m), computing_energy(problem, m, allocation.device_frequency))
    phi = accuracy(devices, m)
    cost = devices.weight_delay * delay + energy_cost(devices, energy) - devices.weight_accuracy * phi
    return Metrics(delay=delay, energy=energy, accuracy=phi, cost=cost)


def violations(problem: Problem, allocation: Allocation, tolerance: float = TOLERANCE) -> tuple[Violation, ...]:
    """Return every constraint (13a)-(13f) that an allocation breaks by more than ``tolerance``, relatively."""
    devices, x = problem.devices, allocation.offload
    m, t, f_e, f_md = allocation.frames, allocation.time_share, allocation.edge_frequency, allocation.device_frequency
    per_device = {
        "(13a)": _frames_needed(devices) - m,
        "(13b)": np.maximum(m / devices.max_frames - 1, np.abs(m - np.rint(m))),
        "(13e)": np.maximum(-t / problem.time_budget, -f_e / problem.server_frequency),
        "(13f)": np.maximum(f_md / devices.max_frequency - 1, -f_md / devices.max_frequency),
    }
    sums = {
        "(13c)": float(t[x].sum()) / problem.time_budget - 1,
        "(13d)": float(f_e[x].sum()) / problem.server_frequency - 1,
    }
    found = [Violation(name, None, excess) for name, excess in sums.items() if not excess <= tolerance]
    for name, excess in per_device.items():
        found += [Violation(name, int(n), float(excess[n])) for n in np.flatnonzero(~(excess <= tolerance))]
    return tuple(sorted(found, key=lambda v: v.constraint))


@remembered  # Algorithm 3 asks for the same devices again and again
def fewest_frames(devices: Devices) -> FloatArray:
    """M^min, the fewest frames that reach the accuracy alpha (13a), or ``min_frames`` where given; shape (N,).

    Raises
    ------
    Infeasible
        if M^max frames do not reach alpha: naming the device, the accuracy needed and the one attainable.
    """
    needed = _frames_needed(devices)
    beyond = np.flatnonzero(needed > devices.max_frames)
    if beyond.size:
        n = int(beyond[0])
        attainable = accuracy(devices, devices.max_frames)[n]
        raise Infeasible(
            f"(13a) device {n} needs an accuracy of {devices.min_accuracy[n]:.6g}, but {devices.max_frames[n]:g} "
            f"frames reach {attainable:.6g}: {devices.min_accuracy[n] - attainable:.3g} short"
            + (f" (and {beyond.size - 1} more devices)" if beyond.size > 1 else "")
        )
    return read_only(needed, needed.size)


def check_reachable(devices: Devices, offload: BoolArray) -> None:
    """Refuse a policy, shape (N,), that offloads where there is no rate.

    Raises
    ------
    Infeasible
        naming the first such device.
    """
    lost = np.flatnonzero(offload & ~devices.reachable)
    if lost.size:
        more = f" (and {lost.size - 1} more devices)" if lost.size > 1 else ""
        raise Infeasible(f"(9) device {lost[0]} cannot offload: its uplink rate is 0 bit/s{more}")


def _frames_needed(devices: Devices) -> FloatArray:
    """The fewest whole M >= 1 with Phi(M) >= alpha: M >= m_a0 / (m_a2 - alpha) - m_a1; infinite if there is none."""
    if devices.min_frames is not None:
        return devices.min_frames
    slack = devices.accuracy_a2 - devices.min_accuracy
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = devices.accuracy_a0 / slack - devices.accuracy_a1
    exact = np.where(slack > 0, exact, np.inf)
    exact = np.where((devices.accuracy_a0 == 0) & (slack >= 0), 1.0, exact)
    return np.maximum(1.0, np.ceil(exact * (1 - TOLERANCE)))


def _refuse(name: str, values: FloatArray, wrong: BoolArray, rule: str) -> None:
    """Raise ValueError for the first wrong entry of a field."""
    if wrong.any():
        n = int(np.argmax(wrong))
        raise ValueError(f"{name}[{n}] = {values[n]:.12g}: {rule}")
