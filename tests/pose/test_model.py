"""The model against numbers worked by hand and against laws; what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.pose.calibration import shipped
from mecpapers.pose.evidence import notation
from mecpapers.pose.evidence.experiments.theory import KINDS, random_problem
from mecpapers.pose.model import Allocation, Metrics, Problem, evaluate, violations
from mecpapers.pose.scenario import Drops, Scenario

seeds = st.integers(0, 2**32 - 1)
EXAMPLE = {
    "deadline": 0.1,
    "device_delay": 0.04,
    "server_delay": 0.013,
    "transmission_time": [0.0104, 0.02],
    "discard_value": 0.8,
    "score_pmf": [[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]],
    "device_accuracy": [[0.3, 0.6, 0.9], [0.2, 0.5, 0.9]],
    "server_accuracy": [[0.5, 0.8, 0.95], [0.4, 0.8, 0.95]],
}


def example(**changes):
    return Problem(**{**EXAMPLE, **changes})


def pairs(lower, upper, **flags):
    return Allocation(lower=np.array(lower), upper=np.array(upper), **flags)


def some_allocation(problem, rng):
    lower = rng.integers(0, problem.levels + 1, problem.size)
    return pairs(lower, np.array([rng.integers(low, problem.levels + 1) for low in lower]))


def test_every_formula_by_hand():
    m = evaluate(example(), pairs([1, 0], [2, 2]))
    assert m.offload_probability == pytest.approx([0.3, 0.7])
    assert m.accuracy == pytest.approx([0.5 * 0.9 + 0.3 * 0.8 + 0.8 * 0.2, 0.3 * 0.9 + 0.1 * 0.4 + 0.6 * 0.8])
    assert m.air_time == pytest.approx([0.3 * 0.0104, 0.7 * 0.02])
    assert m.delay == pytest.approx(0.04 + 0.3 * 0.0104 + 0.7 * 0.02 + 0.013)
    assert m.total == pytest.approx(m.accuracy.sum())
    assert example().offload_cost == pytest.approx([0.0234, 0.033])
    assert example(servers=2).offload_cost == pytest.approx([0.0169, 0.0265])


def test_the_extremes():
    p = example()
    assert evaluate(p, pairs([0, 0], [0, 0])).accuracy == pytest.approx([0.69, 0.59])  # accept all
    assert evaluate(p, pairs([3, 3], [3, 3])).accuracy == pytest.approx([0.8, 0.8])  # discard all: kappa
    everything = evaluate(p, pairs([0, 0], [3, 3], device_inference=False))
    assert everything.accuracy == pytest.approx([0.815, 0.805])
    assert everything.delay == pytest.approx(0.0234 + 0.033)  # no light network runs


@given(seeds, st.sampled_from(KINDS))
def test_the_accuracy_is_the_mean_over_drawn_scores(seed, kind):
    """Level by level, the slow way: each level's fate decided by itself."""
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, kind)
    a = some_allocation(problem, rng)
    accuracy, p = np.zeros(problem.size), np.zeros(problem.size)
    for n in range(problem.size):
        for b in range(problem.levels):
            f = problem.score_pmf[n, b]
            if b < a.lower[n]:
                accuracy[n] += f * problem.discard_value
            elif b < a.upper[n]:
                accuracy[n], p[n] = accuracy[n] + f * problem.server_accuracy[n, b], p[n] + f
            else:
                accuracy[n] += f * problem.device_accuracy[n, b]
    m = evaluate(problem, a)
    assert m.accuracy == pytest.approx(accuracy) and m.offload_probability == pytest.approx(p)
    assert m.delay == pytest.approx(0.04 + (p * problem.offload_cost).sum())


@given(seeds)
def test_scaling_all_times_scales_the_delay_and_nothing_else(seed):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, "rough")
    a = some_allocation(problem, rng)
    names = ("deadline", "device_delay", "server_delay", "transmission_time")
    scaled = replace(problem, **{name: 3 * getattr(problem, name) for name in names})
    assert evaluate(scaled, a).delay == pytest.approx(3 * evaluate(problem, a).delay)
    assert evaluate(scaled, a).accuracy == pytest.approx(evaluate(problem, a).accuracy)


