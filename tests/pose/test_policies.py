"""Timing, the guard, calibration and policies on frames."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.pose import timing
from mecpapers.pose.accuracy import mpjpe
from mecpapers.pose.calibration import calibrate, shipped
from mecpapers.pose.evidence import experiments
from mecpapers.pose.evidence.experiments import POLICIES
from mecpapers.pose.measured import trace
from mecpapers.pose.model import Allocation, evaluate
from mecpapers.pose.policies import Outcome, gains, poses, run_frame_wise, run_guarded, run_thresholds
from mecpapers.pose.scenario import Scenario
from mecpapers.pose.schemes import SCHEMES
from mecpapers.pose.triangulation import corrected, joint_weights, triangulate
from mecpapers.solution import Infeasible

seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def base():
    d = experiments.deployment()
    return d, Scenario(discard_value=experiments.discard_value()).problem(d.calibration.tables)


def test_frame_delay_by_hand():
    sent = np.array([[True, True, True], [False, True, False], [False] * 3])
    air = np.array([0.01, 0.02, 0.03])
    assert timing.frame_delay(sent, air, 0.04, 0.1) == pytest.approx([0.4, 0.16, 0.04])
    assert timing.frame_delay(sent, air, 0.04, 0.1, servers=2) == pytest.approx([0.3, 0.16, 0.04])  # two rounds, one
    assert timing.frame_delay(sent, air, 0.04, 0.1, servers=9) == pytest.approx([0.2, 0.16, 0.04])


@given(seeds)
def test_the_mean_frame_delay_of_one_server_is_the_expected_delay(seed):
    """Draw scores by the pmf: with M = 1 the model's D is the mean over frames, to sampling error."""
    rng = np.random.default_rng(seed)
    problem = experiments.many_devices(5, seed=seed % 1000)
    a = SCHEMES["cooperative"](problem).allocation
    level = np.stack([rng.choice(problem.levels, 4000, p=f) for f in problem.score_pmf], axis=1)
    sent = (level >= a.lower) & (level < a.upper)
    delays = timing.frame_delay(sent, problem.transmission_time, 0.04, problem.server_delay)
    expected = evaluate(problem, a).delay
    assert delays.mean() == pytest.approx(expected, abs=6 * delays.std() / np.sqrt(4000) + 1e-12)


@given(seeds)
def test_the_guard_keeps_the_budget_and_sends_only_what_was_wanted(seed):
    rng = np.random.default_rng(seed)
    sent, gain = rng.random((50, 6)) < 0.6, rng.normal(size=(50, 6))
    air, budget, servers = rng.uniform(1e-3, 3e-2, (50, 6)), rng.uniform(0, 0.2), int(rng.integers(1, 4))
    kept = timing.guard(sent, gain, air, budget, 0.015, servers)
    assert (kept <= sent).all() and (gain[kept] > 0).all()
    assert (timing.frame_delay(kept, air, 0.0, 0.015, servers) <= budget + 1e-12).all()
    for f, n in zip(*np.nonzero(sent & ~kept & (gain > 0)), strict=True):  # nothing that still fits was left out
        more = kept[f].copy()
        more[n] = True
        assert timing.frame_delay(more, air[f], 0.0, 0.015, servers) > budget


def test_the_guard_is_optimal_for_equal_costs():
    rng = np.random.default_rng(0)
    gain, air = rng.random((40, 5)), np.full((40, 5), 0.01)
    kept = timing.guard(np.ones((40, 5), dtype=bool), gain, air, 0.075, 0.015)  # three of five
    assert (kept.sum(axis=1) == 3).all()
    assert (gain * kept).sum(axis=1) == pytest.approx(np.sort(gain, axis=1)[:, 2:].sum(axis=1))


def test_the_guard_tries_by_gain_a_second():
    """60 ms: the image of most gain would fill them alone, the two others gain more in the same time."""
    gain, air = np.array([[0.5, 0.3, 0.3]]), np.array([[0.05, 0.02, 0.02]])
    assert timing.guard(np.ones((1, 3), dtype=bool), gain, air, 0.06, 0.01).tolist() == [[False, True, True]]


def test_the_guard_sends_what_fits_exactly():
    air = np.array([[0.1, 0.2]])
    assert air.sum() > 0.3  # by rounding
    assert timing.guard(np.ones((1, 2), dtype=bool), np.ones((1, 2)), air, 0.3, 0.0).all()


