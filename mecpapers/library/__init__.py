"""A library of instances with certified values: what they are made of, and what is known of them.

Every instance is a recipe: whole numbers by SplitMix64 [Steele, Lea, Flood 2014], scaled by exact or correctly rounded
operations, so that it is the same on every machine and with every version of NumPy; ``digest`` tells. What was found
stands in ``records.json``, which ``python -m mecpapers.library`` makes anew.

>>> from mecpapers import library
>>> problem = library.problem("video-mixed-25")
>>> record = library.records()["video-mixed-25"]
>>> record["status"], problem.devices.size
('proved', 25)
"""

from __future__ import annotations

import json
from decimal import ROUND_CEILING, Context
from functools import cache
from importlib import resources
from typing import Any

from mecpapers.library.recipes import RECIPES, digest, problem

__all__ = ["RECIPES", "digest", "lines", "problem", "records"]


OBJECTIVES = {"video": "cost, least", "fhei": "sum of quality [mAP], most", "pose": "sum of accuracies, most"}


def outward(gap: float, digits: int) -> float:
    """A gap with so many digits, rounded up: what is claimed is not less than what is proved."""
    return float(Context(prec=digits, rounding=ROUND_CEILING).create_decimal(repr(gap)))


@cache
def records() -> dict[str, dict[str, Any]]:
    """What is known of each instance, by name.

    ``paper``, ``kind``, ``size``; ``sha256`` of the problem's numbers; ``best``, the objective of the best allocation
    known, ``bound`` on the optimum and their relative ``gap``; ``status``, proved or open; ``ended``, as of a solution;
    ``proved_by``; ``losses``: how far each scheme of the paper ends from ``best``, relatively, or null where it does
    not answer. Nothing is assumed for the bound.
    """
    text = (resources.files("mecpapers.library") / "data" / "records.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def lines() -> list[str]:
    """The library as a table for a terminal."""
    rows = [("name", "N", "best known", "what it is", "gap, at most", "status", "proved by")]
    rows += [
        (name, f"{r['size']}", f"{r['best']:.9g}", OBJECTIVES[r["paper"]], f"{outward(r['gap'], 1):.0e}", r["status"],
         r["proved_by"] or "-")
        for name, r in records().items()
    ]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
