"""Sections II to IV, Table I and the centralised half of Fig. 5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.sweep import drop_generator
from mecpapers.video.edge import edge_shares
from mecpapers.video.evidence.experiments import TABLE_1
from mecpapers.video.evidence.experiments.scale import count_cases
from mecpapers.video.geometric import solve_geometric
from mecpapers.video.model import Problem, accuracy, fewest_frames, macs, transmission_energy
from mecpapers.video.offloading import solve_channel_aware
from mecpapers.video.scenario import SET_A
from mecpapers.video.schemes import SCHEMES

HALF_A_UNIT = 0.005  # of the last digit printed in Table I, of the local delay [s] and energy [J]


def local_power_range(*, with_rho: bool) -> tuple[float, float]:
    """Least and largest kappa f^3 [W] that Table I's local delay and energy allow, after rounding.

    (5) and (7) give energy / delay = kappa f^3; by (31), without rho, it is kappa f^3 / rho.
    """
    delay, energy, half = TABLE_1["local"]["delay"], TABLE_1["local"]["energy"], HALF_A_UNIT
    factor = 1.0 if with_rho else SET_A.cycles_per_mac
    return factor * (energy - half) / (delay + half), factor * (energy + half) / (delay - half)


def convex_share(n_instances: int = 200, seed: int = 0, *, negative_offset: bool) -> float:
    """Share of random instances of (29), two devices, that are convex on every segment tried.

    With ``negative_offset`` every other instance has m_c1 < 0, with C(M) > 0 at every frame count allowed. Fifty
    segments are random; fifty move m, f and t together, at a small f, where all but m_c1 exp(-f) is all but constant.
    """
    rng = np.random.default_rng(seed)
    convex = 0
    for k in range(n_instances):
        delay, send, energy, loss = rng.exponential(size=(4, 2))
        offset = -rng.uniform(0.2, 0.95, size=2) if negative_offset and k % 2 else rng.exponential(size=2)
        anywhere = np.stack([rng.uniform(0, np.log(16), (2, 50, 2)), *rng.uniform(-4, 0, (2, 2, 50, 2))])
        start = np.stack([rng.uniform(0, 2, (50, 2)), rng.uniform(-16, -12, (50, 2)), rng.uniform(-4, 0, (50, 2))])
        ends = np.concatenate([anywhere, np.stack([start, start + 0.5], axis=1)], axis=2)  # (variable, end, segment, n)
        m, f, t = np.concatenate([ends, ends.mean(axis=1, keepdims=True)], axis=1)
        value = delay * (np.exp(m - f) + offset * np.exp(-f)) + send * np.exp(m - t)
        value = (value + energy * np.exp(m) + loss * np.exp(-m)).sum(axis=-1)
        convex += bool(np.all(value[2] <= value[:2].mean(axis=0) * (1 + 1e-12)))
    return convex / n_instances


def _rho_is_missing() -> bool:
    power = SET_A.weight_delay / (2 * SET_A.weight_energy)  # kappa f^3 by (20), 0.5 W
    low, high = local_power_range(with_rho=True)
    low_31, high_31 = local_power_range(with_rho=False)
    return not low <= power <= high and low_31 <= power <= high_31


def _frequencies_are_swapped() -> bool:
    """As printed, 12.7 devices with the fewest frames share 1.8 GHz: their computing alone outlasts Table I's delay."""
    work = SET_A.macs_per_frame * 4 + SET_A.macs_offset
    as_printed = SET_A.cycles_per_mac * work * 12.7 / 1.8e9  # [s]; 2.36
    mended = SET_A.cycles_per_mac * work * 12.7 / 22e9  # [s]; 0.19
    return mended < 0.52 < as_printed


def _two_senders(rate: float, power: float) -> Problem:
    """Two devices alike, but that the second has so many times the first one's rate and power of sending."""
    problem = replace(SET_A, n_devices=2).draw(np.random.default_rng(0))
    v = problem.devices
    rates, powers = v.uplink_rate[0] * np.array([1.0, rate]), np.array([1.0, power])
    return replace(problem, devices=replace(v, uplink_rate=rates, transmit_power=powers))


def _power_is_outside_the_sum() -> bool:
    """Two devices, 1 W and 2 W, equal times of sending: the energy of (10) is neither p_1 nor p_2 times their sum."""
    problem, frames = _two_senders(rate=1.0, power=2.0), np.full(2, 4.0)
    truth = float(transmission_energy(problem, frames).sum())
    v = problem.devices
    sending = float((v.frame_bits * frames / v.uplink_rate).sum())
    mended = float((v.transmit_power * v.frame_bits * frames / v.uplink_rate).sum())
    printed = v.transmit_power * sending
    return bool(np.isclose(mended, truth) and not np.isclose(printed, truth).any())


