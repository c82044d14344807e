"""Section V-C and beyond: how time and memory grow, measured; the certified optimum up to a million devices.

``python -m mecpapers.video.evidence.collect scale`` measures anew on this machine, one thread, and writes what
``stored`` reads. Seconds belong to the machine; exponents, ratios and gaps are what carries over.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from typing import Any

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.clock import growth, least_seconds, seconds
from mecpapers.solution import Solution
from mecpapers.video.admm import PRINTED, begin, step
from mecpapers.video.bounds import solve_exact, solve_options
from mecpapers.video.edge import complete, solve_search
from mecpapers.video.evidence.experiments.drops import anew, drifted
from mecpapers.video.evidence.experiments.drops import scaled as grown
from mecpapers.video.geometric import relaxed_frames, warm_started
from mecpapers.video.local import solve_local
from mecpapers.video.measured.delays import processor
from mecpapers.video.model import Allocation, Problem, evaluate, fewest_frames
from mecpapers.video.offloading import solve_channel_aware, solve_every_policy
from mecpapers.video.options import cut, dual_at, dual_bound, locate, look_around, option_table, pick
from mecpapers.video.scenario import EQ31, MIXED

SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000)
RADIO_FRAME = 0.01  # Delta T [s]
STEP_DB = 0.5  # standard deviation of a channel's change from one radio frame to the next


def crowd(n_devices: int, *, scaled: bool, seed: int = 0) -> Problem:
    """Devices that differ in every trait; with ``scaled``, as much server and air time a device as 25 have."""
    rng = np.random.default_rng(seed)
    return grown(MIXED, n_devices, rng) if scaled else replace(MIXED, n_devices=n_devices).draw(rng)


def measure_exact(n_devices: int, *, scaled: bool) -> dict[str, float]:
    """Solve one crowd: seconds, certified gap, and the seconds of one bare sweep over the option table.

    A bare sweep evaluates L and its cut at one w, in the same tuned code that the search uses.
    """
    problem = crowd(n_devices, scaled=scaled)
    repeats = max(3, min(15, 100_000 // n_devices))
    whole = float(seconds(solve_exact, partial(anew, problem), repeats).min())
    options = option_table(problem)
    search = least_seconds(lambda: solve_options(options), repeats)
    roots, w = np.stack([options.a, options.b]), np.array([0.3, 0.3])
    sweep = least_seconds(lambda: cut(roots, options.e, w), max(5, repeats))
    solution = solve_options(options)
    size = float(np.abs(evaluate(problem, solution.allocation).cost).sum())
    return {
        "n_devices": n_devices,
        "whole": whole,
        "search": search,
        "sweep": sweep,
        "gap": float(solution.gap or 0.0) / size,
        "converged": float(solution.converged),
        "edge": float(solution.allocation.offload.mean()),
    }


def measure_exact_apart(n_devices: int, *, scaled: bool) -> dict[str, float]:
    """``measure_exact`` in a process of its own, with the most memory that one solution took [byte]."""
    code = (
        "import json\n"
        "from mecpapers.memory import peak_bytes\n"
        "from mecpapers.video.bounds import solve_exact\n"
        "from mecpapers.video.evidence.experiments.scale import crowd, measure_exact\n"
        f"solve_exact(crowd({n_devices}, scaled={scaled}))\n"
        "memory = peak_bytes()\n"
        f"print(json.dumps(measure_exact({n_devices}, scaled={scaled}) | {{'memory': memory}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    row: dict[str, float] = json.loads(done.stdout)
    return row


def measure_online(n_devices: int, n_steps: int = 30, seed: int = 0) -> dict[str, float]:
    """Follow drifting channels: median and longest seconds of a new solution, cold and from the last one.

    The seconds of a step are the least of three calls, so that the machine's other work counts little.

    ``changed`` is the share of devices whose option changes at a step; ``stale`` by how much, relative to the cost's
    size, the last optimum's policy and frames cost more than the new optimum.
    """
    rng, problem = np.random.default_rng(seed), crowd(n_devices, scaled=True, seed=seed)
    last = solve_exact(problem).allocation
    rows = []
    for _ in range(n_steps):
        problem = drifted(problem, rng, STEP_DB)
        warm, cold = solve_exact(problem, start=last), solve_exact(problem)
        taken = [
            float(seconds(partial(solve_exact, start=start), partial(anew, problem), 3).min()) for start in (last, None)
        ]
        now, size = warm.allocation, float(np.abs(evaluate(problem, warm.allocation).cost).sum())
        stale = (complete(problem, last.offload, last.frames).objective - warm.objective) / size
        apart = abs(warm.objective - cold.objective) / size
        changed = np.mean((now.offload != last.offload) | ((now.frames != last.frames) & now.offload))
        rows.append([*taken, float(changed), stale, apart])
        last = now
    table = np.array(rows)
    warm_median, cold_median, changed, stale, _ = np.median(table, axis=0)
    return {
        "n_devices": n_devices,
        "warm": float(warm_median),
        "cold": float(cold_median),
        "warm_longest": float(table[:, 0].max()),
        "changed": float(changed),
        "stale": float(stale),
        "apart": float(table[:, 4].max()),
    }


def random_crowd(rng: np.random.Generator, most: int = 60) -> Problem:
    """A few mixed devices under random weights and resources."""
    scenario = replace(
        MIXED,
        n_devices=int(rng.integers(2, most)),
        server_ghz=MIXED.server_ghz * 4 ** rng.uniform(-1, 1),
        weight_energy=0.2 * 3 ** rng.uniform(-1, 1),
        weight_accuracy=0.6 * 3 ** rng.uniform(-1, 1),
        min_frames=int(rng.integers(1, 5)),
    )
    return replace(scenario.draw(rng), time_budget=float(4 ** rng.uniform(-1, 1)))


def identity_gap(problem: Problem, rng: np.random.Generator) -> float:
    """How far cost = L(w) + sum r + |P - w|^2 is from true for a random w and a random assignment.

    The left side is ``model.evaluate``'s, which knows neither the table nor Theorem 2's sums; relative to its terms.
    """
    table = option_table(problem)
    dual = dual_at(table, rng.uniform(0, 2, 2) * locate(table).congestion)
    row = np.where(np.isfinite(table.e), rng.uniform(size=table.e.shape), np.inf).argmin(axis=0)
    place = np.array([pick(table.a, row).sum(), pick(table.b, row).sum()])
    right = dual.value + pick(dual.reduced_cost, row).sum() + ((place - dual.congestion) ** 2).sum()
    metrics = evaluate(problem, complete(problem, row > 0, table.frames(row)).allocation)
    return abs(float(right) - metrics.total) / float(np.abs(metrics.cost).sum())


def dual_gap(problem: Problem) -> tuple[float, float]:
    """The optimum less L*, and the bound on it: a quarter of the squared ranges of a and b of two devices."""
    table, solution = option_table(problem), solve_exact(problem)
    ranges = np.ptp(table.a, axis=0) ** 2 + np.ptp(table.b, axis=0) ** 2
    return solution.objective - dual_bound(table).value, float(np.sort(ranges)[-2:].sum() / 4)


def along_ray(problem: Problem, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The cost of what is cheapest at s w*, and L(s w*), for every s of ``scale``; each of shape (len(scale),)."""
    table = option_table(problem)
    w = locate(table).congestion
    duals = [dual_at(table, s * w) for s in scale]
    costs = [complete(problem, d.offload, table.frames(d.choice)).objective for d in duals]
    return np.array(costs), np.array([d.value for d in duals])


