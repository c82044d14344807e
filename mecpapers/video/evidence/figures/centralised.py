"""Sections II to IV, Table I and the centralised half of Fig. 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mecpapers.arrays import FloatArray
from mecpapers.style import (
    BLUE,
    GREEN,
    GREY,
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
from mecpapers.video.evidence.experiments import TABLE_1
from mecpapers.video.schemes import METRICS

AXES = {
    "instance": "instance",
    "n_devices": "number of devices N",
    "bandwidth_mhz": "bandwidth B, MHz",
    "server_ghz": "server, GHz",
}


@figure_style()
def plot_system() -> Axes:
    """Fig. 1 in the model's names: devices, the shared uplink, the server."""
    ax = canvas(10.4, 5.2)
    for k, name in enumerate(
        ("device 1: edge\nframes", "device 2: local\nframes, device_frequency", "device N: edge\nframes")
    ):
        y = 3.9 - 1.55 * k
        box(ax, 0.2, y, 2.7, 1.1, name, GREY if "local" in name else BLUE)
        if "edge" in name:
            arrow(ax, (2.9, y + 0.55), (4.6, 2.75), BLUE)
    ax.text(1.55, 2.12, "$\\vdots$", ha="center", va="center", fontsize=13)
    box(ax, 4.6, 2.2, 2.2, 1.1, "base station\ntime_budget", GREEN)
    arrow(ax, (6.8, 2.75), (7.9, 2.75), GREEN)
    box(ax, 7.9, 2.2, 2.3, 1.1, "edge server\nserver_frequency", VERMILION)
    ax.text(
        5.7, 4.2, "uplink: frames x frame_bits\nat uplink_rate, for time_share of the time", ha="center", fontsize=8
    )
    ax.text(9.05, 1.55, "edge_frequency\nto each device", ha="center", fontsize=8)
    ax.text(5.7, 0.75, "downlink: the result, too small to count", ha="center", fontsize=8, color=GREY)
    return ax


@figure_style()
def plot_offloading() -> Axes:
    """Fig. 2 in the model's names: video sampling, the choice, the two ways to a result."""
    ax = canvas(10.4, 4.6)
    box(ax, 0.2, 1.7, 1.9, 1.2, "camera\n112 x 112 video", GREY)
    arrow(ax, (2.1, 2.3), (2.7, 2.3), GREY)
    box(ax, 2.7, 1.7, 2.1, 1.2, "sampling\nframes", PURPLE)
    arrow(ax, (4.8, 2.5), (6.2, 3.6), BLUE)
    arrow(ax, (4.8, 2.1), (5.5, 1.0), VERMILION)
    ax.text(4.95, 3.35, "offload = 0", fontsize=8, color=BLUE, ha="right")
    ax.text(4.75, 1.1, "offload = 1", fontsize=8, color=VERMILION, ha="right")
    box(ax, 6.2, 3.1, 3.9, 1.1, "network on the device\nmacs(frames), device_frequency", BLUE)
    box(ax, 5.5, 0.4, 1.7, 1.2, "uplink\ntime_share", GREEN)
    arrow(ax, (7.2, 1.0), (7.8, 1.0), GREEN)
    box(ax, 7.8, 0.4, 2.5, 1.2, "network on the server\nmacs(frames),\nedge_frequency", VERMILION)
    ax.text(8.15, 2.35, "delay, energy, accuracy(frames)", ha="center", va="center", fontsize=9)
    return ax


@figure_style()
def plot_accuracy(frames: FloatArray, curves: dict[str, FloatArray], floor: float) -> Axes:
    """Accuracy curves (15) over the frames, each of shape (K,), and the floor alpha of (13a)."""
    _, ax = plt.subplots()
    styles = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (PURPLE, "^", ":"))
    for (name, phi), (colour, marker, dash) in styled(curves.items(), styles):
        ax.plot(frames, phi, color=colour, marker=marker, linestyle=dash, label=name)
    ax.axhline(floor, color=GREY, linewidth=1, label=f"required, $\\alpha$ = {floor:g}")
    ax.set(xlabel="frames $M$", ylabel="accuracy $\\Phi(M)$")
    ax.legend()
    return ax


