"""The certified optimum of P1, over continuous sizes and over classes, and enumeration; ours, not the paper's.

P1 without its limits and shared resources, each priced: lambda [byte/s] latency, epsilon [byte/J] energy, gamma and
theta [byte] the downlink's time and the server's speed as in (17). Minimising over beta, f and q leaves for each user

    d - c_2 d l(lambda, epsilon) - 2 sqrt(gamma (lambda + epsilon sigma)) sqrt(d / D)
      - 2 sqrt(theta lambda) sqrt((L_0 + c_1 d) / F),        l = min over q <= Q of lambda / q + epsilon psi q^2,

a convex function of d, so its largest value on an interval lies at an end. Whatever the prices, the sum of these
values and of the priced limits bounds P1 on a box of sizes (weak duality); the best prices give what replacing each
square root by its chord would. Branch and bound splits the box where a chord errs most.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, product

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.fhei.alternating import improve, raise_one, retreat, solve_mended
from mecpapers.fhei.computing import allocate, check_feasible, feasible, least_energy, smallest
from mecpapers.fhei.model import BITS, Allocation, Problem, quality
from mecpapers.fhei.transmission import uplink_time
from mecpapers.solution import Ended, Solution, TooLarge

TOLERANCE = 1e-5  # relative gap at which a node is closed
PROMISED = 1e-4  # relative gap at which a search that was cut short still counts as converged
MOST_NODES = 400
MOST_CANDIDATES = 2**20  # of an enumeration
_ROUNDING = 1e-12  # relative; what float64 may lose in a bound
_SMOOTHING = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)  # of the largest size
_WARM = 3  # a child of a node starts at this one
_FINEST = 0.05  # of the tolerance; a smoothing below it is not worth its steps
_STEPS = 30  # Newton steps a smoothing
_NARROW = 1e-9  # a box that counts as a point, of the largest size


@dataclass(frozen=True, eq=False)
class _Dual:
    """P1 with sizes in units of the largest, times in what the limit leaves beside the uplink, energies likewise."""

    down: FloatArray  # of a largest feature alone on the downlink, shape (M,)
    server: tuple[float, float]  # L_0 / F, and of c_1 times the largest size
    delay: float  # of c_2 times the largest size at 1 FLOP/s
    energy: float  # of the same at 1 FLOP/s
    received: FloatArray  # energy a time of the downlink, shape (M,)
    limits: FloatArray  # Q_m [FLOP/s], shape (M,)


@dataclass(frozen=True, eq=False)
class _Node:
    low: FloatArray  # in units of d_max, shape (M,)
    high: FloatArray
    prices: FloatArray  # shape (4,)
    bound: float  # on the sum of d / d_max
    mixed: FloatArray  # the relaxation's sizes, shape (M,)
    error: FloatArray  # what the chords err there, shape (M,)


def solve_exact(
    problem: Problem, *, tolerance: float = TOLERANCE, most_nodes: int = MOST_NODES
) -> Solution[Allocation]:
    """Solve P1 by branch and bound, with proof: ``bound`` is above every feasible sum of quality.

    ``converged`` is false where ``most_nodes`` ended the search with a relative gap above 1e-4.

    Raises
    ------
    Infeasible
        if not even d_min can be given to all.
    """
    best = solve_mended(problem).allocation.feature_bytes
    top = problem.max_feature_bytes
    root = np.full(problem.users.size, problem.min_feature_bytes / top), np.ones(problem.users.size)

    def round_down(sizes: FloatArray) -> FloatArray:
        return improve(problem, retreat(problem, sizes), most_rounds=2)

    sizes, bound = _search(problem, best, root, None, round_down, tolerance, most_nodes)
    return _solution(problem, sizes, bound)


def solve_classes(
    problem: Problem,
    classes: Sequence[float] | FloatArray,
    *,
    tolerance: float = TOLERANCE,
    most_nodes: int = MOST_NODES,
) -> Solution[Allocation]:
    """Solve P1 with every size one of ``classes`` [byte] instead of between d_min and d_max, with proof.

    Raises
    ------
    Infeasible
        if not even the smallest class can be given to all.
    """
    levels = np.sort(np.asarray(classes, dtype=np.float64))
    m, top = problem.users.size, float(levels[-1])
    least = np.full(m, levels[0])
    check_feasible(problem, least)

    def round_down(sizes: FloatArray) -> FloatArray:
        below = levels[np.searchsorted(levels, sizes * (1 + 1e-9), side="right") - 1]
        return _climb(problem, below if feasible(problem, below) else least, levels)

    root = np.full(m, levels[0] / top), np.ones(m)
    sizes, bound = _search(problem, round_down(least), root, levels, round_down, tolerance, most_nodes)
    return _solution(problem, sizes, bound)


def solve_enumeration(problem: Problem, grid: int = 0) -> Solution[Allocation]:
    """P1 by trying every way to put all users but one at d_min or d_max, and that one as high as it goes.

    With its speeds fixed, P1 has an optimum with at most two sizes off their bounds: both limits are concave in d.
    ``grid`` lets a second user take that many values between the bounds.

    Raises
    ------
    TooLarge
        if there are more than 2^20 candidates.
    Infeasible
        if not even d_min can be given to all.
    """
    check_feasible(problem, smallest(problem))
    m, low, high = problem.users.size, problem.min_feature_bytes, problem.max_feature_bytes
    second = np.linspace(low, high, grid + 2)[1:-1]
    candidates = 2.0 ** (m - 1) * m * (1 + (m - 1) * grid / 2)
    if candidates > MOST_CANDIDATES:
        raise TooLarge(f"users: {m} have {candidates:.3g} candidates: must be at most 2^20")
    bounds = np.array(list(product((low, high), repeat=m)))
    sizes: list[FloatArray] = []
    free: list[int] = []
    for j in range(m):
        own = bounds[bounds[:, j] == low]
        sizes.append(own)
        for i in range(m if grid else 0):
            if i != j:
                pair = np.repeat(own[own[:, i] == low], grid, axis=0)
                pair[:, i] = np.tile(second, len(pair) // grid)
                sizes.append(pair)
        free += [j] * (sum(map(len, sizes)) - len(free))
    raised = raise_one(problem, np.concatenate(sizes), np.array(free))
    best = raised[int(np.argmax(raised.sum(axis=1)))]
    return _solution(problem, best, None)


def dual_bound(
    problem: Problem, prices: FloatArray, low: FloatArray | None = None, high: FloatArray | None = None
) -> float:
    """The bound on the sum of quality that four positive prices give, on a box of sizes [byte]; any prices are valid.

    Parameters
    ----------
    prices : of latency, energy, downlink and server, each limit counted as 1 and sizes in d_max; shape (4,)
    low, high : shape (M,); d_min and d_max if left out
    """
    top = problem.max_feature_bytes
    low = smallest(problem) if low is None else low
    high = np.full(problem.users.size, top) if high is None else high
    value = _value(_dual(problem, top), prices, low / top, high / top)
    return value * top * problem.quality_per_byte


def _solution(problem: Problem, sizes: FloatArray, bound: float | None) -> Solution[Allocation]:
    _, v = least_energy(problem, sizes)
    total = float(quality(problem, sizes).sum())
    limit = None if bound is None else max(total, bound * problem.quality_per_byte)
    proved = limit is None or limit - total <= PROMISED * total
    ended: Ended = "converged" if proved else "resource limit"
    return Solution(allocation=allocate(problem, sizes, float(v)), objective=total, bound=limit, ended=ended)


def _search(
    problem: Problem,
    best: FloatArray,
    root: tuple[FloatArray, FloatArray],
    levels: FloatArray | None,
    round_down: Callable[[FloatArray], FloatArray],
    tolerance: float,
    most_nodes: int,
) -> tuple[FloatArray, float]:
    """Best-bound search; return the best sizes, shape (M,), and a bound on their sum, both in byte."""
    top = float(levels[-1]) if levels is not None else problem.max_feature_bytes
    dual, ties = _dual(problem, top), count()
    node = _bounded(dual, *root, tolerance)
    heap = [(-node.bound, next(ties), node)]
    for k in range(most_nodes):
        if not heap or -heap[0][0] * top <= best.sum() * (1 + tolerance):
            break
        node = heapq.heappop(heap)[2]
        children = _split(node, None if levels is None else levels / top)
        if not children or k & (k - 1) == 0:  # a point, or the first node, the second, the third, the fifth, ...
            trial = round_down(node.mixed * top)
            best = trial if trial.sum() > best.sum() else best
        for low, high in children:
            if feasible(problem, low * top * (1 - 1e-12)):
                child = _bounded(dual, low, high, tolerance, node)
                heapq.heappush(heap, (-child.bound, next(ties), child))
    bound = max(float(best.sum()) / top, -heap[0][0] if heap else 0.0)
    return best, bound * top * (1 + _ROUNDING)


def _climb(problem: Problem, sizes: FloatArray, levels: FloatArray) -> FloatArray:
    """Raise one user after another to its next class, the first that fits, the most gained by least energy first."""
    best = sizes
    while True:
        up = np.minimum(np.searchsorted(levels, best, side="right"), levels.size - 1)
        trials = np.repeat(best[None], best.size, axis=0)
        np.fill_diagonal(trials, levels[up])
        gain = trials.sum(axis=1) - best.sum()
        energy, _ = least_energy(problem, trials)
        open_ = (gain > 0) & (energy <= problem.users.size * problem.max_mean_energy)
        if not open_.any():
            return best
        now, _ = least_energy(problem, best)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = trials[int(np.argmin(np.where(open_, (energy - now) / gain, np.inf)))]


def _split(node: _Node, levels: FloatArray | None) -> list[tuple[FloatArray, FloatArray]]:
    """Cut the box where the chord errs most, or where it is widest; empty where it is a point, which was tried."""
    width = node.high - node.low
    error = np.where(width > _NARROW, node.error + 1e-9 * width, -1.0)
    k = int(np.argmax(error))
    if error[k] < 0:
        return []
    middle = np.clip(node.mixed[k], node.low[k] + 0.2 * width[k], node.high[k] - 0.2 * width[k])
    below = above = middle
    if levels is not None:
        inside = levels[(levels > node.low[k] - _NARROW) & (levels < node.high[k] + _NARROW)]
        cut = int(np.clip(np.searchsorted(inside, middle), 1, inside.size - 1))
        below, above = inside[cut - 1], inside[cut]
    high, low = node.high.copy(), node.low.copy()
    high[k], low[k] = below, above
    return [(node.low, high), (low, node.high)]


def _dual(problem: Problem, top: float) -> _Dual:
    """Scale P1 by its largest size and by what the limits leave beside the uplink."""
    users, up = problem.users, uplink_time(problem)
    time = users.size * problem.max_mean_latency - up
    energy = users.size * problem.max_mean_energy - problem.transmit_power * up
    local = problem.in_flops_per_byte * top
    return _Dual(
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


def _terms(dual: _Dual, prices: FloatArray, ends: FloatArray) -> tuple[FloatArray, ...]:
    """The priced value of each user at sizes of shape (2, M), and its parts: q, l, the two roots."""
    lam, eps, gamma, theta = prices
    q = np.minimum(np.cbrt(lam * dual.delay / (2 * eps * dual.energy)), dual.limits)
    price = lam * dual.delay / q + eps * dual.energy * q**2
    down = np.sqrt(dual.down * ends)
    server = np.sqrt(dual.server[0] + dual.server[1] * ends)
    x = lam + eps * dual.received
    value = ends * (1 - price) - 2 * np.sqrt(gamma * x) * down - 2 * np.sqrt(theta * lam) * server
    return value, q, price, down, server


def _value(dual: _Dual, prices: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """The bound on the sum of sizes that the prices give on a box."""
    value = _terms(dual, prices, np.stack([low, high]))[0]
    return float(prices.sum() + value.max(axis=0).sum())


def _derivatives(
    dual: _Dual, prices: FloatArray, ends: FloatArray, tau: float
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """The bound with each maximum smoothed by tau, its slope, its curvature, and the weight of the upper end."""
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


def _bounded(dual: _Dual, low: FloatArray, high: FloatArray, tolerance: float, parent: _Node | None = None) -> _Node:
    """The least bound on a box: Newton steps in the four prices, the maxima smoothed less and less."""
    ends = np.stack([low, high])
    prices = _first_prices(dual, ends) if parent is None else parent.prices
    best, bound = prices, _value(dual, prices, low, high)
    for tau in _SMOOTHING[0 if parent is None else _WARM :]:
        if tau < _FINEST * tolerance:
            break
        prices, upper = _newton(dual, prices, ends, tau)
        value = _value(dual, prices, low, high)
        best, bound = (prices, value) if value < bound else (best, bound)
    mixed = low + upper * (high - low)
    corner, inner = _terms(dual, prices, ends)[0], _terms(dual, prices, np.stack([mixed, mixed]))[0][0]
    error = (1 - upper) * corner[0] + upper * corner[1] - inner
    return _Node(
        low=low,
        high=high,
        prices=best,
        bound=min(bound, float(high.sum()), np.inf if parent is None else parent.bound),
        mixed=mixed,
        error=error,
    )


def _first_prices(dual: _Dual, ends: FloatArray) -> FloatArray:
    """Equal prices of the limits, and what they make of the downlink's and the server's in the middle of the box."""
    middle = ends.mean(axis=0)
    each = middle.sum() / 4
    down = np.sqrt(each * (1 + dual.received) * dual.down * middle).sum() ** 2
    server = each * np.sqrt(dual.server[0] + dual.server[1] * middle).sum() ** 2
    return np.array([each, each, down, server])


def _newton(dual: _Dual, prices: FloatArray, ends: FloatArray, tau: float) -> tuple[FloatArray, FloatArray]:
    """Minimise the smoothed bound; return the prices and the weights of the upper ends."""
    value, slope, curvature, upper = _derivatives(dual, prices, ends, tau)
    for _ in range(_STEPS):
        scale = prices[:, None] * prices  # Newton in relative prices, so that the matrix is well scaled
        relative = curvature * scale
        step = -prices * np.linalg.solve(relative + 1e-13 * np.trace(relative) * np.eye(4), slope * prices)
        step *= min(
            1.0, 0.9 / float(np.max(np.abs(step / prices)))
        )  # along a ray of prices the bound is all but linear
        decrement = -float(slope @ step)
        if not decrement > 1e-3 * tau:
            break
        length = 1.0
        while length > 1e-8:
            trial = prices + length * step
            after = _derivatives(dual, trial, ends, tau)
            if after[0] <= value - 0.1 * length * decrement:
                break
            length /= 2
        else:
            break
        prices, (value, slope, curvature, upper) = trial, after
    return prices, upper
