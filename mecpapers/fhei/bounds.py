"""The certified optimum of P1, over continuous sizes and over classes; ours, not the paper's.

Branch and bound: the best prices bound P1 on a box of sizes (``dual``); a box whose bound is above the best sizes known
is split where a chord errs most.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.fhei.computing import check_feasible, feasible, least_energy, reachable, rounding, smallest
from mecpapers.fhei.dual import Node, bounded, counted, dual_of, value_of
from mecpapers.fhei.mended import improve, last_step, solve_mended, with_resources
from mecpapers.fhei.model import Allocation, Problem
from mecpapers.solution import Solution

TOLERANCE = 1e-5
"""Relative gap at which a box is closed: 0.002 of the 205 mAP of Fig. 4(a), below what its table prints. Ten times more
would show there; ten times less splits half as many boxes again, and finds the same sizes."""
MOST_NODES = 400  # a cap on the time: drops of Fig. 4(b) take 0 to 5, and 200 users whose bands grow with them no more
_CONTENT = 1 - 1e-6  # of the tolerance: the search's own sums are in other units than the answer's
_NARROW = 1e-9  # of its upper end; a box this narrow counts as a point, since no constraint tells its ends apart
_EDGE = 0.2  # of a box's width: how near an end a cut may come; nearer leaves a child almost as large as its parent


def solve_exact(
    problem: Problem, *, tolerance: float = TOLERANCE, most_nodes: int = MOST_NODES
) -> Solution[Allocation]:
    """Solve P1 (``solve_alternating`` states it) by branch and bound, with proof.

    P1 is not convex, so no KKT point proves anything. Here ``bound``, by weak duality on boxes of sizes (``dual``), is
    above every feasible sum of quality, and at ``converged`` at most ``tolerance`` above the objective, relatively;
    ``ended`` is ``resource limit`` where ``most_nodes`` cut the search short of that. Of many like users the count of
    those at d_max bounds what boxes can't tell apart (``dual.counted``).

    Parameters
    ----------
    tolerance : relative gap at which a box is closed
    most_nodes : boxes to split

    Raises
    ------
    ValueError
        if ``tolerance`` or ``most_nodes`` is negative.
    Infeasible
        if not even d_min can be given to all.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> solution = solve_exact(FIG_4A.draw(np.random.default_rng(0)))
    >>> print(f"{solution.objective:.2f} mAP, proved: {solution.gap <= 1e-5 * solution.objective}")
    205.49 mAP, proved: True
    """
    _check(tolerance, most_nodes)
    loose, problem = reachable(loosened(problem)), reachable(problem)
    best = solve_mended(problem).allocation.feature_bytes
    top = loose.max_feature_bytes
    root = np.full(problem.users.size, problem.min_feature_bytes / top), np.ones(problem.users.size)

    def round_down(sizes: FloatArray) -> FloatArray:
        return improve(problem, last_step(problem, smallest(problem), sizes), max_rounds=2)

    sizes, bound = _search(loose, best, root, None, round_down, tolerance, most_nodes)
    return _solution(problem, sizes, bound, tolerance)


def solve_classes(
    problem: Problem,
    classes: Sequence[float] | FloatArray,
    *,
    tolerance: float = TOLERANCE,
    most_nodes: int = MOST_NODES,
) -> Solution[Allocation]:
    """Solve P1 with every size one of K classes instead of between d_min and d_max, with proof as ``solve_exact``.

    Parameters
    ----------
    classes : sizes [byte], shape (K,)
    tolerance, most_nodes : as in ``solve_exact``

    Raises
    ------
    Infeasible
        if not even the smallest class can be given to all.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> problem = FIG_4A.draw(np.random.default_rng(0))
    >>> print(solve_classes(problem, [2.8e6, 4.4e6, 6e6]).allocation.feature_bytes / 1e6)
    [4.4 2.8 2.8 2.8 2.8]
    """
    _check(tolerance, most_nodes)
    levels = np.sort(np.asarray(classes, dtype=np.float64))
    m, top = problem.users.size, float(levels[-1])
    least = np.full(m, levels[0])
    check_feasible(problem, least)

    def round_down(sizes: FloatArray) -> FloatArray:
        below = levels[np.searchsorted(levels, sizes * (1 + 1e-9), side="right") - 1]
        return _climb(problem, below if feasible(problem, below) else least, levels)

    root = np.full(m, levels[0] / top), np.ones(m)
    sizes, bound = _search(loosened(problem), round_down(least), root, levels, round_down, tolerance, most_nodes)
    return _solution(problem, sizes, bound, tolerance)


def dual_bound(
    problem: Problem, prices: FloatArray, low: FloatArray | None = None, high: FloatArray | None = None
) -> float:
    """The bound on the sum of quality that four positive prices give, on a box of sizes [byte]; any prices are valid.

    Parameters
    ----------
    prices : of latency, energy, downlink and server, each limit counted as 1 and sizes in d_max; shape (4,)
    low, high : [byte], shape (M,); d_min and d_max if left out

    Returns
    -------
    [mAP]
    """
    top = problem.max_feature_bytes
    low = smallest(problem) if low is None else low
    high = np.full(problem.users.size, top) if high is None else high
    value = value_of(dual_of(loosened(problem), top), prices, low / top, high / top)
    return value * top * problem.quality_per_byte


def loosened(problem: Problem) -> Problem:
    """P1 with both limits higher by what float64 may lose in what they are compared with.

    That is ``rounding`` of either, as much where v is found, and v^2 of local computing counts those of the latency
    twice more. What is infeasible here is so in P1 by exact arithmetic, and the dual of this problem bounds P1.
    """
    more = 1 + 4 * rounding(problem)
    return replace(
        problem, max_mean_energy=problem.max_mean_energy * more, max_mean_latency=problem.max_mean_latency * more
    )


def _check(tolerance: float, most_nodes: int) -> None:
    for name, value in (("tolerance", tolerance), ("most_nodes", most_nodes)):
        if not value >= 0:
            raise ValueError(f"{name} = {value}: must not be negative")


def _solution(problem: Problem, sizes: FloatArray, bound: float, tolerance: float) -> Solution[Allocation]:
    best = with_resources(problem, sizes)
    limit = max(best.objective, bound * problem.quality_per_byte)
    proved = limit - best.objective <= tolerance * best.objective
    return replace(best, bound=limit, ended="converged" if proved else "resource limit")


def _search(
    loose: Problem,
    best: FloatArray,
    root: tuple[FloatArray, FloatArray],
    levels: FloatArray | None,
    round_down: Callable[[FloatArray], FloatArray],
    tolerance: float,
    most_nodes: int,
) -> tuple[FloatArray, float]:
    """Best-bound search; return the best sizes, shape (M,), and a bound on their sum, both in byte."""
    top = float(levels[-1]) if levels is not None else loose.max_feature_bytes
    dual, ties = dual_of(loose, top), count()
    node = bounded(dual, *root, tolerance)
    most = counted(dual, node.prices, float(root[0][0]), float(root[1][0]))
    heap, closed = [(-node.bound, next(ties), node)], 0.0
    for k in range(most_nodes):
        if not heap or min(most, -heap[0][0]) * top <= best.sum() * (1 + _CONTENT * tolerance):
            break
        node = heapq.heappop(heap)[2]
        children = _split(node, None if levels is None else levels / top)
        if not children or k & (k - 1) == 0:  # a point, or the first node, the second, the third, the fifth, ...
            trial = round_down(node.mixed * top)
            best = trial if trial.sum() > best.sum() else best
        if not children:
            closed = max(closed, node.bound)  # what was tried may miss the limits by rounding, or the best by a little
        for low, high in children:
            if feasible(loose, low * top):
                child = bounded(dual, low, high, tolerance, node)
                heapq.heappush(heap, (-child.bound, next(ties), child))
    bound = max(float(best.sum()) / top, min(most, max(closed, -heap[0][0] if heap else 0.0)))
    return best, bound * top * (1 + 8 * float(np.finfo(float).eps))  # these products, and the sum's own


def _climb(problem: Problem, sizes: FloatArray, levels: FloatArray) -> FloatArray:
    """Raise one user after another to its next class, the first that fits, the most gained by least energy first."""
    best = sizes
    while True:
        up = np.minimum(np.searchsorted(levels, best, side="right"), levels.size - 1)
        trials = np.repeat(best[None], best.size, axis=0)
        np.fill_diagonal(trials, levels[up])
        gain = trials.sum(axis=1) - best.sum()
        energy, _ = least_energy(problem, trials)
        open_ = (gain > 0) & (energy <= problem.users.size * problem.max_mean_energy)
        if not open_.any():
            return best
        now, _ = least_energy(problem, best)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = trials[int(np.argmin(np.where(open_, (energy - now) / gain, np.inf)))]


def _split(node: Node, levels: FloatArray | None) -> list[tuple[FloatArray, FloatArray]]:
    """Cut the box where the chord errs most, or where it is widest; empty where it is a point, which was tried."""
    width = node.high - node.low
    error = np.where(width > _NARROW * node.high, node.error + 1e-9 * width, -1.0)
    k = int(np.argmax(error))
    if error[k] < 0:
        return []
    middle = np.clip(node.mixed[k], node.low[k] + _EDGE * width[k], node.high[k] - _EDGE * width[k])
    below = above = middle
    if levels is not None:
        inside = levels[(levels > node.low[k] - _NARROW) & (levels < node.high[k] + _NARROW)]
        cut = int(np.clip(np.searchsorted(inside, middle), 1, inside.size - 1))
        below, above = inside[cut - 1], inside[cut]
    high, low = node.high.copy(), node.low.copy()
    high[k], low[k] = below, above
    return [(node.low, high), (low, node.high)]
