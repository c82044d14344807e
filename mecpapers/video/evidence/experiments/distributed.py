"""Section V and the distributed half of Figs. 5 to 7: readings of Algorithm 4, CCCP, and the price scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.solution import Solution
from mecpapers.store import kept
from mecpapers.sweep import Sweep, draw_with, drop_generator, run_sweep
from mecpapers.video import cccp
from mecpapers.video.admm import FITTED, PRINTED, THEOREM_1, Reading, finish, round_off, rounds, rounds_of_many
from mecpapers.video.bounds import solve_exact
from mecpapers.video.evidence.experiments.centralised import AS_STATED
from mecpapers.video.evidence.experiments.drops import drifted
from mecpapers.video.geometric import solve_geometric
from mecpapers.video.model import Allocation, Problem, fewest_frames
from mecpapers.video.offloading import solve_channel_aware
from mecpapers.video.options import option_table
from mecpapers.video.prices import rounds as price_rounds
from mecpapers.video.scenario import EQ31, Scenario
from mecpapers.video.schemes import SCHEMES, measure

READINGS: Mapping[str, Reading] = {
    "as printed, equal shares": PRINTED,
    "as printed, all-edge start": replace(PRINTED, start="all-edge"),
    "as printed, zeros in GHz": replace(PRINTED, start="zeros-gigahertz"),
    "as printed, zeros in cycle/s": replace(PRINTED, start="zeros-hertz"),
    "as printed, (46) to the letter": replace(PRINTED, literal_46=True),
    "Theorem 1 at home": THEOREM_1,
    "the same, all-edge start": replace(THEOREM_1, start="all-edge"),
    "(42) solved": replace(THEOREM_1, projection="exact"),
    "(42) solved, s = 0.05": replace(THEOREM_1, projection="exact", step_size=0.05),
    "in turn, (42) solved": replace(FITTED, step_size=0.5),
    "in turn, (43)-(44), s = 0.05": replace(FITTED, projection="printed"),
    "in turn, (42) solved, s = 0.05": FITTED,
    "the same, zeros in GHz": replace(FITTED, start="zeros-gigahertz"),
    "the same, s = 0.03": replace(FITTED, step_size=0.03),
    "the same, s = 0.1": replace(FITTED, step_size=0.1),
    "the same, s = s*": replace(FITTED, step_size="balanced"),
    "the same, (31) as printed": replace(FITTED, local="printed"),
}
"""Readings of Algorithm 4; s = 0.5, all devices at once and equal shares where nothing else is said.

