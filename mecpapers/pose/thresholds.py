"""The thresholds: device tables A_i*(p), the joint optimum by Lagrange, bisection and slack fill, and the exact one.

Named by the summary: a Lagrange multiplier and bisection, with low complexity. [assumed]: everything in detail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray
from mecpapers.pose.model import Allocation, Bins, Problem, expected_accuracy, offload_probability
from mecpapers.solution import Infeasible, Solution, TooLarge

BISECTIONS = 60
MOST_LABELS = 5_000_000
MOST_ENTRIES = 20_000_000  # of the options table, 160 MB an array
ROUNDING = 1e-12
SCORED = "every device scores its image first"


@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """Every pair of thresholds of every device, P = (K+1)(K+2)/2 pairs."""

    lower: Bins  # (P,)
    upper: Bins  # (P,)
    cost: FloatArray  # c_i p_i [s] (N, P)
    value: FloatArray  # A_i [1] (N, P); minus infinity where a restriction forbids the pair


@dataclass(frozen=True)
class Bracket:
    """Prices lambda [1/s] between which the bisection searches; at ``high`` the deadline is kept."""

    low: float
    high: float


def options(problem: Problem, *, single: bool = False) -> Options:
    """The table of all pairs; ``single`` allows no discarding (lower = 0).

    Raises
    ------
    Infeasible
        if the slowest light network alone takes longer than the deadline.
    TooLarge
        if the table would hold more than ``MOST_ENTRIES`` entries.
    """
    entries = problem.size * (problem.levels + 1) * (problem.levels + 2) // 2
    if entries > MOST_ENTRIES:
        raise TooLarge(
            f"score_pmf: {problem.size} devices of {problem.levels} levels have {entries} pairs of thresholds "
            f"({8e-9 * entries:.1f} GB an array): must be at most {MOST_ENTRIES}"
        )
    if problem.budget < 0:
        slowest = int(problem.device_delay.argmax())
        least = problem.device_delay[slowest]
        raise Infeasible(
            f"deadline = {problem.deadline:.6g} s, but the light network of device {slowest} alone takes "
            f"{least:.6g} s: {-problem.budget:.3g} s short; the least attainable delay is {least:.6g} s"
        )
    lower, upper = np.triu_indices(problem.levels + 1)
    if single:
        lower, upper = np.zeros_like(upper[: problem.levels + 1]), upper[: problem.levels + 1]
    every = (np.broadcast_to(bins, (problem.size, bins.size)) for bins in (lower, upper))
    l, u = every  # noqa: E741
    cost = problem.offload_cost[:, None] * offload_probability(problem, l, u)
    return Options(lower=lower, upper=upper, cost=np.maximum(cost, 0.0), value=expected_accuracy(problem, l, u))


def device_table(problem: Problem, device: int) -> tuple[FloatArray, FloatArray]:
    """A_i*(p): the offloading probabilities that are worth having, rising, and the best accuracy at each."""
    table = options(problem)
    p = table.cost[device] / problem.offload_cost[device]
    kept = _undominated(p, table.value[device])
    return p[kept], table.value[device][kept]


def best_at(table: Options, price: float) -> NDArray[np.intp]:
    """The pair that each device picks at a price: argmax A_i - lambda c_i p_i, the cheapest of equals; shape (N,)."""
    worth = table.value - price * table.cost
    good = worth >= worth.max(axis=1, keepdims=True) - ROUNDING
    return np.asarray(np.where(good, table.cost, np.inf).argmin(axis=1))


def step(table: Options, budget: float, bracket: Bracket) -> Bracket:
    """One bisection: halve the bracket of prices, keeping the deadline at its upper end."""
    middle = (bracket.low + bracket.high) / 2
    fits = _taken(table.cost, best_at(table, middle)).sum() <= budget
    return Bracket(bracket.low, middle) if fits else Bracket(middle, bracket.high)


def optimal_price(table: Options, budget: float) -> float:
    """The least price lambda, to bisection's accuracy, at which the devices' own choices keep the deadline."""
    if _taken(table.cost, best_at(table, 0.0)).sum() <= budget:
        return 0.0
    spread = table.value.max(axis=1) - table.value.min(axis=1)
    positive = table.cost[table.cost > ROUNDING]
    bracket = Bracket(0.0, 2 * float(spread.max()) / float(positive.min()) + 1.0)  # so dear that nobody offloads
    for _ in range(BISECTIONS):
        bracket = step(table, budget, bracket)
    return bracket.high


def dual_value(table: Options, budget: float, price: float) -> float:
    """An upper bound on the sum of accuracies: sum_i max (A_i - lambda c_i p_i) + lambda budget."""
    return float((table.value - price * table.cost).max(axis=1).sum()) + price * budget


def fill_slack(table: Options, budget: float, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Spend what is left: again and again the change of one device that gains most a second, while one fits."""
    chosen = chosen.copy()
    while True:
        more_value = table.value - _taken(table.value, chosen)[:, None]
        more_cost = table.cost - _taken(table.cost, chosen)[:, None]
        left = budget - _taken(table.cost, chosen).sum()
        fits = (more_value > ROUNDING) & (more_cost <= left)
        if not fits.any():
            return chosen
        rate = np.where(fits, more_value / np.maximum(more_cost, ROUNDING), -np.inf)
        device, pair = np.unravel_index(rate.argmax(), rate.shape)
        chosen[device] = pair


