"""Section IV-D: P2 and P3 in turn, with (23); by the printed stop rule, and by the safe one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np

from mecpapers import iterate
from mecpapers.arrays import FloatArray, check_choice, locked
from mecpapers.fhei.computing import allocate, check_feasible, least_energy, reachable, smallest
from mecpapers.fhei.model import Allocation, Problem, quality
from mecpapers.fhei.quality import energy_left, energy_per_byte, full_price, greedy_sizes
from mecpapers.fhei.transmission import Shares
from mecpapers.solution import Ended, Solution, TooLarge

Stop = Literal["safe", "literal"]
ETA = 1.01  # (23)
_SETTLED = 1e-12
"""Relative change of a size that counts as none. Solved again for the same resources, P3 moves a size by some 1e-15;
a round under (23) moves the sum by 1e-2. Anything in between gives the same rounds."""
MOST_ROUNDS = 2_000  # to the cap of (23) at d_max: d_max / d_min up to 4e8, and some seconds
_AFTER = 100  # rounds after the cap of (23) has reached d_max, or without it: what has not settled then swings for ever


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Where the algorithm stands after k rounds."""

    round: int  # k
    sizes: FloatArray  # d of the last P3 [byte], shape (M,)
    allocation: Allocation | None  # P2's answer for these sizes; None: the latency cannot be met
    mean_energy: float  # its optimum [J]; infinite where there is none
    moved: float  # largest relative change of a size in this round; infinite in rounds 0 and 1, which say nothing yet


