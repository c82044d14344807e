"""Sections II-B, II-D and VI-A, Figs. 3 and 4; and the orders of Section V-C."""

from __future__ import annotations

from functools import partial

import numpy as np

from mecpapers.ledger import Measure
from mecpapers.video.measured.delays import DEPTHS, FIGURE_3, Condition, stored, theory


def _theory_rmse(condition: Condition) -> float:
    return 1e3 * theory(condition)[1]


def _correlation() -> float:
    return min(stored().correlation(depth) for depth in DEPTHS)


def _line_share() -> float:
    measured = stored()
    return max(measured.misfit(depth)["line"] / float(measured.median(depth).mean()) for depth in DEPTHS)


def _rho_ratio() -> float:
    measured = stored()
    return measured.seconds_per_mac(34) / measured.seconds_per_mac(18)


def _accuracy_rmse(seconds: float) -> float:
    from mecpapers.video.measured import recordings

    runs = [run for run in recordings.stored()[0] if run.seconds == seconds]
    return max(recordings.fit_accuracy(run.frames, run.mean).rmse for run in runs)


def significant_falls(level: float = 0.05) -> int:
    """Steps of the six accuracy curves that fall, subjects paired, beyond chance among all of them (Bonferroni)."""
    from scipy import stats

    from mecpapers.video.measured import recordings

    runs, _ = recordings.stored()
    t = np.concatenate([gain / error for gain, error in (run.steps() for run in runs)])
    return int((stats.t.cdf(t, runs[0].accuracy.shape[1] - 1) < level / t.size).sum())


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


def _growth(name: str) -> float:
    from mecpapers.video.evidence.experiments.scale import stored_growth

    return stored_growth(name)


MEASURES: dict[str, Measure] = {
    "fig-3-macs": _correlation,
    **{f"fig-3-linear-{c.depth}-{c.clock / 1e9:g}": partial(_theory_rmse, c) for c in FIGURE_3},
    "fig-3-measured": _line_share,
    "rho-networks": _rho_ratio,
    "fig-4-fit": partial(_accuracy_rmse, 2.0),
    "fig-4-fit-long": partial(_accuracy_rmse, 4.0),
    "fig-4-rising": significant_falls,
    "fig-4-diminishing": diminishing_share,
    "complexity-local": partial(_growth, "theorem-1"),
    "complexity-algorithm-1": partial(_cases_factor, "algorithm-1"),
    "complexity-algorithm-2": partial(_growth, "algorithm-2"),
    "complexity-search-search": partial(_cases_factor, "search-search"),
    "complexity-search-heuristic": partial(_cases_factor, "search-heuristic"),
    "complexity-gp-heuristic": partial(_growth, "gp-heuristic"),
    "complexity-admm": partial(_growth, "admm"),
}