As printed the local devices take the best clock and frames of (31); the others those of Theorem 1, but for the last.
"""


@dataclass(frozen=True, eq=False)
class _Run:
    """A solution, and the sweeps it took."""

    solution: Solution[Allocation]
    sweeps: int


def _run_admm(reading: Reading, problem: Problem, *, rng: np.random.Generator | None = None) -> _Run:
    states = list(rounds(problem, reading))
    return _Run(finish(problem, states, reading), len(states) - 1)


def _run_many(reading: Reading, problems: Sequence[Problem]) -> list[Any]:
    walks = zip(problems, rounds_of_many(problems, reading), strict=True)
    return [None if walk is None else _Run(finish(problem, walk, reading), len(walk) - 1) for problem, walk in walks]


def _run_scheme(name: str, problem: Problem, *, rng: np.random.Generator | None = None) -> _Run:
    return _Run(AS_STATED[name](problem, rng=rng), 0)


def _measure_run(problem: Problem, run: _Run) -> dict[str, float]:
    own = {"sweeps": float(run.sweeps), "settled": float(run.solution.converged)}
    return {**measure(problem, run.solution), **own}


@kept
def admm_readings(
    names: Sequence[str],
    n_devices: Sequence[int],
    n_drops: int = 100,
    seed: int = 0,
    scenario: Scenario = EQ31,
    threshold: float = 1e-4,
) -> Sweep:
    """Readings of Algorithm 4 beside ``exact`` and ``local``; also ``sweeps`` and ``settled`` (below the cap).

    Parameters
    ----------
    names : keys of ``READINGS``
    threshold : delta, 1e-4 in Algorithm 4 and 1e-5 in Sec. VI-B
    """
    schemes = {name: partial(_run_scheme, name) for name in ("exact", "local")}
    readings = {name: replace(READINGS[name], threshold=threshold) for name in names}
    schemes |= {name: partial(_run_admm, reading) for name, reading in readings.items()}
    return run_sweep(
        schemes,
        partial(draw_with, scenario, "n_devices"),
        _measure_run,
        axis="n_devices",
        values=n_devices,
        n_drops=n_drops,
        seed=seed,
        together={name: partial(_run_many, reading) for name, reading in readings.items()},
    )


@kept
def cccp_weights(
    weights: Sequence[float], n_devices: int = 16, n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> Sweep:
    """CCCP over the weight of its penalty, from x = 1 and from x = 1/2, beside the optimum and all local."""
    costs = np.empty((4, len(weights), n_drops))
    for drop in range(n_drops):
        problem = replace(scenario, n_devices=n_devices).draw(drop_generator(seed, drop))
        costs[0, :, drop], costs[1, :, drop] = (SCHEMES[s](problem).objective for s in ("exact", "local"))
        for i, start in enumerate((1.0, 0.5)):
            costs[2 + i, :, drop] = [cccp.solve_cccp(problem, weight=w, start=start).objective for w in weights]
    return Sweep(
        axis="weight",
        values=tuple(weights),
        schemes=("exact", "local", "x = 1", "x = 1/2"),
        metrics={"cost": costs / n_devices},
    )


@kept
def convergence(
    names: Sequence[str], n_devices: int, n_sweeps: int, n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> Mapping[str, FloatArray]:
    """Fig. 7: cost of a device after 0, 1, ... sweeps, frames rounded; ended runs keep their last state.

    Returns
    -------
    reading -> mean over the drops, shape (n_sweeps + 1,); also ``exact`` and ``prices``, the best answer of a round
    """
    total = {name: np.zeros(n_sweeps + 1) for name in (*names, "exact", "prices")}
    for drop in range(n_drops):
        problem = replace(scenario, n_devices=n_devices).draw(drop_generator(seed, drop))
        total["exact"] += solve_exact(problem).objective
        options = option_table(problem)
        _, *states = price_rounds(options, max_rounds=n_sweeps)
        costs = [SCHEMES["local"](problem).objective, *(state.cost for state in states)]
        total["prices"] += _padded(np.minimum.accumulate(costs), n_sweeps + 1)
        for name in names:
            reading = replace(READINGS[name], max_sweeps=n_sweeps)
            costs = [round_off(problem, state, reading).objective for state in rounds(problem, reading)]
            total[name] += _padded(costs, n_sweeps + 1)
    return {name: costs / (n_drops * n_devices) for name, costs in total.items()}


def to_the_letter(n_devices: int, n_sweeps: int, n_drops: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Algorithm 4 as printed, sweep by sweep: devices at the edge, and the server's share of cycles for one of them.

    Returns
    -------
    two means over the drops, the second over those with a device at the edge (NaN of none); shape (n_sweeps + 1,)
    """
    count, share = (np.empty((n_drops, n_sweeps + 1)) for _ in range(2))
    for drop in range(n_drops):
        problem = replace(EQ31, n_devices=n_devices).draw(drop_generator(seed, drop))
        states = list(rounds(problem, replace(PRINTED, max_sweeps=n_sweeps)))
        edge = [state.offload for state in states]
        count[drop] = _padded([float(x.sum()) for x in edge], n_sweeps + 1)
        mean = [float(np.exp(s.f)[x].mean()) if x.any() else np.nan for s, x in zip(states, edge, strict=True)]
        share[drop] = _padded(mean, n_sweeps + 1)
    some = ~np.isnan(share)
    with np.errstate(invalid="ignore"):
        return count.mean(axis=0), np.where(some, share, 0.0).sum(axis=0) / some.sum(axis=0)


