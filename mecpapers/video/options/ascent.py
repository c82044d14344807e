"""Maximise L over w: cutting planes, a sample to start from, and the few devices that matter near the maximum.

L is strongly concave: |w* - w|^2 <= L* - L(w). Within a ball around w most devices keep their choice, whatever the
prices; a maximiser over the others that lies inside the ball is the maximiser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Protocol

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, IndexArray
from mecpapers.batch import ONE, Batch, Number
from mecpapers.video.options.table import Dual, Options, dual_at, first_least, pick

# Every number below trades time alone, as a test shows: L's maximiser is proved by its cuts and its ball, whatever they
# are, and a dual that stops early still bounds.

# The end of an ascent: the dual gap left, relative to the terms that L adds up. |w* - w| is at most the gap's root.
_COARSE = 1e-9  # w to 3e-5: then only a few devices may still change their choice. 1e-8 keeps three times as many
_FINE = 1e-15  # four units of rounding: beyond, values of cuts differ by rounding alone, and 1e-16 would not be met
_MAX_CUTS = 10  # kept by an ascent. In two dimensions three are active; the master tries all pairs, 46 bases here
_MAX_SWEEPS = 100  # of an ascent, which took 12 at most for 25 to 50 000 devices

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

    Of the others no option has a reduced cost below ``margin`` at any point that is covered. Of a batch, every number
    that belongs to a problem has a last axis, shape (..., B).
    """

    congestion: FloatArray  # w, shape (2,) [cost^(1/2)]
    choice: IndexArray  # the row of Options with r = 0, shape (N,)
    largest: Number  # of |min_o (e + 2 u a + 2 v b)| over the devices, and their sum: the measures of rounding
    total: Number
    value: Number  # L(w) where it was looked around
    device: IndexArray  # shape (J,)
    r: FloatArray  # reduced costs, shape (K, J)
    steps: FloatArray  # of (A, B), against the choice; shape (2, K, J)
    residual: FloatArray  # (A, B) - w, shape (2,)
    radius: Number
    upwards: bool  # all edge devices are kept: what is cheapest locally stays so at higher prices
    margin: Number
    batch: Batch = ONE  # whose each of the J devices is

    def covers(self, shift: FloatArray, reach: Number) -> bool:
        """Whether the devices left out keep their choice, and the margin, within ``reach`` of w + shift, shape (2,)."""
        inside = bool(np.all(np.hypot(*shift) + reach <= self.radius))
        return inside or (self.upwards and bool(np.all(shift - reach >= -self.radius / 2)))


class Look(Protocol):
    """What sweeps over all devices once, wherever they are."""

    def __call__(self, congestion: FloatArray, *, radius: float, margin: Number, upwards: bool = False) -> Near:
        """Keep the devices that matter within a radius of w."""
        ...


def look_around(
    options: Options, congestion: FloatArray, *, radius: float, margin: Number, upwards: bool = False
) -> Near:
    """Sweep over all devices once, and keep those that matter within a radius of w, shape (2,) (inf: all).

    A batch of several problems is looked around with radius inf alone.
    """
    n, batch = options.e.shape[1], options.batch
    u, v = batch.of(congestion)
    choice, kept = np.empty(n, dtype=np.intp), []
    residual, total, largest = -congestion, np.zeros(batch.shape)[()], np.zeros(batch.shape)[()]
    value, width = -(congestion * congestion).sum(axis=0), CHUNK if batch is ONE else n
    for start in range(0, n, width):
        part = slice(start, start + width)
        a, b = options.a[:, part], options.b[:, part]
        r = options.e[:, part] + 2 * u * a
        r += 2 * v * b
        here, least = first_least(r)
        r -= least
        choice[part], size = here, np.abs(least)
        total, largest, value = (
            total + batch.sum(size),
            np.maximum(largest, batch.max(size)),
            value + batch.sum(least),
        )
        own = np.stack([pick(a, here), pick(b, here)])
        residual = residual + batch.sum(own)
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
        batch=batch.some(device),
    )


