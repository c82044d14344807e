"""A crowd in parts of 100,000 mixed devices, on two cores: by joblib, and on a Dask cluster of two workers."""

from __future__ import annotations

import resource
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

import numpy as np
from joblib import parallel_config

from mecpapers.video.model import Problem
from mecpapers.video.parts import solve_in_parts
from mecpapers.video.scenario import MIXED

EACH = 100_000
SIZES = (1_000_000, 10_000_000, 100_000_000)


class Crowd:
    """Part number -> its devices; server and air time in proportion to them all."""

    def __init__(self, n_devices: int) -> None:
        self.scale = n_devices / 25

    def __call__(self, number: int) -> Problem:
        """Draw a part."""
        scenario = replace(MIXED, n_devices=EACH, server_ghz=22 * self.scale)
        return replace(scenario.draw(np.random.default_rng(number)), time_budget=self.scale)


def on_dask() -> AbstractContextManager[object]:
    """A local cluster of two workers."""
    from distributed import Client, LocalCluster

    stack = ExitStack()
    cluster = stack.enter_context(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
    stack.enter_context(Client(cluster))
    stack.enter_context(parallel_config(backend="dask"))
    return stack


def crowd(n_devices: int, where: str) -> None:
    """Solve, and print what it took; the memory is that of the largest process."""
    with parallel_config(n_jobs=2) if where == "joblib" else on_dask():
        start = time.perf_counter()
        solution = solve_in_parts(Crowd(n_devices), n_devices // EACH)
        took = time.perf_counter() - start
    answer = solution.allocation
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    home = sum(place.size for place, _ in answer.listed)
    print(
        f"{where:7} {n_devices:11,} {answer.passes:6} {took:8.1f} s {1e6 * took / n_devices:8.1f} us"
        f" {most / 1e6:7.2f} GB {home:8,} {(solution.gap or 0) / abs(solution.objective):9.0e}  {solution.ended}",
        flush=True,
    )


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Run every size by joblib, and all but the largest by Dask."""
    print()
    print("a crowd in parts of 100,000 mixed devices, two processes")
    print(f"{'by':7} {'devices':>11} {'passes':>6} {'seconds':>10} {'each':>11} {'memory':>10} {'home':>8} {'gap':>9}")
    for n in sizes:
        crowd(n, "joblib")
    for n in sizes[:-1]:
        crowd(n, "dask")


if __name__ == "__main__":
    main(tuple(int(float(word)) for word in sys.argv[1:]))
