"""How ``make bench`` measures: medians over repeated calls, both sides in one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

REPEATS = 15


def median_seconds(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median time of a call, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def report(what: str, ours: float, theirs: float, equal: float) -> None:
    """Print one line: both sides, their ratio, and how nearly the objectives agree."""
    print(f"{what:62} {1e3 * ours:9.3f} ms {1e3 * theirs:9.3f} ms {theirs / ours:8.0f} x   {equal:.0e}")


def exponent(seconds: dict[int, float]) -> float:
    """Slope of log time over log N by least squares."""
    return float(np.polyfit(np.log(list(seconds)), np.log(list(seconds.values())), 1)[0])
