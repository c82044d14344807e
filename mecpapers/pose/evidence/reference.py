"""The smooth case in CVXPY: the oracle of the tests."""

from __future__ import annotations

import warnings

import cvxpy as cp
import numpy as np

from mecpapers.arrays import FloatArray

TOLERANCES = (1e-14, 1e-12)


def smooth_optimum(gain: FloatArray, rate: FloatArray, cost: FloatArray, budget: float) -> FloatArray:
    """Maximise sum g (1 - exp(-a p)) subject to c p <= budget, 0 <= p <= 1; shape (N,).

    The optimum is flat, so that p is known only to the root of the solver's gap. Of several solves at tight tolerances,
    in p and in z = exp(-a p), where the objective is linear, the point of least cost counts, made feasible to rounding.
    """
    p, z = cp.Variable(gain.size), cp.Variable(gain.size)
    in_p = cp.Problem(cp.Minimize(gain @ cp.exp(-cp.multiply(rate, p))), [cost @ p <= budget, p >= 0, p <= 1])
    in_z = cp.Problem(cp.Minimize(gain @ z), [-(cost / rate) @ cp.log(z) <= budget, z <= 1, z >= np.exp(-rate)])
    points = []
    for tolerance in TOLERANCES:
        for problem in (in_p, in_z):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # "may be inaccurate": the points are compared below
                problem.solve(solver=cp.CLARABEL, tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance)
            point = np.clip(p.value if problem is in_p else -np.log(z.value) / rate, 0, 1)
            points.append(point * min(1.0, budget / float(cost @ point)))
    return np.asarray(min(points, key=lambda point: float(gain @ np.exp(-rate * point))))
