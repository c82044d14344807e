"""The thresholds: device tables A_i*(p), the joint optimum by Lagrange, bisection and slack fill, and the exact one.

Named by the summary: a Lagrange multiplier and bisection, with low complexity. [assumed]: everything in detail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mecpapers import iterate
from mecpapers.arrays import BoolArray, FloatArray, IndexArray, lock
from mecpapers.lemmas import bisect
from mecpapers.pose.model import Allocation, Problem, expected_accuracy, offload_probability
from mecpapers.solution import Ended, Infeasible, Solution, TooLarge

MOST_HALVINGS = 60
"""Of the bracket of prices, which is then 1e-18 of the widest: nearer than float64 tells most prices apart. More would
only cost time; half as many would stop at 1e-9, where a choice may still change in between."""
GAP = 1e-5  # relative gap at which the search is content; it goes on to the end all the same where it can
LIMIT = 10_000_000  # labels looked at, in equal parts for each device: 1 to 4 s, and 80 MB an array at most
MOST_ENTRIES = 20_000_000  # of the options table, 160 MB an array
ROUNDING = 1e-12
"""Relative to the most that a device's pairs are worth: what counts as equal. Ten times less comes near what float64
loses in sums over a hundred levels (1e-14) and lets equal options swap places; more gives away objective."""
_GRAINS = (1e-6, 1e-4, 0.01, 0.25)  # of the gap: what values may differ by and count as equal, over all devices
_DEAREST = 1e300  # what an image may cost at a price [1]: float64 ends at 1e308
UNIT = float(np.finfo(float).eps) / 2  # one rounding, relative
SCORED = "every device scores its image first"


@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """Every pair of thresholds of every device, P = (K+1)(K+2)/2 pairs."""

    lower: IndexArray  # (P,)
    upper: IndexArray  # (P,)
    cost: FloatArray  # c_i p_i [s] (N, P)
    value: FloatArray  # A_i [1] (N, P)

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self, aligned=False)


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
    check_deadline(problem)
    lower, upper = np.triu_indices(problem.levels + 1)
    if single:
        lower, upper = np.zeros_like(upper[: problem.levels + 1]), upper[: problem.levels + 1]
    pairs = tuple(np.broadcast_to(levels, (problem.size, levels.size)) for levels in (lower, upper))
    cost = problem.offload_cost[:, None] * offload_probability(problem, *pairs)
    cost = np.clip(cost, 0.0, np.finfo(float).max)  # a p of 1 may be above 1 by rounding
    return Options(lower=lower, upper=upper, cost=cost, value=expected_accuracy(problem, *pairs))


def check_deadline(problem: Problem) -> None:
    """Refuse a deadline that the light networks alone miss.

    Raises
    ------
    Infeasible
        naming the slowest device and the least attainable delay.
    """
    if problem.budget < 0:
        slowest = int(problem.device_delay.argmax())
        least = problem.device_delay[slowest]
        raise Infeasible(
            f"deadline = {problem.deadline:.6g} s, but the light network of device {slowest} alone takes "
            f"{least:.6g} s: {-problem.budget:.3g} s short; the least attainable delay is {least:.6g} s"
        )


def device_table(problem: Problem, device: int) -> tuple[FloatArray, FloatArray]:
    """A_i*(p): the offloading probabilities [1] worth having, rising, and the best accuracy [1] at each; (L,)."""
    table = options(problem)
    p = table.cost[device] / problem.offload_cost[device]
    kept = _undominated(p, table.value[device])
    return p[kept], table.value[device][kept]


def best_at(table: Options, price: float) -> IndexArray:
    """The pair each device picks at a price [1/s]: argmax A_i - lambda c_i p_i, the cheapest of equals; shape (N,)."""
    worth = table.value - price * table.cost
    good = worth >= worth.max(axis=1, keepdims=True) - ROUNDING * table.value.max(axis=1, keepdims=True)
    return np.asarray(np.where(good, table.cost, np.inf).argmin(axis=1))


def begin(table: Options, budget: float) -> Bracket:
    """The widest bracket: free, and so dear that nobody offloads; no width where the deadline is kept for free."""
    if _taken(table.cost, best_at(table, 0.0)).sum() <= budget:
        return Bracket(0.0, 0.0)
    spread = table.value.max(axis=1) - table.value.min(axis=1)
    return Bracket(0.0, min(2 * float(spread.max()) / _least_cost(table), _DEAREST / float(table.cost.max())))


def _least_cost(table: Options) -> float:
    """The least cost that is not rounding of 0, by the table's own scale [s]."""
    return float(table.cost[table.cost > ROUNDING * table.cost.max()].min())


