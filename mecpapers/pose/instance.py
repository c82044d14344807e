"""This paper's instance file <-> Problem, and a solution as JSON; all in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mecpapers.instances import Plausible, check_fields, check_number, check_numbers, field_schema
from mecpapers.pose.model import Allocation, Problem, evaluate
from mecpapers.solution import Solution

NUMBERS = ("deadline", "server_delay", "discard_value", "servers")
VECTORS = ("device_delay", "transmission_time")
TABLES = ("score_pmf", "device_accuracy", "server_accuracy")

OPTIONAL = ("servers",)

PLAUSIBLE: Mapping[str, Plausible] = {
    "deadline": Plausible("s", 1e-4, 10),
    "device_delay": Plausible("s", 1e-6, 10),
    "server_delay": Plausible("s", 1e-6, 10),
    "transmission_time": Plausible("s", 1e-7, 10),
    "servers": Plausible("servers", 1, 1e4),
}


def schema() -> dict[str, Any]:
    """JSON Schema of the fields of an instance file."""
    return {name: field_schema(Problem, name, PLAUSIBLE.get(name)) for name in (*NUMBERS, *VECTORS, *TABLES)}


def from_dict(document: dict[str, Any]) -> Problem:
    """Build the problem that an instance file describes.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """
    check_fields("", document, ["paper", *NUMBERS[:3], *VECTORS, *TABLES], OPTIONAL)
    numbers = {name: check_number(name, document[name]) for name in NUMBERS if name in document}
    vectors = {name: check_numbers(name, document[name]) for name in VECTORS}
    return Problem(**numbers, **vectors, **{name: _check_rows(name, document[name]) for name in TABLES})


def to_dict(problem: Problem, solution: Solution[Allocation]) -> dict[str, Any]:
    """What ``mecpapers solve --json`` prints of a solution, beside its scheme and seconds."""
    allocation, metrics = solution.allocation, evaluate(problem, solution.allocation)
    answer: dict[str, Any] = {"objective": solution.objective, "converged": solution.converged}
    if solution.bound is not None:
        answer |= {"upper_bound": solution.bound, "gap": solution.gap, "bound_assumes": solution.bound_assumes}
    return answer | {
        "lower": allocation.lower.tolist(),
        "upper": allocation.upper.tolist(),
        "device_inference": allocation.device_inference,
        "offload_probability": metrics.offload_probability.tolist(),
        "transmission_time": metrics.air_time.tolist(),
        "delay": metrics.delay,
    }


def to_table(problem: Problem, solution: Solution[Allocation]) -> list[str]:
    """The lines that a person reads: one a device, with units, then the sums."""
    a, m = solution.allocation, evaluate(problem, solution.allocation)
    tau = 1e3 * m.air_time
    lines = [f"device  discard below  accept from (of {problem.levels})   offloaded   on air, ms   accuracy"]
    for n in range(problem.size):
        lines.append(
            f"{n:6d}  {a.lower[n]:13d}  {a.upper[n]:11d}           {m.offload_probability[n]:9.1%}   {tau[n]:10.3f}"
            f"   {m.accuracy[n]:8.4f}"
        )
    device_delay = 1e3 * float(problem.device_delay.max()) if a.device_inference else 0.0
    on_servers = 1e3 * problem.server_delay / problem.servers * float(m.offload_probability.sum())
    parts = f"devices {device_delay:.6g}, on air {tau.sum():.3f}, servers {on_servers:.3f}"
    return [*lines, f"delay {1e3 * m.delay:.3f} ms of {1e3 * problem.deadline:.6g}: {parts}"]


def _check_rows(name: str, value: Any) -> Any:
    """A row of numbers, or a list of rows."""
    if not isinstance(value, list) or not any(isinstance(item, list) for item in value):
        return check_numbers(name, value)
    for n, row in enumerate(value):
        check_numbers(f"{name}[{n}]", row)
    return value
