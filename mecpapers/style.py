"""One colour, marker and name for each scheme, and one look for every figure of the book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib.pyplot as plt

# Okabe and Ito's palette: told apart by colour-blind readers; dash and marker carry the difference in greyscale
BLUE, ORANGE, GREEN, VERMILION, PURPLE, BLACK, GREY, SILVER = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#000000", "#777777", "#C4C4C4",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a scheme or a quantity is drawn and called."""

    label: str
    colour: str
    marker: str
    dash: str = "-"
    width: float = 1.5

    def line(self) -> dict[str, object]:
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
    "admm-printed": Look("ADMM as printed", ORANGE, "X", ":"),
    "cccp": Look("CCCP, our reading", PURPLE, "*", "--"),
    "prices": Look("Prices", BLACK, "d", "-."),
    "random": Look("Random", PURPLE, "v", ":"),
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
    "server-all": Look("Server, all images", SILVER, "", "-", 4.0),
    "server-fit": Look("Server, what fits", VERMILION, "^", "-."),
    "single-threshold": Look("One threshold to offload", ORANGE, "D", "--"),
    "single-guarded": Look("One threshold, guarded", ORANGE, "d", "-."),
    "cooperative-plain": Look("Cooperative, plain", GREEN, "v", ":"),
    "cooperative": Look("Cooperative", BLUE, "o", "--"),
    "cooperative-guarded": Look("Cooperative, guarded", BLACK, "o", "-"),
    "frame-wise": Look("Best images of each frame", GREEN, "x", ":"),
}


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
