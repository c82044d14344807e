"""Section V of the video paper: the local step of Algorithm 4, Fig. 6's running times, the price scheme."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from timing import exponent, median_seconds, report

from mecpapers.sweep import drop_generator
from mecpapers.video import SCHEMES
from mecpapers.video.admm import FITTED
from mecpapers.video.admm import rounds as sweeps
from mecpapers.video.augmented import local_step, terms
from mecpapers.video.evidence import reference
from mecpapers.video.evidence.experiments import POPULATIONS, choices, scaled
from mecpapers.video.local import local_frequency
from mecpapers.video.options import option_table
from mecpapers.video.prices import rounds
from mecpapers.video.scenario import EQ31, MIXED

SCHEMES_OF_FIG_6 = ("gp-heuristic", "cccp", "admm", "admm-printed", "prices", "exact")


def device_iterations() -> None:
    """Step 1 of Algorithm 4 a device: ours for all at once, CVXPY's for one after the other, compiled once."""
    alone = replace(MIXED, n_devices=1).draw(np.random.default_rng(0))
    f = t = np.full(1, -np.log(25.0))
    theirs = median_seconds(lambda: reference.augmented_local(alone, f, t, 0.5, local_frequency(alone)))
    k = terms(alone)
    x, frames, y, z = local_step(k, f, t, 0.5)
    m = np.log(frames)
    edge = (k.a0 * frames + k.a1) * np.exp(-y) + k.bt * np.exp(m - z) + k.e * frames + k.g / frames
    ours = np.where(x, edge + 0.25 * ((y - f) ** 2 + (z - t) ** 2), k.local_cost)
    equal = float(abs(ours / np.minimum(*reference.augmented_local(alone, f, t, 0.5, local_frequency(alone))) - 1)[0])
    for n in (25, 1000, 100_000):
        k = terms(replace(MIXED, n_devices=n).draw(np.random.default_rng(0)))
        share = np.full(n, -np.log(n))
        seconds = median_seconds(lambda k=k, share=share: local_step(k, share, share, 0.5), 5)
        report(f"Algorithm 4, step 1, {n} devices | CVXPY, one after the other", seconds, n * theirs, equal)


def figure_6() -> None:
    """Running times over N as ratios to GP+Heuristic, ADMM's also a device, as the paper draws it."""
    print()
    print("Fig. 6: time of a drop over that of GP+Heuristic, eq31, medians over 5 drops; search in choices")
    print("  N    GP+Heuristic" + "".join(f"{name:>14}" for name in SCHEMES_OF_FIG_6[1:]) + "  admm/device      search")
    growth: dict[str, dict[int, float]] = {name: {} for name in SCHEMES_OF_FIG_6}
    for n in (6, 8, 12, 16, 20, 25, 50):
        problems = [replace(EQ31, n_devices=n).draw(drop_generator(0, k)) for k in range(5)]
        for name in SCHEMES_OF_FIG_6:
            growth[name][n] = median_seconds(lambda name=name, p=problems: [SCHEMES[name](q) for q in p], 3) / 5
        base = growth["gp-heuristic"][n]
        cells = "".join(f"{growth[name][n] / base:>12.2f} x" for name in SCHEMES_OF_FIG_6[1:])
        print(f"  {n:3} {1e3 * base:9.2f} ms {cells}{growth['admm'][n] / n / base:>11.3f} x{float(choices(n)):12.1e}")
    slopes = ", ".join(f"{name} N^{exponent(times):.1f}" for name, times in growth.items())
    print(f"  growth from 6 to 50: {slopes}")


def sweeps_and_rounds() -> None:
    """A sweep of Algorithm 4 in turn and all at once, and a round of prices, over N."""
    print()
    print("one sweep of Algorithm 4 in turn, all at once; one round of prices: time a device")
    for n in (25, 100, 1000):
        problem = scaled(POPULATIONS["all mixed, eq7"], n, drop_generator(0, 0))
        options = option_table(problem)
        turn, at_once = (
            median_seconds(lambda r=reading, p=problem: list(sweeps(p, r)), 1)
            for reading in (replace(FITTED, max_sweeps=1), replace(FITTED, sweep="parallel", max_sweeps=1))
        )
        run = list(rounds(options))
        priced = median_seconds(lambda o=options: list(rounds(o)), 3) / run[-1].rounds
        print(f"  N = {n:5}: {1e6 * turn / n:8.1f} us {1e6 * at_once / n:8.1f} us {1e6 * priced / n:8.2f} us")


def main() -> None:
    """Run every comparison."""
    print(f"{'ours | theirs':62} {'ours':>12} {'theirs':>12} {'ratio':>10}   objectives differ by, relatively")
    device_iterations()
    figure_6()
    sweeps_and_rounds()