def kept_in_ball(problem: Problem, radii: FloatArray) -> FloatArray:
    """Share of the devices that may change their choice within a radius of w*, given in |w*|; shape (len(radii),)."""
    table = option_table(problem)
    w = locate(table).congestion
    looks = [look_around(table, w, radius=float(r * np.hypot(*w)), margin=0.0) for r in radii]
    return np.array([near.device.size for near in looks]) / problem.devices.size


def by_cvxpy(problem: Problem, offload: BoolArray) -> Solution[Allocation]:
    """Algorithm 2 as printed on a policy of shape (N,): CVXPY's geometric program, rounded."""
    from mecpapers.video.evidence import reference

    frames = np.zeros(offload.size)
    if offload.any():
        frames[offload] = np.rint(reference.geometric_program(problem, offload)[0])
    return complete(problem, offload, frames)


def _everyone(problem: Problem) -> BoolArray:
    return np.ones(problem.devices.size, dtype=bool)


def _program(problem: Problem) -> object:
    from mecpapers.video.evidence import reference

    return reference.geometric_program(problem, _everyone(problem))


def _alike(n_devices: int) -> Problem:
    return replace(EQ31, n_devices=n_devices).draw(np.random.default_rng(0))


def _mixed(n_devices: int) -> Problem:
    return crowd(n_devices, scaled=True)


