"""The mathematics that the papers share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.batch import ONE, Batch


def square_root_shares(weights: FloatArray, budget: float, batch: Batch = ONE) -> FloatArray:
    r"""Minimise :math:`\sum_n w_n / s_n` subject to :math:`\sum_n s_n \le S`, :math:`s_n > 0`.

    The stationarity condition :math:`w_n / s_n^2 = \mu` makes the shares proportional to the square roots,
    and the optimal value is :math:`(\sum_n \sqrt{w_n})^2 / S` (video paper, Theorem 2).

    Parameters
    ----------
    weights : shape (N,), positive
    budget : S, positive, in the unit of the shares
    batch : whose each is, where several problems have such a budget

    Returns
    -------
    shape (N,), adding up to ``budget``; empty if N = 0
    """
    roots = np.sqrt(weights)
    return budget * roots / batch.of(batch.sum(roots)) if roots.size else roots


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


def bisect(
    holds: Callable[[FloatArray], BoolArray | np.bool_ | bool],
    inside: ArrayLike,
    outside: ArrayLike,
    *,
    within: float = 0.0,
) -> FloatArray:
    r"""The last place where a rule holds, on the way from where it does to where it does not.

    The interval is halved until no number of float64 lies between its ends. So no tolerance has to suit the scale of
    the problem, and the answer is as sharp as numbers are: about 53 halvings once the ends agree in their exponent,
    and one more for each power of 2 by which the root is smaller than the interval.

    Parameters
    ----------
    holds : x, shape (...) -> whether the rule holds there, shape (...); true up to one place and false beyond it
    inside : where it holds, finite, shape (...)
    outside : where it does not, finite, above or below, shape (...); equal to ``inside`` where there is no such place
    within : how near the ends must come, as a fraction of their first distance, where ``holds`` is dear

    Returns
    -------
    shape (...), the number next to the first at which the rule fails, or ``within`` of it; the rule holds at it

    Examples
    --------
    >>> float(bisect(lambda x: x * x <= 2, 0.0, 2.0))
    1.414213562373095
    """
    good, bad = (np.array(v, dtype=np.float64) for v in np.broadcast_arrays(inside, outside))
    near = within * np.abs(bad - good)
    while True:
        middle = good / 2 + bad / 2  # not (good + bad) / 2, which can overflow
        between = (np.minimum(good, bad) < middle) & (middle < np.maximum(good, bad)) & (np.abs(bad - good) > near)
        if not between.any():
            return good
        fits = np.asarray(holds(middle))
        good, bad = np.where(between & fits, middle, good), np.where(between & ~fits, middle, bad)
