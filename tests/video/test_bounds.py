"""The certified optimum and its dual bound, against brute force over every policy and every number of frames."""

import itertools
import math
from dataclasses import fields, replace

import numpy as np
import pytest

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.solution import Infeasible
from mecpapers.video.bounds import nearly, rounding, solve_exact, solve_exact_frames
from mecpapers.video.bounds.enumeration import roundings, running_sum
from mecpapers.video.edge import complete, congestion_roots
from mecpapers.video.local import local_frequency, solve_local
from mecpapers.video.model import (
    Devices,
    Problem,
    accuracy,
    evaluate,
    fewest_frames,
    local_cost,
    macs,
    transmission_energy,
    violations,
)
from mecpapers.video.options import Options, dual_at, dual_bound, locate, option_table, pick
from mecpapers.video.scenario import MIXED, SET_A, TRAITS


def costs(problem: Problem, frames: FloatArray) -> FloatArray:
    """(27) plus the best local costs, for every row of frames, shape (S, N); 0 frames stand for local computing."""
    devices, x = problem.devices, frames > 0
    m = np.where(x, frames, 1.0)
    computing = devices.weight_delay * problem.cycles_per_mac * macs(devices, m) / problem.server_frequency
    sending = devices.weight_delay * devices.frame_bits * m / (devices.uplink_rate * problem.time_budget)
    own = devices.weight_energy * transmission_energy(problem, m) - devices.weight_accuracy * accuracy(devices, m)
    local = np.broadcast_to(best_local(problem), x.shape)
    with np.errstate(over="ignore"):
        delay = (x * np.sqrt(computing)).sum(axis=1) ** 2 + (x * np.sqrt(sending)).sum(axis=1) ** 2
    return np.asarray(delay + np.where(x, own, local).sum(axis=1))


def best_local(problem: Problem) -> FloatArray:
    """F_0 over every allowed number of frames at (20); under eq31 Theorem 1's answer."""
    if problem.local_energy == "eq31":
        return solve_local(problem).cost
    devices = problem.devices
    low, high = fewest_frames(devices), devices.max_frames
    every = np.arange(low.min(), high.max() + 1)[:, None]
    cost = local_cost(problem, every, local_frequency(problem))
    return np.asarray(np.where((every >= low) & (every <= high), cost, np.inf).min(axis=0))


def brute_force(problem: Problem) -> float:
    devices = problem.devices
    choices = [[0.0, *np.arange(m, n + 1)] for m, n in zip(fewest_frames(devices), devices.max_frames, strict=True)]
    return float(costs(problem, np.array(list(itertools.product(*choices)))).min())


def subset(problem: Problem, index: object, **changed: object) -> Problem:
    """The problem of some of the devices, in some order, with some fields replaced."""
    values = {f.name: getattr(problem.devices, f.name) for f in fields(Devices)}
    chosen = {name: None if value is None else value[index] for name, value in values.items()}
    return replace(problem, devices=Devices(**{**chosen, **changed}))  # type: ignore[arg-type]


def scaled(problem: Problem, devices: int = 25) -> Problem:
    """As much server and air time a device as ``devices`` devices have."""
    factor = problem.devices.size / devices
    return replace(problem, server_frequency=problem.server_frequency * factor, time_budget=factor)


def draw(rng: np.random.Generator, n_devices: int, most_frames: int) -> Problem:
    """A small problem of any kind: mixed devices, devices alike, copies, either reading of the local energy."""
    scenario = replace(
        SET_A,
        n_devices=n_devices,
        mixed=TRAITS if rng.random() < 0.6 else (),
        fading="rayleigh" if rng.random() < 0.3 else "none",
        max_frames=int(rng.integers(4, most_frames + 1)),
        min_frames=int(rng.integers(1, 5)),
        accuracy_a1=float(rng.choice([-0.5, 0.0, 2.0])),
        macs_offset=float(rng.choice([-1e8, 0.0, 8e8])),
        server_ghz=float(10 ** rng.uniform(-0.5, 2)),
        frame_bits=float(10 ** rng.uniform(3, 6.5)),
        weight_energy=float(rng.choice([0.0, 0.2, 1.0])),
        weight_accuracy=float(rng.choice([0.0, 0.6, 2.0])),
        energy_coefficient=float(rng.choice([0.0, 1e-28, 1e-27])),
        local_energy="eq31" if rng.random() < 0.2 else "eq7",
    )
    problem = replace(scenario.draw(rng), time_budget=float(10 ** rng.uniform(-1.5, 1)))
    return subset(problem, rng.integers(0, n_devices, n_devices)) if rng.random() < 0.2 else problem


