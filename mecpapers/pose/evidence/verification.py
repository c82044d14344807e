"""The standard that the linear triangulation is held against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import least_squares

from mecpapers.arrays import FloatArray
from mecpapers.pose.measured.cameras import Camera, project


def nonlinear_triangulation(cameras: Sequence[Camera], pixels: FloatArray, start: FloatArray) -> FloatArray:
    """Points of least reprojection error by SciPy, shape (J, 3).

    Parameters
    ----------
    pixels : shape (C, J, 2)
    start : shape (J, 3) [m]
    """

    def error(point: FloatArray, seen: FloatArray) -> FloatArray:
        return np.ravel(np.array([project(c, point)[0] for c in cameras]) - seen)

    solved = [least_squares(error, s, args=(pixels[:, j],), xtol=1e-12).x for j, s in enumerate(start)]
    return np.array(solved)
