"""Section IV-B and Appendix B: server cycles and air time shared by square roots; Theorem 2, (25)-(27)."""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.lemmas import square_root_shares
from mecpapers.solution import Solution
from mecpapers.video.local import solve_local
from mecpapers.video.model import Allocation, Problem, accuracy, evaluate, macs, transmission_energy


def edge_shares(problem: Problem, offload: BoolArray, frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Theorem 2: the edge frequencies f_n^e [cycle/s] (25) and time shares t_n [1] (26) for given frames.

    With a delay weight of its own for each device, beta_1 stands under the roots; with one for all it cancels, as
    printed. Likewise the frame size d.

    Parameters
    ----------
    offload : shape (N,); the set N_1
    frames : shape (N,)

    Returns
    -------
    two arrays of shape (N,), 0 outside N_1
    """
    devices = problem.devices
    frequency, share = np.zeros(offload.size), np.zeros(offload.size)
    computing = devices.weight_delay * macs(devices, frames)
    sending = devices.weight_delay * frames * devices.frame_bits / devices.uplink_rate
    frequency[offload] = square_root_shares(computing[offload], problem.server_frequency)
    share[offload] = square_root_shares(sending[offload], problem.time_budget)
    return frequency, share


def congestion_roots(problem: Problem, frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The summands a, b of the two roots in (27): the edge's delay cost is (sum a)^2 + (sum b)^2.

    Returns
    -------
    a = sqrt(beta_1 rho C(M) / f^max) and b = sqrt(beta_1 d M / (R T)), each of shape (N,)
    """
    devices = problem.devices
    a = devices.weight_delay * problem.cycles_per_mac * macs(devices, frames) / problem.server_frequency
    b = devices.weight_delay * devices.frame_bits * frames / (devices.uplink_rate * problem.time_budget)
    return np.sqrt(a), np.sqrt(b)


def converted_cost(problem: Problem, offload: BoolArray, frames: FloatArray) -> float:
    """The cost of N_1 under Theorem 2 as a function of the frames alone, (27), with p_n inside its sum."""
    a, b = congestion_roots(problem, frames)
    devices = problem.devices
    own = devices.weight_energy * transmission_energy(problem, frames) - devices.weight_accuracy * accuracy(
        devices, frames
    )
    return float(a[offload].sum() ** 2 + b[offload].sum() ** 2 + own[offload].sum())


def complete(
    problem: Problem, offload: BoolArray, edge_frames: FloatArray, *, converged: bool = True
) -> Solution[Allocation]:
    """Theorem 1 for the devices that stay local, Theorem 2 for the others with the frames given.

    Parameters
    ----------
    offload : shape (N,)
    edge_frames : shape (N,), whole numbers; used where ``offload``
    converged : what the solution says of the search for the frames

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    local = solve_local(problem)
    frames = np.where(offload, edge_frames, local.frames)
    frequency, share = edge_shares(problem, offload, frames)
    allocation = Allocation(
        offload=offload,
        frames=frames,
        time_share=share,
        edge_frequency=frequency,
        device_frequency=np.where(offload, 0.0, local.frequency),
    )
    return Solution(allocation=allocation, objective=evaluate(problem, allocation).total, converged=converged)