def gap_bound(options: Options) -> float:
    """A quarter of the squared ranges of a and b, of the two devices where they are largest."""
    ranges = np.ptp(options.a, axis=0) ** 2 + np.ptp(options.b, axis=0) ** 2
    return float(np.sort(ranges)[-2:].sum() / 4)


def check(problem: Problem) -> tuple[float, BoolArray]:
    """Everything that one small problem can show; returns the error and who offloads."""
    best, solution = brute_force(problem), solve_exact(problem)
    dual = dual_bound(option_table(problem))
    assert solution.converged
    assert solution.bound is not None
    assert solution.gap is not None
    assert solution.bound <= min(best, solution.objective)
    rounding = 1e-12 * max(1.0, abs(best))
    assert solution.gap <= rounding
    assert not violations(problem, solution.allocation)
    assert solution.objective == evaluate(problem, solution.allocation).total
    assert (solution.bound_assumes is None) == (problem.local_energy == "eq7")
    assert -rounding <= best - dual.value <= gap_bound(option_table(problem)) + rounding
    return abs(solution.objective - best), solution.allocation.offload


def check_many(n: int, most_devices: int, most_frames: int, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, most_devices + 1, n)
    errors, offload = zip(*(check(draw(rng, int(size), most_frames)) for size in sizes), strict=True)
    shares = np.array([x.mean() for x in offload])
    assert np.mean((shares > 0) & (shares < 1)) > 0.1  # the instances ask a question
    return errors


def test_agrees_with_brute_force_on_500_problems(tested):
    errors = check_many(500, most_devices=4, most_frames=6, seed=0)
    tested("the certified optimum, and its bound", "brute force", errors, below=1e-12)


def test_agrees_with_brute_force_on_10_problems_of_6_devices():
    rng = np.random.default_rng(1)
    assert max(check(draw(rng, 6, 5))[0] for _ in range(10)) <= 1e-12


@pytest.mark.nightly
def test_agrees_with_brute_force_on_10000_problems():
    assert max(check_many(10_000, most_devices=5, most_frames=7, seed=2)) < 1e-12


def test_the_best_frames_of_every_policy():
    rng = np.random.default_rng(8)
    for _ in range(40):
        problem = draw(rng, int(rng.integers(1, 5)), 6)
        devices, objectives = problem.devices, []
        for policy in itertools.product([False, True], repeat=devices.size):
            offload = np.array(policy)
            ranges = zip(fewest_frames(devices), devices.max_frames, policy, strict=True)
            frames = itertools.product(*(np.arange(low, high + 1) if x else [0.0] for low, high, x in ranges))
            solution = solve_exact_frames(problem, offload)
            best = costs(problem, np.array(list(frames), dtype=float)).min()
            assert solution.objective == pytest.approx(best, rel=1e-13)
            assert np.array_equal(solution.allocation.offload, offload)
            assert (solution.converged, solution.bound, solution.bound_assumes) == (True, None, None)
            objectives.append(solution.objective)
        assert solve_exact(problem).objective == pytest.approx(min(objectives), rel=1e-13)


@pytest.mark.parametrize("mixed", [(), ("network",), TRAITS])
def test_the_enumeration_alone_finds_the_optimum(mixed, monkeypatch):
    """Without prefix and flips, many more devices are left to decide, whole classes among them."""
    problems = [replace(SET_A, n_devices=n, mixed=mixed).draw(np.random.default_rng(n)) for n in range(2, 26)]
    problems += [subset(p, np.arange(p.devices.size) % 5) for p in problems[5:]]
    expected = [solve_exact(p) for p in problems]
    monkeypatch.setattr(rounding, "_prefix", lambda core, rate: core.base)
    monkeypatch.setattr(rounding, "_FLIPS", 0)
    for problem, solution in zip(problems, expected, strict=True):
        alone = solve_exact(problem)
        assert alone.converged
        assert alone.objective == pytest.approx(solution.objective, rel=1e-14)
    small = [p for p in problems if p.devices.size <= 4]
    assert all(check(subset(p, slice(None), max_frames=6.0))[0] <= 1e-12 for p in small)