def _rate_in_60() -> bool:
    """Two devices alike but in their rates, 1 and 4: (60) as printed gives frequencies 2 : 1, Theorem 2 equal ones."""
    problem, frames = _two_senders(rate=4.0, power=1.0), np.full(2, 4.0)
    best, _ = edge_shares(problem, np.ones(2, dtype=bool), frames)
    mended = np.sqrt(macs(problem.devices, frames))
    printed = mended / np.sqrt(problem.devices.uplink_rate)
    return bool(np.isclose(best[0] / best[1], mended[0] / mended[1]) and np.isclose(printed[0] / printed[1], 2.0))


def _fewest_frames_are_meant() -> bool:
    devices = replace(SET_A, n_devices=1).draw(np.random.default_rng(0)).devices
    frames = np.arange(1.0, SET_A.max_frames + 1)
    phi = np.array([accuracy(devices, np.array([m]))[0] for m in frames])
    allowed = phi >= SET_A.min_accuracy
    return bool(frames[allowed].min() == frames[allowed][np.argmin(phi[allowed])] == fewest_frames(devices)[0])


def _convexity_needs_a_sign() -> bool:
    return convex_share(negative_offset=False) == 1.0 and convex_share(negative_offset=True) < 1.0


def relaxation_curvature(frames: float, a_1: float) -> float:
    """Second derivative of 1 / (e^m + m_a1) in m at M = e^m: M (M - m_a1) / (M + m_a1)^3."""
    return frames * (frames - a_1) / (frames + a_1) ** 3


def _relaxation_is_needless() -> bool:
    """At M^min = 4 the true Phi keeps (29) convex up to m_a1 = 4, and no further."""
    m = np.log(4.0) + np.array([-1e-3, 0.0, 1e-3])
    bend = {a_1: float(np.diff(1 / (np.exp(m) + a_1), 2)[0]) for a_1 in (-0.9, 1.0, 3.9, 5.0)}
    return all((bend[a_1] > 0) == (relaxation_curvature(4.0, a_1) > 0) == (a_1 <= 4) for a_1 in bend)


def _rho_is_upside_down() -> bool:
    """Delays made by (5) from rho = 0.12: the printed ratio gives 2.3e10 MAC/s, f sum t / sum C gives 0.12."""
    frequency = 2.8e9
    work = SET_A.macs_per_frame * np.arange(1.0, 17) + SET_A.macs_offset
    delay: FloatArray = SET_A.cycles_per_mac * work / frequency
    printed, mended = work.sum() / delay.sum(), frequency * delay.sum() / work.sum()
    return bool(printed > 1e10 and abs(mended - SET_A.cycles_per_mac) < 1e-12)


def _cases_are_fewer() -> bool:
    """Two devices with 13 frame counts: the search over every policy compares 14^2 = 196 cases, not 2^2 13^2 = 676."""
    return count_cases("search-search", 2) == (1 + 13) ** 2 < 2**2 * 13**2


def edge_is_the_heuristic(problem: Problem) -> bool:
    """Whether Algorithm 3 sends all devices to the edge, at the cost of Edge to the last bits."""
    ours, theirs = SCHEMES["gp-heuristic"](problem), SCHEMES["edge"](problem)
    same = abs(ours.objective - theirs.objective) <= 1e-12 * abs(ours.objective)
    return bool(ours.allocation.offload.all()) and same


def _edge_is_not_almost_equal() -> bool:
    scenario = replace(SET_A, local_energy="eq31", n_devices=7)
    return all(edge_is_the_heuristic(scenario.draw(drop_generator(0, k))) for k in range(10))


def _everyone_withdraws() -> bool:
    problem = replace(SET_A, n_devices=3, server_ghz=1e-3).draw(np.random.default_rng(0))
    return not solve_channel_aware(problem, allocate=solve_geometric).allocation.offload.any()


SHOWN: dict[str, Callable[[], bool]] = {
    "eq31-rho": _rho_is_missing,
    "frequencies-swapped": _frequencies_are_swapped,
    "power-outside-sum": _power_is_outside_the_sum,
    "rate-in-60": _rate_in_60,
    "argmin-phi": _fewest_frames_are_meant,
    "gp-sign": _convexity_needs_a_sign,
    "relaxation-needless": _relaxation_is_needless,
    "rho-ratio": _rho_is_upside_down,
    "count-of-choices": _cases_are_fewer,
    "algorithm-3-exit": _everyone_withdraws,
    "edge-almost-equal": _edge_is_not_almost_equal,
}