def _padded(values: Sequence[float] | FloatArray, length: int) -> FloatArray:
    return np.append(values, np.full(length, values[-1]))[:length]


@kept
def sweeps_to_one_percent(
    name: str, n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> FloatArray:
    """Sweeps after which the rounded cost stays within 1 % of the last one, mean over the drops; shape as n_devices."""
    table = []
    for n in n_devices:
        needed = []
        for drop in range(n_drops):
            problem = replace(scenario, n_devices=n).draw(drop_generator(seed, drop))
            reading = READINGS[name]
            costs = np.array([round_off(problem, s, reading).objective for s in rounds(problem, reading)])
            far = np.flatnonzero(~(np.abs(costs - costs[-1]) <= 0.01 * abs(costs[-1])))
            needed.append(far[-1] + 1 if far.size else 0)
        table.append(np.mean(needed))
    return np.array(table)


@kept
def admm_warm_start(
    step_db: Sequence[float], n_devices: int = 16, n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> Mapping[str, FloatArray]:
    """Algorithm 4 (FITTED) after every channel has changed by a normal step, continued and begun anew.

    Parameters
    ----------
    step_db : standard deviations of the steps [dB]

    Returns
    -------
    ``warm sweeps``, ``cold sweeps``, and the losses ``warm``, ``cold`` over |mean optimum|; each of shape as step_db
    """
    table: dict[str, list[float]] = {"warm sweeps": [], "cold sweeps": [], "warm": [], "cold": []}
    for size in step_db:
        costs, sweeps = np.zeros(3), np.zeros(2)
        for drop in range(n_drops):
            problem = replace(scenario, n_devices=n_devices).draw(drop_generator(seed, drop))
            *_, last = rounds(problem, FITTED)
            after = drifted(problem, drop_generator(seed, drop, 2), size, scenario)
            runs = [list(rounds(after, FITTED, last)), list(rounds(after, FITTED))]
            sweeps += [len(run) - 1 for run in runs]
            costs += [solve_exact(after).objective, *(round_off(after, run[-1]).objective for run in runs)]
        table["warm sweeps"].append(sweeps[0] / n_drops)
        table["cold sweeps"].append(sweeps[1] / n_drops)
        table["warm"].append((costs[1] - costs[0]) / abs(costs[0]))
        table["cold"].append((costs[2] - costs[0]) / abs(costs[0]))
    return {name: np.array(values) for name, values in table.items()}


def choices(n_devices: int, scenario: Scenario = EQ31) -> int:
    """How many policies with choices of frames a search would try: each device stays, or sends M^min ... M^max."""
    devices = replace(scenario, n_devices=1).draw(drop_generator(0, 0)).devices
    frames = int(devices.max_frames[0] - fewest_frames(devices)[0]) + 1
    return (1 + frames) ** n_devices


@kept
def convex_programs(
    n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> Mapping[str, FloatArray]:
    """How many convex programs a solver is asked for, mean over the drops; each of shape (len(n_devices),).

    Algorithm 3 solves (29) for everyone at the edge and after each withdrawal, the one that it takes back included;
    CCCP solves it for the frames and for the devices chosen, and one program in x a round.
    """
    table: dict[str, list[float]] = {"gp-heuristic": [], "cccp": []}
    for n in n_devices:
        counts = np.zeros(2)
        for drop in range(n_drops):
            problem = replace(scenario, n_devices=n).draw(drop_generator(seed, drop))
            asked: list[BoolArray] = []
            solve_channel_aware(problem, allocate=partial(_noted, asked))
            counts += [len(asked), 1 + len(list(cccp.rounds(problem)))]
        for name, count in zip(table, counts / n_drops, strict=True):
            table[name].append(float(count))
    return {name: np.array(values) for name, values in table.items()}


def _noted(asked: list[BoolArray], problem: Problem, offload: BoolArray) -> Solution[Allocation]:
    asked.append(offload)
    return solve_geometric(problem, offload)
