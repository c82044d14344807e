"""What every iterative algorithm of the papers is made of, and the one loop that drives them.

An algorithm has up to four parts, which a notebook can call one by one: ``begin(problem) -> state``, the state before
the first round; ``step(problem, state) -> state``, one round, without side effects; ``done(state)``, why it ends there
or None to go on; and ``finish(problem, states) -> Solution``. ``rounds`` walks from the first state to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from mecpapers.solution import Ended

S = TypeVar("S")


def rounds(begin: S, step: Callable[[S], S], done: Callable[[S], Ended | None], *, most: int) -> Iterator[S]:
    """The first state, and the state after every round, up to one that is done, or to the cap.

    Parameters
    ----------
    most : the cap, in rounds, 1 or more

    Raises
    ------
    ValueError
        if the cap leaves no round.

    Examples
    --------
    >>> list(rounds(80, lambda k: k // 2, lambda k: "converged" if k < 10 else None, most=100))
    [80, 40, 20, 10, 5]
    """
    if most < 1:
        raise ValueError(f"max_rounds = {most}: must be 1 or more")
    return _walk(begin, step, done, most)


def _walk(state: S, step: Callable[[S], S], done: Callable[[S], Ended | None], most: int) -> Iterator[S]:
    yield state
    for _ in range(most):
        if done(state) is not None:
            return
        state = step(state)
        yield state


def run(begin: S, step: Callable[[S], S], done: Callable[[S], Ended | None], *, most: int) -> tuple[S, Ended]:
    """The last state of ``rounds``, and why it is the last.

    Examples
    --------
    >>> run(80, lambda k: k // 2, lambda k: "converged" if k < 10 else None, most=2)
    (20, 'cap')
    """
    *_, last = rounds(begin, step, done, most=most)
    return last, done(last) or "cap"