@dataclass(frozen=True)
class Order:
    """One order of Sec. V-C: what is timed, on which problems, and how it may grow."""

    draw: Callable[[int], Problem]
    run: Callable[[Problem], object]
    sizes: tuple[int, ...]
    exponential: bool = False  # growth is a factor for each further device, else a power of N


ORDERS: Mapping[str, Order] = {
    "theorem-1": Order(_mixed, solve_local, (10_000, 100_000, 1_000_000)),
    "algorithm-1": Order(_alike, lambda p: solve_search(p, _everyone(p)), (5, 6), exponential=True),
    "algorithm-2": Order(_mixed, _program, (10, 20, 40, 80)),
    "algorithm-2-newton": Order(_mixed, lambda p: relaxed_frames(p, _everyone(p)), (100, 1000, 10_000, 100_000)),
    "search-search": Order(_alike, lambda p: solve_every_policy(p, allocate=solve_search), (5, 6), exponential=True),
    "search-heuristic": Order(
        _alike, lambda p: solve_channel_aware(p, allocate=solve_search), (5, 6), exponential=True
    ),
    "gp-heuristic": Order(_alike, lambda p: solve_channel_aware(p, allocate=by_cvxpy), (10, 20, 40)),
    "admm": Order(_mixed, lambda p: step(p, begin(p, PRINTED), PRINTED), (10_000, 100_000, 1_000_000)),
    "gp-heuristic-newton": Order(_alike, lambda p: solve_channel_aware(p, allocate=warm_started()), (25, 50, 100, 200)),
}


def count_cases(name: str, n_devices: int) -> int:
    """The choices of frames that one of the exponential ``ORDERS`` compares by (27), over all the policies it tries."""
    problem, cases = _alike(n_devices), 0
    choices = problem.devices.max_frames - fewest_frames(problem.devices) + 1

    def counted(problem: Problem, offload: BoolArray) -> Solution[Allocation]:
        nonlocal cases
        cases += int(np.prod(choices[offload]))
        return solve_search(problem, offload)

    if name == "algorithm-1":
        counted(problem, _everyone(problem))
    else:
        solve = solve_every_policy if name == "search-search" else solve_channel_aware
        solve(problem, allocate=counted)
    return cases


def measure_order(name: str, repeats: int = 3) -> dict[int, float]:
    """Seconds of one of ``ORDERS`` at each of its sizes."""
    order = ORDERS[name]
    problems = {n: order.draw(n) for n in order.sizes}
    return {n: float(seconds(order.run, partial(anew, p), repeats).min()) for n, p in problems.items()}


def measure_all(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Everything that ``stored`` holds; minutes."""
    return {
        "about": {
            "processor": processor(),
            "date": datetime.now(UTC).date().isoformat(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "threads": "1",
        },
        "exact": {
            name: [measure_exact_apart(n, scaled=name == "scaled") for n in sizes] for name in ("scaled", "fixed")
        },
        "online": [measure_online(n) for n in (25, 100, 1000, 10_000)],
        "orders": {name: {str(n): t for n, t in measure_order(name).items()} for name in ORDERS},
    }


def stored() -> dict[str, Any]:
    """The measurement that the book shows."""
    text = (resources.files("mecpapers.video.measured") / "data" / "scale.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def stored_growth(name: str) -> float:
    """The growth of one of ``ORDERS`` in the stored measurement."""
    order, taken = ORDERS[name], stored()["orders"][name]
    return growth({n: taken[str(n)] for n in order.sizes}, exponential=order.exponential)


def column(rows: Sequence[Mapping[str, float]], name: str) -> FloatArray:
    """One column of stored rows, shape (len(rows),)."""
    return np.array([row[name] for row in rows])
