"""Draws what rests on what in a paper; computes nothing."""

from __future__ import annotations

from textwrap import TextWrapper

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from mecpapers.ledger.layout import Box, Layout
from mecpapers.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, figure_style

_WIDTH, _GAP = 1.6, 0.4  # of a column, and between two [inch]
_NARROWEST = 7.6  # of a drawing; few columns stand further apart [inch]
_LINE, _BETWEEN = 0.135, 0.09  # height of a line, and between two boxes [inch]
_LETTERS = 25  # of a line in a box; a name of more words goes on in the next
_KINDS = {"equations": (GREY, "equation or step"), "choices": (BLUE, "choice of ours"), "errata": (ORANGE, "erratum")}
_KINDS |= {"claims": (GREEN, "claim")}
_HEAD = 0.5  # above the columns, for the legend [inch]


@figure_style()
def plot_graph(laid: Layout) -> Axes:
    """Boxes from what is required to what requires it; what differs is marked, what rests on it dashed."""
    total = max((_tall(laid, k) for k in range(laid.columns)), default=1.0)
    width = max(laid.columns * (_WIDTH + _GAP) - _GAP, _NARROWEST)
    step = (width - _WIDTH) / max(laid.columns - 1, 1)  # from a column to the next
    _, ax = plt.subplots(figsize=(width + 0.1, total + _HEAD))
    ax.set(xlim=(-0.05, width + 0.05), ylim=(total, -_HEAD))
    ax.axis("off")
    middle: dict[int, float] = {}
    for k in range(laid.columns):
        boxes = laid.column(k)
        spare = (total - _tall(laid, k)) / (len(boxes) + 1)
        y = spare
        for i in boxes:
            box = laid.boxes[i]
            middle[i] = y + _high(box) / 2
            _draw(ax, box, k * step, y)
            y += _high(box) + _BETWEEN + spare
    for upper, lower in laid.edges:
        start = laid.boxes[lower].column * step + _WIDTH
        end = laid.boxes[upper].column * step
        _curve(ax, (start, middle[lower]), (end, middle[upper]), _KINDS[laid.boxes[lower].kind][0])
    _legend(ax, laid)
    return ax


def _high(box: Box) -> float:
    return _LINE * len(_lines(box)) + _LINE / 2


def _lines(box: Box) -> list[str]:
    mark = "≠ " if box.differs else ""
    words = TextWrapper(_LETTERS, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False)
    return [line for name in box.names for line in words.wrap(mark + name)]


def _tall(laid: Layout, column: int) -> float:
    return sum(_high(laid.boxes[i]) + _BETWEEN for i in laid.column(column))


def _draw(ax: Axes, box: Box, x: float, y: float) -> None:
    colour = VERMILION if box.differs else _KINDS[box.kind][0]
    patch = FancyBboxPatch(
        (x, y),
        _WIDTH,
        _high(box),
        boxstyle="round,pad=0,rounding_size=0.05",
        facecolor="#FBE3D6" if box.differs else "white",
        edgecolor=colour,
        linestyle="--" if box.shaken else "-",
        linewidth=1.6 if box.differs else 1.1,
        zorder=2,
    )
    ax.add_patch(patch)
    for k, line in enumerate(_lines(box)):
        height = y + _LINE * (k + 0.75)
        ax.text(x + 0.06, height, line, va="center", fontsize=7.5, color=BLACK, zorder=3)


def _curve(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    half = (start[0] + end[0]) / 2
    path = Path([start, (half, start[1]), (half, end[1]), end], [Path.MOVETO, *3 * (Path.CURVE4,)])
    ax.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=0.8, alpha=0.55, zorder=1))


def _legend(ax: Axes, laid: Layout) -> None:
    kinds = [kind for kind in _KINDS if any(box.kind == kind for box in laid.boxes)]
    handles = [Line2D([], [], color=_KINDS[kind][0], linewidth=3, label=_KINDS[kind][1]) for kind in kinds]
    handles.append(Line2D([], [], color=VERMILION, linewidth=3, label="≠ claim that differs"))
    if any(box.shaken for box in laid.boxes):
        handles.append(Line2D([], [], color=GREEN, linestyle="--", label="rests on one that differs"))
    ax.legend(handles=handles, loc="upper left", ncols=3, fontsize=8, borderaxespad=0)
