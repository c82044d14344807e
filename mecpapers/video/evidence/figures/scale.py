"""The certified optimum at scale: time, memory, warm starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mecpapers.arrays import FloatArray
from mecpapers.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, figure_style, styled
from mecpapers.video.evidence.experiments.scale import column

Rows = Sequence[Mapping[str, float]]


@figure_style()
def plot_scale(exact: Mapping[str, Rows]) -> Axes:
    """Seconds of the certified optimum over the number of devices, beside one bare sweep over the option table."""
    _, ax = plt.subplots()
    for (name, rows), (colour, marker, dash) in styled(exact.items(), ((BLUE, "o", "-"), (VERMILION, "s", "--"))):
        n = column(rows, "n_devices")
        label = f"certified optimum, resources {name}"
        ax.plot(n, column(rows, "whole"), color=colour, marker=marker, linestyle=dash, label=label)
    ax.plot(n, column(rows, "sweep"), color=GREY, marker="^", linestyle=":", label="one sweep over the option table")
    ax.plot(n, 5e-7 * n, color=BLACK, linewidth=0.8, label="half a microsecond a device")
    ax.set(xscale="log", yscale="log", xlabel="number of devices N, all mixed", ylabel="time, s")
    ax.legend(fontsize=8)
    return ax


@figure_style()
def plot_identity(place: FloatArray, cost: FloatArray, value: FloatArray, optimum: float) -> Axes:
    """L along a line through its maximiser, and the costs of assignments met there, above the optimum.

    Parameters
    ----------
    place : along the line, shape (K,)
    cost : of what is cheapest at each place, shape (K,)
    value : L, shape (K,)
    """
    _, ax = plt.subplots()
    ax.plot(place, value - optimum, color=BLUE, label="$L(w)$")
    ax.plot(place, cost - optimum, color=VERMILION, linestyle="--", label="cost of the cheapest options at $w$")
    ax.axhline(0, color=GREY, linewidth=1, label="certified optimum")
    ax.set(xlabel="$|w| / |w^*|$", ylabel="cost less the optimum", ylim=(-0.25, 0.5))
    ax.figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    return ax


@figure_style()
def plot_online(rows: Rows, radio_frame: float) -> Axes:
    """Median seconds of a new optimum after a step of the channels, and the length of a radio frame."""
    _, ax = plt.subplots()
    n = np.arange(len(rows))
    for i, (name, label, colour, hatch) in enumerate(
        (("cold", "from nothing", ORANGE, "//"), ("warm", "from the last optimum", GREEN, ""))
    ):
        milliseconds = 1e3 * column(rows, name)
        ax.bar(n + (i - 0.5) * 0.38, milliseconds, 0.38, color=colour, hatch=hatch, edgecolor="white", label=label)
    ax.axhline(1e3 * radio_frame, color=BLACK, linestyle="--", linewidth=1, label="a radio frame")
    ax.set_xticks(n, [f"{int(row['n_devices'])}" for row in rows])
    ax.set(xlabel="number of devices N", ylabel="time of a new optimum, ms")
    ax.legend()
    return ax
