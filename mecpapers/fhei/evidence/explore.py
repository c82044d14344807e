"""What the page "Quality" shows: Fig. 4(a) of Paper II solved at every setting of its sliders, as a script to load.

``python -m mecpapers.fhei.evidence.explore`` writes it anew.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mecpapers.fhei.model import Allocation, Problem, evaluate
from mecpapers.fhei.scenario import FIG_4A
from mecpapers.fhei.schemes import SCHEMES
from mecpapers.solution import Infeasible, Solution

FILE = Path(__file__).parents[3] / "book" / "_static" / "explore" / "quality-data.js"
SLIDERS: dict[str, tuple[float, ...]] = {
    "latency": (9.0, 11.0, 13.0, 15.0, 18.0, 24.0, 40.0),  # T-bar [s]
    "energy": (1.0, 2.0, 3.5, 5.0, 7.5, 12.0, 20.0),  # E-bar [J]
    "server": (5.0, 10.0, 20.0, 40.0, 80.0),  # F [TFLOP/s]
    "noise": (0.25, 1.0, 4.0),  # of N_0: better or worse channels for all
}
DEFAULT = {"latency": 15.0, "energy": 5.0, "server": 20.0, "noise": 1.0}


def problem(latency: float, energy: float, server: float, noise: float) -> Problem:
    """Fig. 4(a)'s five users under other limits, another server and other noise."""
    scenario = replace(
        FIG_4A,
        max_mean_latency=latency,
        max_mean_energy=energy,
        server_tflops=server,
        noise_w_per_hz=noise * FIG_4A.noise_w_per_hz,
    )
    return scenario.draw(np.random.default_rng(0))


def point(p: Problem) -> list[dict[str, Any]] | str:
    """Both schemes' answers, the certified first; or why there is none."""
    try:
        return [_numbers(p, SCHEMES[name](p)) for name in ("exact", "alternating")]
    except Infeasible as error:
        return str(error).partition(":")[0]


def _numbers(p: Problem, solution: Solution[Allocation]) -> dict[str, Any]:
    metrics = evaluate(p, solution.allocation)
    columns = {"quality": metrics.quality, "energy": metrics.energy, "latency": metrics.latency}
    numbers: dict[str, Any] = {name: [float(f"{v:.4g}") for v in values] for name, values in columns.items()}
    numbers["sum"] = float(f"{solution.objective:.5g}")
    return numbers


def text() -> str:
    """The script: the sliders' values, and the answers in their order."""
    settings = list(product(*SLIDERS.values()))
    points = [point(problem(*values)) for values in tqdm(settings, desc="settings", disable=None)]
    data = {"sliders": SLIDERS, "default": DEFAULT, "points": points}
    return f"window.mecpapersQuality = {json.dumps(data, separators=(',', ':'))};\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
