"""Paired Monte Carlo: schemes x values x drops, every scheme on the same drops."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from mecpapers.arrays import FloatArray
from mecpapers.solution import Infeasible, Scheme, Solution, Violation

P = TypeVar("P")
A = TypeVar("A")
Measure = Callable[[P, Solution[A]], Mapping[str, float]]
"""(problem, solution) -> numbers by name."""
Judge = Callable[[P, A], Sequence[Violation]]
"""(problem, allocation) -> the constraints that it breaks."""
Together = Callable[[Sequence[P]], Sequence[Solution[A] | None]]
"""What solves problems side by side, as a scheme does one by one; None where that must be done alone."""


BROKEN = "broken"  # number of broken constraints
_SIDE_BY_SIDE = 25  # drops that are solved together, where a scheme can
_ROUNDING = 1e-12
"""Relative: a difference between drops as small as this is what rounding left of none, and would differ by machine."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """What every scheme reached at every value of one parameter, drop by drop."""

    axis: str  # name of the parameter swept
    values: tuple[float, ...]
    schemes: tuple[str, ...]
    metrics: Mapping[str, FloatArray]  # each of shape (schemes, values, drops)

    @property
    def n_drops(self) -> int:
        """Number of drops a value."""
        return next(iter(self.metrics.values())).shape[2]

    def drops(self, metric: str, scheme: str) -> FloatArray:
        """One metric of one scheme, shape (values, drops)."""
        return self.metrics[metric][self.schemes.index(scheme)]

    def answered(self, metric: str, scheme: str) -> FloatArray:
        """Number of drops with an answer, shape (values,); NaN marks a drop without one."""
        return np.asarray((~np.isnan(self.drops(metric, scheme))).sum(axis=1), dtype=np.float64)

    def mean(self, metric: str, scheme: str) -> FloatArray:
        """Mean over the drops with an answer, shape (values,); NaN where there are none."""
        count = self.answered(metric, scheme)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nansum(self.drops(metric, scheme), axis=1) / count)

    def standard_error(self, metric: str, scheme: str) -> FloatArray:
        """Standard error of the mean, shape (values,); NaN for one drop, 0 where drops differ by rounding alone."""
        count = self.answered(metric, scheme)
        drops = self.drops(metric, scheme)
        away = drops - self.mean(metric, scheme)[:, None]
        away[np.abs(away) <= _ROUNDING * np.abs(drops)] = 0.0  # all drops are alike
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(np.nansum(away**2, axis=1) / (count - 1) / count)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a scheme, value and drop: the tidy table."""
        for i, scheme in enumerate(self.schemes):
            for j, value in enumerate(self.values):
                for drop in range(self.n_drops):
                    numbers = {name: float(table[i, j, drop]) for name, table in self.metrics.items()}
                    yield {"scheme": scheme, self.axis: value, "drop": drop, **numbers}

    def summary(self) -> Iterator[dict[str, Any]]:
        """One row a scheme and value: mean and standard error of every metric."""
        for scheme in self.schemes:
            columns = {
                name + suffix: statistic(name, scheme)
                for name in self.metrics
                for suffix, statistic in (("", self.mean), ("_se", self.standard_error))
            }
            for j, value in enumerate(self.values):
                numbers = {name: float(column[j]) for name, column in columns.items()}
                yield {"scheme": scheme, self.axis: value, "drops": self.n_drops, **numbers}

    def to_csv(self, *, drops: bool = False) -> str:
        """Return the summary as CSV, or with ``drops`` the whole tidy table."""
        return to_csv(self.rows() if drops else self.summary())


