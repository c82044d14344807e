"""What is remembered lives as long as its record."""

import gc
import pkgutil
import weakref
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from mecpapers.caching import Remembered, remembered
from mecpapers.video.scenario import MIXED


class Record:
    pass


def test_computed_once_a_record_and_gone_with_it():
    calls = []

    @remembered
    def answer(record):
        """Say nothing of the record."""
        calls.append(1)
        return set()

    one, two = Record(), Record()
    assert answer(one) is answer(one) is not answer(two)
    assert len(calls) == 2 and answer.__doc__ == "Say nothing of the record." and answer.__name__ == "answer"
    result, gone = weakref.ref(answer(one)), weakref.ref(one)
    del one
    gc.collect()
    assert result() is None and gone() is None


def caches(paper):
    """Everything in a paper's modules that remembers."""
    path = import_module(f"mecpapers.{paper}").__path__
    names = [m.name for m in pkgutil.walk_packages(path, f"mecpapers.{paper}.") if "evidence" not in m.name]
    found = {id(v): v for name in names for v in vars(import_module(name)).values() if isinstance(v, Remembered)}
    return list(found.values())


def arrays(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from arrays(item)
    else:
        yield from arrays(tuple(vars(value).values()))


PROBLEM = replace(MIXED, n_devices=5).draw(np.random.default_rng(0))


@pytest.mark.parametrize("cache", caches("video"), ids=lambda c: c.__name__)
def test_what_the_video_paper_remembers_cannot_be_written_to_and_keeps_no_problem_alive(cache):
    problem = replace(PROBLEM, devices=replace(PROBLEM.devices))
    record = problem if "problem" in cache.__annotations__ else problem.devices
    found = list(arrays(cache(record)))
    assert found
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    gone = weakref.ref(record)
    del problem, record
    gc.collect()
    assert gone() is None
