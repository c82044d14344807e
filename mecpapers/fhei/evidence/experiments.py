"""Section V: one function a figure, and the verdicts on it over combinations of what the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.fhei.alternating import Stop, rounds, solve_alternating
from mecpapers.fhei.bounds import solve_classes, solve_exact
from mecpapers.fhei.model import Allocation, Problem, evaluate
from mecpapers.fhei.networks import class_bytes
from mecpapers.fhei.scenario import FIG_4A, TABLE_I, UNEQUAL, Scenario
from mecpapers.fhei.schemes import SCHEMES, compare
from mecpapers.solution import Infeasible, Scheme, Solution
from mecpapers.store import kept
from mecpapers.sweep import Sweep, answer, drop_generator

FEW = 10  # drops; a mean over fewer is left out
BENCHMARKS = ("constant", "inversion-rate", "inversion-gain")


def discrete(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The proved optimum over the three sizes that YOLOv3 has, instead of all between d_min and d_max."""
    return solve_classes(problem, class_bytes())


def quick_exact(problem: Problem, *, rng: np.random.Generator | None = None) -> Solution[Allocation]:
    """The same search for the optimum with its proof cut short after 24 nodes: what is left open is its ``gap``."""
    return solve_exact(problem, tolerance=1e-3, most_nodes=24)


@kept
def figure_4a(mobiles: str = "equal") -> dict[str, FloatArray]:
    """Fig. 4(a): quality of each user [mAP], shape (5,), under every scheme with an answer, with the caption's gains.

    Parameters
    ----------
    mobiles : a key of ``UNEQUAL``
    """
    problem = _unequal(mobiles)
    schemes: dict[str, Scheme[Problem, Allocation]] = {**SCHEMES, "discrete": discrete}
    solved = {name: answer(scheme, problem) for name, scheme in schemes.items()}
    return {name: evaluate(problem, s.allocation).quality for name, s in solved.items() if s is not None}


@kept
def figure_4b(n_users: Sequence[int], n_drops: int = 100, seed: int = 0, scenario: Scenario = TABLE_I) -> Sweep:
    """Fig. 4(b): sum of quality of every scheme over the number of users; NaN where there is no answer."""
    schemes: dict[str, Scheme[Problem, Allocation]] = {**SCHEMES, "exact": quick_exact}
    return compare(schemes, scenario, n_drops=n_drops, seed=seed, n_users=n_users)


def figure_4b_rows(sweep: Sweep) -> list[dict[str, Any]]:
    """Means over the drops in which all users can have d_min; a benchmark without an answer counts as missing."""
    rows = []
    for j, m in enumerate(sweep.values):
        alive = ~np.isnan(sweep.drops("quality", "exact")[j])
        row: dict[str, Any] = {"M": int(m), "infeasible": int((~alive).sum())}
        for scheme in sweep.schemes:
            row[scheme] = float(sweep.mean("quality", scheme)[j])
        beaten = sweep.drops("quality", "alternating")[j] < sweep.drops("quality", "constant")[j] * (1 - 1e-9)
        rows.append(row | {"alternating below constant": float(beaten[alive].mean()) if alive.any() else np.nan})
    return rows


COMBINATIONS: Mapping[str, Scenario] = {
    f"N0 {n0:g}, Q {q}, gains {gains}": replace(
        TABLE_I, noise_w_per_hz=n0, slowest_gflops=slow, fastest_gflops=fast, gamma_shape=shape, gamma_scale=3.0
    )
    for n0, (q, slow, fast), (gains, shape) in product(
        (2e-8, 1e-10, 1e-12, 1e-15),
        (("3", 3.0, 3.0), ("1.5-4.5", 1.5, 4.5), ("1.2-2", 1.2, 2.0)),
        (("as printed", 1 / 3), ("shape 1", 1.0)),
    )
}
"""24 readings of what the paper leaves open: noise, mobiles, and the gains' law, the printed one among them.

The station's power enters as P_D / N_0 alone, which the noise moves further than any power would.
"""


def log_likelihood(shape: float, scale: float = 3.0) -> float:
    """Of the ten gains in the caption of Fig. 4 under a gamma law; the larger, the better it explains them."""
    from scipy.stats import gamma  # slow to import

    gains = np.array([*FIG_4A.uplink_gains, *FIG_4A.downlink_gains])
    return float(gamma(shape, scale=scale).logpdf(gains).sum())


@kept
def below_constant(noise_w_per_hz: float, gamma_shape: float, n_drops: int = 60, seed: int = 0) -> tuple[int, int]:
    """In how many drops of Table I the alternating algorithm is below constant quality, and how many can be served."""
    scenario = replace(TABLE_I, noise_w_per_hz=noise_w_per_hz, gamma_shape=gamma_shape)
    schemes = {name: SCHEMES[name] for name in ("alternating", "constant")}
    sweep = compare(schemes, scenario, n_drops=n_drops, seed=seed, n_users=[scenario.n_users])
    ours, theirs = (sweep.drops("quality", name)[0] for name in schemes)
    return int(np.sum(ours < theirs * (1 - 1e-9))), int(np.sum(~np.isnan(theirs)))