@figure_style()
def plot_radio_frame_excess(n_devices: Sequence[int], excess: FloatArray) -> Axes:
    """What the ceil over radio frames in (9) adds to the transmission delay; shape (len(n_devices), 3)."""
    _, ax = plt.subplots()
    styles = (
        ("mean", BLUE, "o", "-"),
        ("95 % of devices below", ORANGE, "s", "--"),
        ("worst device", VERMILION, "^", ":"),
    )
    for column, (label, colour, marker, dash) in zip(excess.T, styles, strict=True):
        ax.plot(n_devices, 100 * column, label=label, color=colour, marker=marker, linestyle=dash)
    ax.set(xlabel="number of devices N, all at the edge", ylabel="added to the delay of (9), %", ylim=(0, None))
    ax.legend()
    return ax


@figure_style()
def plot_local_energy_readings(
    delay: FloatArray, readings: Mapping[str, FloatArray], table_1: tuple[float, float]
) -> Axes:
    """Local energy [J] over local delay [s], shape (K,), under both readings, and Table I's point (delay, energy)."""
    _, ax = plt.subplots()
    for (name, energy), (colour, dash) in zip(readings.items(), ((BLUE, "-"), (VERMILION, "--")), strict=True):
        ax.plot(delay, energy, color=colour, linestyle=dash, label=name)
    ax.plot(*table_1, marker="o", markersize=9, linestyle="", color="black", markerfacecolor="none", label="Table I")
    ax.set(xlabel="local delay $D^{md}$, s", ylabel="local energy $E^{md}$, J", xlim=(0, None), ylim=(0, None))
    ax.legend()
    return ax


@figure_style()
def plot_local_cost(frequency: FloatArray, frames: FloatArray, cost: FloatArray, best: tuple[float, float]) -> Axes:
    """F_0 of (17) above its minimum, over frequency and frames, with Theorem 1's answer.

    Parameters
    ----------
    frequency : shape (K,) [cycle/s]
    frames : shape (L,)
    cost : shape (L, K)
    best : frequency and frames by Theorem 1
    """
    _, ax = plt.subplots()
    above = cost - cost.min()
    lines = ax.contour(frequency / 1e9, frames, above, levels=np.geomspace(5e-4, 0.2, 9), cmap="viridis", norm="log")
    ax.clabel(lines, fmt="%.2g", fontsize=8)
    ax.plot(best[0] / 1e9, best[1], marker="*", markersize=13, color=VERMILION, linestyle="", label="Theorem 1")
    ax.set(xlabel="device frequency $f^{md}$, GHz", ylabel="frames $M$")
    ax.legend(loc="upper right")
    return ax


@figure_style()
def plot_local_frames(weight: FloatArray, relaxed: FloatArray, whole: FloatArray, printed: FloatArray) -> Axes:
    """The frames of (21) over the weight of accuracy, before and after rounding, each of shape (K,)."""
    _, ax = plt.subplots()
    ax.plot(weight, printed, color=ORANGE, linewidth=4, alpha=0.5, drawstyle="steps-mid", label="nearest, as printed")
    ax.plot(weight, whole, color="black", linewidth=1, drawstyle="steps-mid", label="best whole number")
    ax.plot(weight, relaxed, color=BLUE, label="(21), real")
    ax.set(xlabel="weight of accuracy $\\beta_3$", ylabel="frames $M^*$")
    ax.legend()
    return ax


@figure_style()
def plot_shares(rate: FloatArray, shares: dict[str, FloatArray]) -> Axes:
    """Time shares over the uplink rate under several rules, each of shape (N,)."""
    _, ax = plt.subplots()
    order = np.argsort(rate)
    styles = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (VERMILION, "^", ":"))
    for (name, share), (colour, marker, dash) in styled(shares.items(), styles):
        ax.plot(rate[order] / 1e6, 100 * share[order], color=colour, marker=marker, linestyle=dash, label=name)
    ax.set(xlabel="uplink rate $R_n$, Mbit/s", ylabel="share of the air time $t_n$, %", ylim=(0, None))
    ax.legend()
    return ax


@figure_style()
def plot_departure(scale: FloatArray, cost: dict[str, FloatArray]) -> Axes:
    """How much the delay cost grows where one device's share is scaled away from Theorem 2; shape (K,)."""
    _, ax = plt.subplots()
    for (name, values), (colour, dash) in zip(cost.items(), ((BLUE, "-"), (VERMILION, "--")), strict=True):
        ax.plot(scale, 100 * values, color=colour, linestyle=dash, label=name)
    ax.axvline(1, color=GREY, linewidth=0.8)
    ax.set(
        xlabel="one device's share, relative to Theorem 2",
        ylabel="added delay cost of this resource, %",
        ylim=(0, None),
    )
    ax.legend()
    return ax


