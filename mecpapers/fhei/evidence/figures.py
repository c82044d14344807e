"""Draws what experiments and models computed; computes no result itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mecpapers.arrays import FloatArray
from mecpapers.fhei.schemes import METRICS
from mecpapers.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LOOKS,
    ORANGE,
    PURPLE,
    VERMILION,
    arrow,
    box,
    canvas,
    draw_means,
    figure_style,
    styled,
)
from mecpapers.sweep import Sweep

_STYLES = ((BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."), (ORANGE, "D", ":"), (PURPLE, "v", "--"))


@figure_style()
def plot_hierarchy() -> Axes:
    """Fig. 1 in the model's names: scales of features, one out of the other, and the classes that use them."""
    ax = canvas(10.4, 4.4)
    box(ax, 0.1, 2.4, 1.4, 1.1, "image\ninput_bytes", GREY)
    names = ("layer 37\n52 x 52 x 256", "layer 62\n26 x 26 x 512", "layer 75\n13 x 13 x 1024")
    for k, name in enumerate(names):
        x = 2.2 + 2.8 * k
        arrow(ax, (x - (0.7 if k == 0 else 0.6), 2.95), (x, 2.95), GREY)
        box(ax, x, 2.4, 2.2, 1.1, f"scale {k + 1}: {name}", BLUE)
        arrow(ax, (x + 1.1, 2.4), (x + 1.1, 1.5), GREEN)
        box(ax, x, 0.4, 2.2, 1.1, f"class {k + 1} inference\nscales 1 to {k + 1}", GREEN)
    ax.text(5.9, 3.95, "feature network: each scale out of the one before, never back", ha="center", fontsize=9)
    return ax


@figure_style()
def plot_architecture() -> Axes:
    """Fig. 3 in the model's names: feature network at the server, inference networks on the mobiles."""
    ax = canvas(10.4, 4.8)
    for k, name in enumerate(("mobile 1", "mobile 2", "mobile M")):
        y = 3.5 - 1.6 * k
        box(ax, 0.1, y, 2.5, 1.15, f"{name}\ninference network\ndevice_speed", BLUE)
        arrow(ax, (2.6, y + 0.8), (4.5, 2.75), ORANGE)
        arrow(ax, (4.5, 2.35), (2.6, y + 0.35), GREEN)
    box(ax, 4.5, 1.9, 1.8, 1.3, "access\npoint", GREY)
    arrow(ax, (6.3, 2.75), (7.5, 2.75), ORANGE)
    arrow(ax, (7.5, 2.35), (6.3, 2.35), GREEN)
    box(ax, 7.5, 1.7, 2.7, 1.7, "edge server\nfeature network\nedge_speed to each", VERMILION)
    ax.text(4.6, 4.1, "up: input_bytes\nin uplink_share of the time", fontsize=8, color="#8A5F00")
    ax.text(4.6, 0.8, "down: feature_bytes\nin downlink_share of the time", fontsize=8, color=GREEN)
    return ax


@figure_style()
def plot_loads(
    size: FloatArray, network: FloatArray, heads: FloatArray, lines: Mapping[str, tuple[float, float]]
) -> Axes:
    """Fig. 2(a): loads [FLOP] over class sizes [byte], shape (3,) each, and lines name -> (value at 0, slope)."""
    _, ax = plt.subplots()
    loads = (("feature network", network), ("inference network", heads))
    for (name, y), (colour, marker, _) in styled(loads, _STYLES):
        ax.plot(size / 1e6, y / 1e9, color=colour, marker=marker, linestyle="", markersize=8, label=name)
    x = np.linspace(2.0, 5.2, 2)
    dashes = ("-", ":", "--", "-.")
    for (name, (base, slope)), dash in styled(lines.items(), dashes):
        colour = VERMILION if "IN" in name else BLUE
        ax.plot(x, (base + slope * 1e6 * x) / 1e9, color=colour, linestyle=dash, linewidth=1.3, label=name)
    ax.set(xlabel="communication load of the class, MB", ylabel="computation load, 1e9 FLOP (2 a MAC)", ylim=(0, None))
    ax.legend(fontsize=8)
    return ax


