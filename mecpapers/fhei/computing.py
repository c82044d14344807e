"""Section IV-B, Proposition 2: local speeds by one common cap, (19)-(22), and with them the whole of P2.

Functions take feature sizes of shape (..., M) and answer for each of the batch; ``solve_resources`` is P2 for one.
"""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.fhei.model import Allocation, Problem, evaluate, inference_flops
from mecpapers.fhei.transmission import (
    Shares,
    downlink_cost,
    downlink_shares,
    edge_speeds,
    edge_time,
    equal_receive_power,
    uplink_shares,
    uplink_time,
)
from mecpapers.solution import Infeasible, Solution

_HALVINGS = 200


def common_speed(problem: Problem, feature_bytes: FloatArray, seconds: FloatArray) -> FloatArray:
    """Return v = cbrt(lambda / 2 psi) of (22), so that q_m = min(v, Q_m) makes the local delays add up to ``seconds``.

    Exact, by one sort. If the k slowest are at their limits, (21) gives v_k = (load of the others) / (seconds less the
    time of the k). Since every delay is the larger of load / v and load / Q, no v_k exceeds the solution, and the k of
    the solution attains it: v is the largest of them.

    Parameters
    ----------
    feature_bytes : shape (..., M)
    seconds : right side of (21) [s], shape (...)

    Returns
    -------
    v [FLOP/s], shape (...); infinite where even q = Q takes longer
    """
    limits = problem.users.device_speed
    order = np.argsort(limits, kind="stable")
    load = inference_flops(problem, feature_bytes)[..., order]
    at_limit = np.cumsum(load / limits[order], axis=-1)
    others = np.cumsum(load[..., ::-1], axis=-1)[..., ::-1]
    left = np.asarray(seconds)[..., None] - np.concatenate([np.zeros_like(at_limit[..., :1]), at_limit[..., :-1]], -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = (others / left).max(axis=-1)
    return np.where(at_limit[..., -1] <= seconds, v, np.inf)


def common_speed_by_bisection(problem: Problem, feature_bytes: FloatArray, seconds: float) -> float:
    """The same v, of one instance of shape (M,), by bisection on (21)."""
    limits, load = problem.users.device_speed, inference_flops(problem, feature_bytes)
    if (load / limits).sum() > seconds:
        return float(np.inf)
    low, high = 0.0, float(limits.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if (load / np.minimum(middle, limits)).sum() > seconds:
            low = middle
        else:
            high = middle
    return high


def latency_price(problem: Problem, speed: FloatArray | float) -> FloatArray:
    """Lambda = 2 psi v^3 [J/s], (20) solved for the multiplier."""
    return np.asarray(2 * problem.energy_coefficient * np.asarray(speed) ** 3)


def least_energy(
    problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None
) -> tuple[FloatArray, FloatArray]:
    """Optimum of P2 times M: the least total energy [J] that meets the mean latency, and v [FLOP/s], shapes (...).

    Both are infinite where no allocation meets the latency. ``shares`` fixes the air time.
    """
    if shares is None and not equal_receive_power(problem):
        return _least_energy_of_unequal(problem, feature_bytes)
    down, received = downlink_cost(problem, feature_bytes, None, shares)
    v = common_speed(problem, feature_bytes, _seconds_left(problem, feature_bytes, down, shares))
    return _energy(problem, feature_bytes, v, received, shares), v


def least_latency(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> FloatArray:
    """Least mean latency [s] at any energy, q = Q, shape (...)."""
    down, _ = downlink_cost(problem, feature_bytes, None, shares)
    local = (inference_flops(problem, feature_bytes) / problem.users.device_speed).sum(axis=-1)
    total = uplink_time(problem, shares) + down + edge_time(problem, feature_bytes) + local
    return np.asarray(total / problem.users.size)


def feasible(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> BoolArray:
    """Whether some allocation gives these sizes within both limits, shape (...)."""
    energy, _ = least_energy(problem, feature_bytes, shares)
    return np.asarray(energy <= problem.users.size * problem.max_mean_energy)


def allocate(problem: Problem, feature_bytes: FloatArray, speed: float, shares: Shares | None = None) -> Allocation:
    """Propositions 1 and 2 for sizes of shape (M,) and the common speed v."""
    price = float(latency_price(problem, speed))
    beta = downlink_shares(problem, feature_bytes, price) if shares is None else shares.downlink
    return Allocation(
        feature_bytes=feature_bytes,
        uplink_share=uplink_shares(problem) if shares is None else shares.uplink,
        downlink_share=beta,
        edge_speed=edge_speeds(problem, feature_bytes),
        device_speed=np.minimum(speed, problem.users.device_speed),
        latency_price=price,
    )


def solve_resources(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> Solution[Allocation]:
    """P2 for given feature sizes of shape (M,), by Propositions 1 and 2; the objective is the mean energy [J].

    Raises
    ------
    Infeasible
        if no allocation meets the mean latency: naming the limit and the least attainable.
    """
    _, v = least_energy(problem, feature_bytes, shares)
    if not np.isfinite(v):
        raise Infeasible(latency_message(problem, feature_bytes, shares))
    allocation = allocate(problem, feature_bytes, float(v), shares)
    return Solution(allocation=allocation, objective=float(evaluate(problem, allocation).energy.mean()))


def check_feasible(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> None:
    """Refuse sizes that no allocation gives within both limits.

    Raises
    ------
    Infeasible
        naming the limit, and the least attainable latency or energy.
    """
    energy, v = least_energy(problem, feature_bytes, shares)
    if not np.isfinite(v):
        raise Infeasible(latency_message(problem, feature_bytes, shares))
    if not feasible(problem, feature_bytes, shares):
        mean, limit = float(energy) / problem.users.size, problem.max_mean_energy
        raise Infeasible(
            f"max_mean_energy = {limit:.6g} J: the least attainable within the latency is {mean:.6g} J at the "
            f"smallest features{_with_shares(shares)}: {mean - limit:.3g} J short"
        )


def latency_message(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> str:
    """What an infeasible latency limit is told: the limit, the least attainable, and what sending alone takes."""
    least, limit = float(least_latency(problem, feature_bytes, shares)), problem.max_mean_latency
    local = float((inference_flops(problem, feature_bytes) / problem.users.device_speed).mean())
    return (
        f"max_mean_latency = {limit:.6g} s: the least attainable is {least:.6g} s at the smallest features"
        f"{_with_shares(shares)}, {least - local:.6g} s of it before local computing: {least - limit:.3g} s short"
    )


def smallest(problem: Problem) -> FloatArray:
    """Every user at d_min, shape (M,)."""
    return np.full(problem.users.size, problem.min_feature_bytes)


def _with_shares(shares: Shares | None) -> str:
    return "" if shares is None else " with this scheme's air time"


def _seconds_left(
    problem: Problem, feature_bytes: FloatArray, down: FloatArray, shares: Shares | None = None
) -> FloatArray:
    """Right side of (21): what the latency limit leaves to local computing [s]."""
    limit = problem.users.size * problem.max_mean_latency
    return np.asarray(limit - uplink_time(problem, shares) - down - edge_time(problem, feature_bytes))


def _energy(
    problem: Problem, feature_bytes: FloatArray, v: FloatArray, received: FloatArray, shares: Shares | None = None
) -> FloatArray:
    q = np.minimum(v[..., None], problem.users.device_speed)
    local = problem.energy_coefficient * (inference_flops(problem, feature_bytes) * q**2).sum(axis=-1)
    return np.where(np.isfinite(v), problem.transmit_power * uplink_time(problem, shares) + received + local, np.inf)


def _least_energy_of_unequal(problem: Problem, feature_bytes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P2 with unequal sigma_m: beta depends on lambda, which a bisection finds, since latency falls with it."""
    users = problem.users
    least = _seconds_left(problem, feature_bytes, downlink_cost(problem, feature_bytes)[0])
    shortest = (inference_flops(problem, feature_bytes) / users.device_speed).sum(axis=-1)
    low = np.full(least.shape, np.log(users.device_speed.min()) - 60.0)
    high = np.full(least.shape, np.log(users.device_speed.max()) + 60.0)  # of v; beyond max Q it only prices the air
    for _ in range(100):
        middle = (low + high) / 2
        v = np.exp(middle)
        down, _ = downlink_cost(problem, feature_bytes, latency_price(problem, v)[..., None])
        q = np.minimum(v[..., None], users.device_speed)
        local = (inference_flops(problem, feature_bytes) / q).sum(axis=-1)
        late = local > _seconds_left(problem, feature_bytes, down)
        low, high = np.where(late, middle, low), np.where(late, high, middle)
    v = np.where(shortest > least, np.inf, np.exp(high))
    finite = np.where(np.isfinite(v), v, 1.0)
    _, received = downlink_cost(problem, feature_bytes, latency_price(problem, finite)[..., None])
    return _energy(problem, feature_bytes, v, received), v