def done(bracket: Bracket) -> Ended | None:
    """Whether no number lies between the ends."""
    middle = (bracket.low + bracket.high) / 2
    return None if bracket.low < middle < bracket.high else "converged"


def step(table: Options, budget: float, bracket: Bracket) -> Bracket:
    """One bisection: halve the bracket of prices, keeping the deadline at its upper end."""
    middle = (bracket.low + bracket.high) / 2
    fits = _taken(table.cost, best_at(table, middle)).sum() <= budget
    return Bracket(bracket.low, middle) if fits else Bracket(middle, bracket.high)


def optimal_price(table: Options, budget: float) -> float:
    """The least price lambda [1/s] at which the devices' own choices keep the deadline; ``budget`` in [s]."""
    bracket, _ = iterate.run(begin(table, budget), partial(step, table, budget), done, most=MOST_HALVINGS)
    return bracket.high


def own_choices(table: Options, budget: float, price: float) -> IndexArray:
    """What the devices pick at a price [1/s] that keeps the deadline, shape (N,); where float64 has none, for free."""
    chosen = best_at(table, price)
    if _taken(table.cost, chosen).sum() <= budget * (1 + 2 * UNIT):
        return chosen
    return np.asarray(np.where(table.cost == 0, table.value, -np.inf).argmax(axis=1))


def dual_value(table: Options, budget: float, price: float) -> float:
    """An upper bound on the sum of accuracies [1]: sum_i max (A_i - lambda c_i p_i) + lambda budget [s]."""
    return float((table.value - price * table.cost).max(axis=1).sum()) + price * budget


def fill_slack(table: Options, budget: float, chosen: IndexArray) -> IndexArray:
    """Spend what is left: again and again the change of one device that gains most a second, while one fits.

    Parameters
    ----------
    budget : [s]
    chosen : number of each device's pair, shape (N,)

    Returns
    -------
    shape (N,)
    """
    chosen = chosen.copy()
    while True:
        more_value = table.value - _taken(table.value, chosen)[:, None]
        more_cost = table.cost - _taken(table.cost, chosen)[:, None]
        left = budget - _taken(table.cost, chosen).sum()
        fits = (more_value > ROUNDING * table.value.max(axis=1, keepdims=True)) & (more_cost <= left)
        if not fits.any():
            return chosen
        a_second = np.where(fits, more_value / np.maximum(more_cost, ROUNDING * table.cost.max()), -np.inf)
        device, pair = np.unravel_index(a_second.argmax(), a_second.shape)
        chosen[device] = pair


def solve_cooperative(problem: Problem, *, fill: bool = True) -> Solution[Allocation]:
    r"""The joint thresholds by Lagrange multiplier and bisection, the slack filled greedily; with the dual bound.

    .. math:: \max_{l, u} \sum_i A_i(l_i, u_i) \quad\text{s.t.}\quad
        \sum_i c_i \, p_i(l_i, u_i) \le D_{req} - \max_i T_{inf}^d .

    At a price lambda of delay every device decides for itself, max A_i - lambda c_i p_i. Where these choices use the
    budget up, or lambda = 0, they are optimal; else they are optimal for what they use, and the dual bound
    says how much that may lose.

    Parameters
    ----------
    fill : spend the slack

    Raises
    ------
    Infeasible, TooLarge
        as ``options``.

    Examples
    --------
    Two devices that send every image (1 s, worth 0.5) or none, and 1.5 s: no price sends exactly one, the fill does.

    >>> problem = Problem(
    ...     deadline=1.5, device_delay=0, server_delay=0, transmission_time=[1, 1], discard_value=0,
    ...     score_pmf=[1], device_accuracy=[0.4], server_accuracy=[0.9],
    ... )
    >>> solution = solve_cooperative(problem)
    >>> print(f"{solution.objective:.2f}, at most {solution.bound:.2f}")
    1.30, at most 1.55
    """
    table = options(problem)
    price = optimal_price(table, problem.budget)
    chosen = own_choices(table, problem.budget, price)
    if fill:
        chosen = fill_slack(table, problem.budget, chosen)
    bound = max(dual_value(table, problem.budget, price), _total(table, chosen))
    return _solution(table, chosen, bound + rounding_error(problem, table, price))