@kept
def verdicts(name: str, n_drops: int = 12, seed: int = 0, n_users: int = 5) -> dict[str, float]:
    """What Section V says of Fig. 4, under one of ``COMBINATIONS``.

    Returns
    -------
    infeasible : share of drops
    mean_gap, worst_gap : of the alternating algorithm to the certified optimum
    below_constant, below_inversion, below_any : share of drops in which it is worse than a benchmark
    worst : the worst ratio to a benchmark, less one
    follows : share of drops in which its quality follows the downlink
    mended_below : share of drops in which the mended algorithm is worse than any benchmark
    """
    sweep = figure_4b((n_users,), n_drops, seed, COMBINATIONS[name])
    value = {scheme: sweep.drops("quality", scheme)[0] for scheme in sweep.schemes}
    alive = ~np.isnan(value["exact"])
    if not alive.any():
        return {"infeasible": 1.0}
    ours, best = value["alternating"][alive], value["exact"][alive]
    rivals = np.array([value[b][alive] for b in BENCHMARKS])
    ratio = ours / np.fmax.reduce(rivals) - 1
    slack = -1e-9
    return {
        "infeasible": float(1 - alive.mean()),
        "mean_gap": float(np.mean(1 - ours / best)),
        "worst_gap": float(np.max(1 - ours / best)),
        "below_constant": float(np.mean(ours / rivals[0] - 1 < slack)),
        "below_inversion": float(np.mean(ours / np.fmax.reduce(rivals[1:]) - 1 < slack)),
        "below_any": float(np.mean(ratio < slack)),
        "worst": float(ratio.min()),
        "follows": float(sweep.drops("follows", "alternating")[0][alive].mean()),
        "mended_below": float(np.mean(value["mended"][alive] / np.fmax.reduce(rivals) - 1 < slack)),
    }


def verdict_rows(n_drops: int = 12, seed: int = 0) -> list[dict[str, Any]]:
    """The combinations in which some drop can be served, a line each."""
    found = {name: verdicts(name, n_drops, seed) for name in COMBINATIONS}
    return [{"combination": name, **row} for name, row in found.items() if row["infeasible"] < 1]


def trajectory(mobiles: str = "equal", stop: Stop = "safe", eta: float | None = 1.01) -> dict[str, FloatArray]:
    """Sum of quality [mAP] and P2's mean energy [J] round by round, infinite where P2 has no answer; (K,)."""
    problem = _unequal(mobiles)
    states = rounds(problem, stop=stop, eta=eta)
    total = np.array([problem.quality_per_byte * s.sizes.sum() for s in states])
    return {"quality": total, "energy": np.array([s.mean_energy for s in states])}


def eta_loss(etas: Sequence[float], mobiles: str = "equal") -> FloatArray:
    """Relative loss of the alternating algorithm to the optimum over the increment of (23), shape (etas,)."""
    problem = _unequal(mobiles)
    best = solve_exact(problem).objective
    return np.array([1 - solve_alternating(problem, eta=eta).objective / best for eta in etas])


@kept
def unequal_power_loss(strong: float = 1.0) -> tuple[FloatArray, float]:
    """Downlink shares (5,) with user 5's receive power [W] raised, and what Proposition 1 as printed costs there.

    Returns
    -------
    shares [1], shape (5,); energy added, relatively [1]
    """
    from mecpapers.fhei.computing import least_energy, smallest, solve_resources
    from mecpapers.fhei.transmission import Shares, downlink_shares, uplink_shares

    problem = UNEQUAL["equal"].draw(np.random.default_rng(0))
    power = np.array([0.01, 0.01, 0.01, 0.01, strong])
    problem = replace(problem, users=replace(problem.users, receive_power=power))
    sizes = smallest(problem)
    best = solve_resources(problem, sizes)
    printed = Shares(uplink=uplink_shares(problem), downlink=downlink_shares(problem, sizes))
    energy, _ = least_energy(problem, sizes, printed)
    return best.allocation.downlink_share, float(energy) / problem.users.size / best.objective - 1


def _unequal(mobiles: str) -> Problem:
    check_choice("mobiles", mobiles, UNEQUAL)
    return UNEQUAL[mobiles].draw(np.random.default_rng(0))


def class_lines(quality_per_byte: float) -> FloatArray:
    """The dotted lines of Fig. 4(a): quality [mAP] of YOLOv3's three classes by (16), shape (3,)."""
    return quality_per_byte * class_bytes()


@kept
def discrete_loss(n_drops: int = 20, seed: int = 0, scenario: Scenario = TABLE_I) -> FloatArray:
    """What the three real sizes lose against all from the least to the largest of them, relatively; shape (drops,)."""
    losses = []
    sizes = class_bytes()
    box = replace(scenario, min_mbytes=sizes[0] / 1e6, max_mbytes=sizes[-1] / 1e6)
    for drop in range(n_drops):
        problem = box.draw(drop_generator(seed, drop))
        try:
            whole = solve_exact(problem, tolerance=5e-4).objective
        except Infeasible:
            continue
        losses.append(1 - solve_classes(problem, sizes).objective / whole)
    return np.array(losses)


def mean_gain(sweep: Sweep, rival: str, *, relative: bool = False) -> FloatArray:
    """Mean gain of the alternating algorithm [mAP] over a rival where both have an answer, shape (K,) or less.

    A value of the axis with fewer than ten such drops is left out; NaN alone if all are.

    Parameters
    ----------
    relative : the gain over the rival's own sum [1] instead
    """
    ours, theirs = sweep.drops("quality", "alternating"), sweep.drops("quality", rival)
    gains = ours / theirs - 1 if relative else ours - theirs
    means = [np.nanmean(row) for row in gains if np.sum(~np.isnan(row)) >= FEW]
    return np.array(means or [np.nan])
