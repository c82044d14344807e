"""The certified optimum of P2, (16), of devices that come in parts: more than one machine's memory holds.

What ``bounds`` does, with its own functions, but no table of all devices. A pass maps over the parts, wherever they
are, and adds up a few numbers. The first counts the devices, the second draws a sample of them, which tells the prices
w to a percent or so. Two or three ask for the slope of L at such prices, which with the sample gives better ones. The
next looks around there, and brings home the devices that matter: to them the maximiser of L, the incumbent and the
enumeration are confined. The last gives every part its share of the server and of the air time, evaluates it, and
hands it to ``write``. One more looks around where w* lies elsewhere, or the incumbent is far off.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any, TypeVar

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from mecpapers.arrays import FloatArray, IndexArray
from mecpapers.solution import Solution
from mecpapers.video.bounds import GAP, LIMIT, least_at, of_the_cost
from mecpapers.video.bounds.aside import set_aside
from mecpapers.video.bounds.enumeration import classes, enumerate_core, walk_error
from mecpapers.video.bounds.rounding import incumbent
from mecpapers.video.edge import complete, congestion_roots
from mecpapers.video.local import solve_local
from mecpapers.video.model import Allocation, Problem, evaluate, fewest_frames
from mecpapers.video.options import (
    UNIT,
    UNITS,
    Ball,
    Near,
    Options,
    approach,
    ascend,
    cancelling,
    cut,
    joined,
    likely_margin,
    look_around,
    option_table,
    pick,
    rounding_error,
    settle,
    some_of,
    stand_in,
)
from mecpapers.video.options.ascent import CHUNK

Part = Callable[[int], Problem]
"""Number of a part -> its devices, with the server, the air time and the rest that all share."""
Write = Callable[[int, Allocation], None]
R = TypeVar("R")

_SAMPLE = 200_000  # devices drawn
_TRUST = 0.1  # of |w|: how far the sample is asked for differences
_SLOPES = 4  # passes that ask for the slope of L at most
_CLOSE = 1e-4  # of |w|: a last step that is small enough; an eighth of it is then looked around, and covered or widened
_FINE = 1e-14  # dual gap left among the devices that are brought home, relative to what L adds up
_EDGE = 1000  # of the sample at the edge: fewer tell w too roughly, and all at the edge are brought home


@dataclass(frozen=True, kw_only=True, eq=False)
class InParts:
    """An allocation of devices that come in parts: prices, and the few devices that are decided otherwise."""

    parts: Sequence[Part]  # each refused if it gives other devices by now
    centre: FloatArray  # w where it was looked around, (2,): who is not listed takes the cheapest option there
    listed: list[tuple[IndexArray, IndexArray]]  # a part: its devices that are listed, and their rows of the options
    sums: FloatArray  # (A, B) of all devices, shape (2,)
    size: int  # N
    offloading: int  # devices at the edge
    passes: int

    def of_part(self, number: int) -> Allocation:
        """The allocation of a part, made anew."""
        return _answer(self.parts[number], number, self.centre, self.sums, *self.listed[number])[0].allocation


@dataclass(frozen=True, eq=False)
class _Steady:
    """A part's function, held to what it gave in the first pass; ``mark`` is None in that."""

    part: Part
    mark: int | None

    def __call__(self, number: int) -> Problem:
        """The devices of a part; ValueError if they are none, or others than before."""
        problem = self.part(number)
        if not isinstance(problem, Problem):
            kind = f"{type(problem).__module__}.{type(problem).__qualname__}"
            raise ValueError(f"part {number} is of type {kind}: must be a Problem of Paper I")
        if not problem.devices.size:
            raise ValueError(f"part {number}: must have a device or more")
        if self.mark not in (None, _mark(problem)):
            raise ValueError(f"part {number}: must be the same in every pass, with its devices in the same order")
        return problem


def _mark(problem: Problem) -> int:
    """A number that another device, another order, or another shared number changes."""
    shared = repr([value for name, value in vars(problem).items() if name != "devices"])
    mark = zlib.crc32(shared.encode())
    for column in vars(problem.devices).values():
        mark = mark if column is None else zlib.crc32(np.ascontiguousarray(column).data, mark)
    return mark


