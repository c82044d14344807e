"""Both readings of "filter out": in the model, on frames, and at the headline; whole rounds; the equivalence."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mecpapers.pose import thresholds as th
from mecpapers.pose.baselines import server_all
from mecpapers.pose.evidence import experiments
from mecpapers.pose.evidence.experiments import ENVIRONMENTS
from mecpapers.pose.evidence.experiments.theory import KINDS, random_problem
from mecpapers.pose.model import Allocation, Problem, evaluate
from mecpapers.pose.policies import gains, run_guarded, run_thresholds
from mecpapers.pose.scenario import Scenario


@pytest.fixture(scope="module")
def kept():
    d = experiments.deployment()
    return d, experiments.of_reading("kept").problem(d.calibration.tables)


def test_a_kept_result_counts_by_hand():
    problem = Problem(
        deadline=0.1, device_delay=0.04, server_delay=0.01, transmission_time=0.01, discard_value=0.7,
        score_pmf=[0.2, 0.3, 0.5], device_accuracy=[0.3, 0.6, 0.9], server_accuracy=[0.5, 0.8, 0.95], filtered="kept",
    )  # fmt: skip
    pair = Allocation(lower=np.array([1]), upper=np.array([2]))
    assert evaluate(problem, pair).total == pytest.approx(0.2 * 0.3 + 0.3 * 0.8 + 0.5 * 0.9)
    left_out = replace(problem, filtered="left out")
    assert evaluate(left_out, pair).total == pytest.approx(0.2 * 0.7 + 0.3 * 0.8 + 0.5 * 0.9)
    assert evaluate(problem, pair).delay == evaluate(left_out, pair).delay
    assert gains(problem)[0] == pytest.approx([0.2, 0.2, 0.05])
    unseen = Allocation(lower=np.array([3]), upper=np.array([3]), device_inference=False)
    assert evaluate(problem, unseen).total == pytest.approx(0.7)  # nobody ran a network: there is nothing to keep


def test_an_unknown_word_is_refused():
    d = experiments.deployment()
    with pytest.raises(ValueError, match="filtered = 'dropped': must be one of left out, kept"):
        Scenario(filtered="dropped").problem(d.calibration.tables)


@pytest.mark.parametrize("seed", range(8))
def test_the_optimum_of_kept_results_is_that_of_enumeration(seed):
    rng = np.random.default_rng(seed)
    p = random_problem(rng, KINDS[seed % 4])
    names = ("device_delay", "transmission_time", "score_pmf", "device_accuracy", "server_accuracy")
    problem = replace(p, filtered="kept", **{name: getattr(p, name)[:2] for name in names})
    pairs = [(a, b) for a in range(problem.levels + 1) for b in range(a, problem.levels + 1)]
    best = -np.inf
    for choice in product(pairs, repeat=2):
        low, up = np.array(choice).T
        found = evaluate(problem, Allocation(lower=low, upper=up))
        best = max(best, found.total if found.delay <= problem.deadline * (1 + 1e-12) else -np.inf)
    assert th.solve_exact(problem).objective == pytest.approx(best, abs=1e-12)


def test_nothing_is_left_out_where_results_are_kept(kept):
    d, problem = kept
    allocation = th.solve_cooperative(problem).allocation
    low = Allocation(lower=np.full(6, 4), upper=np.full(6, 6))
    for pair, run in product((allocation, low), (run_thresholds, run_guarded)):
        assert not run(d.held_out, problem, pair).discarded.any()
    assert run_thresholds(d.held_out, replace(problem, filtered="left out"), low).discarded.any()
    none = Allocation(lower=np.full(6, 10), upper=np.full(6, 10))
    assert run_thresholds(d.held_out, problem, none).error == pytest.approx(
        experiments.run_policy("device", d.held_out, problem).error
    )
    assert run_thresholds(d.held_out, problem, server_all(problem)).sent.all()


def test_the_reading_decides_the_headline():
    """What the text says at 100 ms and up to 250 ms."""
    rows = experiments.reading_rows("deadline_ms", (100.0, 250.0))
    found = {(r["below the lower threshold"], r["deadline_ms"]): r["lower than device, %"] for r in rows}
    assert found["left out", 100.0] == pytest.approx(31.3, abs=0.1)
    assert found["kept", 100.0] == pytest.approx(12.4, abs=0.1)
    assert found["kept", 250.0] < 27 < 40 < found["left out", 250.0]
    assert all(r["late, %"] == 0 for r in rows)


def test_the_largest_reduction_is_that_of_an_environment():
    value, error, field, at = experiments.largest_reduction("device")
    row = experiments.reading_rows(field, (at,))[0]
    assert value == pytest.approx(row["lower than device, %"])
    assert error == pytest.approx((row["lower than device, % to"] - row["lower than device, % from"]) / 4)
    assert field in dict(ENVIRONMENTS) and at in dict(ENVIRONMENTS)[field]


def test_whole_rounds_cost_what_the_last_server_idles():
    one, three = experiments.delay_rows("servers", (1, 3))
    assert one["excess, %"] == one["excess with n / M, %"]
    d = experiments.deployment()
    problem = experiments.of_reading("left out", Scenario(servers=3)).problem(d.calibration.tables)
    count = experiments.run_policy("cooperative", d.held_out, problem).sent.sum(axis=-1)
    idle = (-count % 3) / 3 * problem.server_delay
    assert three["excess, %"] - three["excess with n / M, %"] == pytest.approx(100 * idle.mean() / 0.1)
    assert three["excess, %"] > 4 > one["excess, %"]


def test_the_model_s_mean_keeps_the_deadline_for_every_number_of_devices():
    for row in experiments.delay_rows("n_devices", (5, 6)):
        assert row["model's mean, ms"] <= 100 + 1e-9


def test_the_sum_is_of_the_frames_that_the_error_is_of():
    """With every image used as the heavy network reads it, the sum is that network's OKS."""
    d = experiments.deployment()
    cloud = experiments.equivalence(n_pairs=3, filtered="kept")
    from mecpapers.pose.evidence.experiments.agreement import _accuracy
    from mecpapers.pose.measured import trace

    oks = trace.load().half(1).oks
    everything = Allocation(lower=np.zeros(6, dtype=int), upper=np.full(6, 10))
    problem = experiments.of_reading("kept").problem(d.calibration.tables)
    outcome = run_thresholds(d.held_out, problem, everything)
    light, heavy = oks[..., d.calibration.light], oks[..., d.calibration.heavy]
    assert _accuracy(outcome, light, heavy, 0.5) == pytest.approx(heavy)
    low, high = np.minimum(light, heavy).sum(axis=-1), np.maximum(light, heavy).sum(axis=-1)
    assert ((cloud.total >= low - 1e-12) & (cloud.total <= high + 1e-12)).all()


