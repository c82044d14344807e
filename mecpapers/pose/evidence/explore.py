"""What the page "Thresholds" shows: every common pair of thresholds on the held-out frames, as a script to load.

``python -m mecpapers.pose.evidence.explore`` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.pose.evidence.experiments.measured import deployment
from mecpapers.pose.measured import trace
from mecpapers.pose.model import Allocation, evaluate
from mecpapers.pose.policies import poses, run_thresholds
from mecpapers.pose.scenario import Scenario

FILE = Path(__file__).parents[3] / "book" / "_static" / "explore" / "thresholds-data.js"
FRAMES = (8, 71, 133, 202, 266, 331)  # of the 360 held-out ones, by their place: two of each third


def data() -> dict[str, Any]:
    """The pairs (lower, upper) with what they give, and the poses of a few frames; [mm], [ms]."""
    d = deployment()
    problem, views = Scenario().problem(d.calibration.tables), d.held_out
    pairs = list(zip(*np.triu_indices(problem.levels + 1), strict=True))
    rows, sent, used, error = [], [], [], []
    for low, up in pairs:
        pair = Allocation(lower=np.full(problem.size, low), upper=np.full(problem.size, up))
        outcome = run_thresholds(views, problem, pair)
        sent.append(outcome.sent.reshape(-1, problem.size))
        used.append(~outcome.discarded.reshape(-1, problem.size))
        error.append(outcome.error.reshape(-1))
        shares = [float(outcome.sent.mean()), float(outcome.discarded.mean())]
        rows.append(
            {
                "lower": int(low),
                "upper": int(up),
                "error": round(1e3 * float(outcome.error.mean()), 1),
                "delay": round(1e3 * evaluate(problem, pair).delay, 1),
                "offloaded": round(shares[0], 3),
                "discarded": round(shares[1], 3),
                "accepted": round(1 - sum(shares), 3),
            }
        )
    joints = [poses(views, *masks) for masks in zip(sent, used, strict=True)]
    whole = np.ones_like(sent[0])
    alone = {"light": poses(views, ~whole, whole), "heavy": poses(views, whole, whole)}
    frames = []
    for place in FRAMES:
        distinct, at = np.unique(_millimetres(np.array([j[place] for j in joints])), axis=0, return_inverse=True)
        frames.append(
            {
                "scores": [round(float(s), 2) for s in views.score[place]],
                "levels": views.level[place].tolist(),
                "truth": _millimetres(views.truth[place][None])[0].tolist(),
                **{name: _millimetres(pose[place][None])[0].tolist() for name, pose in alone.items()},
                "poses": distinct.tolist(),
                "at": at.reshape(-1).tolist(),
                "error": [round(1e3 * float(e[place])) for e in error],
                "sent": [_bits(s[place]) for s in sent],
                "used": [_bits(u[place]) for u in used],
            }
        )
    cameras = [_millimetres(c.centre[None])[0].tolist() for c in trace.load().rig]
    return {"levels": problem.levels, "pairs": rows, "frames": frames, "cameras": cameras}


def _millimetres(joints: FloatArray) -> FloatArray:
    """Whole millimetres, shape (n, 3 per joint)."""
    return np.rint(1e3 * joints).astype(int).reshape(len(joints), -1)


def _bits(chosen: BoolArray) -> int:
    """Camera k is bit k."""
    return int((chosen * 2 ** np.arange(chosen.size)).sum())


def text() -> str:
    """The script."""
    return f"window.mecpapersThresholds = {json.dumps(data(), separators=(',', ':'))};\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
