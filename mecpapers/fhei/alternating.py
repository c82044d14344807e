"""Section IV-D: P2 and P3 in turn, with (23); the literal stop rule, the safe one, and what mends its two losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.fhei.computing import allocate, check_feasible, feasible, least_energy, smallest
from mecpapers.fhei.model import BITS, Allocation, Problem, quality
from mecpapers.fhei.quality import energy_left, energy_per_byte, greedy_sizes
from mecpapers.fhei.transmission import Shares
from mecpapers.solution import Solution

IndexArray = NDArray[np.intp]
Stop = Literal["safe", "literal"]
ETA = 1.01  # (23)
_GAIN = 1e-9  # relative; what a trade must bring
_PARTNERS = 20  # users on each side of a trade, the cheapest and the dearest
_HALVINGS = 36  # a size to 1e-11 of its range
_SETTLED = 1e-12  # relative change of the sum at which rounds no longer move


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Where the algorithm stands after k rounds."""

    round: int  # k
    sizes: FloatArray  # d of the last P3 [byte], shape (M,)
    allocation: Allocation | None  # P2's answer for these sizes; None: the latency cannot be met
    mean_energy: float  # its optimum [J]; infinite where there is none


def start(problem: Problem, shares: Shares | None = None) -> State:
    """Round 0: every user at d_min, resources by P2.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.
    """
    check_feasible(problem, smallest(problem), shares)
    return _judge(problem, 0, smallest(problem), shares)


def step(
    problem: Problem,
    state: State,
    *,
    eta: float | None = ETA,
    price_latency: bool = False,
    shares: Shares | None = None,
) -> State:
    """Solve P3 for the resources of the last round under (23), then P2 for its sizes.

    Parameters
    ----------
    state : of the round before; its allocation must not be None
    eta : the increment of (23); None leaves (23) out
    price_latency : rank the users by energy and latency (``full_price``) instead of by energy alone
    shares : air time decided beforehand
    """
    if state.allocation is None:
        raise ValueError("state.allocation = None: must be an allocation; the algorithm has stopped")
    k, m = state.round + 1, problem.users.size
    cap = problem.max_feature_bytes if eta is None else problem.min_feature_bytes * eta ** (k - 1)
    most = m * min(cap, problem.max_feature_bytes)
    if price_latency:
        sizes = greedy_sizes(problem, full_price(problem, state.allocation), np.inf, most)
    else:
        price, left = energy_per_byte(problem, state.allocation), energy_left(problem, state.allocation)
        sizes = greedy_sizes(problem, price, left, most)
    return _judge(problem, k, sizes, shares)


def full_price(problem: Problem, allocation: Allocation) -> FloatArray:
    """(sigma + lambda) / Gamma + psi c_2 q^2 + lambda (c_1 / f + c_2 / q) [J/byte], shape (M,).

    What a byte costs in energy, and in latency at its price lambda; the slope of P2's optimum in d_m, by the envelope
    theorem: the paper's (15) leaves the second part out, so that a slow mobile looks cheap.
    """
    latency = allocation.latency_price
    if latency is None:
        raise ValueError("latency_price = None: must be given by P2")
    down = BITS / (allocation.downlink_share * problem.users.downlink_rate)
    edge = problem.fn_flops_per_byte / allocation.edge_speed
    local = problem.in_flops_per_byte / allocation.device_speed
    return energy_per_byte(problem, allocation) + latency * (down + edge + local)


def solve_alternating(
    problem: Problem, *, stop: Stop = "safe", eta: float | None = ETA, shares: Shares | None = None
) -> Solution[Allocation]:
    """Section IV-D; ``converged`` is false where a cap on the rounds ended it.

    Parameters
    ----------
    stop : ``literal`` ends when P2 is infeasible, as printed, which the energy limit cannot cause; ``safe`` ends also
        when P2's least energy exceeds the limit, and returns the last sizes that meet both

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.
    """
    last, ended = None, False
    for state in rounds(problem, stop=stop, eta=eta, shares=shares):
        if state.allocation is None or (stop == "safe" and _exceeds(problem, state)):
            ended = True
            break
        ended = last is not None and _settled(problem, last, state)
        last = state
    if last is None or last.allocation is None:
        raise ValueError("alternating: must have a first round")
    total = float(quality(problem, last.sizes).sum())
    return Solution(allocation=last.allocation, objective=total, ended="converged" if ended else "cap")


def rounds(
    problem: Problem,
    *,
    stop: Stop = "safe",
    eta: float | None = ETA,
    price_latency: bool = False,
    shares: Shares | None = None,
    most_rounds: int | None = None,
) -> list[State]:
    """Every state from round 0 on, the one that ends the algorithm last."""
    if most_rounds is None:
        ratio = problem.max_feature_bytes / problem.min_feature_bytes
        climb = 0 if eta is None else int(np.ceil(np.log(ratio) / np.log(eta)))
        most_rounds = climb + 100  # after the cap of (23) has reached d_max
    states = [start(problem, shares)]
    while len(states) <= most_rounds:
        states.append(step(problem, states[-1], eta=eta, price_latency=price_latency, shares=shares))
        state = states[-1]
        if state.allocation is None or (stop == "safe" and _exceeds(problem, state)):
            break
        if _settled(problem, states[-2], state):
            break
    return states


