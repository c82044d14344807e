"""The mathematics that the papers share."""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import FloatArray


def square_root_shares(weights: FloatArray, budget: float) -> FloatArray:
    r"""Minimise :math:`\sum_n w_n / s_n` subject to :math:`\sum_n s_n \le S`, :math:`s_n > 0`.

    The stationarity condition :math:`w_n / s_n^2 = \mu` makes the shares proportional to the square roots,
    and the optimal value is :math:`(\sum_n \sqrt{w_n})^2 / S` (video paper, Theorem 2).

    Parameters
    ----------
    weights : shape (N,), positive
    budget : S, positive, in the unit of the shares

    Returns
    -------
    shape (N,), adding up to ``budget``; empty if N = 0
    """
    roots = np.sqrt(weights)
    return budget * roots / roots.sum() if roots.size else roots


def cube_root_speed(delay_price: FloatArray, energy_price: FloatArray) -> FloatArray:
    r"""Minimise :math:`a / f + b f^2` over :math:`f > 0`: :math:`f = \sqrt[3]{a / 2b}`.

    Parameters
    ----------
    delay_price : a, shape (N,), positive
    energy_price : b, shape (N,), non-negative

    Returns
    -------
    shape (N,); infinite where b = 0 (energy is free: as fast as the device allows)
    """
    with np.errstate(divide="ignore"):
        return np.cbrt(delay_price / (2.0 * energy_price))
