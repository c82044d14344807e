"""Seconds of a call, and how they grow: one way for ``make bench`` and for the experiments."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from mecpapers.arrays import FloatArray

T = TypeVar("T")


def seconds(function: Callable[[T], object], prepare: Callable[[], T], repeats: int) -> FloatArray:
    """Seconds of each call, shape (repeats,), after one call that is not counted, nor are the preparations.

    Parameters
    ----------
    prepare : makes what the next call is given
    """
    function(prepare())
    taken = np.empty(repeats)
    for i in range(repeats):
        given = prepare()
        start = time.perf_counter()
        function(given)
        taken[i] = time.perf_counter() - start
    return taken


def median_seconds(function: Callable[[], object], repeats: int = 15) -> float:
    """Median time of a call [s]."""
    return float(np.median(seconds(lambda _: function(), lambda: None, repeats)))


def least_seconds(function: Callable[[], object], repeats: int = 5) -> float:
    """Least time of a call [s]: what others on the machine disturb least."""
    return float(seconds(lambda _: function(), lambda: None, repeats).min())


def growth(seconds: Mapping[int, float], *, exponential: bool = False) -> float:
    """The exponent of N, or the factor for each further device: least squares on log time.

    Parameters
    ----------
    seconds : N -> time [s]
    """
    n, t = np.array(list(seconds), dtype=float), np.log(list(seconds.values()))
    slope = float(np.polyfit(n if exponential else np.log(n), t, 1)[0])
    return float(np.exp(slope)) if exponential else slope
