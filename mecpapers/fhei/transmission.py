"""Section IV-B, Proposition 1 and its structure (18): air time and server speed by square roots.

All functions take feature sizes of shape (..., M): a whole batch of candidates at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.caching import remembered
from mecpapers.fhei.model import BITS, Problem, feature_flops
from mecpapers.lemmas import square_root_shares
from mecpapers.solution import Infeasible

_NO_SHARE = 1e-200  # of the largest: far below what rounding does to the others, and its inverse is still a float64


@dataclass(frozen=True, kw_only=True, eq=False)
class Shares:
    """Air time decided beforehand instead of by Proposition 1, each of shape (M,)."""

    uplink: FloatArray
    downlink: FloatArray


def check_rates(problem: Problem) -> None:
    """Refuse a rate of 0: every user sends its data and receives features, so its latency would have no end.

    Raises
    ------
    Infeasible
        naming the field and the user.
    """
    for name in ("uplink_rate", "downlink_rate"):
        for m in np.flatnonzero(getattr(problem.users, name) == 0):
            raise Infeasible(
                f"max_mean_latency = {problem.max_mean_latency:.6g} s: user {m} has {name}[{m}] = 0, which no share of "
                "the air time makes more"
            )


def uplink_shares(problem: Problem) -> FloatArray:
    """alpha_m of Proposition 1 [1], shape (M,): in proportion to 1 / sqrt(U_m)."""
    return square_root_shares(1.0 / problem.users.uplink_rate, 1.0)


def downlink_shares(
    problem: Problem, feature_bytes: FloatArray, latency_price: FloatArray | float | None = None
) -> FloatArray:
    """beta_m of (18) [1], shape (..., M): in proportion to sqrt(d_m (sigma_m + lambda) / D_m).

    With equal receive powers the factor sigma + lambda is common and cancels, which leaves Proposition 1; unequal ones
    need ``latency_price``, lambda [J/s] of shape (..., 1). Without it: the least downlink time, lambda infinite.

    Parameters
    ----------
    feature_bytes : d [byte], shape (..., M)
    """
    roots = np.sqrt(feature_bytes / problem.users.downlink_rate)
    if latency_price is not None and not equal_receive_power(problem):
        roots = roots * np.sqrt(problem.users.receive_power + latency_price)  # the product itself can be too small
    roots = _some(roots)
    return roots / roots.sum(axis=-1, keepdims=True)


def edge_speeds(problem: Problem, feature_bytes: FloatArray) -> FloatArray:
    """f_m of Proposition 1 [FLOP/s], shape (..., M): F in proportion to sqrt(L_0 + c_1 d_m)."""
    roots = _some(np.sqrt(feature_flops(problem, feature_bytes)))
    return problem.server_speed * roots / roots.sum(axis=-1, keepdims=True)


def _some(roots: FloatArray) -> FloatArray:
    """Roots of shape (..., M), none of them 0: whoever needs next to nothing gets a share that nobody misses."""
    return np.maximum(roots, np.maximum(_NO_SHARE * roots.max(axis=-1, keepdims=True), np.finfo(float).tiny))


@remembered  # asked again and again of one problem
def equal_receive_power(problem: Problem) -> bool:
    """Whether sigma_m is one number, as the paper assumes."""
    sigma = problem.users.receive_power
    return bool(np.all(sigma == sigma[0]))


@remembered
def least_uplink_time(problem: Problem) -> float:
    """Sum over the users of I / Lambda_m [s] at Proposition 1: (sum sqrt(I / U_m))^2."""
    return float(np.sqrt(BITS * problem.input_bytes / problem.users.uplink_rate).sum() ** 2)


def uplink_time(problem: Problem, shares: Shares | None) -> float:
    """Sum over the users of I / Lambda_m [s], with given shares or the least."""
    if shares is None:
        return least_uplink_time(problem)
    return float((BITS * problem.input_bytes / (problem.users.uplink_rate * shares.uplink)).sum())


def downlink_cost(
    problem: Problem,
    feature_bytes: FloatArray,
    latency_price: FloatArray | None = None,
    shares: Shares | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Sums over the users of d_m / Gamma_m [s] and sigma_m d_m / Gamma_m [J], shape (...), for d [byte] (..., M)."""
    each = BITS * feature_bytes / problem.users.downlink_rate
    beta = downlink_shares(problem, feature_bytes, latency_price) if shares is None else shares.downlink
    delay = each / beta
    return delay.sum(axis=-1), (problem.users.receive_power * delay).sum(axis=-1)


def edge_time(problem: Problem, feature_bytes: FloatArray) -> FloatArray:
    """Sum over the users of (L_0 + c_1 d_m) / f_m [s] at Proposition 1, (sum sqrt(L_0 + c_1 d))^2 / F.

    Shape (...), for d [byte] of shape (..., M).
    """
    return np.sqrt(feature_flops(problem, feature_bytes)).sum(axis=-1) ** 2 / problem.server_speed


def least_time_before_computing(problem: Problem, feature_bytes: FloatArray) -> FloatArray:
    """Mean over the users of uplink, downlink and edge time [s] at Proposition 1, shape (...), for d [byte] (..., M).

    The paper calls P2 infeasible if this exceeds the limit. That is necessary only: local computing comes on top.
    """
    down, _ = downlink_cost(problem, feature_bytes)
    return (least_uplink_time(problem) + down + edge_time(problem, feature_bytes)) / problem.users.size
