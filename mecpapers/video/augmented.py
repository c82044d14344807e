"""Section V-B: the two minimisations of the augmented Lagrangian (37), for all devices at once.

Arrays have shape (N,); of K problems side by side, each of N devices, shape (K, N).

The logarithms y, z and f^, t^ of the paper are kept as logarithms of *fractions* of f^max and of the time budget, so
that (29b) and (29c) read sum exp(f^) <= 1 and sum exp(t^) <= 1. Another unit would only shift them.

**Step 1**, (41), x = 1, one device, constants left out: with F = f^ - theta^f / s and T = t^ - theta^t / s

    min over m, y, z of  (a0 e^m + a1) e^-y + bt e^(m - z) + e e^m + g e^-m + s/2 (y - F)^2 + s/2 (z - T)^2.

Given m, the derivatives in y and z vanish at y = F + q and z = T + r with

    q = omega(ln(a0 e^m + a1) - F - ln s),   r = omega(ln bt + m - T - ln s),

where omega(c) + ln omega(c) = c, the Wright omega function: there the delays are s q and s r. What is left,

    phi(m) = s (q + q^2/2) + s (r + r^2/2) + e e^m + g e^-m,

is a function of m alone, convex for m_c1 >= 0. For x = 0, y = F and z = T cost nothing: x = 1 pays iff phi < F_0.

**Step 2**, (42): the derivative in f^ is s (f^ - b) + mu e^f^ with b = y + theta^f / s, so that

    f^ = b - omega(b + ln(mu / s)),

where mu follows from sum exp(f^) = 1. The printed (43) has mu in place of mu e^f^. Where x = 0 nothing binds: f^ = b.

**The case x = 0** minimises (31) over frames and clock. (31) lacks the rho of (7): its energy kappa C f^2 is (7)'s with
kappa / rho for kappa, so that (20) and (21) with kappa / rho solve it. Theorem 1 has kappa.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

import numpy as np
from scipy.special import wrightomega

from mecpapers.arrays import BoolArray, FloatArray, check_choice, locked
from mecpapers.caching import remembered
from mecpapers.video.edge import Coefficients, coefficients
from mecpapers.video.local import local_frames, local_frequency
from mecpapers.video.model import Problem, fewest_frames, local_cost, restate_eq31

Projection = Literal["printed", "exact"]
LocalCase = Literal["printed", "theorem-1"]

# The derivative in m, relative to the sizes of its terms. Rounding leaves about 1e-15 of them, so that 1e-15 would not
# be met; the error in m is about as large, and in the cost its square, so that 1e-12 would change no printed digit.
_STATIONARY = 1e-13
_CLOSE = 1e-9  # a Newton step after which the next, about its square, is below rounding; at 1e-7 it would not be
_MAX_STEPS = 100  # never met: a bisection of ln M takes 53 steps, and Newton's fewer than ten


@dataclass(frozen=True, eq=False)
class Terms(Coefficients):
    """The coefficients of (31) and (32), each of shape (N,); read-only, as callers share them."""

    low: FloatArray  # ln M^min
    high: FloatArray  # ln M^max
    local_frames: FloatArray  # the best of (31), or (21), with Phi-hat: real
    local_frequency: FloatArray  # the best of (31), or (20) [cycle/s]
    local_cost: FloatArray  # F^_0 there, (31), or with the energy charged

    def __post_init__(self) -> None:
        """Lock the fields."""
        for field in fields(self):
            locked(getattr(self, field.name))

    def take(self, devices: slice | BoolArray) -> Terms:
        """The coefficients of some devices: a slice, or the shape of the coefficients."""
        return Terms(*(getattr(self, field.name)[..., devices] for field in fields(self)))


def terms(problem: Problem, local: LocalCase = "theorem-1") -> Terms:
    """Draw the numbers of (31) and (32) together, each of shape (N,).

    Parameters
    ----------
    local : ``printed`` minimises (31) as it stands, without rho, whatever energy the problem charges; ``theorem-1``
        takes the clock and frames of Theorem 1, and the energy that the problem charges

    Raises
    ------
    ValueError
        for another ``local``.
    Infeasible
        if M^max frames do not reach the accuracy a device needs.
    """
    check_choice("local", local, get_args(LocalCase))
    return _cases(problem)[local]


@remembered  # the same in every sweep
def _cases(problem: Problem) -> Mapping[LocalCase, Terms]:
    return {"printed": _terms(problem, restate_eq31(problem)), "theorem-1": _terms(problem, problem)}


def _terms(problem: Problem, at_home: Problem) -> Terms:
    """The terms of a problem whose local costs are those of another."""
    v, least, zero = at_home.devices, fewest_frames(problem.devices), np.zeros(problem.devices.size)
    relaxed = replace(at_home, devices=replace(v, accuracy_a1=zero, accuracy_a2=zero, min_frames=least))
    frequency = local_frequency(at_home)
    frames = local_frames(relaxed, frequency)
    cost = local_cost(relaxed, frames, frequency)
    local = {"local_frames": frames, "local_frequency": frequency, "local_cost": cost}
    return Terms(**vars(coefficients(problem)), low=np.log(least), high=np.log(v.max_frames), **local)


def local_step(
    k: Terms, f: FloatArray, t: FloatArray, s: float
) -> tuple[BoolArray, FloatArray, FloatArray, FloatArray]:
    """Solve (41) for every device: both cases of x, the cheaper one kept.

    Parameters
    ----------
    k : the coefficients of the n devices
    f, t : f^ - theta^f / s and t^ - theta^t / s, shape (n,)
    s : step size [cost]

    Returns
    -------
    offload, frames, y, z : shape (n,)
    """
    m = _least(k, f, t, s)
    phi, q, r = edge_value(k, m, f, t, s)
    offload = phi < k.local_cost
    frames = np.where(offload, np.exp(m), k.local_frames)
    return offload, frames, np.where(offload, f + q, f), np.where(offload, t + r, t)


def edge_value(
    k: Terms, m: FloatArray, f: FloatArray, t: FloatArray, s: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """phi(m), the least of (41) with x = 1 over y and z, and y - f, z - t there; each of shape (n,)."""
    q, r = _departures(k, m, f, t, s)
    return s * (q + q * q / 2 + r + r * r / 2) + k.e * np.exp(m) + k.g * np.exp(-m), q, r


def slope(k: Terms, m: FloatArray, f: FloatArray, t: FloatArray, s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """phi'(m), the size of its terms, and phi''(m), each of shape (n,)."""
    q, r = _departures(k, m, f, t, s)  # at rate 0 r is infinite, and so are slope and phi
    share = k.a0 * np.exp(m) / (k.a0 * np.exp(m) + k.a1)
    computing, sending = s * q * share, s * r
    energy, loss = k.e * np.exp(m), k.g * np.exp(-m)
    with np.errstate(invalid="ignore"):
        bend = computing * (1 - share * q / (1 + q)) + sending / (1 + r) + energy + loss
    return computing + sending + energy - loss, computing + sending + energy + loss, bend


