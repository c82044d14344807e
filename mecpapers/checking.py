"""What ``mecpapers check`` says of an answer, whoever made it: broken constraints, its cost, its gap to the optimum."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from mecpapers import instances, many, sheets
from mecpapers.arrays import BoolArray, IndexArray
from mecpapers.instances import shown
from mecpapers.solution import Infeasible, Solution, Violation

LARGEST_INDEX = 2**31  # of a threshold: any above the levels is wrong in the same way


class Report(NamedTuple):
    """What is to be said of an answer."""

    violations: tuple[Violation, ...]  # every broken constraint
    objective: float | None  # by the model; None where the answer is too broken to have one
    minimised: bool  # whether less is better
    optimum: Solution[Any] | None  # the proved one
    without: str | None  # why there is none

    @property
    def feasible(self) -> bool:
        """Whether every constraint holds."""
        return not self.violations

    @property
    def gap(self) -> float | None:
        """How much worse than the proved bound on the optimum; negative only if infeasible, or beyond its condition."""
        if self.objective is None or self.optimum is None or self.optimum.bound is None:
            return None
        worse = self.objective - self.optimum.bound
        return worse if self.minimised else 0.0 - worse

    def to_dict(self) -> dict[str, Any]:
        """The report as ``--json`` prints it; what is infinite is null."""
        found: dict[str, Any] = {
            "feasible": self.feasible,
            "violations": [{**v._asdict(), "excess": _finite(v.excess)} for v in map(_plain, self.violations)],
            "objective": _finite(self.objective),
        }
        if self.optimum is not None:
            side = "lower" if self.minimised else "upper"
            found |= {"optimum": self.optimum.objective, f"{side}_bound": self.optimum.bound, "gap": _finite(self.gap)}
            if self.optimum.bound_assumes is not None:
                found["bound_assumes"] = self.optimum.bound_assumes
        return found if self.without is None else found | {"no_optimum": self.without}

    def lines(self, names: Sequence[str] | None = None) -> list[str]:
        """The report as a person reads it."""
        said = ["feasible: every constraint holds" if self.feasible else "NOT FEASIBLE; broken constraints:"]
        for v in self.violations:
            called = "" if v.device is None or names is None else f" ({names[v.device]})"
            where = "" if v.device is None else f", device {v.device}{called}"
            said.append(f"  {v.constraint}{where}: excess {v.excess:.6g}")
        said.append(f"objective {'-' if self.objective is None else format(self.objective, '.9g')}")
        if self.optimum is not None and self.optimum.bound is not None:
            best = "proved optimum" if self.optimum.converged else "best found"
            said.append(f"{best} {self.optimum.objective:.9g}, proved bound {self.optimum.bound:.9g}")
            if self.gap is not None:
                part = self.gap / abs(self.optimum.bound) if self.optimum.bound else np.nan
                said.append(f"gap {self.gap:.6g} to the bound ({part:.3%})")
            if self.optimum.bound_assumes:
                said.append(f"the bound holds if {self.optimum.bound_assumes}")
        return said if self.without is None else [*said, f"no proved optimum: {self.without}"]


class _Plain(NamedTuple):
    constraint: str
    device: int | None
    excess: float


def _plain(violation: Violation) -> _Plain:
    return _Plain(violation.constraint, violation.device, float(violation.excess))


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def check(problem: Any, answer: Any) -> Report:
    """Judge an answer to a problem of any paper by its model, and by the proved optimum.

    Parameters
    ----------
    answer : an ``Allocation``, or its fields by name, as ``solve --json`` has them; further fields are not looked at

    Raises
    ------
    ValueError
        if it is no answer to this problem: naming the field, the value and the rule.

    Examples
    --------
    >>> from mecpapers.video import SET_A, SCHEMES
    >>> problem = SET_A.draw(np.random.default_rng(0))
    >>> check(problem, SCHEMES["local"](problem).allocation).feasible
    True
    """
    model = import_module(f"mecpapers.{many.paper_of(problem)}.model")
    allocation = allocation_of(problem, answer) if isinstance(answer, Mapping) else answer
    with np.errstate(all="ignore"):
        violations = model.violations(problem, allocation)
        if _beyond(problem, allocation):
            return Report(violations, None, False, *_optimum(problem))
        metrics = model.evaluate(problem, allocation)
        violations += tuple(
            Violation(f"{name} is finite", int(n), np.inf)
            for name, value in vars(metrics).items()
            if name != "cost"
            for n in np.flatnonzero(~np.isfinite(value))
        )
        return Report(violations, metrics.total, hasattr(metrics, "cost"), *_optimum(problem))


def _beyond(problem: Any, allocation: Any) -> bool:
    """Whether thresholds lie beyond the levels, so that they have no value."""
    levels = [v for v in vars(allocation).values() if isinstance(v, np.ndarray) and v.dtype.kind == "i"]
    return any(((v < 0) | (v > problem.levels)).any() for v in levels)


def _optimum(problem: Any) -> tuple[Solution[Any] | None, str | None]:
    """The proved optimum, or why there is none."""
    try:
        return many.solve(problem, many.Options()).solution, None
    except Infeasible as error:
        return None, f"infeasible: {error}"
    except ValueError as error:
        return None, str(error)


def size_of(problem: Any) -> int:
    """The number of a problem's devices or users."""
    return next((v.size for v in vars(problem).values() if hasattr(v, "__dataclass_fields__")), None) or problem.size


