"""How far a pose is from the truth: MPJPE in the room, OKS in an image."""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import FloatArray

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
"""COCO's sigma of each joint; OKS uses k = 2 sigma."""


def mpjpe(estimate: FloatArray, truth: FloatArray) -> FloatArray:
    """Mean per-joint position error over the joints, in the unit of the joints; shape (...,) of (..., J, 3)."""
    return np.asarray(np.linalg.norm(estimate - truth, axis=-1).mean(axis=-1))


def oks(pixels: FloatArray, truth: FloatArray) -> FloatArray:
    """Object keypoint similarity of COCO, the mean over all joints of exp(-d^2 / (2 s^2 k^2)).

    s^2, the area of the person, is that of the box around the true joints; k = 2 ``SIGMAS``.

    Parameters
    ----------
    pixels, truth : shape (..., 17, 2), in the same pixels [px]

    Returns
    -------
    [1], shape (...)
    """
    extent = truth.max(axis=-2) - truth.min(axis=-2)
    area = extent[..., 0] * extent[..., 1]
    distance = ((pixels - truth) ** 2).sum(axis=-1)
    return np.asarray(np.exp(-distance / (2 * area[..., None] * (2 * SIGMAS) ** 2)).mean(axis=-1))
