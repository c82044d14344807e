"""The layer table: (3) and (4) against ONNX's own shape inference, and the measured delays."""

import json

import numpy as np
import pytest

from mecpapers.video.measured import delays
from mecpapers.video.measured.graphs import macs_onnx, to_onnx
from mecpapers.video.networks import STAGES, line, macs, macs_over, output_size, resnet, sizes, stage_rows

FRAMES = range(1, 17)


@pytest.mark.parametrize("depth", STAGES)
def test_macs_are_those_of_onnx_shape_inference(depth):
    network = resnet(depth)
    graph = to_onnx(network)
    assert [macs(network, m) for m in FRAMES] == [macs_onnx(graph, m) for m in FRAMES]


@pytest.mark.parametrize(("depth", "millions", "giga_16"), [(18, 33.2, 8.3), (34, 63.5, 12.7), (101, 85.2, 13.9)])
def test_the_networks_are_those_of_the_literature(depth, millions, giga_16):
    """Hara et al. name 33 million parameters for ResNet-18 and 63.5 for ResNet-34; ResNet-18 takes 8.3 GMAC."""
    network = resnet(depth)
    sources = {"clip": 3} | {layer.name: layer.channels for layer in network}
    counted = [layer for layer in network if layer.kind in ("convolution", "connected")]
    assert sum(np.prod(x.kernel) * sources[x.source] * x.channels for x in counted) / 1e6 == pytest.approx(
        millions, abs=0.1
    )
    assert macs(network, 16) / 1e9 == pytest.approx(giga_16, abs=0.05)
    depth_of_one_path = [x for x in counted if not x.name.endswith("projection")]
    assert len(depth_of_one_path) == depth


def test_the_sizes_of_a_clip_of_16_frames():
    found = sizes(resnet(18), 16)
    assert found["stem"] == (64, (16, 56, 56))
    assert found["pool"] == (64, (8, 28, 28))
    assert [found[f"{stage}.2.out"] for stage in (1, 2, 3, 4)] == [
        (64, (8, 28, 28)),
        (128, (4, 14, 14)),
        (256, (2, 7, 7)),
        (512, (1, 4, 4)),
    ]


def test_one_layer_by_hand():
    """A kernel of 3, stride 1, padding 1, on 4 samples: 4 outputs of 3 products, 2 of the 12 with padding."""
    assert output_size(4, 3, 1, 1) == 4
    assert output_size(5, 3, 2, 1) == 3
    stem = resnet(18)[:1]
    inner = [sum(0 <= i * r - 3 + k < size for i in range(n) for k in range(7)) for size, r, n in
             ((2, 1, 2), (112, 2, 56), (112, 2, 56))]  # fmt: skip
    assert macs(stem, 2, padding=False) == 3 * 64 * np.prod(inner)
    assert macs(stem, 2) == 3 * 64 * 7**3 * 2 * 56 * 56


@pytest.mark.parametrize("depth", STAGES)
def test_padding_weighs_less_the_longer_the_clip(depth):
    network = resnet(depth)
    share = macs_over(network, FRAMES, padding=False) / macs_over(network, FRAMES)
    assert np.all((share > 0) & (share < 1))
    assert share[-1] > 1.7 * share[0]


@pytest.mark.parametrize("depth", STAGES)
def test_the_stages_share_out_the_macs(depth):
    network = resnet(depth)
    rows = stage_rows(network, 16)
    assert [r["part"] for r in rows] == ["stem", "pool", *(f"stage {k}" for k in (1, 2, 3, 4)), "mean", "classes"]
    assert sum(r["layers"] for r in rows) == len(network)
    assert sum(r["MACs"] for r in rows) == macs(network, 16)
    assert sum(r["share, %"] for r in rows) == pytest.approx(100)
    assert rows[5]["output"].endswith(" x 1 x 4 x 4")


def test_the_line_of_the_default_scenario():
    """Set A's m_c are the least squares of the exact MACs."""
    from mecpapers.video import SET_A

    c_0, c_1, _ = line(FRAMES, macs_over(resnet(18), FRAMES))
    assert c_0 == pytest.approx(SET_A.macs_per_frame, rel=1e-4)
    assert c_1 == pytest.approx(SET_A.macs_offset, rel=1e-4)


def test_an_unknown_depth_is_refused():
    with pytest.raises(ValueError, match="depth = 50: must be one of 18, 34, 101"):
        resnet(50)


@pytest.mark.parametrize("depth", delays.DEPTHS)
def test_the_stored_delays_follow_the_macs_and_show_the_staircase(depth):
    stored = delays.stored()
    assert {"date", "processor", "onnxruntime", "threads", "clock"} <= set(stored.about)
    assert stored.seconds[depth].shape == (20, 16)
    assert stored.correlation(depth) > 0.99
    step, expected = np.diff(stored.median(depth)), np.diff(stored.macs(depth))
    assert np.corrcoef(step, expected)[0, 1] > 0.9
    assert step[7] > 2 * step[8]  # 8 to 9 frames opens a second map in the last but one stage; 9 to 10 does not
    misfit = stored.misfit(depth)
    assert misfit["all"] < misfit["line"] < misfit["inner"]


def test_delays_survive_their_file():
    stored = delays.stored()
    again = delays.from_json(delays.to_json(stored))
    assert again.about == stored.about
    assert all(np.array_equal(again.seconds[depth], stored.seconds[depth]) for depth in delays.DEPTHS)
    assert json.loads(delays.to_json(stored))["clock"] == stored.clock


def test_measured_anew_the_delays_correlate_with_the_macs():
    measured = delays.measure(depths=(18,), frames=(1, 8, 9, 16), repetitions=4)
    assert measured.correlation(18, least=True) > 0.9  # others may load the machine
    assert np.isnan(measured.clock)
    assert json.loads(delays.to_json(measured))["clock"] is None


@pytest.mark.nightly
@pytest.mark.parametrize("depth", delays.DEPTHS)
def test_measured_anew_at_every_m(depth):
    measured = delays.measure(depths=(depth,), repetitions=5)
    assert measured.correlation(depth, least=True) > 0.99


def test_the_theory_of_figure_3():
    for condition in delays.FIGURE_3:
        t, rmse = delays.theory(condition)
        assert t[0] == condition.rho * macs(resnet(condition.depth), 1) / condition.clock
        assert rmse == pytest.approx(line(FRAMES, t)[2])
