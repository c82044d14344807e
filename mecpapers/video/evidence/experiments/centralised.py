"""Sections II to IV, Table I and the centralised half of Fig. 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from mecpapers import sweep
from mecpapers.arrays import FloatArray
from mecpapers.solution import Solution
from mecpapers.store import kept
from mecpapers.sweep import Sweep, drop_generator
from mecpapers.video.admm import FITTED, PRINTED, solve_admm, solve_many_admm
from mecpapers.video.bounds import solve_exact, solve_exact_frames, solve_many_exact
from mecpapers.video.cccp import solve_cccp
from mecpapers.video.edge import edge_shares
from mecpapers.video.geometric import solve_geometric, warm_started
from mecpapers.video.model import (
    Allocation,
    Problem,
    evaluate,
    restate_eq31,
    transmission_delay,
    transmission_delay_in_radio_frames,
    violations,
)
from mecpapers.video.offloading import solve_channel_aware, solve_channel_prefixes
from mecpapers.video.scenario import EQ31, SET_A, SET_B, TRAITS, Scenario, Trait
from mecpapers.video.schemes import METRICS, SCHEMES, TOGETHER, Scheme, measure

# What the paper's heuristics find by themselves; as schemes they return all devices local where that is cheaper.
AS_STATED: dict[str, Scheme] = {
    **SCHEMES,
    "gp-heuristic": lambda problem, *, rng=None: solve_channel_aware(problem, allocate=warm_started()),
    "search-heuristic": lambda problem, *, rng=None: solve_channel_aware(problem, allocate=solve_exact_frames),
    "admm": lambda problem, *, rng=None: solve_admm(problem, FITTED),
    "admm-printed": lambda problem, *, rng=None: solve_admm(problem, PRINTED),
    "cccp": lambda problem, *, rng=None: solve_cccp(problem),
}


def charged_optimum(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The least cost that the charged energy allows: under eq31 local devices may leave Theorem 1."""
    return solve_exact(charged(problem))


def charged(problem: Problem) -> Problem:
    """The problem whose clocks and frames are free to suit the energy that is charged."""
    return restate_eq31(problem) if problem.local_energy == "eq31" else problem


_TOGETHER: Sequence[tuple[Scheme, sweep.Together[Problem, Allocation]]] = [
    *TOGETHER,
    (charged_optimum, lambda problems: solve_many_exact([charged(problem) for problem in problems])),
    (AS_STATED["admm"], partial(solve_many_admm, reading=FITTED)),
    (AS_STATED["admm-printed"], partial(solve_many_admm, reading=PRINTED)),
]
compare = partial(sweep.compare, measure=measure, violations=violations, metrics=METRICS, together=_TOGETHER)


@kept
def local_against_edge(
    n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = SET_A
) -> Sweep:
    """The two outer schemes of Fig. 5: all devices local, all at the edge, over the number of devices."""
    schemes = {name: AS_STATED[name] for name in ("local", "edge")}
    return compare(schemes, scenario, n_drops=n_drops, seed=seed, axis={"n_devices": n_devices})


@kept
def figure_5(n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31) -> Sweep:
    """Fig. 5: average cost of every scheme over the number of devices; under eq31 ``charged-optimum`` beside them."""
    names = ("exact", "gp-heuristic", "admm", "admm-printed", "cccp", "random", "local", "edge")
    schemes: dict[str, Scheme] = {name: AS_STATED[name] for name in names}
    if scenario.local_energy == "eq31":
        schemes["charged-optimum"] = charged_optimum
    return compare(schemes, scenario, n_drops=n_drops, seed=seed, axis={"n_devices": n_devices})


@kept
def figure_5_bounds(n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31) -> Sweep:
    """The two bounds of Fig. 5: Search+Heuristic, and Search+Search's optimum by proof instead of exhaustion."""
    schemes = {name: AS_STATED[name] for name in ("exact", "search-heuristic")}
    return compare(schemes, scenario, n_drops=n_drops, seed=seed, axis={"n_devices": n_devices})


