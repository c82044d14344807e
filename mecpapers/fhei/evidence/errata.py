"""What the FHEI paper prints wrong or leaves out, each with the computation that shows it.

Every computation takes what is printed, or what is put right, as an argument: once that is mended, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mecpapers.fhei.alternating import ETA, Stop, fits, rounds, solve_alternating
from mecpapers.fhei.benchmarks import solve_constant
from mecpapers.fhei.bounds import solve_exact
from mecpapers.fhei.computing import feasible, least_latency, smallest, solve_resources
from mecpapers.fhei.evidence.experiments import unequal_power_loss
from mecpapers.fhei.model import BITS, Allocation, Problem
from mecpapers.fhei.networks import (
    FEATURES,
    HEADS,
    PUBLISHED,
    Convention,
    class_bytes,
    class_macs,
    layer_macs,
    linear_fits,
    yolo_v3,
)
from mecpapers.fhei.scenario import FIG_4A, TABLE_I, UNEQUAL
from mecpapers.fhei.transmission import least_time_before_computing
from mecpapers.solution import Solution
from mecpapers.units import MEGA


def fig_4a(n_users: int = 5) -> Problem:
    """The caption's gains with mobiles of 3 GFLOPS; the first ``n_users`` of them."""
    few = replace(
        FIG_4A,
        n_users=n_users,
        uplink_gains=FIG_4A.uplink_gains[:n_users],
        downlink_gains=FIG_4A.downlink_gains[:n_users],
        device_gflops=FIG_4A.device_gflops[:n_users],
    )
    return few.draw(np.random.default_rng(0))


def byte_optima(bits: float = BITS) -> tuple[float, float]:
    """Sum of quality with sizes in bit where they meet a rate, and with bytes read as bits."""
    problem = fig_4a()
    users = problem.users
    faster = replace(users, uplink_rate=bits * users.uplink_rate, downlink_rate=bits * users.downlink_rate)
    return solve_exact(problem).objective, solve_exact(replace(problem, users=faster)).objective


def slow_mobiles(gflops: float = 1.1) -> tuple[Problem, float, float]:
    """Five equal mobiles, so slow that P2 has no answer although transmission takes little.

    Returns
    -------
    the problem; its mean time before local computing, and its least mean latency at d_min [s]
    """
    problem = replace(FIG_4A, device_gflops=(gflops,) * 5).draw(np.random.default_rng(0))
    d = smallest(problem)
    return problem, float(least_time_before_computing(problem, d)), float(least_latency(problem, d))


def transmit_energy(problem: Problem) -> tuple[float, float]:
    """Mean energy of sending [J] by (13), and for the time the radio is on under TDMA."""
    users = problem.users
    a = solve_resources(problem, smallest(problem)).allocation
    active = BITS * problem.input_bytes / users.uplink_rate
    return float((problem.transmit_power * active / a.uplink_share).mean()), float(
        (problem.transmit_power * active).mean()
    )


def sums(eta: float | None, stop: Stop) -> np.ndarray:
    """Sum of sizes [byte] of the first rounds on Fig. 4(a), as long as the stop rule lets them pass."""
    problem = fig_4a()
    states = rounds(problem, stop=stop, eta=eta, max_rounds=30)
    return np.array([s.sizes.sum() for s in states if fits(problem, s, stop)])


def largest_energy(stop: Stop = "literal") -> float:
    """The largest mean energy [J] among the rounds on Fig. 4(a) that a stop rule lets pass."""
    problem = fig_4a()
    return max(s.mean_energy for s in rounds(problem, stop=stop) if fits(problem, s, stop))


def priced_air(shares: Sequence[float], price: Sequence[float] = (1.0, 4.0)) -> float:
    """What two users of one second each pay for shares of the downlink [J], at prices sigma_m + lambda [W]."""
    return float(sum(p / s for p, s in zip(price, shares, strict=True)))


def bits(factor: float = BITS) -> bool:
    """Whether the factor between byte and bit moves the optimum of Fig. 4(a)."""
    right, as_bytes = byte_optima(factor)
    return as_bytes > right * (1 + 1e-4)


def macs(published: float = PUBLISHED["c_2"]) -> bool:
    """Whether c_2 follows with two operations a product, and not with one, as (1) counts."""
    once, twice = (linear_fits(Convention(flops_per_mac=k))["c_2"] / published - 1 for k in (1, 2))
    return abs(twice) < 1e-3 < abs(once)


def origin(published: float = PUBLISHED["c_2"]) -> bool:
    """Whether c_2 follows from 2 MB, and not from 0, where L_0 is negative."""
    shifted, plain = linear_fits(Convention()), linear_fits(Convention(origin=0.0))
    near, far = (abs(fit["c_2"] / published - 1) for fit in (shifted, plain))
    return bool(near < 1e-3 < far and plain["L_0"] < 0 < shifted["L_0"])


def class_order(heads: Sequence[int] = HEADS) -> bool:
    """Whether a feature and the head it is paired with differ in width."""
    layers = yolo_v3()
    return any(layers[f - 1].side != layers[i - 1].side for f, i in zip(FEATURES, heads, strict=True))


def one_head(counted_together: bool = False) -> bool:
    """Whether the heads that class 3 runs are more than those counted."""
    _, counted = class_macs(cumulative_heads=counted_together)
    _, run = class_macs(cumulative_heads=True)
    return bool(run[-1] > counted[-1])


