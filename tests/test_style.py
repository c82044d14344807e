"""Schemes of the reader's own are drawn beside those of the book."""

from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np

from mecpapers.style import LOOKS, OWN, draw_means, looks, styled
from mecpapers.sweep import Sweep


def test_a_stranger_has_a_name_a_colour_and_a_marker_of_its_own():
    found = looks(["exact", "half", "edge", "third"])
    assert found["exact"] is LOOKS["exact"] and list(found) == ["exact", "half", "edge", "third"]
    assert found["half"].label == "half" and found["half"] != found["third"]
    assert not {marker for _, marker, _ in OWN} & {look.marker for look in LOOKS.values()}
    assert len(looks([str(k) for k in range(20)])) == 20


def test_means_of_a_stranger():
    cost = np.arange(12.0).reshape(2, 3, 2)
    sweep = Sweep(axis="n", values=(1, 2, 3), schemes=("edge", "mine"), metrics={"cost": cost})
    _, ax = plt.subplots()
    draw_means(ax, sweep, "cost", ["mine"])
    (drawn,) = ax.get_legend_handles_labels()[1]
    assert drawn == "mine"
    np.testing.assert_array_equal(ax.containers[0].lines[0].get_ydata(), cost[1].mean(axis=1))
    plt.close("all")


def test_schemes_of_a_paper_look_unlike():
    papers = ("video", "fhei", "pose")
    for names in ([*import_module(f"mecpapers.{paper}.schemes").SCHEMES] for paper in papers):
        looks = [LOOKS[name] for name in names if name in LOOKS]
        assert len({look.colour for look in looks}) == len(looks), names


def test_no_curve_is_left_out_for_want_of_a_style():
    assert list(styled("abc", (1, 2))) == [("a", 1), ("b", 2), ("c", 1)]


def test_each_curve_of_the_running_times_is_drawn_and_looks_unlike_the_others():
    from mecpapers.video.evidence import figures
    from mecpapers.video.evidence.experiments.timing import RUNS

    names = [*RUNS, "ADMM that fits, a device", "ADMM, a device, by CVXPY"]
    names.remove("ADMM that fits, all devices")
    ax = figures.plot_running_time({name: {2: 1.0, 4: 2.0} for name in names}, "ms")
    assert [line.get_label() for line in ax.lines] == names
    seen = {(line.get_color(), line.get_linestyle(), line.get_markerfacecolor()) for line in ax.lines}
    assert len(seen) == len(names)
    wide = max(ax.lines, key=lambda line: line.get_linewidth())
    assert all(line.get_zorder() > wide.get_zorder() for line in ax.lines if line is not wide)  # none is hidden by it


def test_numbers_on_lines_of_equal_accuracy_stand_apart_from_the_points():
    from mecpapers.video.evidence import figures

    x, y = (a.ravel() for a in np.meshgrid(np.linspace(0.1, 0.7, 6), np.geomspace(0.01, 0.8, 6)))
    accuracy = 0.6 + 0.3 * x + 0.1 * np.log10(y)
    ax = figures.plot_weights({"delay": x, "energy": y, "accuracy": accuracy, "offloading": x})
    labels = np.array([text.get_position() for text in ax.texts])
    cell = np.array([x[1] - x[0], np.log10(y[6] / y[0])])
    points = np.stack([x, np.log10(y)], axis=-1)
    nearest = np.linalg.norm((labels[:, None] - points) / cell, axis=-1).min(axis=1)
    # a short line in a corner may have no such place
    assert len(labels) >= 4 and np.median(nearest) > 0.45


def test_a_network_stands_above_its_line_in_the_legend():
    """Columns are filled one after the other: two rows make pairs."""
    from mecpapers.video.evidence import figures

    frames = [1, 2, 4]
    ax = figures.plot_macs(frames, {f"ResNet-{d}": np.array([1e9, 2e9, 3e9]) for d in (18, 34, 101)})
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()][1::2] == ["its line"] * 3
    assert legend._ncols == 3


def test_as_many_servers_as_are_asked_for_are_drawn():
    from mecpapers.pose.evidence import figures

    servers, n_devices = (1, 2, 3, 4, 5), (2, 4)
    result = {"accuracy": np.ones((5, 2)), "device": np.ones(2)}
    ax = figures.plot_model_devices(n_devices, servers, result)
    assert [line.get_label() for line in ax.lines[:5]] == [f"cooperative, M = {m}" for m in servers]