def test_the_identity_of_costs_and_reduced_costs():
    rng = np.random.default_rng(3)
    for _ in range(200):
        problem = draw(rng, int(rng.integers(1, 30)), 8)
        options = option_table(problem)
        dual = dual_at(options, rng.uniform(0, 1, 2))
        choice = np.argmin(np.where(np.isfinite(options.e), rng.uniform(size=options.e.shape), np.inf), axis=0)
        w = np.array([pick(options.a, choice).sum(), pick(options.b, choice).sum()])
        right = dual.value + pick(dual.reduced_cost, choice).sum() + ((w - dual.congestion) ** 2).sum()
        left = costs(problem, np.where(choice > 0, options.frames(choice), 0.0)[None])[0]
        assert right == pytest.approx(left, rel=1e-12, abs=1e-12)
        assert dual.reduced_cost.min() == 0
        assert pick(dual.reduced_cost, dual.choice).max() == 0


def test_the_dual_is_a_concave_bound_that_dual_bound_maximises():
    rng = np.random.default_rng(4)
    for _ in range(60):
        problem = draw(rng, int(rng.integers(1, 5)), 6)
        options = option_table(problem)
        best, top = brute_force(problem), dual_bound(options)
        reach = 2 * top.congestion.max() + 0.1
        for u, v in zip(rng.uniform(0, reach, (10, 2)), rng.uniform(0, reach, (10, 2)), strict=True):
            low, high, middle = (dual_at(options, w).value for w in (u, v, (u + v) / 2))
            assert max(low, high, middle) <= top.value + 1e-13 <= best + 1e-12
            assert middle >= (low + high) / 2 + ((u - v) ** 2).sum() / 4 - 1e-13  # strongly concave


@pytest.mark.parametrize("n_devices", [3, 25, 200])
def test_no_point_around_the_maximiser_bounds_better(n_devices):
    angle = np.arange(0, 2 * np.pi, 0.1)
    for seed in range(20):
        problem = replace(MIXED if seed % 2 else SET_A, n_devices=n_devices).draw(np.random.default_rng(seed))
        options = option_table(problem if seed % 3 else scaled(problem))
        top = dual_bound(options)
        for radius in (1e-7, 1e-5, 1e-3):
            ring = top.congestion[:, None] + radius * np.stack([np.cos(angle), np.sin(angle)])
            best = max(dual_at(options, w).value for w in ring.T)
            assert best <= top.value - radius**2 + 4e-15 * n_devices  # strongly concave


def test_prices_are_those_of_air_time_and_server_cycles():
    """L(w) is the Lagrangian of P1 with mu_0 and mu_1 on (13c) and (13d), each device minimising on its own."""
    rng = np.random.default_rng(5)
    for _ in range(100):
        problem = replace(draw(rng, 6, 7), time_budget=float(rng.uniform(0.2, 3)))
        options, devices = option_table(problem), problem.devices
        m = np.arange(1.0, 8.0)[:, None]
        own = [root.max() for root in congestion_roots(problem, np.broadcast_to(m, (7, 6)))]
        dual = dual_at(options, own + rng.uniform(0, 0.5, 2))  # so dear that no option left out would be least
        allowed = (m >= fewest_frames(devices)) & (m <= devices.max_frames)
        time = devices.weight_delay * devices.frame_bits * m / devices.uplink_rate
        cycles = devices.weight_delay * problem.cycles_per_mac * np.where(allowed, macs(devices, m), 0.0)
        edge = 2 * np.sqrt(dual.time_price * time) + 2 * np.sqrt(dual.edge_price * cycles)
        edge += devices.weight_energy * transmission_energy(problem, m) - devices.weight_accuracy * accuracy(devices, m)
        least = np.minimum(np.where(allowed, edge, np.inf).min(axis=0), best_local(problem)).sum()
        value = least - dual.time_price * problem.time_budget - dual.edge_price * problem.server_frequency
        assert value == pytest.approx(dual.value, rel=1e-12, abs=1e-12)


def test_the_order_of_the_devices_does_not_matter():
    rng = np.random.default_rng(6)
    for seed in range(20):
        problem = replace(MIXED, n_devices=30).draw(np.random.default_rng(seed))
        there = rng.permutation(30)
        one, two = solve_exact(problem), solve_exact(subset(problem, there))
        assert two.objective == pytest.approx(one.objective, rel=1e-14)
        assert np.array_equal(two.allocation.frames, one.allocation.frames[there])


