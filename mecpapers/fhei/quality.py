"""Section IV-C: P3, feature sizes for given resources, by the greedy step; and a linear program as its check."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from mecpapers.arrays import FloatArray
from mecpapers.fhei.model import BITS, Allocation, Problem, uplink_delay


def energy_per_byte(problem: Problem, allocation: Allocation) -> FloatArray:
    """sigma_m / Gamma_m + psi c_2 q_m^2 [J/byte], the slope of E_m in d_m by (15), shape (M,)."""
    users = problem.users
    received = BITS * users.receive_power / (allocation.downlink_share * users.downlink_rate)
    return received + problem.energy_coefficient * problem.in_flops_per_byte * allocation.device_speed**2


def energy_left(problem: Problem, allocation: Allocation) -> float:
    """What P3 may spend on features [J]: M times the limit less what sending the raw data takes."""
    sent = problem.transmit_power * uplink_delay(problem, allocation.uplink_share)
    return float(problem.users.size * problem.max_mean_energy - sent.sum())


def greedy_sizes(problem: Problem, price: FloatArray, budget: float, most_bytes: float) -> FloatArray:
    """P3 with (23) by greed: raise the cheapest byte first, shape (M,).

    Every byte is worth the same, so the order of the prices alone decides; ties keep the users' order.

    Parameters
    ----------
    price : cost of a byte, shape (M,); ``energy_per_byte`` in the paper
    budget : what all bytes may cost; below the cost of d_min for all, d_min is returned
    most_bytes : right side of (23) [byte]
    """
    low, high = problem.min_feature_bytes, problem.max_feature_bytes
    order = np.argsort(price, kind="stable")
    room = high - low
    cost = price[order] * room
    spent = np.concatenate([[0.0], np.cumsum(cost)[:-1]])
    left = max(0.0, budget - low * float(price.sum()))
    with np.errstate(divide="ignore", invalid="ignore"):
        affordable = np.clip(np.where(cost > 0, (left - spent) / cost, 1.0), 0.0, 1.0) * room
    allowed = np.clip(max(0.0, most_bytes - price.size * low) - room * np.arange(price.size), 0.0, room)
    sizes = np.empty_like(price)
    sizes[order] = low + np.minimum(affordable, allowed)
    return sizes


def linear_sizes(problem: Problem, price: FloatArray, budget: float, most_bytes: float) -> FloatArray:
    """The same P3 as a linear program (SciPy's HiGHS), shape (M,).

    Raises
    ------
    ValueError
        if the program has no solution.
    """
    low, high, n = problem.min_feature_bytes, problem.max_feature_bytes, price.size
    rows, limits = np.stack([price * high / budget, np.full(n, 1 / n)]), [1.0, most_bytes / (n * high)]
    answer = linprog(-np.ones(n), A_ub=rows, b_ub=limits, bounds=[(low / high, 1.0)] * n, method="highs")
    if not answer.success:
        raise ValueError(f"P3: {answer.message}")
    return np.asarray(answer.x * high)
