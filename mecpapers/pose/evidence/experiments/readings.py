"""Both readings of "filter out", carried to the headline; and what whole rounds of servers do to the mean delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.pose.evidence.experiments.measured import (
    bootstrap,
    deployment,
    discard_value,
    policy_errors,
    reductions,
    run_policy,
)
from mecpapers.pose.evidence.experiments.sweeps import of_devices
from mecpapers.pose.model import Filtered, Problem, evaluate
from mecpapers.pose.policies import subset
from mecpapers.pose.scenario import Scenario
from mecpapers.pose.schemes import SCHEMES
from mecpapers.store import kept

COMPARED = ("device", "server-fit", "cooperative", "cooperative-guarded")
READINGS: tuple[Filtered, ...] = ("left out", "kept")
ENVIRONMENTS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("deadline_ms", (60.0, 80.0, 100.0, 150.0, 200.0, 250.0)),
    ("bandwidth_mhz", (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)),
    ("server_speedup", (1.0, 2.0, 4.0, 8.0, 16.0)),
    ("servers", (1, 2, 3, 6)),
)
"""What the results vary, one field of ``Scenario`` at a time."""


def of_reading(filtered: Filtered, base: Scenario | None = None) -> Scenario:
    """The scenario under a reading: kappa is calibrated where views are left out, and counts nowhere where kept."""
    kappa = discard_value() if filtered == "left out" else 0.0
    return replace(base or Scenario(), discard_value=kappa, filtered=filtered)


def reading_rows(field: str = "deadline_ms", values: Sequence[float] = (100.0,)) -> list[dict[str, Any]]:
    """What the guarded policy saves under either reading, in percent with 95 % intervals; a line a case."""
    rows = []
    for filtered in READINGS:
        for value in values:
            scenario = of_reading(filtered, replace(Scenario(), **{field: value}))  # type: ignore[arg-type]
            errors = policy_errors(scenario, policies=COMPARED)
            row: dict[str, Any] = {"below the lower threshold": filtered, field: value}
            row["guarded, mm"] = 1e3 * float(errors["error"][-1].mean())
            for against in ("device", "server-fit"):
                name = f"lower than {against}, %"
                mean, low, high = reductions(errors, "cooperative-guarded", against, COMPARED)
                row |= {name: 100 * mean, f"{name} from": 100 * low, f"{name} to": 100 * high}
            row["late, %"] = 100 * float(errors["late"][-1].mean())
            rows.append(row)
    return rows


@kept
def largest_reduction(
    against: str,
    filtered: Filtered = "left out",
    weighted: bool = True,
    half: int = 0,
    offsets_from: str = "heavy",
    seed: int = 0,
) -> tuple[float, float, str, float]:
    """The largest reduction of MPJPE by the guarded policy over ``ENVIRONMENTS`` and six cameras, in percent.

    Returns
    -------
    the reduction, its standard error (a fourth of the 95 % interval), and the field and value where it is found
    """
    kappa = discard_value(weighted=weighted, half=half) if filtered == "left out" else 0.0
    base, found = Scenario(discard_value=kappa, filtered=filtered), []
    pair = (against, "cooperative-guarded")
    for field, values in ENVIRONMENTS:
        for value in values:
            scenario = replace(base, **{field: value})  # type: ignore[arg-type]
            errors = policy_errors(scenario, weighted=weighted, half=half, offsets_from=offsets_from, policies=pair)
            mean, low, high = reductions(errors, "cooperative-guarded", against, pair, seed)
            found.append((100 * mean, 25 * (high - low), field, float(value)))
    return max(found)


def _mean_delays(problem: Problem, views: Any) -> tuple[FloatArray, FloatArray]:
    """Delay [s] of each frame under the optimal thresholds, in whole rounds and with n / M of them; (S, F) each."""
    outcome = run_policy("cooperative", views, problem)
    count = outcome.sent.sum(axis=-1)
    spare = (np.ceil(count / problem.servers) - count / problem.servers) * problem.server_delay
    return outcome.delay, outcome.delay - spare


@kept
def delay_rows(
    field: str, values: Sequence[float], filtered: Filtered = "left out", seed: int = 0
) -> list[dict[str, Any]]:
    """Mean delay on held-out frames against the deadline over one field, such as the number of servers, in percent.

    In whole rounds, and with n / M of them for n images as in the model: what is left is due to new frames' scores.

    Parameters
    ----------
    field : ``n_devices`` (the mean over all choices of so many cameras), or a field of ``Scenario``
    """
    d, rows = deployment(), []
    for value in values:
        if field == "n_devices":
            base = of_reading(filtered).problem(d.calibration.tables)
            chosen = list(combinations(range(base.size), int(value)))
            cases = [(of_devices(base, c), subset(d.held_out, c)) for c in chosen]
        else:
            scenario = of_reading(filtered, replace(Scenario(), **{field: value}))  # type: ignore[arg-type]
            cases = [(scenario.problem(d.calibration.tables), d.held_out)]
        whole, shared = (np.mean(x, axis=0) for x in zip(*(_mean_delays(*case) for case in cases), strict=True))
        expected = np.mean([evaluate(p, SCHEMES["cooperative"](p).allocation).delay for p, _ in cases])
        deadline = cases[0][0].deadline
        rows.append({
            field: value,
            "model's mean, ms": 1e3 * float(expected),
            "mean with n / M, ms": 1e3 * float(shared.mean()),
            "mean in whole rounds, ms": 1e3 * float(whole.mean()),
            "excess, %": 100 * float(whole.mean() / deadline - 1),
            "excess with n / M, %": 100 * float(shared.mean() / deadline - 1),
            "standard error, %": 100 * float(np.std(bootstrap(whole[None], seed=seed)) / deadline),
        })  # fmt: skip
    return rows
