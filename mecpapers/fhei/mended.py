"""What mends the alternating algorithm's two losses, ours: latency priced, the last step bisected, then trades."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, IndexArray
from mecpapers.fhei.alternating import ETA, fits, log_ratio, rounds
from mecpapers.fhei.computing import allocate, feasible, least_energy, reachable
from mecpapers.fhei.model import Allocation, Problem, quality
from mecpapers.fhei.quality import full_price
from mecpapers.fhei.transmission import Shares
from mecpapers.lemmas import bisect
from mecpapers.solution import Solution

_GAIN = 1e-9
"""What a trade must bring, relative to the sum: above what a bisected size falls short of (3e-12 of the sum of five),
so that no two trades undo each other for ever. Ten times more gives up gains of 1e-8, which no table shows."""
_PARTNERS = 20
"""Users on each side of a trade, the cheapest and the dearest: 400 pairs and 40 bounds at most, each with its own P2.
Up to 20 users all pairs are tried; beyond, those left out are of users with nearly one price, which gain least."""
_ROUNDS = 250  # from d_min to d_max by (23): 1.01 a round is the paper's up to a ratio of 12, and larger beyond
_WITHIN = 2.0**-36
"""How far a bisected size may fall short, of the way from d_min to d_max: 5e-5 byte of 3.2 MB, a hundredth of
what ``model.TOLERANCE`` forgives. Every halving solves P2 for all candidates: to the last bit it takes half as long
again."""


def solve_mended(problem: Problem) -> Solution[Allocation]:
    """P1 as in ``solve_alternating``, from its rounds with latency priced, the last step bisected, and trades.

    At the end no user can be raised alone, and no trade between two lets the sum grow: a local optimum of P1, often the
    best, without proof (``bounds.solve_exact`` has one).

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> solution = solve_mended(FIG_4A.draw(np.random.default_rng(0)))
    >>> print(f"{solution.objective:.2f} mAP, {solution.ended}")
    205.49 mAP, converged
    """
    problem = reachable(problem)
    states = rounds(problem, price_latency=True, eta=max(ETA, float(np.exp(log_ratio(problem) / _ROUNDS))))
    good = next(s for s in reversed(states) if fits(problem, s))
    starts = (good.sizes, last_step(problem, good.sizes, states[-1].sizes))
    sizes = max((improve(problem, d) for d in starts), key=lambda d: float(d.sum()))
    return with_resources(problem, sizes)


def with_resources(problem: Problem, sizes: FloatArray) -> Solution[Allocation]:
    """Sizes [byte] of shape (M,) that fit, with P2's resources; the objective is the sum of quality [mAP]."""
    _, v = least_energy(problem, sizes)
    total = float(quality(problem, sizes).sum())
    return Solution(allocation=allocate(problem, sizes, float(v)), objective=total)


def improve(problem: Problem, sizes: FloatArray, max_rounds: int = 100) -> FloatArray:
    """Raise what can be raised, then trade between users while that lets more be raised; [byte], shape (M,).

    Two trades are tried: two users swap their sizes, and the one between the bounds goes to a bound while another
    becomes free.

    Parameters
    ----------
    sizes : within both limits [byte], shape (M,)
    """
    best = fill(problem, sizes)
    for _ in range(max_rounds):
        if np.all(best >= problem.max_feature_bytes):
            break
        trials, free = _trades(problem, best)
        rows = np.arange(free.size)
        others = trials.sum(axis=1) - trials[rows, free]
        needed = np.maximum(best.sum() * (1 + _GAIN) - others, problem.min_feature_bytes)
        trials[rows, free] = needed
        better = (needed <= problem.max_feature_bytes) & feasible(problem, trials)
        if not better.any():
            break
        raised = raise_one(problem, trials[better], free[better])
        best = fill(problem, raised[int(np.argmax(raised.sum(axis=1)))])
    return best


def _trades(problem: Problem, best: FloatArray) -> tuple[FloatArray, IndexArray]:
    """Candidates of shape (K, M) and the user of each that may then be raised, shape (K,)."""
    low, high = problem.min_feature_bytes, problem.max_feature_bytes
    order = np.argsort(_prices(problem, best), kind="stable")
    inside = (best > low) & (best < high)
    loose = int(np.argmax(inside)) if inside.any() else int(order[best[order] < high][0])
    cheap, dear = order[best[order] < high][:_PARTNERS], order[best[order] > low][::-1][:_PARTNERS]
    more, less = (pair.ravel() for pair in np.meshgrid(dear, cheap))
    more, less = more[best[more] > best[less]], less[best[more] > best[less]]
    swapped = np.repeat(best[None], more.size, axis=0)
    rows = np.arange(more.size)
    swapped[rows, more], swapped[rows, less] = best[less], best[more]
    moved = np.where(more == loose, less, np.where(less == loose, more, loose))
    users = np.concatenate([cheap, dear])
    bound = np.repeat(best[None], 2 * users.size, axis=0)
    bound[: users.size, loose], bound[users.size :, loose] = low, high
    return np.concatenate([swapped, bound]), np.concatenate([moved, users, users])


def fill(problem: Problem, sizes: FloatArray) -> FloatArray:
    """Raise one user after another to d_max, the cheapest byte first, and the last as far as it goes; (M,) [byte]."""
    order = np.argsort(_prices(problem, sizes), kind="stable")
    order = order[sizes[order] < problem.max_feature_bytes]

    def first(k: int) -> FloatArray:
        raised = sizes.copy()
        raised[order[:k]] = problem.max_feature_bytes
        return raised

    k = bisect_left(range(1, order.size + 1), True, key=lambda k: not feasible(problem, first(k)))  # each costs more
    if k == order.size:
        return first(k)
    raised = raise_one(problem, first(k)[None], order[k : k + 1])[0]
    return raised if raised.sum() > first(k).sum() else first(k)


def _prices(problem: Problem, sizes: FloatArray) -> FloatArray:
    _, v = least_energy(problem, sizes)
    return full_price(problem, allocate(problem, sizes, float(v)))


def raise_one(problem: Problem, sizes: FloatArray, user: IndexArray, shares: Shares | None = None) -> FloatArray:
    """Give one user of each candidate as much as both limits allow, the others unchanged.

    Parameters
    ----------
    sizes : [byte], shape (K, M)
    user : shape (K,), whole numbers

    Returns
    -------
    [byte], shape (K, M); 0 throughout where not even d_min fits
    """
    rows = np.arange(sizes.shape[0])
    low, high = (np.full(rows.size, v) for v in (problem.min_feature_bytes, problem.max_feature_bytes))
    trial = sizes.copy()

    def fit(value: FloatArray) -> BoolArray:
        trial[rows, user] = value
        return feasible(problem, trial, shares)

    some, all_ = fit(low), fit(high)
    trial[rows, user] = bisect(fit, np.where(all_, high, low), np.where(some, high, low), within=_WITHIN)
    return np.where(some[:, None], trial, 0.0)


def last_step(problem: Problem, good: FloatArray, beyond: FloatArray) -> FloatArray:
    """The farthest point on the way from sizes that fit to sizes that need not; [byte], each of shape (M,)."""
    if feasible(problem, beyond):
        return beyond
    way = beyond - good
    return good + bisect(lambda t: feasible(problem, good + t * way), 0.0, 1.0, within=_WITHIN) * way