def test_the_draws_are_the_same_under_both_readings():
    a, b = (experiments.equivalence(n_pairs=5, filtered=word) for word in ("left out", "kept"))
    assert a.delay == pytest.approx(b.delay)
    assert not np.allclose(a.error, b.error)


def test_drawn_thresholds_leave_four_views_on_the_mean():
    from mecpapers.pose.evidence.experiments.agreement import _draws

    d = experiments.deployment()
    problem = experiments.of_reading("left out").problem(d.calibration.tables)
    drawn = _draws(problem, 40, 0)
    used = [6 - sum(problem.score_pmf[n, : a.lower[n]].sum() for n in range(6)) for a in drawn]
    assert len(drawn) == 40 and min(used) >= 4 - 1e-12
    assert all((a.lower <= a.upper).all() for a in drawn) and len({a.lower.tobytes() for a in drawn}) == 40


def test_the_loss_by_hand():
    frames = np.ones((1, 20))
    cloud = experiments.Cloud(
        foreseen=np.arange(3.0), total=np.array([1.0, 2.0, 3.0])[:, None, None] * frames,
        error=np.array([0.05, 0.03, 0.04])[:, None, None] * frames, delay=np.array([0.07, 0.09, 0.12]),
    )  # fmt: skip
    assert experiments.loss(cloud, 100.0) == pytest.approx((0, 0))  # the third is too slow
    assert experiments.loss(cloud, 150.0) == pytest.approx((100 / 3, 0))
    assert experiments.worst_loss(cloud, (80.0, 100.0, 150.0)) == pytest.approx((100 / 3, 0))


def test_an_equivalent_sum_loses_nothing_and_a_contrary_one_does():
    cloud = experiments.equivalence(n_pairs=30)
    assert experiments.worst_loss(replace(cloud, total=-cloud.error))[0] == 0
    assert experiments.worst_loss(replace(cloud, total=cloud.error))[0] > 20
