"""Section IV-C: P3, feature sizes for given resources, by the greedy step."""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.fhei.model import BITS, Allocation, Problem, uplink_delay


def energy_per_byte(problem: Problem, allocation: Allocation) -> FloatArray:
    """sigma_m / Gamma_m + psi c_2 q_m^2 [J/byte], the slope of E_m in d_m by (15), shape (M,)."""
    users = problem.users
    received = BITS * users.receive_power / (allocation.downlink_share * users.downlink_rate)
    return received + problem.energy_coefficient * problem.in_flops_per_byte * allocation.device_speed**2


def full_price(problem: Problem, allocation: Allocation) -> FloatArray:
    """(sigma + lambda) / Gamma + psi c_2 q^2 + lambda (c_1 / f + c_2 / q) [J/byte], shape (M,).

    What a byte costs in energy, and in latency at its price lambda; the slope of P2's optimum in d_m, by the envelope
    theorem: the paper's (15) leaves the second part out, so that a slow mobile looks cheap.
    """
    latency = allocation.latency_price
    if latency is None:
        raise ValueError("latency_price = None: must be given by P2")
    down = BITS / (allocation.downlink_share * problem.users.downlink_rate)
    edge = problem.fn_flops_per_byte / allocation.edge_speed
    local = problem.in_flops_per_byte / allocation.device_speed
    return energy_per_byte(problem, allocation) + latency * (down + edge + local)


def energy_left(problem: Problem, allocation: Allocation) -> float:
    """What P3 may spend on features [J]: M times the limit less what sending the raw data takes."""
    sent = problem.transmit_power * uplink_delay(problem, allocation.uplink_share)
    return float(problem.users.size * problem.max_mean_energy - sent.sum())


def greedy_sizes(problem: Problem, price: FloatArray, budget: float, most_bytes: float) -> FloatArray:
    r"""P3 with (23) by greed: raise the cheapest byte first; [byte], shape (M,).

    .. math:: \max_d \sum_m d_m \quad\text{s.t.}\quad \sum_m p_m d_m \le B,\; \sum_m d_m \le S,\;
        d_{min} \le d_m \le d_{max}.

    A linear program in which every byte is worth the same, so the order of the prices alone decides. Optimal, since the
    price of the one size between the bounds separates those at d_max (no dearer) from those at d_min (no cheaper). Ties
    keep the users' order.

    Parameters
    ----------
    price : p, cost of a byte, shape (M,); ``energy_per_byte`` [J/byte] in the paper
    budget : B, what all bytes may cost [J]; below the cost of d_min for all, d_min is returned
    most_bytes : S, right side of (23) [byte]

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> problem = FIG_4A.draw(np.random.default_rng(0))
    >>> sizes = greedy_sizes(problem, np.array([3e-7, 1e-7, 2e-7, 5e-7, 4e-7]), 4.84, 30e6)
    >>> print((sizes / 1e6).round(3))
    [2.8 6.  4.4 2.8 2.8]
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
