"""The recorded trace: what three networks said of six cameras' images, with exact 3-D truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray, check_choice, lock
from mecpapers.pose.accuracy import oks
from mecpapers.pose.measured import cameras
from mecpapers.pose.measured.body import DATA

NETWORKS = ("lite", "full", "heavy", "thumbnail")
"""The fourth is the lite network on a small image."""
KEYPOINT_STEP, LOGIT_STEP = 1 / 16, 1 / 8  # [px of the crop], [1]
TRUTH_STEP, TIME_STEP = 1e-4, 1e-5  # [m], [s]
HALVES = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """S scenes of F frames, C cameras, four networks (in the order of ``NETWORKS``)."""

    rig: tuple[cameras.Camera, ...]
    pixels: FloatArray  # keypoints in the camera's whole image [px] (S, F, C, 4, 17, 2)
    weight: FloatArray  # probability that the joint is visible, by the network [1] (S, F, C, 4, 17)
    score: FloatArray  # of an image: the mean of its weights [1] (S, F, C, 4)
    oks: FloatArray  # accuracy of an image [1] (S, F, C, 4)
    truth: FloatArray  # [m] (S, F, 17, 3)
    bits: FloatArray  # JPEG [bit] (S, F, C)
    seconds: FloatArray  # processor time of a detection [s] (S, F, C, 4)
    crop: FloatArray  # left, top, side [px] (S, F, C, 3)

    def __post_init__(self) -> None:
        """Lock the arrays, which everyone who loads the trace shares."""
        lock(self)

    def half(self, part: int) -> Trace:
        """The first (0) or the second (1) half of every scene's frames."""
        if part not in range(HALVES):
            raise ValueError(f"half = {part}: must be 0 or 1")
        n = self.truth.shape[1] // HALVES
        cut = slice(part * n, (part + 1) * n)
        names = ("pixels", "weight", "score", "oks", "truth", "bits", "seconds", "crop")
        return Trace(rig=self.rig, **{name: getattr(self, name)[:, cut] for name in names})


def network(name: str) -> int:
    """Number of a network in the trace.

    Raises
    ------
    ValueError
        if it was not recorded.
    """
    check_choice("network", name, NETWORKS)
    return NETWORKS.index(name)


@cache
def load() -> Trace:
    """The shipped trace, with every scale undone."""
    with np.load(DATA / "trace.npz") as packed:
        return from_arrays({name: packed[name] for name in packed.files})


def from_arrays(packed: dict[str, NDArray[Any]]) -> Trace:
    """Undo the quantisation of ``record.record_frames``: arrays of shapes (S, F, ...), in steps, as it names them."""
    rig = cameras.ring(packed["bytes"].shape[2])
    truth, crop = packed["truth"] * TRUTH_STEP, packed["crop"].astype(float)
    where, scale = crop[:, :, :, None, None, :2], crop[:, :, :, None, None, 2:] / cameras.CROP
    pixels = packed["keypoints"] * KEYPOINT_STEP * scale + where
    weight = 1 / (1 + np.exp(-LOGIT_STEP * packed["visibility"].astype(float)))
    seen = np.stack([cameras.project(camera, truth)[0] for camera in rig], axis=2)
    return Trace(
        rig=rig,
        pixels=pixels,
        weight=weight,
        score=weight.mean(axis=-1),
        oks=oks(pixels, seen[:, :, :, None]),
        truth=truth,
        bits=8.0 * packed["bytes"],
        seconds=packed["seconds"] * TIME_STEP,
        crop=crop,
    )


def provenance() -> dict[str, Any]:
    """What the trace was recorded with: models, checksums, versions, machine, date."""
    return dict(json.loads((DATA / "trace.json").read_text(encoding="utf-8")))
