"""How many rounds and messages the price scheme needs, with every reply, with lost ones, and after small changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.store import kept
from mecpapers.sweep import drop_generator
from mecpapers.video.bounds import solve_exact
from mecpapers.video.evidence.experiments.drops import drifted, scaled
from mecpapers.video.model import Problem
from mecpapers.video.options import Options, dual_at, dual_bound, option_table
from mecpapers.video.prices import DOWN_BYTES, FLOAT_BYTES, UP_BYTES, State, begin, finish, rounds, step
from mecpapers.video.scenario import EQ31, MIXED, SET_A, Scenario

POPULATIONS: Mapping[str, Scenario] = {"alike, eq7": SET_A, "alike, eq31": EQ31, "all mixed, eq7": MIXED}
CLOSE = 1e-4  # 0.01 % of the cost
MOST_ROUNDS = 200


@kept
def price_rounds(population: str, n_devices: int, n_instances: int = 40, seed: int = 0) -> Mapping[str, FloatArray]:
    """Run the price scheme on ``scaled`` drops; each result has shape (n_instances,).

    Returns
    -------
    known : rounds until the server's certificate is below 0.01 % of the cost; nan if the duality gap is larger
    true : rounds until the cost is within 0.01 % of the optimum; nan likewise
    frank-wolfe : ``known`` for the update without memory, nan beyond 200 rounds
    dual : rounds until the cuts prove their bound the highest
    senders : devices that send more than one option in the finishing round
    bytes : sent by a device in all, one that sends no more than it must in the finish
    before : loss of the best answer before the finish, of the cost
    after : distance of the finished cost from ``exact``, of the cost
    """
    rows = [_price_run(scaled(POPULATIONS[population], n_devices, drop_generator(seed, k))) for k in range(n_instances)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _price_run(problem: Problem) -> dict[str, float]:
    options, optimum = option_table(problem), solve_exact(problem).objective
    run = list(rounds(options, max_rounds=MOST_ROUNDS))
    without_memory = rounds(options, update="frank-wolfe", max_rounds=MOST_ROUNDS)
    solution, senders = finish(options, run[-1])
    size = abs(optimum)
    return {
        "known": _first(run, lambda s: s.certificate <= CLOSE * size),
        "true": _first(run, lambda s: s.cost - optimum <= CLOSE * size),
        "frank-wolfe": _first(without_memory, lambda s: s.certificate <= CLOSE * size),
        "dual": float(run[-1].rounds),
        "senders": float(senders.sum()),
        "bytes": float(run[-1].rounds * UP_BYTES + UP_BYTES),
        "before": _rounded((run[-1].cost - optimum) / size),
        "after": _rounded(abs(solution.objective - optimum) / size),
    }


def _rounded(loss: float) -> float:
    """A loss within rounding of 0 as 0: its digits differ between machines."""
    return loss if abs(loss) > 1e-14 else 0.0


def _first(states: Iterable[State], reached: Any) -> float:
    return next((float(state.rounds) for state in states if reached(state)), np.nan)


@kept
def price_rounds_with_losses(
    population: str, n_devices: int, answering: Sequence[float], n_instances: int = 40, seed: int = 0
) -> FloatArray:
    """Rounds until the best answer lies within 0.01 % of the optimum where replies get lost at random.

    Parameters
    ----------
    answering : shares of the devices whose reply arrives in a round

    Returns
    -------
    shape (len(answering), n_instances); nan where 200 rounds do not suffice
    """
    table = np.full((len(answering), n_instances), np.nan)
    for k in range(n_instances):
        problem = scaled(POPULATIONS[population], n_devices, drop_generator(seed, k))
        options, optimum = option_table(problem), solve_exact(problem).objective
        for i, share in enumerate(answering):
            state, rng = begin(options), drop_generator(seed, k, 3)
            for _ in range(MOST_ROUNDS):
                state = step(options, state, heard=rng.random(n_devices) < share)
                if state.cost - optimum <= CLOSE * abs(optimum):
                    table[i, k] = state.rounds
                    break
    return table


@kept
def price_rounds_after_change(
    population: str, n_devices: int, step_db: Sequence[float], n_instances: int = 40, seed: int = 0
) -> FloatArray:
    """Rounds to the highest bound after every channel has made a normal step, from the old prices and from none.

    Returns
    -------
    shape (len(step_db), 2, n_instances): warm, cold
    """
    table = np.zeros((len(step_db), 2, n_instances))
    for k in range(n_instances):
        problem = scaled(POPULATIONS[population], n_devices, drop_generator(seed, k))
        *_, last = rounds(option_table(problem))
        for i, size in enumerate(step_db):
            options = option_table(drifted(problem, drop_generator(seed, k, 2), size, POPULATIONS[population]))
            for j, congestion in enumerate((last.bound_at, None)):
                *_, end = rounds(options, congestion=congestion, max_rounds=MOST_ROUNDS)
                table[i, j, k] = end.rounds
    return table


def dual_depth(options: Options, u: FloatArray, v: FloatArray) -> FloatArray:
    """By how much L lies below its maximum at every (u, v), shape (v.size, u.size) [cost]."""
    return dual_bound(options).value - np.array([[dual_at(options, np.array([x, y])).value for x in u] for y in v])


def median_and_worst(values: FloatArray) -> str:
    """Median and worst of some counts, shape (K,), as text; ``never`` tells how many of them, nan, were not reached."""
    reached = values[~np.isnan(values)]
    text = f"{np.median(reached):g}/{reached.max():g}" if reached.size else "-"
    return text if reached.size == values.size else f"{text}, {values.size - reached.size} never"


def price_row(population: str, n_devices: int, run: Mapping[str, FloatArray]) -> dict[str, Any]:
    """One line of the table of rounds: median and worst over the instances, numbers of shape (n_instances,)."""
    return {
        "devices": population,
        "N": n_devices,
        "instances": run["dual"].size,
        "known, 0.01 %": median_and_worst(run["known"]),
        "is, 0.01 %": median_and_worst(run["true"]),
        "Frank and Wolfe, known": median_and_worst(run["frank-wolfe"]),
        "best bound": median_and_worst(run["dual"]),
        "send in the finish": median_and_worst(run["senders"]),
        "worst loss before it, %": 100 * float(run["before"].max()),
    }


def message_rows(n_devices: int, rounds_of: Mapping[str, float]) -> list[dict[str, Any]]:
    """What a device sends and hears, by scheme; Algorithm 4 sends u up (M^, y, z and the bit x), v and theta down.

    Parameters
    ----------
    rounds_of : rounds by scheme; those whose name begins with ``Algorithm 4`` exchange its messages
    """
    rows = []
    for name, number in rounds_of.items():
        up, down = (3 * FLOAT_BYTES + 1, 4 * FLOAT_BYTES) if name.startswith("Algorithm 4") else (UP_BYTES, DOWN_BYTES)
        rows.append(
            {
                "scheme": name,
                "rounds": number,
                "up, bytes a round": up,
                "down, bytes a round": down,
                "up in all, bytes": number * up,
                f"on the air in all, N = {n_devices}, bytes": number
                * (n_devices * up + (down if down == DOWN_BYTES else n_devices * down)),
            }
        )
    return rows