@pytest.mark.parametrize("factor", [1e-9, 3.0, 1e9])
def test_weights_times_c_are_costs_times_c(factor):
    for seed in range(5):
        problem = MIXED.draw(np.random.default_rng(seed))
        weights = {name: factor * getattr(problem.devices, name) for name in vars(problem.devices) if "weight" in name}
        one, two = solve_exact(problem), solve_exact(subset(problem, slice(None), **weights))
        assert two.objective == pytest.approx(factor * one.objective, rel=1e-13, abs=0)
        assert np.array_equal(two.allocation.frames, one.allocation.frames)


@pytest.mark.parametrize("scenario", [SET_A, MIXED])
def test_a_hundred_identical_devices(scenario):
    """Only the number of devices with each option counts: 176,851 cases."""
    problem = subset(scenario.draw(np.random.default_rng(0)), np.full(100, 3), min_frames=4.0, max_frames=6.0)
    frames, counts = np.array([[4.0], [5.0], [6.0]]), np.indices((101, 101, 101)).reshape(3, -1).T
    counts = counts[counts.sum(axis=1) <= 100]
    for case in (problem, scaled(problem)):
        one = subset(case, [0])
        a, b = (root[:, 0] for root in congestion_roots(one, frames))
        e = costs(one, frames) - a**2 - b**2
        local = (100 - counts.sum(axis=1)) * costs(one, np.zeros((1, 1)))
        best = ((counts @ a) ** 2 + (counts @ b) ** 2 + counts @ e + local).min()
        solution = solve_exact(case)
        assert solution.converged
        assert solution.objective == pytest.approx(best, rel=1e-14)


@pytest.mark.parametrize("n_devices", [1, 2, 7, 40])
def test_devices_alike_offload_the_best_channels(n_devices):
    """With the frames fixed there are N + 1 policies left, by the exchange argument."""
    for seed in range(10):
        problem = replace(SET_A, n_devices=n_devices, min_frames=4, max_frames=4).draw(np.random.default_rng(seed))
        order = np.argsort(-problem.devices.channel_gain)
        frames = np.zeros((n_devices + 1, n_devices))
        for k in range(n_devices + 1):
            frames[k, order[:k]] = 4
        assert solve_exact(problem).objective == pytest.approx(costs(problem, frames).min(), rel=1e-14)


@pytest.mark.parametrize("name", sorted({f.name for f in fields(Devices)} - {"uplink_rate", "channel_gain"}))
def test_devices_alike_but_for_one_field_are_not_taken_for_alike(name, monkeypatch):
    """Two kinds of devices that differ in one field, the enumeration alone, against brute force."""
    monkeypatch.setattr(rounding, "_prefix", lambda core, rate: core.base)
    monkeypatch.setattr(rounding, "_FLIPS", 0)
    rng = np.random.default_rng(0)
    for seed in range(12):
        problem = replace(
            SET_A, n_devices=5, min_frames=2, max_frames=5, accuracy_a1=0.5, server_ghz=float(10 ** rng.uniform(0, 1.5))
        ).draw(np.random.default_rng(seed))
        value = getattr(problem.devices, name)
        if name in ("min_frames", "max_frames"):
            other = value + rng.choice([0.0, 1.0], 5)
        elif name == "min_accuracy":
            other = np.where(rng.random(5) < 0.5, 0.5, value)  # no part of the cost where min_frames are given
        else:
            other = value * rng.choice([0.5, 2.0], 5)
        assert check(subset(problem, slice(None), **{name: other}))[0] <= 1e-12


def test_a_truncated_enumeration_still_bounds(monkeypatch):
    monkeypatch.setattr(rounding, "_FLIPS", 0)
    gaps = []
    for seed in range(40):
        problem = replace(MIXED, n_devices=5, max_frames=7).draw(np.random.default_rng(seed))
        problem = replace(problem, server_frequency=1e10, time_budget=0.5)
        best = brute_force(problem)
        for limit in (0, 1, 3):
            solution = solve_exact(problem, limit=limit)
            assert solution.bound is not None
            assert solution.gap is not None
            assert solution.bound <= best <= solution.objective + 1e-13
            assert solution.bound >= dual_bound(option_table(problem)).value - 1e-12
            assert solution.converged == (solution.gap <= 1e-9 * 5)
            gaps.append(solution.gap)
    assert max(gaps) > 1e-4


