"""Devices without a rate, rates next to nothing, no channel gains; and what is refused before it is begun."""

import time
from dataclasses import replace

import numpy as np
import pytest

from mecpapers import instances
from mecpapers.solution import Infeasible, TooLarge
from mecpapers.sweep import drop_generator
from mecpapers.video import SCHEMES
from mecpapers.video.admm import FITTED, balanced_step_size, solve_admm
from mecpapers.video.bounds import solve_exact, solve_exact_frames
from mecpapers.video.edge import complete, solve_search
from mecpapers.video.geometric import solve_geometric
from mecpapers.video.model import Devices, Problem, energy_cost, evaluate, transmission_energy, violations
from mecpapers.video.offloading import solve_channel_prefixes, solve_every_policy
from mecpapers.video.prices import solve_prices
from mecpapers.video.scenario import EQ31, MIXED, SET_A

SEEDS = range(6)
ALL_BUT_EDGE = [name for name in SCHEMES if name != "edge"]


def changed(problem: Problem, **fields: object) -> Problem:
    return replace(problem, devices=replace(problem.devices, **fields))  # type: ignore[arg-type]


def outage(seed: int, n: int = 5, **fields: object) -> tuple[Problem, np.ndarray]:
    """Some of n mixed devices have a rate of 0, at least one has none and, but for seed 0, one has one; no gains."""
    scenario = replace(MIXED, n_devices=n, max_frames=7, local_energy="eq31" if seed % 2 else "eq7")
    lost = np.random.default_rng(seed).random(n) < 0.4 if seed else np.ones(n, dtype=bool)
    lost[0], lost[-1] = True, lost[-1] and not seed
    problem = scenario.draw(drop_generator(1, seed))
    rate = np.where(lost, 0.0, problem.devices.uplink_rate)
    return changed(problem, uplink_rate=rate, channel_gain=None, **fields), lost


def without(problem: Problem, lost: np.ndarray) -> Problem:
    """The devices that are left."""
    values = {name: None if v is None else v[~lost] for name, v in vars(problem.devices).items()}
    return replace(problem, devices=Devices(**values))


@pytest.mark.parametrize("scheme", ALL_BUT_EDGE)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_scheme_offloads_without_a_rate(scheme, seed):
    for fields in ({}, {"weight_energy": 0.0}, {"transmit_power": 0.0}):
        problem, lost = outage(seed, **fields)
        solution = SCHEMES[scheme](problem, rng=np.random.default_rng(seed))
        assert not solution.allocation.offload[lost].any()
        assert violations(problem, solution.allocation) == ()
        assert np.isfinite(evaluate(problem, solution.allocation).cost).all()


@pytest.mark.parametrize("scheme", ["exact", "prices", "search-search", "search-heuristic", "gp-heuristic", "cccp"])
@pytest.mark.parametrize("seed", SEEDS[1:])
def test_a_device_without_a_rate_changes_nothing_for_the_others(scheme, seed):
    """They cost what they cost without it; so an outage is the smaller problem and the local costs of the rest."""
    problem, lost = outage(seed)
    alone = SCHEMES["local"](problem).allocation
    rest = evaluate(problem, alone).cost[lost].sum()
    fewer = SCHEMES[scheme](without(problem, lost)).objective
    assert SCHEMES[scheme](problem).objective == pytest.approx(fewer + rest, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_policy_that_offloads_without_a_rate_is_infeasible(seed):
    problem, lost = outage(seed)
    everyone, more = np.ones(lost.size, dtype=bool), lost.sum() - 1
    words = r"^\(9\) device 0 cannot offload: its uplink rate is 0 bit/s" + (rf" \(and {more} more" if more else "$")
    for solve in (solve_geometric, solve_search, solve_exact_frames, lambda p, x: complete(p, x, np.full(x.size, 7.0))):
        with pytest.raises(Infeasible, match=words):
            solve(problem, everyone)
    with pytest.raises(Infeasible, match=words):
        SCHEMES["edge"](problem)


def test_what_it_costs_to_send_without_a_rate():
    problem, _ = outage(1, weight_energy=np.array([0.2, 0.0, 0.2, 0.0, 0.2]), transmit_power=np.array([1, 1, 0, 0, 1]))
    problem = changed(problem, uplink_rate=0.0)
    energy = transmission_energy(problem, np.ones(5))
    assert energy.tolist() == [np.inf, np.inf, 0, 0, np.inf]
    assert energy_cost(problem.devices, energy).tolist() == [np.inf, 0, 0, 0, np.inf]
    local = SCHEMES["local"](problem).allocation
    sent = replace(local, offload=np.ones(5, dtype=bool), edge_frequency=np.full(5, 1e9), time_share=np.full(5, 0.2))
    assert evaluate(problem, sent).cost.tolist() == [np.inf] * 5


@pytest.mark.parametrize("start", ["equal-share", "all-edge"])
def test_algorithm_4_from_any_start_with_outages(start):
    for seed in SEEDS:
        problem, lost = outage(seed)
        assert balanced_step_size(problem) > 0
        found = solve_admm(problem, replace(FITTED, start=start, step_size="balanced"))
        assert not found.allocation.offload[lost].any() and np.isfinite(found.objective)


def test_rates_order_the_channels_where_no_gains_are_given():
    for seed in range(5):
        problem = replace(SET_A, n_devices=6, max_frames=8).draw(
            drop_generator(0, seed)
        )  # equal powers: rates rise with gains
        bare = changed(problem, channel_gain=None)
        for scheme in SCHEMES:
            one, two = (SCHEMES[scheme](p, rng=np.random.default_rng(0)).allocation for p in (problem, bare))
            assert one.offload.tolist() == two.offload.tolist(), scheme
    found = solve_channel_prefixes(bare, allocate=solve_exact_frames)
    assert found.objective == solve_channel_prefixes(problem, allocate=solve_exact_frames).objective


@pytest.mark.parametrize("rate", [1e-300, 1e-100, 1e-12, 1e-3])
@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name not in ("edge", "random", "local")])
def test_almost_no_rate_is_never_worse_than_all_local(scheme, rate):
    """The gains don't show it: the walk of Algorithm 3 withdraws others first, and sees no fall."""
    for seed in range(4):
        problem = replace(MIXED, n_devices=6, max_frames=7).draw(drop_generator(2, seed))
        weak = np.arange(6) % 2 == seed % 2
        for lost in (weak, np.ones(6, dtype=bool)):
            case = changed(problem, uplink_rate=np.where(lost, rate, problem.devices.uplink_rate))
            if scheme == "search-search":
                case = changed(case, max_frames=6.0)
            found = SCHEMES[scheme](case)
            assert found.objective <= SCHEMES["local"](case).objective * (1 + np.sign(found.objective) * 1e-12)
            assert found.bound is None or found.bound <= found.objective