def solve_cooperative(problem: Problem, *, fill: bool = True) -> Solution[Allocation]:
    """The joint thresholds by Lagrange multiplier and bisection, the slack filled greedily; with the dual bound."""
    table = options(problem)
    price = optimal_price(table, problem.budget)
    chosen = best_at(table, price)
    if fill:
        chosen = fill_slack(table, problem.budget, chosen)
    return _solution(table, chosen, max(dual_value(table, problem.budget, price), _total(table, chosen)))


def solve_exact(problem: Problem, *, single: bool = False) -> Solution[Allocation]:
    """The optimum over all pairs of thresholds (``single``: with lower = 0), by dynamic programming over the devices.

    A label is a choice for the first devices. One that costs no less and is worth no more than another is dropped, and
    so is one that, by the dual bound on the rest, cannot beat the Lagrange solution.

    Raises
    ------
    Infeasible
        as ``options``.
    TooLarge
        if more than ``MOST_LABELS`` labels stay open.
    """
    table = options(problem, single=single)
    budget, price = problem.budget, optimal_price(table, problem.budget)
    start = fill_slack(table, budget, best_at(table, price))
    least = _total(table, start) - ROUNDING
    rest = np.cumsum((table.value - price * table.cost).max(axis=1)[::-1])[::-1]
    rest = np.append(rest[1:], 0.0) + price * budget
    cost, value, choice = np.zeros(1), np.zeros(1), np.zeros((1, 0), dtype=np.int32)
    for n in range(problem.size):
        front = _undominated(table.cost[n], table.value[n])
        if cost.size * front.size > MOST_LABELS:
            raise TooLarge(f"devices: {cost.size * front.size} labels at device {n}: must be at most {MOST_LABELS}")
        new_cost = (cost[:, None] + table.cost[n, front]).ravel()
        new_value = (value[:, None] + table.value[n, front]).ravel()
        hopeful = (new_cost <= budget * (1 + 1e-15)) & (new_value - price * new_cost + rest[n] >= least)
        index = np.flatnonzero(hopeful)
        kept = index[_undominated(new_cost[index], new_value[index])]
        cost, value = new_cost[kept], new_value[kept]
        choice = np.c_[choice[kept // front.size], front[kept % front.size]]
    best = choice[-1] if value.size and value[-1] > _total(table, start) + ROUNDING else start
    return _solution(table, best, None if single else _total(table, best))


def solve_by_enumeration(problem: Problem) -> float:
    """The optimum by trying every combination of pairs: the oracle of small grids."""
    table = options(problem)
    cost, value = np.zeros(1), np.zeros(1)
    for n in range(problem.size):
        cost, value = (cost[:, None] + table.cost[n]).ravel(), (value[:, None] + table.value[n]).ravel()
        if cost.size > MOST_LABELS:
            raise TooLarge(f"devices: {cost.size} combinations: must be at most {MOST_LABELS}")
    return float(value[cost <= problem.budget].max())


def smooth_probabilities(gain: FloatArray, rate: FloatArray, cost: FloatArray, budget: float) -> FloatArray:
    """Maximise sum g_i (1 - exp(-a_i p_i)) subject to sum c_i p_i <= budget, 0 <= p_i <= 1.

    Stationarity gives p_i = clip(ln(g_i a_i / (lambda c_i)) / a_i, 0, 1); the logarithm of lambda is bisected.

    Parameters
    ----------
    gain, rate, cost : g, a, c, positive, shape (N,)
    """
    slope = np.log(gain * rate / cost)
    if cost.sum() <= budget:
        return np.ones_like(cost)
    low, high = float((slope - rate).min()) - 1, float(slope.max())
    for _ in range(100):
        middle = (low + high) / 2
        spent = cost @ np.clip((slope - middle) / rate, 0, 1)
        low, high = (low, middle) if spent <= budget else (middle, high)
    return np.clip((slope - high) / rate, 0, 1)


def _taken(values: FloatArray, chosen: NDArray[np.intp]) -> FloatArray:
    return np.asarray(np.take_along_axis(values, chosen[:, None], axis=1)[:, 0])


def _total(table: Options, chosen: NDArray[np.intp]) -> float:
    return float(_taken(table.value, chosen).sum())


def _undominated(cost: FloatArray, value: FloatArray) -> NDArray[np.intp]:
    """Numbers of the options that no other beats, by rising cost and value."""
    order = np.lexsort((-value, cost))
    best = np.maximum.accumulate(value[order])
    return np.asarray(order[np.r_[True, best[1:] > best[:-1]]] if order.size else order)


def _solution(table: Options, chosen: NDArray[np.intp], bound: float | None) -> Solution[Allocation]:
    allocation = Allocation(lower=table.lower[chosen], upper=table.upper[chosen])
    assumes = None if bound is None else SCORED
    return Solution(allocation=allocation, objective=_total(table, chosen), bound=bound, bound_assumes=assumes)
