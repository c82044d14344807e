"""Section V: Algorithm 4, the ADMM of (33)-(46), as printed, and the reading of it that fits the paper's figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

import numpy as np

from mecpapers import iterate
from mecpapers.arrays import BoolArray, FloatArray, freeze
from mecpapers.batch import Number
from mecpapers.solution import Ended, Infeasible, Solution
from mecpapers.video.augmented import LocalCase, Projection, Terms, local_step, project, terms
from mecpapers.video.edge import congestion_roots, edge_shares
from mecpapers.video.geometric import relaxed_frames
from mecpapers.video.local import solve_local
from mecpapers.video.model import Allocation, Problem, evaluate, fewest_frames

# In ln of a share, within which devices and server agree. The readings below end at 0.13 or less; runs that a step size
# near 0 brings to rest end far apart. At 2 those would pass for converged, at 0.02 the fitted reading would not.
_AGREED = 0.2

R = TypeVar("R", "State", Terms)
Sweep = Literal["parallel", "sequential"]
Start = Literal["zeros-hertz", "zeros-gigahertz", "equal-share", "all-edge"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What Algorithm 4 leaves open or contradicts itself in; the defaults are what it prints, but for the start.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """

    step_size: float | Literal["balanced"] = 0.5  # s [cost]; "balanced": ``balanced_step_size``
    sweep: Sweep = "parallel"  # sequential: steps 1 to 3 for one device after the other
    projection: Projection = "printed"  # (43)-(44), or the solution of (42)
    local: LocalCase = "printed"  # x = 0 in (41): the best frames and clock of (31), or Theorem 1's
    start: Start = "equal-share"  # as printed: zeros, of a unit that is not said
    literal_46: bool = False  # theta^t of (46) from z, as printed, instead of theta^t
    threshold: float = 1e-4  # delta [cost], on the sum over the devices
    max_sweeps: int = 100

    def __post_init__(self) -> None:
        """Check the fields."""
        freeze(self)
        s = self.step_size
        if s != "balanced" and not (isinstance(s, float | int) and 0 < s < np.inf):
            raise ValueError(f"step_size = {s!r}: must be positive and finite, or 'balanced'")
        if not self.threshold >= 0:
            raise ValueError(f"threshold = {self.threshold!r}: must be 0 or more")
        if self.max_sweeps < 1:
            raise ValueError(f"max_sweeps = {self.max_sweeps!r}: must be 1 or more")


PRINTED = Reading()
"""Algorithm 4 as printed, but for the start, whose unit is not said, for (46), and for whole frames at the end."""

THEOREM_1 = Reading(local="theorem-1")
"""The same with the clock and frames of Theorem 1 for the local devices, as Table I has them."""

FITTED = Reading(step_size=0.05, sweep="sequential", projection="exact", local="theorem-1")
"""Fits Figs. 5 to 7; selected because it does, against the text in five points: s, the order of the devices, (43)-(44),
the start, and Theorem 1 for the local devices."""


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """One iterate {u, v, theta}; arrays of shape (N,), of K problems side by side (K, N) and (K,) for a number.

    Of the shares the logarithms are kept, see ``augmented``.
    """

    offload: BoolArray  # x_n
    frames: FloatArray  # exp(M^_n) [1], real
    y: FloatArray  # ln(f_n^e / f^max), the device's
    z: FloatArray  # ln(t_n / T), the device's
    f: FloatArray  # ln(f_n^e / f^max), the server's
    t: FloatArray  # ln(t_n / T), the server's
    theta_f: FloatArray  # [cost]
    theta_t: FloatArray  # [cost]
    cost: Number  # F^i, the sum of (31) and (32) at the server's shares
    change: Number = np.inf  # |F^i - F^(i-1)|

    @property
    def disagreement(self) -> float:
        """How far devices and server stand from (33a): the most that y and f^, or z and t^, differ over N_1."""
        apart = np.maximum(np.abs(self.y - self.f), np.abs(self.z - self.t))
        return float(apart[self.offload].max(initial=0.0))


