"""Section VI-C, Figs. 8 and 9."""

from __future__ import annotations

from functools import partial
from typing import Literal

from mecpapers.ledger import Measure
from mecpapers.sweep import Sweep
from mecpapers.video.evidence.claims.centralised import chosen
from mecpapers.video.model import LocalEnergy

UP, DOWN = 1, -1
Axis = Literal["n_devices", "bandwidth_mhz", "server_ghz"]
DROPS = {"n_devices": 100, "bandwidth_mhz": 100, "server_ghz": 600}  # the server's steps are the smallest
FIG_9_DROPS = 25


def _sweep(axis: Axis, local_energy: LocalEnergy = "eq31", seed: int = 0) -> Sweep:
    from mecpapers.video.evidence.experiments import trends

    values = {"n_devices": trends.DEVICES, "bandwidth_mhz": trends.BANDWIDTH, "server_ghz": trends.SERVER}
    return trends.figure_8(axis, values[axis], DROPS[axis], seed=seed, scenario=chosen(local_energy))


def _all_offload(local_energy: LocalEnergy = "eq31", seed: int = 0) -> float:
    sweep = _sweep("n_devices", local_energy, seed)
    few = [n < 10 for n in sweep.values]
    return float(sweep.mean("offloading", "gp-heuristic")[few].min())


def _steps(
    axis: Axis,
    metric: str,
    sign: int,
    low: float,
    high: float,
    local_energy: LocalEnergy = "eq31",
    seed: int = 0,
) -> float:
    from mecpapers.video.evidence.experiments import trends

    return trends.share_of_steps(_sweep(axis, local_energy, seed), metric, sign, low, high)


def _by_frames(axis: Axis, last: float, local_energy: LocalEnergy = "eq31", seed: int = 0) -> float:
    """Share of the fall in accuracy from the axis' first value to another that fewer frames explain."""
    from mecpapers.video.evidence.experiments import trends

    sweep = _sweep(axis, local_energy, seed)
    change = trends.accuracy_change(sweep, 0, sweep.values.index(last))
    return change.frames / change.total


def _pairs(
    alike: str,
    within: float,
    more: str,
    then: str,
    sign: int,
    *,
    relative: bool,
    local_energy: LocalEnergy = "eq31",
    seed: int = 0,
) -> float:
    from mecpapers.video.evidence.experiments import trends

    points = trends.means(trends.figure_9(FIG_9_DROPS, seed=seed, scenario=chosen(local_energy)))
    return trends.share_of_pairs(points, alike, within, more, then, sign, relative=relative)[0]


EVERY = (float("-inf"), float("inf"))
FEW, MANY = (2.0, 9.0), (11.0, 30.0)


# figure: what varies, in which range, and how each mean moves
TRENDS: dict[str, tuple[Axis, tuple[float, float], dict[str, int]]] = {
    "a-few": ("n_devices", FEW, {"delay": UP, "accuracy": DOWN, "energy": DOWN}),
    "a-many": ("n_devices", MANY, {"energy": UP, "accuracy": UP, "delay": DOWN, "offloading": DOWN}),
    "b": ("bandwidth_mhz", EVERY, {"offloading": UP, "delay": UP, "energy": DOWN, "accuracy": DOWN}),
    "c": ("server_ghz", EVERY, {"offloading": UP, "delay": UP, "energy": DOWN, "accuracy": DOWN}),
}


def _trends() -> dict[str, Measure]:
    """A share of steps for each trend, by key."""
    return {
        f"fig-8{figure}-{metric}": partial(_steps, axis, metric, sign, *span)
        for figure, (axis, span, signs) in TRENDS.items()
        for metric, sign in signs.items()
    }


MEASURES: dict[str, Measure] = {
    "fig-8a-all-edge": _all_offload,
    **_trends(),
    "fig-8a-reason": partial(_by_frames, "n_devices", 9),
    "fig-8b-reason": partial(_by_frames, "bandwidth_mhz", 20.0),
    "fig-8c-reason": partial(_by_frames, "server_ghz", 40.0),
    "fig-9-energy-accuracy": partial(_pairs, "delay", 0.05, "energy", "accuracy", UP, relative=True),
    "fig-9-limits": partial(_pairs, "energy", 0.05, "accuracy", "delay", UP, relative=True),
    "fig-9-local": partial(_pairs, "accuracy", 0.005, "energy", "offloading", DOWN, relative=False),
    "fig-9-delay": partial(_pairs, "accuracy", 0.005, "energy", "delay", DOWN, relative=False),
}