def _matters(r: FloatArray, steps: FloatArray, choice: IndexArray, radius: Number, margin: Number) -> BoolArray:
    """Whether another option than the choice may come within ``margin`` of the least, somewhere within a radius."""
    may = r < (np.inf if np.isinf(radius).any() else margin + 2 * radius * np.sqrt((steps * steps).sum(axis=0)))
    may[choice, np.arange(choice.size)] = False
    return np.asarray(may.any(axis=0))


def locate(options: Options, start: FloatArray | None = None, ball: Ball | None = None) -> Near:
    """Find the maximiser w* of L, and the devices that matter there.

    ``margin`` is about what the optimum can lie above L*, by the size of the options' a and b: a guess, to be held
    against the excess of an incumbent.

    Parameters
    ----------
    start : w to begin with, shape (2,), such as that of a problem much like this one
    ball : where to look first, if that is known
    """
    ball = ball or first_ball(partial(_drawn, options), options.e.shape[1], start, options.batch)
    return settle(*approach(partial(look_around, options), ball, likely_margin(options)))


def settle(near: Near, shift: FloatArray, gap: Number) -> Near:
    """From near the maximiser to it: the devices that matter at w* itself.

    Parameters
    ----------
    shift, gap : a way from ``near.congestion``, shape (2,), and what L may still gain there
    """
    tolerance = _FINE * (near.largest + (shift * shift).sum(axis=0))
    reach = 2 * np.sqrt(np.maximum(gap, tolerance))
    near = _moved(near, shift, reach)
    shift, _ = ascend(near.steps, near.residual, near.r, tolerance, near.batch)
    return _moved(near, np.where(np.hypot(*shift) <= reach, shift, 0.0), np.zeros(near.batch.shape))


@dataclass(frozen=True, eq=False)
class Ball:
    """Where w* is sought first."""

    centre: FloatArray  # w, shape (2,)
    radius: float  # inf: anywhere
    upwards: bool = False  # and anywhere at higher prices