def test_the_guard_sends_nothing_for_nothing():
    gain, air = np.array([[0.0, -0.1, 1e-9]]), np.full((1, 3), 0.01)
    assert timing.guard(np.ones((1, 3), dtype=bool), gain, air, 1.0, 0.0).tolist() == [[False, False, True]]


def test_a_frame_of_just_the_deadline_is_not_late():
    alike = {"error": np.zeros((1, 3)), "sent": np.zeros((1, 3, 1), bool), "discarded": np.zeros((1, 3, 1), bool)}
    outcome = Outcome(delay=np.array([[0.3, 0.1 + 0.2, 0.3 * (1 + 1e-6)]]), deadline=0.3, **alike)
    assert outcome.late.tolist() == [[False, False, True]]


def test_gains_by_hand(base):
    """Against the better of one's own result and of none; where results are kept, there is no none."""
    _, problem = base
    own, served = np.full((6, 10), 0.4), np.full((6, 10), 0.9)
    problem = replace(problem, device_accuracy=own, server_accuracy=served)
    for kappa, expected in ((0.3, 0.5), (0.6, 0.3)):
        assert gains(replace(problem, discard_value=kappa)) == pytest.approx(np.full((6, 10), expected))
        assert gains(replace(problem, discard_value=kappa, filtered="kept")) == pytest.approx(np.full((6, 10), 0.5))


def test_several_people(base):
    _, problem = base
    crowd = timing.of_several_people(problem, 3, association=0.001)
    assert crowd.device_delay == pytest.approx(3 * problem.device_delay + 0.003)
    assert crowd.offload_cost == pytest.approx(3 * problem.offload_cost)
    alone = timing.of_several_people(problem, 1, association=0.001)
    assert alone.budget == problem.budget
    with pytest.raises(ValueError, match="people = 0: must be 1 or more"):
        timing.of_several_people(problem, 0)


def test_calibration_looks_at_its_own_half_alone():
    """Spoil the other half of the trace: nothing that was learnt may change."""
    recorded = trace.load()
    clean = calibrate(recorded.half(0))
    n = recorded.truth.shape[1] // 2
    spoilt = {
        k: getattr(recorded, k).copy() for k in ("pixels", "weight", "score", "oks", "truth", "bits", "seconds", "crop")
    }
    for values in spoilt.values():
        values[:, n:] = 0.123
    again = calibrate(trace.Trace(rig=recorded.rig, **spoilt).half(0))
    assert np.array_equal(clean.edges, again.edges) and np.array_equal(clean.offsets, again.offsets)
    for name in ("score_pmf", "device_accuracy", "server_accuracy", "image_bits", "device_seconds", "server_seconds"):
        assert np.array_equal(getattr(clean.tables, name), getattr(again.tables, name))


def test_calibration_tables(base):
    d, _ = base
    t = d.calibration.tables
    assert t.score_pmf.sum(axis=1) == pytest.approx(1)
    assert t.score_pmf.mean(axis=0) == pytest.approx(0.1, abs=0.005)  # deciles over all cameras
    level = d.calibration.levels(trace.load().half(0).score[..., 0])
    share = np.bincount(level[:, :, 2].ravel(), minlength=10) / level[:, :, 2].size
    assert t.score_pmf[2] == pytest.approx(share)
    found = trace.load().half(0).oks
    pooled = [found[..., net][d.calibration.levels(trace.load().half(0).score[..., 0]) == 4].mean() for net in (0, 2)]
    own = [found[:, :, 2, net][level[:, :, 2] == 4] for net in (0, 2)]
    for table, mine, all_ in zip((t.device_accuracy, t.server_accuracy), own, pooled, strict=True):
        assert table[2, 4] == pytest.approx((mine.sum() + 8 * all_) / (mine.size + 8))  # drawn by eight images


def test_calibrated_times_and_sizes_are_those_of_the_trace():
    half, t = trace.load().half(0), shipped().tables
    for seconds, net in ((t.device_seconds, 0), (t.server_seconds, 2)):
        assert (half.seconds[..., net] < seconds).mean() == pytest.approx(0.1, abs=0.01)
    assert t.image_bits == pytest.approx([half.bits[:, :, c].sum() / half.bits[:, :, c].size for c in range(6)])