@figure_style()
def plot_relaxation_loss(accuracy_a1: Sequence[float], loss: dict[str, FloatArray]) -> Axes:
    """What dropping m_a1 from Phi costs Algorithm 2, over m_a1; shape (len(accuracy_a1),)."""
    _, ax = plt.subplots()
    ax.plot(
        accuracy_a1,
        100 * loss["relaxed"],
        color=VERMILION,
        marker="s",
        linestyle="--",
        label="$\\hat\\Phi$, as printed",
    )
    ax.plot(accuracy_a1, 100 * loss["true"], color=BLUE, marker="o", label="$\\Phi$ itself")
    ax.set(xlabel="$m_{a,1}$ ($m_{a,0}$, $m_{a,2}$ refitted)", ylabel="loss against the optimum, %")
    ax.legend()
    return ax


@figure_style()
def plot_prefix_costs(curves: dict[str, FloatArray], stops: dict[str, int]) -> Axes:
    """Average cost where the k best channels offload, over k, and where Algorithm 3 stops.

    Parameters
    ----------
    curves : name -> cost, shape (N+1,)
    stops : name -> the number of edge devices that Algorithm 3 returns
    """
    _, ax = plt.subplots()
    for (name, cost), (colour, dash) in zip(curves.items(), ((BLUE, "-"), (VERMILION, "--")), strict=True):
        ax.plot(cost, color=colour, linestyle=dash, label=name)
        ax.plot(stops[name], cost[stops[name]], color=colour, marker="o", markersize=9, markerfacecolor="none")
    ax.set(xlabel="devices at the edge, best channels first", ylabel="average cost of a device")
    ax.legend()
    return ax


@figure_style()
def plot_losses(n_devices: Sequence[int], losses: dict[str, tuple[FloatArray, FloatArray]], ylabel: str) -> Axes:
    """Mean losses with 95 % confidence intervals: name -> (mean, standard error), each of shape (len(n_devices),)."""
    _, ax = plt.subplots()
    styles = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (PURPLE, "^", "-."), (VERMILION, "D", ":"), (GREEN, "v", "-"))
    for (name, (mean, error)), (colour, marker, dash) in styled(losses.items(), styles):
        bars = 100 * 1.96 * error
        ax.errorbar(n_devices, 100 * mean, bars, label=name, color=colour, marker=marker, linestyle=dash, capsize=3)
    ax.set(xlabel="number of devices N", ylabel=ylabel, xticks=n_devices)
    ax.legend()
    return ax


@figure_style()
def plot_table_1(columns: Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]]) -> Axes:
    """Table I relative to its printed values, one group of bars a row of the table."""
    _, ax = plt.subplots(figsize=(6.8, 3.8))
    rows = [(side, name) for side in TABLE_1 for name in TABLE_1[side]]
    width = 0.8 / len(columns)
    styles = ((BLUE, ""), (ORANGE, "//"), (GREY, ".."))
    for i, ((label, table), (colour, hatch)) in enumerate(styled(columns.items(), styles)):
        ratio = [100 * table[side][name][0] / TABLE_1[side][name] for side, name in rows]
        place = np.arange(len(rows)) + (i - (len(columns) - 1) / 2) * width
        ax.bar(place, ratio, width, color=colour, hatch=hatch, edgecolor="white", label=label)
    ax.axhline(100, color="black", linewidth=0.8)
    ax.set_xticks(np.arange(len(rows)), [f"{side}\n{name}" for side, name in rows], fontsize=8)
    ax.set(ylabel="of the printed value, %")
    ax.legend(ncols=len(columns), loc="upper center", bbox_to_anchor=(0.5, 1.14))
    return ax


@figure_style()
def plot_sweep(sweep: Sweep, metric: str = "cost", schemes: Sequence[str] | None = None) -> Axes:
    """Mean of a metric with its standard error for each scheme, yours among them, over the sweep's axis."""
    _, ax = plt.subplots()
    draw_means(ax, sweep, metric, schemes)
    ax.set(xlabel=AXES.get(sweep.axis, sweep.axis), ylabel=METRICS[metric])
    ax.figure.legend(loc="outside lower center", ncols=3)
    return ax
