"""Many devices: the ball argument, the sample, warm starts, and what is refused for want of memory."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mecpapers import cli, memory
from mecpapers.solution import TooLarge
from mecpapers.video import options
from mecpapers.video.bounds import solve_exact
from mecpapers.video.evidence.experiments import scale
from mecpapers.video.model import Problem, violations
from mecpapers.video.options import ascent, dual_at, locate, look_around, option_table
from mecpapers.video.scenario import SET_A, TRAITS


def draw(n_devices: int, seed: int = 0, *, scaled: bool = True, mixed: tuple = TRAITS) -> Problem:
    """Mixed devices; with ``scaled`` as much server and air time a device as 25 devices have."""
    factor = n_devices / 25 if scaled else 1.0
    scenario = replace(SET_A, n_devices=n_devices, mixed=mixed, server_ghz=22.0 * factor)
    return replace(scenario.draw(np.random.default_rng(seed)), time_budget=factor)


def moved(problem: Problem, step_db: float, seed: int) -> Problem:
    """The same devices after every channel changed."""
    return scale.drifted(problem, np.random.default_rng(seed), step_db)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("mixed", [(), ("network",), TRAITS])
def test_the_sample_leads_to_the_same_optimum_as_all_devices(scaled, mixed, monkeypatch):
    for n in (4000, 12_000):
        problem = draw(n, n, scaled=scaled, mixed=mixed)
        by_sample, near = solve_exact(problem), locate(option_table(problem))
        with monkeypatch.context() as patch:
            patch.setattr(ascent, "_WHOLE", n)
            whole, all_of_it = solve_exact(problem), locate(option_table(problem))
        assert by_sample.converged and by_sample.gap <= 1e-14 * n
        assert by_sample.objective == pytest.approx(whole.objective, rel=1e-14)
        assert near.congestion == pytest.approx(all_of_it.congestion, abs=1e-7)
        assert not violations(problem, by_sample.allocation)


@pytest.mark.parametrize("upwards", [False, True])
def test_who_is_left_out_keeps_its_choice_and_the_margin(upwards):
    """At 300 random points that the radius covers, and the points that matter lie within it."""
    rng, left = np.random.default_rng(1), 0
    for seed in range(10):
        table = option_table(draw(400, seed, scaled=not upwards))
        w = locate(table).congestion * rng.uniform(0.7, 1.3, 2)
        radius, margin = rng.uniform(0, 0.3) * float(np.hypot(*w)), rng.uniform(0, 1e-3)
        near = look_around(table, w, radius=radius, margin=margin, upwards=upwards)
        out = np.setdiff1d(np.arange(400), near.device)
        left += out.size
        for _ in range(30):
            shift = rng.uniform(-1, 3 if upwards else 1, 2) * radius
            if not near.covers(shift, 0.0):
                continue
            r = dual_at(table, w + shift).reduced_cost[:, out]
            least = r[near.choice[out], np.arange(out.size)]
            r[near.choice[out], np.arange(out.size)] = np.inf
            assert least.max(initial=0.0) == 0.0
            assert r.min(initial=np.inf) >= margin - 1e-12
    assert left > 500  # someone is left out


def test_a_ball_too_small_is_moved(monkeypatch):
    problem = draw(5000)
    expected = solve_exact(problem)
    balls = []

    def counted(*args, **kwargs):
        balls.append(kwargs["radius"])
        return look_around(*args, **kwargs)

    monkeypatch.setattr(ascent, "look_around", counted)
    monkeypatch.setattr(ascent, "_SPREAD", 1e-9)
    solution = solve_exact(problem)
    assert len(balls) > 3
    assert solution.objective == pytest.approx(expected.objective, rel=1e-14)
    assert solution.gap <= 1e-14 * 5000


@pytest.mark.parametrize(("n_devices", "scaled"), [(25, False), (300, True), (5000, True), (5000, False)])
def test_a_warm_start_changes_no_result(n_devices, scaled):
    problem = draw(n_devices, 1, scaled=scaled)
    last = solve_exact(problem)
    for step in range(4):
        problem = moved(problem, 0.5 if step < 3 else 20.0, step)  # at last the channels jump
        cold, warm = solve_exact(problem), solve_exact(problem, start=last.allocation)
        assert warm.converged
        assert warm.objective == pytest.approx(cold.objective, rel=1e-14)
        assert warm.gap <= 1e-14 * n_devices
        last = warm


def test_a_warm_start_saves_sweeps(monkeypatch):
    sweeps = []
    one = ascent.cut
    monkeypatch.setattr(ascent, "cut", lambda steps, r, *more: (sweeps.append(r.shape[1]), one(steps, r, *more))[1])
    cold, warm = 0, 0
    for seed in range(10):
        problem = draw(1000, seed)
        last = solve_exact(problem).allocation
        problem = moved(problem, 0.5, seed)
        for start in (None, last):
            sweeps.clear()
            solve_exact(problem, start=start)
            cold, warm = (cold + sum(sweeps), warm) if start is None else (cold, warm + sum(sweeps))
    assert warm < 0.7 * cold


def test_what_memory_cannot_hold_is_refused_before_it_is_begun(monkeypatch):
    """Of a crowd, what those who may offload need; of others, the whole table."""
    crowd, problem = draw(300_000), draw(20_000)
    rows = option_table(problem).e.shape[0]
    monkeypatch.setattr(memory, "_system", lambda: 1e6)
    with pytest.raises(TooLarge, match=rf"^devices: 20000 with up to {rows} options each need 0\.0\d+ GB of memory: "):
        solve_exact(problem)
    with pytest.raises(TooLarge, match=r"^devices: \d+ with up to \d+ options each need 0\.\d+ GB of memory: "):
        solve_exact(crowd)


def test_a_table_too_long_for_any_memory_is_refused():
    problem = draw(25)
    many = replace(problem.devices, max_frames=np.full(25, 1e15), weight_accuracy=np.full(25, 1e30))
    with pytest.raises(TooLarge, match="GB of memory"):
        solve_exact(replace(problem, devices=many))


def test_free_memory_is_the_least_of_all_limits(monkeypatch):
    assert 1e6 < memory.free_bytes() < 1e15
    monkeypatch.setattr(memory, "_group", lambda: 123.0)
    assert memory.free_bytes() == 123.0


def test_a_table_made_in_parts_is_the_table(monkeypatch):
    problem = draw(500)
    whole = option_table(problem)
    for block in (1, 64, 5000):
        monkeypatch.setattr(options.table, "_BLOCK", block)
        parts = option_table(problem)
        assert all(np.array_equal(getattr(parts, name), getattr(whole, name)) for name in ("least", "a", "b", "e"))


def test_the_first_of_equal_options_is_taken_at_any_size():
    for devices in (7, 30_000):
        values = np.random.default_rng(0).integers(0, 3, (9, devices)).astype(float)
        row, least = options.table.first_least(values)
        np.testing.assert_array_equal(row, values.argmin(axis=0))
        np.testing.assert_array_equal(least, values.min(axis=0))


@pytest.mark.nightly
@pytest.mark.parametrize("scaled", [True, False])
def test_a_million_mixed_devices(scaled):
    problem = draw(10**6, scaled=scaled)
    solution = solve_exact(problem)
    assert solution.converged
    assert solution.gap <= 1e-14 * 10**6
    assert not violations(problem, solution.allocation)


TUNING = {
    "_COARSE": (1e-6, 1e-12), "_FINE": (1e-14, 1e-16), "_MAX_CUTS": (6, 40), "_WHOLE": (10, 10**6),
    "_SAMPLES": ((200,), (1000,)), "_SPREAD": (0.4, 40.0), "_FEW": (0.0, 1.0), "_WIDE": (0.02, 2.0),
    "_DRIFT": (1e-4, 0.5), "_TRIES": (1, 12), "CHUNK": (64, 1 << 20),
}  # fmt: skip


@pytest.mark.parametrize("name", TUNING)
def test_tuning_numbers_of_the_ascent_trade_time_alone(name, monkeypatch):
    """Each of them ten times off or so: the same optimum, proved, cold as from a start."""
    problems = [draw(4000, scaled=True), draw(4000, scaled=False)]
    expected = [solve_exact(p) for p in problems]
    for value in TUNING[name]:
        monkeypatch.setattr(options.ascent, name, value)
        for problem, best in zip(problems, expected, strict=True):
            for start in (None, solve_exact(moved(problem, 0.5, 1)).allocation):
                found = solve_exact(problem, start=start)
                assert found.converged and found.gap < 1e-14 * 4000
                assert found.objective == pytest.approx(best.objective, abs=1e-14 * 4000)


def test_the_stored_measurement_keeps_what_it_claims():
    stored = scale.stored()
    assert {"date", "processor", "threads"} <= set(stored["about"])
    for rows in stored["exact"].values():
        assert [row["n_devices"] for row in rows] == list(scale.SIZES)
        assert all(row["converged"] and row["gap"] < 1e-13 for row in rows)
        last = rows[-1]
        assert last["memory"] < 4 * 2**30
        assert last["search"] < 10 * last["sweep"]
        large = {int(row["n_devices"]): row["search"] for row in rows if row["n_devices"] >= 1000}
        assert scale.growth(large, exponential=False) < 1.05
    assert set(stored["orders"]) == set(scale.ORDERS)
    assert max(row["apart"] for row in stored["online"]) < 1e-13


def test_what_is_stored_can_be_measured():
    row = scale.measure_exact_apart(50, scaled=True)
    assert set(row) == set(scale.stored()["exact"]["scaled"][0])
    assert min(row[name] for name in ("sweep", "search", "whole")) > 0
    assert 1e7 < row["memory"] < 1e9
    online = scale.measure_online(30, n_steps=4)
    assert set(online) == set(scale.stored()["online"][0])
    assert online["apart"] < 1e-13 and online["stale"] >= -1e-15
    seconds = scale.measure_order("algorithm-2-newton", repeats=1)
    assert list(seconds) == list(scale.ORDERS["algorithm-2-newton"].sizes)


def test_the_identity_and_the_gap_of_two_devices(tested):
    rng, identity = np.random.default_rng(0), []
    for _ in range(60):
        problem = scale.random_crowd(rng)
        identity.append(scale.identity_gap(problem, rng))
        gap, bound = scale.dual_gap(problem)
        assert -1e-12 <= gap <= bound
    tested("the dual's excess of the certified optimum", "identity", identity, below=1e-13)


def test_along_a_ray_the_dual_bounds_and_fewer_matter_in_smaller_balls():
    problem = draw(200)
    cost, value = scale.along_ray(problem, np.linspace(0.5, 1.5, 41))
    best = solve_exact(problem).objective
    assert np.all(value <= best + 1e-12) and np.all(cost >= best - 1e-12)
    assert value.argmax() == 20
    kept = scale.kept_in_ball(problem, np.array([0.3, 0.1, 0.01]))
    assert 1 >= kept[0] > kept[1] > kept[2] >= 0


@pytest.mark.parametrize("command", ["delays", "accuracy", "scale"])
def test_the_collector_says_what_it_needs(command):
    from click.testing import CliRunner

    from mecpapers.video.evidence.collect import main

    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 2
    assert "Missing option '--output'" in result.output


def test_the_command_refuses_what_is_too_large(tmp_path, monkeypatch, printed):
    example = Path(__file__).parents[2] / "book" / "instances" / "video.json"
    document = json.loads(example.read_text(encoding="utf-8"))
    document["weights"]["accuracy"] = 1e30
    document["devices"]["max_frames"] = 1e15
    file = tmp_path / "large.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", str(file)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = printed()
    assert (stop.value.code, out) == (2, "")
    assert err.startswith("mecpapers: devices: ") and err.count("\n") == 1 and "GB of memory: must be at most" in err


def test_the_cases_of_the_searches_are_counted():
    assert [scale.count_cases("algorithm-1", n) for n in (1, 2, 3)] == [13, 169, 2197]
    assert [scale.count_cases("search-search", n) for n in (1, 2, 3)] == [14, 196, 2744]  # local devices choose nothing
    assert scale.count_cases("search-heuristic", 3) == 2197 + 169  # all at the edge stands: one withdrawal is tried