def _departures(k: Terms, m: FloatArray, f: FloatArray, t: FloatArray, s: float) -> tuple[FloatArray, FloatArray]:
    """The moves q = y - f and r = z - t at the best y and z for m."""
    q = wrightomega(np.log(k.a0 * np.exp(m) + k.a1) - f - np.log(s))
    r = wrightomega(np.log(k.bt) + m - t - np.log(s))
    return q, r


def _least(k: Terms, f: FloatArray, t: FloatArray, s: float) -> FloatArray:
    """The m in [ln M^min, ln M^max] with the least phi(m): a bound, or the root of phi' by bracketed Newton steps."""
    m = np.where(slope(k, k.low, f, t, s)[0] >= 0, k.low, k.high)
    open_ = m > k.low
    if open_.any():
        open_[open_] = slope(k.take(open_), k.high[open_], f[open_], t[open_], s)[0] > 0
    if open_.any():
        m[open_] = _root(k.take(open_), f[open_], t[open_], s)
    return m


def _root(k: Terms, f: FloatArray, t: FloatArray, s: float) -> FloatArray:
    """The zero of phi' strictly between the bounds."""
    low, high = k.low, k.high
    m = (low + high) / 2
    for _ in range(_MAX_STEPS):
        value, size, bend = slope(k, m, f, t, s)
        found = np.abs(value) <= _STATIONARY * size  # and stays where it is
        if found.all():
            break
        low, high = np.where(value < 0, m, low), np.where(value < 0, high, m)
        newton = m - value / np.where(bend > 0, bend, np.inf)
        m = np.where(found, m, np.where((low < newton) & (newton < high), newton, (low + high) / 2))
    return m


def project(b: FloatArray, offload: BoolArray, s: float, how: Projection = "exact") -> FloatArray:
    """Solve (42) for one resource: the v with the least sum s/2 (v - b)^2 subject to sum exp(v) <= 1 over N_1.

    Parameters
    ----------
    b : y + theta / s, shape (N,) or (K, N)
    offload : the same shape; the set N_1, to which the constraint applies
    how : ``printed`` by (43)-(44), which does not solve (42)

    Returns
    -------
    the shape of b

    Raises
    ------
    ValueError
        for another ``how``.

    Examples
    --------
    >>> v = project(np.log([0.9, 0.6, 5.0]), np.array([True, True, False]), 0.5)
    >>> np.exp(v).round(6)
    array([0.572267, 0.427733, 5.      ])
    """
    check_choice("how", how, get_args(Projection))
    inside = np.where(offload, b, -np.inf)
    largest = inside.max(axis=-1, keepdims=True, initial=0.0)
    total = np.exp(inside - largest).sum(axis=-1, keepdims=True)  # sum exp(b) is exp(largest) times that
    over = total > np.exp(-largest)
    if how == "printed":
        with np.errstate(divide="ignore"):  # nobody inside
            lower = largest + np.log(total)
    else:
        price = np.zeros(over.shape)
        if over.any():
            price[over] = _log_price(np.atleast_2d(inside)[over.ravel()])
        lower = wrightomega(inside + price)
    return np.where(offload & over, b - lower, b)


def _log_price(b: FloatArray) -> FloatArray:
    """ln(mu / s) at which sum exp(b - omega(b + ln(mu/s))) = 1, of each row of b; -inf where nothing binds.

    Since exp(b - omega) = omega s / mu, that is h = ln sum omega(b + l) - l = 0 in l = ln(mu/s). h falls and is
    concave: Newton steps from a point with h <= 0 come down to the root without passing it.
    """
    price = np.log((b > -np.inf).sum(axis=-1)) + 1
    while (above := np.log(wrightomega(b + price[:, None]).sum(axis=-1)) > price).any():
        price = np.where(above, price + np.maximum(1.0, np.abs(price)), price)
    going = np.ones(price.shape, dtype=bool)
    for _ in range(_MAX_STEPS):
        omega = wrightomega(b + price[:, None])
        total = omega.sum(axis=-1)
        step = (np.log(total) - price) / ((omega / (1 + omega)).sum(axis=-1) / total - 1)
        price = np.where(going, price - step, price)
        going &= np.abs(step) > _CLOSE * np.maximum(1.0, np.abs(price))  # the next step would be about its square
        if not going.any():
            break
    return price
