"""Policies on recorded frames: errors, delays, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.pose.baselines import server_all, solve_random
from mecpapers.pose.calibration import Calibration, calibrate
from mecpapers.pose.measured import trace
from mecpapers.pose.model import Allocation, Problem
from mecpapers.pose.policies import (
    Outcome,
    Views,
    poses,
    prepare,
    run_frame_wise,
    run_guarded,
    run_thresholds,
)
from mecpapers.pose.scenario import Scenario
from mecpapers.pose.schemes import SCHEMES
from mecpapers.pose.triangulation import joint_offsets
from mecpapers.store import kept

POLICIES = (
    "device", "device-discard", "server-all", "server-fit", "random", "single-threshold", "cooperative-plain",
    "cooperative", "exact", "single-guarded", "cooperative-guarded", "frame-wise",
)  # fmt: skip
"""The schemes of the command line, and: ``cooperative-plain`` with kappa = 0; ``single-guarded`` and
``cooperative-guarded`` with the per-frame guard; ``frame-wise``, no thresholds at all: in each frame the images of most
gain that fit."""

PLAIN = ("single-threshold", "single-guarded", "cooperative-plain")  # run with kappa = 0
GRID = tuple(np.round(np.arange(0.0, 0.96, 0.05), 2).tolist())  # kappa tried on the calibration half
BLOCK = 10  # frames, 2 s: consecutive frames are alike
RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True, eq=False)
class Deployment:
    """A calibration with the frames it was learnt on and those it is judged by."""

    calibration: Calibration
    learnt: Views
    held_out: Views


@lru_cache(maxsize=8)  # its arrays are read-only
def deployment(
    light: str = "lite", heavy: str = "heavy", weighted: bool = True, half: int = 0, offsets_from: str = "heavy"
) -> Deployment:
    """Calibrate on one half of every scene's frames (0: the first), to be judged on the other."""
    recorded = trace.load()
    known = recorded.half(half)
    calibration = calibrate(known, light=light, heavy=heavy, offsets_from=offsets_from)
    return Deployment(
        calibration=calibration,
        learnt=prepare(known, calibration, weighted=weighted),
        held_out=prepare(recorded.half(1 - half), calibration, weighted=weighted),
    )


@kept
def discard_values(light: str = "lite", weighted: bool = True, half: int = 0) -> FloatArray:
    """MPJPE [m] of the guarded policy on the calibration frames, by 3-D truth, at each kappa of ``GRID``; (20,)."""
    d = deployment(light, weighted=weighted, half=half)
    errors = []
    for kappa in GRID:
        problem = Scenario(discard_value=kappa).problem(d.calibration.tables)
        allocation = SCHEMES["cooperative"](problem).allocation
        errors.append(run_guarded(d.learnt, problem, allocation).error.mean())
    return np.array(errors)


def discard_value(light: str = "lite", weighted: bool = True, half: int = 0) -> float:
    """Kappa, the value of a discarded view: the best of ``GRID`` on the calibration frames. CALIBRATED."""
    return GRID[int(discard_values(light, weighted, half).argmin())]


def run_policy(name: str, views: Views, problem: Problem) -> Outcome:
    """Run one of ``POLICIES`` on frames; ``problem`` holds kappa."""
    check_choice("policy", name, POLICIES)
    if name in PLAIN:
        problem = replace(problem, discard_value=0.0)
    if name == "server-all":  # also where it is too slow
        return run_thresholds(views, problem, server_all(problem))
    if name == "random":  # lots are drawn anew in each frame
        return run_thresholds(views, problem, _lots(problem, len(views.level)))
    if name == "frame-wise":
        return run_frame_wise(views, problem)
    scheme = {
        "cooperative-plain": "cooperative",
        "cooperative-guarded": "cooperative",
        "single-guarded": "single-threshold",
    }
    allocation = SCHEMES[scheme.get(name, name)](problem).allocation
    return (run_guarded if name.endswith("-guarded") else run_thresholds)(views, problem, allocation)


def _lots(problem: Problem, frames: int) -> Allocation:
    rng = np.random.default_rng(0)
    drawn = [solve_random(problem, rng).allocation for _ in range(frames)]
    return Allocation(lower=np.array([a.lower for a in drawn]), upper=np.array([a.upper for a in drawn]))


