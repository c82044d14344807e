"""Policies while one number of the scenario changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.pose.evidence.experiments.measured import deployment, discard_value, run_policy
from mecpapers.pose.model import Problem, evaluate
from mecpapers.pose.policies import Outcome, subset
from mecpapers.pose.scenario import Scenario
from mecpapers.pose.schemes import SCHEMES
from mecpapers.pose.thresholds import optimal_price, options
from mecpapers.pose.timing import of_several_people
from mecpapers.solution import Infeasible
from mecpapers.store import kept
from mecpapers.sweep import Sweep

SHOWN = ("device", "device-discard", "server-all", "server-fit", "single-threshold", "cooperative-guarded")


@kept
def over_scenario(
    field: str, values: Sequence[float], policies: Sequence[str] = SHOWN, light: str = "lite", weighted: bool = True,
    base: Scenario | None = None,
) -> Sweep:  # fmt: skip
    """MPJPE, delay, lateness over one field of ``Scenario``; a scene is a drop. NaN where a policy has no answer.

    Kappa stays what the base scenario's calibration chose.
    """
    d = deployment(light, weighted=weighted)
    base = replace(base or Scenario(), discard_value=discard_value(light, weighted))
    table = []
    for value in values:
        problem = replace(base, **{field: value}).problem(d.calibration.tables)  # type: ignore[arg-type]
        table.append([_by_scene(name, d.held_out, problem) for name in policies])
    return _sweep(field, values, policies, table)


@kept
def over_devices(n_devices: Sequence[int], policies: Sequence[str] = SHOWN, weighted: bool = True) -> Sweep:
    """The same over the number of cameras in use: the mean over all choices of so many of the six."""
    d = deployment(weighted=weighted)
    problem = Scenario(discard_value=discard_value(weighted=weighted)).problem(d.calibration.tables)
    table = []
    for n in n_devices:
        choices = list(combinations(range(problem.size), n))
        runs = [[_by_scene(name, subset(d.held_out, c), of_devices(problem, c)) for name in policies] for c in choices]
        table.append(np.mean(runs, axis=0).tolist())
    return _sweep("n_devices", n_devices, policies, table)


def of_devices(problem: Problem, chosen: tuple[int, ...]) -> Problem:
    """The problem of some of the devices, by their numbers; a number may come twice."""
    c = list(chosen)
    names = ("device_delay", "transmission_time", "score_pmf", "device_accuracy", "server_accuracy")
    return replace(problem, **{name: getattr(problem, name)[c] for name in names})


def _by_scene(name: str, views: Any, problem: Problem) -> list[list[float]]:
    """Error, delay and lateness, each a list over the scenes."""
    try:
        outcome: Outcome = run_policy(name, views, problem)
    except Infeasible:
        return [[float("nan")] * views.scenes] * 3
    return [(1e3 * outcome.error.mean(axis=1)).tolist(), (1e3 * outcome.delay.mean(axis=1)).tolist(),
            outcome.late.mean(axis=1).tolist()]  # fmt: skip


def _sweep(axis: str, values: Sequence[float], policies: Sequence[str], table: Any) -> Sweep:
    cube = np.array(table)  # (values, policies, metrics, scenes)
    metrics = {name: cube[:, :, k].transpose(1, 0, 2) for k, name in enumerate(("error", "delay", "late"))}
    return Sweep(axis=axis, values=tuple(values), schemes=tuple(policies), metrics=metrics)


@kept
def over_model_devices(n_devices: Sequence[int], servers: Sequence[int] = (1, 2, 4)) -> dict[str, FloatArray]:
    """The model alone, beyond six cameras: mean accuracy a device of N devices that repeat the measured six in turn.

    Returns
    -------
    {"accuracy", "offloaded"} of shape (len(servers), len(n_devices)), by ``cooperative``; "device" of (len(n_devices),)
    """
    d = deployment()
    result: dict[str, list[list[float]]] = {"accuracy": [], "offloaded": []}
    alone = []
    for m in servers:
        base = Scenario(discard_value=discard_value(), servers=m).problem(d.calibration.tables)
        rows = []
        for n in n_devices:
            problem = of_devices(base, tuple(np.arange(n) % base.size))
            solution = SCHEMES["cooperative"](problem)
            sent = evaluate(problem, solution.allocation).offload_probability.mean()
            rows.append((solution.objective / n, float(sent)))
            if m == servers[0]:
                alone.append(SCHEMES["device-discard"](problem).objective / n)
        result["accuracy"].append([a for a, _ in rows])
        result["offloaded"].append([p for _, p in rows])
    return {name: np.array(table) for name, table in result.items()} | {"device": np.array(alone)}


def spread_scenario(kind: str, spread: float, n: int = 6) -> Scenario:
    """Unlike devices: ``kind`` "speed", slowdowns 4 spread^x; or "link", 16 dB + 10 log10(spread) x; x from -1 to 1."""
    check_choice("kind", kind, ("speed", "link"))
    x = np.linspace(-1, 1, n)[np.argsort([0, 3, 1, 4, 2, 5][:n])]  # good and poor cameras mixed
    base = Scenario(discard_value=discard_value())
    if kind == "speed":
        return replace(base, device_slowdown=tuple((4.0 * spread**x).tolist()))
    return replace(base, snr_db=tuple((16.0 + 10 * np.log10(spread) * x).tolist()))


@kept
def over_spread(kind: str, spreads: Sequence[float]) -> list[dict[str, float]]:
    """Unequal devices: price, gap to the optimum, offloading of the best and the worst device, MPJPE, lateness."""
    d, rows = deployment(), []
    for spread in spreads:
        problem = spread_scenario(kind, spread).problem(d.calibration.tables)
        row: dict[str, float] = {"spread": spread, "device delay, ms": 1e3 * float(problem.device_delay.max())}
        try:
            solution, best = SCHEMES["cooperative"](problem), SCHEMES["exact"](problem)
        except Infeasible:
            rows.append(row | dict.fromkeys(("price", "gap, %", "p best", "p worst", "MPJPE, mm", "late, %"), np.nan))
            continue
        p = evaluate(problem, solution.allocation).offload_probability
        order = np.argsort(problem.offload_cost)
        outcome = run_policy("cooperative-guarded", d.held_out, problem)
        rows.append(row | {
            "price": optimal_price(options(problem), problem.budget),
            "gap, %": 100 * (1 - solution.objective / best.objective),
            "p best": float(p[order[0]]),
            "p worst": float(p[order[-1]]),
            "MPJPE, mm": 1e3 * float(outcome.error.mean()),
            "late, %": 100 * float(outcome.late.mean()),
        })  # fmt: skip
    return rows


@kept
def over_people(
    people: Sequence[int], deadline_ms: float = 100.0, association_ms: float = 0.5
) -> list[dict[str, float]]:
    """Several people, each like the recorded one: device delay, MPJPE and offloading of the guarded policy.

    ``association_ms`` is the time to match one pair of people; assumed.
    """
    d, rows = deployment(), []
    base = Scenario(discard_value=discard_value(), deadline_ms=deadline_ms).problem(d.calibration.tables)
    for q in people:
        problem = of_several_people(base, q, association_ms * 1e-3)
        row = {"people": float(q), "device delay, ms": 1e3 * float(problem.device_delay.max()),
               "server, all images, ms": 1e3 * float(problem.offload_cost.sum())}  # fmt: skip
        try:
            outcome = run_policy("cooperative-guarded", d.held_out, problem)
        except Infeasible:
            rows.append(row | {"MPJPE, mm": np.nan, "offloaded, %": np.nan, "late, %": np.nan})
            continue
        shares = {"offloaded, %": 100 * float(outcome.sent.mean()), "late, %": 100 * float(outcome.late.mean())}
        rows.append(row | {"MPJPE, mm": 1e3 * float(outcome.error.mean())} | shares)
    return rows
