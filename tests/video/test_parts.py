"""Devices in parts: the answer of ``exact``, whatever the parts and wherever they are solved."""

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from joblib import parallel_config

from mecpapers.solution import Infeasible
from mecpapers.video import parts
from mecpapers.video.bounds import solve_exact
from mecpapers.video.model import Devices, evaluate, violations
from mecpapers.video.options import locate, look_around, option_table, some_of
from mecpapers.video.scenario import MIXED, Scenario


def drawn(n, seed, **changes):
    """Mixed devices with a server and air time in proportion, so that a share of them offloads."""
    rng = np.random.default_rng(seed)
    scale = float(rng.choice([n / 25, n / 100, 1.0]))
    problem = replace(MIXED, n_devices=n, server_ghz=22 * scale).draw(rng)
    return replace(problem, time_budget=scale, **changes)


def cut_up(problem, count, seed=0):
    """The devices by lot into parts; and where each stands in its part's order."""
    order = np.random.default_rng(seed).permutation(problem.devices.size)
    places = [order[k::count] for k in range(count)]
    return places, lambda k: some_of(problem, places[k])


def changed(problem, **columns):
    return replace(problem, devices=replace(problem.devices, **columns))


def kinds():
    """Twenty-two problems: sizes, ties, outages, cancelling costs, weights of zero, either energy."""
    rng = np.random.default_rng(7)
    for k, n in enumerate((3, 10, 25, 60, 200, 400, 900, 2000)):
        yield drawn(n, k)
    for k, n in enumerate((25, 300)):
        p = drawn(n, 10 + k)
        yield replace(p, local_energy="eq31")
        yield changed(p, uplink_rate=np.where(rng.random(n) < 1 / 3, 0.0, p.devices.uplink_rate))
        yield changed(p, uplink_rate=rng.choice([2e7, 3e7, 4e7], n))
        yield changed(p, weight_energy=np.zeros(n), weight_accuracy=np.zeros(n))
        alike = {
            f.name: np.repeat(getattr(p.devices, f.name)[:1], n) for f in fields(Devices) if f.name != "min_frames"
        }
        yield changed(p, **alike)
        yield changed(p, energy_coefficient=np.zeros(n))
        gone = np.where(rng.random(n) < 1 / 3, 0.0, p.devices.uplink_rate)
        yield changed(p, uplink_rate=gone, min_frames=np.ones(n))


KINDS = list(kinds())


@pytest.mark.parametrize("sample", [40, 200_000])
@pytest.mark.parametrize("number", range(len(KINDS)))
def test_the_answer_is_that_of_exact(number, sample, monkeypatch, tested):
    """With a small sample the slope of L leads to w; else the sample is everything."""
    monkeypatch.setattr(parts, "_SAMPLE", sample)
    monkeypatch.setattr(parts, "_EDGE", 3)
    problem = KINDS[number]
    count = min(problem.devices.size, 1 + number % 7)
    places, part = cut_up(problem, count)
    found, whole = parts.solve_in_parts(part, count), solve_exact(problem)
    size = 1.0 + abs(whole.objective)
    assert found.ended == whole.ended == "converged" and found.allocation.size == problem.devices.size
    assert abs(found.objective - whole.objective) <= 1e-12 * size
    assert found.bound <= whole.objective and whole.bound <= found.objective
    assert found.bound_assumes == whole.bound_assumes
    allocations = [found.allocation.of_part(k) for k in range(count)]
    together = {}
    for field in fields(allocations[0]):
        values = np.concatenate([getattr(a, field.name) for a in allocations])
        together[field.name] = np.empty_like(values)
        together[field.name][np.concatenate(places)] = values
    answer = type(allocations[0])(**together)
    assert violations(problem, answer) == ()
    tested(
        "devices in parts", "exact", np.array([evaluate(problem, answer).total - whole.objective]) / size, below=1e-12
    )
    assert found.allocation.offloading == answer.offload.sum()


def part_of_a_crowd(number):
    """500 devices of 2,500; a function of a module, so that it can travel."""
    problem = replace(MIXED, n_devices=500, server_ghz=22 * 100.0).draw(np.random.default_rng(number))
    return replace(problem, time_budget=100.0)