@figure_style()
def plot_scales(size: FloatArray, curves: Mapping[str, tuple[FloatArray, FloatArray]]) -> Axes:
    """Quality over communication load [byte]: name -> (mean, standard error), shape (K,) each."""
    _, ax = plt.subplots()
    for (name, (mean, error)), (colour, marker, dash) in styled(curves.items(), _STYLES):
        ax.errorbar(size / 1e6, mean, 1.96 * error, label=name, color=colour, marker=marker, linestyle=dash, capsize=3)
    ax.set(xlabel="features of scales 1 to k, MB (float32)", ylabel="average precision at IoU 0.5", ylim=(0, 1.02))
    ax.legend()
    return ax


@figure_style()
def plot_shares(rate: FloatArray, curves: Mapping[str, FloatArray], xlabel: str) -> Axes:
    """Shares of a resource [1] over a rate [bit/s], name -> shape (M,)."""
    _, ax = plt.subplots()
    order = np.argsort(rate)
    for (name, share), (colour, marker, dash) in styled(curves.items(), _STYLES):
        ax.plot(rate[order] / 1e6, 100 * share[order], color=colour, marker=marker, linestyle=dash, label=name)
    ax.set(xlabel=xlabel, ylabel="share, %", ylim=(0, None))
    ax.legend()
    return ax


@figure_style()
def plot_speed(limit: FloatArray, speeds: Mapping[str, FloatArray], q_max: FloatArray) -> Axes:
    """Local speeds [FLOP/s] over the latency limit [s], name -> shape (K,), and the users' limits."""
    _, ax = plt.subplots()
    for (name, speed), (colour, _, dash) in styled(speeds.items(), _STYLES):
        ax.plot(limit, speed / 1e9, color=colour, linestyle=dash, label=name)
    for q in q_max:
        ax.axhline(q / 1e9, color=GREY, linewidth=0.7, linestyle=":")
    ax.set(xlabel="limit on the mean latency, s", ylabel="local speed $q_m$, GFLOP/s")
    ax.legend()
    return ax


@figure_style()
def plot_trajectory(curves: Mapping[str, Mapping[str, FloatArray]], limit: float) -> Axes:
    """Sum of quality and least mean energy over the rounds, name -> {"quality", "energy"}, shape (K,) each."""
    figure, (upper, lower) = plt.subplots(2, 1, sharex=True, figsize=(6.4, 4.8))
    for (name, curve), (colour, _, dash) in styled(curves.items(), _STYLES):
        upper.plot(curve["quality"], color=colour, linestyle=dash, label=name)
        lower.plot(np.where(np.isfinite(curve["energy"]), curve["energy"], np.nan), color=colour, linestyle=dash)
    lower.axhline(limit, color=BLACK, linewidth=0.9, linestyle=":")
    lower.text(70, limit, "limit", fontsize=8, va="center", bbox={"fc": "white", "ec": "none", "pad": 1.5})
    upper.set(ylabel="sum of quality, mAP")
    lower.set(xlabel="round $k$", ylabel="least mean energy, J")
    figure.legend(loc="outside upper center", ncols=3)
    return upper


@figure_style()
def plot_users(quality: Mapping[str, FloatArray], lines: FloatArray) -> Axes:
    """Fig. 4(a): quality of each user under each scheme, scheme -> shape (M,), and the class lines."""
    _, ax = plt.subplots(figsize=(7.2, 4.0))
    width = 0.8 / len(quality)
    hatches = ("", "//", "", "..", "xx", "\\\\", "")
    for i, ((scheme, values), hatch) in enumerate(styled(quality.items(), hatches)):
        place = np.arange(1, values.size + 1) + (i - (len(quality) - 1) / 2) * width
        look = LOOKS[scheme]
        ax.bar(place, values, width, color=look.colour, hatch=hatch, edgecolor="white", label=look.label)
    for k, y in enumerate(lines):
        ax.axhline(y, color=BLACK, linewidth=0.9, linestyle=":")
        ax.text(values.size + 0.65, y, f"class {k + 1}", fontsize=8, va="center", ha="left")
    ax.set(xlabel="user", ylabel="quality $12\\, d$, mAP", ylim=(0, 76), xlim=(0.4, values.size + 0.6))
    ax.figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    return ax


