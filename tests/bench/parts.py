"""A crowd in parts of 100,000 mixed devices, on two cores: by joblib, and on a Dask cluster of two workers.

``python tests/bench/parts.py 1e6 1e7 --write`` takes those sizes, and writes the table of the page "At scale";
``python tests/bench/parts.py travels`` says what is sent in each pass.
"""

from __future__ import annotations

import argparse
import csv
import pickle
import platform
import resource
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from joblib import parallel_config

from mecpapers.video import parts
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
    cluster = stack.enter_context(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0"))
    stack.enter_context(Client(cluster))
    stack.enter_context(parallel_config(backend="dask"))
    return stack


def crowd(n_devices: int, where: str) -> dict[str, str]:
    """Solve, and print what it took; the memory is that of the largest process so far."""
    with parallel_config(n_jobs=2) if where == "joblib" else on_dask():
        start = time.perf_counter()
        solution = solve_in_parts(Crowd(n_devices), n_devices // EACH)
        took = time.perf_counter() - start
    answer = solution.allocation
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    row = {
        "by": where,
        "devices": f"{n_devices:,}",
        "passes": str(answer.passes),
        "seconds": f"{took:.0f}",
        "µs a device": f"{1e6 * took / n_devices:.1f}",
        "memory, GB": f"{most / 1e6:.2f}",
        "brought home": f"{sum(place.size for place, _ in answer.listed):,}",
        "relative gap": f"{(solution.gap or 0) / abs(solution.objective):.0e}",
        "ended": solution.ended,
    }
    print("  ".join(value.rjust(max(len(name), 11)) for name, value in row.items()), flush=True)
    return row


def travels(n_devices: int = 1_000_000) -> None:
    """Bytes of every pass, pickled: the most that a part is told, and what all parts send home."""
    told: dict[str, int] = {}
    home: dict[str, int] = {}
    delayed = parts.delayed

    def weighed(function: Callable[..., Any]) -> Callable[..., Any]:
        def measured(part: parts.Part, *arguments: Any) -> Any:
            name, found = function.__name__, function(part, *arguments)
            told[name] = max(told.get(name, 0), len(pickle.dumps(arguments)))
            home[name] = home.get(name, 0) + len(pickle.dumps(found))
            return found

        return delayed(measured)

    parts.delayed = weighed
    try:
        solve_in_parts(Crowd(n_devices), n_devices // EACH)
    finally:
        parts.delayed = delayed
    print()
    print(f"what travels, {n_devices:,} devices in {n_devices // EACH} parts [byte]; of passes of one kind together")
    for name, most in told.items():
        print(f"  {name.strip('_'):8} to a part {most:6,}   home, all parts {home[name]:12,}")


def main(sizes: tuple[int, ...] = SIZES, *, write: bool = False) -> None:
    """Run every size by joblib, and all but the largest by Dask."""
    print()
    print("a crowd in parts of 100,000 mixed devices, two processes")
    rows = [crowd(n, "joblib") for n in sizes]
    rows += [crowd(n, "dask") for n in sizes[: max(1, len(sizes) - 1)]]
    travels()
    if write:
        machine = f"{platform.machine()}, two processes, {date.today()}"
        with (Path(__file__).parents[2] / "book" / "tables" / "scale.csv").open("w", encoding="utf-8") as file:
            table = csv.DictWriter(file, [*rows[0], "machine"], lineterminator="\n")
            table.writeheader()
            table.writerows(row | {"machine": machine} for row in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help="devices in all, such as 1e6; or the word travels")
    parser.add_argument("--write", action="store_true", help="write the table")
    options = parser.parse_args()
    if options.sizes == ["travels"]:
        travels()
    else:
        main(tuple(int(float(word)) for word in options.sizes) or SIZES, write=options.write)
