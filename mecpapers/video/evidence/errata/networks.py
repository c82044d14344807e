"""Sections II-B, III-B and VI-A, and the explanation that Section VI-C gives for Fig. 8."""

from __future__ import annotations

from itertools import pairwise

from mecpapers.ledger import Erratum
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


ERRATA: tuple[Erratum, ...] = (
    Erratum(
        key="floor-in-4",
        where="(4)",
        printed="M' = (M - K + 2 d) / r + 1",
        corrected="the same, rounded down",
        evidence="the first layer of 3D ResNet-18 would make 56.5 pixels of 112",
        shown=_a_size_is_no_whole_number,
    ),
    Erratum(
        key="stride-per-axis",
        where="(4)",
        printed="one stride r_l and one padding d_l for all three axes",
        corrected="r_l^j and d_l^j, as K_l^j",
        evidence="the first layer keeps every frame and halves height and width",
        shown=_one_stride_is_not_enough,
    ),
    Erratum(
        key="not-proportional",
        where="III-B",
        printed="the complexity of the layers is proportional to the size of the input",
        corrected="it grows with it, in steps; (14) needs its offset m_c1",
        evidence="16 frames take ResNet-18 5.3 times the MACs of one; the dearest further frame costs over 4 times the "
        "cheapest",
        shown=_complexity_is_not_proportional,
    ),
    Erratum(
        key="accuracy-by-frames",
        where="VI-C, Fig. 8(b), (c)",
        printed="accuracy falls with bandwidth and server speed because the number of frames falls",
        corrected="because more devices are at the edge, which sends fewer frames at any bandwidth",
        evidence="at 2 as at 20 MHz edge devices send 4 frames, the fewest that reach 0.86, and local devices take 5. "
        "Under eq31, set A; Table I's edge accuracy of 0.866 lies just above that floor, too",
        shown=_the_edge_already_sends_the_fewest,
    ),
)