@kept
def policy_errors(
    scenario: Scenario | None = None, light: str = "lite", weighted: bool = True, half: int = 0,
    offsets_from: str = "heavy", policies: Sequence[str] = POLICIES,
) -> dict[str, FloatArray]:  # fmt: skip
    """Error [m], delay [s] and lateness of every policy on the held-out frames, each of shape (policies, S, F).

    ``offsets_from`` names the network whose joints the offsets are fitted on, all views; or ``own``: each policy's on
    its own poses of the calibration frames.
    """
    own = offsets_from == "own"
    d = deployment(light, weighted=weighted, half=half, offsets_from="heavy" if own else offsets_from)
    scenario = scenario or Scenario(discard_value=discard_value(light, weighted, half))
    problem = scenario.problem(d.calibration.tables)
    views = [replace(d.held_out, offsets=own_offsets(name, d, problem)) if own else d.held_out for name in policies]
    outcomes = [run_policy(name, v, problem) for name, v in zip(policies, views, strict=True)]
    return {
        "error": np.array([o.error for o in outcomes]),
        "delay": np.array([o.delay for o in outcomes]),
        "late": np.array([o.late for o in outcomes], dtype=float),
    }


def own_offsets(name: str, d: Deployment, problem: Problem) -> FloatArray:
    """Joint offsets [m], shape (17, 3), fitted on a policy's own poses of the calibration frames."""
    bare = replace(d.learnt, offsets=np.zeros_like(d.learnt.offsets))
    outcome = run_policy(name, bare, problem)
    sent, used = (x.reshape(len(bare.truth), -1) for x in (outcome.sent, ~outcome.discarded))
    return joint_offsets(poses(bare, sent, used), bare.truth)