def likely_margin(options: Options) -> Number:
    """About what the optimum can lie above L*, by some thousand devices [cost]."""
    some = slice(None, None, options.e.shape[1] // 1000 + 1 if options.batch is ONE else 1)
    return options.batch.max((options.a[:, some] ** 2 + options.b[:, some] ** 2).max(axis=0)) / 2


def approach(look: Look, ball: Ball, margin: Number, coarse: float = _COARSE) -> tuple[Near, FloatArray, Number]:
    """Come near the maximiser, by any way of looking around a w, shape (2,), from a ball.

    Stage 1 ascends in a ball, to an eighth of its radius; a ball that w* may lie outside of is moved and widened.
    Stage 2 ascends from there to the coarse gap, relative to what L adds up, among the devices that may still change.

    Returns
    -------
    the surroundings of a w, the way from there, and what L may still gain
    """
    for _ in range(_TRIES):
        near, shift, gap = _search(look, ball, margin, coarse, (ball.radius / 8) ** 2)
        if near.covers(shift, 2 * np.sqrt(gap)):
            break
        ball = Ball(np.maximum(ball.centre + shift, 0.0), 2 * ball.radius, ball.upwards)
    else:
        near, shift, gap = _search(look, replace(ball, radius=np.inf), margin, coarse, 0.0)
    tolerance = coarse * near.total
    if np.any(gap > tolerance):  # the ball is smaller now, and so are the tables
        near = _moved(near, shift, 2 * np.sqrt(gap))
        shift, gap = ascend(near.steps, near.residual, near.r, tolerance, near.batch)
    return near, shift, gap


def first_ball(table: Callable[[IndexArray], Options], n: int, start: FloatArray | None, batch: Batch = ONE) -> Ball:
    """Around the start that is given, or around a sample's maximiser; everything where there are few devices.

    Parameters
    ----------
    table : the options of some of the n devices, whose places have shape (J,)
    start : w to begin with, shape (2,)
    """
    if n <= _WHOLE or batch is not ONE:
        return Ball(np.zeros((2, *batch.shape)) if start is None else start, np.inf)
    if start is not None:
        return Ball(start, _DRIFT * float(np.hypot(*start)))
    w, drawn, share = _sampled(table, n)
    upwards = share <= _FEW
    return Ball(w, float(np.hypot(*w)) * (_WIDE if upwards else _SPREAD / np.sqrt(drawn)), upwards)


def _search(look: Look, ball: Ball, margin: Number, coarse: float, least: float) -> tuple[Near, FloatArray, Number]:
    """Ascend among the devices that matter in a ball, down to a gap."""
    near = look(ball.centre, radius=ball.radius, margin=margin, upwards=ball.upwards)
    return near, *ascend(near.steps, near.residual, near.r, np.maximum(coarse * near.total, least), near.batch)


def _sampled(table: Callable[[IndexArray], Options], n: int) -> tuple[FloatArray, int, float]:
    """Maximise L for a random sample, whose devices stand for N/n each: a and b grow by sqrt(N/n), and w shrinks.

    Returns
    -------
    w, the size of the sample, and the share of it at the edge
    """
    drawn = next((size for size in _SAMPLES if n >= 5 * size), _WHOLE // 2)
    sample = table(np.sort(np.random.default_rng(0).choice(n, drawn, replace=False, shuffle=False)))
    scale = np.sqrt(n / drawn)
    w, share = stand_in(replace(sample, a=scale * sample.a, b=scale * sample.b))
    return scale * w, drawn, share


def _drawn(options: Options, chosen: IndexArray) -> Options:
    """The columns of some devices."""
    columns = {name: getattr(options, name)[..., chosen] for name in ("least", "a", "b", "e")}
    return replace(options, **columns)


def stand_in(sample: Options) -> tuple[FloatArray, float]:
    """Maximise L coarsely: w, shape (2,), and the share of the devices at the edge."""
    ball = first_ball(partial(_drawn, sample), sample.e.shape[1], None)
    near, shift, _ = approach(partial(look_around, sample), ball, likely_margin(sample))
    near = _moved(near, shift, 0.0)
    return near.congestion, float((near.choice > 0).mean())


def _moved(near: Near, shift: FloatArray, reach: Number) -> Near:
    """See L from w + shift, and keep the devices that may matter within ``reach`` of it."""
    w = np.maximum(near.congestion + shift, 0.0)
    shift = w - near.congestion
    u, v = near.batch.of(shift)
    r = near.r + 2 * u * near.steps[0] + 2 * v * near.steps[1]
    row, least = first_least(r)
    r -= least
    step = near.steps[:, row, np.arange(row.size)]
    steps = near.steps - step[:, None]
    choice = near.choice.copy()
    choice[near.device] = row
    j = np.flatnonzero(_matters(r, steps, row, near.batch.of(reach), near.batch.of(near.margin)))
    return replace(
        near,
        congestion=w,
        choice=choice,
        device=near.device[j],
        r=r[:, j],
        steps=steps[:, :, j],
        residual=near.residual + near.batch.sum(step) - shift,
        radius=reach,
        upwards=False,
        batch=near.batch.some(j),
    )


def dual_bound(options: Options) -> Dual:
    """Maximise L over w: the best bound of its kind on (16)."""
    return dual_at(options, locate(options).congestion)


def highest_point(slopes: FloatArray, levels: FloatArray) -> tuple[FloatArray, Number]:
    """Maximise -|z|^2 + min_k (level_k + 2 z.slope_k), where the last cut is known to be active.

    Active with it are none, one or two others; all such bases are tried, and the value of the model judges.

    Parameters
    ----------
    slopes, levels : the cuts, shape (k, 2) and (k,); of a batch (k, 2, B) and (k, B)

    Returns
    -------
    z : shape (2,), of a batch (2, B)
    value : of the model there
    """
    cuts = slopes[:, 0] + 1j * slopes[:, 1]  # the plane of w as the complex plane
    last = cuts[-1]
    q, s = cuts[:-1] - last, (levels[-1] - levels[:-1]) / 2  # cut k meets the last one where z.q_k = s_k
    i, j = _pairs(len(s))
    along, across, turned = s[i] * q[j], q[i].conj() * q[j], s[j] * q[i]
    with np.errstate(all="ignore"):  # parallel cuts have no corner
        edges = last + (s - (q.conj() * last).real) / (q.conj() * q).real * q
        corners = -1j * (along - turned) / across.imag
        z = np.concatenate([last[None], edges, corners])
        value = (levels + 2 * (z.conj()[:, None] * cuts).real).min(axis=1) - (z.conj() * z).real
    value[~np.isfinite(value)] = -np.inf
    k = value.argmax(axis=0)
    best = z.reshape(len(z), -1)[k.ravel(), np.arange(k.size)]
    return np.stack([best.real, best.imag]).reshape(slopes.shape[1:]), value.max(axis=0)


def ascend(
    steps: FloatArray, residual: FloatArray, r: FloatArray, tolerance: Number, batch: Batch = ONE
) -> tuple[FloatArray, Number]:
    """Maximise -|z|^2 + 2 z.residual + sum_n min_o (r + 2 z.steps) over z by cutting planes.

    Every sweep over the devices gives an assignment, and with it a cut, level + 2 z.slope; the master keeps -|z|^2.

    Returns
    -------
    z : the best point met, shape (2,)
    gap : of its value from the maximum
    """
    slopes, levels = residual[None], np.zeros((1, *batch.shape))  # the cut of z = 0, where r is least
    best, lower = np.zeros_like(residual), levels[0]
    z, upper = residual, (residual * residual).sum(axis=0)
    for _ in range(_MAX_SWEEPS):
        rising = upper - lower > tolerance
        if not rising.any():
            break
        slope, level = cut(steps, r, z, batch)
        slope = slope + residual
        value = level + (2 * z * slope - z * z).sum(axis=0)
        better = rising & (value > lower)
        best, lower = np.where(better, z, best), np.where(better, value, lower)
        if len(levels) == _MAX_CUTS:  # the highest one at z goes
            kept = np.argsort(levels + 2 * (slopes * z).sum(axis=1), axis=0)[:-1]
            slopes, levels = np.take_along_axis(slopes, kept[:, None], axis=0), np.take_along_axis(levels, kept, axis=0)
        slopes, levels = np.concatenate([slopes, slope[None]]), np.concatenate([levels, level[None]])
        highest, model = highest_point(slopes, levels)
        z, upper = np.where(rising, highest, z), np.where(rising, model, upper)
    return best, np.maximum(0.0, upper - lower)


def cut(steps: FloatArray, r: FloatArray, z: FloatArray, batch: Batch = ONE) -> tuple[FloatArray, Number]:
    """Sum the steps, shape (2, K, J), and the reduced costs, shape (K, J), of what is cheapest at z, shape (2,)."""
    n, (x, y) = r.shape[1], batch.of(z)
    slope, level = np.zeros((2, *batch.shape)), np.zeros(batch.shape)
    width = CHUNK if batch is ONE else max(n, 1)
    for start in range(0, n, width):
        part = slice(start, start + width)
        price = r[:, part] + 2 * x * steps[0, :, part]
        price += 2 * y * steps[1, :, part]
        choice, _ = first_least(price)
        every = np.arange(start, start + choice.size)
        slope = slope + batch.sum(steps[:, choice, every])
        level = level + batch.sum(r[choice, every])
    return slope, level


@cache
def _pairs(n: int) -> tuple[IndexArray, IndexArray]:
    """All i < j < n."""
    i, j = np.triu_indices(n, 1)
    return i, j
