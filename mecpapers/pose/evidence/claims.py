"""How each statement of the pose paper is measured on our reconstruction, by the keys of claims.toml."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import numpy as np

from mecpapers.ledger import Measure, Measured
from mecpapers.pose.model import Filtered
from mecpapers.pose.scenario import Scenario

ORDINARY = ("smooth", "rough", "unlike")  # kinds of random instances; the fourth is adversarial
N_INSTANCES = 800  # of all four kinds
DEADLINES_MS = (60.0, 80.0, 100.0, 150.0, 200.0)
SERVERS = (1, 2, 3, 6)
DEVICES = (2, 3, 4, 5, 6)
MANY_DEVICES = (6, 12, 24, 48)
SPREADS = (1.0, 1.5, 2.0, 3.0, 10.0)
GUARDED = "cooperative-guarded"
NEAR = 1e-9  # relative: how near the price is to the least that keeps the deadline


def _largest_reduction(
    against: str,
    *,
    filter_out: Filtered = "left out",
    weighted: int = 1,
    half: int = 0,
    offsets_from: str = "heavy",
    seed: int = 0,
) -> Measured:
    """The largest of all environments; ``seed`` draws the blocks of frames that give the standard error."""
    from mecpapers.pose.evidence.experiments import largest_reduction

    value, error, *_ = largest_reduction(against, filter_out, bool(weighted), half, offsets_from, seed)
    return Measured(value, error)


def _surely_lower(
    policy: str,
    against: str,
    *,
    filter_out: Filtered = "left out",
    weighted: int = 1,
    half: int = 0,
    offsets_from: str = "heavy",
    seed: int = 0,
) -> float:
    """Whether the 95 % interval of the reduction of MPJPE lies above 0."""
    from mecpapers.pose.evidence.experiments import of_reading, policy_errors, reductions

    scenario = of_reading(filter_out) if filter_out == "kept" else None
    errors = policy_errors(scenario, weighted=bool(weighted), half=half, offsets_from=offsets_from)
    return float(reductions(errors, policy, against, seed=seed)[1] > 0)


def _more_servers_help(*, filter_out: Filtered = "left out", seed: int = 0) -> float:
    from mecpapers.pose.evidence.experiments import of_reading, policy_errors, reductions

    ends = [of_reading(filter_out, replace(Scenario(), servers=m)) for m in (SERVERS[0], SERVERS[-1])]
    errors = np.concatenate([policy_errors(s, policies=(GUARDED,))["error"] for s in ends])
    return float(reductions({"error": errors}, "six", "one", ("one", "six"), seed)[1] > 0)


def _worst_gap() -> float:
    from mecpapers.pose.evidence.experiments import KINDS, optimality_gaps

    gaps = optimality_gaps(N_INSTANCES)[[KINDS.index(kind) for kind in ORDINARY]]
    return float(100 * np.max(1 - gaps[..., 1] / gaps[..., 0]))


def _measured_gap() -> float:
    from mecpapers.pose.evidence.experiments import environment_gaps

    return float(environment_gaps().max())


def _late(policy: str, *, filter_out: Filtered = "left out") -> float:
    from mecpapers.pose.evidence.experiments import of_reading, policy_errors

    return float(100 * policy_errors(of_reading(filter_out), policies=(policy,))["late"].mean())


def _excess_delay(
    field: str, values: tuple[float, ...], *, filter_out: Filtered = "left out", rounds: str = "whole", seed: int = 0
) -> Measured:
    """The worst excess of the mean delay over the deadline in percent, with its standard error over blocks."""
    from mecpapers.pose.evidence.experiments import delay_rows

    column = "excess, %" if rounds == "whole" else "excess with n / M, %"
    worst = max(delay_rows(field, values, filter_out, seed), key=lambda row: row[column])
    return Measured(worst[column], worst["standard error, %"])


def _steps_down(*, filter_out: Filtered = "left out") -> float:
    from mecpapers.pose.evidence.experiments import of_reading, policy_errors

    scenarios = [of_reading(filter_out, replace(Scenario(), deadline_ms=d)) for d in DEADLINES_MS]
    error = [policy_errors(s, policies=(GUARDED,))["error"].mean() for s in scenarios]
    return float(np.mean(np.diff(error) < 0))


def _worst_loss(*, discard_value: str | float = 0.0, filter_out: Filtered = "left out", weighted: int = 1,
                seed: int = 0) -> Measured:  # fmt: skip
    """The loss of the largest sum of accuracies; ``seed`` draws the thresholds."""
    from mecpapers.pose.evidence import experiments

    kappa = experiments.discard_value(weighted=bool(weighted)) if isinstance(discard_value, str) else discard_value
    return Measured(
        *experiments.worst_loss(experiments.equivalence(bool(weighted), kappa, seed=seed, filtered=filter_out))
    )


def _solved_within_deadline() -> float:
    from mecpapers.pose.evidence.experiments import many_devices
    from mecpapers.pose.thresholds import solve_cooperative

    times = []
    for k in range(20):
        problem = many_devices(100, seed=k)
        start = time.process_time()
        solve_cooperative(problem)
        times.append(time.process_time() - start)
    return float(np.median(times) < Scenario().deadline_ms * 1e-3)


def _accuracy_falls() -> float:
    from mecpapers.pose.evidence.experiments import over_model_devices

    return float(np.mean(np.diff(over_model_devices(MANY_DEVICES, (1,))["accuracy"][0]) < 0))


def _converges_where_feasible() -> float:
    """Share of the feasible unequal cases where all is kept at the price, and not at one a bit lower."""
    from mecpapers.pose import thresholds as th
    from mecpapers.pose.evidence.experiments import unequal_problems
    from mecpapers.pose.model import Allocation, Problem, violations

    def kept(problem: Problem, price: float) -> bool:
        table = th.options(problem)
        chosen = th.best_at(table, price)
        return not violations(problem, Allocation(lower=table.lower[chosen], upper=table.upper[chosen]))

    found = []
    for problem in unequal_problems(SPREADS):
        if problem.budget >= 0:
            price = th.optimal_price(th.options(problem), problem.budget)
            least = price == 0 or not kept(problem, price * (1 - NEAR))
            solved = not violations(problem, th.solve_cooperative(problem).allocation)
            found.append(kept(problem, price) and least and solved)
    return float(np.mean(found))


MEASURES: dict[str, Measure] = {
    "tradeoff": _steps_down,
    "reduction-40": partial(_largest_reduction, "device"),
    "reduction-40-kept": partial(_largest_reduction, "device", filter_out="kept"),
    "reduction-40-server": partial(_largest_reduction, "server-fit"),
    "near-optimal-4": _worst_gap,
    "near-optimal-4-measured": _measured_gap,
    "meets-delay": partial(_late, "cooperative"),
    "meets-delay-mean": partial(_excess_delay, "deadline_ms", DEADLINES_MS),
    "meets-delay-devices": partial(_excess_delay, "n_devices", DEVICES),
    "meets-delay-servers": partial(_excess_delay, "servers", SERVERS),
    "equivalence": _worst_loss,
    "equivalence-kappa": partial(_worst_loss, discard_value="calibrated"),
    "equivalence-kept": partial(_worst_loss, filter_out="kept"),
    "low-complexity": _solved_within_deadline,
    "dual-needed": partial(_surely_lower, GUARDED, "single-guarded"),
    "dual-needed-plain": partial(_surely_lower, "cooperative-plain", "single-threshold"),
    "failure-congestion": _accuracy_falls,
    "servers": _more_servers_help,
    "open-heterogeneity": _converges_where_feasible,
}
