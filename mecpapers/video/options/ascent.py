"""Maximise L over w: cutting planes, a sample to start from, and the few devices that matter near the maximum.

L is strongly concave: |w* - w|^2 <= L* - L(w). Within a ball around w most devices keep their choice, whatever the
prices; a maximiser over the others that lies inside the ball is the maximiser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Protocol

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, IndexArray
from mecpapers.video.options.table import Dual, Options, dual_at, first_least, pick

# Every number below trades time alone, as a test shows: L's maximiser is proved by its cuts and its ball, whatever they
# are, and a dual that stops early still bounds.

# The end of an ascent: the dual gap left, relative to the terms that L adds up. |w* - w| is at most the gap's root.
_COARSE = 1e-9  # w to 3e-5: then only a few devices may still change their choice. 1e-8 keeps three times as many
_FINE = 1e-15  # four units of rounding: beyond, values of cuts differ by rounding alone, and 1e-16 would not be met
_MAX_CUTS = 18  # kept by an ascent. In two dimensions three are active; the master tries all pairs, 154 bases here
_MAX_SWEEPS = 100  # of an ascent, which took 14 at most for 25 to 50 000 devices

# The first ball around w*, where N is so large that a sweep over all devices is worth avoiding.
_WHOLE = 3000  # devices up to which all are kept: a sweep over them takes as long as it takes to draw a sample
_SAMPLES = (60_000, 2000)  # devices drawn, where N is five times that: w is then known to 0.4 % and to 2 %
_SPREAD = 4.0  # standard errors of the sample's w, |w| / sqrt(drawn): one ball in 10^4 misses w*. At 40 it holds all
_FEW = 0.125  # share of devices at the edge up to which all of these are kept, in a table of an eighth at most
_WIDE = 0.25  # of |w|: the radius then, since a sample that holds few edge devices knows w no better
_DRIFT = 0.02  # of |w|: the radius around a given start; channels that moved by half a dB move w by less
_TRIES = 6  # balls, each twice as wide as the last, 32 times the first in all; then all devices are kept

CHUNK = 1 << 13  # devices looked at at once: with 16 options each a table of 1 MB, which the processor's cache holds


@dataclass(frozen=True, kw_only=True, eq=False)
class Near:
    """L around w: the J devices that may change their choice within a radius of w; the others keep it.

    Of the others no option has a reduced cost below ``margin`` at any point that is covered.
    """

    congestion: FloatArray  # w, shape (2,) [cost^(1/2)]
    choice: IndexArray  # the row of Options with r = 0, shape (N,)
    largest: float  # of |min_o (e + 2 u a + 2 v b)| over the devices, and their sum: the measures of rounding
    total: float
    value: float  # L(w) where it was looked around
    device: IndexArray  # shape (J,)
    r: FloatArray  # reduced costs, shape (K, J)
    steps: FloatArray  # of (A, B), against the choice; shape (2, K, J)
    residual: FloatArray  # (A, B) - w, shape (2,)
    radius: float
    upwards: bool  # all edge devices are kept: what is cheapest locally stays so at higher prices
    margin: float

    def covers(self, shift: FloatArray, reach: float) -> bool:
        """Whether the devices left out keep their choice, and the margin, within ``reach`` of w + shift, shape (2,)."""
        inside = bool(np.hypot(*shift) + reach <= self.radius)
        return inside or (self.upwards and bool(np.all(shift - reach >= -self.radius / 2)))


class Look(Protocol):
    """What sweeps over all devices once, wherever they are."""

    def __call__(self, congestion: FloatArray, *, radius: float, margin: float, upwards: bool = False) -> Near:
        """Keep the devices that matter within a radius of w."""
        ...


def look_around(
    options: Options, congestion: FloatArray, *, radius: float, margin: float, upwards: bool = False
) -> Near:
    """Sweep over all devices once, and keep those that matter within a radius of w, shape (2,) (inf: all)."""
    u, v = congestion
    n = options.e.shape[1]
    choice, kept = np.empty(n, dtype=np.intp), []
    residual, total, largest, value = -congestion, 0.0, 0.0, -float(congestion @ congestion)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        a, b = options.a[:, part], options.b[:, part]
        r = options.e[:, part] + 2 * u * a
        r += 2 * v * b
        here, least = first_least(r)
        r -= least
        choice[part], size = here, np.abs(least)
        total, largest, value = total + float(size.sum()), max(largest, float(size.max())), value + float(least.sum())
        own = np.stack([pick(a, here), pick(b, here)])
        residual = residual + own.sum(axis=1)
        farthest = np.inf if np.isinf(radius) else margin + 2 * radius * np.hypot(a.max(axis=0), b.max(axis=0))
        j = np.flatnonzero(((r < farthest).sum(axis=0) > 1) | (upwards & (here > 0)))
        steps = np.stack([a[:, j], b[:, j]]) - own[:, None, j]
        k = _matters(r[:, j], steps, here[j], radius, margin) | (upwards & (here[j] > 0))
        kept.append((start + j[k], r[:, j[k]], steps[:, :, k]))
    device, r, steps = (np.concatenate(arrays, axis=-1) for arrays in zip(*kept, strict=True))
    return Near(
        congestion=congestion,
        choice=choice,
        largest=largest,
        total=total,
        value=value,
        device=device,
        r=r,
        steps=steps,
        residual=residual,
        radius=radius,
        upwards=upwards,
        margin=margin,
    )


def _matters(r: FloatArray, steps: FloatArray, choice: IndexArray, radius: float, margin: float) -> BoolArray:
    """Whether another option than the choice may come within ``margin`` of the least, somewhere within a radius."""
    may = r < (np.inf if np.isinf(radius) else margin + 2 * radius * np.sqrt((steps * steps).sum(axis=0)))
    may[choice, np.arange(choice.size)] = False
    return np.asarray(may.any(axis=0))


def locate(options: Options, start: FloatArray | None = None) -> Near:
    """Find the maximiser w* of L, and the devices that matter there.

    ``margin`` is about what the optimum can lie above L*, by the size of the options' a and b: a guess, to be held
    against the excess of an incumbent.

    Parameters
    ----------
    start : w to begin with, shape (2,), such as that of a problem much like this one
    """
    return settle(*_approach(options, start))


def settle(near: Near, shift: FloatArray, gap: float) -> Near:
    """From near the maximiser to it: the devices that matter at w* itself.

    Parameters
    ----------
    shift, gap : a way from ``near.congestion``, shape (2,), and what L may still gain there
    """
    tolerance = float(_FINE * (near.largest + shift @ shift))
    reach = 2 * float(np.sqrt(max(gap, tolerance)))
    near = _moved(near, shift, reach)
    shift, _ = ascend(near.steps, near.residual, near.r, tolerance)
    return _moved(near, shift if np.hypot(*shift) <= reach else np.zeros(2), 0.0)


@dataclass(frozen=True, eq=False)
class Ball:
    """Where w* is sought first."""

    centre: FloatArray  # w, shape (2,)
    radius: float  # inf: anywhere
    upwards: bool = False  # and anywhere at higher prices


def _approach(options: Options, start: FloatArray | None) -> tuple[Near, FloatArray, float]:
    """Come near the maximiser: the surroundings of a w, the way from there, and what L may still gain.

    Stage 1 ascends in a ball, to an eighth of its radius; a ball that w* may lie outside of is moved and widened.
    Stage 2 ascends from there to the coarse gap, among the devices that may still change.
    """
    return approach(partial(look_around, options), _first_ball(options, start), likely_margin(options))


def likely_margin(options: Options) -> float:
    """About what the optimum can lie above L*, by some thousand devices [cost]."""
    some = slice(None, None, options.e.shape[1] // 1000 + 1)
    return float((options.a[:, some] ** 2 + options.b[:, some] ** 2).max()) / 2


def approach(look: Look, ball: Ball, margin: float, coarse: float = _COARSE) -> tuple[Near, FloatArray, float]:
    """``_approach`` by any way of looking around a w, shape (2,), from a ball, to a gap relative to what L adds up."""
    for _ in range(_TRIES):
        near, shift, gap = _search(look, ball, margin, coarse, (ball.radius / 8) ** 2)
        if near.covers(shift, 2 * np.sqrt(gap)):
            break
        ball = Ball(np.maximum(ball.centre + shift, 0.0), 2 * ball.radius, ball.upwards)
    else:
        near, shift, gap = _search(look, replace(ball, radius=np.inf), margin, coarse, 0.0)
    coarse *= near.total
    if gap > coarse:  # the ball is smaller now, and so are the tables
        near = _moved(near, shift, 2 * np.sqrt(gap))
        shift, gap = ascend(near.steps, near.residual, near.r, coarse)
    return near, shift, gap


def _first_ball(options: Options, start: FloatArray | None) -> Ball:
    """Around the start that is given, or around a sample's maximiser; everything where there are few devices."""
    n = options.e.shape[1]
    if n <= _WHOLE:
        return Ball(np.zeros(2) if start is None else start, np.inf)
    if start is not None:
        return Ball(start, _DRIFT * float(np.hypot(*start)))
    w, drawn, share = _sampled(options)
    upwards = share <= _FEW
    return Ball(w, float(np.hypot(*w)) * (_WIDE if upwards else _SPREAD / np.sqrt(drawn)), upwards)