def solve_exact(
    problem: Problem, *, single: bool = False, gap: float = GAP, limit: int = LIMIT
) -> Solution[Allocation]:
    """The optimum of ``solve_cooperative``'s problem over all pairs of thresholds, by dynamic programming over devices.

    A knapsack with a choice a device, so that no stationarity proves it: every choice is tried or ruled out. A label is
    a choice for the first devices. One that costs no less and is worth no more than another is dropped, and so is one
    that, by the dual bound on the rest, cannot beat the best choice known; likewise a pair of one device. Where
    too many are left, of nearly equal values the cheapest is kept if that is enough, and what they differ by is added
    to ``bound``; else those of the best bounds are kept, and the best bound of the others limits ``bound``.

    Parameters
    ----------
    single : allow no discarding (lower = 0)
    gap : relative gap up to which it has ``converged``; else it has ended at a ``resource limit``
    limit : labels to look at

    Raises
    ------
    Infeasible, TooLarge
        as ``options``.

    Examples
    --------
    >>> problem = Problem(
    ...     deadline=1.5, device_delay=0, server_delay=0, transmission_time=[1, 1], discard_value=0,
    ...     score_pmf=[1], device_accuracy=[0.4], server_accuracy=[[0.8], [0.9]],
    ... )
    >>> print(solve_exact(problem).allocation.upper)
    [0 1]
    """
    table = options(problem, single=single)
    budget, price = problem.budget, optimal_price(table, problem.budget)
    best = fill_slack(table, budget, own_choices(table, budget, price))
    off, late = rounding_error(problem, table, price), cost_error(problem, table)
    # what may be of exactly the deadline passes, if no later than by a thousandth of what ``violations`` forgives
    most_cost = budget + max(2 * UNIT * budget, min(late, ROUNDING * problem.deadline))
    worth = table.value - price * table.cost
    most = worth.max(axis=1)
    rest = np.append(np.cumsum(most[::-1])[::-1], 0.0) + price * budget  # of devices n, n + 1, ...
    least, dropped, lost = _total(table, best), -np.inf, 0.0
    grains = [share * gap * least / problem.size for share in _GRAINS]
    grains = [grain for grain in grains if grain > 8 * UNIT * least]  # else rounding decides which are equal
    cost, value, choice = np.zeros(1), np.zeros(1), np.zeros((1, 0), dtype=np.int32)
    for n in range(problem.size):
        pairs = _undominated(table.cost[n], table.value[n])
        pairs = pairs[rest[0] - most[n] + worth[n, pairs] >= least - off]
        width = max(1, limit // (problem.size * max(1, pairs.size)))
        for grain in grains if cost.size > width else ():  # of nearly equal values the cheapest alone is kept
            kept = np.flatnonzero(np.diff(np.floor(value / grain), prepend=-np.inf))
            if kept.size <= width:
                cost, value, choice, lost = cost[kept], value[kept], choice[kept], lost + 2 * grain
                break
        if cost.size > width:
            bound = value - price * cost + rest[n]
            order = np.argpartition(-bound, width - 1)
            dropped = max(dropped, float(bound[order[width:]].max()))
            kept = np.sort(order[:width])
            cost, value, choice = cost[kept], value[kept], choice[kept]
        new_cost = (cost[:, None] + table.cost[n, pairs]).ravel()
        new_value = (value[:, None] + table.value[n, pairs]).ravel()
        bound = new_value - price * new_cost + rest[n + 1]
        fits, hopeful = new_cost <= most_cost, bound >= least - off
        if (doubtful := ~fits & hopeful & (new_cost <= budget + late)).any():  # rounding decides whether they fit
            dropped = max(dropped, float(bound[doubtful].max()))
        index = np.flatnonzero(fits & hopeful)
        kept = index[_undominated(new_cost[index], new_value[index])]
        cost, value = new_cost[kept], new_value[kept]
        choice = np.c_[choice[kept // max(1, pairs.size)], pairs[kept % max(1, pairs.size)]]
    found = float(value[-1]) if value.size else -np.inf
    if found > least * (1 + ROUNDING):
        best = choice[-1]
    objective = _total(table, best)
    # what is found may count as equal, and be better
    bound = max(objective, found + lost, min(dropped + lost, float(rest[0]))) + off
    near = bound - objective <= (gap * objective if objective > np.finfo(float).tiny else off)
    ended: Ended = "converged" if near else "resource limit"
    return replace(_solution(table, best, None if single else bound), ended=ended)


def rounding_error(problem: Problem, table: Options, price: float) -> float:
    """What rounding can do to a sum of accuracies and to its dual bound at a price [1/s]: to their absolute terms.

    An accuracy is made of sums over K levels, of f a^D and f a^S twice each and of what is filtered; a product and two
    differences are rounded besides. Labels add up N of them, as the objective and the dual bound do. A choice may so
    be worth more than its label, than one that rules it out, than its bound, and than the sum that is told: four times.
    """
    f, few = problem.score_pmf, 4 * (problem.levels + problem.size + 8)
    local, served = (f * problem.device_accuracy).sum(), (f * problem.server_accuracy).sum()
    discarded = problem.discard_value * problem.size if table.lower.any() else 0.0
    filtered = local if problem.filtered == "kept" else discarded
    lost = 4 * problem.size * problem.levels * float(np.finfo(float).smallest_subnormal)  # by products that underflow
    return float(few * UNIT * (2 * local + 2 * served + filtered)) + lost + 4 * price * cost_error(problem, table)


def cost_error(problem: Problem, table: Options) -> float:
    """What rounding can do to the delay that a choice adds [s]: c_i times sums over K levels, added up over N devices.

    Only devices count that have a pair to pay for. Added up are delays that fit the budget, itself one difference: a
    label beyond it is dropped.
    """
    each, budget = UNIT * (problem.levels + 4) * problem.offload_cost, problem.budget
    pays = ((table.cost > 0) & (table.cost <= budget + each[:, None])).any(axis=1)
    return float(each[pays].sum()) + UNIT * (problem.size + 5) * budget


def smooth_probabilities(gain: FloatArray, steepness: FloatArray, cost: FloatArray, budget: float) -> FloatArray:
    """Maximise sum g_i (1 - exp(-a_i p_i)) subject to sum c_i p_i <= budget, 0 <= p_i <= 1.

    Concave, so stationarity is sufficient: g_i a_i exp(-a_i p_i) = lambda c_i where 0 < p_i < 1, which gives
    p_i = clip(ln(g_i a_i / (lambda c_i)) / a_i, 0, 1); the logarithm of lambda is bisected.

    Parameters
    ----------
    gain, steepness, cost : g [1], a [1], c [s], positive, shape (N,)
    budget : [s]

    Returns
    -------
    p [1], shape (N,)

    Examples
    --------
    >>> smooth_probabilities(np.array([1.0, 1.0]), np.array([2.0, 2.0]), np.array([1.0, 2.0]), 1.0).round(3)
    array([0.564, 0.218])
    """
    slope = np.log(gain * steepness / cost)
    if cost.sum() <= budget:
        return np.ones_like(cost)

    def probabilities(log_price: FloatArray) -> FloatArray:
        return np.clip((slope - log_price) / steepness, 0, 1)

    def kept(log_price: FloatArray) -> BoolArray:
        return np.asarray(cost @ probabilities(log_price) <= budget)

    return probabilities(bisect(kept, slope.max(), (slope - steepness).min() - 1))


def _taken(values: FloatArray, chosen: IndexArray) -> FloatArray:
    return np.asarray(np.take_along_axis(values, chosen[:, None], axis=1)[:, 0])


def _total(table: Options, chosen: IndexArray) -> float:
    return float(_taken(table.value, chosen).sum())


def _undominated(cost: FloatArray, value: FloatArray) -> IndexArray:
    """Numbers of the options that no other beats, by rising cost and value."""
    order = np.lexsort((-value, cost))
    best = np.maximum.accumulate(value[order])
    return np.asarray(order[np.r_[True, best[1:] > best[:-1]]] if order.size else order)


def _solution(table: Options, chosen: IndexArray, bound: float | None) -> Solution[Allocation]:
    allocation = Allocation(lower=table.lower[chosen], upper=table.upper[chosen])
    assumes = None if bound is None else SCORED
    return Solution(allocation=allocation, objective=_total(table, chosen), bound=bound, bound_assumes=assumes)