def told(solution):
    return solution.objective, solution.bound, solution.allocation.offloading, solution.allocation.passes


def test_the_answer_is_the_same_wherever_parts_are_solved(monkeypatch):
    alone = told(parts.solve_in_parts(part_of_a_crowd, 5))
    with parallel_config(n_jobs=2):
        assert told(parts.solve_in_parts(part_of_a_crowd, 5)) == alone


def test_on_a_cluster_of_two_workers():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=False) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        there = told(parts.solve_in_parts(part_of_a_crowd, 5))
    assert there == told(parts.solve_in_parts(part_of_a_crowd, 5))


def test_every_part_is_written_once_in_the_last_pass():
    written = {}

    def write(number, allocation):
        assert number not in written
        written[number] = allocation

    solution = parts.solve_in_parts(part_of_a_crowd, 5, write=write)
    assert sorted(written) == [0, 1, 2, 3, 4]
    for number, allocation in written.items():
        for name, value in vars(solution.allocation.of_part(number)).items():
            np.testing.assert_array_equal(getattr(allocation, name), value)
    assert sum(a.time_share.sum() for a in written.values()) == pytest.approx(100.0, rel=1e-12)
    assert sum(a.edge_frequency.sum() for a in written.values()) == pytest.approx(22e9 * 100, rel=1e-12)


def test_little_is_brought_home_and_the_passes_are_few(monkeypatch):
    """A crowd of which the sample is a fifth: some hundred devices decide."""

    def part(number):
        scale = 40_000 / 25
        problem = replace(MIXED, n_devices=10_000, server_ghz=22 * scale).draw(np.random.default_rng(number))
        return replace(problem, time_budget=scale)

    monkeypatch.setattr(parts, "_SAMPLE", 8000)
    answer = parts.solve_in_parts(part, 4).allocation
    assert answer.passes <= 9  # count, sample, slope up to four times, look around twice at most, evaluate
    assert sum(place.size for place, _ in answer.listed) < 2000


def test_parts_of_very_unequal_size_bring_no_more_home(monkeypatch):
    """The sample is a share of all devices, whatever the size of the first part."""
    problem, drawn_sizes = drawn(6000, 3), []
    places = np.split(np.arange(6000), [2, 4, 5900])
    one = parts._drawn

    def counted(part, number, share):
        found = one(part, number, share)
        drawn_sizes.append(found.devices.size)
        return found

    monkeypatch.setattr(parts, "_SAMPLE", 1200)
    monkeypatch.setattr(parts, "_drawn", counted)
    found = parts.solve_in_parts(lambda k: some_of(problem, places[k]), len(places))
    assert sum(drawn_sizes) <= 1200 + len(places)
    assert found.objective == pytest.approx(solve_exact(problem).objective, rel=1e-12)


def test_what_travels_to_a_part_does_not_grow_with_their_number(monkeypatch):
    problem, most, one = drawn(4000, 5), {}, parts.delayed

    def weighed(function):
        def call(part, *arguments):
            most[function.__name__] = max(most.get(function.__name__, 0), len(pickle.dumps(arguments)))
            return one(function)(part, *arguments)

        return call

    monkeypatch.setattr(parts, "delayed", weighed)
    _, part = cut_up(problem, 100)
    parts.solve_in_parts(part, 100)
    assert set(most) == {"_counted", "_drawn", "_looked", "_written"}
    assert max(most.values()) < 2000


def test_what_all_devices_share_must_be_the_same_in_every_part():
    with pytest.raises(ValueError, match=r"part 1: time_budget = 2.0: must be that of part 0, 1.0"):
        parts.solve_in_parts(lambda k: replace(MIXED.draw(np.random.default_rng(k)), time_budget=1.0 + k), 2)
    with pytest.raises(ValueError, match="count = 0: must be a whole number, 1 or more"):
        parts.solve_in_parts(part_of_a_crowd, 0)
    whole = MIXED.draw(np.random.default_rng(0))
    without = changed(whole, channel_gain=None)
    with pytest.raises(ValueError, match="channel_gain: must be given in all parts, or in none"):
        parts.solve_in_parts(lambda k: [whole, without][k], 2)


