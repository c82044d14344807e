"""A distributed scheme that reaches the certified optimum: two prices down, three numbers up; ours, not the paper's.

The server broadcasts the congestion w = (u, v), two numbers. A device answers with (a, b, e) of the option that is
cheapest for it, argmin e + 2 u a + 2 v b; only the sums (A, B) and E over the devices are needed. With P = (A, B) the
round tells the server

- a bound, L(w) = E + 2 w.P - |w|^2, and the cost of what was answered, |P|^2 + E, with its distance from the optimum:
  cost - optimum <= |P - w|^2, announced against realised congestion (the identity of ``options`` with r = 0);
- a cut, L(z) <= E + 2 z.P - |z|^2 for every z, by which the next w is chosen.

*Cutting planes* go to the highest point of all cuts; since an answer that raises no cut ends the rounds and there are
finitely many answers, they end. *Frank-Wolfe* steps w + (P - w) / (k + 1), a subgradient step on the 2-strongly concave
L, need no memory.

*Finish.* An option whose reduced cost exceeds best cost less best bound is in no better assignment. Devices that hold
others send them; of all the rest the server knows the sums. It solves what is left, and the result is proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

import numpy as np

from mecpapers import iterate
from mecpapers.arrays import BoolArray, FloatArray, IndexArray, check_choice
from mecpapers.solution import Ended, Solution
from mecpapers.video.bounds import GAP, LIMIT, solve_options
from mecpapers.video.model import Allocation, Problem
from mecpapers.video.options import (
    UNIT,
    UNITS,
    Dual,
    Options,
    dual_at,
    highest_point,
    option_table,
    pick,
    rounding_error,
)

Update = Literal["cuts", "frank-wolfe"]

FLOAT_BYTES = 8
DOWN_BYTES = 2 * FLOAT_BYTES  # u, v: one broadcast a round
UP_BYTES = 3 * FLOAT_BYTES  # a, b, e: from each device a round
_STALLED = 1e-11  # of |E| + |P|^2: by less no cut's point lies above the bound; rounding adds about 1e-14
_TIE = 1e-12  # of what an option costs: corners of the cuts lie where options tie, up to rounding; the first is taken


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """What the server knows after some rounds, and what the devices last answered."""

    rounds: int
    congestion: FloatArray  # w to be broadcast next, shape (2,) [cost^(1/2)]
    answers: IndexArray  # each device's last answer as a row of the table, shape (N,)
    slopes: FloatArray  # P of every round, shape (rounds, 2)
    levels: FloatArray  # E of every round, shape (rounds,)
    bound: float  # the best L(w), -inf before the first full round
    bound_at: FloatArray  # its w
    best: IndexArray  # the cheapest assignment answered so far
    cost: float  # its cost
    model: float  # the highest point of the cuts: no L(w) lies above

    @property
    def certificate(self) -> float:
        """The most by which ``cost`` can exceed the optimum."""
        return self.cost - self.bound


def begin(options: Options, congestion: FloatArray | None = None) -> State:
    """The state before the first round.

    Parameters
    ----------
    congestion : the first w, shape (2,) [cost^(1/2)], such as the last before the channel changed; free if not given
    """
    n = options.e.shape[1]
    w = np.zeros(2) if congestion is None else np.asarray(congestion, dtype=float)
    if w.shape != (2,) or not (np.isfinite(w) & (w >= 0)).all():
        raise ValueError(f"congestion = {congestion}: must be two finite numbers, 0 or more")
    return State(
        rounds=0,
        congestion=w,
        answers=np.full(n, -1, dtype=np.intp),
        slopes=np.empty((0, 2)),
        levels=np.empty(0),
        bound=-np.inf,
        bound_at=w,
        best=np.zeros(n, dtype=np.intp),
        cost=np.inf,
        model=np.inf,
    )


def step(options: Options, state: State, update: Update = "cuts", heard: BoolArray | None = None) -> State:
    """One round: broadcast w, gather the answers, choose the next w.

    Parameters
    ----------
    heard : shape (N,), whose answers arrive, all if not given. For the others the last one heard stands in (at first:
        stay local), so that the cut and the cost remain true; the bound of such a round is not known.
    """
    w, dual = state.congestion, dual_at(options, state.congestion)
    cheapest = _first_cheapest(options, dual)
    answers = cheapest if heard is None else np.where(heard, cheapest, np.maximum(state.answers, 0))
    p = np.array([pick(options.a, answers).sum(), pick(options.b, answers).sum()])
    level = float(pick(options.e, answers).sum())
    cost, bound, bound_at, best = state.cost, state.bound, state.bound_at, state.best
    if level + p @ p < cost:
        cost, best = float(level + p @ p), answers
    complete_round = heard is None or bool(heard.all())
    if complete_round and dual.value > bound:
        bound, bound_at = dual.value, w
    slopes, levels = np.vstack([state.slopes, p]), np.append(state.levels, level)
    model = state.model
    if update == "frank-wolfe":
        following = w + (p - w) / (state.rounds + 1)
    elif level + 2 * w @ p - w @ w < model - _STALLED * (
        abs(level) + p @ p
    ):  # the cut lowers the model where it was highest
        following, model = highest_point(slopes, levels)
    else:
        following = w
    return State(
        rounds=state.rounds + 1,
        congestion=following,
        answers=answers,
        slopes=slopes,
        levels=levels,
        bound=bound,
        bound_at=bound_at,
        best=best,
        cost=cost,
        model=model,
    )


def rounds(
    options: Options, *, update: Update = "cuts", congestion: FloatArray | None = None, max_rounds: int = 100
) -> Iterator[State]:
    """The start, and the state after every round, up to the one that shows its bound to be the dual optimum.

    Parameters
    ----------
    congestion : the first w broadcast, shape (2,) [cost^(1/2)]
    max_rounds : the cap, 1 or more

    Raises
    ------
    ValueError
        for an update that there is not, or a cap that leaves no round.
    """
    check_choice("update", update, get_args(Update))
    return iterate.rounds(begin(options, congestion), partial(step, options, update=update), done, most=max_rounds)


def done(state: State) -> Ended | None:
    """Converged where no point of the cuts lies above the best bound, or no cost below it."""
    if not state.rounds:
        return None
    size = abs(float(state.levels[-1])) + float(state.slopes[-1] @ state.slopes[-1])
    return "converged" if min(state.model, state.cost) - state.bound <= _STALLED * size else None


def finish(
    options: Options, state: State, *, gap: float = GAP, limit: int = LIMIT
) -> tuple[Solution[Allocation], BoolArray]:
    """The last round: devices send the options that may still better the best cost; the server solves what is left.

    What is compared carries rounding, which must drop no option: that of what options cost,
    ``options.rounding_error``, and N + 8 roundings more of their sums, added in any order, and of |w|^2 and |P|^2.

    Returns
    -------
    solution : proved, as by ``bounds.solve_exact``
    senders : the devices with more than one option to send, shape (N,)
    """
    dual = dual_at(options, state.bound_at)  # everyone answers once more, which makes the bound whole
    answers = _first_cheapest(options, dual)
    p = np.array([pick(options.a, answers).sum(), pick(options.b, answers).sum()])
    here = float(pick(options.e, answers).sum() + p @ p)
    w = state.bound_at
    charged = np.where(np.isfinite(options.e), np.abs(options.e) + 2 * w[0] * options.a + 2 * w[1] * options.b, 0.0)
    err = rounding_error(options, charged)
    slack = sum(_slack(options, w, err, rows) for rows in (answers, state.best))
    useful = np.isfinite(options.e) & (dual.reduced_cost <= min(state.cost, here) - dual.value + slack + 2 * err)
    table = replace(options, e=np.where(useful, options.e, np.inf))
    return solve_options(table, gap=gap, limit=limit), useful.sum(axis=0) > 1


def _slack(options: Options, congestion: FloatArray, err: FloatArray, rows: IndexArray) -> float:
    """How far L(w), or the cost of an assignment, shape (N,), may be off by rounding [cost]."""
    p = np.array([pick(options.a, rows).sum(), pick(options.b, rows).sum()])
    more = UNITS * UNIT * (congestion @ congestion + p @ p)
    return float((rows.size + 8) / 8 * (pick(err, rows).sum() + more))


def _first_cheapest(options: Options, dual: Dual) -> IndexArray:
    """Each device's cheapest option at the prices of ``dual``; of those that tie up to rounding, the first."""
    (u, v), k = dual.congestion, dual.choice
    size = np.abs(pick(options.e, k)) + 2 * u * pick(options.a, k) + 2 * v * pick(options.b, k)
    return np.asarray((dual.reduced_cost <= _TIE * size).argmax(axis=0))