@kept
def compared(
    names: tuple[str, ...], n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> Sweep:
    """Some of ``SCHEMES`` over the number of devices."""
    return compare(
        {name: AS_STATED[name] for name in names}, scenario, n_drops=n_drops, seed=seed, axis={"n_devices": n_devices}
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Loss:
    """How far a scheme lies from the optimum, in fractions, each of shape (values,)."""

    relative: FloatArray  # of |optimum|, costs as (13) counts them
    relative_se: FloatArray  # standard error, drops paired
    without_constant: FloatArray  # of |optimum + beta_3 m_a2|, as (31) and (32) count
    of_gain: FloatArray  # of what lies between all local and the optimum


def losses(sweep: Sweep, scheme: str, constant: float, optimum: str = "exact") -> Loss:
    """Compare the mean costs of a scheme and of the optimum under both conventions.

    Parameters
    ----------
    constant : beta_3 m_a2, which (31) and (32) leave out
    """
    best, excess = sweep.mean("cost", optimum), sweep.drops("cost", scheme) - sweep.drops("cost", optimum)
    mean, error = excess.mean(axis=1), excess.std(axis=1, ddof=min(1, sweep.n_drops - 1)) / np.sqrt(sweep.n_drops)
    shifted = np.abs(best + constant)
    return Loss(
        relative=mean / np.abs(best),
        relative_se=error / np.abs(best),
        without_constant=mean / shifted,
        of_gain=mean / (sweep.mean("cost", "local") - best),
    )


TABLE_1 = {
    "local": {"devices": 12.3, "delay": 0.24, "energy": 1.00, "accuracy": 0.886},
    "edge": {"devices": 12.7, "delay": 0.52, "energy": 0.025, "accuracy": 0.866},
}
"""Table I as printed: counts, seconds, joules, fractions."""


def table_1_tolerance(side: str, row: str) -> float:
    """How near a number of Table I must come to count as met: 6 %, or 0.002 for an accuracy."""
    return 0.002 if row == "accuracy" else 0.06 * TABLE_1[side][row]


def table_1_misses(table: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[str]:
    """The rows of Table I that a computed table does not meet."""
    rows = [(side, row) for side in TABLE_1 for row in TABLE_1[side]]
    return [f"{s} {r}" for s, r in rows if not abs(table[s][r][0] - TABLE_1[s][r]) <= table_1_tolerance(s, r)]


def table_1_rows(columns: Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]]) -> list[dict[str, Any]]:
    """Table I as printed beside computed ones with their standard errors, a line a row."""
    rows = []
    for side, printed in TABLE_1.items():
        for row, value in printed.items():
            computed = {name: table[side][row] for name, table in columns.items()}
            numbers = {k: v for name, (mean, se) in computed.items() for k, v in ((name, mean), (f"{name} ±", se))}
            rows.append({"devices": side, "row": row, "printed": value, **numbers})
    return rows


@kept
def table_1(
    n_drops: int = 400, seed: int = 0, scenario: Scenario = EQ31, scheme: str = "gp-heuristic"
) -> dict[str, dict[str, tuple[float, float]]]:
    """Table I: device counts, and delay, energy and accuracy averaged over local and over edge devices.

    Returns
    -------
    {"local": {"devices": (mean, standard error), "delay": ..., "energy": ..., "accuracy": ...}, "edge": ...}
    """
    table: dict[str, list[FloatArray]] = {"local": [], "edge": []}
    for drop in range(n_drops):
        problem = scenario.draw(drop_generator(seed, drop))
        allocation = AS_STATED[scheme](problem).allocation
        m = evaluate(problem, allocation)
        for side, chosen in (("local", ~allocation.offload), ("edge", allocation.offload)):
            sums = [float(v[chosen].sum()) for v in (m.delay, m.energy, m.accuracy)]
            table[side].append(np.array([chosen.sum(), *sums]))
    return {side: _averages(np.array(rows)) for side, rows in table.items()}


def _averages(rows: FloatArray) -> dict[str, tuple[float, float]]:
    """Mean count a drop, and means over all devices of all drops, with standard errors between drops."""
    n, counts = len(rows), rows[:, 0]
    result = {"devices": (float(counts.mean()), float(counts.std(ddof=min(1, n - 1)) / np.sqrt(n)))}
    total = max(counts.sum(), 1.0)
    for name, sums in zip(("delay", "energy", "accuracy"), rows[:, 1:].T, strict=True):
        mean = float(sums.sum() / total)
        error = float(np.sqrt(n * np.var(sums - mean * counts, ddof=min(1, n - 1))) / total)  # of a ratio of sums
        result[name] = (mean, error if error > 1e-12 * abs(mean) else 0.0)  # what is the same in every drop
    return result


VARIANTS: Mapping[str, Scenario] = {
    "set A": EQ31,
    "set B (Rayleigh fading, larger m_c1)": replace(SET_B, local_energy="eq31"),
    "energy by (7)": SET_A,
    "station in the centre": replace(EQ31, station=(0.5, 0.5)),
    "transmit power 0.1 W": replace(EQ31, transmit_power_w=0.1),
    "transmit power 0.5 W": replace(EQ31, transmit_power_w=0.5),
    "one channel of 8 bits": replace(EQ31, frame_bits=112 * 112 * 8),
    "N = 20": replace(EQ31, n_devices=20),
    "N = 30": replace(EQ31, n_devices=30),
    "m_a1 = 1 (m_a0, m_a2 refitted)": replace(EQ31, accuracy_a0=0.6, accuracy_a1=1.0, accuracy_a2=0.986),
    "clocks as printed (swapped)": replace(EQ31, server_ghz=1.8, device_ghz=22.0),
}
"""Table I under every choice that the paper leaves to us, one changed at a time."""


MIXES: Mapping[str, tuple[Trait, ...]] = {
    "power and weights": ("power", "weights"),
    "network": ("network",),
    "all": TRAITS,
}


def loss_rows(losses: Mapping[str, Loss], n_devices: Sequence[int]) -> list[dict[str, Any]]:
    """Losses in percent with the half-width of their 95 % confidence interval, a line a name and N."""
    return [
        {
            "scheme or devices": name,
            "N": n,
            "loss, %": 100 * loss.relative[i],
            "± (95 %)": 196 * loss.relative_se[i],
            "without the constant, %": 100 * loss.without_constant[i],
            "of the gain, %": 100 * loss.of_gain[i],
        }
        for name, loss in losses.items()
        for i, n in enumerate(n_devices)
    ]


@kept
def heuristic_losses(
    mixed: tuple[Trait, ...], n_devices: Sequence[int] = (25, 50, 100), n_drops: int = 100, seed: int = 0
) -> Sweep:
    """Algorithm 3 with Algorithm 2 beside the proved optimum on devices that differ in some traits, energy by (7)."""
    schemes = {name: AS_STATED[name] for name in ("exact", "gp-heuristic", "local")}
    return compare(schemes, replace(SET_A, mixed=mixed), n_drops=n_drops, seed=seed, axis={"n_devices": n_devices})


def refitted(accuracy_a1: float, scenario: Scenario = EQ31) -> Scenario:
    """Table I's two accuracies, at the edge with 4 frames and locally with 5, with another m_a1: the others follow."""
    a_1, low, high = accuracy_a1, TABLE_1["edge"]["accuracy"], TABLE_1["local"]["accuracy"]
    rise = round(high - low, 3)  # as printed, to three digits
    return replace(
        scenario, accuracy_a0=rise * (4 + a_1) * (5 + a_1), accuracy_a1=a_1, accuracy_a2=low + rise * (5 + a_1)
    )


JOINT = refitted(1.0)
"""Figure 5's scenario, in which the three losses that the paper prints are judged together; m_a1 = 1 is chosen."""


@kept
def relaxation_loss(
    accuracy_a1: Sequence[float], n_devices: int = 16, n_drops: int = 100, seed: int = 0
) -> dict[str, FloatArray]:
    """Loss of Algorithm 3 against the proved optimum with the frames of Algorithm 2, by Phi-hat and by Phi.

    Returns
    -------
    {"relaxed": ..., "true": ...}, each the mean loss over |mean optimum|, shape (len(accuracy_a1),)
    """
    table: dict[str, list[float]] = {"relaxed": [], "true": []}
    for a_1 in accuracy_a1:
        scenario = replace(refitted(a_1), n_devices=n_devices)
        problems = [scenario.draw(drop_generator(seed, drop)) for drop in range(n_drops)]
        optimum = np.mean([solve_exact(p).objective for p in problems])
        for name, relax in (("relaxed", True), ("true", False)):
            solutions = [solve_channel_aware(p, allocate=warm_started(relax_accuracy=relax)) for p in problems]
            cost = np.mean([solution.objective for solution in solutions])
            table[name].append(float((cost - optimum) / abs(optimum)))
    return {name: np.array(losses) for name, losses in table.items()}


@kept
def prefix_costs(n_devices: int, seed: int = 0, scenario: Scenario = EQ31) -> FloatArray:
    """Average cost of a device where the k best channels of one drop offload, k = 0 ... N; shape (N+1,)."""
    problem = replace(scenario, n_devices=n_devices).draw(drop_generator(seed, 0))
    ranks = np.argsort(np.argsort(-problem.devices.channel))
    return np.array([solve_geometric(problem, ranks < k).objective / n_devices for k in range(n_devices + 1)])


@kept
def prefix_excess(n_devices: int = 25, n_drops: int = 100, seed: int = 0, scenario: Scenario = SET_A) -> FloatArray:
    """Cost of the best channel prefix less the proved optimum's, relative; like devices; shape (n_drops,)."""
    excess = []
    for drop in range(n_drops):
        problem = replace(scenario, n_devices=n_devices).draw(drop_generator(seed, drop))
        prefix = solve_channel_prefixes(problem, allocate=solve_exact_frames).objective
        excess.append(prefix / solve_exact(problem).objective - 1)
    return np.abs(excess)


@kept
def radio_frame_excess(
    n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, radio_frame: float = 0.01, scenario: Scenario = SET_A
) -> FloatArray:
    """By how much whole radio frames lengthen the transmission delay of (9), all devices at the edge.

    Returns
    -------
    relative excess of each device's D^t, as its mean, 95th percentile and maximum; shape (len(n_devices), 3)
    """
    table = []
    for n in n_devices:
        excess = []
        for drop in range(n_drops):
            problem = replace(scenario, n_devices=n).draw(drop_generator(seed, drop))
            solution = SCHEMES["edge"](problem)
            frames, offload = solution.allocation.frames, solution.allocation.offload
            _, share = edge_shares(problem, offload, frames)
            smooth = transmission_delay(problem, frames, share)
            excess.append(transmission_delay_in_radio_frames(problem, frames, share, radio_frame) / smooth - 1)
        all_devices = np.concatenate(excess)
        table.append([all_devices.mean(), np.quantile(all_devices, 0.95), all_devices.max()])
    return np.array(table)