@dataclass(frozen=True, eq=False)
class _Seen:
    """What a part sends home of a look around: its sums, and the devices that matter."""

    near: Near
    problem: Problem  # of these
    size: int  # of the part
    terms: FloatArray  # the largest sum of absolute terms of an option, and by how much such terms exceed C; shape (2,)


def solve_in_parts(
    part: Part, count: int, *, gap: float = GAP, limit: int = LIMIT, write: Write | None = None
) -> Solution[InParts]:
    """Solve P2, (16), as ``solve_exact`` does, for devices in parts; the memory is that of a few parts.

    Runs in parallel inside ``joblib.parallel_config``, whose back-end may be Dask. The answer is that of
    ``solve_exact`` but for ties, whatever the parts: cost and bound differ by rounding.

    Parameters
    ----------
    part : number, 0 to count - 1 -> Problem; called anew in every pass, and refused if it does not give the same
    count : number of parts
    gap, limit : as of ``solve_exact``
    write : takes number and allocation of every part where it is solved, in the last pass; None to keep prices alone

    Raises
    ------
    ValueError
        if there is no part or one without devices, if the parts differ in what all devices share, or one from itself
        in an earlier pass; for a gap or limit below 0.
    Infeasible
        if M^max frames do not reach the accuracy a device needs.

    Examples
    --------
    >>> from mecpapers.video.scenario import MIXED
    >>> solution = solve_in_parts(lambda k: MIXED.draw(np.random.default_rng(k)), 4)
    >>> solution.allocation.size, solution.ended, bool(solution.gap < 1e-12)
    (100, 'converged', True)
    """
    if not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"count = {count!r}: must be a whole number, 1 or more")
    for name, value in (("gap", gap), ("limit", limit)):
        if not value >= 0:
            raise ValueError(f"{name} = {value}: must be 0 or more")
    home = _Home(part, count)
    ball, margin = home.first_ball()
    near = settle(*approach(home.look, ball, margin, coarse=_FINE))
    options = option_table(home.brought)
    core = incumbent(near, home.brought.devices.uplink_rate)
    margin = core.excess + UNITS * UNIT * float(home.terms @ [1.0, core.excess])
    if margin > near.margin and near.device.size < home.size:  # what was left out may better it
        near = home.look(near.congestion, radius=0.0, margin=margin)
        options = option_table(home.brought)
        core = incumbent(near, home.brought.devices.uplink_rate)
    first, alike = core, classes(home.brought, core)
    core, dropped = enumerate_core(
        core, alike, home.brought.devices.uplink_rate, limit, enough=gap * abs(near.value + core.excess)
    )
    rows = near.choice.copy()
    rows[core.device] = core.rows
    own = np.stack([pick(options.a, rows), pick(options.b, rows)])
    answer = InParts(
        parts=home.parts,
        centre=home.centre,
        listed=[(home.place[home.origin == k], rows[home.origin == k]) for k in range(count)],
        sums=home.left_out + own.sum(axis=1),
        size=home.size,
        offloading=0,
        passes=home.passes + 1,
    )
    last = list(home.map("evaluate", _written, answer.centre, answer.sums, home.size, write, each=answer.listed))
    objective, slack, offloading = fsum(x[0] for x in last), fsum(x[1] for x in last), sum(x[2] for x in last)
    sums = np.array([fsum(x[3][i] for x in last) for i in range(2)])
    apart = float(rounding_error(options, least_at(options, near) + core.excess)[near.device].sum())
    apart += 2 * walk_error(first, alike, near.congestion, chunks=home.chunks)
    off = np.abs(sums / np.where(answer.sums > 0, answer.sums, 1.0) - 1.0)[answer.sums > 0]  # shares add up to 1 + off
    slack += float(off.max(initial=0.0)) * float(sums @ sums)
    bound = objective - (max(0.0, core.excess - dropped) + apart + slack)
    return Solution(
        allocation=replace(answer, offloading=offloading),
        objective=objective,
        ended="converged" if objective - bound <= gap * abs(objective) else "resource limit",
        bound=bound,
        bound_assumes="local devices follow Theorem 1" if home.brought.local_energy == "eq31" else None,
    )


