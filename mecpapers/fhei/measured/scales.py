"""Fig. 2(b)'s stand-in: average precision of a real multi-scale detector over the scales it may use; ours, not YOLOv3.

The detector is an SSD on MobileNetV2, whose six maps are each computed out of the one before. Map k needs no coarser
map, so that a class-k inference, heads on maps 1 to k, is well defined. ``record`` measures; here is what was stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mecpapers.arrays import FloatArray, check_choice

STORED = Path(__file__).parent / "data" / "scales.json"
MAPS = ((19, 576, 1083), (10, 1280, 600), (5, 512, 150), (3, 256, 54), (2, 256, 24), (1, 128, 6))
"""Side, channels and anchors of each map."""


def stored() -> Mapping[str, Any]:
    """Return the stored measurement with its provenance."""
    measured: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    return measured


def map_bytes() -> FloatArray:
    """Size of the features of maps 1 to k in float32 [byte], shape (6,)."""
    return np.cumsum([4.0 * side**2 * channels for side, channels, _ in MAPS])


def precision(kind: str = "all") -> tuple[FloatArray, FloatArray]:
    """Stored average precision over the maps used, mean over the seeds and its standard error, shape (6,) each.

    Parameters
    ----------
    kind : ``all``, or a range of heights: ``below 20 %``, ``20 to 50 %``, ``above 50 %`` of the picture
    """
    check_choice("kind", kind, stored()["seeds"][0]["ap"])
    rows = np.array([seed["ap"][kind] for seed in stored()["seeds"]])
    return rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))


def slopes() -> FloatArray:
    """Gain of average precision a MB from one map to the next, shape (5,)."""
    mean, _ = precision()
    return np.asarray(np.diff(mean) / np.diff(map_bytes() / 1e6))


def flops() -> tuple[FloatArray, FloatArray]:
    """Loads of the feature network up to map k and of heads 1 to k [FLOP, 2 a MAC], shape (6,) each."""
    macs = stored()["macs"]
    return 2.0 * np.array(macs["feature_network"]), 2.0 * np.array(macs["heads"])


def average_precision(
    found: Sequence[tuple[FloatArray, FloatArray]],
    truth: Sequence[FloatArray],
    counted: Sequence[FloatArray],
    least: float = 0.5,
) -> float:
    """Area under the precision-recall curve, its precision made non-increasing, over all pictures.

    Parameters
    ----------
    found : a picture each: boxes y0, x0, y1, x1 of shape (K, 4), and their scores, shape (K,)
    truth : boxes of people, shape (P, 4) each
    counted : which of them count, shape (P,) of 0 and 1; what matches another is left out
    least : intersection over union from which a box is found
    """
    scores, right, left_out = [], [], []
    for (boxes, score), people, counts in zip(found, truth, counted, strict=True):
        free = np.ones(len(people), dtype=bool)
        for k in np.argsort(-score, kind="stable"):
            overlap = np.where(free, iou(boxes[k], people), 0.0) if len(people) else np.zeros(1)
            best = int(np.argmax(overlap))
            hit = overlap[best] >= least
            if hit:
                free[best] = False
            scores.append(score[k])
            right.append(bool(hit and counts[best]))
            left_out.append(bool(hit and not counts[best]))
    order = np.argsort(-np.array(scores), kind="stable")
    order = order[~np.array(left_out, dtype=bool)[order]]
    hits = np.cumsum(np.array(right, dtype=float)[order])
    total = sum(float(c.sum()) for c in counted)
    if not hits.size or not total:
        return 0.0
    exact = hits / np.arange(1, hits.size + 1)
    exact = np.maximum.accumulate(exact[::-1])[::-1]
    return float(np.sum(exact * np.diff(hits, prepend=0.0)) / total)


def iou(box: FloatArray, others: FloatArray) -> FloatArray:
    """Intersection over union of a box with others of shape (K, 4), shape (K,)."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    common = np.prod(np.maximum(sides, 0.0), axis=1)
    both = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(common / (both - common))