def bootstrap(values: FloatArray, n: int = RESAMPLES, seed: int = 0, block: int = BLOCK) -> FloatArray:
    """Means over resampled blocks of consecutive frames, all rows resampled together.

    Parameters
    ----------
    values : shape (R, S, F)

    Returns
    -------
    shape (R, n)
    """
    rows, scenes, frames = values.shape
    size = min(block, frames)
    cut = frames // size * size
    blocks = values[:, :, :cut].reshape(rows, scenes * (cut // size), size).mean(axis=2)
    rng = np.random.default_rng(seed)
    pick = rng.integers(0, blocks.shape[1], (n, blocks.shape[1]))
    return np.asarray(blocks[:, pick].mean(axis=2))


def policy_rows(errors: dict[str, FloatArray], policies: Sequence[str] = POLICIES) -> list[dict[str, Any]]:
    """MPJPE [mm], delay [ms] and share of late frames [%] of each policy, with 95 % intervals, a line a policy.

    Parameters
    ----------
    errors : by ``policy_errors``, each of shape (policies, S, F)
    """
    columns = {"MPJPE, mm": ("error", 1e3), "delay, ms": ("delay", 1e3), "late, %": ("late", 100.0)}
    rows: list[dict[str, Any]] = [{"policy": name} for name in policies]
    for column, (name, unit) in columns.items():
        values = unit * errors[name]
        low, high = np.quantile(bootstrap(values), [0.025, 0.975], axis=1)
        for i, row in enumerate(rows):
            row[column] = float(values[i].mean())
            row[f"{column} from"], row[f"{column} to"] = float(low[i]), float(high[i])
    return rows


def with_intervals(rows: Sequence[dict[str, Any]], digits: int = 1) -> list[dict[str, Any]]:
    """The same rows with each number and its interval in one cell, for people: 30.4 [27.7, 34.4]."""
    laid = []
    for row in rows:
        cells = {}
        for name, value in row.items():
            if f"{name} from" in row:
                low, high = row[f"{name} from"], row[f"{name} to"]
                cells[name] = f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
            elif not name.endswith((" from", " to")):
                cells[name] = value
        laid.append(cells)
    return laid


def reductions(
    errors: dict[str, FloatArray], of: str, against: str, policies: Sequence[str] = POLICIES, seed: int = 0
) -> tuple[float, float, float]:
    """By what fraction a policy lowers another's MPJPE, with its 95 % interval (paired blocks).

    Parameters
    ----------
    errors : by ``policy_errors``, each of shape (policies, S, F)
    """
    i, j = list(policies).index(of), list(policies).index(against)
    pair = errors["error"][[i, j]]
    ratio = bootstrap(pair, seed=seed)
    low, high = np.quantile(1 - ratio[0] / ratio[1], [0.025, 0.975])
    return float(1 - pair[0].mean() / pair[1].mean()), float(low), float(high)


PAIRS = (
    ("cooperative-guarded", "device"),
    ("cooperative-guarded", "device-discard"),
    ("cooperative-guarded", "server-fit"),
    ("cooperative-guarded", "single-guarded"),
    ("cooperative", "device"),
    ("cooperative", "server-fit"),
    ("cooperative-plain", "device"),
)
"""The comparisons behind the headline: the policy, and what it is compared with."""


def reduction_rows(weighted: bool = True, half: int = 0, offsets_from: str = "heavy") -> list[dict[str, Any]]:
    """How much lower a policy's MPJPE is than another's, with 95 % intervals, and how often the policy is late."""
    errors = policy_errors(weighted=weighted, half=half, offsets_from=offsets_from)
    rows = []
    for of, against in PAIRS:
        value, low, high = (100 * x for x in reductions(errors, of, against))
        late = 100 * float(errors["late"][POLICIES.index(of)].mean())
        rows.append({"policy": of, "against": against, "lower by, %": value, "from": low, "to": high, "late, %": late})
    return rows


def server_network_rows() -> list[dict[str, Any]]:
    """MPJPE [mm] and offloading of the guarded policy by the network on the server, at 100 ms; kappa as before."""
    rows = []
    for heavy in ("heavy", "full"):
        d = deployment(heavy=heavy)
        problem = Scenario(discard_value=discard_value()).problem(d.calibration.tables)
        outcome = run_policy("cooperative-guarded", d.held_out, problem)
        rows.append({
            "on the server": heavy,
            "an image there, ms": 1e3 * problem.server_delay,
            "MPJPE, mm": 1e3 * float(outcome.error.mean()),
            "offloaded, %": 100 * float(outcome.sent.mean()),
            "late, %": 100 * float(outcome.late.mean()),
            "server, all images, mm": 1e3 * float(run_policy("server-all", d.held_out, problem).error.mean()),
        })  # fmt: skip
    return rows


def scene_rows(policies: Sequence[str] = ("device", "device-discard", "server-fit", "cooperative-guarded")) -> Any:
    """MPJPE [mm] of some policies in each scene."""
    error = 1e3 * policy_errors()["error"].mean(axis=2)
    names = [f"{s['body']}, seed {s['seed']}" for s in trace.provenance()["scenes"]]
    return [
        {"scene": name, **{policy: float(error[POLICIES.index(policy), k]) for policy in policies}}
        for k, name in enumerate(names)
    ]


def frame_delays(policies: Sequence[str], weighted: bool = True) -> dict[str, FloatArray]:
    """Delays [s] of all held-out frames, sorted, of some policies; shape (S F,) each."""
    errors = policy_errors(weighted=weighted)
    return {name: np.sort(errors["delay"][POLICIES.index(name)].ravel()) for name in policies}


def score_curve(light: str = "lite", half: int = 0) -> dict[str, FloatArray]:
    """Share of each score level, and mean OKS of the light and the heavy network there, over all cameras; (K,) each."""
    c = deployment(light, half=half).calibration
    f = c.tables.score_pmf / len(c.tables.score_pmf)
    share = f.sum(axis=0)
    return {
        "share": share,
        "light": (f * c.tables.device_accuracy).sum(axis=0) / share,
        "heavy": (f * c.tables.server_accuracy).sum(axis=0) / share,
    }


@kept
def score_rank_correlation(light: str = "lite") -> float:
    """Spearman's correlation of score and OKS over all recorded images of the light network."""
    from scipy.stats import spearmanr  # slow to import

    recorded, net = trace.load(), trace.network(light)
    return float(spearmanr(recorded.score[..., net].ravel(), recorded.oks[..., net].ravel()).statistic)


def definition_rows(weighted: bool = True) -> list[dict[str, Any]]:
    """Reductions of MPJPE in percent with intervals, by whose joints the offsets are fitted on."""
    rows = []
    for source in ("heavy", "lite", "own"):
        errors = policy_errors(weighted=weighted, offsets_from=source)
        row: dict[str, Any] = {"offsets fitted on": source}
        for of, against in (*PAIRS[:3], ("frame-wise", "device-discard")):
            name = f"{of.removeprefix('cooperative-')} / {against}"
            value, low, high = reductions(errors, of, against)
            row |= {name: 100 * value, f"{name} from": 100 * low, f"{name} to": 100 * high}
        rows.append(row)
    return rows


def offset_rows() -> list[dict[str, Any]]:
    """MPJPE of light and heavy, all views, by the network that the joint offsets were fitted on."""
    rows = []
    for source in ("heavy", "lite"):
        errors = policy_errors(offsets_from=source, policies=("device", "server-all"))["error"].mean(axis=(1, 2))
        rows.append(
            {"offsets fitted on": source, "lite, mm": 1e3 * float(errors[0]), "heavy, mm": 1e3 * float(errors[1])}
        )
    return rows
