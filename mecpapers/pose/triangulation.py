"""From joints seen in several calibrated views to 3-D joints.

Convention of the linear triangulation: pixels are first normalised by the camera's intrinsics, x = K^-1 p; a view then
gives the two rows (x r_3 - r_1) X = t_1 - x t_3 and (y r_3 - r_2) X = t_2 - y t_3 of the camera's [R | t], not scaled
further, so that a residual is the depth of the joint times its error in the image. The rows are multiplied by the
weight of the joint in that view, and the squares are summed (Hartley and Zisserman, inhomogeneous form).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.pose.measured.cameras import Camera

LEAST_VIEWS = 2  # two rays are needed to meet in a point
LEAST_WEIGHT = 1e-3
"""Of a joint in a view that is used. The normal equations square a weight: a view of 1e-6 would lie 1e-12 below
another, and rounding would place the joint."""


def normal_equations(
    cameras: Sequence[Camera], pixels: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """What each view adds to the normal equations M X = v of a joint.

    Parameters
    ----------
    cameras : C cameras
    pixels : [px], shape (..., C, J, 2)
    weights : [1], shape (..., C, J); None: all 1

    Returns
    -------
    M [1] of shape (..., C, J, 3, 3) and v [m] of shape (..., C, J, 3)
    """
    inverse = np.array([np.linalg.inv(c.intrinsics) for c in cameras])
    rotation = np.array([c.rotation for c in cameras])[:, None, None]  # (C, 1, 1, 3, 3)
    shift = np.array([c.translation for c in cameras])[:, None]  # (C, 1, 3)
    ones = np.ones((*pixels.shape[:-1], 1))
    seen = np.einsum("cij,...cnj->...cni", inverse, np.concatenate([pixels, ones], axis=-1))[..., :2]
    rows = seen[..., None] * rotation[..., 2, :] - rotation[..., 0, :2, :]  # (..., C, J, 2, 3)
    right = shift[..., :2] - seen * shift[..., 2:]
    w = np.ones(pixels.shape[:-1]) if weights is None else weights
    matrix = np.einsum("...,...ra,...rb->...ab", w**2, rows, rows)
    return matrix, np.einsum("...,...r,...ra->...a", w**2, right, rows)


def joint_weights(visibility: FloatArray) -> FloatArray:
    """The weight of each joint, its probability of being visible, but no less than LEAST_WEIGHT; any shape, kept."""
    return np.maximum(visibility, LEAST_WEIGHT)


def solve_views(matrix: FloatArray, vector: FloatArray, used: BoolArray) -> FloatArray:
    """Joints (..., J, 3) [m] from the used views; NaN where fewer than two views are used.

    Parameters
    ----------
    matrix, vector : by ``normal_equations``
    used : shape (..., C)
    """
    chosen = used.astype(float)
    m = np.einsum("...c,...cjab->...jab", chosen, matrix)
    v = np.einsum("...c,...cja->...ja", chosen, vector)
    enough = used.sum(axis=-1) >= LEAST_VIEWS
    m[~enough] = np.eye(3)
    joints = np.linalg.solve(m, v[..., None])[..., 0]
    joints[~enough] = np.nan
    return joints


def triangulate(
    cameras: Sequence[Camera], pixels: FloatArray, weights: FloatArray | None = None, used: BoolArray | None = None
) -> FloatArray:
    r"""Joints (..., J, 3) [m] of least squares over the used views, by the normal equations.

    .. math:: \min_X \sum_c w_c^2 \, \| A_c X - b_c \|^2, \qquad
        \Bigl(\sum_c w_c^2 A_c^T A_c\Bigr) X = \sum_c w_c^2 A_c^T b_c,

    with the two rows of A_c and b_c as in the module's convention; they are met exactly at the one optimum.

    Parameters
    ----------
    cameras : C cameras
    pixels : [px], shape (..., C, J, 2)
    weights : w [1], shape (..., C, J); None: all 1
    used : shape (..., C); None: all views

    Raises
    ------
    ValueError
        for one pose without two used views; in a batch such a pose is NaN, for ``hold_last`` to fill.

    Examples
    --------
    >>> from mecpapers.pose.measured import cameras
    >>> rig, joint = cameras.ring(3), np.array([[0.2, 1.0, -0.1]])
    >>> triangulate(rig, np.stack([cameras.project(c, joint)[0] for c in rig])).round(6)
    array([[ 0.2,  1. , -0.1]])
    """
    used = np.ones(pixels.shape[:-2], dtype=bool) if used is None else used
    if used.ndim == 1 and used.sum() < LEAST_VIEWS:
        raise ValueError(f"used = {used.sum()} views: must be at least {LEAST_VIEWS} to triangulate")
    return solve_views(*normal_equations(cameras, pixels, weights), used)


def hold_last(joints: FloatArray, first: FloatArray) -> FloatArray:
    """Fill NaN poses [m], shape (F, J, 3), with the last pose before them, or ``first`` (J, 3) where there is none."""
    missing = np.isnan(joints).any(axis=(1, 2))
    last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(joints))))
    return np.where((last < 0)[:, None, None], first, joints[last])


def body_frame(joints: FloatArray) -> FloatArray:
    """Axes of the trunk as rows, shape (..., 3, 3): left, up, forward; from hips and shoulders of (..., 17, 3) [m]."""
    left = joints[..., 5, :] + joints[..., 11, :] - joints[..., 6, :] - joints[..., 12, :]
    up = joints[..., 5, :] + joints[..., 6, :] - joints[..., 11, :] - joints[..., 12, :]
    left = left / np.linalg.norm(left, axis=-1, keepdims=True)
    forward = np.cross(left, up)
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    return np.stack([left, np.cross(forward, left), forward], axis=-2)


def joint_offsets(estimate: FloatArray, truth: FloatArray) -> FloatArray:
    """Median offset (17, 3) [m] of each joint in the trunk's axes: two definitions of a joint differ by so much.

    Parameters
    ----------
    estimate, truth : [m], shape (F, 17, 3); a calibration split
    """
    axes = body_frame(estimate)
    return np.asarray(np.nanmedian(np.einsum("fab,fjb->fja", axes, truth - estimate), axis=0))


def corrected(estimate: FloatArray, offsets: FloatArray) -> FloatArray:
    """Estimate [m], shape (..., 17, 3), with the offsets [m], shape (17, 3), added in its own trunk's axes."""
    return estimate + np.einsum("...ab,ja->...jb", body_frame(estimate), offsets)