def test_a_score_on_an_edge_is_of_the_level_above(base):
    d, _ = base
    edges = d.calibration.edges
    assert d.calibration.levels(edges).tolist() == list(range(1, 10))
    assert d.calibration.levels(np.nextafter(edges, 0)).tolist() == list(range(9))


def test_image_sizes_are_relative_to_their_own_camera(base):
    d, _ = base
    bits = trace.load().half(1).bits.reshape(-1, 6)
    assert d.held_out.size * d.calibration.tables.image_bits == pytest.approx(bits)
    assert d.held_out.size.mean(axis=0) == pytest.approx(1, abs=0.2)


def test_what_is_shared_cannot_be_written_to(base):
    d, _ = base
    for array in (trace.load().pixels, shipped().tables.score_pmf, d.held_out.score, d.calibration.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert trace.load() is trace.load() and shipped() is shipped()


def test_policies_use_the_poses_they_say(base):
    """Device-centric and server-centric, against the triangulation done directly."""
    d, problem = base
    half = trace.load().half(1)
    for name, net in (("device", 0), ("server-all", 2)):
        estimate = triangulate(half.rig, half.pixels[..., net, :, :], joint_weights(half.weight[..., net, :]))
        direct = mpjpe(corrected(estimate, d.calibration.offsets), half.truth)
        outcome = experiments.run_policy(name, d.held_out, problem)
        assert outcome.error == pytest.approx(direct, abs=1e-9)
    assert (outcome.delay > problem.deadline).all()


def test_guarded_policies_are_never_late(base):
    d, problem = base
    for name in ("cooperative-guarded", "single-guarded", "frame-wise"):
        assert not experiments.run_policy(name, d.held_out, problem).late.any()
    unguarded = experiments.run_policy("cooperative", d.held_out, problem)
    guarded = experiments.run_policy("cooperative-guarded", d.held_out, problem)
    assert (guarded.sent <= unguarded.sent).all() and guarded.sent.sum() < unguarded.sent.sum()
    assert unguarded.late.mean() == pytest.approx(np.mean(unguarded.delay > 0.1)) and unguarded.late.any()


def test_the_three_ways_to_run_frames_image_by_image(base):
    """The slow way: each image's fate by itself, for the frames in which two views are used anyway."""
    d, problem = base
    problem = replace(problem, discard_value=0.5, deadline=0.07)
    views, a = d.held_out, SCHEMES["cooperative"](replace(problem, deadline=0.1)).allocation
    plain, guarded = run_thresholds(views, problem, a), run_guarded(views, problem, a)
    free = run_frame_wise(views, problem)
    gain = gains(problem)[np.arange(6), views.level]
    seen = set()
    for f, n in np.ndindex(views.level.shape):
        b, at = views.level[f, n], divmod(f, len(views.level) // views.scenes)
        worthless = problem.device_accuracy[n, b] < 0.5
        wanted, below = a.lower[n] <= b < a.upper[n], b < a.lower[n]
        held = wanted and not guarded.sent[at][n]
        fates = {
            "plain": (plain, wanted, below),
            "guarded": (guarded, wanted and not held, worthless if held else below),
            "free": (free, free.sent[at][n], not free.sent[at][n] and worthless),
        }
        for name, (outcome, sent, discarded) in fates.items():
            assert outcome.sent[at][n] == sent
            if (~outcome.discarded[at]).sum() > 2:  # nothing was taken back
                assert outcome.discarded[at][n] == discarded, name
                seen.add((name, bool(sent), bool(discarded)))
        assert not free.sent[at][n] or gain[f, n] > 0
    assert len(seen) == 9  # every fate of every policy


def test_frame_wise_needs_time_for_the_light_networks(base):
    d, problem = base
    with pytest.raises(Infeasible, match="light network of device"):
        run_frame_wise(d.held_out, replace(problem, deadline=0.03))


def test_two_views_are_always_used_where_devices_compute(base):
    d, problem = base
    top = np.full(6, problem.levels)
    outcome = run_thresholds(d.held_out, problem, Allocation(lower=top, upper=top))
    assert ((~outcome.discarded).sum(axis=2) == 2).all()
    kept = np.sort(np.where(~outcome.discarded.reshape(-1, 6), d.held_out.score, np.nan), axis=1)[:, :2]
    assert kept == pytest.approx(np.sort(d.held_out.score, axis=1)[:, -2:])  # the two of highest score


def test_the_last_pose_is_held_within_a_scene(base):
    d, _ = base
    v = d.held_out
    used = np.ones((len(v.truth), 6), dtype=bool)
    first = len(v.truth) // v.scenes  # the first frame of the second scene
    used[[5, first]] = False
    found = poses(v, np.zeros_like(used), used)
    assert found[5] == pytest.approx(found[4])
    assert found[first] == pytest.approx(v.rest)


def test_policy_table_is_complete_and_its_intervals_hold_the_mean():
    errors = experiments.policy_errors()
    rows = experiments.policy_rows(errors)
    assert [r["policy"] for r in rows] == list(POLICIES)
    assert all(r["MPJPE, mm from"] < r["MPJPE, mm"] < r["MPJPE, mm to"] for r in rows)
    for name in ("delay, ms", "late, %"):
        assert all(r[f"{name} from"] - 1e-9 <= r[name] <= r[f"{name} to"] + 1e-9 for r in rows)
    shown = experiments.with_intervals(rows)[0]
    assert list(shown) == ["policy", "MPJPE, mm", "delay, ms", "late, %"]
    assert shown["late, %"] == "0.0 [0.0, 0.0]"


def test_a_policy_s_own_offsets_are_those_of_the_network_it_uses_throughout():
    policies = ("device", "server-all")
    own, lite, heavy = (
        experiments.policy_errors(offsets_from=source, policies=policies)["error"]
        for source in ("own", "lite", "heavy")
    )
    assert own[0] == pytest.approx(lite[0]) and own[1] == pytest.approx(heavy[1])
    assert not np.allclose(lite[0], heavy[0])


def test_kappa_is_chosen_on_the_frames_that_were_learnt_from():
    d = experiments.deployment()
    errors, grid = experiments.discard_values(), experiments.GRID
    assert experiments.discard_value() == grid[int(np.argmin(errors))]
    for k in (0, 12):
        problem = Scenario(discard_value=grid[k]).problem(d.calibration.tables)
        allocation = SCHEMES["cooperative"](problem).allocation
        learnt, unseen = (run_guarded(views, problem, allocation).error.mean() for views in (d.learnt, d.held_out))
        assert errors[k] == pytest.approx(learnt) and not np.isclose(learnt, unseen)


def test_lots_are_drawn_anew_in_each_frame(base):
    d, problem = base
    sent = experiments.run_policy("random", d.held_out, problem).sent.reshape(-1, 6)
    assert len(np.unique(sent, axis=0)) > 5
    np.testing.assert_array_equal(sent, experiments.run_policy("random", d.held_out, problem).sent.reshape(-1, 6))


def test_the_definition_of_a_joint_decides_what_the_server_adds():
    """What the text says: surely something by the heavy network's joints, nothing by the lite one's."""
    rows = {row["offsets fitted on"]: row for row in experiments.definition_rows()}
    name = "guarded / device-discard from"
    assert rows["heavy"][name] > 0 > rows["lite"][name]
    assert all(row["guarded / device from"] > 0 and row["guarded / server-fit from"] > 0 for row in rows.values())


def test_rank_correlation_is_spearman_s():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    total, error = rng.normal(size=30), np.round(rng.normal(size=(30, 4)), 1)  # with ties
    found = experiments.rank_correlation(total, error)
    assert found == pytest.approx([spearmanr(total, -e).statistic for e in error.T])
    assert experiments.rank_correlation(total, -(total[:, None] ** 3)) == pytest.approx([1])


def test_bootstrap_of_a_constant_and_of_independent_frames():
    assert np.ptp(experiments.bootstrap(np.full((1, 6, 60), 3.0))) == 0
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1, 6, 600))
    spread = experiments.bootstrap(values, n=4000).std()
    assert spread == pytest.approx(values.std() / np.sqrt(3600), rel=0.15)
    drift = np.repeat(rng.normal(size=(1, 6, 60)), 10, axis=2)  # blocks of ten alike: ten times fewer draws
    assert experiments.bootstrap(drift, n=4000).std() == pytest.approx(drift.std() / np.sqrt(360), rel=0.15)


