"""This paper's instance file <-> Problem, and a solution as JSON; all in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from mecpapers.fhei.model import Allocation, Problem, Users, evaluate
from mecpapers.instances import Plausible, check_fields, check_number, check_numbers, field_schema
from mecpapers.solution import Solution

USER_FIELDS = [f.name for f in fields(Users) if f.default is MISSING]
USER_OPTIONS = [f.name for f in fields(Users) if f.default is not MISSING]
SHARED_FIELDS = [f.name for f in fields(Problem) if f.name != "users"]
OPTIONAL = USER_OPTIONS

PLAUSIBLE: Mapping[str, Plausible] = {
    "uplink_rate": Plausible("bit/s", 1e4, 1e12),
    "downlink_rate": Plausible("bit/s", 1e4, 1e12),
    "device_speed": Plausible("FLOP/s", 1e6, 1e16),
    "receive_power": Plausible("W", 1e-6, 5),
    "uplink_gain": Plausible("1", 1e-20, 1e3),
    "downlink_gain": Plausible("1", 1e-20, 1e3),
    "input_bytes": Plausible("byte", 1e2, 1e10),
    "transmit_power": Plausible("W", 1e-6, 5),
    "server_speed": Plausible("FLOP/s", 1e9, 1e18),
    "fn_flops_per_byte": Plausible("FLOP/byte", 1, 1e9),
    "fn_base_flops": Plausible("FLOP", 1e3, 1e15),
    "in_flops_per_byte": Plausible("FLOP/byte", 1, 1e9),
    "energy_coefficient": Plausible("J s^2/FLOP^3", 1e-34, 1e-20),
    "min_feature_bytes": Plausible("byte", 1e2, 1e10),
    "max_feature_bytes": Plausible("byte", 1e2, 1e10),
    "max_mean_energy": Plausible("J", 1e-4, 1e5),
    "max_mean_latency": Plausible("s", 1e-4, 1e4),
    "quality_per_byte": Plausible("mAP/byte", 1e-10, 1),
}


def schema() -> dict[str, Any]:
    """JSON Schema of the fields of an instance file."""
    owners = (
        dict.fromkeys(USER_FIELDS, Users) | dict.fromkeys(SHARED_FIELDS, Problem) | dict.fromkeys(USER_OPTIONS, Users)
    )
    return {name: field_schema(owner, name, PLAUSIBLE[name]) for name, owner in owners.items()}


def from_dict(document: dict[str, Any]) -> Problem:
    """Build the problem that an instance file describes.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """
    check_fields("", document, ["paper", *USER_FIELDS, *SHARED_FIELDS], USER_OPTIONS)
    given = {name: check_numbers(name, document[name]) for name in (*USER_FIELDS, *USER_OPTIONS) if name in document}
    shared = {name: check_number(name, document[name]) for name in SHARED_FIELDS}
    return Problem(users=Users(**given), **shared)


def to_dict(problem: Problem, solution: Solution[Allocation]) -> dict[str, Any]:
    """What ``mecpapers solve --json`` prints of a solution, beside its scheme and seconds."""
    a, m = solution.allocation, evaluate(problem, solution.allocation)
    answer: dict[str, Any] = {"objective": solution.objective, "converged": solution.converged}
    if solution.bound is not None:
        answer |= {"upper_bound": solution.bound, "gap": solution.gap}
    return answer | {
        "feature_bytes": a.feature_bytes.tolist(),
        "uplink_share": a.uplink_share.tolist(),
        "downlink_share": a.downlink_share.tolist(),
        "edge_speed": a.edge_speed.tolist(),
        "device_speed": a.device_speed.tolist(),
        "latency": m.latency.tolist(),
        "energy": m.energy.tolist(),
        "quality": m.quality.tolist(),
        "latency_price": a.latency_price,
    }


def to_table(problem: Problem, solution: Solution[Allocation]) -> list[str]:
    """The lines that a person reads: one a user, with units, then the means."""
    a, m = solution.allocation, evaluate(problem, solution.allocation)
    lines = [
        "  user  feature, MB    uplink  downlink   edge, GFLOPS   device, GFLOPS   latency, s   energy, J   quality"
    ]
    columns = (
        a.feature_bytes / 1e6,
        100 * a.uplink_share,
        100 * a.downlink_share,
        a.edge_speed / 1e9,
        a.device_speed / 1e9,
        m.latency,
        m.energy,
        m.quality,
    )
    form = "{:>6}  {:11.4f}  {:7.2f}%  {:7.2f}%   {:12.2f}   {:14.4f}   {:10.4f}   {:9.4f}   {:7.3f}"
    lines += [form.format(k, *(column[k] for column in columns)) for k in range(problem.users.size)]
    lines.append(form.format("mean", *(column.mean() for column in columns)))
    return lines