class _Home:
    """Where the passes are begun, and what they brought last."""

    def __init__(self, part: Part, count: int) -> None:
        self.count, self.passes, self.size, self.chunks = count, 0, 0, 0
        self.parts = [_Steady(part, None)] * count

    def map(
        self, what: str, function: Callable[..., R], *arguments: Any, each: Sequence[tuple[Any, ...]] | None = None
    ) -> Iterator[R]:
        """One pass over the parts, in order; ``each`` holds what one part alone is told."""
        self.passes += 1
        results = Parallel(return_as="generator")(
            delayed(function)(part, k, *arguments, *(each[k] if each else ())) for k, part in enumerate(self.parts)
        )
        return iter(tqdm(results, total=self.count, desc=f"pass {self.passes}: {what}", unit="part", disable=None))

    def first_ball(self) -> tuple[Ball, float]:
        """Around the maximiser of L, known from a sample and the slope of L there; and the likely margin."""
        sizes, marks = zip(*self.map("count", _counted), strict=True)
        self.size, self.parts = sum(sizes), [replace(p, mark=m) for p, m in zip(self.parts, marks, strict=True)]
        options = option_table(joined(list(self.map("sample", _drawn, min(1.0, _SAMPLE / self.size)))))
        scale = np.sqrt(self.size / options.e.shape[1])
        sample = replace(options, a=scale * options.a, b=scale * options.b)  # each stands for scale^2 devices
        w, edge = stand_in(sample)
        if edge * options.e.shape[1] <= _EDGE:
            return Ball(scale * w, 0.25 * scale * float(np.hypot(*w)), True), likely_margin(options)
        near = look_around(sample, w, radius=_TRUST * float(np.hypot(*w)), margin=0.0)
        z = np.zeros(2)
        for _ in range(_SLOPES):
            away = z
            slope = np.array([fsum(x) for x in zip(*self.map("slope", _sloped, scale * (w + z)), strict=True)])
            at_z, _ = cut(near.steps, near.r, z)
            z, _ = ascend(near.steps, slope / scale - w - at_z, near.r, 1e-12 * near.total)
            if np.hypot(*(z - away)) <= _CLOSE * np.hypot(*w):
                break
        radius = scale * float(max(_CLOSE * np.hypot(*w), np.hypot(*(z - away)))) / 8
        return Ball(scale * (w + z), radius), likely_margin(options)

    def look(self, congestion: FloatArray, *, radius: float, margin: float, upwards: bool = False) -> Near:
        """``look_around`` over all parts; the devices that it keeps are the problem ``brought``."""
        seen = list(self.map("look around", _looked, congestion, radius, margin, upwards))
        nears = [s.near for s in seen]
        depth = max(n.r.shape[0] for n in nears)
        pad = [depth - n.r.shape[0] for n in nears]
        self.centre, self.chunks = congestion, sum(-(-s.size // CHUNK) + 1 for s in seen)
        self.brought = joined([s.problem for s in seen])
        self.origin = np.repeat(np.arange(self.count), [n.device.size for n in nears])
        self.place = np.concatenate([n.device for n in nears])
        self.terms = np.max([s.terms for s in seen], axis=0)
        residual = np.array([fsum([*(n.residual[i] + congestion[i] for n in nears), -congestion[i]]) for i in range(2)])
        choice = np.concatenate([n.choice for n in nears])
        near = Near(
            congestion=congestion,
            choice=choice,
            largest=max(n.largest for n in nears),
            total=fsum(n.total for n in nears),
            value=fsum([*(n.value + congestion @ congestion for n in nears), -float(congestion @ congestion)]),
            device=np.arange(choice.size),
            r=np.concatenate(
                [np.pad(n.r, ((0, p), (0, 0)), constant_values=np.inf) for n, p in zip(nears, pad, strict=True)], axis=1
            ),
            steps=np.concatenate(
                [np.pad(n.steps, ((0, 0), (0, p), (0, 0))) for n, p in zip(nears, pad, strict=True)], axis=2
            ),
            residual=residual,
            radius=radius,
            upwards=upwards,
            margin=margin,
        )
        options = option_table(self.brought)
        self.left_out = residual + congestion - np.stack([pick(options.a, choice), pick(options.b, choice)]).sum(axis=1)
        return near


def _counted(part: Part, number: int) -> tuple[int, int]:
    problem = part(number)
    return problem.devices.size, _mark(problem)


def _drawn(part: Part, number: int, share: float) -> Problem:
    """A share of a part's devices by lot; the lots are none that a part of this number may be drawn by."""
    problem = part(number)
    n = problem.devices.size
    rng = np.random.default_rng(np.random.SeedSequence(number, spawn_key=(1,)))
    return some_of(problem, np.sort(rng.choice(n, int(np.ceil(share * n)), replace=False, shuffle=False)))


def _sloped(part: Part, number: int, w: FloatArray) -> tuple[float, float]:
    """(A, B) of a part at w."""
    near = look_around(_rest(part(number), w)[0], w, radius=0.0, margin=0.0)
    a, b = near.residual + w
    return float(a), float(b)


def _rest(problem: Problem, low: FloatArray, margin: float = 0.0) -> tuple[Options, IndexArray]:
    """The options of those who may offload at prices from ``low`` on, one device at least, and their places."""
    kept = np.flatnonzero(~set_aside(problem, low, margin).devices)
    kept = kept if kept.size else np.zeros(1, dtype=np.intp)
    return option_table(some_of(problem, kept)), kept


def _looked(part: Part, number: int, w: FloatArray, radius: float, margin: float, upwards: bool) -> _Seen:
    problem = part(number)
    options, kept = _rest(problem, np.maximum(w - radius, 0.0), margin)
    near = look_around(options, w, radius=radius, margin=margin, upwards=upwards)
    aside = solve_local(problem).cost.copy()
    aside[kept] = 0.0
    least, within = aside.copy(), np.zeros(aside.size)
    least[kept] = least_at(options, near)
    if np.isfinite(radius):
        within[kept] = 2 * radius * np.hypot(pick(options.a, near.choice), pick(options.b, near.choice))
    if not near.device.size:  # one at least, so that there is a problem to bring
        table = np.stack([options.a[:, :1], options.b[:, :1]])
        r = options.e[:, :1] + 2 * (w[:, None, None] * table).sum(axis=0)
        first = near.choice[0]
        near = replace(near, device=np.zeros(1, dtype=np.intp), r=r - r[first], steps=table - table[:, first][:, None])
    cancelled = cancelling(problem, fewest_frames(problem.devices))
    reward = problem.devices.weight_accuracy * problem.devices.accuracy_a2
    terms = cancelled * (np.abs(least) + within + reward) + reward
    device = kept[near.device]
    return _Seen(
        near=replace(
            near,
            choice=near.choice[near.device],
            device=device,
            largest=np.abs(least).max(),
            total=near.total + np.abs(aside).sum(),
            value=near.value + aside.sum(),
        ),
        problem=some_of(problem, device),
        size=problem.devices.size,
        terms=np.array([terms.max(), cancelled.max()]),
    )


def _written(
    part: Part,
    number: int,
    w: FloatArray,
    sums: FloatArray,
    size: int,
    write: Write | None,
    place: IndexArray,
    rows: IndexArray,
) -> tuple[float, float, int, FloatArray]:
    """Evaluate a part, and write it: its cost, what rounding can do to that, its devices at the edge, its (A, B)."""
    solution, problem, own = _answer(part, number, w, sums, place, rows)
    if write is not None:
        write(number, solution.allocation)
    metrics = evaluate(problem, solution.allocation)
    slack = float(of_the_cost(problem, solution.allocation, metrics, size, sums=3))  # the part's twice, and all parts'
    return solution.objective, slack, int(solution.allocation.offload.sum()), own


def _answer(
    part: Part, number: int, w: FloatArray, sums: FloatArray, place: IndexArray, rows: IndexArray
) -> tuple[Solution[Allocation], Problem, FloatArray]:
    """The part with its share of the server and of the air time, f^max A_p / A and T B_p / B: Theorem 2 is the rest."""
    problem = part(number)
    options, kept = _rest(problem, w)
    choice = np.zeros(problem.devices.size, dtype=np.intp)
    choice[kept] = look_around(options, w, radius=0.0, margin=0.0).choice
    choice[place] = rows
    offload, frames = choice > 0, fewest_frames(problem.devices) + np.maximum(choice - 1.0, 0.0)
    own = np.array([root[offload].sum() for root in congestion_roots(problem, frames)])
    if offload.any():
        share = own / sums
        problem = replace(
            problem, server_frequency=problem.server_frequency * share[0], time_budget=problem.time_budget * share[1]
        )
    return complete(problem, offload, frames), problem, own
