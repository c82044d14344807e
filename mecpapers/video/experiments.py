"""The paper's experiments: one function a figure, each returning a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.solution import Solution
from mecpapers.store import kept
from mecpapers.sweep import Sweep, drop_generator, run_sweep
from mecpapers.video.edge import edge_shares
from mecpapers.video.model import Allocation, Problem, evaluate, transmission_delay, transmission_delay_in_radio_frames
from mecpapers.video.scenario import SET_A, Scenario
from mecpapers.video.schemes import SCHEMES, Scheme

METRICS = {
    "cost": "average cost of a device",
    "delay": "average delay, s",
    "energy": "average energy, J",
    "accuracy": "average accuracy",
    "offloading": "offloading rate",
}


def compare(
    schemes: Mapping[str, Scheme],
    scenario: Scenario = SET_A,
    *,
    n_drops: int = 100,
    seed: int = 0,
    **axis: Sequence[float],
) -> Sweep:
    """Run schemes, yours among them, on the same drops while one field of the scenario takes several values.

    Parameters
    ----------
    schemes : name -> scheme(problem, *, rng=None) -> Solution
    axis : one field of ``Scenario`` and its values, such as ``n_devices=[8, 16]``

    Returns
    -------
    Sweep with the metrics of ``METRICS``, each a mean over the devices of a drop

    Raises
    ------
    ValueError
        unless ``axis`` names exactly one field of the scenario.
    """
    if len(axis) != 1:
        raise ValueError(f"axis = {sorted(axis)}: must be one field of Scenario, such as n_devices=[8, 16]")
    ((name, values),) = axis.items()
    known = [f.name for f in fields(Scenario)]
    if name not in known:
        raise ValueError(f"axis = {name}: must be one of {', '.join(known)}")
    return run_sweep(
        schemes, _Draw(scenario, name), measure, axis=name, values=values, n_drops=n_drops, seed=seed
    )


def measure(problem: Problem, solution: Solution[Allocation]) -> dict[str, float]:
    """The means over the devices of one drop, by ``evaluate``."""
    m = evaluate(problem, solution.allocation)
    means = {"cost": m.cost, "delay": m.delay, "energy": m.energy, "accuracy": m.accuracy}
    return {name: float(v.mean()) for name, v in means.items()} | {
        "offloading": float(solution.allocation.offload.mean())
    }


@dataclass(frozen=True)
class _Draw:
    """(value, rng) -> problem; a class, since parallel workers cannot receive a closure."""

    scenario: Scenario
    axis: str

    def __call__(self, value: Any, rng: np.random.Generator) -> Problem:
        return replace(self.scenario, **{self.axis: value}).draw(rng)


@kept
def local_against_edge(
    n_devices: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = SET_A
) -> Sweep:
    """The two outer schemes of Fig. 5: all devices local, all at the edge, over the number of devices."""
    return compare({name: SCHEMES[name] for name in ("local", "edge")}, scenario, n_drops=n_drops, seed=seed, n_devices=n_devices)


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
