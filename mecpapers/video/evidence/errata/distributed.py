"""Section V: Algorithm 4 and its formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
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


def rises(reading: Reading, n_devices: int = 16, n_drops: int = 10) -> int:
    """Drops in which the cost F^i of Algorithm 4 goes up by more than delta after some sweep."""
    found = 0
    for k in range(n_drops):
        problem = replace(EQ31, n_devices=n_devices).draw(drop_generator(0, k))
        costs = [state.cost for state in rounds(problem, reading)]
        found += bool((np.diff(costs) > reading.threshold).any())
    return found


def frames_off_whole(problem: Problem) -> float:
    """How far the frames that Algorithm 4 ends with are from whole ones, the most over the devices at the edge."""
    *_, last = rounds(problem, PRINTED)
    return float(np.abs(last.frames - np.rint(last.frames))[last.offload].max(initial=0.0))


def fits(shares: FloatArray, offload: BoolArray) -> bool:
    """Whether shares lie in G of (36), by step 2: it leaves them as they are; both of shape (N,)."""
    v = np.log(shares)
    return bool(np.array_equal(project(v, offload, 1.0), v))


def _frames_are_not_whole() -> bool:
    return frames_off_whole(replace(EQ31, n_devices=2).draw(drop_generator(0, 0))) > 0.01


def _budget_hangs_on_the_policy() -> bool:
    shares = np.array([0.6, 0.6])
    return fits(shares, np.array([True, False])) and not fits(shares, np.array([True, True]))


SHOWN: dict[str, Callable[[], bool]] = {
    "global-update": _step_2_is_not_solved,
    "blind-x-step": _congestion_is_not_seen,
    "zero-start": _zeros_of_hertz_end_at_home,
    "multiplier-update": _literal_46_never_rests,
    "until-no-longer-decreases": lambda: rises(replace(PRINTED, start="zeros-gigahertz")) == 10,
    "unrounded-frames": _frames_are_not_whole,
    "budget-and-policy": _budget_hangs_on_the_policy,
}