def answered_twice(part, made, since):
    answer = parts.solve_in_parts(part, 2).allocation
    made[1] = since
    for number in (0, 1):
        answer.of_part(number)


@pytest.mark.parametrize("change", ["size", "order", "rate", "shared"])
@pytest.mark.parametrize("since", [1, 3, 99])  # 99: after the answer
def test_a_part_that_changes_between_passes_is_refused(change, since):
    """Its devices would be counted in one pass and others answered in the last: a false proof."""
    made = {0: 0, 1: 0}

    def part(number):
        made[number] += 1
        problem = MIXED.draw(np.random.default_rng(number))
        if number == 0 or made[number] <= since:
            return problem
        rate = problem.devices.uplink_rate
        return {
            "size": some_of(problem, np.arange(20)),
            "order": some_of(problem, np.arange(25)[::-1]),
            "rate": changed(problem, uplink_rate=np.where(rate == rate.max(), np.nextafter(rate, 0.0), rate)),
            "shared": replace(problem, time_budget=2.0),
        }[change]

    with pytest.raises(ValueError, match="part 1: must be the same in every pass"):
        answered_twice(part, made, since)


def test_what_is_no_part_is_refused():
    whole = MIXED.draw(np.random.default_rng(0))
    for made, rule in (
        (None, "part 1 is of type builtins.NoneType: must be a Problem of Paper I"),
        (whole.devices, "part 1 is of type mecpapers.video.model.Devices: must be"),
        (some_of(whole, np.arange(0)), "part 1: must have a device or more"),
    ):
        with pytest.raises(ValueError, match=rule):
            parts.solve_in_parts([whole, made].__getitem__, 2)
    for wrong in ({"count": 1.5}, {"gap": -1.0}, {"gap": np.nan}, {"limit": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} = .*: must be"):
            parts.solve_in_parts(**{"part": lambda k: whole, "count": 1} | wrong)


def test_an_accuracy_out_of_reach_is_infeasible():
    problem = replace(Scenario(), n_devices=4).draw(np.random.default_rng(0))
    problem = changed(problem, min_accuracy=np.full(4, 0.99))
    with pytest.raises(Infeasible):
        parts.solve_in_parts(lambda k: problem, 2)


@pytest.mark.nightly
def test_ten_million_devices():
    """In a hundred parts: proved, in at most eight passes."""

    def part(number):
        problem = replace(MIXED, n_devices=100_000, server_ghz=22 * 4e5).draw(np.random.default_rng(number))
        return replace(problem, time_budget=4e5)

    with parallel_config(n_jobs=2):
        solution = parts.solve_in_parts(part, 100)
    assert solution.ended == "converged" and solution.allocation.size == 10_000_000
    assert solution.gap < 1e-12 * abs(solution.objective) and solution.allocation.passes <= 8


@pytest.mark.parametrize("upwards", [False, True])
def test_a_part_is_seen_as_by_its_whole_table(upwards):
    """Those who stay local for sure have no row in a part's table; what it says of them all is the same."""
    for seed, share in ((0, 0.0), (1, 0.05), (2, 0.3)):
        problem = drawn(2000, seed)
        table = option_table(problem)
        w = locate(table).congestion * (1 + share)
        radius = share * float(np.hypot(*w))
        whole = look_around(table, w, radius=radius, margin=1e-4, upwards=upwards)
        seen = parts._looked(lambda number, p=problem: p, 0, w, radius, 1e-4, upwards)
        np.testing.assert_array_equal(seen.near.device, whole.device)
        np.testing.assert_array_equal(seen.near.choice, whole.choice[whole.device])
        assert seen.near.residual == pytest.approx(whole.residual, rel=1e-12)
        assert [seen.near.total, seen.near.largest] == pytest.approx([whole.total, whole.largest], rel=1e-13)
        assert seen.near.value == pytest.approx(whole.value, rel=1e-13)
        assert parts._sloped(lambda number, p=problem: p, 0, w) == pytest.approx(tuple(whole.residual + w), rel=1e-12)