def test_blocks_hold_ten_consecutive_frames_and_rows_are_resampled_together():
    """Ten frames of 0, ten of 1, and so on: each of the 24 blocks is 0 or 1; and what one row draws, another does."""
    steps = np.tile(np.repeat([0.0, 1.0], 10), (1, 3, 4))
    ones = 24 * experiments.bootstrap(steps)
    assert ones == pytest.approx(np.rint(ones), abs=1e-9) and np.ptp(ones) > 4
    values = np.random.default_rng(0).normal(size=(1, 6, 60))
    one, twice = experiments.bootstrap(np.concatenate([values, 2 * values]))
    assert twice == pytest.approx(2 * one)


def test_a_reduction_is_of_the_mean_over_all_frames_with_paired_blocks():
    rng = np.random.default_rng(0)
    worse = rng.uniform(0.02, 0.06, (2, 60))
    mean, low, high = experiments.reductions({"error": np.stack([0.8 * worse, worse])}, "a", "b", ("a", "b"))
    assert (mean, low, high) == pytest.approx((0.2, 0.2, 0.2))  # of each block alike
    mean, *_ = experiments.reductions({"error": np.stack([np.full((2, 60), 0.03), worse])}, "a", "b", ("a", "b"))
    assert mean == pytest.approx(1 - 0.03 / worse.mean())