def allocation_of(problem: Any, answer: Mapping[str, Any]) -> Any:
    """Return an answer's fields as an allocation of this problem's devices.

    Raises
    ------
    ValueError
        for a field that is missing, of another size, or not of numbers as it must be.
    """
    cls = import_module(f"mecpapers.{many.paper_of(problem)}.model").Allocation
    hints, size = get_type_hints(cls), size_of(problem)
    values: dict[str, Any] = {}
    for field in fields(cls):
        if field.name not in answer and field.default is MISSING:
            near = get_close_matches(field.name, answer, 1)
            raise ValueError(f"{field.name} is missing: must be given{f', not {near[0]}' if near else ''}")
        if field.default is MISSING:
            values[field.name] = _vector(field.name, answer[field.name], hints[field.name], size)
        elif hints[field.name] is bool and field.name in answer:
            values[field.name] = _boolean(field.name, answer[field.name])
    return cls(**values)


def _vector(name: str, given: Any, kind: Any, size: int) -> NDArray[Any]:
    """A list of numbers of one kind, one a device, as an array of shape (N,)."""
    given = given.tolist() if isinstance(given, np.ndarray) else given
    if not isinstance(given, list):
        raise ValueError(f"{name} = {shown(given)}: must be a list, a number a device")
    if len(given) != size:
        raise ValueError(f"{name} has {len(given)} values: must have as many as the instance has devices, {size}")
    if kind == BoolArray:
        return np.array([_boolean(f"{name}[{n}]", v) for n, v in enumerate(given)])
    for n, value in enumerate(given):
        instances.check_number(f"{name}[{n}]", float(value) if type(value) is int else value)
        if not np.isfinite(value):
            raise ValueError(f"{name}[{n}] = {value}: must be finite")
        if kind == IndexArray and not (abs(value) < LARGEST_INDEX and value == int(value)):
            raise ValueError(f"{name}[{n}] = {shown(value)}: must be a whole number, at most {LARGEST_INDEX}")
    return np.array(given, dtype=np.intp if kind == IndexArray else np.float64)


def _boolean(name: str, value: Any) -> bool:
    if value not in (False, True) or not isinstance(value, bool | int | float):
        raise ValueError(f"{name} = {shown(value)}: must be true or false")
    return bool(value)


def read(path: str, problem: Any, names: Sequence[str] | None) -> Any:
    """Read an answer to a problem from JSON or, where the file's name ends so, from CSV; its allocation.

    Raises
    ------
    ValueError
        naming the field, or the row and the column; the value and the rule.
    """
    sheets.check_form(path)
    if Path(path).suffix.lower() != ".csv":
        return allocation_of(problem, instances.parse(instances.read_text(path), path))
    cls = import_module(f"mecpapers.{many.paper_of(problem)}.model").Allocation
    answer = sheets.read_answer(instances.read_text(path), path, [field.name for field in fields(cls)])
    if names is not None and answer.get(sheets.NAME, names) != names:
        raise ValueError(f"{path}: its names must be those of the instance, in the same order")
    try:
        return allocation_of(problem, answer)
    except ValueError as error:
        cell = re.compile(r"(\w+)\[(\d+)\] =")
        raise ValueError(cell.sub(lambda m: f"row {int(m[2]) + 2}, column {m[1]} =", str(error))) from None