def to_csv(rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> str:
    """Write rows of like keys as CSV text; numbers with 8 significant digits, NaN as nothing."""
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({k: _written(v) for k, v in row.items()})
    return out.getvalue()


def _written(value: Any) -> Any:
    return ("" if np.isnan(value) else f"{value:.8g}") if isinstance(value, float) else value


@runtime_checkable
class Drawn(Protocol):
    """A scenario: a dataclass of parameters that draws problems."""

    def draw(self, rng: np.random.Generator) -> Any:
        """Drop the devices and return their problem."""
        ...


def draw_with(scenario: Drawn, field: str, value: Any, rng: np.random.Generator) -> Any:
    """Draw a problem from a scenario with one field changed."""
    changed: Drawn = replace(scenario, **{field: value})  # type: ignore[type-var]
    return changed.draw(rng)


def compare(
    schemes: Mapping[str, Scheme[P, A]],
    problems: Drawn | Sequence[P],
    measure: Measure[P, A],
    violations: Judge[P, A],
    metrics: Mapping[str, str],
    *,
    n_drops: int | None = None,
    seed: int = 0,
    axis: Mapping[str, Sequence[Any]],
    together: Sequence[tuple[Scheme[P, A], Together[P, A]]] = (),
) -> Sweep:
    """Run schemes on the same drops of a scenario, or on problems that are given; each paper offers it as ``compare``.

    Parameters
    ----------
    schemes : name -> scheme(problem, *, rng=None) -> Solution
    problems : a scenario, or a list of problems, such as ``instances.read`` returns
    measure, violations, metrics : what the paper counts and forbids, and the labels of these numbers by name
    n_drops : drops a value, by default 100; for a list: runs a problem, by default 1
    axis : for a scenario: one of its fields and the values that it takes; for a list: nothing
    together : schemes of the paper, and what gives their solutions of many problems side by side

    Returns
    -------
    Sweep over that field, or for a list over ``instance``, the place in it; NaN where a scheme finds a problem
    infeasible or its answer breaks a constraint, and means are over the others

    Warns
    -----
    UserWarning
        for each scheme that breaks a constraint: how often, and which first, where and by how much.

    Raises
    ------
    ValueError
        unless ``axis`` names exactly one field of the scenario, or none for a list; for an empty list.
    """
    counted = partial(_measured, measure, violations, tuple(metrics))
    willing = {name: partial(answer, scheme) for name, scheme in schemes.items()}
    able = {name: many for name, scheme in schemes.items() for one, many in together if one is scheme}
    draw: Callable[[Any, np.random.Generator], P]
    if isinstance(problems, Drawn):
        known = [field.name for field in fields(problems)]  # type: ignore[arg-type]
        if len(axis) != 1:
            raise ValueError(f"axis = {sorted(axis)}: must be one field of the scenario, such as {known[0]}=[...]")
        ((name, values),) = axis.items()
        if name not in known:
            raise ValueError(f"axis = {name}: must be one of {', '.join(known)}")
        draw, n_drops = partial(draw_with, problems, name), 100 if n_drops is None else n_drops
    else:
        if axis or not problems:
            raise ValueError(
                f"axis = {sorted(axis)}: must not be given beside a list of problems"
                if axis
                else "problems = []: must hold at least one problem"
            )
        name, values, draw = "instance", range(len(problems)), partial(_take, tuple(problems))
        n_drops = 1 if n_drops is None else n_drops
    found = run_sweep(willing, draw, counted, axis=name, values=values, n_drops=n_drops, seed=seed, together=able)
    for scheme in schemes:
        broken = np.argwhere(found.drops(BROKEN, scheme))
        if broken.size:
            place, drop = map(int, broken[0])
            problem = draw(values[place], drop_generator(seed, drop))
            again = answer(schemes[scheme], problem, rng=drop_generator(seed, drop, 1))
            which = () if again is None else violations(problem, again.allocation)
            warnings.warn(
                f"{scheme}: {len(broken)} of {len(values) * n_drops} answers break a constraint and do not count; "
                f"the first, at {name} = {values[place]}, drop {drop}: "
                f"{which[0] if which else 'another answer when it is run again, since it draws lots of its own'}",
                stacklevel=3,
            )
    return replace(found, metrics={key: found.metrics[key] for key in metrics})


def _take(problems: Sequence[P], place: int, rng: np.random.Generator) -> P:
    return problems[place]


def answer(scheme: Scheme[P, A], problem: P, *, rng: np.random.Generator | None = None) -> Solution[A] | None:
    """The scheme's solution; None where it finds the problem infeasible."""
    try:
        return scheme(problem, rng=rng)
    except Infeasible:
        return None


def _measured(
    measure: Measure[P, A], violations: Judge[P, A], names: Sequence[str], problem: P, solution: Solution[A] | None
) -> Mapping[str, float]:
    broken = 0 if solution is None else len(violations(problem, solution.allocation))
    if solution is None or broken:
        return dict.fromkeys(names, float("nan")) | {BROKEN: float(broken)}
    return {**measure(problem, solution), BROKEN: 0.0}


def run_sweep(
    schemes: Mapping[str, Callable[..., Any]],
    draw: Callable[[Any, np.random.Generator], Any],
    measure: Callable[[Any, Any], Mapping[str, float]],
    *,
    axis: str,
    values: Sequence[float],
    n_drops: int,
    seed: int,
    together: Mapping[str, Together[Any, Any]] | None = None,
) -> Sweep:
    """Run every scheme on the same drops at every value.

    Drop k has the same seed at every value and for every scheme, so that differences are paired and no result depends
    on the order of the runs. Runs in parallel inside ``joblib.parallel_config``, whose back-end may be Dask.

    Parameters
    ----------
    schemes : name -> scheme(problem, rng=...)
    draw : (value, rng) -> problem
    measure : (problem, solution) -> numbers by name
    together : name -> what solves drops of that scheme side by side; the others are solved one by one
    """
    if n_drops < 1 or seed < 0:
        name, value, least = ("n_drops", n_drops, 1) if n_drops < 1 else ("seed", seed, 0)
        raise ValueError(f"{name} = {value}: must be {least} or more")
    width = _SIDE_BY_SIDE if together else 1
    tasks = [(value, range(n_drops)[k : k + width]) for value in values for k in range(0, n_drops, width)]
    results = Parallel(return_as="generator")(
        delayed(_run_drops)(schemes, together or {}, draw, measure, value, drops, seed) for value, drops in tasks
    )
    table = []
    with tqdm(total=len(values) * n_drops, desc=f"{len(schemes)} schemes x {axis}", unit="drop", disable=None) as bar:
        for rows in results:
            table += rows
            bar.update(len(rows))
    shape = (len(values), n_drops, len(schemes))
    metrics = {
        name: np.array([[numbers[name] for numbers in row] for row in table]).reshape(shape).transpose(2, 0, 1)
        for name in table[0][0]
    }
    return Sweep(axis=axis, values=tuple(values), schemes=tuple(schemes), metrics=metrics)


def _run_drops(
    schemes: Mapping[str, Callable[..., Any]],
    together: Mapping[str, Together[Any, Any]],
    draw: Callable[[Any, np.random.Generator], Any],
    measure: Callable[[Any, Any], Mapping[str, float]],
    value: float,
    drops: Sequence[int],
    seed: int,
) -> list[list[Mapping[str, float]]]:
    problems = [draw(value, drop_generator(seed, drop)) for drop in drops]
    known = {name: many(problems) for name, many in together.items()}
    rows = []
    for k, (drop, problem) in enumerate(zip(drops, problems, strict=True)):
        found = {name: solutions[k] for name, solutions in known.items() if solutions[k] is not None}
        for name in schemes.keys() - found.keys():
            found[name] = schemes[name](problem, rng=drop_generator(seed, drop, 1))
        rows.append([measure(problem, found[name]) for name in schemes])
    return rows


def drop_generator(seed: int, drop: int, stream: int = 0) -> np.random.Generator:
    """The generator of one drop: stream 0 places the devices, stream 1 serves schemes that draw lots."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(drop, stream)))
