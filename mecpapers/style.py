"""One colour, marker and name for each scheme, and one look for every figure of the book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeVar

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mecpapers.sweep import Sweep

# Okabe and Ito's palette: told apart by colour-blind readers; dash and marker carry the difference in greyscale
BLUE, ORANGE, GREEN, VERMILION, PURPLE, BLACK, GREY, SILVER, SKY, BROWN, WINE = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#000000", "#777777", "#C4C4C4", "#56B4E9", "#7A5230",
    "#882255",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a scheme or a quantity is drawn and called."""

    label: str
    colour: str
    marker: str
    dash: str = "-"
    width: float = 1.5

    def line(self) -> dict[str, Any]:
        """Keyword arguments for ``Axes.plot`` and ``Axes.errorbar``."""
        return {
            "label": self.label,
            "color": self.colour,
            "marker": self.marker,
            "linestyle": self.dash,
            "linewidth": self.width,
        }


LOOKS = {
    "exact": Look("Optimum (certified)", SILVER, "", "-", 6.0),  # broad: others lie on it
    "search-search": Look("Search+Search", BLACK, "x", ":"),
    "search-heuristic": Look("Search+Heuristic", BLUE, "o", "--"),
    "gp-heuristic": Look("GP+Heuristic", GREEN, "D", "-"),
    "charged-optimum": Look("Optimum if locals may leave Theorem 1", BLACK, "", ":"),
    "admm": Look("ADMM, the reading that fits", ORANGE, "P", "-"),
    "admm-printed": Look("ADMM as printed", BROWN, "X", ":"),
    "cccp": Look("CCCP, our reading", PURPLE, "*", "--"),
    "prices": Look("Prices", WINE, "d", "-."),
    "random": Look("Random", SKY, "v", ":"),
    "local": Look("Local", GREY, "s", "--"),
    "edge": Look("Edge", VERMILION, "^", "-."),
    # Paper II
    "alternating": Look("Alternating (the paper's)", BLUE, "o", "--"),
    "mended": Look("Alternating, mended", GREEN, "D", ":"),
    "constant": Look("Constant quality", ORANGE, "s", "-."),
    "inversion-rate": Look("Computation only, equal rates", VERMILION, "^", "--"),
    "inversion-gain": Look("Computation only, 1/gain", PURPLE, "v", ":"),
    "discrete": Look("Optimum over YOLOv3's classes", GREY, "x", "-"),
    # Paper III
    "device": Look("Device-centric", GREY, "s", "--"),
    "device-discard": Look("Device, one threshold to discard", PURPLE, "P", ":"),
    "server-all": Look("Server, all images", WINE, "", "-", 4.0),
    "server-fit": Look("Server, what fits", VERMILION, "^", "-."),
    "single-threshold": Look("One threshold to offload", ORANGE, "D", "--"),
    "single-guarded": Look("One threshold, guarded", BROWN, "d", "-."),
    "cooperative-plain": Look("Cooperative, plain", GREEN, "v", ":"),
    "cooperative": Look("Cooperative", BLUE, "o", "--"),
    "cooperative-guarded": Look("Cooperative, guarded", BLACK, "o", "-"),
    "frame-wise": Look("Best images of each frame", SKY, "x", ":"),
}

OWN = ((PURPLE, "h", "-"), (VERMILION, "p", "--"), (GREEN, "<", "-."), (BLUE, ">", ":"), (BLACK, "8", "--"))
"""Colour, marker and dash of schemes that the book doesn't know, in their order; markers that no scheme of it has."""


def looks(schemes: Sequence[str]) -> dict[str, Look]:
    """The look of each scheme; one that is not the book's own is called by its name, and has a colour and marker."""
    strangers = [name for name in schemes if name not in LOOKS]
    own = {name: Look(name, *OWN[k % len(OWN)]) for k, name in enumerate(strangers)}
    return {name: LOOKS.get(name) or own[name] for name in schemes}


T = TypeVar("T")
S = TypeVar("S")


def styled(curves: Iterable[T], styles: Sequence[S]) -> Iterator[tuple[T, S]]:
    """Each curve with a style; where there are more curves the styles come again, and none is left out."""
    return zip(curves, cycle(styles), strict=False)


_SETTINGS = {
    "figure.figsize": (6.4, 3.8),
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 130,
    "figure.constrained_layout.use": True,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10,
    "legend.frameon": True,  # no edge, but a ground, where lines pass behind
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "lines.markersize": 5,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """The book's look: an opaque white ground, so that a figure also reads on a dark page.

    Matplotlib's own ``rc_context`` would also take back the interactive mode that a notebook's first figure switches
    on, and no later figure would show.
    """
    before = {name: plt.rcParams[name] for name in _SETTINGS}
    plt.rcParams.update(_SETTINGS)
    try:
        yield
    finally:
        plt.rcParams.update(before)


def draw_means(ax: Axes, sweep: Sweep, metric: str, schemes: Sequence[str] | None = None) -> None:
    """Mean of a metric with its standard error for each scheme over the sweep's axis.

    Parameters
    ----------
    schemes : in the order of the legend; all of the sweep's if not given
    """
    shown = list(schemes or sweep.schemes)
    for scheme, look in looks(shown).items():
        ax.errorbar(sweep.values, sweep.mean(metric, scheme), sweep.standard_error(metric, scheme), **look.line())


def canvas(width: float, height: float) -> Axes:
    """Axes for a drawing of boxes and arrows, in units of about a character's height."""
    _, ax = plt.subplots(figsize=(0.68 * width, 0.68 * height))
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return ax


def box(ax: Axes, x: float, y: float, width: float, height: float, text: str, colour: str) -> None:
    """A box with rounded corners, its lower left one at (x, y), and text in it."""
    style = "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, fc="white", ec=colour, lw=1.6))
    ax.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=8)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """An arrow from one point to another."""
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=colour, lw=1.4))
