"""What the FHEI paper prints wrong or leaves out, each with the computation that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mecpapers.fhei.alternating import rounds, solve_alternating
from mecpapers.fhei.bounds import solve_exact
from mecpapers.fhei.computing import feasible, least_latency, smallest, solve_resources
from mecpapers.fhei.evidence.experiments import unequal_power_loss
from mecpapers.fhei.model import BITS, Problem, evaluate
from mecpapers.fhei.networks import FEATURES, HEADS, Convention, class_bytes, class_macs, linear_fits, yolo_v3
from mecpapers.fhei.scenario import FIG_4A, TABLE_I, UNEQUAL
from mecpapers.fhei.transmission import least_time_before_computing
from mecpapers.sweep import drop_generator


def fig_4a() -> Problem:
    """The caption's gains with five mobiles of 3 GFLOPS."""
    return FIG_4A.draw(np.random.default_rng(0))


def byte_optima() -> tuple[float, float]:
    """Sum of quality with sizes in bit where they meet a rate, and with bytes read as bits."""
    problem = fig_4a()
    users = problem.users
    faster = replace(users, uplink_rate=BITS * users.uplink_rate, downlink_rate=BITS * users.downlink_rate)
    return solve_exact(problem).objective, solve_exact(replace(problem, users=faster)).objective


def infeasible_share(shape: float, scale: float, n_drops: int = 100, n_users: int = 5) -> float:
    """Share of drops in which not even d_min can be given to all."""
    scenario = replace(TABLE_I, n_users=n_users, gamma_shape=shape, gamma_scale=scale)
    problems = [scenario.draw(drop_generator(0, k)) for k in range(n_drops)]
    return float(np.mean([not feasible(p, smallest(p)) for p in problems]))


def slow_mobiles() -> tuple[Problem, float, float]:
    """One user per second of local computing: a problem that P2 cannot solve although transmission takes little.

    Returns
    -------
    the problem; its mean time before local computing, and its least mean latency at d_min [s]
    """
    problem = replace(FIG_4A, device_gflops=(1.1,) * 5).draw(np.random.default_rng(0))
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


def _bits_matter() -> bool:
    bits, as_bytes = byte_optima()
    return as_bytes > 1.1 * bits


def _origin() -> bool:
    """From 2 MB c_2 comes within 0.1 %, from 0 it is half; and L_0 at 0 is negative."""
    shifted, plain = linear_fits(Convention()), linear_fits(Convention(origin=0.0))
    near = abs(shifted["c_2"] / 5664 - 1) < 1e-3
    return bool(near and plain["c_2"] < 0.6 * 5664 and plain["L_0"] < 0 < shifted["L_0"])


def _class_order() -> bool:
    """The feature at f(1) is 52 wide; the head at i(1) is 13 wide, that of scale 3."""
    layers = yolo_v3()
    first = layers[FEATURES[0] - 1].side, layers[HEADS[0] - 1].side
    return first == (52, 13) and layers[FEATURES[2] - 1].side == 13


def _layers() -> bool:
    return len(yolo_v3()) == 107


def _bounds_of_size() -> bool:
    sizes = class_bytes()
    return bool(abs(sizes[0] / 2.8e6 - 1) < 0.02 and sizes[0] > 2.0e6 and sizes[-1] < 6e6)


def _gamma() -> bool:
    return infeasible_share(1 / 3, 3.0) > 0.9 > infeasible_share(1.0, 3.0)


def _necessary_only() -> bool:
    problem, before, least = slow_mobiles()
    return before < problem.max_mean_latency < least and not feasible(problem, smallest(problem))


def _not_monotone() -> bool:
    """Without (23) the sum falls from one round to the next, while P2 still has an answer."""
    problem = fig_4a()
    states = rounds(problem, stop="literal", eta=None, max_rounds=6)
    total = np.array([s.sizes.sum() for s in states if s.allocation is not None])
    return bool(np.any(np.diff(total) < 0)) or solve_alternating(problem, eta=None).objective < 170.0


def literal_energy() -> float:
    """The largest mean energy [J] among the rounds that the printed stop rule lets pass."""
    states = rounds(fig_4a(), stop="literal")
    return max(s.mean_energy for s in states if s.allocation is not None)


def _stop_rule() -> bool:
    return literal_energy() > 5.0


def _wasted_round() -> bool:
    states = rounds(fig_4a(), max_rounds=2)
    return bool(np.all(states[1].sizes == states[0].sizes) and states[2].sizes.sum() > states[1].sizes.sum())


def _constant_wins() -> bool:
    from mecpapers.fhei.benchmarks import solve_constant

    problem = UNEQUAL["slow users 4, 5"].draw(np.random.default_rng(0))
    return solve_alternating(problem).objective < solve_constant(problem).objective


def _tdma_energy() -> bool:
    printed, active = transmit_energy(fig_4a())
    return printed > 2 * active


def _unequal_power() -> bool:
    shares, loss = unequal_power_loss()
    return bool(shares[-1] > 0.3 and loss > 0.01)


def longest_latency() -> float:
    """The longest latency of a user [s] at the optimum of Fig. 4(a), under a mean of 15 s."""
    problem = fig_4a()
    return float(evaluate(problem, solve_exact(problem).allocation).latency.max())


def _mean_hides() -> bool:
    return longest_latency() > 1.7 * FIG_4A.max_mean_latency


def _one_head() -> bool:
    """(2) counts one head for class 3; by the text it uses the features of scales 1 to 3, hence three heads."""
    _, single = class_macs()
    _, together = class_macs(cumulative_heads=True)
    return bool(together[-1] > 2.8 * single[-1])


SHOWN: dict[str, Callable[[], bool]] = {
    "bits": _bits_matter,
    "origin": _origin,
    "class-order": _class_order,
    "one-head": _one_head,
    "layers": _layers,
    "feature-range": _bounds_of_size,
    "gamma": _gamma,
    "feasibility": _necessary_only,
    "monotone": _not_monotone,
    "stop-rule": _stop_rule,
    "first-round": _wasted_round,
    "always": _constant_wins,
    "tdma-energy": _tdma_energy,
    "receive-power": _unequal_power,
    "mean-latency": _mean_hides,
}
