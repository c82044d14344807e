"""Section V, Figs. 6 and 7, and the price scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, StrMethodFormatter

from mecpapers.arrays import FloatArray
from mecpapers.style import BLACK, BLUE, GREEN, GREY, LOOKS, ORANGE, PURPLE, VERMILION, figure_style, styled

_TIMED = {
    "Search+Search": LOOKS["search-search"],
    "Search+Heuristic": LOOKS["search-heuristic"],
    "GP+Heuristic": LOOKS["gp-heuristic"],
    "CCCP": LOOKS["cccp"],
    "ADMM": LOOKS["admm"],
    "proved optimum": LOOKS["exact"],
}
_STYLES = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (PURPLE, "^", "-."), (VERMILION, "D", ":"), (GREEN, "v", "-"))


@figure_style()
def plot_global_step(b: FloatArray, points: Mapping[str, FloatArray]) -> Axes:
    """(42) for two devices: the objective over two shares, the constraint, and what several rules make of it.

    Parameters
    ----------
    b : y + theta / s, shape (2,)
    points : name -> shares exp(v), shape (2,)
    """
    _, ax = plt.subplots(figsize=(5.2, 4.4))
    share = np.linspace(0.02, 1.2 * float(np.exp(b).max()), 200)
    first, second = np.meshgrid(share, share)
    value = ((np.log(first) - b[0]) ** 2 + (np.log(second) - b[1]) ** 2) / 2
    lines = ax.contour(first, second, value, levels=np.geomspace(0.05, 4, 8), cmap="viridis", norm="log")
    ax.clabel(lines, lines.levels[:-1], fmt="%.2g", fontsize=8)  # the outermost runs along the edge
    ax.plot([0, 1], [1, 0], color=BLACK, linewidth=1.5, label="shares add up to 1")
    for (name, point), (colour, marker, _) in styled(points.items(), _STYLES[1:]):
        ax.plot(*point, color=colour, marker=marker, markersize=8, linestyle="", label=name)
    ax.plot(*np.exp(b), color=BLACK, marker="+", markersize=10, linestyle="", label=r"unconstrained, $e^\xi$")
    ax.set(xlabel="share of device 1", ylabel="share of device 2", xlim=(0, share[-1]), ylim=(0, share[-1]))
    ax.figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return ax


@figure_style()
def plot_charge(step_size: FloatArray, charge: FloatArray, truth: float, balanced: float) -> Axes:
    """What (41) charges an edge device for the resources over s, shape (K,), beside what it costs the others."""
    _, ax = plt.subplots()
    ax.loglog(step_size, charge, color=BLUE, label="charged by (41): $(\\theta_f^2 + \\theta_t^2)/2s$")
    ax.axhline(truth, color=VERMILION, linestyle="--", label="true cost to the others, about $\\theta_f + \\theta_t$")
    ax.axvline(0.5, color=GREY, linewidth=1, linestyle=":", label="$s = 0.5$, as printed")
    ax.plot(balanced, truth, color=BLACK, marker="o", linestyle="", label=f"$s^* = {balanced:.3f}$")
    ax.set(xlabel="step size $s$", ylabel="cost")
    ax.legend(fontsize=8)
    return ax


@figure_style()
def plot_convergence(curves: Mapping[str, FloatArray], optimum: float) -> Axes:
    """Fig. 7: average cost over the iterations, by reading, shape (sweeps + 1,), and the optimum."""
    _, ax = plt.subplots()
    ax.axhline(optimum, **{**LOOKS["exact"].line(), "marker": None})
    for (name, cost), (colour, marker, dash) in styled(curves.items(), _STYLES):
        ax.plot(cost, label=name, color=colour, marker=marker, linestyle=dash, markersize=4)
    ax.set(xlabel="iterations", ylabel="average cost of a device")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(fontsize=8)
    return ax


@figure_style()
def plot_sweeps(n_devices: Sequence[int], sweeps: Mapping[str, tuple[FloatArray, FloatArray]]) -> Axes:
    """Sweeps until Algorithm 4 stops over N: name -> (mean, standard error), each of shape (len(n_devices),)."""
    _, ax = plt.subplots()
    for (name, (mean, error)), (colour, marker, dash) in styled(sweeps.items(), _STYLES):
        ax.errorbar(n_devices, mean, 1.96 * error, label=name, color=colour, marker=marker, linestyle=dash, capsize=3)
    ax.set(xlabel="number of devices N", ylabel="sweeps until the cost rests", ylim=(1, None), yscale="log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.minorticks_off()
    ax.legend()
    return ax


@figure_style()
def plot_running_time(seconds: Mapping[str, Mapping[int, float]], unit: str) -> Axes:
    """Fig. 6: running time over N, on a logarithmic axis; name -> N -> time in ``unit``. By CVXPY: dotted, hollow."""
    _, ax = plt.subplots()
    for name, times in seconds.items():
        look = next(look for start, look in _TIMED.items() if name.startswith(start)).line()
        if name.endswith("by CVXPY"):
            look |= {"linestyle": ":", "markerfacecolor": "white"}
        wide = name == "proved optimum"  # below the others, which it would hide
        ax.plot(list(times), list(times.values()), **{**look, "label": name, "zorder": 1.5 if wide else 2})
    ax.set(xlabel="number of devices N", ylabel=unit, yscale="log")
    ax.figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return ax


@figure_style()
def plot_penalty(weights: Sequence[float], losses: Mapping[str, FloatArray], published: float) -> Axes:
    """The loss of CCCP over the weight of its penalty, by start, shape (len(weights),), and the loss printed."""
    _, ax = plt.subplots()
    for (name, loss), (colour, marker, dash) in styled(losses.items(), _STYLES):
        ax.plot(weights, 100 * loss, label=name, color=colour, marker=marker, linestyle=dash)
    ax.axhline(100 * published, color=GREY, linewidth=1, label=f"published, {100 * published:g} %")
    ax.set(xlabel="weight of the penalty, cost", ylabel="loss against the optimum, %")
    ax.legend()
    return ax


@figure_style()
def plot_dual(
    u: FloatArray, v: FloatArray, depth: FloatArray, paths: Mapping[str, FloatArray], best: FloatArray
) -> Axes:
    """The dual function over the two prices, and the prices that rounds of several schemes broadcast.

    Parameters
    ----------
    depth : by how much the dual function lies below its maximum, shape (v.size, u.size)
    paths : name -> shape (rounds, 2)
    best : the maximiser, shape (2,)
    """
    _, ax = plt.subplots(figsize=(5.6, 4.6))
    ax.contour(u, v, depth, levels=np.geomspace(1e-3, 3, 12), cmap="viridis", norm="log", linewidths=0.8)
    for (name, path), (colour, marker, dash) in styled(paths.items(), _STYLES):
        ax.plot(*path.T, color=colour, marker=marker, linestyle=dash, markersize=5, label=name)
    ax.plot(*best, color=BLACK, marker="*", markersize=13, linestyle="", label="best bound")
    ax.set(xlabel="$u$: congestion of the server", ylabel="$v$: congestion of the uplink")
    ax.set(xlim=(0, u[-1]), ylim=(0, v[-1]))
    ax.legend(fontsize=8)
    return ax


@figure_style()
def plot_certificates(curves: Mapping[str, FloatArray]) -> Axes:
    """The server's certificate, relative to the cost, after each round; name -> shape (rounds,)."""
    _, ax = plt.subplots()
    if len({float(x) for gap in curves.values() for x in gap if x > 0}) < 2:  # proved at once: no range to choose
        ax.set_ylim(1e-4, 1.0)
    for (name, gap), (colour, marker, dash) in styled(curves.items(), _STYLES):
        ax.semilogy(np.arange(1, gap.size + 1), 100 * gap, label=name, color=colour, marker=marker, linestyle=dash)
    ax.axhline(0.01, color=GREY, linewidth=1, label="0.01 %")
    ax.set(xlabel="rounds", ylabel="the most by which the cost can exceed the optimum, %")
    ax.legend(fontsize=8)
    return ax
