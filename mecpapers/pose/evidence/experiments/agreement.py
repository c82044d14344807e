"""Whether the sum of accuracies stands for the pose error: both of the same frames, over random thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.pose.evidence.experiments.measured import bootstrap, deployment, discard_value
from mecpapers.pose.measured import trace
from mecpapers.pose.model import Allocation, Filtered, Problem, evaluate
from mecpapers.pose.policies import Outcome, run_thresholds
from mecpapers.pose.scenario import Scenario
from mecpapers.store import kept

DEADLINES_MS = (80.0, 100.0, 150.0, 200.0, 250.0)
"""Limits of the expected delay among which the loss is looked for; at 60 ms hardly a drawn threshold would be left."""
LEAST_MEAN_VIEWS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloud:
    """What n drawn thresholds of all devices give on the held-out frames."""

    foreseen: FloatArray  # sum of accuracies by the calibration half's tables [1] (n,)
    total: FloatArray  # sum of accuracies of the very frames [1] (n, S, F)
    error: FloatArray  # MPJPE of the same frames [m] (n, S, F)
    delay: FloatArray  # expected, by the tables [s] (n,)


@kept
def equivalence(
    weighted: bool = True, kappa: float = 0.0, n_pairs: int = 200, seed: int = 0, filtered: Filtered = "left out"
) -> Cloud:
    """Draw thresholds, and take sum and error from the same frames.

    Every device draws its own pair, uniform over all, but such that on average four views are used or more where images
    below the lower threshold are left out. The draws do not depend on what becomes of those.
    """
    d = deployment(weighted=weighted)
    problem = Scenario(discard_value=kappa, filtered=filtered).problem(d.calibration.tables)
    recorded = trace.load().half(1).oks[:, :, list(d.calibration.views)]
    oks = (recorded[..., d.calibration.light], recorded[..., d.calibration.heavy])
    rows = []
    for allocation in _draws(problem, n_pairs, seed):
        outcome, expected = run_thresholds(d.held_out, problem, allocation), evaluate(problem, allocation)
        rows.append((expected.total, _accuracy(outcome, *oks, kappa).sum(axis=-1), outcome.error, expected.delay))
    foreseen, total, error, delay = (np.array(column) for column in zip(*rows, strict=True))
    return Cloud(foreseen=foreseen, total=total, error=error, delay=delay)


def poor_views(kappa: float) -> tuple[tuple[str, float, Filtered], ...]:
    """What may become of an image below the lower threshold: in words, kappa, and the model's word."""
    return (
        ("left out, kappa = 0", 0.0, "left out"),
        (f"left out, kappa = {kappa:g}", kappa, "left out"),
        ("local result kept", 0.0, "kept"),
    )


def _draws(problem: Problem, n: int, seed: int) -> list[Allocation]:
    rng = np.random.default_rng(seed)
    drawn: list[Allocation] = []
    lower, upper = np.triu_indices(problem.levels + 1)
    below = np.concatenate([np.zeros((problem.size, 1)), np.cumsum(problem.score_pmf, axis=1)], axis=1)
    while len(drawn) < n:
        pick = rng.integers(lower.size, size=problem.size)
        if below[np.arange(problem.size), lower[pick]].sum() <= problem.size - LEAST_MEAN_VIEWS:
            drawn.append(Allocation(lower=lower[pick], upper=upper[pick]))
    return drawn


def _accuracy(outcome: Outcome, light: FloatArray, heavy: FloatArray, kappa: float) -> FloatArray:
    """Of each view: the server's where sent, kappa where left out, else the device's; (S, F, N)."""
    return np.where(outcome.sent, heavy, np.where(outcome.discarded, kappa, light))


def rank_correlation(total: FloatArray, error: FloatArray) -> FloatArray:
    """Spearman's correlation of the sum with minus MPJPE over n thresholds, for each of R columns; shape (R,).

    Parameters
    ----------
    total : shape (n,) or (n, R)
    error : shape (n, R)
    """
    from scipy.stats import rankdata  # slow to import

    a, b = rankdata(total.reshape(len(total), -1), axis=0), rankdata(-error, axis=0)
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return np.asarray((a * b).sum(axis=0) / np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0)))


def loss(cloud: Cloud, deadline_ms: float) -> tuple[float, float]:
    """How much higher MPJPE is at the largest sum than at its least, in percent, of thresholds that keep a deadline.

    The deadline binds the expected delay. The second number is the standard error over blocks of frames, with both
    thresholds as they are.
    """
    fits = np.flatnonzero(cloud.delay <= deadline_ms * 1e-3)
    error, total = cloud.error[fits], cloud.total[fits].mean(axis=(1, 2))
    mean = error.mean(axis=(1, 2))
    pair = error[[total.argmax(), mean.argmin()]]
    drawn = bootstrap(pair)
    return float(100 * (mean[total.argmax()] / mean.min() - 1)), float(100 * np.std(drawn[0] / drawn[1]))


def worst_loss(cloud: Cloud, deadlines_ms: Sequence[float] = DEADLINES_MS) -> tuple[float, float]:
    """The largest ``loss`` over the deadlines that some thresholds keep, with its standard error, in percent."""
    return max(loss(cloud, d) for d in deadlines_ms if (cloud.delay <= d * 1e-3).any())


@kept
def equivalence_rows(n_pairs: int = 200, seed: int = 0) -> list[dict[str, Any]]:
    """Rank correlation with its 95 % interval over blocks of frames, and what the largest sum costs in MPJPE.

    The last column takes the sum from the calibration half's tables instead: what an optimiser can see.
    """
    rows = []
    for weighted in (True, False):
        kappa = discard_value(weighted=weighted)
        for reading, value, filtered in poor_views(kappa):
            cloud = equivalence(weighted, value, n_pairs, seed, filtered)
            mean = 1e3 * cloud.error.mean(axis=(1, 2))
            total = cloud.total.mean(axis=(1, 2))
            spread = rank_correlation(bootstrap(cloud.total, n=400), bootstrap(cloud.error, n=400))
            low, high = np.quantile(spread, [0.025, 0.975])
            rows.append({
                "triangulation": "weighted" if weighted else "unweighted",
                "below the lower threshold": reading,
                "rank correlation": float(rank_correlation(total, mean[:, None])[0]),
                "rank correlation from": float(low),
                "rank correlation to": float(high),
                "MPJPE at the largest sum, mm": round(float(mean[total.argmax()]), 1),
                "least MPJPE, mm": round(float(mean.min()), 1),
                "worst loss, %": round(worst_loss(cloud)[0], 1),
                "foreseen by the tables": round(float(rank_correlation(cloud.foreseen, mean[:, None])[0]), 2),
            })  # fmt: skip
    return rows
