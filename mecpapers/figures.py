"""An answer as a picture: who offloads, and what each device gets."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from warnings import catch_warnings

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mecpapers.sheets import ANSWER_UNITS, NAME
from mecpapers.style import BLUE, ORANGE, figure_style

FORMATS = ("svg", "png", "pdf")
MOST_NAMES, MOST_BARS = 20, 200  # that there is room for
_NO_DATE = {"svg": {"Date": None}, "png": {}, "pdf": {"CreationDate": None}}


def draw(answer: Mapping[str, Any], names: Sequence[str] | None = None) -> Figure:
    """Draw every number that an answer has for each device, a panel each; those that offload have another colour.

    Parameters
    ----------
    answer : as ``solve --json`` prints it
    names : of the devices; their numbers if not given
    """
    panels = {name: v for name, v in answer.items() if isinstance(v, list) and name not in (NAME, "offload")}
    n = np.arange(len(next(iter(panels.values()))))
    colours = np.where(answer.get("offload", np.ones(n.size, dtype=bool)), BLUE, ORANGE)
    with figure_style():
        figure = Figure(figsize=(7.2, 1.25 * len(panels) + 0.6), layout="constrained")
        axes = figure.subplots(len(panels), 1, sharex=True)
        for ax, (name, values) in zip(axes, panels.items(), strict=True):
            if n.size <= MOST_BARS:
                ax.bar(n, values, color=colours, width=0.8)
            else:  # dots, which as an image take no room of their own each
                ax.scatter(n, values, c=colours, s=3, linewidths=0, rasterized=True)
            if min(values) >= 0:
                ax.set_ylim(0, 1.05 * max(values) or 1)
            ax.set_axisbelow(True)
            unit = f"\n[{ANSWER_UNITS[name]}]" if name in ANSWER_UNITS else ""
            ax.set_ylabel(name.replace("_", "\n", 1) + unit, fontsize=8)
        axes[-1].set_xlabel("device")
        figure.align_ylabels()
        if n.size <= MOST_NAMES:
            shown = [str(k) if names is None else _short(names[k]) for k in range(n.size)]
            axes[-1].set_xticks(n, shown, rotation=0 if names is None else 30, parse_math=False)
        if "offload" in answer:
            legend = [Patch(color=BLUE, label="at the edge"), Patch(color=ORANGE, label="on the device")]
            figure.legend(handles=legend, loc="outside upper center", ncols=2)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 20 else name[:17] + "..."


def rendered(figure: Figure, ending: str) -> bytes:
    """Return a figure as a file of this format; the same figure gives the same bytes."""
    content = io.BytesIO()
    with plt.rc_context({"svg.hashsalt": "mecpapers"}), catch_warnings(action="ignore"):  # of signs no font has
        figure.savefig(content, format=ending, metadata=_NO_DATE[ending])
    return content.getvalue()
