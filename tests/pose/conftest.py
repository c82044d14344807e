"""The optimum of a small pose problem by trying everything, for several tests."""

from collections.abc import Callable

import numpy as np
import pytest

from mecpapers.pose import thresholds as th
from mecpapers.pose.model import Problem


def enumerated(problem: Problem) -> float:
    """The optimum by trying every combination of pairs."""
    table = th.options(problem)
    cost, value = np.zeros(1), np.zeros(1)
    for n in range(problem.size):
        cost, value = (cost[:, None] + table.cost[n]).ravel(), (value[:, None] + table.value[n]).ravel()
    return value[cost <= problem.budget].max()


@pytest.fixture(scope="session")
def by_enumeration() -> Callable[[Problem], float]:
    return enumerated
