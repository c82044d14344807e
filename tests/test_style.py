"""Schemes of the reader's own are drawn beside those of the book."""

from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np

from mecpapers.style import LOOKS, OWN, draw_means, looks
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