@figure_style()
def plot_sum(sweep: Sweep, schemes: Sequence[str], infeasible: Sequence[int]) -> Axes:
    """Fig. 4(b) a user: mean quality over the drops with an answer, and how many drops had none."""
    _, ax = plt.subplots(figsize=(6.8, 4.2))
    m = np.array(sweep.values)
    for scheme in schemes:
        mean, error = sweep.mean("quality", scheme) / m, sweep.standard_error("quality", scheme) / m
        ax.errorbar(m, mean, error, **LOOKS[scheme].line())
    for x, count in zip(m, infeasible, strict=True):
        ax.annotate(f"{count}", (x, 0.02), xycoords=("data", "axes fraction"), ha="center", fontsize=8, color=GREY)
    ax.text(0.01, 0.08, f"of {sweep.n_drops} drops infeasible:", transform=ax.transAxes, fontsize=8, color=GREY)
    ax.set(xlabel="number of mobiles $M$", ylabel="mean quality of a user, mAP", xticks=m)
    ax.figure.legend(loc="outside lower center", ncols=3)
    return ax


@figure_style()
def plot_total(sweep: Sweep, schemes: Sequence[str]) -> Axes:
    """Fig. 4(b): mean sum of quality over the drops with an answer."""
    _, ax = plt.subplots()
    draw_means(ax, sweep, "quality", schemes)
    ax.set(xlabel="number of mobiles $M$", ylabel="sum of quality, mAP", xticks=sweep.values)
    ax.figure.legend(loc="outside lower center", ncols=3)
    return ax


@figure_style()
def plot_sweep(sweep: Sweep, metric: str = "quality", schemes: Sequence[str] | None = None) -> Axes:
    """Mean of a metric with its standard error over the sweep's axis, for each scheme, yours among them."""
    _, ax = plt.subplots()
    draw_means(ax, sweep, metric, schemes)
    ax.set(xlabel=sweep.axis, ylabel=METRICS[metric], xticks=sweep.values)
    ax.figure.legend(loc="outside lower center", ncols=3)
    return ax


@figure_style()
def plot_losses(x: FloatArray, curves: Mapping[str, FloatArray], xlabel: str, *, log: bool = False) -> Axes:
    """Losses (fractions) over a parameter, name -> shape (K,)."""
    _, ax = plt.subplots()
    for (name, loss), (colour, marker, dash) in styled(curves.items(), _STYLES):
        ax.plot(x, 100 * loss, color=colour, marker=marker, linestyle=dash, label=name)
    ax.set(xlabel=xlabel, ylabel="loss against the optimum, %", xscale="log" if log else "linear", ylim=(0, None))
    ax.legend()
    return ax


@figure_style()
def plot_gaps(gaps: Mapping[str, FloatArray]) -> Axes:
    """Distribution of losses (fractions) over drops, name -> shape (K,): sorted, from the best drop to the worst."""
    _, ax = plt.subplots()
    for (name, gap), (colour, marker, dash) in styled(gaps.items(), _STYLES):
        share = 100 * np.arange(1, gap.size + 1) / gap.size
        ax.plot(100 * np.sort(gap), share, color=colour, marker=marker, markersize=3, linestyle=dash, label=name)
    ax.set(xlabel="loss against the certified optimum, %", ylabel="drops with at most this loss, %", ylim=(0, 101))
    ax.legend()
    return ax
