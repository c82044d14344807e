"""Measures of the ledger that a wrong input would change."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from mecpapers.fhei.computing import least_latency
from mecpapers.fhei.evidence import claims, experiments, reference, verification
from mecpapers.fhei.model import violations
from mecpapers.fhei.networks import class_bytes, class_macs
from mecpapers.sweep import drop_generator


def test_two_points_of_p1_by_hand_and_the_one_between():
    problem, points = verification.points_of_p1()
    assert [bool(violations(problem, p)) for p in points] == [False, False, True]
    spent = [1e-28 * 5664 * p.feature_bytes[0] * p.device_speed[0] ** 2 for p in points]
    assert spent == pytest.approx([4.97, 4.97, 5.06], abs=5e-3)
    _, same = verification.points_of_p1((2.8e6, 3.8e6, 2.8e6))
    assert not violations(problem, same[-1])  # only the point between fails


def test_no_share_of_the_air_is_quicker_than_proposition_1_and_one_user_needs_no_program(tested):
    problem, sizes = verification.random_instance(drop_generator(3, 0), n_users=1)
    users = problem.users
    alone = 8 * problem.input_bytes / users.uplink_rate + 8 * sizes / users.downlink_rate
    alone = alone + (problem.fn_base_flops + problem.fn_flops_per_byte * sizes) / problem.server_speed
    assert reference.least_time(problem, sizes) == pytest.approx(float(alone[0]), rel=1e-9)
    tested("Proposition 1, the least time", "CVXPY", verification.least_time_gap(5), below=1e-8, instances=5)


def test_infeasible_only_above_the_limit():
    assert verification.infeasible_above_limit(10) == 1
    assert verification.infeasible_above_limit(10, share=(50.0, 60.0)) == 0  # far more time than sending and FN need


def test_energy_is_linear_in_the_sizes_alone(monkeypatch):
    assert verification.energy_bend(5) < 1e-12
    right = verification.evaluate

    def bent(problem, allocation):
        found = right(problem, allocation)
        return replace(found, energy=found.energy**2)

    monkeypatch.setattr(verification, "evaluate", bent)
    assert verification.energy_bend(5) > 1e-3


def test_the_regression_at_zero_is_that_of_scipy():
    from scipy.stats import linregress

    for part in (0, 1):
        for origin in (0.0, 2e6):
            load = 2 * class_macs(cumulative_heads=True)[part] / 1e9
            line = linregress((class_bytes() - origin) / 1e6, load)
            bias = claims._bias(part, origin)
            assert bias.value == pytest.approx(line.intercept)
            assert bias.standard_error == pytest.approx(line.intercept_stderr)


def test_paired_means_leave_out_what_one_side_cannot_serve():
    class Drops:
        def drops(self, _, name):
            ours = [np.r_[np.full(10, 3.0), np.nan], np.full(11, 3.0)]
            theirs = [np.r_[np.full(10, 2.0), 99.0], np.r_[np.full(9, 1.0), np.nan, np.nan]]
            return np.array(ours if name == "alternating" else theirs)

    np.testing.assert_allclose(experiments.mean_gain(Drops(), "constant"), [1.0])  # the second M has nine drops
    np.testing.assert_allclose(experiments.mean_gain(Drops(), "constant", relative=True), [0.5])


def test_a_kkt_residual_sees_a_latency_that_is_not_used_up_or_not_met():
    problem, sizes = verification.random_instance(drop_generator(0, 4))
    problem = replace(problem, max_mean_latency=1.5 * float(least_latency(problem, sizes)))
    right = verification.closed_form(problem, sizes)
    assert verification.residual(problem, right) < 1e-12
    for factor in (0.8, 1.25):
        limit = factor * problem.max_mean_latency
        assert verification.residual(replace(problem, max_mean_latency=limit), right) == pytest.approx(
            abs(1 / factor - 1)
        )


class Sums:
    """Sums of quality of four drops by hand: the third is served by exact alone, the fourth by nobody."""

    TOTALS: ClassVar = {
        "alternating": [9.0, 6.0, 5.0, np.nan], "exact": [10.0, 8.0, 5.0, np.nan], "mended": [10.0, 8.0, 5.0, np.nan],
        "constant": [6.0, 7.0, np.nan, np.nan], "inversion-rate": [8.0, 5.0, np.nan, np.nan],
        "inversion-gain": [7.0, 5.5, np.nan, np.nan], "follows": [1.0, 0.0, 0.0, np.nan],
    }  # fmt: skip
    schemes = ("alternating", "exact", "mended", "constant", "inversion-rate", "inversion-gain")

    def drops(self, metric, name):
        return np.array([self.TOTALS["follows" if metric == "follows" else name]])


@pytest.mark.filterwarnings("ignore:invalid value")
def test_the_verdicts_of_one_combination_by_hand(monkeypatch):
    monkeypatch.setattr(experiments, "figure_4b", lambda *arguments: Sums())
    found = experiments.verdicts.__wrapped__(next(iter(experiments.COMBINATIONS)))
    expected = {
        "infeasible": 1 / 4, "mean_gap": (0.1 + 0.25 + 0) / 3, "worst_gap": 0.25, "below_constant": 1 / 3,
        "below_inversion": 0.0, "below_any": 1 / 3, "follows": 1 / 3, "mended_below": 0.0,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_the_least_gain_is_that_over_the_best_benchmark_where_it_is_smallest(monkeypatch):
    gains = {
        "inversion-rate": np.array([3.0, 1.0]),
        "inversion-gain": np.array([2.0, 4.0]),
        "exact": np.array([-0.01, -0.03]),
    }
    monkeypatch.setattr(claims, "fig_4b", lambda *arguments, **choices: None)
    monkeypatch.setattr(experiments, "mean_gain", lambda sweep, rival, relative=False: gains[rival])
    assert claims._mean_gain("inversion-rate", "inversion-gain") == 1.0
    assert claims._mean_gain("inversion-gain") == 2.0
    assert claims._mean_gap() == pytest.approx(3.0)
