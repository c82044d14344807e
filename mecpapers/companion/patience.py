"""How long to wait for another process: longer on a busy machine, and once more before giving up."""

import os
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


def seconds(at_rest: float) -> float:
    """Return the wait that stands for `at_rest` seconds of an idle machine, in proportion to the load.

    The load is the number of tasks that want a core, over the last minute; systems that don't tell count as idle.
    """
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        load = 0.0
    return at_rest * (1 + load / (os.cpu_count() or 1))


def twice(attempt: Callable[[float], R], at_rest: float, failures: tuple[type[Exception], ...]) -> R:
    """Call `attempt` with its seconds, and once more if it fails; the second failure is raised."""
    try:
        return attempt(seconds(at_rest))
    except failures:
        return attempt(seconds(at_rest))