def joining_layers(left_out: Sequence[int] = (85, 97)) -> bool:
    """Whether (2) for class 3 with all heads falls short of the network by exactly these layers."""
    layers = yolo_v3()
    network, heads = class_macs()
    missing = sum(map(layer_macs, layers)) - network[-1] - heads.sum()
    return bool(missing > 0 and missing == sum(layer_macs(layers[j - 1]) for j in left_out))


def layer_count(printed: int = 106) -> bool:
    """Whether the network has another number of layers."""
    return len(yolo_v3()) != printed


def feature_range(least: float = 2.0, smallest: float = 2.8, largest: float = 6.0) -> bool:
    """Whether the two printed minima contradict each other, or a size [MB] is none that the network has."""
    sizes = (class_bytes() / MEGA).round(1)
    return least != smallest or smallest != sizes[0] or largest != sizes[-1]


def quality_beyond(largest: float = TABLE_I.max_mbytes) -> bool:
    """Whether (16) promises more at the largest size [MB] than the features of all classes give."""
    return largest > class_bytes()[-1] / MEGA


def psi_unit(exponents: tuple[int, int, int] = (3, 1, -2)) -> bool:
    """Whether (14) gives no joule if psi has these powers of FLOP, J and s."""
    speed_squared, load = np.array([2, 0, -2]), np.array([1, 0, 0])
    return not np.array_equal(np.array(exponents) + speed_squared + load, [0, 1, 0])


def left_out(noise: float = TABLE_I.noise_w_per_hz / 2, station: float = 4.0, speed: float = 1.5) -> bool:
    """Whether each of N_0 [W/Hz], P_D [W] and Q [GFLOPS] moves the optimum of Fig. 4(a)."""
    changes = ({"noise_w_per_hz": noise}, {"station_power_w": station}, {"device_gflops": (speed,) * 5})
    best = solve_exact(fig_4a()).objective
    others = [replace(FIG_4A, **change).draw(np.random.default_rng(0)) for change in changes]
    return all(abs(solve_exact(p).objective / best - 1) > 1e-4 for p in others)


def necessary_only(gflops: float = 1.1) -> bool:
    """Whether the duration of Proposition 1 is within the limit, and P2 infeasible."""
    problem, before, least = slow_mobiles(gflops)
    return before < problem.max_mean_latency < least and not feasible(problem, smallest(problem))


def price_of_zero(price: int = 0) -> bool:
    """Whether f by (18) is non-negative at this lambda, and yet no speed solves (19) with a zeta that is not."""
    import sympy as sp  # slow to import

    from mecpapers.fhei.evidence import symbolic

    f = sp.sqrt(price * (symbolic.L_0 + symbolic.c_1 * symbolic.d) / symbolic.theta)
    slope = symbolic.speed_condition().subs({symbolic.lam: price, symbolic.zeta: 0})
    return bool(f.is_nonnegative) and not sp.solve(slope, symbolic.q)


def not_monotone(eta: float | None = None, stop: Stop = "literal") -> bool:
    """Whether the sum falls from one round to the next among those that the stop rule lets pass."""
    total = sums(eta, stop)
    return bool(np.any(np.diff(total) < -1e-9 * total[:-1]))


def stop_rule(stop: Stop = "literal") -> bool:
    """Whether a round passes that needs more than the energy limit."""
    return largest_energy(stop) > fig_4a().max_mean_energy


def wasted_round(exponent: Callable[[int], int] = lambda k: k - 1) -> bool:
    """Whether (23) leaves round 1 nothing above d_min; the next round moves."""
    problem = fig_4a()
    moved = rounds(problem, max_rounds=2)[2].sizes.sum() > smallest(problem).sum()
    return bool(moved and ETA ** exponent(1) <= 1)


def constant_wins(
    scheme: Callable[[Problem], Solution[Allocation]] = solve_alternating,
    mobiles: Sequence[str] = ("slow users 4, 5", "below Table I"),
) -> bool:
    """Whether constant quality has the larger sum on Fig. 4(a) with these mobiles."""
    problems = [UNEQUAL[name].draw(np.random.default_rng(0)) for name in mobiles]
    return all(scheme(p).objective < solve_constant(p).objective * (1 - 1e-9) for p in problems)


def tdma_energy(n_users: int = 5) -> bool:
    """Whether (13) charges more than the energy of the slots in which a mobile sends."""
    printed, active = transmit_energy(fig_4a(n_users))
    return printed > active * (1 + 1e-9)


def unequal_power(strong: float = 1.0) -> bool:
    """Whether Proposition 1 costs energy where user 5 receives at another power [W]."""
    _, loss = unequal_power_loss(strong)
    return loss > 1e-6


SHOWN: Mapping[str, Callable[[], bool]] = {
    "bits": bits,
    "macs": macs,
    "origin": origin,
    "class-order": class_order,
    "one-head": one_head,
    "joining-layers": joining_layers,
    "layers": layer_count,
    "feature-range": feature_range,
    "quality-beyond": quality_beyond,
    "psi-unit": psi_unit,
    "left-out": left_out,
    "feasibility": necessary_only,
    "price-of-zero": price_of_zero,
    "monotone": not_monotone,
    "stop-rule": stop_rule,
    "first-round": wasted_round,
    "always": constant_wins,
    "tdma-energy": tdma_energy,
    "receive-power": unequal_power,
}