def solve_admm(problem: Problem, reading: Reading = FITTED) -> Solution[Allocation]:
    """Algorithm 4: sweep until the cost changes by less than the threshold, then round the frames.

    It splits P2, (16), by giving device and server a copy each of the shares, (33a), and seeks a saddle point of the
    augmented Lagrangian: each sweep minimises it over the devices' copies, (41), then over the server's, (42), and
    moves the multipliers by (45)-(46). P2 is not convex, so that nothing promises the optimum.

    The shares are the algorithm's own, not Theorem 2's. The best of the iterates is returned where it did not
    converge: at the ``cap`` on sweeps, and where the cost has come to rest (``cycle``) while devices and server still
    disagree about a share by a factor of more than 1.2: a step size near 0 does that. A large one does the opposite,
    small steps that meet the paper's rule near the start, which the rule cannot tell from convergence.

    Raises
    ------
    Infeasible
        if M^max frames do not reach the accuracy a device needs.

    Examples
    --------
    >>> from mecpapers.video.scenario import EQ31
    >>> problem = EQ31.draw(np.random.default_rng(0))
    >>> solve_admm(problem).ended, solve_admm(problem, replace(FITTED, max_sweeps=3)).ended
    ('converged', 'cap')
    """
    return finish(problem, list(rounds(problem, reading)), reading)


def rounds(problem: Problem, reading: Reading = FITTED, state: State | None = None) -> Iterator[State]:
    """The start, and the state after every sweep up to the one that ends Algorithm 4.

    Parameters
    ----------
    state : where to start; ``begin(problem, reading)`` if not given
    """
    first = begin(problem, reading) if state is None else replace(state, change=np.inf)
    sweep = partial(step, problem, reading=reading)
    return iterate.rounds(first, sweep, partial(done, reading=reading), most=reading.max_sweeps)


def rounds_of_many(problems: Sequence[Problem], reading: Reading = FITTED) -> list[list[State] | None]:
    """The states of ``rounds`` for each problem, those of as many devices side by side.

    What numpy takes for a call is then shared by all of them. No walk depends on its neighbours.

    Returns
    -------
    a walk each; None where it takes ``rounds`` to walk alone, or to say why it can't
    """
    if isinstance(reading.step_size, str):
        return [None] * len(problems)  # s is another for each
    walks: list[list[State]] = [[] for _ in problems]
    sizes: dict[int, list[int]] = {}
    for k, problem in enumerate(problems):
        with suppress(Infeasible):
            walks[k].append(begin(problem, reading))
            sizes.setdefault(problem.devices.size, []).append(k)
    for going in sizes.values():
        while going:
            together = _stacked([terms(problems[k], reading.local) for k in going])
            after = _sweep(together, _stacked([walks[k][-1] for k in going]), reading.step_size, reading)
            for row, k in enumerate(going):
                walks[k].append(State(**{name: values[row] for name, values in vars(after).items()}))
            going = [k for k in going if len(walks[k]) <= reading.max_sweeps and not done(walks[k][-1], reading)]
    return [walk or None for walk in walks]


def _stacked(records: Sequence[R]) -> R:
    """Records of shape (N,) as one of shape (K, N)."""
    first = records[0]
    return type(first)(**{name: np.stack([getattr(record, name) for record in records]) for name in vars(first)})


def solve_many_admm(problems: Sequence[Problem], reading: Reading = FITTED) -> list[Solution[Allocation] | None]:
    """Solve problems as ``solve_admm`` does, side by side by ``rounds_of_many``; None where that has no walk."""
    walks = zip(problems, rounds_of_many(problems, reading), strict=True)
    return [None if walk is None else finish(problem, walk, reading) for problem, walk in walks]


def done(state: State, reading: Reading = FITTED) -> Ended | None:
    """Converged where the cost rests; a ``cycle`` where devices and server disagree there."""
    if not state.change < reading.threshold:
        return None
    return "converged" if state.disagreement <= _AGREED else "cycle"


def finish(problem: Problem, states: Sequence[State], reading: Reading = FITTED) -> Solution[Allocation]:
    """What Algorithm 4 returns after the states of ``rounds``: the last, or the best where it did not converge."""
    ended = done(states[-1], reading) or "cap"
    if ended == "converged":
        return round_off(problem, states[-1], reading)
    best = min((round_off(problem, state, reading) for state in states), key=lambda solution: solution.objective)
    return replace(best, ended=ended)


def begin(problem: Problem, reading: Reading = FITTED) -> State:
    """The state before the first sweep: everyone local, theta = 0, and f^, t^ as the reading says."""
    n = problem.devices.size
    if reading.start == "equal-share":
        f = t = np.full(n, -np.log(n))
    elif reading.start == "all-edge":  # Theorem 2 for everyone with a rate, frames by Algorithm 2
        everyone = problem.devices.reachable
        frequency, share = edge_shares(problem, everyone, relaxed_frames(problem, everyone)[0])
        limits = (frequency, problem.server_frequency), (share, problem.time_budget)
        f, t = (np.log(np.where(everyone, part / limit, 1 / n)) for part, limit in limits)
    else:  # f^ = t^ = 0: 1 cycle/s or 1 GHz for each device, and all the air time
        unit = 1.0 if reading.start == "zeros-hertz" else 1e9
        f, t = np.full(n, np.log(unit / problem.server_frequency)), np.full(n, -np.log(problem.time_budget))
    k, zero = terms(problem), np.zeros(n)
    state = State(
        offload=np.zeros(n, dtype=bool), frames=k.local_frames, y=f, z=t, f=f, t=t, theta_f=zero, theta_t=zero, cost=0.0
    )
    return replace(state, cost=_cost(terms(problem, reading.local), state))


