"""Sections II-B, II-D and VI-A, Figs. 3 and 4; and the orders of Section V-C."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.optimize import isotonic_regression

from mecpapers.arrays import FloatArray
from mecpapers.ledger import Measure
from mecpapers.video.measured.delays import DEPTHS, FIGURE_3, Condition, Delays, stored, theory


def _theory_rmse(condition: Condition) -> float:
    return 1e3 * theory(condition)[1]


def proportional_share(measured: Delays) -> float:
    """Share of the networks whose delay is nearer to a multiple of the MACs than to any line in the frames."""
    fits = [measured.misfit(depth) for depth in DEPTHS]
    return float(np.mean([fit["all"] < fit["line"] for fit in fits]))


def _rho_apart() -> float:
    measured = stored()
    return abs(1 - measured.seconds_per_mac(34) / measured.seconds_per_mac(18))


def _accuracy_rmse(seconds: float) -> float:
    from mecpapers.video.measured import recordings

    runs = [run for run in recordings.stored()[0] if run.seconds == seconds]
    return max(recordings.fit_accuracy(run.frames, run.mean).rmse for run in runs)


def fall_chance(accuracy: FloatArray, n_samples: int = 999, seed: int = 0) -> float:
    """How often a curve that never falls would look as falling as this one by chance.

    The mean curve is held against the nearest curve that never falls: the sum of squared distances, the falls of all
    steps taken together. Its distribution is that of samples of the subjects whose mean is that nearest curve.

    Parameters
    ----------
    accuracy : shape (frames, subjects)
    """
    rng, mean = np.random.default_rng(seed), accuracy.mean(axis=1)
    rising = np.asarray(isotonic_regression(mean).x)
    centred, n = accuracy + (rising - mean)[:, None], accuracy.shape[1]
    means = [centred[:, rng.integers(n, size=n)].mean(axis=1) for _ in range(n_samples)]
    apart = np.array([((m - isotonic_regression(m).x) ** 2).sum() for m in (mean, *means)])
    return float((apart >= apart[0] * (1 - 1e-9)).mean())  # itself included


def falling_runs(level: float = 0.05) -> int:
    """How many of the six accuracy curves fall beyond chance, 5 % over all six together (Bonferroni)."""
    from mecpapers.video.measured import recordings

    runs, _ = recordings.stored()
    return sum(fall_chance(run.accuracy) < level / len(runs) for run in runs)


def diminishing_share() -> float:
    """Share of the runs in which three frames after the first gain more than the twelve that follow."""
    from mecpapers.video.measured import recordings

    runs, _ = recordings.stored()
    curves = np.array([run.mean for run in runs])
    return float(np.mean(curves[:, 3] - curves[:, 0] > curves[:, 15] - curves[:, 3]))


def _cases_factor(name: str) -> float:
    """By which factor a sixth device multiplies the choices compared."""
    from mecpapers.video.evidence.experiments.scale import count_cases

    return count_cases(name, 6) / count_cases(name, 5)


MEASURES: dict[str, Measure] = {
    "fig-3-macs": lambda: proportional_share(stored()),
    **{f"fig-3-linear-{c.depth}-{c.clock / 1e9:g}": partial(_theory_rmse, c) for c in FIGURE_3},
    "rho-networks": _rho_apart,
    "fig-4-fit": partial(_accuracy_rmse, 2.0),
    "fig-4-fit-long": partial(_accuracy_rmse, 4.0),
    "fig-4-rising": falling_runs,
    "fig-4-diminishing": diminishing_share,
    "complexity-algorithm-1": partial(_cases_factor, "algorithm-1"),
    "complexity-search-search": partial(_cases_factor, "search-search"),
    "complexity-search-heuristic": partial(_cases_factor, "search-heuristic"),
}