def _search(look: Look, ball: Ball, margin: float, coarse: float, tolerance: float) -> tuple[Near, FloatArray, float]:
    """Ascend among the devices that matter in a ball, down to a gap."""
    near = look(ball.centre, radius=ball.radius, margin=margin, upwards=ball.upwards)
    return near, *ascend(near.steps, near.residual, near.r, max(coarse * near.total, tolerance))


def _sampled(options: Options) -> tuple[FloatArray, int, float]:
    """Maximise L for a random sample, whose devices stand for N/n each: a and b grow by sqrt(N/n), and w shrinks.

    Returns
    -------
    w, the size of the sample, and the share of it at the edge
    """
    n = options.e.shape[1]
    drawn = next((size for size in _SAMPLES if n >= 5 * size), _WHOLE // 2)
    chosen = np.sort(np.random.default_rng(0).choice(n, drawn, replace=False, shuffle=False))
    scale = np.sqrt(n / drawn)
    sample = replace(
        options,
        frames=options.frames[:, chosen],
        a=scale * options.a[:, chosen],
        b=scale * options.b[:, chosen],
        e=options.e[:, chosen],
    )
    w, share = stand_in(sample)
    return scale * w, drawn, share


def stand_in(sample: Options) -> tuple[FloatArray, float]:
    """Maximise L coarsely: w, shape (2,), and the share of the devices at the edge."""
    near, shift, _ = _approach(sample, None)
    near = _moved(near, shift, 0.0)
    return near.congestion, float((near.choice > 0).mean())


def _moved(near: Near, shift: FloatArray, reach: float) -> Near:
    """See L from w + shift, and keep the devices that may matter within ``reach`` of it."""
    w = np.maximum(near.congestion + shift, 0.0)
    shift = w - near.congestion
    r = near.r + 2 * shift[0] * near.steps[0] + 2 * shift[1] * near.steps[1]
    row, least = first_least(r)
    r -= least
    step = near.steps[:, row, np.arange(row.size)]
    steps = near.steps - step[:, None]
    choice = near.choice.copy()
    choice[near.device] = row
    j = _matters(r, steps, row, reach, near.margin)
    return replace(
        near,
        congestion=w,
        choice=choice,
        device=near.device[j],
        r=r[:, j],
        steps=steps[:, :, j],
        residual=near.residual + step.sum(axis=1) - shift,
        radius=reach,
        upwards=False,
    )


def dual_bound(options: Options) -> Dual:
    """Maximise L over w: the best bound of its kind on (16)."""
    return dual_at(options, locate(options).congestion)


def highest_point(slopes: FloatArray, levels: FloatArray) -> tuple[FloatArray, float]:
    """Maximise -|z|^2 + min_k (level_k + 2 z.slope_k), where the last cut is known to be active.

    Active with it are none, one or two others; all such bases are tried, and the value of the model judges.

    Parameters
    ----------
    slopes, levels : the cuts, shape (k, 2) and (k,)

    Returns
    -------
    z : shape (2,)
    value : of the model there
    """
    last = slopes[-1]
    q, s = slopes[:-1] - last, (levels[-1] - levels[:-1]) / 2  # cut k meets the last one where z.q_k = s_k
    i, j = _pairs(s.size)
    with np.errstate(all="ignore"):  # parallel cuts have no corner
        edges = last + ((s - q @ last) / (q * q).sum(axis=1))[:, None] * q
        corners = np.stack([s[i] * q[j, 1] - s[j] * q[i, 1], q[i, 0] * s[j] - q[j, 0] * s[i]], axis=1)
        corners /= (q[i, 0] * q[j, 1] - q[j, 0] * q[i, 1])[:, None]
        z = np.vstack([last, edges, corners])
        value = (levels + 2 * z @ slopes.T).min(axis=1) - (z * z).sum(axis=1)
    k = int(np.where(np.isfinite(value), value, -np.inf).argmax())
    return z[k], float(value[k])


def ascend(steps: FloatArray, residual: FloatArray, r: FloatArray, tolerance: float) -> tuple[FloatArray, float]:
    """Maximise -|z|^2 + 2 z.residual + sum_n min_o (r + 2 z.steps) over z by cutting planes.

    Every sweep over the devices gives an assignment, and with it a cut, level + 2 z.slope; the master keeps -|z|^2.

    Returns
    -------
    z : the best point met, shape (2,)
    gap : of its value from the maximum
    """
    slopes, levels = residual[None], np.zeros(1)  # the cut of z = 0, where r is least
    best, lower = np.zeros(2), 0.0
    z, upper = residual, float(residual @ residual)
    for _ in range(_MAX_SWEEPS):
        if upper - lower <= tolerance:
            break
        slope, level = cut(steps, r, z)
        slope = slope + residual
        value = float(level + 2 * z @ slope - z @ z)
        if value > lower:
            best, lower = z, value
        kept = np.argsort(levels + 2 * slopes @ z)[: _MAX_CUTS - 1]
        slopes, levels = np.vstack([slopes[kept], slope]), np.append(levels[kept], level)
        z, upper = highest_point(slopes, levels)
    return best, max(0.0, upper - lower)


def cut(steps: FloatArray, r: FloatArray, z: FloatArray) -> tuple[FloatArray, float]:
    """Sum the steps, shape (2, K, J), and the reduced costs, shape (K, J), of what is cheapest at z, shape (2,)."""
    slope, level = np.zeros(2), 0.0
    for start in range(0, r.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        price = r[:, part] + 2 * z[0] * steps[0, :, part]
        price += 2 * z[1] * steps[1, :, part]
        choice, _ = first_least(price)
        every = np.arange(start, start + choice.size)
        slope = slope + steps[:, choice, every].sum(axis=1)
        level += float(r[choice, every].sum())
    return slope, level


@cache
def _pairs(n: int) -> tuple[IndexArray, IndexArray]:
    """All i < j < n."""
    i, j = np.triu_indices(n, 1)
    return i, j