def step(problem: Problem, state: State, reading: Reading = FITTED) -> State:
    """One sweep of Algorithm 4 over all devices: its steps 1, 2 and 3."""
    s = balanced_step_size(problem) if isinstance(reading.step_size, str) else reading.step_size
    return _sweep(terms(problem, reading.local), state, s, reading)


def _sweep(k: Terms, state: State, s: float, reading: Reading) -> State:
    """``step`` for the problem, or the problems side by side, whose coefficients these are."""
    before, n = state.cost, k.low.shape[-1]
    for turn in [slice(None)] if reading.sweep == "parallel" else [slice(m, m + 1) for m in range(n)]:
        state = _advance(k.take(turn), state, turn, s, reading)
    cost = _cost(k, state)
    return replace(state, cost=cost, change=np.abs(cost - before))


def _advance(k: Terms, state: State, turn: slice, s: float, reading: Reading) -> State:
    """Steps 1 and 3 for the devices whose turn it is, step 2 for all."""
    x, frames, y, z = state.offload.copy(), state.frames.copy(), state.y.copy(), state.z.copy()
    theta_f, theta_t = state.theta_f.copy(), state.theta_t.copy()
    own = (..., turn)
    f, t = (state.f - theta_f / s)[own], (state.t - theta_t / s)[own]
    x[own], frames[own], y[own], z[own] = local_step(k, f, t, s)  # (41)
    f = project(y + theta_f / s, x, s, reading.projection)  # (42)
    t = project(z + theta_t / s, x, s, reading.projection)
    theta_f[own] += s * (y - f)[own]  # (45)
    theta_t[own] = (z if reading.literal_46 else theta_t)[own] + s * (z - t)[own]  # (46)
    return State(offload=x, frames=frames, y=y, z=z, f=f, t=t, theta_f=theta_f, theta_t=theta_t, cost=state.cost)


def _cost(k: Terms, state: State) -> Number:
    """F^i, without the constant -beta_3 m_a2, as (31) and (32) are."""
    m, x = state.frames, state.offload
    with np.errstate(over="ignore", invalid="ignore"):  # a start at which a share is next to nothing; rate 0
        edge = (k.a0 * m + k.a1) * np.exp(-state.f) + k.bt * m * np.exp(-state.t) + k.e * m + k.g / m
    return np.where(x, edge, k.local_cost).sum(axis=-1)


def round_off(problem: Problem, state: State, reading: Reading = FITTED) -> Solution[Allocation]:
    """The allocation of a state, with its own shares: whole frames, as (16) asks for, where Algorithm 4 returns e^M^.

    The clock and frames of the local devices are the algorithm's own, or Theorem 1's, as the reading says.
    """
    x, local = state.offload, solve_local(problem)
    frames, clock = np.where(x, np.rint(state.frames), local.frames), local.frequency
    if reading.local == "printed":
        frames, clock = np.rint(state.frames), terms(problem, "printed").local_frequency
    allocation = Allocation(
        offload=x,
        frames=frames,
        time_share=np.where(x, problem.time_budget * np.exp(state.t), 0.0),
        edge_frequency=np.where(x, problem.server_frequency * np.exp(state.f), 0.0),
        device_frequency=np.where(x, 0.0, clock),
    )
    return Solution(allocation=allocation, objective=evaluate(problem, allocation).total)


def balanced_step_size(problem: Problem) -> float:
    """s* = sum (theta_f^2 + theta_t^2) / (2 sum (theta_f + theta_t)) [cost], at equal shares and the fewest frames.

    At a fixed point theta is a device's own delay cost at a resource, and (41) charges an edge device
    (theta_f^2 + theta_t^2) / 2s on top of it. What it costs the others is about theta_f + theta_t, by (27). With s*
    the two agree, summed over the devices.
    """
    n, some = problem.devices.size, problem.devices.reachable
    if not some.any():
        return 1.0  # nobody's cost depends on it
    a, b = (root[some] for root in congestion_roots(problem, fewest_frames(problem.devices)))
    theta_f, theta_t = n * a * a, n * b * b
    return float((theta_f**2 + theta_t**2).sum() / (2 * (theta_f + theta_t).sum()))
