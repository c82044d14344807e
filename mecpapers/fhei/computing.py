"""Section IV-B, Proposition 2: local speeds by one common cap, (19)-(22), and with them the whole of P2.

Functions take feature sizes of shape (..., M) and answer for each of the batch; ``solve_resources`` is P2 for one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.fhei.model import BITS, RANGE, Allocation, Problem, evaluate, inference_flops
from mecpapers.fhei.transmission import (
    Shares,
    check_rates,
    downlink_cost,
    downlink_shares,
    edge_speeds,
    edge_time,
    equal_receive_power,
    uplink_shares,
    uplink_time,
)
from mecpapers.lemmas import bisect
from mecpapers.solution import Infeasible, Solution

_HIDES = 1e26
"""What lambda must be of the largest sigma_m so that sigma_m + lambda is lambda to the last bit, with a margin of 1e10;
beyond it a larger lambda changes no share."""
_FAR = 64
"""How far d_max may lie above what any user can have: a size bisected to 2^-36 of d_max (``mended``) then misses less
than 1e-9 of what there is, which is what a trade must bring."""
_NEAR = 2.0**-50  # of 1 + log v, and of the latency: 1e-15, where what is left is rounding
_SLOWEST = 1e-80  # FLOP/s; a v below it, of next to no load, takes no energy, and its lambda leaves float64


def common_speed(problem: Problem, feature_bytes: FloatArray, seconds: FloatArray) -> FloatArray:
    """Return v = cbrt(lambda / 2 psi) of (22), so that q_m = min(v, Q_m) makes the local delays add up to ``seconds``.

    Exact, by one sort. If the k slowest are at their limits, (21) gives v_k = (load of the others) / (seconds less the
    time of the k). Since every delay is the larger of load / v and load / Q, no v_k exceeds the solution, and the k of
    the solution attains it: v is the largest of them.

    Parameters
    ----------
    feature_bytes : d [byte], shape (..., M)
    seconds : right side of (21) [s], shape (...)

    Returns
    -------
    v [FLOP/s], shape (...); infinite where even q = Q takes longer
    """
    limits = problem.users.device_speed
    order = np.argsort(limits, kind="stable")
    load = np.maximum(inference_flops(problem, feature_bytes), np.finfo(float).tiny)[..., order]
    at_limit = np.cumsum(load / limits[order], axis=-1)
    others = np.cumsum(load[..., ::-1], axis=-1)[..., ::-1]
    left = np.asarray(seconds)[..., None] - np.concatenate([np.zeros_like(at_limit[..., :1]), at_limit[..., :-1]], -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = np.clip((others / left).max(axis=-1), _SLOWEST, limits.max())
    return np.where(at_limit[..., -1] <= seconds, v, np.inf)


def latency_price(problem: Problem, speed: FloatArray | float) -> FloatArray:
    """lambda = 2 psi v^3 [J/s], (20) solved for the multiplier, for v [FLOP/s] of shape (...)."""
    return np.asarray(2 * problem.energy_coefficient * np.asarray(speed) ** 3)


def least_energy(
    problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None
) -> tuple[FloatArray, FloatArray]:
    """Optimum of P2 times M: the least total energy [J] that meets the mean latency, and v [FLOP/s], shapes (...).

    Both are infinite where no allocation meets the latency.

    Parameters
    ----------
    feature_bytes : d [byte], shape (..., M)
    shares : air time decided beforehand
    """
    if shares is None and not equal_receive_power(problem):
        return _least_energy_of_unequal(problem, feature_bytes)
    down, received = downlink_cost(problem, feature_bytes, None, shares)
    v = common_speed(problem, feature_bytes, _seconds_left(problem, feature_bytes, down, shares))
    return _energy(problem, feature_bytes, v, received, shares), v


def least_latency(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> FloatArray:
    """Least mean latency [s] at any energy, q = Q, shape (...), for d [byte] of shape (..., M)."""
    down, _ = downlink_cost(problem, feature_bytes, None, shares)
    local = (inference_flops(problem, feature_bytes) / problem.users.device_speed).sum(axis=-1)
    total = uplink_time(problem, shares) + down + edge_time(problem, feature_bytes) + local
    return np.asarray(total / problem.users.size)


def feasible(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> BoolArray:
    """Whether some allocation gives these sizes within both limits, shape (...), for d [byte] of shape (..., M)."""
    energy, _ = least_energy(problem, feature_bytes, shares)
    return np.asarray(energy <= problem.users.size * problem.max_mean_energy)


def allocate(problem: Problem, feature_bytes: FloatArray, speed: float, shares: Shares | None = None) -> Allocation:
    """Propositions 1 and 2 for sizes [byte] of shape (M,) and the common speed v [FLOP/s]."""
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
    r"""P2, resources for given feature sizes, by Propositions 1 and 2; the objective is the mean energy [J].

    .. math:: \min_{\alpha, \beta, f, q} \frac1M \sum_m E_m \quad\text{s.t.}\quad \frac1M \sum_m T_m \le \bar T,\;
        \sum_m \alpha_m \le 1,\; \sum_m \beta_m \le 1,\; \sum_m f_m \le F,\; q_m \le Q_m.

    P2 is convex, so the KKT conditions are sufficient: with the multiplier lambda of the latency, (18) holds and
    q_m = min(cbrt(lambda / 2 psi), Q_m) (22); the latency is used up to its limit (21), unless all are at Q_m.

    Parameters
    ----------
    feature_bytes : d [byte], shape (M,)
    shares : air time decided beforehand

    Raises
    ------
    Infeasible
        if no allocation meets the mean latency: naming the limit and the least attainable.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> problem = FIG_4A.draw(np.random.default_rng(0))
    >>> solution = solve_resources(problem, np.full(5, 3e6))
    >>> print(f"{solution.objective:.3f} J, lambda = {solution.allocation.latency_price:.3f} J/s")
    3.374 J, lambda = 0.526 J/s
    """
    _, v = _within_latency(problem, feature_bytes, shares)
    allocation = allocate(problem, feature_bytes, v, shares)
    return Solution(allocation=allocation, objective=float(evaluate(problem, allocation).energy.mean()))


def check_feasible(problem: Problem, feature_bytes: FloatArray, shares: Shares | None = None) -> None:
    """Refuse sizes [byte] of shape (M,) that no allocation gives within both limits.

    Raises
    ------
    Infeasible
        naming the limit, and the least attainable latency or energy; or the rate that is 0.
    """
    energy, _ = _within_latency(problem, feature_bytes, shares)
    mean, limit = energy / problem.users.size, problem.max_mean_energy
    if not energy <= problem.users.size * limit:
        raise Infeasible(
            f"max_mean_energy = {limit:.6g} J: the least attainable within the latency is {mean:.6g} J "
            f"{_at(problem, feature_bytes, shares)}: {mean - limit:.3g} J short"
        )


def reachable(problem: Problem) -> Problem:
    """P1 with d_max no larger than twice what both limits would let a user have who is alone; the same optimum.

    A byte takes 8 / D on the downlink, c_1 / F at the server and c_2 / Q on the mobile, within M T-bar seconds; and in
    that time local computing of d takes psi c_2^3 d^3 / (M T-bar)^2 of M E-bar joules. If that is ``_FAR`` above what
    any user can have beside the others' d_min, it is twice that. Sizes are then bisected on the way to what there can
    be, however large d_max is.

    Raises
    ------
    Infeasible
        if a rate is 0.
    """
    check_rates(problem)
    users = problem.users
    time, energy = users.size * problem.max_mean_latency, users.size * problem.max_mean_energy
    seconds = max(
        BITS / float(users.downlink_rate.max()),
        problem.fn_flops_per_byte / problem.server_speed,
        problem.in_flops_per_byte / float(users.device_speed.max()),
    )
    cheap = float(np.cbrt(energy * time**2 / problem.energy_coefficient)) / problem.in_flops_per_byte
    low = max(problem.min_feature_bytes, 1 / RANGE)
    high = min(max(2 * min(time / seconds, cheap), low), problem.max_feature_bytes)

    def fits(log_size: FloatArray) -> np.bool_:
        return feasible(problem, np.where(np.eye(users.size) == 1, np.exp(log_size), smallest(problem))).any()

    if high > _FAR * low and not fits(np.log(high / _FAR)):
        high = 2 * float(np.exp(bisect(fits, np.log(low), np.log(high / _FAR), within=2.0**-9)))  # 2: 2^-9 of ln 1e100
    return problem if high >= problem.max_feature_bytes else replace(problem, max_feature_bytes=high)


def rounding(problem: Problem) -> float:
    """What float64 may lose, relatively, in a latency or an energy at its limit.

    Either is a sum of non-negative terms over M users, in three resources, each of some 30 operations: M + 64 roundings
    of eps.
    """
    return (problem.users.size + 64) * float(np.finfo(float).eps)


def smallest(problem: Problem) -> FloatArray:
    """Every user at d_min [byte], shape (M,)."""
    return np.full(problem.users.size, problem.min_feature_bytes)


def _within_latency(problem: Problem, feature_bytes: FloatArray, shares: Shares | None) -> tuple[float, float]:
    """``least_energy`` of one instance, where there is one; else say what the latency would have to be."""
    check_rates(problem)
    energy, v = least_energy(problem, feature_bytes, shares)
    if not np.isfinite(v):
        least, limit = float(least_latency(problem, feature_bytes, shares)), problem.max_mean_latency
        local = float((inference_flops(problem, feature_bytes) / problem.users.device_speed).mean())
        raise Infeasible(
            f"max_mean_latency = {limit:.6g} s: the least attainable is {least:.6g} s "
            f"{_at(problem, feature_bytes, shares)}, {least - local:.6g} s of it before local computing: "
            f"{least - limit:.3g} s short"
        )
    return float(energy), float(v)


def _at(problem: Problem, feature_bytes: FloatArray, shares: Shares | None) -> str:
    """Of which sizes and air time a message speaks."""
    smallest_of_all = bool(np.all(feature_bytes <= problem.min_feature_bytes))
    sizes = "at the smallest features" if smallest_of_all else "at these feature sizes"
    return sizes if shares is None else f"{sizes} with this scheme's air time"


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
    """P2 with unequal sigma_m: beta depends on lambda. Newton's steps in log v find it, since latency falls with v.

    Of r = sqrt(8 d / D) and s = sqrt(sigma + lambda), (18) takes the downlink sum r s times sum r / s seconds, which
    grows with lambda by ((sum r / s)^2 - sum r s sum r / s^3) / 2 <= 0. The least v is that of the least downlink time,
    (sum r)^2; the largest hides every sigma_m, which gives that time. A step that leaves what is known to lie on both
    sides halves it instead, and so does every fourth.
    """
    users, load = problem.users, inference_flops(problem, feature_bytes)
    rest = _seconds_left(problem, feature_bytes, np.zeros(load.shape[:-1]))
    root = np.sqrt(BITS * feature_bytes / users.downlink_rate)
    least = common_speed(problem, feature_bytes, rest - root.sum(axis=-1) ** 2)
    possible = np.isfinite(least)
    least = np.where(possible, least, users.device_speed.max())
    hides = np.cbrt(_HIDES * users.receive_power.max() / (2 * problem.energy_coefficient))
    low = x = np.zeros_like(least)
    met, exact = ~possible, rounding(problem) * users.size * problem.max_mean_latency
    high = move = np.log(np.maximum(hides / least, 1.0))
    while True:
        v = least * np.exp(x)
        price = np.maximum(latency_price(problem, v), np.finfo(float).tiny)  # where sigma is 0, too, its root divides
        s = np.sqrt(users.receive_power + price[..., None])
        priced, free = (root * s).sum(axis=-1), (root / s).sum(axis=-1)
        late = (load / np.minimum(v[..., None], users.device_speed)).sum(axis=-1) + priced * free - rest
        low, high = np.where(late > 0, x, low), np.where(late > 0, high, x)
        with np.errstate(all="ignore"):  # a step that is no number is not inside
            slope = 1.5 * price * (free**2 - priced * (root / s / s / s).sum(axis=-1))
            slope = slope - np.where(v[..., None] < users.device_speed, load, 0.0).sum(axis=-1) / v
            step = x - np.where(late > rest, np.log1p(late / rest) * (late + rest), late) / slope
        inside = (low <= step) & (step <= high) & (np.abs(step - x) < move / 2)
        met = met | (np.abs(late) <= exact) | (high - low <= _NEAR * (1 + high))
        if met.all():
            break
        x, last = np.where(met, x, np.where(inside, step, (low + high) / 2)), x
        move = np.abs(x - last)
    v = np.where(possible, least * np.exp(x), np.inf)
    price = np.maximum(latency_price(problem, least * np.exp(x)), np.finfo(float).tiny)
    received = downlink_cost(problem, feature_bytes, price[..., None])[1]
    return _energy(problem, feature_bytes, v, received), v