def test_the_slowest_device_counts():
    p = example(device_delay=[0.02, 0.07])
    assert p.budget == pytest.approx(0.03)
    assert evaluate(p, pairs([0, 0], [0, 0])).delay == pytest.approx(0.07)


def test_violations():
    p = example()
    assert violations(p, pairs([0, 0], [3, 3])) == ()  # 40 + 56.4 ms
    tight = replace(p, deadline=0.09)
    (late,) = violations(tight, pairs([0, 0], [3, 3]))
    assert late.constraint == "delay <= deadline" and late.excess == pytest.approx(0.0964 / 0.09 - 1)
    assert {v.device for v in violations(p, pairs([2, 0], [1, 4]))} == {0, 1}
    (scored,) = violations(p, pairs([0, 1], [3, 2], device_inference=False))
    assert scored.device == 1 and "score" in scored.constraint


def test_scalars_and_rows_stand_for_all_devices():
    p = example(score_pmf=[0.2, 0.3, 0.5])
    assert p.score_pmf.tolist() == [[0.2, 0.3, 0.5]] * 2
    assert p.device_delay.tolist() == [0.04, 0.04]
    alone = Problem(**{**EXAMPLE, "transmission_time": 0.01, **{k: EXAMPLE[k][0] for k in
                       ("score_pmf", "device_accuracy", "server_accuracy")}})  # fmt: skip
    assert alone.size == 1
    a = pairs([0, 0], [3, 3])
    for array in (p.score_pmf, p.device_delay, a.lower, a.upper):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 1
    assert p.score_pmf.sum(axis=1) == pytest.approx(1, abs=1e-15)
    almost = example(score_pmf=[0.2000004, 0.3, 0.5])  # written with few digits
    assert almost.score_pmf.sum(axis=1) == pytest.approx(1, abs=1e-15)


def test_a_mistyped_digit_of_a_row_is_refused():
    with pytest.raises(ValueError, match=r"score_pmf\[1\] = a sum of 1.0002: must add up to 1"):
        example(score_pmf=[[0.2, 0.3, 0.5], [0.1, 0.6, 0.3002]])


