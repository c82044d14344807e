"""The table of options, and the dual function at one point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, IndexArray, rows_of
from mecpapers.batch import ONE, Batch
from mecpapers.memory import check_memory
from mecpapers.video.edge import coefficients, summands
from mecpapers.video.local import solve_local
from mecpapers.video.model import Devices, Problem, check_reachable, fewest_frames, macs

_BLOCK = 1 << 17  # entries made at once, so that what is in between stays in the processor's cache
UNIT = float(np.finfo(float).eps) / 2  # one rounding, relative
UNITS = 24  # roundings in a difference of what two options cost: 12 a term, 9 to make it and 3 to add it up
_BYTES = 64  # an entry, in the three tables and in what a search keeps beside them at its worst


@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """What every device can do; shape (K, N). Row 0: stay local; row k: offload ``least`` + k - 1 frames.

    Devices may have fewer than K options; a missing one has e = inf and a = b = 0. The devices of a batch of problems
    stand side by side in one table.
    """

    problem: Problem
    least: FloatArray  # M^min [1], shape (N,)
    a: FloatArray  # sqrt(beta_1 rho C(M) / f^max) [cost^(1/2)]; 0 in row 0
    b: FloatArray  # sqrt(beta_1 d M / (R T)) [cost^(1/2)]; 0 in row 0
    e: FloatArray  # beta_2 E^t - beta_3 Phi(M) [cost]; F_0 in row 0
    batch: Batch = ONE  # whose each device is

    def frames(self, choice: IndexArray) -> FloatArray:
        """M of one row a device, shape (N,), where that row offloads."""
        return self.least + choice - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Dual:
    """The dual function at one point, and the cheapest option of every device at its prices."""

    value: float  # L(w), a lower bound on (16)
    congestion: FloatArray  # w = (u, v), shape (2,) [cost^(1/2)]
    time_price: float  # mu_0 = v^2 / T [cost per unit of time share]
    edge_price: float  # mu_1 = u^2 / f^max [cost per cycle/s]
    choice: IndexArray  # the row of Options with r = 0, shape (N,)
    reduced_cost: FloatArray  # r, shape (K, N)

    @property
    def offload(self) -> BoolArray:
        """x_n at these prices, shape (N,)."""
        return self.choice > 0


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # what overflows is no option
def option_table(problem: Problem, offload: BoolArray | None = None) -> Options:
    """Tabulate the options of every device: Theorem 1's answer, then M^min, M^min + 1, ... frames at the edge.

    Options that cannot be part of an optimum are left out.

    Parameters
    ----------
    offload : shape (N,); a policy to which the options are confined, None to leave it open

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs, or a device confined to the edge has no rate.
    TooLarge
        if the table and the search in it need more memory than there is.
    """
    devices, local = problem.devices, solve_local(problem)
    if offload is not None:
        check_reachable(devices, offload)
    least = fewest_frames(devices)
    most = useful_frames(problem, least)
    shape = (int((most - least).max()) + 2, devices.size)
    check_memory(f"devices: {shape[1]} with up to {shape[0]} options each", _BYTES * float(np.prod(shape, dtype=float)))
    a, b, e = (np.empty(shape) for _ in range(3))
    a[0] = b[0] = 0.0
    e[0] = local.cost if offload is None else np.where(offload, np.inf, local.cost)
    rows, width = np.arange(shape[0] - 1)[:, None], max(1, _BLOCK // shape[0])
    for start in range(0, shape[1], width):
        part = slice(start, start + width)
        some = problem if width >= shape[1] else some_of(problem, part)
        m = least[part] + rows
        missing = m > most[part]
        m = np.minimum(m, most[part])
        root_a, root_b, own = summands(some, m)
        if offload is None:  # dearer alone than locally, by more than rounding could make it
            slack = 2 * UNITS * UNIT * costs_added_up(some, local.cost[part])
            missing |= ~(root_a * root_a + root_b * root_b + own < local.cost[part] + slack)
        else:
            missing |= ~offload[part]
        e[1:, part] = np.where(missing, np.inf, own)
        a[1:, part], b[1:, part] = np.where(missing, 0.0, root_a), np.where(missing, 0.0, root_b)
    return Options(problem=problem, least=least, a=a, b=b, e=e)


def some_of(problem: Problem, chosen: slice | IndexArray) -> Problem:
    """The problem of some of the devices; ``chosen`` of shape (J,) where it is no slice."""
    return replace(problem, devices=rows_of(problem.devices, chosen))


def joined(problems: Sequence[Problem]) -> Problem:
    """One problem of the devices of several, which share all else.

    Raises
    ------
    ValueError
        if they do not.
    """
    first = problems[0]
    for name in (field.name for field in fields(Problem) if field.name != "devices"):
        values = [getattr(problem, name) for problem in problems]
        if any(value != values[0] for value in values):
            other = next(k for k, value in enumerate(values) if value != values[0])
            raise ValueError(f"part {other}: {name} = {values[other]}: must be that of part 0, {values[0]}")
    columns = {field.name: [getattr(p.devices, field.name) for p in problems] for field in fields(Devices)}
    for name, parts in columns.items():
        if len({value is None for value in parts}) == 2:
            raise ValueError(f"{name}: must be given in all parts, or in none")
    devices: dict[str, Any] = {n: None if parts[0] is None else np.concatenate(parts) for n, parts in columns.items()}
    return replace(first, devices=Devices(**devices))


def useful_frames(problem: Problem, least: FloatArray) -> FloatArray:
    """Return the most frames worth sending, shape (N,): beyond the least a^2 + b^2 + e more frames never pay.

    That sum is what an edge device costs alone, convex in M; what it costs the others, 2 a A + 2 b B, grows with M.
    """
    devices, k = problem.devices, coefficients(problem)
    slope = np.fmax(k.a0 + k.bt + k.e, np.finfo(float).tiny)
    return np.clip(np.ceil(np.sqrt(k.g / slope) - devices.accuracy_a1), least, devices.max_frames)


def dual_at(options: Options, congestion: FloatArray) -> Dual:
    """L at w = (u, v), its prices, and what every device chooses there.

    Parameters
    ----------
    congestion : w, shape (2,) [cost^(1/2)], not negative
    """
    u, v = congestion
    problem = options.problem
    r = options.e + 2 * u * options.a + 2 * v * options.b
    choice, least = first_least(r)
    r -= least
    return Dual(
        value=float(least.sum() - u * u - v * v),
        congestion=congestion,
        time_price=float(v * v / problem.time_budget),
        edge_price=float(u * u / problem.server_frequency),
        choice=choice,
        reduced_cost=r,
    )


def rounding_error(options: Options, costs: FloatArray) -> FloatArray:
    """How far what options cost may be off by rounding, as e + 2 u a + 2 v b, or the difference of two such [cost].

    Of what is added only beta_3 m_a2 is negative, and a negative m_c1. So the absolute terms of an option that costs c
    add up to |c| + 2 beta_3 m_a2 at most, all but the last of them times (m_c0 M^min + |m_c1|) / C(M^min), the most by
    which C cancels.

    Parameters
    ----------
    costs : what one option a device costs at some prices, shape (..., N)
    """
    return np.asarray(UNITS * UNIT * costs_added_up(options.problem, costs))


def costs_added_up(problem: Problem, costs: FloatArray) -> FloatArray:
    """The most that the absolute terms of options with such costs add up to, shape (..., N) [cost]."""
    reward = problem.devices.weight_accuracy * problem.devices.accuracy_a2
    return cancelling(problem, fewest_frames(problem.devices)) * (np.abs(costs) + reward) + reward


def cancelling(problem: Problem, frames: FloatArray) -> FloatArray:
    """By how much the terms of C(M) exceed it, 1 where m_c1 >= 0; shape (N,)."""
    v = problem.devices
    return (v.macs_per_frame * frames + np.abs(v.macs_offset)) / macs(v, frames)


def first_least(table: FloatArray) -> tuple[IndexArray, FloatArray]:
    """The first row that is least in each column of a (K, N) table, and its value; each of shape (N,)."""
    if table.size < _BLOCK // 8:
        row = table.argmin(axis=0)
        return row, pick(table, row)
    least, row = table.min(axis=0), np.zeros(table.shape[1], dtype=np.intp)
    for k in range(len(table) - 1, -1, -1):  # several times as fast as argmin along the first axis
        np.putmask(row, table[k] == least, k)
    return row, least


def pick(table: FloatArray, choice: IndexArray) -> FloatArray:
    """Take one row of a (K, N) table per device; shape (N,)."""
    return table[choice, np.arange(choice.size)]
