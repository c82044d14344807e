"""P1's dual: what four prices leave to each user, and the least bound that they give on a box of sizes; ours.

P1 without its limits and shared resources, each priced: pi_T [byte/s] latency, pi_E [byte/J] energy, pi_beta and pi_f
[byte] the downlink's time and the server's speed; ``lam, eps, gamma, theta`` below. pi_T / pi_E [J/s] is the lambda of
P2. Minimising over beta, f and q leaves for each user

    d - c_2 d l - 2 sqrt(pi_beta (pi_T + pi_E sigma) 8 d / D) - 2 sqrt(pi_f pi_T (L_0 + c_1 d) / F),
        l = min over q <= Q of pi_T / q + pi_E psi q^2,

a convex function of d, so its largest value on an interval lies at an end. Whatever the prices, the sum of these
values and of the priced limits bounds P1 on a box of sizes (weak duality); the best prices give what replacing each
square root by its chord would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.fhei.model import BITS, Problem
from mecpapers.fhei.transmission import least_uplink_time
from mecpapers.lemmas import bisect

_SMOOTHING = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
"""tau, of the largest size, of one Newton descent after another: a smoothed maximum lies up to tau ln 2 a user above
the true one, so the last must be small; Newton's steps are right only near the minimum, so tau falls by tens. The bound
is valid whatever tau is; a coarser end makes it less sharp."""
_WARM = 3  # the first tau of a child box, 1e-4: its parent's prices are near, and a coarser tau would leave them again
_FINEST = 0.05  # of the tolerance: a smoothing below it changes the bound by less than what closes a node
_FINE = 2.0**-40  # of a size, 1e-12: how near the last t is found, which is then added
_TILTS = (1.0, 1e-4, 1e4)
"""Of energy's first price to latency's, tried in turn until a bound says more than that no size exceeds its largest.
Where one limit is nearly used up and the other is idle, Newton's steps from equal prices fall to none at all: with
every user at its largest size, what is left of the bound is linear along a ray of prices."""
_STEPS = 30  # Newton steps a smoothing; 5 to 10 are usual, and what a cap costs is sharpness, never validity


@dataclass(frozen=True, eq=False)
class Dual:
    """P1 with sizes in units of the largest, times in what the limit leaves beside the uplink, energies likewise."""

    down: FloatArray  # of a largest feature alone on the downlink, shape (M,)
    server: tuple[float, float]  # L_0 / F, and of c_1 times the largest size
    delay: float  # of c_2 times the largest size at 1 FLOP/s
    energy: float  # of the same at 1 FLOP/s
    received: FloatArray  # energy a time of the downlink, shape (M,)
    limits: FloatArray  # Q_m [FLOP/s], shape (M,)


@dataclass(frozen=True, eq=False)
class Node:
    """A box of sizes, and its bound."""

    low: FloatArray  # in units of d_max, shape (M,)
    high: FloatArray
    prices: FloatArray  # shape (4,)
    bound: float  # on the sum of d / d_max
    mixed: FloatArray  # the relaxation's sizes, shape (M,)
    error: FloatArray  # what the chords err there, shape (M,)


def dual_of(problem: Problem, top: float) -> Dual:
    """Scale P1 by its largest size, ``top`` [byte], and by what the limits leave beside the uplink."""
    users, up = problem.users, least_uplink_time(problem)
    time = users.size * problem.max_mean_latency - up
    energy = users.size * problem.max_mean_energy - problem.transmit_power * up
    local = problem.in_flops_per_byte * top
    return Dual(
        down=BITS * top / (users.downlink_rate * time),
        server=(
            problem.fn_base_flops / (problem.server_speed * time),
            problem.fn_flops_per_byte * top / (problem.server_speed * time),
        ),
        delay=local / time,
        energy=problem.energy_coefficient * local / energy,
        received=users.receive_power * time / energy,
        limits=users.device_speed,
    )


def _terms(dual: Dual, prices: FloatArray, ends: FloatArray) -> tuple[FloatArray, ...]:
    """The priced value of each user at sizes of shape (2, M), and its parts: q, l, the two roots."""
    lam, eps, gamma, theta = prices
    q = np.minimum(np.cbrt(lam * dual.delay / (2 * eps * dual.energy)), dual.limits)
    price = lam * dual.delay / q + eps * dual.energy * q**2
    down = np.sqrt(dual.down * ends)
    server = np.sqrt(dual.server[0] + dual.server[1] * ends)
    x = lam + eps * dual.received
    value = ends * (1 - price) - 2 * np.sqrt(gamma * x) * down - 2 * np.sqrt(theta * lam) * server
    return value, q, price, down, server


def value_of(dual: Dual, prices: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """The bound on the sum of sizes that prices of shape (4,) give on a box of shape (M,), of the largest size.

    With what it may lose by rounding: ``_rounding``.
    """
    ends = np.stack([low, high])
    value = _terms(dual, prices, ends)[0]
    return float(prices.sum() + value.max(axis=0).sum() + _rounding(prices, ends, value))


def _rounding(prices: FloatArray, ends: FloatArray, value: FloatArray) -> float:
    """What a sum of prices and of one value a user may lose by rounding.

    A user's terms, of d - (d l + the roots), have the magnitudes d + (d - value) together; none takes more than 32
    operations with the numbers of ``Dual``, and M are summed, so that all lose at most M + 32 times eps of their sum.
    """
    return float(np.finfo(float).eps * (value.shape[1] + 32) * (prices.sum() + (2 * ends - value).max(axis=0).sum()))


def counted(dual: Dual, prices: FloatArray, low: float, high: float) -> float:
    """The bound of ``value_of`` with every size between the same two, sharpened by what their sum S says; (4,) -> 1.

    Any prices leave S <= the prices' sum + H(S), H the largest sum of values with the sizes' sum S. Values are convex
    in d, so H is attained with n users at ``high``, one at low + t (high - low), and the others at ``low``, where
    S = M low + (n + t) (high - low): the n of most gain, and whoever is best between. For one n, H is convex in t. So S
    can't lie between two whole counts that both fail, and above the last count that holds it reaches to one t.

    Relatively to S it is sharper than ``value_of`` by what one user's chord errs, which is what is left to prove of
    many like users.
    """
    ends = np.repeat([[low], [high]], dual.limits.size, axis=1)
    value = _terms(dual, prices, ends)[0]
    m, width, gain = value.shape[1], high - low, value[1] - value[0]
    order = np.argsort(-gain, kind="stable")
    best = np.concatenate([[0.0], np.cumsum(gain[order])])  # gain of the n best
    fixed = float(prices.sum() + value[0].sum()) + 2 * _rounding(prices, ends, value)  # with those of gain and S
    holds = np.flatnonzero(fixed + best >= m * low + width * np.arange(m + 1))
    n = int(holds[-1]) if holds.size else 0
    if n == m:
        return m * high
    others = np.full(m, best[n])
    others[order[:n]] += gain[order[n]] - gain[order[:n]]  # whoever is between, the n best of the others

    def attained(t: FloatArray) -> BoolArray:
        between = _terms(dual, prices, np.full((1, m), low + float(t) * width))[0][0] - value[0]
        return np.asarray(fixed + (others + between).max() >= m * low + (n + t) * width)

    return m * low + (n + float(bisect(attained, 0.0, 1.0, within=_FINE)) + _FINE) * width


def _derivatives(
    dual: Dual, prices: FloatArray, ends: FloatArray, tau: float
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """The bound with each maximum smoothed by tau, its slope, its curvature, and the weight of the upper end.

    Each term of a user's value has a Hessian of rank one in the prices, strength times u u^T.

    - A root, -2 r sqrt(y z), has the second derivatives r sqrt(y z) / 2 times 1 / y^2, 1 / z^2 and -1 / (y z), so that
      u = (-1 / y, 1 / z); of y = lambda + epsilon sigma the slopes 1 and sigma come as factors.
    - The price of local computing, l = a lambda / q + b epsilon q^2, at its best q = cbrt(a lambda / (2 b epsilon)) is
      C lambda^(2/3) epsilon^(1/3). Its second derivatives are 2/3 (2/3 - 1) l / lambda^2 = -2/9 l / lambda^2,
      1/3 (1/3 - 1) l / epsilon^2 = -2/9 l / epsilon^2, and 2/3 1/3 l / (lambda epsilon) = 2/9 l / (lambda epsilon);
      so -d l has the strength 2/9 l d and u = (1 / lambda, -1 / epsilon). At q = Q, l is linear and has none.
    """
    lam, eps, gamma, theta = prices
    value, q, price, down, server = _terms(dual, prices, ends)
    upper = 1 / (1 + np.exp(np.clip((value[0] - value[1]) / tau, -700, 700)))
    weight = np.stack([1 - upper, upper])
    x = lam + eps * dual.received
    of_x, of_gamma = -np.sqrt(gamma / x) * down, -np.sqrt(x / gamma) * down
    slope = np.stack(
        [
            -ends * dual.delay / q + of_x - np.sqrt(theta / lam) * server,
            -ends * dual.energy * q**2 + dual.received * of_x,
            of_gamma,
            -np.sqrt(lam / theta) * server,
        ]
    )  # shape (4, 2, M)
    mean = (weight * slope).sum(axis=1)
    apart = slope[:, 1] - slope[:, 0]
    curvature = (weight[0] * weight[1] / tau * apart) @ apart.T
    size, root, lift = ((weight * part).sum(axis=0) for part in (ends, down, server))
    zero, one = np.zeros_like(x), np.ones_like(x)
    for strength, direction in (
        (np.sqrt(gamma * x) * root / 2, [-1 / x, -dual.received / x, one / gamma, zero]),
        (np.sqrt(theta * lam) * lift / 2, [-one / lam, zero, zero, one / theta]),
        (np.where(q < dual.limits, 2 / 9 * price * size, 0.0), [one / lam, -one / eps, zero, zero]),
    ):
        u = np.stack(direction)
        curvature = curvature + (strength * u) @ u.T
    top = value.max(axis=0)
    smooth = float(prices.sum() + (top + tau * np.log1p(np.exp(-np.abs(value[1] - value[0]) / tau))).sum())
    return smooth, 1 + mean.sum(axis=1), curvature, upper


def bounded(dual: Dual, low: FloatArray, high: FloatArray, tolerance: float, parent: Node | None = None) -> Node:
    """The least bound on a box: Newton steps in the four prices, the maxima smoothed less and less.

    Parameters
    ----------
    low, high : the box, of the largest size, shape (M,)
    tolerance : relative gap at which the search will close a box
    parent : a box around this one, whose prices are the start
    """
    if parent is not None:
        return _descended(dual, low, high, tolerance, parent.prices, parent)
    for tilt in _TILTS:
        start = _first_prices(dual, np.stack([low, high]), tilt)
        node = _descended(dual, low, high, tolerance, start, None)
        if node.bound < high.sum():
            break
    return node


def _descended(
    dual: Dual, low: FloatArray, high: FloatArray, tolerance: float, prices: FloatArray, parent: Node | None
) -> Node:
    """``bounded`` from the given prices."""
    ends = np.stack([low, high])
    best, bound = prices, value_of(dual, prices, low, high)
    for k, tau in enumerate(_SMOOTHING[0 if parent is None else _WARM :]):
        if k and tau < _FINEST * tolerance:
            break
        prices, upper = _newton(dual, prices, ends, tau)
        value = value_of(dual, prices, low, high)
        best, bound = (prices, value) if value < bound else (best, bound)
    mixed = low + upper * (high - low)
    corner, inner = _terms(dual, prices, ends)[0], _terms(dual, prices, np.stack([mixed, mixed]))[0][0]
    error = (1 - upper) * corner[0] + upper * corner[1] - inner
    return Node(
        low=low,
        high=high,
        prices=best,
        bound=min(bound, float(high.sum()), np.inf if parent is None else parent.bound),
        mixed=mixed,
        error=error,
    )


def _first_prices(dual: Dual, ends: FloatArray, tilt: float) -> FloatArray:
    """Prices of the limits, ``tilt`` apart, and what they make of the downlink's and the server's amid the box."""
    middle = ends.mean(axis=0)
    each = middle.sum() / 4
    late, spent = min(1.0, 1 / tilt), min(1.0, tilt)
    down = np.sqrt(each * (late + spent * dual.received) * dual.down * middle).sum() ** 2
    server = each * late * np.sqrt(dual.server[0] + dual.server[1] * middle).sum() ** 2
    return np.array([each * late, each * spent, down, server])


def _newton(dual: Dual, prices: FloatArray, ends: FloatArray, tau: float) -> tuple[FloatArray, FloatArray]:
    """Minimise the smoothed bound; return the prices and the weights of the upper ends."""
    value, slope, curvature, upper = _derivatives(dual, prices, ends, tau)
    for _ in range(_STEPS):
        scale = prices[:, None] * prices  # Newton in relative prices, so that the matrix is well scaled
        relative = curvature * scale
        ridge = 1e-13 * np.trace(relative) * np.eye(4)  # near float64's own noise: along a ray of prices all is linear
        step = -prices * np.linalg.solve(relative + ridge, slope * prices)
        step *= min(1.0, 0.9 / float(np.max(np.abs(step / prices))))  # prices stay positive: at most 0.9 of each
        decrement = -float(slope @ step)
        lost = 4 * np.finfo(float).eps * prices.sum()  # the prices and what they leave, each rounded, now and after
        if not decrement > max(1e-3 * tau, lost):  # what is left to gain is a thousandth of what the smoothing errs
            break
        length = 1.0
        while length > max(1e-8, lost / decrement):
            trial = prices + length * step
            after = _derivatives(dual, trial, ends, tau)
            if after[0] <= value - 0.1 * length * decrement:
                break
            length /= 2
        else:
            break
        prices, (value, slope, curvature, upper) = trial, after
    return prices, upper
