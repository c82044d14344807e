"""Section VI-C: Figs. 8 and 9."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet

from mecpapers.arrays import FloatArray
from mecpapers.style import BLUE, GREY, ORANGE, VERMILION, figure_style, styled
from mecpapers.sweep import Sweep
from mecpapers.video.evidence.experiments.trends import Change
from mecpapers.video.evidence.figures.centralised import AXES
from mecpapers.video.schemes import METRICS

PANELS = ("offloading", "delay", "energy", "accuracy")


@figure_style()
def plot_figure_8(readings: Mapping[str, Sweep]) -> Axes:
    """Offloading rate, delay, energy and accuracy over one parameter, a panel each, with standard errors."""
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5.2), sharex=True)
    looks = ((BLUE, "o", "-"), (VERMILION, "s", "--"))
    for ax, metric in zip(axes.flat, PANELS, strict=True):
        for (name, sweep), (colour, marker, dash) in styled(readings.items(), looks):
            mean, error = (f(metric, "gp-heuristic") for f in (sweep.mean, sweep.standard_error))
            ax.errorbar(sweep.values, mean, error, color=colour, marker=marker, linestyle=dash, label=name, capsize=2)
        ax.set(ylabel=METRICS[metric])
        if metric != "accuracy":
            ax.set_ylim(0, None)
    for ax in axes[1]:
        ax.set(xlabel=AXES[sweep.axis])
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return axes[0, 0]


@figure_style()
def plot_accuracy_changes(changes: Mapping[str, Change]) -> Axes:
    """What changed the mean accuracy: who is at the edge, or how many frames are taken."""
    _, ax = plt.subplots(figsize=(6.4, 3.4))
    place = np.arange(len(changes))
    for i, (part, colour, hatch) in enumerate((("composition", BLUE, ""), ("frames", ORANGE, "//"))):
        size = [100 * getattr(change, part) for change in changes.values()]
        label = "more or fewer devices at the edge" if part == "composition" else "other numbers of frames"
        ax.barh(place + (i - 0.5) * 0.38, size, 0.38, color=colour, hatch=hatch, edgecolor="white", label=label)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(place, list(changes))
    ax.invert_yaxis()
    ax.set(xlabel="change of the mean accuracy, percentage points")
    ax.figure.legend(loc="outside lower center", ncols=2)
    return ax


@figure_style()
def plot_figure_9(points: Mapping[str, FloatArray]) -> Axes:
    """Accuracy over delay and energy, a point a weight, shape (K,); local weights dark, edge weights light."""
    figure = plt.figure(figsize=(6.4, 4.8))
    ax = figure.add_subplot(projection="3d")
    x, y, z = points["delay"], np.log10(points["energy"]), points["accuracy"]
    ax.plot_trisurf(x, y, z, cmap="viridis", alpha=0.55, linewidth=0.3, edgecolor=GREY)
    shown = ax.scatter(x, y, z, c=points["offloading"], cmap="cividis", vmin=0, vmax=1, s=28, edgecolor="black")
    bar = figure.colorbar(shown, ax=ax, shrink=0.7, pad=0.12)
    bar.set_label(METRICS["offloading"])
    ax.set(xlabel="average delay, s", ylabel="average energy, J", zlabel="average accuracy")
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if 10 ** y.min() <= t <= 10 ** y.max()]
    ax.set_yticks(np.log10(ticks), [f"{t:g}" for t in ticks])
    ax.view_init(elev=24, azim=-128)
    ax.set_box_aspect(None, zoom=0.86)
    return ax


@figure_style()
def plot_weights(points: Mapping[str, FloatArray]) -> Axes:
    """The same from above: the weights, shape (K,), over delay and energy, lines of equal accuracy between them."""
    _, ax = plt.subplots()
    levels = np.arange(0.5, 1.0, 0.05)
    lines = ax.tricontour(
        points["delay"], np.log10(points["energy"]), points["accuracy"], levels=levels, cmap="viridis"
    )
    ax.clabel(lines, manual=_apart(lines, points), fmt="%.2f", fontsize=8, colors="black")
    shown = ax.scatter(
        points["delay"],
        np.log10(points["energy"]),
        c=points["offloading"],
        cmap="cividis",
        vmin=0,
        vmax=1,
        edgecolor="black",
        zorder=3,
    )
    ax.figure.colorbar(shown, ax=ax, label=METRICS["offloading"])
    low, high = np.log10(points["energy"].min()), np.log10(points["energy"].max())
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if low <= np.log10(t) <= high]
    ax.set_yticks(np.log10(ticks), [f"{t:g}" for t in ticks])
    ax.set(xlabel="average delay, s", ylabel="average energy, J")
    reach = points["delay"].max() - points["delay"].min()
    ax.set_xlim(points["delay"].min() - 0.05 * reach, points["delay"].max() + 0.05 * reach)
    ax.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    return ax


def _apart(lines: ContourSet, points: Mapping[str, FloatArray]) -> list[tuple[float, float]]:
    """The place on each line that lies farthest from the points: where its number neither hides one nor is hidden."""
    place = np.stack([points["delay"], np.log10(points["energy"])], axis=-1)
    scale = np.ptp(place, axis=0)
    found = []
    for path in lines.get_paths():
        inner = np.asarray(path.vertices, dtype=float)[1:-1]
        if len(inner):
            distance = np.linalg.norm((inner[:, None] - place) / scale, axis=-1)
            x, y = inner[distance.min(axis=1).argmax()]
            found.append((float(x), float(y)))
    return found
