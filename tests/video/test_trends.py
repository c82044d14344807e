"""Figs. 8 and 9: how trends are judged, how a change of accuracy is split, and what the curves must keep to."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.sweep import Sweep
from mecpapers.video.evidence.experiments import trends
from mecpapers.video.evidence.experiments.trends import (
    accuracy_change,
    figure_8,
    figure_9,
    means,
    share_of_pairs,
    share_of_steps,
    simplex,
    trend,
    undominated,
)
from mecpapers.video.scenario import EQ31, SET_A


def sweep(**metrics: list[list[float]]) -> Sweep:
    """A sweep of one scheme; each metric as a list of drops for each value."""
    arrays = {name: np.array(rows)[None] for name, rows in metrics.items()}
    n = next(iter(arrays.values())).shape[1]
    return Sweep(axis="x", values=tuple(map(float, range(n))), schemes=("gp-heuristic",), metrics=arrays)


def test_steps_are_those_between_neighbours_within_the_span():
    s = sweep(delay=[[1.0], [3.0], [2.0], [2.0]])
    assert trend(s, "delay").tolist() == [2, -1, 0]
    assert trend(s, "delay", 1, 2).tolist() == [-1]
    assert share_of_steps(s, "delay", 1) == pytest.approx(1 / 3)
    assert share_of_steps(s, "delay", -1) == pytest.approx(1 / 3)  # a step of nothing goes neither way


def test_a_change_by_hand():
    """Half, then all at the edge (0.8 against 0.9 locally): -0.05 by composition; then the edge falls to 0.7: -0.1."""
    nan = float("nan")
    s = sweep(
        offloading=[[0.5], [1.0], [1.0]], edge_accuracy=[[0.8], [0.8], [0.7]], local_accuracy=[[0.9], [nan], [nan]]
    )
    first, second = accuracy_change(s, 0, 1), accuracy_change(s, 1, 2)
    assert (first.composition, first.frames) == pytest.approx((-0.05, 0.0))
    assert (second.composition, second.frames) == pytest.approx((0.0, -0.1))


@pytest.mark.parametrize("scenario", [EQ31, SET_A])
def test_the_parts_of_a_change_add_up_to_it(scenario):
    s = figure_8("bandwidth_mhz", (2.0, 8.0, 20.0), 5, 3, replace(scenario, n_devices=8))
    for last in (1, 2):
        change, mean = accuracy_change(s, 0, last), s.mean("accuracy", "gp-heuristic")
        assert change.total == pytest.approx(mean[last] - mean[0], abs=1e-12)


def test_the_metrics_of_the_two_sides_are_those_of_all():
    s = figure_8("n_devices", (12,), 5, 1)
    share, edge, local = (s.drops(m, "gp-heuristic") for m in ("offloading", "edge_frames", "local_frames"))
    known = ~np.isnan(local)
    frames = s.drops("frames", "gp-heuristic")
    assert (share * edge + (1 - share) * np.where(known, local, 0)) == pytest.approx(frames)


def test_the_weights_are_45_and_positive_and_add_up():
    weights = np.array(simplex())
    assert weights.shape == (45, 3)
    assert weights.min() > 0
    assert weights.sum(axis=1) == pytest.approx(np.ones(45))
    assert len({tuple(w) for w in weights}) == 45


def test_a_dearer_measure_is_bought_less():
    """At the optimum more weight on a measure, the other two alike, never makes it worse."""
    s = figure_9(3, 0, replace(SET_A, n_devices=6), 5, "exact")
    p, weights = means(s), np.array(simplex(5))
    for k, (name, sign) in enumerate((("delay", 1), ("energy", 1), ("accuracy", -1))):
        for i, j in zip(*np.triu_indices(len(weights), 1), strict=True):
            others = np.delete(weights, k, axis=1)
            ratio = others[i] / others[j]
            if np.isclose(ratio[0], ratio[1]):  # the same two others in proportion
                more, less = (i, j) if weights[i, k] > weights[j, k] else (j, i)
                assert sign * (p[name][more] - p[name][less]) <= 1e-9
    assert undominated(p) == 1


def test_pairs_and_domination_by_hand():
    points = {
        "delay": np.array([1.0, 1.01, 2.0]),
        "energy": np.array([1.0, 2.0, 3.0]),
        "accuracy": np.array([0.5, 0.6, 0.4]),
    }
    assert share_of_pairs(points, "delay", 0.05, "energy", "accuracy", 1) == (1.0, 1)
    assert share_of_pairs(points, "delay", 2.0, "energy", "accuracy", 1) == (pytest.approx(1 / 3), 3)
    assert share_of_pairs(points, "accuracy", 0.11, "energy", "delay", -1, relative=False) == (0.0, 2)
    assert undominated(points) == pytest.approx(2 / 3)


def test_the_published_axes():
    assert trends.DEVICES[0] == 2 and {10, 11} <= set(trends.DEVICES)
    assert (trends.BANDWIDTH[0], trends.BANDWIDTH[-1]) == (2, 20)
    assert (trends.SERVER[0], trends.SERVER[-1]) == (10, 40)


def test_alike_is_relative_to_the_larger_or_in_its_own_unit():
    points = {name: np.array([1.0, 1.1, 5.0, 5.0]) for name in ("delay", "energy", "accuracy")}
    for within, relative, pairs in ((0.095, True, 2), (0.09, True, 1), (0.11, False, 2), (0.095, False, 1)):
        _, count = share_of_pairs(points, "delay", within, "energy", "accuracy", 1, relative=relative)
        assert count == pairs
