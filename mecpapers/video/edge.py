"""Section IV-B and Appendix B: server cycles and air time shared by square roots; Theorem 2, (25)-(27)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.batch import ONE, Batch
from mecpapers.lemmas import square_root_shares
from mecpapers.solution import Ended, Solution, TooLarge
from mecpapers.video.local import solve_local
from mecpapers.video.model import (
    Allocation,
    Problem,
    accuracy,
    check_reachable,
    energy_cost,
    evaluate,
    fewest_frames,
    macs,
    transmission_energy,
)

MOST_CHOICES = 2**23  # choices of frames that Algorithm 1 may try: 200 MB, a second


def edge_shares(
    problem: Problem, offload: BoolArray, frames: FloatArray, batch: Batch = ONE
) -> tuple[FloatArray, FloatArray]:
    r"""Theorem 2: the edge frequencies f_n^e [cycle/s] (25) and time shares t_n [1] (26) for given frames.

    .. math::
        \min_{f, t > 0} \; \sum_{n \in N_1} \beta_1 \Big(\frac{\rho C(M_n)}{f_n} + \frac{d M_n}{R_n t_n}\Big)
        \quad \text{s.t.} \quad \sum_{n \in N_1} f_n \le f^{max}, \; \sum_{n \in N_1} t_n \le T

    Optimal, by (53)-(59), where both sums meet their limits and no device would gain more from a resource than another:
    beta_1 rho C(M_n) / f_n^2 = mu_1 and beta_1 d M_n / (R_n t_n^2) = mu_0 for all n of N_1.

    With a delay weight of its own for each device, beta_1 stands under the roots; with one for all it cancels, as
    printed. Likewise the frame size d.

    Parameters
    ----------
    offload : shape (N,); the set N_1
    frames : shape (N,)
    batch : whose each device is, where several problems each have a server and the air time

    Returns
    -------
    two arrays of shape (N,), 0 outside N_1

    Raises
    ------
    Infeasible
        if a device of N_1 has no rate.

    Examples
    --------
    >>> from mecpapers.video.scenario import SET_A
    >>> problem = SET_A.draw(np.random.default_rng(0))
    >>> frequency, share = edge_shares(problem, problem.devices.uplink_rate > 3e7, np.full(25, 4.0))
    >>> print(f"{frequency.sum() / problem.server_frequency:.6f} {share.sum():.6f}")
    1.000000 1.000000
    """
    devices = problem.devices
    check_reachable(devices, offload)
    frequency, share = np.zeros(offload.size), np.zeros(offload.size)
    weight = devices.weight_delay / batch.of(batch.max(devices.weight_delay))  # what is common to all cancels
    computing = weight * macs(devices, frames)
    with np.errstate(divide="ignore", invalid="ignore"):  # at rate 0, outside N_1
        sending = weight * frames * devices.frame_bits / devices.uplink_rate
    own = batch.some(np.flatnonzero(offload))
    frequency[offload] = square_root_shares(computing[offload], problem.server_frequency, own)
    share[offload] = square_root_shares(sending[offload], problem.time_budget, own)
    return frequency, share


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The numbers of (27), (29), (31) and (32) at M frames: a^2 = a0 M + a1, b^2 = bt M, e M, g; each of shape (N,)."""

    a0: FloatArray  # beta_1 rho m_c0 / f^max
    a1: FloatArray  # beta_1 rho m_c1 / f^max
    bt: FloatArray  # beta_1 d / (R T)
    e: FloatArray  # beta_2 d p / R
    g: FloatArray  # beta_3 m_a0


def coefficients(problem: Problem) -> Coefficients:
    """Draw the numbers of a problem together, each of shape (N,) [cost]; bt is infinite at rate 0."""
    v = problem.devices
    with np.errstate(divide="ignore"):
        bt = v.weight_delay * v.frame_bits / (v.uplink_rate * problem.time_budget)
    return Coefficients(
        a0=v.weight_delay * problem.cycles_per_mac * v.macs_per_frame / problem.server_frequency,
        a1=v.weight_delay * problem.cycles_per_mac * v.macs_offset / problem.server_frequency,
        bt=bt,
        e=energy_cost(v, transmission_energy(problem, np.ones(v.size))),
        g=v.weight_accuracy * v.accuracy_a0,
    )


