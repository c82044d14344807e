"""Sections II-B, II-D and VI-A: MACs, delays, accuracies; Figs. 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mecpapers.arrays import FloatArray
from mecpapers.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, figure_style, styled
from mecpapers.video.measured.delays import Condition, Delays, theory
from mecpapers.video.measured.recordings import Run, accuracy_at, fit_accuracy, fit_accuracy_at, fit_concave
from mecpapers.video.networks import line

STYLES = ((BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", ":"), (PURPLE, "D", "-."))


@figure_style()
def plot_macs(frames: Sequence[int], counts: Mapping[str, FloatArray]) -> Axes:
    """C(M) by (3)-(4) as steps, and its line (14), for each network; each count of shape (len(frames),)."""
    _, ax = plt.subplots()
    for (name, macs), (colour, marker, _) in styled(counts.items(), STYLES):
        c_0, c_1, _ = line(frames, macs)
        ax.plot(frames, macs / 1e9, color=colour, marker=marker, linestyle="", label=f"{name}, exact")
        ax.plot(frames, (c_0 * np.asarray(frames) + c_1) / 1e9, color=colour, linewidth=1, label="its line")
    ax.set(xlabel="frames $M$", ylabel="complexity $C(M)$, GMAC", ylim=(0, None))
    ax.figure.legend(loc="outside lower center", ncols=3)  # column by column: a network, and its line below
    return ax


@figure_style()
def plot_padding(frames: Sequence[int], shares: Mapping[str, FloatArray]) -> Axes:
    """The share of the products in (3) that touch no padding, each of shape (len(frames),)."""
    _, ax = plt.subplots()
    for (name, share), (colour, marker, dash) in styled(shares.items(), STYLES):
        ax.plot(frames, 100 * share, color=colour, marker=marker, linestyle=dash, label=name)
    ax.set(xlabel="frames $M$", ylabel="products without padding, %", ylim=(0, 100))
    ax.legend()
    return ax


@figure_style()
def plot_figure_3(conditions: Sequence[Condition], frames: Sequence[int]) -> Axes:
    """The delay that (5) predicts from exact MACs at the printed rho and clock, and its fitted line."""
    _, ax = plt.subplots()
    for condition, (colour, marker, _) in styled(conditions, STYLES):
        t, rmse = theory(condition, frames)
        c_0, c_1, _ = line(frames, t)
        ax.plot(frames, 1e3 * t, color=colour, marker=marker, linestyle="", label=condition.label)
        label = f"its line, RMSE {1e3 * rmse:.1f} ms (printed: {1e3 * condition.rmse:.0f})"
        ax.plot(frames, 1e3 * (c_0 * np.asarray(frames) + c_1), color=colour, linewidth=1, label=label)
    ax.set(xlabel="frames $M$", ylabel="delay $\\rho\\, C(M) / f$, ms", ylim=(0, None))
    ax.legend(fontsize=8)
    return ax


@figure_style()
def plot_delays(measured: Mapping[str, Delays]) -> Axes:
    """Medians and quartiles of measured delays, and the multiple of C(M) nearest each; one set or several."""
    _, ax = plt.subplots()
    looks = iter(STYLES)
    for name, delays in measured.items():
        for depth, seconds in delays.seconds.items():
            colour, marker, dash = next(looks)
            low, middle, high = 1e3 * np.percentile(seconds, (25, 50, 75), axis=0)
            bars = np.stack([middle - low, high - middle])
            label = f"ResNet-{depth}, {name}"
            ax.errorbar(delays.frames, middle, bars, color=colour, marker=marker, linestyle="", capsize=3, label=label)
            fitted = 1e3 * delays.seconds_per_mac(depth) * delays.macs(depth)
            ax.plot(delays.frames, fitted, color=colour, linestyle=dash, label="multiple of $C(M)$")
    ax.set(xlabel="frames $M$", ylabel="delay of one inference, ms", ylim=(0, None))
    ax.legend(ncols=len(measured), fontsize=8)
    return ax


@figure_style()
def plot_clip(clip: FloatArray, rate: float, frames: int) -> Axes:
    """The six axes of one clip, and the M samples that stand for its frames.

    Parameters
    ----------
    clip : shape (samples, 6)
    rate : samples a second [Hz]
    """
    _, ax = plt.subplots(figsize=(6.4, 3.2))
    t = np.arange(len(clip)) / rate
    chosen = ((np.arange(frames) + 0.5) * len(clip) / frames).astype(int)
    for k, (colour, dash) in enumerate(zip((BLUE, VERMILION, GREEN) * 2, ("-",) * 3 + ("--",) * 3, strict=True)):
        kind, axis = ("acceleration", "turn")[k // 3], "xyz"[k % 3]
        ax.plot(t, clip[:, k], color=colour, linestyle=dash, linewidth=1, label=f"{kind} {axis}")
        ax.plot(t[chosen], clip[chosen, k], color=colour, marker="o", linestyle="")
    for place in t[chosen]:
        ax.axvline(place, color=GREY, linewidth=0.8)
    ax.set(xlabel="time, s", ylabel="acceleration, g; turn, rad/s")
    ax.figure.legend(loc="outside right center", fontsize=8)
    return ax


@figure_style()
def plot_accuracy_runs(runs: Sequence[Run]) -> Axes:
    """Mean accuracy over the frames with (15) fitted; bars are standard errors of the step to the next frame."""
    _, ax = plt.subplots()
    fine = np.linspace(1, max(runs[0].frames), 200)
    for run, (colour, marker, dash) in styled(runs, STYLES):
        fit = fit_accuracy(run.frames, run.mean)
        _, error = run.steps()
        bars = np.append(error, error[-1])
        ax.errorbar(
            run.frames, run.mean, bars, color=colour, marker=marker, linestyle="", capsize=2, label=run.classifier
        )
        ax.plot(fine, accuracy_at(fit, fine), color=colour, linestyle=dash, label=f"(15), RMSE {fit.rmse:.4f}")
    ax.set(xlabel="samples $M$ of a clip", ylabel="accuracy on a person left out")
    ax.legend(ncols=2, fontsize=8, loc="lower right")
    return ax


@figure_style()
def plot_shape(run: Run) -> Axes:
    """One curve, (15), and the nearest non-decreasing concave curve."""
    _, ax = plt.subplots()
    fit, concave = fit_accuracy(run.frames, run.mean), fit_concave(run.frames, run.mean)
    rmse = float(np.sqrt(np.mean((run.mean - concave) ** 2)))
    ax.plot(run.frames, run.mean, color=BLACK, marker="o", linestyle="", label=run.label)
    ax.plot(run.frames, concave, color=ORANGE, linewidth=4, alpha=0.6, label=f"nearest concave curve, RMSE {rmse:.4f}")
    ax.plot(run.frames, accuracy_at(fit, run.frames), color=BLUE, label=f"(15), RMSE {fit.rmse:.4f}")
    ax.set(xlabel="samples $M$ of a clip", ylabel="accuracy on a person left out")
    ax.legend()
    return ax


@figure_style()
def plot_trade_off(runs: Sequence[Run], a_1: FloatArray) -> Axes:
    """RMSE of (15) over m_a1, shape (K,), the other two coefficients fitted anew: how little the data pin it down."""
    _, ax = plt.subplots()
    for run, (colour, marker, dash) in styled(runs, STYLES):
        rmse = [fit_accuracy_at(run.frames, run.mean, float(a)).rmse for a in a_1]
        best = fit_accuracy(run.frames, run.mean)
        ax.plot(a_1, rmse, color=colour, linestyle=dash, label=run.classifier)
        ax.plot(best.a_1, best.rmse, color=colour, marker=marker, linestyle="")
    ax.axhline(0.0095, color=GREY, linewidth=0.8, label="largest RMSE in the paper")
    ax.set(xlabel="$m_{a,1}$ ($m_{a,0}$, $m_{a,2}$ fitted)", ylabel="RMSE of (15)", ylim=(0, None))
    ax.legend(fontsize=8)
    return ax