def near_copies(n_devices: int, jitter: float, seed: int, **changes: object) -> Problem:
    """Copies of one device, or of two, their numbers moved by a relative ``jitter``, but for the rate."""
    rng = np.random.default_rng(seed)
    problem = replace(MIXED, n_devices=2, **changes).draw(rng)
    problem = subset(problem, np.arange(n_devices) % (1 + seed % 2))
    names = ("macs_per_frame", "macs_offset", "frame_bits", "transmit_power", "weight_delay", "accuracy_a2")
    moved = {n: getattr(problem.devices, n) * (1 + jitter * rng.random(n_devices)) for n in names}
    return scaled(subset(problem, slice(None), **moved))


def test_near_ties_are_rounded_as_ties_are():
    """Where server and air are scarce, next to nobody offloads, and the dual's choice of near ties is far off."""
    for seed in range(8):
        copies = [scaled(near_copies(400, jitter, seed), devices=1000) for jitter in (0, 1e-14)]
        found = [rounding.incumbent(locate(option_table(p)), p.devices.uplink_rate).excess for p in copies]
        assert found[1] <= 1.01 * found[0], (seed, found)


@pytest.mark.parametrize("jitter", [0, 1e-14, 1e-10, 1e-6, 1e-3, 0.1, 1.0])
def test_near_copies_taken_for_alike_are_bounded(jitter, monkeypatch):
    """With next to no states, and no flips, the bound is that of the groups: against brute force."""
    monkeypatch.setattr(rounding, "_FLIPS", 0)
    for groups in (1, 2, 100):
        monkeypatch.setattr(nearly, "_GROUPS", groups)
        for seed in range(15):
            problem = near_copies(6, jitter, seed, max_frames=3, min_frames=1, accuracy_a1=0.5)
            best = brute_force(problem)
            for limit in (1, 4):
                solution = solve_exact(problem, limit=limit)
                assert solution.bound is not None
                assert solution.bound <= best + 1e-14 * abs(best)
                assert best <= solution.objective + 1e-14 * abs(best)


@pytest.mark.parametrize("jitter", [0, 1e-9, 1e-3, 0.03, 0.3])
@pytest.mark.parametrize("kinds", [1, 2, 3])
def test_the_excess_of_near_copies_is_bounded(kinds, jitter):
    """Cores drawn by themselves, every assignment looked at; what is alike in every bit has its optimum for bound."""
    rng = np.random.default_rng(kinds)
    J, K = 6, 3
    every = np.array(list(itertools.product(range(K), repeat=J)))
    for draw in range(40):
        kind = np.arange(J) % kinds
        r = np.abs(0.1 * rng.random((K, kinds)))[:, kind] * (1 + jitter * rng.random((K, J)))
        steps = rng.normal(size=(2, K, 1)).repeat(J, axis=2) + (draw % 2) * jitter * rng.normal(size=(2, K, J))
        r[0], steps[:, 0], residual = 0.0, 0.0, 2 * rng.normal(size=2)
        P = residual[:, None] + steps[:, every, np.arange(J)].sum(axis=-1)
        least = (r[every, np.arange(J)].sum(axis=1) + (P * P).sum(axis=0)).min()
        none = np.zeros(J, dtype=int)
        core = rounding.Core(np.arange(J), none, r, steps, residual, none, (residual * residual).sum())
        found, bound = nearly.bound_nearly_alike(core, np.zeros(2), 10**6, enough=1e-6 * least, chunks=0)
        assert bound <= least * (1 + 1e-12) <= found.excess * (1 + 2e-12)
        if jitter == 0:
            assert bound >= least * (1 - 1e-9)


@pytest.mark.parametrize(("jitter", "gap"), [(1e-14, 1e-9), (1e-12, 1e-9), (1e-9, 1e-9), (1e-5, 1e-6), (1e-3, 1e-4)])
def test_near_copies_are_proved_as_far_as_they_differ(jitter, gap):
    for seed in range(6):
        solution = solve_exact(near_copies(60, jitter, seed), limit=20_000)
        assert solution.gap is not None
        assert solution.gap <= gap * abs(solution.objective)
        assert solution.converged == (solution.gap <= 1e-9 * abs(solution.objective))


@pytest.mark.parametrize("mixed", [(), TRAITS])
@pytest.mark.parametrize("n_devices", [25, 300, 2000])
def test_larger_problems_are_proved_and_no_scheme_beats_them(mixed, n_devices):
    problem = replace(SET_A, n_devices=n_devices, mixed=mixed).draw(np.random.default_rng(7))
    for case in (problem, scaled(problem)):
        solution = solve_exact(case)
        assert solution.converged
        assert solution.gap is not None
        assert solution.gap <= 1e-14 * n_devices
        everyone = np.ones(n_devices, dtype=bool)
        rivals = [complete(case, everyone & (np.arange(n_devices) < k), fewest_frames(case.devices)) for k in (0, 3, 9)]
        assert all(solution.objective <= rival.objective for rival in rivals)


