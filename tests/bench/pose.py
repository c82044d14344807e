"""The pose paper: the optimiser against the number of devices and of levels; triangulation against a loop and SciPy."""

from __future__ import annotations

import numpy as np
from timing import exponent, median_seconds, report

from mecpapers.pose.evidence.experiments import many_devices
from mecpapers.pose.evidence.verification import nonlinear_triangulation
from mecpapers.pose.measured import cameras
from mecpapers.pose.model import Problem
from mecpapers.pose.thresholds import solve_cooperative, solve_exact
from mecpapers.pose.triangulation import triangulate


def optimiser() -> None:
    """Lagrange with slack fill against the exact optimum on the grid, over devices and over levels."""
    for n in (6, 12, 24):
        problem = many_devices(n)
        ours, exact = solve_cooperative(problem).objective, solve_exact(problem).objective
        report(
            f"Lagrange, bisection, fill | exact, dynamic programming | N = {n}, K = 10",
            median_seconds(lambda p=problem: solve_cooperative(p), 5),
            median_seconds(lambda p=problem: solve_exact(p), 3),
            1 - ours / exact,
        )


def certified() -> None:
    """The exact optimum where there are many pairs or many devices, and how near the bound is."""
    print()
    print("certified optimum of Paper III")
    for n, k in ((6, 101), (24, 20), (200, 1), (200, 5)):
        problem = drawn(n, k)
        solution = solve_exact(problem)
        seconds = median_seconds(lambda p=problem: solve_exact(p), 3)
        gap = (solution.bound - solution.objective) / solution.objective
        print(f"  N = {n:3}, K = {k:3}: {1e3 * seconds:9.1f} ms, relative gap {gap:.0e}, {solution.ended}")


def drawn(n: int, k: int) -> Problem:
    """Devices of random tables, their server's results the better ones."""
    rng = np.random.default_rng(n + k)
    light = np.sort(rng.uniform(0.2, 0.9, (n, k)), axis=1)
    return Problem(
        deadline=0.05 + 0.01 * n,
        device_delay=0.05,
        server_delay=0.01,
        transmission_time=rng.uniform(0.02, 0.08, n),
        discard_value=0.1,
        score_pmf=rng.dirichlet(np.ones(k), n),
        device_accuracy=light,
        server_accuracy=light + rng.uniform(0, 1, (n, k)) * (1 - light),
    )


def growth() -> None:
    """How the optimiser's time grows with the devices and with the levels."""
    print()
    print("growth of Lagrange, bisection and slack fill")
    over_n, over_k = {}, {}
    for n in (10, 30, 100, 300):
        problem = many_devices(n)
        over_n[n] = median_seconds(lambda p=problem: solve_cooperative(p), 3)
        print(f"  N = {n:4}, K = 10: {1e3 * over_n[n]:9.2f} ms")
    for k in (5, 10, 20, 40):
        problem = many_devices(20, k)
        over_k[k] = median_seconds(lambda p=problem: solve_cooperative(p), 3)
        print(f"  N =   20, K = {k:2}: {1e3 * over_k[k]:9.2f} ms")
    print(f"  grows as N^{exponent(over_n):.1f} and K^{exponent(over_k):.1f}")


def triangulation(frames: int = 200) -> None:
    """All joints of all frames at once against one frame at a time, and against SciPy's non-linear least squares."""
    rng, rig = np.random.default_rng(0), cameras.ring()
    points = rng.uniform([-1.5, 0, -1.5], [1.5, 1.9, 1.5], (frames, 17, 3))
    pixels = np.stack([cameras.project(c, points)[0] for c in rig], axis=1)
    pixels += rng.normal(0, 1, pixels.shape)
    whole, few = triangulate(rig, pixels), pixels[:2]
    one_by_one = np.array([triangulate(rig, frame) for frame in pixels])
    at_once = median_seconds(lambda: triangulate(rig, pixels), 5) / frames
    report(
        f"triangulation a frame, all at once | frame by frame | {frames} frames",
        at_once,
        median_seconds(lambda: [triangulate(rig, frame) for frame in pixels], 3) / frames,
        float(np.abs(whole - one_by_one).max()),
    )
    best = np.array([nonlinear_triangulation(rig, f, s) for f, s in zip(few, whole, strict=False)])
    report(
        "triangulation a frame, linear | SciPy, non-linear (apart by, in metres)",
        at_once,
        median_seconds(lambda: nonlinear_triangulation(rig, few[0], whole[0]), 3),
        float(np.abs(best - whole[:2]).max()),
    )


def main() -> None:
    """Run every comparison."""
    print(f"{'ours | theirs':62} {'ours':>12} {'theirs':>12} {'ratio':>10}   objectives differ by, relatively")
    optimiser()
    certified()
    triangulation()
    growth()