def test_a_file_may_leave_out_the_gains(tmp_path):
    path = tmp_path / "trace.json"
    path.write_text(
        '{"paper": "video", "local_energy": "eq7", "weights": {"delay": 0.2, "energy": 0.2, "accuracy": 0.6},'
        '"server_frequency": 2.2e10, "time_budget": 1.0, "cycles_per_mac": 0.12, "devices": {"uplink_rate": [3e7, 0],'
        '"transmit_power": 1, "frame_bits": 301056, "max_frequency": 1.8e9, "energy_coefficient": 1e-28,'
        '"macs_per_frame": 4.784e8, "macs_offset": 8.686e8, "accuracy_a0": 0.4, "accuracy_a1": 0.0,'
        '"accuracy_a2": 0.966, "min_accuracy": 0.86, "max_frames": 16}}'
    )
    devices = instances.read(path).devices
    assert devices.channel_gain is None
    assert devices.channel.tolist() == [3e7, 0]
    assert devices.reachable.tolist() == [True, False]


@pytest.mark.parametrize("n_devices", [17, 100, 1024, 5000])
def test_too_many_policies_are_refused_at_once(n_devices):
    problem = replace(SET_A, n_devices=n_devices).draw(np.random.default_rng(0))
    start = time.process_time()
    with pytest.raises(TooLarge, match=rf"{n_devices} that can offload have 2\^{n_devices} policies: .* exact proves"):
        SCHEMES["search-search"](problem)
    assert time.process_time() - start < 0.5
    one = changed(problem, uplink_rate=np.where(np.arange(n_devices) < 3, 3e7, 0.0))
    assert SCHEMES["search-search"](one).objective == pytest.approx(solve_exact(one).objective, rel=1e-9)


@pytest.mark.parametrize(("n_devices", "choices"), [(16, 3), (8, 16), (2, 1e5), (16, 1e300)])
def test_too_many_choices_of_frames_are_refused_at_once(n_devices, choices):
    problem = replace(SET_A, n_devices=n_devices, min_frames=1, max_frames=choices).draw(np.random.default_rng(0))
    start, size = time.process_time(), n_devices * np.log10(choices)
    with pytest.raises(TooLarge, match=rf"have 10\^{size:.1f} choices of frames, .* GB: must be at most 2\^23"):
        SCHEMES["search-search"](problem)
    assert time.process_time() - start < 0.5


def test_the_largest_that_is_not_refused_is_solved():
    problem = replace(SET_A, n_devices=3, min_frames=1, max_frames=200).draw(np.random.default_rng(0))
    found = solve_every_policy(problem, allocate=solve_search)
    assert found.objective == pytest.approx(solve_exact(problem).objective, rel=1e-9)


