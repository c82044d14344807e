"""Move every real-valued number of a problem by one to four units in the last place, whoever makes the problem.

A move depends on the seed, the field and the value alone: not on the order of the runs, and a drop is moved alike for
all schemes. Devices that are alike stay alike: that is what a problem says of them, and no matter of rounding.
"""

import dataclasses
import hashlib
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

MODELS = r"mecpapers\.\w+\.model"
COUNTS = frozenset({"max_frames", "min_frames", "servers"})  # whole by nature
FRACTIONS = frozenset({"min_accuracy", "discard_value", "score_pmf", "device_accuracy", "server_accuracy"})  # at most 1
ORDERED = (("min_feature_bytes", "max_feature_bytes"),)  # stay as they are where equal
ANSWERS = frozenset({"Allocation", "Metrics"})  # what schemes and the model make of a problem
FARTHEST = 4  # units in the last place


class _After(importlib.abc.MetaPathFinder):
    """Let a module load, then do something to it."""

    def __init__(self, name: str, act: Callable[[ModuleType], None]) -> None:
        self.name, self.act = re.compile(name), act

    def find_spec(
        self, name: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self.name.fullmatch(name):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def execute(module: ModuleType) -> None:
                load(module)
                self.act(module)

            spec.loader.exec_module = execute  # type: ignore[method-assign]
        return spec


def after_import(name: str, act: Callable[[ModuleType], None]) -> None:
    """Call ``act`` with every module whose name matches, as soon as it is imported."""
    sys.meta_path.insert(0, _After(name, act))


def install(seed: int) -> None:
    """From now on, every problem that is made is moved."""
    after_import(MODELS, lambda module: move_records(module, seed))


def records(module: ModuleType) -> list[type]:
    """The classes of a model that check their fields, but for answers: what a problem is made of."""
    classes = (c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__)
    return [c for c in classes if "__post_init__" in vars(c) and c.__name__ not in ANSWERS]


def move_records(module: ModuleType, seed: int) -> None:
    """Move the fields of every record before it checks them."""
    for cls in records(module):
        cls.__post_init__ = _moving(cls.__post_init__, seed)  # type: ignore[attr-defined]


def _moving(check: Any, seed: int) -> Any:
    def post_init(record: Any) -> None:
        values = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
        kept = {name for pair in ORDERED if len({repr(values.get(name)) for name in pair}) == 1 for name in pair}
        for name, value in values.items():
            if name not in kept:
                object.__setattr__(record, name, moved(name, value, seed))
        check(record)

    return post_init


def moved(name: str, value: Any, seed: int) -> Any:
    """Move a field; counts, words, zeros and what is no number stay."""
    import numpy as np

    if name in COUNTS or value is None or isinstance(value, (str, bool)) or dataclasses.is_dataclass(value):
        return value
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        return value  # the record's own check refuses it
    key = int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8], "big")
    lot = _mixed(array.view(np.uint64) ^ np.uint64(key))
    steps = 1 + (lot % np.uint64(FARTHEST)).astype(float)
    sign = np.where(lot >> np.uint64(63), 1.0, -1.0)
    with np.errstate(invalid="ignore", under="ignore"):
        result = array + sign * steps * np.abs(np.spacing(array))
    result = np.where((array == 0) | ~np.isfinite(array), array, result)
    if name in FRACTIONS:
        result = np.where(array <= 1, np.minimum(result, 1.0), array)
    return result if result.ndim else float(result)


def _mixed(bits: Any) -> Any:
    """The splitmix64 finalizer of each value."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = bits + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