def begin(problem: Problem, shares: Shares | None = None) -> State:
    """Round 0: every user at d_min, resources by P2.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.
    """
    check_feasible(problem, smallest(problem), shares)
    return _judge(problem, 0, smallest(problem), np.inf, shares)


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
    eta : the increment of (23), above 1; None leaves (23) out
    price_latency : rank the users by energy and latency (``full_price``) instead of by energy alone
    shares : air time decided beforehand
    """
    if state.allocation is None:
        raise ValueError("state.allocation = None: must be an allocation; the algorithm has stopped")
    k, m = state.round + 1, problem.users.size
    steps = 0 if eta is None else min(k - 1, _rounds_to_the_top(problem, eta))
    half, rest = divmod(steps, 2)  # eta^steps alone may leave float64
    cap = problem.max_feature_bytes if eta is None else problem.min_feature_bytes * eta**half * eta ** (half + rest)
    most = m * min(cap, problem.max_feature_bytes)
    if price_latency:
        sizes = greedy_sizes(problem, full_price(problem, state.allocation), np.inf, most)
    else:
        price, left = energy_per_byte(problem, state.allocation), energy_left(problem, state.allocation)
        sizes = greedy_sizes(problem, price, left, most)
    moved = float(np.max(np.abs(sizes / state.sizes - 1))) if k > 1 else np.inf  # the cap of round 1 is d_min
    return _judge(problem, k, sizes, moved, shares)


def done(problem: Problem, state: State, *, stop: Stop = "safe") -> Ended | None:
    """Whether the sizes fail by the stop rule, all are at d_max, or nothing moves any more."""
    full = np.all(state.sizes >= problem.max_feature_bytes * (1 - _SETTLED))
    return "converged" if full or state.moved <= _SETTLED or not fits(problem, state, stop) else None


def finish(problem: Problem, states: Sequence[State], *, stop: Stop = "safe") -> Solution[Allocation]:
    """The last sizes that the stop rule lets pass."""
    last = next(s for s in reversed(states) if fits(problem, s, stop))
    assert last.allocation is not None
    ended = done(problem, states[-1], stop=stop) or "cap"
    return Solution(allocation=last.allocation, objective=float(quality(problem, last.sizes).sum()), ended=ended)


def fits(problem: Problem, state: State, stop: Stop = "safe") -> bool:
    """Whether P2 has an answer, as the printed rule asks, and ``safe`` also whether its energy is within the limit."""
    return state.allocation is not None and (stop == "literal" or state.mean_energy <= problem.max_mean_energy)


def rounds(
    problem: Problem,
    *,
    stop: Stop = "safe",
    eta: float | None = ETA,
    price_latency: bool = False,
    shares: Shares | None = None,
    max_rounds: int | None = None,
) -> list[State]:
    """Every state from round 0 on, the one that ends the algorithm last.

    Parameters
    ----------
    stop : ``literal`` ends when P2 is infeasible, as printed, which the energy limit cannot cause; ``safe`` ends also
        when P2's least energy exceeds the limit
    eta, price_latency, shares : as in ``step``
    max_rounds : the cap; if left out, 100 rounds after the cap of (23) has reached d_max

    Raises
    ------
    ValueError
        naming ``stop``, ``eta`` or ``max_rounds`` and its rule.
    TooLarge
        if (23) takes more than 2,000 rounds from d_min to d_max, and ``max_rounds`` is left out.
    Infeasible
        if not even d_min can be given to all.
    """
    check_choice("stop", stop, get_args(Stop))
    if eta is not None and not eta > 1:
        raise ValueError(f"eta = {eta}: must be above 1")
    if max_rounds is None:
        needed = 0 if eta is None else _rounds_to_the_top(problem, eta)
        if needed > MOST_ROUNDS:
            raise TooLarge(
                f"min_feature_bytes = {problem.min_feature_bytes:.12g}: (23) would take {needed} rounds from there to "
                f"max_feature_bytes, by {eta:g} a round: at most {MOST_ROUNDS}; schemes mended and exact take any"
            )
        max_rounds = _AFTER + needed
    one_round = partial(step, problem, eta=eta, price_latency=price_latency, shares=shares)
    ended = partial(done, problem, stop=stop)
    return list(iterate.rounds(begin(problem, shares), one_round, ended, most=max_rounds))


def solve_alternating(
    problem: Problem,
    *,
    stop: Stop = "safe",
    eta: float | None = ETA,
    shares: Shares | None = None,
    max_rounds: int | None = None,
) -> Solution[Allocation]:
    r"""P1 by the paper's algorithm; ``ended`` is ``cap`` where it still moved after the most rounds.

    .. math:: \max_{d, \alpha, \beta, f, q} \sum_m \delta_s d_m \quad\text{s.t.}\quad
        \frac1M \sum_m E_m \le \bar E,\; \frac1M \sum_m T_m \le \bar T,\; d_{min} \le d_m \le d_{max},

    and the limits of P2. P2 for the sizes and P3 for its resources are each solved to optimality in turn, P3 with its
    sum held below M d_min eta^(k-1). That ends at no KKT point of P1: P3 leaves out what a byte costs in latency
    (``full_price``), and the last step is not bisected.

    Parameters
    ----------
    stop, eta, shares, max_rounds : as in ``rounds``

    Raises
    ------
    ValueError
        naming ``stop``, ``eta`` or ``max_rounds`` and its rule.
    Infeasible
        if not even d_min can be given to all.

    Examples
    --------
    >>> import numpy as np
    >>> from mecpapers.fhei import FIG_4A
    >>> solution = solve_alternating(FIG_4A.draw(np.random.default_rng(0)))
    >>> print(f"{solution.objective:.2f} mAP, {solution.ended}")
    204.99 mAP, converged
    """
    problem = reachable(problem)
    states = rounds(problem, stop=stop, eta=eta, shares=shares, max_rounds=max_rounds)
    return finish(problem, states, stop=stop)


def log_ratio(problem: Problem) -> float:
    """ln(d_max / d_min): the ratio itself may leave float64."""
    return float(np.log(problem.max_feature_bytes) - np.log(problem.min_feature_bytes))


def _rounds_to_the_top(problem: Problem, eta: float) -> int:
    """The fewest rounds in which the cap of (23) grows from d_min to d_max."""
    return int(np.ceil(log_ratio(problem) / np.log(eta)))


def _judge(problem: Problem, k: int, sizes: FloatArray, moved: float, shares: Shares | None) -> State:
    energy, v = least_energy(problem, sizes, shares)
    allocation = allocate(problem, sizes, float(v), shares) if np.isfinite(v) else None
    mean = float(energy) / problem.users.size
    return State(round=k, sizes=locked(sizes), allocation=allocation, mean_energy=mean, moved=moved)
