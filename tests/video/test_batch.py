"""Problems side by side: each answer is the one that the problem has alone, bit for bit."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from mecpapers import instances, many
from mecpapers.batch import ONE, Batch
from mecpapers.solution import Infeasible
from mecpapers.sweep import run_sweep
from mecpapers.video import bounds
from mecpapers.video.bounds import solve_exact, solve_many_exact
from mecpapers.video.model import Allocation
from mecpapers.video.options import ascent, some_of
from mecpapers.video.scenario import MIXED, SET_A
from mecpapers.video.schemes import SCHEMES, compare, exact


def drawn(scenario, count, seed=0):
    return [scenario.draw(np.random.default_rng((seed, k))) for k in range(count)]


def changed(problem, rng, **values):
    return replace(problem, devices=replace(problem.devices, **values))


def silent(problem, rng):
    rate = np.where(rng.random(problem.devices.size) < 0.4, 0.0, problem.devices.uplink_rate)
    return changed(problem, rng, uplink_rate=rate)


def of_few_kinds(problem, rng):
    """Devices that are alike in all, three kinds of them."""
    return some_of(problem, rng.integers(0, 3, problem.devices.size))


def scaled(problem, rng):
    """The same server, at costs of another size."""
    factor = 10.0 ** rng.integers(-9, 9)
    weights = {name: factor * getattr(problem.devices, name) for name in ("weight_delay", "weight_energy")}
    return changed(problem, rng, **weights, weight_accuracy=factor * problem.devices.weight_accuracy)


KINDS = {
    "mixed": lambda p, rng: p,
    "of all sizes": lambda p, rng: some_of(p, np.arange(rng.integers(1, p.devices.size + 1))),
    "alike but for the rate": lambda p, rng: changed(p, rng, weight_delay=0.2, weight_energy=0.2, weight_accuracy=0.6),
    "of few kinds": of_few_kinds,
    "silent": silent,
    "delay alone": lambda p, rng: changed(p, rng, weight_energy=0.0, weight_accuracy=0.0),
    "accuracy alone, nearly": lambda p, rng: changed(p, rng, weight_delay=1e-9, weight_energy=0.0),
    "free power": lambda p, rng: changed(p, rng, transmit_power=0.0),
    "costs of all sizes": scaled,
    "slow": lambda p, rng: changed(p, rng, uplink_rate=p.devices.uplink_rate / 1e9),
    "other servers": lambda p, rng: replace(p, server_frequency=float(rng.choice([1e9, 2.2e10, 1e12]))),
    "eq31": lambda p, rng: replace(p, local_energy="eq31"),
    "some with a least number of frames": lambda p, rng: changed(p, rng, min_frames=2.0) if rng.random() < 0.5 else p,
}


def same(one, other):
    told = ("objective", "bound", "ended", "bound_assumes")
    assert [getattr(one, name) for name in told] == [getattr(other, name) for name in told]
    for field in fields(Allocation):
        np.testing.assert_array_equal(getattr(one.allocation, field.name), getattr(other.allocation, field.name))


@pytest.mark.parametrize("scenario", [SET_A, MIXED], ids=["set a", "mixed"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_has_the_answer_that_it_has_alone(kind, scenario):
    rng = np.random.default_rng(1)
    problems = [KINDS[kind](problem, rng) for problem in drawn(scenario, 40)]
    found = solve_many_exact(problems)
    solved = [(one, problem) for one, problem in zip(found, problems, strict=True) if one is not None]
    assert len(solved) >= 36  # the others must be looked around again
    for one, problem in solved:
        same(one, solve_exact(problem))


@pytest.mark.parametrize(("gap", "limit"), [(1e-9, 0), (1e-9, 1), (1e-9, 7), (1e-2, 100), (0.0, 10**30)])
def test_limits_are_each_problems_own(gap, limit, monkeypatch):
    """Few partial assignments may be kept, so that some are left, to be solved alone. No flips save work."""
    monkeypatch.setattr(bounds.rounding, "_FLIPS", 0)
    problems = [changed(p, None, weight_energy=1e-3) for p in drawn(MIXED, 30)]
    found = solve_many_exact(problems, gap=gap, limit=limit)
    alone = [solve_exact(problem, gap=gap, limit=limit) for problem in problems]
    if limit < 7:
        assert {one.ended for one in alone} == {"converged", "resource limit"}
    for one, other in zip(found, alone, strict=True):
        if one is None:
            assert limit < 7
        else:
            same(one, other)
    assert sum(one is not None for one in found) >= (29 if limit >= 7 else 5)


def test_hard_ones_beside_easy_ones(monkeypatch):
    """A core of many like devices, walked until nothing more may be looked at, changes nothing for the others."""
    monkeypatch.setattr(bounds.enumeration, "_FEW", 3)
    rng = np.random.default_rng(0)
    many_alike = [
        replace(of_few_kinds(p, rng), server_frequency=2.2e10) for p in drawn(replace(MIXED, n_devices=60), 5)
    ]
    problems = [*drawn(MIXED, 10), *many_alike, *drawn(SET_A, 10)]
    for limit in (20, 200):
        for one, problem in zip(solve_many_exact(problems, limit=limit), problems, strict=True):
            same(one, solve_exact(problem, limit=limit))


LOW = 0.05


def test_where_the_margin_was_guessed_too_low_it_takes_another_look(monkeypatch):
    problems = drawn(MIXED, 30)
    expected = [solve_exact(problem) for problem in problems]
    monkeypatch.setattr(bounds, "locate", lambda options, *more: ascent.settle(*low(options)))

    def low(options):
        look = lambda w, **kwargs: ascent.look_around(options, w, **kwargs)  # noqa: E731
        ball = ascent.Ball(np.zeros((2, *options.batch.shape)), np.inf)
        return ascent.approach(look, ball, LOW * ascent.likely_margin(options))

    found = solve_many_exact(problems)
    again = [one is None for one in found]
    assert 0 < sum(again) < 30
    for one, other, problem in zip(found, expected, problems, strict=True):
        assert solve_exact(problem).objective == pytest.approx(other.objective, rel=1e-14)
        assert one is None or one.objective == pytest.approx(other.objective, rel=1e-14)


def test_what_is_amiss_stays_with_its_problem():
    problems = drawn(MIXED, 8)
    problems[2] = changed(problems[2], None, min_accuracy=1.0)
    problems[5] = changed(problems[5], None, weight_delay=1e308)
    found = solve_many_exact(problems)
    assert [k for k, one in enumerate(found) if one is None] == [2, 5]
    with pytest.raises(Infeasible, match="device 0 needs an accuracy of 1"):
        solve_exact(problems[2])
    assert solve_many_exact([]) == []
    assert solve_many_exact(problems[:2], gap=-1.0) == [None, None]


def test_sums_over_the_devices_of_each():
    rng = np.random.default_rng(0)
    owner = np.sort(rng.integers(0, 6, 50))
    owner = owner[(owner != 2) & (owner != 5)]  # two have none
    batch, x = Batch(owner, 6), rng.random((3, owner.size))
    for own, expected in ((batch.sum, np.sum), (batch.max, np.max)):
        for b in range(6):
            some = x[:, owner == b]
            assert own(x)[:, b] == pytest.approx(expected(some, axis=1) if some.size else 0.0, rel=1e-15)
    assert batch.any(x > 0.5).shape == (3, 6) and not batch.any(x > 0.5)[:, 2].any()
    np.testing.assert_array_equal(batch.of(np.arange(6.0)), owner)
    rows = batch.rows(x, np.inf)
    assert rows.shape == (3, 6, np.bincount(owner).max()) and np.isinf(rows[:, 5]).all()
    np.testing.assert_array_equal(rows[:, owner, batch.places(owner.size)[0]], x)
    assert batch.some(np.arange(0)).sum(np.zeros((2, 0))).tolist() == [[0.0] * 6] * 2
    assert ONE.sum(x).shape == (3,) and ONE.sum(np.zeros(0)) == 0.0 and ONE.of(3.0) == 3.0


def test_a_sweep_is_the_same_side_by_side(monkeypatch):
    """With drops that have no answer, and a scheme beside it that has no such way."""
    scenario = replace(MIXED, min_accuracy=0.929)
    schemes = {"proved": exact, "gp-heuristic": SCHEMES["gp-heuristic"]}
    asked = []
    monkeypatch.setattr(bounds, "_solve", lambda *a, ask=bounds._solve: (asked.append(a[0].batch.size), ask(*a))[1])
    together = compare(schemes, scenario, n_drops=30, n_devices=[5, 9])
    assert max(asked) > 5
    asked.clear()
    alone = compare({name: lambda p, *, rng=None, s=s: s(p, rng=rng) for name, s in schemes.items()}, scenario,
                    n_drops=30, n_devices=[5, 9])  # fmt: skip
    assert set(asked) == {1}
    for metric, values in together.metrics.items():
        np.testing.assert_array_equal(values, alone.metrics[metric])


def test_some_of_a_scheme_may_be_left_to_it():
    """None of what is solved together is a solution: the scheme solves that drop itself."""
    every_other = {"a": lambda problems: [None if k % 2 else -1.0 for k in range(len(problems))]}
    found = run_sweep({"a": lambda problem, *, rng: problem}, lambda value, rng: value, lambda p, s: {"x": s}, axis="x",
                      values=[1.0], n_drops=4, seed=0, together=every_other)  # fmt: skip
    assert found.drops("x", "a").tolist() == [[-1.0, 1.0, -1.0, 1.0]]


def test_many_are_the_same_side_by_side(monkeypatch, tmp_path):
    """Two papers, instances without an answer, slots; each as it is alone."""
    problems = [changed(p, None, min_accuracy=1.0) if k == 3 else p for k, p in enumerate(drawn(SET_A, 8))]
    for k, problem in enumerate(problems):
        instances.write(tmp_path / f"{k}.json", problem)
    documents = [json.loads((tmp_path / f"{k}.json").read_text()) for k in range(8)]
    documents.insert(5, {"paper": "audio"})
    sizes = []
    monkeypatch.setattr(bounds, "_solve", lambda *a, ask=bounds._solve: (sizes.append(a[0].batch.size), ask(*a))[1])
    together = many.solve_many(documents)
    assert max(sizes) > 2
    assert [k for k, answer in enumerate(together) if "error" in answer] == [3, 5]
    sizes.clear()
    assert together == [many.solve_many([document])[0] for document in documents]
    assert set(sizes) == {1}
    refused = many.solve_many(documents[:2], gap=-1.0)
    assert [answer["error"] for answer in refused] == ["gap = -1.0: must be 0 or more"] * 2