@pytest.mark.parametrize("frames", [2.0**53, 2.0**64, 1e30])
def test_frames_beyond_whole_floats_are_counted(frames):
    """Beyond 2^53 the next whole number is the same float: there is one choice, not none."""
    problem = replace(SET_A, n_devices=3, min_frames=frames, max_frames=frames).draw(np.random.default_rng(0))
    best = solve_exact(problem)
    for scheme in ("search-search", "search-heuristic", "prices", "gp-heuristic"):
        assert SCHEMES[scheme](problem).objective == pytest.approx(best.objective, rel=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "fields",
    [
        {"energy_coefficient": 1e300, "weight_energy": 1e30},
        {"max_frequency": np.array([1e-310, 1e9, 1e9]), "weight_delay": 1e9},
        {"max_frequency": 1e200, "energy_coefficient": 0.0},
        {"macs_per_frame": 1e308},
    ],
)
def test_what_leaves_the_range_of_floats_at_home_is_refused(scheme, fields):
    with np.errstate(all="ignore"):
        problem = changed(replace(SET_A, n_devices=3, max_frames=6).draw(np.random.default_rng(0)), **fields)
    words = "^the local cost of device 0 leaves the range of float64: must be finite, with all that makes it up$"
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=words):
        SCHEMES[scheme](problem)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("frame_bits", 5e-324, "time on air"),
        ("frame_bits", [3e5, 1e-305, 3e5], "time on air"),
        ("weight_delay", np.finfo(float).tiny, "cost of a delay"),
        ("weight_delay", 1e-320, "cost of a delay"),
        ("cycles_per_mac", 5e-324, "cycles of a task"),
        ("cycles_per_mac", 1e-318, "cycles of a task"),
    ],
)
def test_what_is_too_small_for_all_digits_of_floats_is_refused(scheme, field, value, what):
    """Else products of it are 0 or a few units of 5e-324: shares, costs and bounds would be off by as much."""
    problem = replace(MIXED, n_devices=3, max_frames=6).draw(np.random.default_rng(0))
    problem = replace(problem, **{field: value}) if field == "cycles_per_mac" else changed(problem, **{field: value})
    words = rf"^{field} = .*: the {what} of device \d must be 2.23e-308 or more, where float64 "
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=words):
        SCHEMES[scheme](problem)


@pytest.mark.parametrize("field", ["frame_bits", "uplink_rate", "max_frequency", "macs_per_frame", "weight_delay"])
@pytest.mark.parametrize("value", [1e-280, 1e-100, 1e100, 1e280])
def test_what_is_small_or_large_alone_has_one_optimum(field, value):
    problem = changed(replace(MIXED, n_devices=3, max_frames=6).draw(np.random.default_rng(0)), **{field: value})
    with np.errstate(all="ignore"):
        exact, prices, search = (SCHEMES[name](problem).objective for name in ("exact", "prices", "search-search"))
    assert prices == pytest.approx(exact, rel=1e-9)
    assert search == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("size", [1, 4, 6])
def test_a_start_with_another_number_of_devices_is_refused(size):
    problem = replace(MIXED, n_devices=5).draw(np.random.default_rng(0))
    other = SCHEMES["local"](replace(MIXED, n_devices=size).draw(np.random.default_rng(0))).allocation
    with pytest.raises(ValueError, match=rf"^start has {size} devices: must have as many as the problem, 5$"):
        solve_exact(problem, start=other)


@pytest.mark.parametrize("congestion", [[1.0], [1.0, 2.0, 3.0], [-1.0, 1.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_a_congestion_that_is_none_is_refused(congestion):
    with pytest.raises(ValueError, match=r"^congestion = .*: must be two finite numbers, 0 or more$"):
        solve_prices(SET_A.draw(np.random.default_rng(0)), congestion=np.array(congestion))


def test_a_start_changes_no_cost():
    """Equal rates, and starts of any kind: a channel lost since, nobody at the edge, frames that are none."""
    for seed in range(8):
        scenario = replace(EQ31 if seed % 2 else MIXED, n_devices=12)
        problem = changed(scenario.draw(np.random.default_rng(seed)), uplink_rate=3.3e7)
        cold, local = solve_exact(problem), SCHEMES["local"](problem).allocation
        odd = replace(local, offload=np.ones(12, dtype=bool), frames=np.linspace(-5, 400, 12))
        for case in (problem, changed(problem, uplink_rate=np.where(np.arange(12) % 3, 3.3e7, 0.0))):
            cold = solve_exact(case)
            for start in (solve_exact(problem).allocation, local, odd):
                warm = solve_exact(case, start=start)
                assert warm.converged
                assert warm.objective == pytest.approx(cold.objective, rel=1e-13)