@pytest.mark.parametrize(("excess", "broken"), [(1e-11, False), (1e-7, True)])
def test_what_the_deadline_forgives(excess, broken):
    a = pairs([0, 0], [3, 3])
    delay = evaluate(example(), a).delay
    assert bool(violations(example(deadline=delay / (1 + excess)), a)) is broken


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score_pmf": [[0.2, 0.3, 0.6], [0.1, 0.6, 0.3]]}, r"score_pmf\[0\] = a sum of 1.1: must add up to 1"),
        ({"score_pmf": [[1.2, -0.2, 0.0], [0.1, 0.6, 0.3]]}, r"score_pmf\[0\]\[0\] = 1.2: must lie between 0 and 1"),
        ({"device_accuracy": [[0.3, 0.6, 1.1], [0.2, 0.5, 0.9]]}, r"device_accuracy\[0\]\[2\] = 1.1: must lie between"),
        ({"server_accuracy": [[0.3, 0.6, -0.1], [0.2, 0.5, 0.9]]}, r"server_accuracy\[0\]\[2\] = -0.1: must lie"),
        ({"server_accuracy": [[0.3, np.nan, 0.1], [0.2, 0.5, 0.9]]}, r"server_accuracy\[0\]\[1\] = nan"),
        ({"device_accuracy": [[0.3, 0.6], [0.2, 0.5]]}, "device_accuracy has 2 levels: must have as many as score"),
        ({"device_accuracy": [[0.3, 0.6, 0.7], [0.2, 0.5]]}, "device_accuracy = rows of unequal length"),
        ({"transmission_time": [0.01, 0.01, 0.01]}, "score_pmf has 2 values: must have as many as transmission"),
        ({"score_pmf": 0.5}, "score_pmf = 0.5: must be rows of K numbers"),
        ({"discard_value": 1.5}, "discard_value = 1.5: must lie between 0 and 1"),
        ({"discard_value": [0.5, 0.5]}, "discard_value = .*: must be one number"),
        ({"deadline": 0}, "deadline = 0: must be positive"),
        ({"server_delay": -0.1}, "server_delay = -0.1: must not be negative"),
        ({"device_delay": [0.1, -1]}, r"device_delay\[1\] = -1: must not be negative"),
        ({"servers": 1.5}, "servers = 1.5: must be a whole number"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        example(**changes)


def test_the_scenario_in_si_units():
    from mecpapers.pose.model import Tables

    rows = {k: np.array(EXAMPLE[k]) for k in ("score_pmf", "device_accuracy", "server_accuracy")}
    tables = Tables(**rows, image_bits=np.array([5e4, 1e5]), device_seconds=0.01, server_seconds=0.05)
    p = Scenario(deadline_ms=90, bandwidth_mhz=2, snr_db=(10.0, 20.0), device_slowdown=(3.0, 5.0), servers=2).problem(
        tables
    )
    assert p.deadline == pytest.approx(0.09) and p.device_delay == pytest.approx([0.03, 0.05])
    assert p.transmission_time == pytest.approx([5e4 / (2e6 * np.log2(11)), 1e5 / (2e6 * np.log2(101))])
    assert p.server_delay == pytest.approx(0.0125)


def test_a_drop_is_seeded_and_more_devices_begin_with_the_fewer():
    few, again, many = (Drops(n_devices=n).draw(np.random.default_rng(3)) for n in (3, 3, 9))
    assert few.size == 3 and many.size == 9
    for name in ("score_pmf", "transmission_time", "device_accuracy"):
        np.testing.assert_array_equal(getattr(few, name), getattr(again, name))
        np.testing.assert_array_equal(getattr(many, name)[:3], getattr(few, name))
    np.testing.assert_array_equal(many.score_pmf[:3], many.score_pmf[6:])  # the six recorded cameras, then again
    plain = Drops(shadowing_db=0.0).draw(np.random.default_rng(0))
    assert sorted(plain.transmission_time) == pytest.approx(
        sorted(Scenario().problem(shipped().tables).transmission_time)
    )
    for wrong, message in (
        ({"n_devices": 0}, "n_devices = 0: must be a whole number, 1 or more"),
        ({"snr_db": (1.0, 2.0)}, "snr_db has 2 values: must have one or n_devices = 6"),
    ):
        with pytest.raises(ValueError, match=message):
            Drops(**wrong).draw(np.random.default_rng(0))


def test_the_order_of_the_cameras_is_drawn():
    drawn = [Drops(shadowing_db=0.0).draw(np.random.default_rng(k)).transmission_time for k in range(6)]
    assert len({tuple(times) for times in drawn}) > 3


def test_compare_on_a_scenario_and_on_given_problems():
    from mecpapers.pose import SCHEMES, compare

    chosen = {name: SCHEMES[name] for name in ("device", "server-all", "exact")}
    sweep = compare(chosen, deadline_ms=[30.0, 100.0], n_drops=3, seed=1)
    assert sweep.axis == "deadline_ms" and np.isnan(sweep.mean("accuracy", "device")).tolist() == [True, False]
    assert sweep.mean("accuracy", "exact")[1] > sweep.mean("accuracy", "device")[1]
    problems = [example(), example(deadline=0.05)]
    given = compare(chosen, problems)
    solution = SCHEMES["exact"](problems[1])
    m = evaluate(problems[1], solution.allocation)
    assert given.drops("accuracy", "exact")[1, 0] == m.accuracy.mean()
    assert given.drops("expected_delay", "exact")[1, 0] == m.delay
    assert np.isnan(given.drops("expected_delay", "server-all")[1, 0])  # too slow


def test_a_scheme_of_ones_own_is_drawn():
    from mecpapers.pose import SCHEMES, compare
    from mecpapers.pose.evidence.figures import plot_sweep

    sweep = compare({"mine": SCHEMES["device"], "exact": SCHEMES["exact"]}, n_devices=[2, 4], n_drops=2)
    ax = plot_sweep(sweep, "accuracy")
    assert ax.get_ylabel() == "mean accuracy of a device"
    assert "mine" in [text.get_text() for text in ax.figure.legends[0].get_texts()]


def test_notation_names_what_the_model_has():
    homes = {"Problem": Problem, "Allocation": Allocation, "Metrics": Metrics}
    for symbol in notation.NOTATION:
        fields = {**homes[symbol.home].__annotations__, **vars(homes[symbol.home])}
        assert symbol.name in fields
    named = {(s.home, s.name) for s in notation.NOTATION}
    for home, cls in homes.items():
        assert {(home, name) for name in cls.__annotations__} <= named
