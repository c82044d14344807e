"""Section VI-C: what devices, bandwidth and server (Fig. 8) and the weights (Fig. 9) do to the three measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.solution import Solution
from mecpapers.store import kept
from mecpapers.sweep import Sweep, draw_with, run_sweep
from mecpapers.video.evidence.experiments.centralised import AS_STATED
from mecpapers.video.model import Allocation, Problem, accuracy
from mecpapers.video.scenario import EQ31, Scenario
from mecpapers.video.schemes import measure

DEVICES = (2, 4, 6, 8, 9, 10, 11, 12, 14, 16, 20, 25, 30)
BANDWIDTH = (2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0)  # MHz
SERVER = (10.0, 15.0, 20.0, 22.0, 25.0, 30.0, 35.0, 40.0)  # GHz
PARTS = 11  # weights are multiples of 1/11, none of them 0: 45 of them

Axis = Literal["n_devices", "bandwidth_mhz", "server_ghz"]


def measure_sides(problem: Problem, solution: Solution[Allocation]) -> dict[str, float]:
    """``measure``, and frames and accuracy on each side of the offloading decision; nan where nobody is."""
    x, m = solution.allocation.offload, solution.allocation.frames
    phi = accuracy(problem.devices, m)
    numbers = measure(problem, solution) | {"frames": float(m.mean())}
    for side, chosen in (("edge", x), ("local", ~x)):
        numbers[f"{side}_frames"] = float(m[chosen].mean()) if chosen.any() else float("nan")
        numbers[f"{side}_accuracy"] = float(phi[chosen].mean()) if chosen.any() else float("nan")
    return numbers


@kept
def figure_8(
    axis: Axis, values: Sequence[float], n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31
) -> Sweep:
    """Fig. 8: GP+Heuristic while one field of the scenario takes several values."""
    schemes = {"gp-heuristic": AS_STATED["gp-heuristic"]}
    draw = partial(draw_with, scenario, axis)
    return run_sweep(schemes, draw, measure_sides, axis=axis, values=values, n_drops=n_drops, seed=seed)


def trend(sweep: Sweep, metric: str, low: float = -np.inf, high: float = np.inf) -> FloatArray:
    """The steps of a metric's mean along the axis, between ``low`` and ``high``; shape (values there - 1,)."""
    inside = [low <= value <= high for value in sweep.values]
    return np.diff(sweep.mean(metric, "gp-heuristic")[inside])


def share_of_steps(sweep: Sweep, metric: str, sign: int, low: float = -np.inf, high: float = np.inf) -> float:
    """Share of those steps that go the stated way; a step below 1e-12 goes neither."""
    return float(np.mean(sign * trend(sweep, metric, low, high) > 1e-12))


@dataclass(frozen=True)
class Change:
    """What changed the mean accuracy between two values of an axis; the two parts add up."""

    composition: float  # more devices at the edge, whose accuracy differs
    frames: float  # other numbers of frames on either side

    @property
    def total(self) -> float:
        """The whole change."""
        return self.composition + self.frames


def accuracy_change(sweep: Sweep, first: int = 0, last: int = -1) -> Change:
    """Split a change of the mean accuracy, sum over sides of share times accuracy, drop by drop, then average.

    Each share's change is weighted with the mean accuracy of its two ends, and the other way round, so that nothing
    is left over. A side that is empty at one end has the accuracy of the other there.
    """
    edge = sweep.drops("offloading", "gp-heuristic")
    parts = np.zeros(2)
    for side, share in (("edge", edge), ("local", 1 - edge)):
        phi = sweep.drops(f"{side}_accuracy", "gp-heuristic")
        ends = np.stack([phi[first], phi[last]])
        ends = np.where(np.isnan(ends), ends[::-1], ends)
        known = ~np.isnan(ends).any(axis=0)  # nobody on this side at either end: it has no part in the change
        p = np.stack([share[first], share[last]])
        part = np.stack([np.diff(p, axis=0)[0] * ends.mean(axis=0), np.diff(ends, axis=0)[0] * p.mean(axis=0)])
        parts += part[:, known].sum(axis=1) / known.size
    return Change(composition=float(parts[0]), frames=float(parts[1]))


def simplex(parts: int = PARTS) -> list[tuple[float, float, float]]:
    """All (beta_1, beta_2, beta_3) that are positive multiples of 1 / parts and add up to 1."""
    whole = [(i, j, parts - i - j) for i in range(1, parts) for j in range(1, parts - i)]
    return [(i / parts, j / parts, k / parts) for i, j, k in whole]


def _draw_weights(scenario: Scenario, parts: int, place: int, rng: np.random.Generator) -> Problem:
    delay, energy, phi = simplex(parts)[place]
    return replace(scenario, weight_delay=delay, weight_energy=energy, weight_accuracy=phi).draw(rng)


@kept
def figure_9(
    n_drops: int = 100, seed: int = 0, scenario: Scenario = EQ31, parts: int = PARTS, scheme: str = "gp-heuristic"
) -> Sweep:
    """Fig. 9: GP+Heuristic with M^min = 1 at every weight of ``simplex``, its place in that list being the axis."""
    draw = partial(_draw_weights, replace(scenario, min_frames=1), parts)
    values = range(len(simplex(parts)))
    return run_sweep(
        {scheme: AS_STATED[scheme]}, draw, measure, axis="weights", values=values, n_drops=n_drops, seed=seed
    )


def means(sweep: Sweep) -> dict[str, FloatArray]:
    """Mean delay, energy, accuracy and offloading rate at every weight, each of shape (values,)."""
    return {name: sweep.mean(name, sweep.schemes[0]) for name in ("delay", "energy", "accuracy", "offloading")}


def share_of_pairs(
    points: dict[str, FloatArray], alike: str, within: float, more: str, then: str, sign: int, *, relative: bool = True
) -> tuple[float, int]:
    """Of the pairs of weights alike in one number, the share in which more of a second goes with more of a third.

    Parameters
    ----------
    points : name -> numbers, shape (K,)
    within : how far the first number may differ, relative to the larger one, or in its own unit
    sign : 1 for more of the third, -1 for less

    Returns
    -------
    the share, NaN of no pairs, and the number of pairs
    """
    i, j = np.triu_indices(points[alike].size, 1)
    one, two = points[alike][i], points[alike][j]
    near = np.abs(one - two) <= within * (np.maximum(one, two) if relative else 1.0)
    rise = (points[more][j] - points[more][i])[near]
    answer = (points[then][j] - points[then][i])[near]
    return float(np.mean(sign * rise * answer > 0)) if near.any() else float("nan"), int(near.sum())


def undominated(points: dict[str, FloatArray]) -> float:
    """Share of the weights whose delay, energy and accuracy, of shape (K,), no other weight betters in all three."""
    table = np.stack([points["delay"], points["energy"], -points["accuracy"]])
    better = (table[:, :, None] < table[:, None, :]).all(axis=0)
    return float(1 - better.any(axis=0).mean())
