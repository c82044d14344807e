"""What the video paper's rows measure, on inputs made to hold and to fail."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mecpapers.sweep import drop_generator
from mecpapers.video.evidence.claims import distributed
from mecpapers.video.evidence.claims.centralised import PRINTED_LOSSES, at_16, lossless_share
from mecpapers.video.evidence.claims.networks import fall_chance, proportional_share
from mecpapers.video.evidence.experiments import (
    JOINT,
    TABLE_1,
    centralised,
    loss_rows,
    losses,
    prefix_costs,
    refitted,
)
from mecpapers.video.measured import delays
from mecpapers.video.model import accuracy
from mecpapers.video.networks import macs, resnet
from mecpapers.video.scenario import EQ31, SET_A
from mecpapers.video.schemes import SCHEMES


def curves(mean, n_subjects=10, scatter=0.05, seed=0):
    """Accuracies of subjects who differ by a level of their own and by noise of each point; (frames, subjects)."""
    rng = np.random.default_rng(seed)
    own, noise = rng.normal(size=n_subjects), rng.normal(size=(len(mean), n_subjects))
    return np.asarray(mean)[:, None] + scatter * own + scatter / 5 * noise


def test_a_curve_that_falls_is_found_and_one_that_rises_is_not():
    rise = 0.9 - 0.3 / np.arange(1.0, 17)
    fall = rise.copy()
    fall[8:] -= 0.05  # one step falls by five times the scatter of a point
    assert fall_chance(curves(fall)) < 0.05 / 6
    assert fall_chance(curves(rise)) > 0.05
    low = [fall_chance(curves(np.full(16, 0.8), seed=seed), 199, seed) for seed in range(40)]
    assert np.mean(np.array(low) < 0.05) < 0.2  # flat: the hardest curve that never falls


def made_delays(delay):
    seconds = {depth: delay(depth)[None, :] for depth in delays.DEPTHS}
    return delays.Delays(frames=delays.FRAMES, seconds=seconds, clock=np.nan, about={})


def test_macs_measure_the_delay_and_frames_alone_do_not_pass():
    frames = np.array(delays.FRAMES, dtype=float)
    by_macs = made_delays(lambda depth: 3e-11 * np.array([macs(resnet(depth), m) for m in delays.FRAMES], dtype=float))
    by_frames = made_delays(lambda depth: 0.01 + 0.01 * frames)
    assert by_frames.correlation(18) > 0.99  # what a correlation would have let pass
    assert (proportional_share(by_macs), proportional_share(by_frames)) == (1.0, 0.0)


def test_the_dip_must_be_deeper_than_two_standard_errors(monkeypatch):
    rng = np.random.default_rng(0)

    def counts(depth):
        return {n: 40.0 - depth * (n == 18) + rng.normal(scale=3, size=100) for n in distributed.DIP_DEVICES}

    for depth, share in ((5.0, 1.0), (0.0, 0.0), (-5.0, 0.0)):
        monkeypatch.setattr(distributed, "_sweep_counts", lambda name, seed=0, d=depth: counts(d))
        assert distributed._dip("any") == share


def test_a_loss_at_16_by_hand():
    costs = {"exact": [[-1.0, -1.0]], "local": [[0.0, 0.0]], "mine": [[-0.99, -0.97]]}
    sweep = SimpleNamespace(
        values=(16,), n_drops=2, mean=lambda m, s: np.mean(costs[s], axis=1), drops=lambda m, s: np.array(costs[s])
    )
    found = at_16(sweep, "mine")
    assert found.value == pytest.approx(2.0)
    assert found.standard_error == pytest.approx(np.sqrt(2) * 1.0)  # of (1, 3) % over two drops, both sides


def test_the_conventions_of_a_loss_by_hand():
    """Mean costs -1, -0.9 and 0: 0.1 of 1; with a constant of 0.5 left out, of 0.5; of the 1 that is to be gained."""
    costs = {"exact": [[-1.2, -0.8]], "local": [[0.1, -0.1]], "mine": [[-1.1, -0.7]]}
    table = {name: np.array(rows) for name, rows in costs.items()}
    sweep = SimpleNamespace(
        values=(16,), n_drops=2, mean=lambda m, s: table[s].mean(axis=1), drops=lambda m, s: table[s]
    )
    found = losses(sweep, "mine", 0.5)
    assert found.relative == pytest.approx([0.1]) and found.relative_se == pytest.approx([0], abs=1e-12)
    assert found.without_constant == pytest.approx([0.2]) and found.of_gain == pytest.approx([0.1])
    table["mine"] = np.array([[-1.2, -0.6]])  # excesses 0 and 0.2: a standard error of 0.1
    (row,) = loss_rows({"mine": losses(sweep, "mine", 0.5)}, (16,))
    assert (row["loss, %"], row["± (95 %)"]) == pytest.approx((10, 19.6))
    assert row["of the gain, %"] == pytest.approx(10) and row["without the constant, %"] == pytest.approx(20)


def test_a_mean_over_devices_is_a_ratio_of_sums():
    """What each device has is the same in every drop: however their number varies, that has no error."""
    counts = np.array([3.0, 5.0, 10.0])
    alike = centralised._averages(np.column_stack([counts, 2 * counts, 0.5 * counts, counts]))
    assert alike["devices"] == (6.0, pytest.approx(np.std(counts, ddof=1) / np.sqrt(3)))
    assert [alike[name] for name in ("delay", "energy", "accuracy")] == [(2.0, 0.0), (0.5, 0.0), (1.0, 0.0)]
    rng = np.random.default_rng(0)
    drops = [rng.normal(1.0, 0.3, size=rng.integers(1, 20)) for _ in range(2000)]
    sums = np.array([[d.size, d.sum(), d.sum(), d.sum()] for d in drops])
    mean, error = centralised._averages(sums)["delay"]
    assert mean == pytest.approx(np.concatenate(drops).mean())
    assert error == pytest.approx(0.3 / np.sqrt(sum(d.size for d in drops)), rel=0.1)


def test_prefixes_go_from_nobody_to_everyone():
    costs, problem = prefix_costs(5), replace(EQ31, n_devices=5).draw(drop_generator(0, 0))
    assert costs.size == 6
    assert costs[0] == pytest.approx(SCHEMES["local"](problem).objective / 5)
    assert costs[5] == pytest.approx(SCHEMES["edge"](problem).objective / 5)


def test_the_joint_scenario_keeps_table_1s_accuracies():
    one = refitted(1.0)
    assert one == JOINT and set(PRINTED_LOSSES) == {"gp-heuristic", "admm", "cccp"}
    devices = one.draw(np.random.default_rng(0)).devices
    for side, frames in (("edge", 4.0), ("local", 5.0)):
        phi = accuracy(devices, np.full(devices.size, frames))
        assert phi == pytest.approx(np.full(devices.size, TABLE_1[side]["accuracy"]))


def test_rounding_loses_with_few_devices_and_not_at_16():
    assert lossless_share((16,)) == 1.0 > lossless_share((4, 6))


def test_the_exact_count_gives_the_printed_local_delay():
    """0.24 s, where the line (14) gives 0.23 s: Table I's delay of local devices, five frames at Theorem 1's clock."""
    clock = (SET_A.weight_delay / (2 * SET_A.weight_energy * SET_A.energy_coefficient)) ** (1 / 3)
    line = SET_A.macs_per_frame * 5 + SET_A.macs_offset
    exact, by_line = (SET_A.cycles_per_mac * work / clock for work in (macs(resnet(18), 5), line))
    assert (round(exact, 2), round(by_line, 2)) == (TABLE_1["local"]["delay"], 0.23)
