"""The measured stand-in for Fig. 2(b): the score by hand, the detector's anchors, and what was stored."""

import numpy as np
import pytest

from mecpapers.fhei.measured import record, scales
from mecpapers.fhei.measured.people import _about, _paint
from mecpapers.fhei.measured.scales import average_precision, iou

BOX = np.array([0.0, 0.0, 0.5, 0.5])
AWAY = np.array([0.5, 0.5, 1.0, 1.0])


def test_iou_by_hand():
    others = np.stack([BOX, AWAY, np.array([0.0, 0.25, 0.5, 0.75])])
    np.testing.assert_allclose(iou(BOX, others), [1.0, 0.0, 1 / 3])


def test_average_precision_by_hand():
    """Two people; found: one right (0.9), one wrong (0.8), one right (0.7): 1/2 * 1 + 1/2 * 2/3."""
    boxes = np.stack([BOX, np.array([0.5, 0.0, 1.0, 0.5]), AWAY])
    found, truth = [(boxes, np.array([0.9, 0.8, 0.7]))], [np.stack([BOX, AWAY])]
    assert average_precision(found, truth, [np.ones(2)]) == pytest.approx(0.5 + 1 / 3)
    assert average_precision(found, truth, [np.array([1.0, 0.0])]) == pytest.approx(1.0)  # the second does not count
    twice = [(np.stack([BOX, BOX]), np.array([0.9, 0.8]))]
    assert average_precision(twice, [BOX[None]], [np.ones(1)]) == pytest.approx(1.0)
    assert average_precision([(np.zeros((0, 4)), np.zeros(0))], truth, [np.ones(2)]) == 0.0


def test_anchors_are_the_detectors():
    anchors = record.anchors()
    assert anchors.shape == (1917, 4)
    assert [count for _, _, count in scales.MAPS] == [1083, 600, 150, 54, 24, 6]
    assert np.all((anchors[:, :2] > 0) & (anchors[:, :2] < 1))
    np.testing.assert_allclose(anchors[0], [0.5 / 19, 0.5 / 19, 0.1, 0.1])


def test_suppression_keeps_the_best_of_each():
    near = BOX + np.array([0.0, 0.0, 0.02, 0.02])
    boxes, scores = record.keep_best(np.stack([near, BOX, AWAY, AWAY]), np.array([0.6, 0.9, 0.5, 0.01]))
    np.testing.assert_array_equal(boxes, np.stack([BOX, AWAY]))
    np.testing.assert_array_equal(scores, [0.9, 0.5])


def test_a_triangle_is_painted_and_faces_the_viewer():
    image = np.zeros((10, 10, 3))
    corners = np.array([[0.0, 0.0, 0.0], [0.0, 10.0, 0.0], [10.0, 0.0, 0.0]])
    seen = _paint(image, corners, np.array([[0, 1, 2]]), np.ones((1, 3)))
    assert seen.sum() == pytest.approx(50, abs=6) and image[seen].min() == 1.0
    assert not _paint(image, corners, np.array([[0, 2, 1]]), np.ones((1, 3))).any()  # its back
    np.testing.assert_allclose(_about(1, np.pi / 2) @ [0, 0, 1.0], [1.0, 0, 0], atol=1e-12)


def test_what_was_stored():
    stored = scales.stored()
    assert "Apache-2.0" in stored["detector"] and record.SHA256 in stored["detector"] and "CC0" in stored["body"]
    assert len(stored["seeds"]) == record.SEEDS and stored["pictures_a_seed"] == record.PICTURES
    mean, error = scales.precision()
    assert mean.shape == error.shape == (6,) and np.all((mean > 0) & (mean <= 1))
    np.testing.assert_allclose(np.diff(scales.map_bytes(), prepend=0)[:3] / 1e6, [0.832, 0.512, 0.051], atol=5e-4)
    network, heads = scales.flops()
    np.testing.assert_allclose(network[:3] / 2e9, [0.402, 0.563, 0.625], atol=5e-4)
    np.testing.assert_allclose(heads[:3] / 2e9, [0.0175, 0.0390, 0.0411], atol=5e-5)


def test_the_mechanism_of_fig_2b():
    """More scales find more of the large; the small lose nothing that matters."""
    mean, error = scales.precision()
    assert mean[1] - mean[0] > 4 * (error[0] + error[1])
    large, small = scales.precision("above 50 %")[0], scales.precision("below 20 %")[0]
    assert large[2] - large[0] > 0.5 and abs(small[2] - small[0]) < 0.15
    assert np.all(np.abs(np.diff(mean[2:])) < 0.02)