def solve_prices(
    problem: Problem,
    *,
    gap: float = GAP,
    limit: int = LIMIT,
    update: Update = "cuts",
    congestion: FloatArray | None = None,
    max_rounds: int = 100,
) -> Solution[Allocation]:
    """Rounds of prices, then the finish: the certified optimum of P2, (16).

    The rounds maximise the dual function of ``options``, L(w) over w >= 0; at its maximum the congestion announced is
    one that cheapest answers cause, in convex combination. The finish closes the gap that whole choices leave.

    Parameters
    ----------
    gap, limit : of the finish; see ``bounds.solve_exact``
    congestion : the first w broadcast, shape (2,) [cost^(1/2)], finite and 0 or more
    max_rounds : before the finish, which proves the optimum from wherever they end; 1 or more

    Raises
    ------
    ValueError
        for an update that there is not, another congestion, or a cap that leaves no round.
    Infeasible
        if M^max frames do not reach the accuracy a device needs.

    Examples
    --------
    >>> from mecpapers.video.bounds import solve_exact
    >>> from mecpapers.video.scenario import SET_A
    >>> problem = SET_A.draw(np.random.default_rng(0))
    >>> solution = solve_prices(problem)
    >>> abs(solution.objective - solve_exact(problem).objective) < 1e-12
    True
    """
    options = option_table(problem)
    *_, state = rounds(options, update=update, congestion=congestion, max_rounds=max_rounds)
    return finish(options, state, gap=gap, limit=limit)[0]
