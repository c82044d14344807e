"""Instances at the edge of float64: powers decades apart, limits with no slack but rounding, a d_max out of reach."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mecpapers.fhei import bounds, computing, dual
from mecpapers.fhei.bounds import loosened, solve_exact
from mecpapers.fhei.computing import feasible, least_energy, least_latency, reachable, smallest, solve_resources
from mecpapers.fhei.instance import from_dict
from mecpapers.fhei.mended import solve_mended
from mecpapers.fhei.model import Problem, Users, evaluate
from mecpapers.sweep import drop_generator

EXAMPLE = json.loads((Path(__file__).parents[2] / "book/instances/fhei.json").read_text(), parse_int=float)


def strained(seed, n_users, latency_slack, energy_slack, decades=15.0, rates=1.0):
    """Powers ``decades`` either way, rates ``rates``; limits so much, relatively, over what the least features take."""
    rng = drop_generator(seed, 70)
    up, down, speed, power = (
        10 ** (middle + rng.uniform(-width, width, n_users))
        for middle, width in ((7.5, rates), (8, rates), (9.5, rates), (-1, decades))
    )
    p = from_dict(EXAMPLE | {"uplink_rate": 1.0, "downlink_rate": 1.0, "device_speed": 1.0})
    users = Users(uplink_rate=up, downlink_rate=down, device_speed=speed, receive_power=power)
    p = replace(p, users=users, min_feature_bytes=1e5, max_feature_bytes=1e7)
    p = replace(p, max_mean_latency=float(least_latency(p, smallest(p))) * (1 + latency_slack))
    energy, _ = least_energy(p, smallest(p))
    return replace(p, max_mean_energy=float(energy) / n_users * (1 + energy_slack))


def counted(monkeypatch, module, name):
    """A list that grows by one at each call of a function."""
    calls, function = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *a: calls.append(1) or function(*a))
    return calls


@pytest.mark.parametrize("slack", [1e-14, 1e-11, 1e-4, 1.0, 1e6])
def test_the_speed_of_unequal_powers_is_found_in_few_steps(slack, monkeypatch):
    """It was up to 133: halvings of what the rounding of M terms could not tell apart."""
    calls = counted(monkeypatch, computing, "latency_price")
    for seed in range(12):
        p = strained(seed, 1 + 3 * seed, slack, 1.0)
        calls.clear()
        v = least_energy(p, smallest(p))[1]
        assert len(calls) <= 25
        assert np.isfinite(v) and v > 0
        late = evaluate(p, solve_resources(p, smallest(p)).allocation).latency.mean()
        assert late == pytest.approx(p.max_mean_latency, rel=3 * computing.rounding(p))


@pytest.mark.parametrize("seed", range(3))
def test_prices_that_run_away_end_at_their_rounding(seed, monkeypatch):
    """Without slack no prices are best: a bound's steps end where they gain less than float64 keeps of their sum."""
    p = strained(seed, 10, 1e-14, 10.0, 1.0, 12.0)
    derivatives, boxes = counted(monkeypatch, dual, "_derivatives"), counted(monkeypatch, bounds, "bounded")
    solution = solve_exact(p, most_nodes=20)
    assert solution.bound >= solution.objective
    assert len(derivatives) <= 45 * len(boxes)  # it was 75 a box and more


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("slack", [1e-14, 1e-8])
def test_a_largest_size_out_of_reach_is_brought_near(seed, slack):
    """What ``reachable`` leaves, no user can have; and sizes bisected on the way to d_max are as good as near it."""
    p = strained(seed, 3 * (1 + seed), slack, slack)
    least = smallest(p)
    for loose in (p, loosened(p)):
        near = reachable(replace(loose, max_feature_bytes=1e40))
        assert near.max_feature_bytes < 1e40
        for m in range(p.users.size):
            sizes = least.copy()
            sizes[m] = near.max_feature_bytes
            assert not feasible(loose, sizes)
        far, found = (solve_mended(replace(near, max_feature_bytes=d)) for d in (1e40, near.max_feature_bytes))
        assert far.objective == pytest.approx(found.objective, rel=1e-6)


def test_trades_near_the_least_size_end(monkeypatch):
    """Bisected to 2^-36 of a d_max of 1e20, no size was, and each trade gained what the last had missed."""
    p = replace(strained(0, 6, 1.0, 1e-12, rates=12.0), max_feature_bytes=1e20)
    calls = counted(monkeypatch, computing, "_least_energy_of_unequal")
    solve_mended(p)
    assert len(calls) <= 2000  # it was over 4000, now 248


@pytest.mark.parametrize("name", ["max_mean_energy", "max_mean_latency"])
def test_the_largest_limits_are_limits(name):
    """Loosened by its rounding, 1e50 left the range, and was refused as not between 1e-50 and 1e50."""
    p = from_dict(EXAMPLE | {name: 1e50})
    assert isinstance(p, Problem) and solve_exact(p).converged
    with pytest.raises(ValueError, match=f"{name} = .* must lie between"):
        from_dict(EXAMPLE | {name: 1.001e50})