def test_another_seed_draws_other_blocks():
    error = np.random.default_rng(0).uniform(0.02, 0.06, (2, 3, 60))
    zero, again, one = (experiments.reductions({"error": error}, "a", "b", ("a", "b"), seed) for seed in (0, 0, 1))
    assert zero == again and zero[0] == one[0] and zero[1] != one[1]


def test_the_rows_of_the_policies_are_in_their_units():
    alike = np.ones((1, 2, 20))
    (row,) = experiments.policy_rows({"error": 0.03 * alike, "delay": 0.1 * alike, "late": 0.25 * alike}, ("a",))
    assert [row[name] for name in ("MPJPE, mm", "delay, ms", "late, %")] == pytest.approx([30, 100, 25])


def test_reductions_by_hand():
    error = np.stack([np.full((2, 20), 0.03), np.full((2, 20), 0.04)])
    assert experiments.reductions({"error": error}, "a", "b", ("a", "b")) == pytest.approx((0.25, 0.25, 0.25))


def test_more_cameras_never_hurt_on_the_mean():
    sweep = experiments.over_devices((3, 4, 5, 6), ("device", "cooperative-guarded"))
    for name in sweep.schemes:
        assert (np.diff(sweep.mean("error", name)) < 0).all()


def test_the_weakest_points_stand():
    """What the text says of the regimes where cooperation does not pay."""
    two = experiments.over_devices((2,), ("server-fit", "cooperative-guarded"))
    assert two.mean("error", "server-fit") < two.mean("error", "cooperative-guarded")
    poor = experiments.over_scenario(
        "deadline_ms", (100.0, 200.0), ("server-fit", "cooperative-guarded"), light="thumbnail"
    )
    ahead = poor.mean("error", "cooperative-guarded") < poor.mean("error", "server-fit")
    assert ahead.tolist() == [False, True]


def test_an_infeasible_value_of_a_sweep_is_not_a_number():
    sweep = experiments.over_scenario("deadline_ms", (30.0, 100.0), ("cooperative",))
    assert np.isnan(sweep.mean("error", "cooperative")).tolist() == [True, False]


def test_spread_kinds():
    assert np.exp(np.mean(np.log(experiments.spread_scenario("speed", 2.0).device_slowdown))) == pytest.approx(4)
    assert np.ptp(experiments.spread_scenario("link", 10.0).snr_db) == pytest.approx(20)
    with pytest.raises(ValueError, match="kind = 'price': must be one of speed, link"):
        experiments.spread_scenario("price", 2.0)


def test_a_frame_sheet_lies_over_its_images():
    sheet = experiments.contact_sheet(4, 30)
    assert len(sheet.images) == 6
    assert np.median(np.linalg.norm(sheet.heavy - sheet.truth, axis=-1)) < 8  # pixels of the crop
    assert ((sheet.truth > 0) & (sheet.truth < 256)).all()
