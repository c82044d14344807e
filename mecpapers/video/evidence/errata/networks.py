"""Sections II-B, III-B and VI-A, and the explanation that Section VI-C gives for Fig. 8."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from mecpapers.video.evidence.experiments import trends
from mecpapers.video.networks import SIDE, macs, output_size, resnet


def _a_size_is_no_whole_number() -> bool:
    """The stem of 3D ResNet-18 on 112 pixels: (112 - 7 + 6) / 2 + 1 = 56.5 by (4), and 56 in truth."""
    stem = resnet(18)[0]
    kernel, stride, padding = stem.kernel[1], stem.stride[1], stem.padding[1]
    printed = (SIDE - kernel + 2 * padding) / stride + 1
    return printed == 56.5 and output_size(SIDE, kernel, stride, padding) == 56


def _one_stride_is_not_enough() -> bool:
    """The stem keeps every frame and halves height and width: no single r_l says so, nor one d_l."""
    return any(len(set(layer.stride)) > 1 for layer in resnet(18))


def _complexity_is_not_proportional() -> bool:
    """Sixteen times the frames take ResNet-18 5.3 times the MACs, not 16 times, and in uneven steps."""
    counts = [macs(resnet(18), m) for m in range(1, 17)]
    steps = [b - a for a, b in pairwise(counts)]
    return counts[15] / counts[0] < 6 and max(steps) > 4 * min(steps)


def _the_edge_already_sends_the_fewest() -> bool:
    """At 2 and at 20 MHz every edge device sends 4 frames and every local one takes 5, in ten drops."""
    sweep = trends.figure_8("bandwidth_mhz", (2.0, 20.0), 10)
    sides = [set(sweep.drops(f"{side}_frames", "gp-heuristic").ravel()) for side in ("edge", "local")]
    change = trends.accuracy_change(sweep)
    return sides == [{4.0}, {5.0}] and change.total < -0.005 and abs(change.frames) < 1e-9


SHOWN: dict[str, Callable[[], bool]] = {
    "floor-in-4": _a_size_is_no_whole_number,
    "stride-per-axis": _one_stride_is_not_enough,
    "not-proportional": _complexity_is_not_proportional,
    "accuracy-by-frames": _the_edge_already_sends_the_fewest,
}
