"""Sections II to IV of the video paper: closed forms, Algorithms 1 to 3, the certified optimum."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from timing import exponent, median_seconds, report

from mecpapers.clock import seconds
from mecpapers.solution import Solution
from mecpapers.video import edge, geometric
from mecpapers.video.bounds import solve_exact, solve_many_exact
from mecpapers.video.evidence import reference, verification
from mecpapers.video.evidence.experiments.drops import anew
from mecpapers.video.evidence.experiments.scale import by_cvxpy
from mecpapers.video.evidence.reference import scip_choice
from mecpapers.video.geometric import warm_started
from mecpapers.video.model import Allocation, Problem
from mecpapers.video.offloading import solve_channel_aware
from mecpapers.video.options import option_table
from mecpapers.video.scenario import EQ31, MIXED


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


def exact_and_scip(n_devices: int = 25, n_drops: int = 10) -> None:
    """The proved optimum against SCIP on the same option table, and against the bare table."""
    problems = [mixed_at(n_devices, k) for k in range(n_drops)]
    tables = [option_table(p) for p in problems]
    ours = median_seconds(lambda: [solve_exact(p) for p in problems], 3) / n_drops
    theirs = median_seconds(lambda: [scip_choice(t.a, t.b, t.e) for t in tables], 1) / n_drops
    rows = [scip_choice(t.a, t.b, t.e) for t in tables]
    scip = [edge.complete(p, r > 0, t.frames(r)).objective for p, t, r in zip(problems, tables, rows, strict=True)]
    exact = [solve_exact(p).objective for p in problems]
    report(
        f"exact | SCIP, same MIQP, mixed | N = {n_devices}", ours, theirs, float(np.abs(np.subtract(scip, exact)).max())
    )


def side_by_side(n_devices: int = 25, n_drops: int = 1000) -> None:
    """Certified optima of many drops side by side: by SCIP's time for one, and by one at a time."""
    draw = [partial(replace(MIXED, n_devices=n_devices).draw, np.random.default_rng(k)) for k in range(n_drops)]
    problems = [one() for one in draw]
    together = float(np.median(seconds(solve_many_exact, lambda: [anew(p) for p in problems], 3))) / n_drops
    alone = float(np.median(seconds(one_by_one, lambda: [anew(p) for p in problems], 3))) / n_drops
    tables = [option_table(p) for p in problems[:20]]
    theirs = median_seconds(lambda: [scip_choice(t.a, t.b, t.e) for t in tables], 1) / len(tables)
    gap = max(abs(s.gap / s.objective) for s in solve_many_exact(problems) if s and s.gap is not None)
    report(f"exact, {n_drops} side by side | SCIP, one | N = {n_devices}", together, theirs, gap)
    report(f"exact, {n_drops} side by side | exact, one by one | N = {n_devices}", together, alone, gap)


def one_by_one(problems: list[Problem]) -> list[Solution[Allocation]]:
    """The same optima, alone."""
    return [solve_exact(problem) for problem in problems]


def algorithm_3() -> None:
    """Algorithm 3 with Algorithm 2, by our solve and by CVXPY's GP as the paper has it, and how both grow with N."""
    print()
    print("Algorithm 3 with Algorithm 2, like devices, eq31 (CVXPY's geometric program at 8 and 16)")
    ours, theirs = {}, {}
    for n in (8, 16, 25, 50, 100, 200):
        problem = replace(EQ31, n_devices=n).draw(np.random.default_rng(0))
        ours[n] = median_seconds(lambda p=problem: solve_channel_aware(p, allocate=warm_started()), 5)
        if n <= 16:
            theirs[n] = median_seconds(lambda p=problem: solve_channel_aware(p, allocate=by_cvxpy), 1)
        print(f"  N = {n:4}: {1e3 * ours[n]:9.2f} ms" + (f", CVXPY {1e3 * theirs[n]:9.0f} ms" if n in theirs else ""))
    print(f"  ours grows as N^{exponent({n: t for n, t in ours.items() if n >= 25}):.1f}, N = 25 to 200 (paper: N^4.5)")


def growth() -> None:
    """Measured exponents of the paper's algorithms as printed, with CVXPY, and of ours."""
    print()
    print("growth of one call with N, all devices at the edge, mixed")
    ours, theirs, searched, certified = {}, {}, {}, {}
    for n in (10, 20, 40, 80):
        problem, everyone = mixed_at(n, 0), np.ones(n, dtype=bool)
        theirs[n] = median_seconds(lambda p=problem, x=everyone: reference.geometric_program(p, x), 3)
    for n in (100, 1000, 10_000, 100_000):
        problem, everyone = mixed_at(n, 0), np.ones(n, dtype=bool)
        ours[n] = median_seconds(lambda p=problem, x=everyone: geometric.relaxed_frames(p, x), 3)
        certified[n] = median_seconds(lambda p=problem: solve_exact(p), 1)
    for n in (3, 4, 5):
        problem, everyone = mixed_at(n, 0), np.ones(n, dtype=bool)
        searched[n] = median_seconds(lambda p=problem, x=everyone: edge.solve_search(p, x), 3)
    print(f"  Algorithm 2 by CVXPY's GP      N^{exponent(theirs):.1f}, N = 10 to 80 (paper: N^3.5, interior point)")
    print(f"  Algorithm 2 by Newton steps    N^{exponent(ours):.1f}, N = 100 to 100000")
    print(f"  proved optimum                 N^{exponent(certified):.1f}, N = 100 to 100000")
    print(f"  Algorithm 1, trying all        x {searched[5] / searched[4]:.0f} for a fifth device (paper: x 13)")


def mixed_at(n_devices: int, seed: int) -> Problem:
    """Mixed devices, resources scaled with their number."""
    scenario = replace(MIXED, n_devices=n_devices, server_ghz=22.0 * n_devices / 25)
    return replace(scenario.draw(np.random.default_rng(seed)), time_budget=n_devices / 25)


def main() -> None:
    """Run every comparison."""
    print(f"{'ours | theirs':62} {'ours':>12} {'theirs':>12} {'ratio':>10}   objectives differ by, relatively")
    theorem_2_and_algorithm_2()
    exact_and_scip()
    side_by_side()
    algorithm_3()
    growth()