def congestion_roots(problem: Problem, frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The summands a, b of the two roots in (27): the edge's delay cost is (sum a)^2 + (sum b)^2.

    Returns
    -------
    a = sqrt(beta_1 rho C(M) / f^max) and b = sqrt(beta_1 d M / (R T)), each of shape (N,); b is infinite at rate 0
    """
    devices = problem.devices
    a = devices.weight_delay * (problem.cycles_per_mac * macs(devices, frames) / problem.server_frequency)
    with np.errstate(divide="ignore"):
        b = devices.weight_delay * (devices.frame_bits * frames / (devices.uplink_rate * problem.time_budget))
    return np.sqrt(a), np.sqrt(b)


def converted_cost(problem: Problem, offload: BoolArray, frames: FloatArray) -> float:
    """The cost of N_1 under Theorem 2 as a function of the frames, shape (N,), alone: (27), with p_n inside its sum."""
    a, b, e = summands(problem, frames)
    return float(a[offload].sum() ** 2 + b[offload].sum() ** 2 + e[offload].sum())


def summands(problem: Problem, frames: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each device's part of the three sums of (27): a, b [cost^(1/2)], beta_2 E^t - beta_3 Phi [cost]; shape (N,)."""
    devices = problem.devices
    energy, phi = transmission_energy(problem, frames), accuracy(devices, frames)
    return *congestion_roots(problem, frames), energy_cost(devices, energy) - devices.weight_accuracy * phi


def solve_search(problem: Problem, offload: BoolArray) -> Solution[Allocation]:
    """Algorithm 1: every choice of whole frames for N_1, compared by (27), each frame count from M^min to M^max.

    Parameters
    ----------
    offload : shape (N,); the set N_1

    Raises
    ------
    TooLarge
        if there are more than 2^23 choices.
    Infeasible
        if M^max frames do not reach the accuracy a device needs.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from mecpapers.video.scenario import SET_A
    >>> problem = replace(SET_A, n_devices=3).draw(np.random.default_rng(0))
    >>> solve_search(problem, np.array([True, True, False])).allocation.frames
    array([6., 7., 5.])
    """
    check_choices(problem, offload)
    devices = problem.devices
    least, most, chosen = fewest_frames(devices), devices.max_frames, np.flatnonzero(offload)
    root_a, root_b, own = np.zeros(1), np.zeros(1), np.zeros(1)  # of (27), for every choice of the devices so far
    for n in chosen:
        m = least[n] + np.arange(int(most[n] - least[n]) + 1)
        a, b, e = (column[:, n] for column in summands(problem, np.repeat(m[:, None], devices.size, axis=1)))
        root_a, root_b, own = (np.add.outer(v, w).ravel() for v, w in ((root_a, a), (root_b, b), (own, e)))
    best = int(np.argmin(root_a**2 + root_b**2 + own))
    frames = least.copy()
    sizes = tuple(int(k) for k in most[chosen] - least[chosen] + 1)
    frames[chosen] += np.array(np.unravel_index(best, sizes)) if sizes else 0
    return complete(problem, offload, frames)


def check_choices(problem: Problem, offload: BoolArray) -> None:
    """Refuse a policy, shape (N,), with more choices of frames than Algorithm 1 can try.

    Raises
    ------
    TooLarge
        saying how many there are, and how much memory they would need.
    """
    each = (problem.devices.max_frames - fewest_frames(problem.devices) + 1)[offload]
    size = float(np.log10(each).sum())  # their product may overflow
    if size > np.log10(MOST_CHOICES):
        raise TooLarge(
            f"devices: {each.size} at the edge have 10^{size:.1f} choices of frames, 10^{size - 7.6:.1f} GB: "
            "must be at most 2^23; the scheme exact proves the optimum of more"
        )


def complete(
    problem: Problem, offload: BoolArray, edge_frames: FloatArray, *, ended: Ended = "converged"
) -> Solution[Allocation]:
    """Theorem 1 for the devices that stay local, Theorem 2 for the others with the frames given.

    Parameters
    ----------
    offload : shape (N,)
    edge_frames : shape (N,), whole numbers; used where ``offload``
    ended : why the search for the frames ended

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    allocation = allocate(problem, offload, edge_frames)
    return Solution(allocation=allocation, objective=evaluate(problem, allocation).total, ended=ended)


def allocate(problem: Problem, offload: BoolArray, edge_frames: FloatArray, batch: Batch = ONE) -> Allocation:
    """What ``complete`` does, with arrays of shape (N,), for the devices of a batch of problems."""
    local = solve_local(problem)
    frames = np.where(offload, edge_frames, local.frames)
    frequency, share = edge_shares(problem, offload, frames, batch)
    return Allocation(
        offload=offload,
        frames=frames,
        time_share=share,
        edge_frequency=frequency,
        device_frequency=np.where(offload, 0.0, local.frequency),
    )
