"""The FHEI paper: P2 in closed form against CVXPY, and how the algorithms' times grow with M."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from timing import exponent, median_seconds, report

from mecpapers.arrays import FloatArray
from mecpapers.fhei.alternating import solve_alternating
from mecpapers.fhei.bounds import solve_exact
from mecpapers.fhei.computing import least_energy, smallest, solve_resources
from mecpapers.fhei.evidence import reference
from mecpapers.fhei.mended import solve_mended
from mecpapers.fhei.model import Problem, Users
from mecpapers.fhei.scenario import TABLE_I


def grown(n_users: int, seed: int = 0) -> Problem:
    """A drop whose bands and server grow with its users."""
    scenario = replace(
        TABLE_I,
        n_users=n_users,
        uplink_mhz=4.0 * n_users,
        downlink_mhz=32.0 * n_users,
        server_tflops=4.0 * n_users,
        noise_w_per_hz=1e-7 / n_users,
        gamma_shape=3.0,
        gamma_scale=1.0,
    )
    return scenario.draw(np.random.default_rng(seed))


def closed_form() -> None:
    """P2 by Propositions 1 and 2 against CVXPY's two forms."""
    for n in (5, 20):
        problem = grown(n)
        sizes = smallest(problem)
        ours = median_seconds(lambda p=problem, d=sizes: solve_resources(p, d), 101)
        energy = float(least_energy(problem, sizes)[0]) / n
        for form, name in (("dcp", "DCP"), ("gp", "GP")):
            _, optimum = reference.resources(problem, sizes, form)
            theirs = median_seconds(lambda p=problem, d=sizes, f=form: reference.resources(p, d, f))
            report(f"P2 | CVXPY, {name}, compiled once | M = {n}", ours, theirs, abs(energy / optimum - 1))
        theirs = median_seconds(lambda p=problem, d=sizes: afresh(p, d))
        report(f"P2 | CVXPY, DCP, built anew a call | M = {n}", ours, theirs, abs(energy / afresh(problem, sizes) - 1))
        batch = np.repeat(sizes[None], 1000, axis=0)
        each = median_seconds(lambda p=problem, d=batch: least_energy(p, d)) / 1000
        apart = float(np.abs(least_energy(problem, batch)[0] / n / afresh(problem, sizes) - 1).max())
        report(f"P2's optimum, each of a batch of 1000 | the same | M = {n}", each, theirs, apart)


def afresh(problem: Problem, sizes: FloatArray) -> float:
    """CVXPY's optimum of P2, the program written down and compiled for this call."""
    reference._convex_program.cache_clear()
    return reference.resources(problem, sizes)[1]


def growth() -> None:
    """Alternating, mended and certified over M."""
    print()
    print("ms a call: alternating, mended, certified within 1e-5")
    columns: dict[str, dict[int, float]] = {"alternating": {}, "mended": {}, "certified": {}}
    for n in (2, 5, 10, 20, 50, 100, 200):
        problem = grown(n)
        for name, solve in (("alternating", solve_alternating), ("mended", solve_mended), ("certified", solve_exact)):
            columns[name][n] = median_seconds(lambda p=problem, s=solve: s(p), 3)
        gap = (solve_exact(problem).gap or 0.0) / solve_exact(problem).objective
        print(f"  M = {n:4}:" + "".join(f"{1e3 * c[n]:10.1f}" for c in columns.values()) + f"   gap {gap:.0e}")
    for name, seconds in columns.items():
        print(f"  {name} grows as M^{exponent({n: t for n, t in seconds.items() if n >= 20}):.1f}, M = 20 to 200")


def alike() -> None:
    """Like users, whom boxes can't tell apart."""
    print()
    print("certified optimum of like users")
    for n in (40, 160):
        problem = grown(n)
        one = {
            f.name: getattr(problem.users, f.name) for f in fields(Users) if getattr(problem.users, f.name) is not None
        }
        users = Users(**{name: np.full(n, np.median(value)) for name, value in one.items()})
        problem = replace(problem, users=users)
        solution = solve_exact(problem)
        seconds = median_seconds(lambda p=problem: solve_exact(p), 3)
        gap = (solution.gap or 0.0) / solution.objective
        print(f"  M = {n:4}: {1e3 * seconds:9.1f} ms, relative gap {gap:.0e}, {solution.ended}")


def main() -> None:
    """Run every comparison."""
    print(f"{'ours | theirs':62} {'ours':>12} {'theirs':>12} {'ratio':>10}   objectives differ by, relatively")
    closed_form()
    growth()
    alike()
