"""This paper's instance file <-> Problem, and a solution as JSON; all in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, cast, get_args

from mecpapers.arrays import checked, rule_of
from mecpapers.instances import (
    Plausible,
    check_fields,
    check_number,
    check_numbers,
    check_object,
    field_schema,
    object_schema,
    shown,
    within,
)
from mecpapers.solution import Solution
from mecpapers.video.model import Allocation, Devices, LocalEnergy, Problem, evaluate

_WEIGHTS = {"delay": "weight_delay", "energy": "weight_energy", "accuracy": "weight_accuracy"}
_DEVICE_FIELDS = [f.name for f in fields(Devices) if f.default is MISSING and f.name not in _WEIGHTS.values()]
_DEVICE_OPTIONS = ["channel_gain", "min_frames", *_WEIGHTS.values()]
_PROBLEM_FIELDS = ("server_frequency", "time_budget", "cycles_per_mac")
OPTIONAL: tuple[str, ...] = ()

PLAUSIBLE: Mapping[str, Plausible] = {
    "server_frequency": Plausible("cycle/s", 1e8, 1e14),
    "time_budget": Plausible("s", 1e-3, 1e3),
    "cycles_per_mac": Plausible("cycle/MAC", 1e-3, 1e2),
    "weights.delay": Plausible("1/s", 1e-6, 1e6),
    "weights.energy": Plausible("1/J", 1e-6, 1e6),
    "weights.accuracy": Plausible("1", 1e-6, 1e6),
    "devices.uplink_rate": Plausible("bit/s", 1e4, 1e11),
    "devices.channel_gain": Plausible("1", 1e-20, 1),
    "devices.transmit_power": Plausible("W", 1e-4, 5),
    "devices.frame_bits": Plausible("bit", 1e5, 1e10),
    "devices.max_frequency": Plausible("cycle/s", 1e7, 1e11),
    "devices.energy_coefficient": Plausible("J s^2/cycle^3", 1e-32, 1e-24),
    "devices.macs_per_frame": Plausible("MAC", 1e4, 1e13),
    "devices.macs_offset": Plausible("MAC", 1, 1e13),
    "devices.accuracy_a0": Plausible("1", 1e-6, 1e2),
    "devices.accuracy_a1": Plausible("1", 1e-6, 1e3),
    "devices.accuracy_a2": Plausible("1", 1e-2, 2),
    "devices.max_frames": Plausible("frames", 1, 1e4),
    "devices.weight_delay": Plausible("1/s", 1e-6, 1e6),
    "devices.weight_energy": Plausible("1/J", 1e-6, 1e6),
    "devices.weight_accuracy": Plausible("1", 1e-6, 1e6),
}


def schema() -> dict[str, Any]:
    """JSON Schema of the fields of an instance file."""
    weights = {
        key: field_schema(Devices, name, PLAUSIBLE[f"weights.{key}"])["anyOf"][0] for key, name in _WEIGHTS.items()
    }
    devices = {
        name: field_schema(Devices, name, PLAUSIBLE.get(f"devices.{name}"))
        for name in (*_DEVICE_FIELDS, *_DEVICE_OPTIONS)
    }
    return {
        "local_energy": {"enum": list(get_args(LocalEnergy))},
        "weights": object_schema(weights),
        **{name: field_schema(Problem, name, PLAUSIBLE[name]) for name in _PROBLEM_FIELDS},
        "devices": object_schema(devices, _DEVICE_OPTIONS),
    }


def from_dict(document: dict[str, Any]) -> Problem:
    """Build the problem that an instance file describes.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """
    check_fields(
        "",
        document,
        ["paper", "local_energy", "weights", *_PROBLEM_FIELDS, "devices"],
        [],
    )
    weights = check_object("weights", document["weights"])
    check_fields("weights.", weights, list(_WEIGHTS), [])
    given = check_object("devices", document["devices"])
    check_fields("devices.", given, _DEVICE_FIELDS, _DEVICE_OPTIONS)
    numbers = {name: check_numbers(f"devices.{name}", value) for name, value in given.items()}
    shared = {
        name: checked(f"weights.{key}", check_number(f"weights.{key}", weights[key]), rule_of(Devices, name))
        for key, name in _WEIGHTS.items()
    }
    if not isinstance(document["local_energy"], str):
        raise ValueError(f"local_energy = {shown(document['local_energy'])}: must be a string")
    return Problem(
        devices=within("devices.", lambda: Devices(**{**shared, **numbers})),
        local_energy=cast(LocalEnergy, document["local_energy"]),  # Problem checks it
        **{name: check_number(name, document[name]) for name in _PROBLEM_FIELDS},
    )


def to_dict(problem: Problem, solution: Solution[Allocation]) -> dict[str, Any]:
    """What ``mecpapers solve --json`` prints of a solution, beside its scheme and seconds."""
    allocation, metrics = solution.allocation, evaluate(problem, solution.allocation)
    answer: dict[str, Any] = {"objective": solution.objective, "converged": solution.converged}
    if solution.bound is not None:
        answer |= {"lower_bound": solution.bound, "gap": solution.gap}
        if solution.bound_assumes is not None:
            answer["bound_assumes"] = solution.bound_assumes
    return answer | {
        "offload": allocation.offload.tolist(),
        "frames": [int(m) for m in allocation.frames],
        "time_share": allocation.time_share.tolist(),
        "edge_frequency": allocation.edge_frequency.tolist(),
        "device_frequency": allocation.device_frequency.tolist(),
        "delay": metrics.delay.tolist(),
        "energy": metrics.energy.tolist(),
        "accuracy": metrics.accuracy.tolist(),
    }


def to_table(problem: Problem, solution: Solution[Allocation]) -> list[str]:
    """The lines that a person reads: one a device, with units, then the means."""
    a, m = solution.allocation, evaluate(problem, solution.allocation)
    lines = ["device  runs    frames   air time   cycles, GHz   delay, s   energy, J   accuracy      cost"]
    cycles = (a.edge_frequency + a.device_frequency) / 1e9
    for n, x in enumerate(a.offload):
        lines.append(
            f"{n:6d}  {'edge ' if x else 'local'}  {a.frames[n]:7.0f}   {a.time_share[n]:8.2%}   {cycles[n]:11.4f}"
            f"   {m.delay[n]:8.4f}   {m.energy[n]:9.5f}   {m.accuracy[n]:8.4f}   {m.cost[n]:+7.4f}"
        )
    lines.append(
        f"  mean  {a.offload.mean():5.0%}  {a.frames.mean():7.2f}   {a.time_share.mean():8.2%}   {cycles.mean():11.4f}"
        f"   {m.delay.mean():8.4f}   {m.energy.mean():9.5f}   {m.accuracy.mean():8.4f}   {m.cost.mean():+7.4f}"
    )
    return lines
