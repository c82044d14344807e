"""Section V: Algorithm 4 and its formulas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.ledger import Erratum
from mecpapers.sweep import drop_generator
from mecpapers.video.admm import PRINTED, Reading, rounds, solve_admm
from mecpapers.video.augmented import Projection, project
from mecpapers.video.bounds import solve_exact
from mecpapers.video.model import Devices, Problem
from mecpapers.video.scenario import EQ31

_RULES: tuple[Projection, Projection] = ("printed", "exact")


def two_devices(edge_delay: float = 0.05, local_delay: float = 0.125) -> Problem:
    """Two like devices of which only the server's delay counts: alone a task takes ``edge_delay``, at home longer.

    Costs by hand: both at the edge 4 q, one 1 q + local, none 2 local, with q = edge_delay.
    """
    one, zero = np.ones(2), np.zeros(2)  # a task of one MAC on a server of 1 / q cycle/s, rho = 1
    devices = Devices(
        uplink_rate=1e12 * one,
        channel_gain=one,
        transmit_power=zero,
        frame_bits=one,
        max_frequency=one / local_delay,
        energy_coefficient=zero,
        macs_per_frame=zero,
        macs_offset=one,
        accuracy_a0=zero,
        accuracy_a1=zero,
        accuracy_a2=zero,
        min_accuracy=zero,
        max_frames=one,
        weight_delay=one,
        weight_energy=zero,
        weight_accuracy=zero,
    )
    return Problem(devices=devices, server_frequency=1.0 / edge_delay, cycles_per_mac=1.0)


def _step_2_is_not_solved() -> bool:
    """B = (ln 2, 0), s = 1: (43) returns shares 2/3 and 1/3; the optimum of (42) moves the two unequally."""
    b, both = np.log([2.0, 1.0]), np.ones(2, dtype=bool)
    printed, exact = (float(((project(b, both, 1.0, how) - b) ** 2).sum() / 2) for how in _RULES)
    return abs(printed - np.log(3) ** 2) < 1e-12 and exact < printed - 0.05


def _congestion_is_not_seen() -> bool:
    """The two devices above: 4 q = 0.2 at the edge, 0.175 with one of them; Algorithm 4 keeps both, (42) solved."""
    problem = two_devices()
    found, best = solve_admm(problem, Reading(projection="exact")), solve_exact(problem)
    return bool(
        found.converged
        and found.allocation.offload.all()
        and abs(found.objective - 0.2) < 1e-3
        and abs(best.objective - 0.175) < 1e-9
    )


def _zeros_of_hertz_end_at_home() -> bool:
    problem = replace(EQ31, n_devices=8).draw(drop_generator(0, 0))
    found = solve_admm(problem, replace(PRINTED, start="zeros-hertz"))
    at_home = found.converged and not found.allocation.offload.any()
    return at_home and bool(solve_exact(problem).allocation.offload.all())


def _literal_46_never_rests() -> bool:
    problem = replace(EQ31, n_devices=8).draw(drop_generator(0, 0))
    literal, mended = (solve_admm(problem, replace(PRINTED, literal_46=flag)) for flag in (True, False))
    return mended.converged and not literal.converged


def _cost_rises() -> bool:
    """Ten drops at N = 20: after some sweep the cost F^i of Algorithm 4 goes up by more than delta."""
    rises = 0
    for k in range(10):
        costs = [state.cost for state in rounds(replace(EQ31, n_devices=20).draw(drop_generator(0, k)), PRINTED)]
        rises += bool((np.diff(costs) > PRINTED.threshold).any())
    return rises == 10


ERRATA: tuple[Erratum, ...] = (
    Erratum(
        key="global-update",
        where="(43)-(44)",
        printed="f^ = y + (theta - mu) / s, the closed form of (42)",
        corrected="f^ = b - omega(b + ln(mu/s)), b = y + theta / s, omega the Wright function",
        evidence="the derivative of the constraint sum exp(f^) is exp(f^), not 1. Two devices that ask for shares 2 "
        "and 1 (s = 1): (43) costs (ln 3)^2 = 1.207, the optimum of (42) 1.142. With it Algorithm 4 ends at shares in "
        "proportion to the loads, not to their roots as Theorem 2 has it",
        shown=_step_2_is_not_solved,
    ),
    Erratum(
        key="blind-x-step",
        where="(41), Algorithm 4",
        printed="choose x_n by the smaller of the two values of (41)",
        corrected="add what the device costs the others, about theta_f + theta_t by (27), or choose s = s*",
        evidence="at a fixed point (41) charges an edge device theta^2 / 2s. Two like devices, q = 0.05 alone at the "
        "server, 0.125 at home: both at the edge cost 4q = 0.2, one of them q + 0.125 = 0.175. With s = 0.5 the charge "
        "is "
        "(2q)^2 / 2s = 0.01, so that each stays: 2q + 0.01 < 0.125",
        shown=_congestion_is_not_seen,
    ),
    Erratum(
        key="zero-start",
        where="Algorithm 4, initialisation",
        printed="{u, v, theta} = 0",
        corrected="name the unit of f, or start from equal shares",
        evidence="f^ = 0 is a server of 1 cycle/s for each device, if f is in cycle/s: everyone goes home, and the "
        "rule "
        "stops there. In GHz it starts otherwise",
        shown=_zeros_of_hertz_end_at_home,
    ),
    Erratum(
        key="multiplier-update",
        where="(46)",
        printed="theta^t = z + s (z - t^)",
        corrected="theta^t = theta^t + s (z - t^)",
        evidence="as (45) has it; with z in its place the sweeps do not come to rest in a hundred",
        shown=_literal_46_never_rests,
    ),
    Erratum(
        key="until-no-longer-decreases",
        where="V-B",
        printed="repeat until the cost function no longer decreases",
        corrected="until it changes by less than delta, as in Algorithm 4",
        evidence="the cost of the iterates is not monotone: with Algorithm 4 as printed it rises, sweep by sweep, in "
        "all of "
        "ten drops of 20",
        shown=_cost_rises,
    ),
    Erratum(
        key="delta-twice",
        where="Algorithm 4, VI-B",
        printed="delta = 1e-4 in the listing, 1e-5 in the text on Fig. 6",
        corrected="one of the two",
        evidence="iteration counts depend on it; both are shown",
        shown=None,
    ),
    Erratum(
        key="equals-for-plus",
        where="(41)",
        printed="F = theta y + ...; sums over n in the problem of one device",
        corrected="F + theta y + ...; no sums",
        evidence="(37) adds these terms, and (41) is its part for device n",
        shown=None,
    ),
    Erratum(
        key="arguments-of-34",
        where="(34)",
        printed="F_1,n(M^, x_n, y_n)",
        corrected="F_1,n(M^, y_n, z_n)",
        evidence="as in (41): y and z stand for f^ and t^",
        shown=None,
    ),
    Erratum(
        key="problem-39",
        where="V-B, below (40)",
        printed="the problem (39) can be decomposed",
        corrected="(40)",
        evidence="(39) is the dual problem over theta; it is (40) that falls into N parts",
        shown=None,
    ),
)
