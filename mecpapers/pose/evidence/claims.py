"""How each statement of the pose paper is measured on our reconstruction, by the keys of claims.toml."""

from __future__ import annotations

import time
from functools import partial

import numpy as np

from mecpapers.ledger import Measure, Measured
from mecpapers.pose.scenario import Scenario

N_INSTANCES = 200
DEADLINES_MS = (60.0, 80.0, 100.0, 150.0, 200.0)
SERVERS = (1, 2, 3, 6)
DEVICES = (2, 3, 4, 5, 6)
MANY_DEVICES = (6, 12, 24, 48)
SPREADS = (1.0, 1.5, 2.0, 3.0, 10.0)


def scenario(discard_value: str | float) -> Scenario | None:
    """The scenario with a kappa of its own; None where kappa is calibrated."""
    return None if isinstance(discard_value, str) else Scenario(discard_value=discard_value)


def _reduction(
    policy: str,
    against: str,
    *,
    weighted: int = 1,
    half: int = 0,
    offsets_from: str = "heavy",
    discard_value: str | float = "calibrated",
) -> Measured:
    """By how many per cent a policy lowers another's MPJPE; the error is a fourth of the 95 % interval."""
    from mecpapers.pose.evidence.experiments import policy_errors, reductions

    errors = policy_errors(scenario(discard_value), weighted=bool(weighted), half=half, offsets_from=offsets_from)
    mean, low, high = reductions(errors, policy, against)
    return Measured(100 * mean, 100 * (high - low) / 4)


def _largest_reduction(against: str) -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    sweep = over_scenario("deadline_ms", DEADLINES_MS)
    ratio = sweep.mean("error", "cooperative-guarded") / sweep.mean("error", against)
    return float(100 * np.max(1 - ratio))


def _surely_lower(
    policy: str,
    against: str,
    *,
    weighted: int = 1,
    half: int = 0,
    offsets_from: str = "heavy",
    discard_value: str | float = "calibrated",
) -> float:
    from mecpapers.pose.evidence.experiments import policy_errors, reductions

    errors = policy_errors(scenario(discard_value), weighted=bool(weighted), half=half, offsets_from=offsets_from)
    return float(reductions(errors, policy, against)[1] > 0)


def _more_servers_help() -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    error = over_scenario("servers", SERVERS, ("cooperative-guarded",)).mean("error", "cooperative-guarded")
    return float(error[-1] < error[0])


def _worst_gap() -> float:
    from mecpapers.pose.evidence.experiments import optimality_gaps

    gaps = optimality_gaps(N_INSTANCES)
    return float(100 * np.max(1 - gaps[..., 1] / gaps[..., 0]))


def _measured_gap() -> float:
    from mecpapers.pose.evidence.experiments import measured_gaps

    return float(100 * measured_gaps(DEADLINES_MS).max())


def _late(policy: str) -> float:
    from mecpapers.pose.evidence.experiments import POLICIES, policy_errors

    return float(100 * policy_errors()["late"][POLICIES.index(policy)].mean())


def _excess_delay() -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    sweep = over_scenario("deadline_ms", DEADLINES_MS, ("cooperative",))
    return float(100 * np.max(np.maximum(sweep.mean("delay", "cooperative") / np.array(DEADLINES_MS) - 1, 0)))


def _steps_down(field: str, values: tuple[float, ...]) -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    error = over_scenario(field, values, ("cooperative-guarded",)).mean("error", "cooperative-guarded")
    return float(np.mean(np.diff(error) <= 0))


def _rank_correlation(kappa: bool) -> float:
    from mecpapers.pose.evidence.experiments import equivalence_rows

    return float(equivalence_rows()[1 if kappa else 0]["rank correlation"])


def _solved_within_deadline() -> float:
    from mecpapers.pose.evidence.experiments import many_devices
    from mecpapers.pose.thresholds import solve_cooperative

    times = []
    for k in range(20):
        problem = many_devices(100, seed=k)
        start = time.process_time()
        solve_cooperative(problem)
        times.append(time.process_time() - start)
    return float(np.median(times) < 0.1)


def _accuracy_falls() -> float:
    from mecpapers.pose.evidence.experiments import over_model_devices

    return float(np.mean(np.diff(over_model_devices(MANY_DEVICES, (1,))["accuracy"][0]) < 0))


def _unequal_gap() -> float:
    from mecpapers.pose.evidence.experiments import over_spread

    rows = over_spread("speed", SPREADS) + over_spread("link", SPREADS)
    return float(np.nanmax([row["gap, %"] for row in rows]))


MEASURES: dict[str, Measure] = {
    "tradeoff": partial(_steps_down, "deadline_ms", DEADLINES_MS),
    "reduction-40": partial(_reduction, "cooperative-guarded", "device"),
    "reduction-40-server": partial(_reduction, "cooperative-guarded", "server-fit"),
    "reduction-40-up-to": partial(_largest_reduction, "device"),
    "server-adds": partial(_surely_lower, "cooperative-guarded", "device-discard", offsets_from="own"),
    "near-optimal-4": _worst_gap,
    "near-optimal-4-measured": _measured_gap,
    "meets-delay": partial(_late, "cooperative"),
    "meets-delay-mean": _excess_delay,
    "equivalence": partial(_rank_correlation, kappa=False),
    "equivalence-kappa": partial(_rank_correlation, kappa=True),
    "low-complexity": _solved_within_deadline,
    "dual-needed": partial(_surely_lower, "cooperative-guarded", "single-guarded"),
    "dual-needed-plain": partial(_surely_lower, "cooperative-plain", "single-threshold"),
    "failure-congestion": _accuracy_falls,
    "servers": _more_servers_help,
    "open-heterogeneity": _unequal_gap,
}
