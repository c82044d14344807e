"""``make bench``: ratios, both sides measured in one run, one thread; medians over repeated calls.

Seconds belong to this machine; the ratios are what carries over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mecpapers.video import edge, geometric, reference, verification
from mecpapers.video.scenario import MIXED

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


def theorem_2_and_algorithm_2(n_devices: int = 25) -> None:
    """Theorem 2, and Algorithm 2's Newton solve of (29), against CVXPY."""
    problem = replace(MIXED, n_devices=n_devices, min_accuracy=0.7).draw(np.random.default_rng(0))
    everyone = np.ones(n_devices, dtype=bool)
    frames, _ = geometric.relaxed_frames(problem, everyone)
    whole = np.rint(frames)
    constant = float((problem.devices.weight_accuracy * problem.devices.accuracy_a2).sum())
    closed = edge.converted_cost(problem, everyone, whole) + constant
    relaxed = verification.relaxed_cost(problem, everyone, frames)

    _, _, optimum = reference.edge_optimum(problem, everyone, whole)
    report(
        f"Theorem 2 | CVXPY, DCP, compiled once | N = {n_devices}",
        median_seconds(lambda: edge.edge_shares(problem, everyone, whole)),
        median_seconds(lambda: reference.edge_optimum(problem, everyone, whole)),
        abs(closed / (optimum + constant) - 1),
    )
    for form, name in (("dcp", "DCP, (29) as printed"), ("gp", "GP, (28)")):
        _, optimum = reference.geometric_program(problem, everyone, form=form)
        report(
            f"Algorithm 2 by Newton steps | CVXPY, {name} | N = {n_devices}",
            median_seconds(lambda: geometric.relaxed_frames(problem, everyone)),
            median_seconds(lambda form=form: reference.geometric_program(problem, everyone, form=form), 5),
            abs(relaxed / optimum - 1),
        )


def main() -> None:
    """Run every comparison."""
    print(f"{'ours | theirs':62} {'ours':>12} {'theirs':>12} {'ratio':>10}   objectives differ by, relatively")
    theorem_2_and_algorithm_2()


if __name__ == "__main__":
    main()
