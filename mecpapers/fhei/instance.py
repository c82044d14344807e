"""This paper's instance file <-> Problem, and a solution as JSON; all in SI units."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from mecpapers.fhei.model import Allocation, Problem, Users, evaluate
from mecpapers.instances import check_fields, check_number, check_numbers
from mecpapers.solution import Solution

USER_FIELDS = [f.name for f in fields(Users) if f.default is MISSING]
USER_OPTIONS = [f.name for f in fields(Users) if f.default is not MISSING]
SHARED_FIELDS = [f.name for f in fields(Problem) if f.name != "users"]


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
