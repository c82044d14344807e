"""Every scheme of a paper on one instance: what ``mecpapers solve --scheme all`` shows."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from mecpapers import many
from mecpapers.many import BAD_INPUT, INFEASIBLE, NOT_CONVERGED, Options
from mecpapers.solution import Infeasible


def run(problem: Any, options: Options) -> list[dict[str, Any]]:
    """Return a row a scheme: its answer with its means, or why it has none, and with which exit status.

    ``gap`` and ``limit`` go to the schemes that have them. ``gap`` of a row is how much worse it is than the best bound
    that any scheme has proved.

    Raises
    ------
    ValueError
        for an option that no scheme of the paper has.
    """
    paper = many.paper_of(problem)
    schemes = many.schemes_of(paper)
    takes = {name: inspect.signature(scheme).parameters for name, scheme in schemes.items()}
    for name, value in options.search.items():
        if not any(name in parameters for parameters in takes.values()):
            raise ValueError(f"--{name} = {value}: must be left out; no scheme of {paper} has it")
    rows = [
        _row(problem, options._replace(scheme=name, search=_among(options.search, parameters)))
        for name, parameters in takes.items()
    ]
    for side, best, sign in (("lower_bound", max, 1), ("upper_bound", min, -1)):
        if bounds := [row[side] for row in rows if side in row]:
            for row in rows:
                if "objective" in row:
                    row["gap"] = sign * (row["objective"] - best(bounds)) + 0.0  # no -0
    return rows


def _among(search: Mapping[str, Any], names: Any) -> dict[str, Any]:
    return {name: value for name, value in search.items() if name in names}


def _row(problem: Any, options: Options) -> dict[str, Any]:
    """One scheme's answer and means, or its refusal."""
    try:
        solved = many.solve(problem, options)
        answer = many.to_answer(problem, solved)
    except Infeasible as error:
        return {"scheme": options.scheme, "error": f"infeasible: {error}", "status": INFEASIBLE}
    except ValueError as error:
        return {"scheme": options.scheme, "error": str(error), "status": BAD_INPUT}
    module = import_module(f"mecpapers.{many.paper_of(problem)}.schemes")
    means = {
        name: v for name, v in module.measure(problem, solved.solution).items() if name != "gap" and np.isfinite(v)
    }
    return {"scheme": answer.pop("scheme"), "seconds": solved.seconds, **answer, "means": means}


def status_of(rows: Sequence[Mapping[str, Any]]) -> int:
    """0 if any scheme has answered, or 4 if none that did has converged; else the least of the refusals'."""
    answers = [row["converged"] for row in rows if "converged" in row]
    if answers:
        return 0 if any(answers) else NOT_CONVERGED
    return int(min(row["status"] for row in rows))


def lines(problem: Any, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows as a table, with what its columns are; a scheme without an answer says why."""
    module = import_module(f"mecpapers.{many.paper_of(problem)}.schemes")
    metrics = {name: label for name, label in module.METRICS.items() if name != "gap"}
    said = [f"{'scheme':18}" + "".join(f"{name:>15}" for name in ("objective", "gap", *metrics, "seconds"))]
    for row in rows:
        if "error" in row:
            said.append(f"{row['scheme']:18}  {row['error']}")
            continue
        numbers = (row["objective"], row.get("gap"), *(row["means"].get(name) for name in metrics), row["seconds"])
        cells = "".join(f"{'-' if v is None else format(v, '.6g'):>15}" for v in numbers)
        said.append(f"{row['scheme']:18}{cells}{'' if row['converged'] else '  NOT CONVERGED'}")
    said += ["", "gap: to the best bound that a scheme has proved"]
    said += [
        f"the bound holds if {text}" for text in sorted({r["bound_assumes"] for r in rows if "bound_assumes" in r})
    ]
    return [*said, *(f"{name}: {label}" for name, label in metrics.items())]