BASE = replace(MIXED, n_devices=4, max_frames=6, min_accuracy=0.75).draw(np.random.default_rng(0))
UNUSUAL = {
    "one frame count": {"min_frames": 5.0, "max_frames": 5.0},
    "energy free": {"weight_energy": 0.0},
    "accuracy free": {"weight_accuracy": 0.0},
    "delay alone": {"weight_accuracy": 0.0, "weight_energy": 0.0},
    "kappa 0": {"energy_coefficient": 0.0},
    "no offset": {"macs_offset": 0.0},
    "negative offset": {"macs_offset": -0.9 * BASE.devices.macs_per_frame},
    "constant complexity": {"macs_per_frame": 0.0},
    "constant accuracy": {"accuracy_a0": 0.0},
    "no power": {"transmit_power": 0.0},
    "dead radio": {"uplink_rate": 1e-3},
    "free radio": {"uplink_rate": 1e15},
    "any radio": {"uplink_rate": np.array([1e-3, 1e15, 3e7, 1.0])},
    "same rates": {"uplink_rate": 3e7},
    "slow devices": {"max_frequency": 1e-3},
    "delay dear": {"weight_delay": 1e12},
    "delay cheap": {"weight_delay": 1e-12},
    "weights apart": {"weight_accuracy": np.array([1e6, 1e-6, 1.0, 0.0])},
}


@pytest.mark.parametrize("local_energy", ["eq7", "eq31"])
@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_devices(name, local_energy):
    problem = replace(subset(BASE, slice(None), **UNUSUAL[name]), local_energy=local_energy)
    best = brute_force(problem)
    assert solve_exact(problem).objective == pytest.approx(best, rel=1e-13)
    assert check(problem)[0] <= 1e-13 * max(1.0, abs(best))


@pytest.mark.parametrize("server_frequency", [1e-3, 22e9, 1e30])
@pytest.mark.parametrize("time_budget", [1e-9, 1.0, 1e9])
def test_unusual_budgets(server_frequency, time_budget):
    assert check(replace(BASE, server_frequency=server_frequency, time_budget=time_budget))[0] <= 1e-13


def test_many_frames_cost_no_memory_where_they_cannot_pay():
    problem = subset(BASE, slice(None), max_frames=1e12)
    assert option_table(problem).e.shape[0] < 20
    assert solve_exact(problem).objective <= solve_exact(BASE).objective


def test_an_accuracy_out_of_reach_is_infeasible():
    with pytest.raises(Infeasible, match=r"device 0 needs an accuracy of 0\.99"):
        solve_exact(subset(BASE, slice(None), min_accuracy=0.99))


@pytest.mark.nightly
@pytest.mark.parametrize("n_devices", [10_000, 100_000])
@pytest.mark.parametrize("kind", ["mixed", "alike", "identical", "copies"])
def test_very_many_devices(kind, n_devices):
    scenario = replace(MIXED if kind in ("mixed", "copies") else SET_A, n_devices=n_devices)
    problem = scenario.draw(np.random.default_rng(0))
    if kind in ("identical", "copies"):
        problem = subset(problem, np.arange(n_devices) % (1 if kind == "identical" else 25))
    for case in (problem, scaled(problem)):
        solution = solve_exact(case)
        assert solution.converged
        assert solution.gap is not None
        assert solution.gap <= 1e-14 * n_devices
        assert not violations(case, solution.allocation)


@pytest.mark.parametrize("n", [1, 31, 32, 33, 1000, 40_000])
def test_running_sums_are_rounded_as_rarely_as_counted(n):
    rng = np.random.default_rng(n)
    values = 10 ** rng.uniform(-3, 3, (2, n, 3))
    sums = running_sum(values, axis=1)
    assert sums.shape == values.shape
    for i, k in itertools.product(range(2), range(3)):
        exact = np.array([math.fsum(values[i, : j + 1, k]) for j in range(n)[:: max(1, n // 50)]])
        off = np.abs(sums[i, :: max(1, n // 50), k] - exact)
        assert (off <= roundings(np.array([float(n)])) * np.finfo(float).eps / 2 * exact).all()
    assert roundings(np.array([5.0, 40_000.0])).tolist() == [5, 33 * 4]
