"""What is learnt from the calibration half of every scene and nothing else: score levels, tables, joint offsets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from mecpapers.arrays import FloatArray, IndexArray, lock
from mecpapers.pose.measured.trace import Trace, load, network
from mecpapers.pose.model import Tables
from mecpapers.pose.triangulation import joint_offsets, joint_weights, triangulate

LEVELS = 10  # K: 216 images a level over all six cameras, 36 a camera on the mean
PRIOR = 8.0
"""Images: how strongly a camera's mean at a level leans on that of all cameras. A level may hold two images of a
camera, whose mean alone would be noise. Ten times more leaves a third of the spread between the cameras, ten times less
hardly anything of the leaning."""
QUIET = 0.1
"""Quantile of the recorded times, since other work shared the machine; the least alone would be a lucky reading."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """Everything a deployment knows before it runs."""

    light: int  # number of the device's network
    heavy: int  # number of the server's
    views: tuple[int, ...]  # cameras in use
    edges: FloatArray  # scores between the levels (K-1,)
    tables: Tables
    offsets: FloatArray  # joint definitions, in the trunk's axes [m] (17, 3)
    rest: FloatArray  # the pose to hold before any is known [m] (17, 3)

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self, aligned=False)

    def levels(self, score: FloatArray) -> IndexArray:
        """Score level of each image, 0 ... K-1, of scores [1] of any shape."""
        return np.asarray(np.searchsorted(self.edges, score, side="right"))


def calibrate(
    trace: Trace,
    *,
    light: str = "lite",
    heavy: str = "heavy",
    views: tuple[int, ...] | None = None,
    n_levels: int = LEVELS,
    offsets_from: str = "heavy",
) -> Calibration:
    """Learn from a calibration split.

    Levels are the quantiles of the light network's scores over all cameras. The accuracy of an image is its OKS; the
    mean of a camera at a level is drawn towards that of all cameras by ``PRIOR`` images. Offsets are fitted on the
    weighted triangulation of all views by the network ``offsets_from``.

    Parameters
    ----------
    light, heavy, offsets_from : networks of the trace
    views : numbers of the cameras in use; None: all
    n_levels : K

    Raises
    ------
    ValueError
        if a network was not recorded.
    """
    views = tuple(range(len(trace.rig))) if views is None else views
    d, s, o = network(light), network(heavy), network(offsets_from)
    score = trace.score[..., d]
    edges = np.quantile(score, np.arange(1, n_levels) / n_levels)
    level = np.searchsorted(edges, score, side="right")
    member = level[..., None] == np.arange(n_levels)  # (S, F, C, K)
    count = member.sum(axis=(0, 1)).astype(float)
    means = []
    for net in (d, s):
        total = (member * trace.oks[..., net, None]).sum(axis=(0, 1))
        pooled = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
        means.append(((total + PRIOR * pooled) / (count + PRIOR))[list(views)])
    weights = joint_weights(trace.weight[..., o, :])
    estimate = triangulate(trace.rig, trace.pixels[..., o, :, :], weights).reshape(-1, 17, 3)
    truth = trace.truth.reshape(-1, 17, 3)
    return Calibration(
        light=d,
        heavy=s,
        views=views,
        edges=edges,
        tables=Tables(
            score_pmf=(count / count.sum(axis=1, keepdims=True))[list(views)],
            device_accuracy=means[0],
            server_accuracy=means[1],
            image_bits=trace.bits.mean(axis=(0, 1))[list(views)],
            device_seconds=float(np.quantile(trace.seconds[..., d], QUIET)),
            server_seconds=float(np.quantile(trace.seconds[..., s], QUIET)),
        ),
        offsets=joint_offsets(estimate, truth),
        rest=truth.mean(axis=0),
    )


@cache
def shipped() -> Calibration:
    """The calibration on the first half of every recorded scene."""
    return calibrate(load().half(0))
