"""Draws what experiments computed; computes no result itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from mecpapers.arrays import FloatArray
from mecpapers.pose.evidence.experiments import Cloud, Sheet
from mecpapers.pose.schemes import METRICS
from mecpapers.style import BLACK, BLUE, GREEN, GREY, LOOKS, ORANGE, PURPLE, VERMILION, draw_means, figure_style, styled
from mecpapers.sweep import Sweep

AXES = {
    "deadline_ms": "required delay $D_{req}$, ms",
    "n_devices": "number of devices N",
    "servers": "number of servers M",
    "bandwidth_mhz": "bandwidth B, MHz",
    "server_speedup": "server speed, of the measuring core",
}
LABELS = {**METRICS, "error": "MPJPE, mm", "delay": "mean delay, ms", "late": "share of frames late"}
BONES = (
    (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip


@figure_style()
def plot_system() -> Axes:
    """The reconstruction: cameras, two thresholds, the shared uplink, the server, triangulation."""
    _, ax = plt.subplots(figsize=(7.2, 3.0))
    ax.set(xlim=(0, 12), ylim=(0, 5))
    ax.axis("off")
    boxes = (
        (0.1, 1.9, "camera i\nlight network\nscore s", GREY),
        (3.2, 3.5, "s ≥ upper:\naccept", GREEN),
        (3.2, 1.9, "between:\noffload, p_i", BLUE),
        (3.2, 0.3, "s < lower:\ndiscard, κ", PURPLE),
        (6.2, 1.9, "uplink\nτ_i, then server:\nheavy network", VERMILION),
        (9.6, 1.9, "triangulate\nthe used views", BLACK),
    )
    for x, y, text, colour in boxes:
        style = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": colour, "lw": 1.6}
        ax.text(x + 1.0, y + 0.55, text, ha="center", va="center", fontsize=8, bbox=style)
    for start, end in (((2.1, 2.7), (3.3, 3.8)), ((2.1, 2.45), (3.2, 2.45)), ((2.1, 2.2), (3.3, 1.1)),
                       ((5.2, 2.45), (6.0, 2.45)), ((8.5, 2.45), (9.4, 2.45)), ((5.1, 4.1), (10.4, 3.2))):  # fmt: skip
        ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY})
    return ax


@figure_style()
def plot_contact_sheet(sheet: Sheet) -> Axes:
    """The images of one frame with both skeletons, the score and both OKS."""
    fig, axes = plt.subplots(2, 3, figsize=(7.2, 5.2))
    for c, ax in enumerate(axes.flat):
        ax.imshow(sheet.images[c])
        for points, colour, dash in ((sheet.light[c], ORANGE, "--"), (sheet.heavy[c], "#56B4E9", "-")):
            for a, b in BONES:
                ax.plot(*points[[a, b]].T, color=colour, linestyle=dash, linewidth=1.4)
        ax.plot(*sheet.truth[c].T, ".", color="white", markersize=3)
        low, high = sheet.oks[c]
        ax.set_title(f"camera {c}: score {sheet.score[c]:.2f}, OKS {low:.2f} | {high:.2f}", fontsize=8)
        ax.set(xlim=(0, 255), ylim=(255, 0))
        ax.axis("off")
    handles = [plt.Line2D([], [], color=ORANGE, linestyle="--"), plt.Line2D([], [], color="#56B4E9")]
    fig.legend(handles, ["lite", "heavy"], loc="outside lower center", ncols=2)
    return axes[0, 0]


@figure_style()
def plot_score(curve: Mapping[str, FloatArray]) -> Axes:
    """Mean OKS of both networks at each score level of the light one, shape (K,)."""
    _, ax = plt.subplots()
    level = np.arange(len(curve["share"]))
    ax.plot(level, curve["light"], color=ORANGE, marker="s", linestyle="--", label="light network, $a^D$")
    ax.plot(level, curve["heavy"], color=BLUE, marker="o", label="heavy network, $a^S$")
    ax.set(xlabel="score level of the light network (each a tenth of the images)", ylabel="mean OKS", xticks=level)
    ax.legend()
    return ax


@figure_style()
def plot_heat_map(heat: Mapping[str, FloatArray], deadline: float) -> Axes:
    """MPJPE [m] over a common pair of thresholds with contours of the expected delay [s], shape (K+1, K+1) each."""
    fig, ax = plt.subplots(figsize=(6.4, 4.8))
    error, delay = 1e3 * heat["error"], 1e3 * heat["delay"]
    limit = np.nanquantile(error, 0.85)
    image = ax.imshow(error, origin="lower", cmap="viridis_r", vmax=limit, aspect="auto")
    fig.colorbar(image, label="MPJPE, mm", extend="max")
    ax.grid(False)
    levels = sorted({60.0, 80.0, 120.0, 140.0, 1e3 * deadline})
    widths = [2 if level == 1e3 * deadline else 1 for level in levels]
    lines = ax.contour(delay, levels=levels, colors="black", linewidths=widths)
    halo = [withStroke(linewidth=3, foreground="white")]  # on dark fields black is not seen
    lines.set_path_effects(halo)
    for label in ax.clabel(lines, fmt="%.0f ms", fontsize=8):
        label.set_path_effects(halo)
    ax.set(xlabel="upper threshold u (accept from here on)", ylabel="lower threshold l (discard below)")
    return ax


@figure_style()
def plot_sweep(sweep: Sweep, metric: str = "error", policies: Iterable[str] | None = None, top: float = 60) -> Axes:
    """Mean of a metric over scenes or drops with its standard error for each policy; MPJPE above ``top`` is cut off."""
    _, ax = plt.subplots(figsize=(6.4, 4.2))
    draw_means(ax, sweep, metric, None if policies is None else list(policies))
    ax.set(xlabel=AXES.get(sweep.axis, sweep.axis), ylabel=LABELS[metric])
    if metric == "error":
        ax.set_ylim(20, top)
    if sweep.axis in ("bandwidth_mhz", "server_speedup"):
        ax.set_xscale("log", base=2)
        ax.set_xticks(sweep.values, [f"{v:g}" for v in sweep.values])
    if sweep.axis in ("servers", "n_devices"):
        ax.set_xticks(sweep.values)
    ax.figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return ax


@figure_style()
def plot_reductions(rows: Sequence[Mapping[str, Any]]) -> Axes:
    """Reductions of MPJPE in percent with their 95 % intervals, a line a comparison, and the published 40 %."""
    _, ax = plt.subplots(figsize=(6.6, 0.5 * len(rows) + 1.2))
    for y, row in enumerate(rows[::-1]):
        value, low, high = row["lower by, %"], row["from"], row["to"]
        colour = BLUE if row["late, %"] == 0 else VERMILION
        marker = "o" if row["late, %"] == 0 else "x"
        ax.errorbar(value, y, xerr=[[value - low], [high - value]], fmt=marker, color=colour, capsize=3)
    ax.axvline(40, color=GREY, linestyle="--", linewidth=1)
    ax.text(40, len(rows) - 0.4, "up to 40 % ", fontsize=8, color=GREY, ha="right")
    ax.axvline(0, color=BLACK, linewidth=0.8)
    ax.set_yticks(range(len(rows)), [f"{r['policy']} / {r['against']}" for r in rows[::-1]], fontsize=8)
    ax.set(xlabel="MPJPE lower by, % (circle: no frame late; cross: some late)", ylim=(-0.6, len(rows)))
    return ax


@figure_style()
def plot_frame_delays(delays: Mapping[str, FloatArray], deadline: float) -> Axes:
    """Distribution of the delay of a frame [s] for some policies, shape (S F,) each, and the deadline [s]."""
    _, ax = plt.subplots()
    for name, values in delays.items():
        look = LOOKS[name]
        share = np.arange(1, values.size + 1) / values.size
        ax.step(1e3 * values, share, where="post", color=look.colour, linestyle=look.dash, label=look.label)
    ax.axvline(1e3 * deadline, color=VERMILION, linewidth=1, label="$D_{req}$")
    ax.set(xlabel="delay of a frame, ms", ylabel="share of frames at or below", ylim=(0, 1.02))
    ax.legend()
    return ax


@figure_style()
def plot_equivalence(clouds: Mapping[str, Cloud]) -> Axes:
    """Sum of accuracies against MPJPE of random thresholds, both of the same frames, a panel a reading."""
    _, axes = plt.subplots(1, len(clouds), figsize=(7.6, 3.4), sharey=True)
    axes = np.atleast_1d(axes)
    for ax, (name, cloud) in zip(axes, clouds.items(), strict=True):
        total, error = cloud.total.mean(axis=(1, 2)), 1e3 * cloud.error.mean(axis=(1, 2))
        best = total.argmax()
        ax.plot(total, error, ".", color=BLUE, markersize=4)
        ax.plot(
            total[best], error[best], "o", color=VERMILION, markersize=9, markerfacecolor="none", label="largest sum"
        )
        ax.set_title(name, fontsize=9)
        ax.set(xlabel="sum of accuracies")
    axes[0].set_ylabel("MPJPE, mm")
    axes[0].legend(fontsize=8)
    return axes[0]


@figure_style()
def plot_readings(rows: Sequence[Mapping[str, Any]], field: str = "deadline_ms") -> Axes:
    """By how much the guarded policy is better than device-centric [%], with 95 % intervals, a curve a reading."""
    _, ax = plt.subplots()
    name = "lower than device, %"
    for reading, colour, dash, marker in (("left out", BLACK, "-", "o"), ("kept", ORANGE, "--", "s")):
        part = [r for r in rows if r["below the lower threshold"] == reading]
        value, low, high = (np.array([r[n] for r in part]) for n in (name, f"{name} from", f"{name} to"))
        label = {"left out": "the view is left out", "kept": "the local result is kept"}[reading]
        error = np.maximum([value - low, high - value], 0)
        ax.errorbar([r[field] for r in part], value, yerr=error, color=colour, linestyle=dash, marker=marker,
                    capsize=3, label=label)  # fmt: skip
    ax.axhline(40, color=GREY, linestyle=":", linewidth=1)
    ax.set(xlabel=AXES.get(field, field), ylabel="MPJPE below device-centric, %", ylim=(-2, 50))
    ax.legend(title="below the lower threshold", loc="lower right", fontsize=9, title_fontsize=9)
    return ax


@figure_style()
def plot_stress(tables: Mapping[str, Sequence[Mapping[str, float]]], top: float = 120) -> Axes:
    """MPJPE [mm] of some policies over what is injected into the trace, a panel a kind; above ``top`` cut off."""
    fig, axes = plt.subplots(1, len(tables), figsize=(7.6, 3.6), sharey=True)
    axes = np.atleast_1d(axes)
    for ax, (title, rows) in zip(axes, tables.items(), strict=True):
        axis, *policies = rows[0]
        for policy in policies:
            look = LOOKS[policy]
            ax.plot([r[axis] for r in rows], [r[policy] for r in rows], color=look.colour, marker=look.marker,
                    linestyle=look.dash, label=look.label)  # fmt: skip
        ax.set_title(title, fontsize=9)
        ax.set(xlabel=axis, ylim=(20, top))
    axes[0].set_ylabel("MPJPE, mm")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    return axes[0]


@figure_style()
def plot_gaps(gaps: FloatArray, kinds: Sequence[str]) -> Axes:
    """Gap of the Lagrange solution in % of the optimum, sorted, a curve a kind and slack rule; shape (kinds, n, 4)."""
    _, ax = plt.subplots()
    marks = ((BLUE, "o"), (ORANGE, "s"), (VERMILION, "^"), (GREEN, "D"))
    for k, (kind, part, (colour, marker)) in enumerate(zip(kinds, gaps, marks, strict=True)):
        every = {"color": colour, "marker": marker, "markersize": 4, "markevery": (0.025 * k, 0.1)}  # of the diagonal
        rank = np.arange(1, len(part) + 1) / len(part)
        for column, dash in ((1, "-"), (2, ":")):
            loss = 100 * np.sort(1 - part[:, column] / part[:, 0])
            label = f"{kind}, slack filled" if column == 1 else f"{kind}, not filled"
            ax.plot(rank, np.maximum(loss, 1e-3), linestyle=dash, label=label, **every)
    ax.axhline(4, color=GREY, linewidth=1, linestyle="--")
    ax.set(xlabel="share of the instances", ylabel="gap, % of the optimum (floor: 0.001)", yscale="log")
    ax.legend(fontsize=8, loc="center left")
    return ax


@figure_style()
def plot_device_table(p: FloatArray, accuracy: FloatArray, price_line: tuple[float, float, float]) -> Axes:
    """A device's table A*(p), its upper hull's supporting line, and the point the price picks.

    Parameters
    ----------
    p, accuracy : shape (L,)
    price_line : slope (lambda c), p and accuracy of the chosen point
    """
    _, ax = plt.subplots()
    ax.step(p, accuracy, where="post", color=BLUE, marker="o", label="device table $A^*(p)$")
    slope, at, value = price_line
    ax.plot(
        [0, 1], [value - slope * at, value + slope * (1 - at)], color=ORANGE, linestyle="--", label="slope $\\lambda c$"
    )
    ax.plot(at, value, "*", color=VERMILION, markersize=14, label="chosen at price $\\lambda$")
    ax.set(xlabel="offloading probability p", ylabel="accuracy A", ylim=(accuracy.min() - 0.01, accuracy.max() + 0.02))
    ax.legend()
    return ax


@figure_style()
def plot_spread(tables: Mapping[str, Sequence[Mapping[str, float]]]) -> Axes:
    """MPJPE of the guarded policy over the spread of device speeds and of links."""
    _, ax = plt.subplots()
    for (name, rows), (colour, dash, marker) in styled(tables.items(), ((VERMILION, "--", "s"), (BLUE, "-", "o"))):
        ax.plot([r["spread"] for r in rows], [r["MPJPE, mm"] for r in rows], color=colour, linestyle=dash,
                marker=marker, label=name)  # fmt: skip
    ax.set(xlabel="largest over middle (slowdown, or SNR as a ratio)", ylabel="MPJPE, mm", xscale="log")
    ticks = sorted({r["spread"] for rows in tables.values() for r in rows})
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks], fontsize=8)
    ax.minorticks_off()
    ax.legend()
    return ax


@figure_style()
def plot_people(tables: Mapping[str, Sequence[Mapping[str, float]]]) -> Axes:
    """MPJPE of the guarded policy over the number of people, a curve a deadline."""
    _, ax = plt.subplots()
    styles = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (PURPLE, ":", "^"))
    for (name, rows), (colour, dash, marker) in styled(tables.items(), styles):
        ax.plot([r["people"] for r in rows], [r["MPJPE, mm"] for r in rows], color=colour, linestyle=dash,
                marker=marker, label=name)  # fmt: skip
    ax.set(xlabel="people", ylabel="MPJPE, mm", xticks=[r["people"] for r in next(iter(tables.values()))])
    ax.legend()
    return ax


@figure_style()
def plot_model_devices(n_devices: Sequence[int], servers: Sequence[int], result: Mapping[str, FloatArray]) -> Axes:
    """The model beyond six cameras: accuracy a device over N, a curve a number of servers.

    Parameters
    ----------
    result : by ``experiments.over_model_devices``: "accuracy" of shape (servers, n_devices)
    """
    _, ax = plt.subplots()
    styles = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (PURPLE, ":", "^"))
    rows = zip(servers, result["accuracy"], strict=True)
    for (m, values), (colour, dash, marker) in styled(rows, styles):
        ax.plot(n_devices, values, color=colour, linestyle=dash, marker=marker, label=f"cooperative, M = {m}")
    ax.plot(n_devices, result["device"], color=GREY, linestyle="--", label="device, one threshold to discard")
    ax.set(xlabel="number of devices N", ylabel="accuracy of a device, A", xscale="log")
    ax.set_xticks(n_devices, [str(n) for n in n_devices])
    ax.minorticks_off()
    ax.legend()
    return ax
