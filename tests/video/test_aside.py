"""Devices of a crowd that stay local for sure: they do, and the optimum is that of the whole table."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.solution import Infeasible
from mecpapers.video import bounds
from mecpapers.video.bounds import solve_exact, solve_options
from mecpapers.video.bounds.aside import set_aside
from mecpapers.video.evidence.experiments.scale import crowd
from mecpapers.video.model import evaluate, violations
from mecpapers.video.options import ascent, dual_at, locate, option_table


def changed(problem, **values):
    return replace(problem, devices=replace(problem.devices, **values))


KINDS = {
    "mixed": {},
    "silent ones": {"uplink_rate": lambda d, rng: np.where(rng.random(d.size) < 0.3, 0.0, d.uplink_rate)},
    "free power": {"transmit_power": 0.0},
    "energy without weight": {"weight_energy": 0.0},
    "accuracy without weight": {"weight_accuracy": 0.0},
    "nothing to gain": {"accuracy_a0": 0.0, "min_accuracy": 0.5},
    "one number of frames": {"min_frames": 4.0, "max_frames": 4.0},
    "hundreds of frames": {"max_frames": 300.0},
    "negative offsets": {"macs_offset": lambda d, rng: -0.9 * d.macs_per_frame, "min_frames": 1.0},
    "next to no work": {"macs_per_frame": 0.0},
}


def made(kind, n, seed=0):
    problem, rng = crowd(n, scaled=True, seed=seed), np.random.default_rng(seed)
    values = {name: value(problem.devices, rng) if callable(value) else value for name, value in KINDS[kind].items()}
    return changed(problem, **values)


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_set_aside_stays_local(kind):
    """At any prices from the lowest on, every option is dearer than the local one, by the margin."""
    problem, rng = made(kind, 1500), np.random.default_rng(1)
    table = option_table(problem)
    w = locate(table).congestion
    for _ in range(6):
        low = w * rng.uniform(0, 1.2, 2)
        margin = float(10 ** rng.uniform(-6, -1))
        aside = set_aside(problem, low, margin)
        for up in (0.0, 1e-3, 1.0, 30.0):
            r = dual_at(table, low + up * rng.random(2) * w).reduced_cost[:, aside.devices]
            assert not r[0].any() and r[1:].min(initial=np.inf) >= margin
    if kind not in ("nothing to gain", "accuracy without weight"):
        assert 0.05 < set_aside(problem, w, 0.0).devices.mean() < 1.0
    exact = table.e[0][aside.devices]
    assert aside.cost == pytest.approx(exact.sum(), abs=1e-11) and 0 <= aside.error < 1e-9


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_optimum_is_that_of_the_whole_table(kind, scaled, monkeypatch):
    monkeypatch.setattr(bounds, "_CROWD", 1000)
    asked = []
    monkeypatch.setattr(bounds, "set_aside", lambda *a, ask=bounds.set_aside: (asked.append(ask(*a)), asked[-1])[1])
    problem = made(kind, 4000)
    if not scaled:
        problem = replace(problem, server_frequency=2.2e10, time_budget=1.0)
    found, whole = solve_exact(problem), solve_options(option_table(problem))
    assert asked
    size = float(np.abs(evaluate(problem, found.allocation).cost).sum())
    assert found.objective == pytest.approx(whole.objective, abs=1e-13 * size)
    assert found.objective == pytest.approx(evaluate(problem, found.allocation).total, abs=1e-14 * size)
    assert not violations(problem, found.allocation)
    assert found.bound <= whole.objective and found.gap <= whole.gap + 1e-12 * size


@pytest.mark.parametrize("name", ["_SPREAD", "_DRIFT"])
def test_prices_below_the_expected_take_the_whole_table(name, monkeypatch):
    """The sample's prices, or the last ones, are taken for those sought; who is set aside may then offload."""
    monkeypatch.setattr(bounds, "_CROWD", 1000)
    asked = []
    monkeypatch.setattr(bounds, "_solve", lambda *a, ask=bounds._solve, **k: (asked.append(ask(*a, **k)), asked[-1])[1])
    problem = crowd(4000, scaled=True)
    start = None
    if name == "_DRIFT":
        start = solve_exact(replace(problem, server_frequency=2 * problem.server_frequency)).allocation
    asked.clear()
    monkeypatch.setattr(ascent, name, 1e-9)
    found = solve_exact(problem, start=start)
    assert found.objective == pytest.approx(solve_options(option_table(problem)).objective, rel=1e-13)
    if name == "_DRIFT":  # with twice the server more of them offloaded
        assert asked[0] == [None] and len(asked) == 3


def test_an_excess_beyond_the_margin_takes_the_whole_table(monkeypatch):
    monkeypatch.setattr(bounds, "_CROWD", 1000)
    problem = crowd(4000, scaled=True)
    expected = solve_exact(problem)
    asked = []
    monkeypatch.setattr(bounds, "likely_margin", lambda options: 0.0)
    monkeypatch.setattr(bounds, "_solve", lambda *a, ask=bounds._solve, **k: (asked.append(ask(*a, **k)), asked[-1])[1])
    assert solve_exact(problem).objective == pytest.approx(expected.objective, rel=1e-13)
    assert asked[0] == [None] and len(asked) == 2


def test_what_is_wrong_names_the_device_of_the_crowd(monkeypatch):
    monkeypatch.setattr(bounds, "_CROWD", 1000)
    problem = crowd(4000, scaled=True)
    accuracy = problem.devices.min_accuracy.copy()
    accuracy[3210] = 1.0
    with pytest.raises(Infeasible, match="device 3210 needs an accuracy of 1"):
        solve_exact(changed(problem, min_accuracy=accuracy))
