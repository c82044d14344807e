"""YOLOv3 counted, its loads, and the conventions of the fits."""

import numpy as np
import pytest
from scipy.stats import linregress

from mecpapers.fhei.networks import (
    FEATURES,
    HEADS,
    Convention,
    class_bytes,
    class_macs,
    classes_for,
    conventions,
    feature_bytes,
    layer_macs,
    linear_fits,
    linearity,
    yolo_v3,
)


def test_the_public_configuration():
    layers = yolo_v3()
    assert len(layers) == 107
    assert 2 * sum(map(layer_macs, layers)) / 1e9 == pytest.approx(65.864, abs=5e-4)  # as Darknet prints it
    assert sum(layer.kind == "convolution" for layer in layers) == 75
    assert [k for k, layer in enumerate(layers) if layer.kind == "yolo"] == [82, 94, 106]
    weights = sum(layer.kernel**2 * layer.inputs * layer.channels for layer in layers)
    assert weights == pytest.approx(61.9e6, rel=2e-3)  # of about 62 million parameters


def test_indices_count_from_one():
    layers = yolo_v3()
    assert all(layers[f - 1].kind == "shortcut" for f in FEATURES)
    assert all(layers[k - 1 + j].kind == "convolution" for k in HEADS for j in range(7))
    assert [layers[f - 1].side for f in FEATURES] == [52, 26, 13]
    assert [layers[k - 1].side for k in HEADS] == [13, 26, 52]


def test_layers_counted_from_zero_are_the_next_ones():
    """Layer 37 is then the 38th: sums end with it."""
    macs = [layer_macs(layer) for layer in yolo_v3()]
    network, heads = class_macs(first=0)
    assert network.tolist() == [sum(macs[: f + 1]) for f in FEATURES]
    assert heads.tolist() == [sum(macs[k : k + 7]) for k in HEADS]
    assert feature_bytes(0).tolist() == [yolo_v3()[f].output_bytes for f in FEATURES]


def test_features_and_loads():
    np.testing.assert_allclose(feature_bytes() / 1e6, [2.768896, 1.384448, 0.692224], rtol=1e-9)
    network, heads = class_macs()
    np.testing.assert_allclose(2 * network / 1e9, [24.577, 40.348, 49.032], atol=5e-4)
    np.testing.assert_allclose(2 * heads / 1e9, [5.404, 5.581, 5.758], atol=6e-4)
    np.testing.assert_allclose(class_macs(cumulative_heads=True)[1], np.cumsum(heads))


def test_a_layer_by_hand():
    first = yolo_v3()[0]
    assert layer_macs(first) == 9 * 416**2 * 3 * 32 and first.output_bytes == 416**2 * 32 * 4


def test_4_takes_the_least_class():
    sizes = class_bytes()
    assert [classes_for(s) for s in (1.0, sizes[0], sizes[0] + 1, sizes[1], sizes[2])] == [1, 1, 2, 2, 3]
    with pytest.raises(ValueError, match="must not exceed"):
        classes_for(6e6)


def test_conventions():
    rows = conventions()
    assert len(rows) == 32 and rows[0][0] == Convention()
    assert np.all(np.diff([max(map(abs, errors.values())) for _, errors in rows]) >= 0)  # by the worst of three
    assert abs(rows[0][1]["c_2"]) < 1e-3 and 0.05 < max(map(abs, rows[0][1].values())) < 0.08
    at_zero = linear_fits(Convention(origin=0.0))
    assert at_zero["L_0"] < 0 and at_zero["c_2"] == pytest.approx(2928, rel=2e-3)
    assert at_zero["c_1"] == pytest.approx(linear_fits(Convention())["c_1"])  # an intercept takes the origin's place


def test_linearity_is_the_share_of_the_variance_that_the_lines_explain():
    """Of FN, with an intercept, as SciPy has it; of IN, through the origin, by sums."""
    convention = Convention()
    size = class_bytes() - convention.origin
    network, heads = (2 * m for m in class_macs(cumulative_heads=True))
    found = linearity(convention)
    assert found["FN"] == pytest.approx(linregress(size, network).rvalue ** 2, rel=1e-9)
    left = heads - size * (size @ heads) / (size @ size)
    assert found["IN"] == pytest.approx(1 - (left @ left) / ((heads - heads.mean()) ** 2).sum(), rel=1e-9)
