"""Drops, sweeps with infeasible drops, and the verdicts over combinations."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.fhei import compare
from mecpapers.fhei.evidence import experiments
from mecpapers.fhei.evidence.experiments import COMBINATIONS
from mecpapers.fhei.scenario import FIG_4A, TABLE_I
from mecpapers.fhei.schemes import SCHEMES, follows_downlink
from mecpapers.sweep import drop_generator


def test_rates_by_hand():
    """20 MHz, 0.1 W, N0 = 2e-8 W/Hz: log2(1 + 1.32 * 0.25) 20e6; 160 MHz, 1 W: log2(1 + 1.66 * 0.3125) 160e6."""
    users = FIG_4A.draw(np.random.default_rng(0)).users
    assert users.uplink_rate[1] == pytest.approx(20e6 * np.log2(1.33))
    assert users.downlink_rate[1] == pytest.approx(160e6 * np.log2(1 + 1.66 * 0.3125))


def test_more_users_begin_with_the_fewer_and_gains_have_their_mean():
    few, many = (replace(TABLE_I, n_users=n).draw(drop_generator(0, 0)).users for n in (3, 9))
    np.testing.assert_array_equal(many.uplink_gain[:3], few.uplink_gain)
    np.testing.assert_array_equal(many.downlink_gain[:3], few.downlink_gain)
    np.testing.assert_array_equal(many.device_speed[:3], few.device_speed)
    crowd = replace(TABLE_I, n_users=20_000).draw(drop_generator(0, 1)).users
    assert crowd.downlink_gain.mean() == pytest.approx(3.0, rel=0.05)
    assert abs(np.corrcoef(crowd.uplink_gain, crowd.downlink_gain)[0, 1]) < 0.03  # drawn by themselves
    assert crowd.device_speed.min() >= 1.5e9 and crowd.device_speed.max() <= 4.5e9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_users": 0}, "n_users = 0: must be a whole number, 1 or more"),
        ({"n_users": 2.5}, "n_users = 2.5: must be a whole number, 1 or more"),
        ({"uplink_gains": (1.0, 2.0)}, "uplink_gains has 2 values: must have n_users = 5"),
        ({"device_gflops": (3.0,) * 6}, "device_gflops has 6 values: must have n_users = 5"),
    ],
)
def test_a_scenario_refuses(wrong, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(TABLE_I, **wrong)


def test_infeasible_drops_are_counted_not_averaged():
    schemes = {name: SCHEMES[name] for name in ("constant", "inversion-rate")}
    sweep = compare(schemes, replace(TABLE_I, max_mean_latency=12.0), n_drops=12, seed=0, n_users=[5])
    answered = sweep.answered("quality", "constant")[0]
    assert 0 < answered < 12
    drops = sweep.drops("quality", "constant")[0]
    assert sweep.mean("quality", "constant")[0] == pytest.approx(np.nanmean(drops))
    assert sweep.standard_error("quality", "constant")[0] == pytest.approx(np.nanstd(drops, ddof=1) / np.sqrt(answered))
    with pytest.raises(ValueError, match=r"axis = colour: must be one of n_users, transmit_power_w"):
        compare(schemes, n_drops=1, colour=[1])
    with pytest.raises(ValueError, match="one field"):
        compare(schemes, n_drops=1)


def test_compare_on_given_problems():
    problems = [scenario.draw(np.random.default_rng(0)) for scenario in (FIG_4A, replace(FIG_4A, max_mean_latency=5.0))]
    sweep = compare({"constant": SCHEMES["constant"]}, problems)
    total = sweep.drops("quality", "constant")[:, 0]
    assert total[0] == SCHEMES["constant"](problems[0]).objective and np.isnan(total[1])


def test_a_scheme_of_ones_own_is_drawn():
    from mecpapers.fhei.evidence.figures import plot_sweep

    sweep = compare({"mine": SCHEMES["constant"], "mended": SCHEMES["mended"]}, n_users=[2, 3], n_drops=2)
    ax = plot_sweep(sweep)
    assert ax.get_ylabel() == "sum of quality, mAP"
    assert "mine" in [text.get_text() for text in ax.figure.legends[0].get_texts()]


def test_follows():
    problem = FIG_4A.draw(np.random.default_rng(0))  # downlinks 5.17, 1.66, 1.51, 0.62, 1.14
    assert follows_downlink(problem, np.array([6e6, 5e6, 4e6, 2.8e6, 3e6]))
    assert follows_downlink(problem, np.full(5, 3e6))
    assert not follows_downlink(problem, np.array([5e6, 6e6, 4e6, 2.8e6, 3e6]))


def test_24_combinations_and_constant_quality_wins_some_drops_wherever_half_are_served():
    assert len(COMBINATIONS) == 24
    assert {scenario.gamma_shape for scenario in COMBINATIONS.values()} == {1 / 3, 1.0}  # the printed law and ours
    rows = experiments.verdict_rows()
    assert len(rows) >= 20
    assert all(row["below_constant"] > 0 for row in rows if row["infeasible"] <= 0.5)
    assert all(row["below_any"] >= max(row["below_constant"], row["below_inversion"]) for row in rows)
    assert all(row["mended_below"] == 0 for row in rows)


def test_the_captions_gains_fit_shape_1_better_than_the_printed_law():
    """By hand for shape 1: ten exponentials of mean 3, log-likelihood - 10 ln 3 - sum / 3; the gains sum to 21.48."""
    assert experiments.log_likelihood(1.0) == pytest.approx(-10 * np.log(3) - 21.48 / 3)
    assert experiments.log_likelihood(1 / 3) < experiments.log_likelihood(1.0) - 4


@pytest.mark.parametrize("shape", [1 / 3, 1.0])
def test_with_little_noise_constant_quality_wins_every_drop_under_either_law(shape):
    assert experiments.below_constant(1e-15, shape) == (60, 60)
    below, served = experiments.below_constant(2e-8, shape)
    assert below < served < 60


def test_unequal_power_and_discrete_losses_are_positive():
    _, loss = experiments.unequal_power_loss()
    assert 0.01 < loss < 0.05
    assert np.all(experiments.discrete_loss() >= -1e-9)