def solve_mended(problem: Problem) -> Solution[Allocation]:
    """The alternating algorithm with latency priced, the last step bisected, and swaps.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.
    """
    states = rounds(problem, price_latency=True)
    good = states[-1] if not _fails(problem, states[-1]) else states[-2]
    starts = (good.sizes, _last_step(problem, good.sizes, states[-1].sizes))
    sizes = max((improve(problem, d) for d in starts), key=lambda d: float(d.sum()))
    _, v = least_energy(problem, sizes)
    allocation = allocate(problem, sizes, float(v))
    return Solution(allocation=allocation, objective=float(quality(problem, sizes).sum()))


def improve(problem: Problem, sizes: FloatArray, most_rounds: int = 100) -> FloatArray:
    """Raise what can be raised, then trade between users while that lets more be raised; shape (M,).

    Two trades are tried: two users swap their sizes, and the one between the bounds goes to a bound while another
    becomes free.

    Parameters
    ----------
    sizes : within both limits, shape (M,)
    """
    best = fill(problem, sizes)
    for _ in range(most_rounds):
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
    """Raise one user after another to d_max, the cheapest byte first, and the last as far as it goes; shape (M,)."""
    order = np.argsort(_prices(problem, sizes), kind="stable")
    order = order[sizes[order] < problem.max_feature_bytes]
    prefixes = np.repeat(sizes[None], order.size + 1, axis=0)
    for k, user in enumerate(order):
        prefixes[k + 1 :, user] = problem.max_feature_bytes
    k = int(np.max(np.flatnonzero(feasible(problem, prefixes)), initial=0))
    if k == order.size:
        return prefixes[k]
    raised = raise_one(problem, prefixes[k : k + 1], order[k : k + 1])[0]
    return raised if raised.sum() > prefixes[k].sum() else prefixes[k]


def retreat(problem: Problem, sizes: FloatArray) -> FloatArray:
    """The farthest point on the way from d_min for all to sizes that need not fit; shape (M,)."""
    return _last_step(problem, smallest(problem), sizes)


def _prices(problem: Problem, sizes: FloatArray) -> FloatArray:
    _, v = least_energy(problem, sizes)
    return full_price(problem, allocate(problem, sizes, float(v)))


def raise_one(problem: Problem, sizes: FloatArray, user: IndexArray, shares: Shares | None = None) -> FloatArray:
    """Give one user of each candidate as much as both limits allow, the others unchanged.

    Parameters
    ----------
    sizes : shape (K, M)
    user : shape (K,), whole numbers

    Returns
    -------
    shape (K, M); 0 throughout where not even d_min fits
    """
    rows = np.arange(sizes.shape[0])
    low, high = (np.full(rows.size, v) for v in (problem.min_feature_bytes, problem.max_feature_bytes))
    trial = sizes.copy()

    def fits(value: FloatArray) -> BoolArray:
        trial[rows, user] = value
        return feasible(problem, trial, shares)

    some, all_ = fits(low), fits(high)
    low = np.where(all_, high, low)
    for _ in range(0 if np.all(all_ | ~some) else _HALVINGS):
        middle = (low + high) / 2
        ok = fits(middle)
        low, high = np.where(ok, middle, low), np.where(ok, high, middle)
    trial[rows, user] = low
    return np.where(some[:, None], trial, 0.0)


def _last_step(problem: Problem, good: FloatArray, beyond: FloatArray) -> FloatArray:
    """The farthest point on the way from sizes that fit to sizes that need not."""
    low, high = 0.0, 1.0
    if feasible(problem, beyond):
        return beyond
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if feasible(problem, good + middle * (beyond - good)):
            low = middle
        else:
            high = middle
    return good + low * (beyond - good)


def _judge(problem: Problem, k: int, sizes: FloatArray, shares: Shares | None) -> State:
    energy, v = least_energy(problem, sizes, shares)
    allocation = allocate(problem, sizes, float(v), shares) if np.isfinite(v) else None
    return State(round=k, sizes=sizes, allocation=allocation, mean_energy=float(energy) / problem.users.size)


def _exceeds(problem: Problem, state: State) -> bool:
    return state.mean_energy > problem.max_mean_energy


def _fails(problem: Problem, state: State) -> bool:
    return state.allocation is None or _exceeds(problem, state)


def _settled(problem: Problem, before: State, state: State) -> bool:
    """Nothing moves any more: all at d_max, or the same sizes again after the wasted first round."""
    if np.all(state.sizes >= problem.max_feature_bytes * (1 - _SETTLED)):
        return True
    return state.round > 1 and bool(np.all(np.abs(state.sizes - before.sizes) <= _SETTLED * before.sizes))
