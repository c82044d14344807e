"""Results that are remembered for as long as what they belong to lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

K = TypeVar("K")
R = TypeVar("R")


class Remembered(Generic[K, R]):
    """A function of one record, such as a problem, which answers a second time from memory.

    The record is held weakly: its result goes when it does. Results are shared, so they must be read-only, and they
    must not hold the record, which would then never go.
    """

    def __init__(self, function: Callable[[K], R]) -> None:
        self._function = function
        self._results: WeakKeyDictionary[K, R] = WeakKeyDictionary()
        update_wrapper(self, function)

    def __call__(self, record: K) -> R:
        """Return what the function gives, computed once a record."""
        if record not in self._results:
            self._results[record] = self._function(record)
        return self._results[record]


def remembered(function: Callable[[K], R]) -> Remembered[K, R]:
    """Remember a function's result of each record while the record lives."""
    return Remembered(function)
