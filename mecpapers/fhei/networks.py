"""Section II: YOLOv3 at 416 x 416 as one layer table; loads (1)-(2), feature sizes, the linear fits of Fig. 2(a)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

import numpy as np

from mecpapers.arrays import FloatArray

FEATURES = (37, 62, 75)  # f, Sec. II-B1; counted from 1
HEADS = (76, 88, 100)  # i, Sec. II-B2; counted from 1
HEAD_LAYERS = 7
BYTES_PER_NUMBER = 4  # float32
PUBLISHED = {"c_1": 12.59e3, "c_2": 5.664e3, "L_0": 14.527e9}  # Table I [FLOP/byte], [FLOP/byte], [FLOP]

Kind = Literal["convolution", "shortcut", "route", "upsample", "yolo"]


@dataclass(frozen=True)
class Layer:
    """One layer: its kind, output side m_j and channels h_j; for a convolution also the kernel and h_{j-1}."""

    kind: Kind
    side: int  # m_j
    channels: int  # h_j
    kernel: int = 0  # k_j
    inputs: int = 0  # h_{j-1}

    @property
    def output_bytes(self) -> int:
        """Size of the output in float32 [byte]."""
        return self.side**2 * self.channels * BYTES_PER_NUMBER


def layer_macs(layer: Layer) -> int:
    """Multiply-accumulates of a layer by (1), which counts convolutions alone."""
    return layer.kernel**2 * layer.side**2 * layer.inputs * layer.channels


@cache
def yolo_v3(side: int = 416, classes: int = 80) -> tuple[Layer, ...]:
    """Return the 107 layers of the public configuration: Darknet-53, then three heads, the coarsest scale first."""
    return tuple([*_backbone(side), *_heads(side, 3 * (5 + classes))])


def _backbone(side: int) -> Iterator[Layer]:
    yield Layer("convolution", side, 32, 3, 3)
    for channels, blocks in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        side //= 2
        yield Layer("convolution", side, channels, 3, channels // 2)
        for _ in range(blocks):
            yield Layer("convolution", side, channels // 2, 1, channels)
            yield Layer("convolution", side, channels, 3, channels // 2)
            yield Layer("shortcut", side, channels)


def _heads(side: int, outputs: int) -> Iterator[Layer]:
    side, inputs = side // 32, 1024
    for narrow in (512, 256, 128):
        for channels, kernel in 3 * ((narrow, 1), (2 * narrow, 3)):
            yield Layer("convolution", side, channels, kernel, inputs)
            inputs = channels
        yield Layer("convolution", side, outputs, 1, inputs)
        yield Layer("yolo", side, outputs)
        if narrow > 128:
            yield Layer("route", side, narrow)  # the head's fifth convolution
            yield Layer("convolution", side, narrow // 2, 1, narrow)
            side *= 2
            yield Layer("upsample", side, narrow // 2)
            inputs = narrow // 2 + narrow  # joined with the backbone's feature of this scale
            yield Layer("route", side, inputs)


def feature_bytes(first: int = 1) -> FloatArray:
    """Output sizes of the layers f [byte], scale by scale, shape (3,); ``first`` is the number of the first layer."""
    layers = yolo_v3()
    return np.array([layers[f - first].output_bytes for f in FEATURES], dtype=np.float64)


def class_bytes() -> FloatArray:
    """Communication load of classes 1 to 3 [byte]: sizes of scales 1 to k added up (Sec. II-B1), shape (3,)."""
    return np.cumsum(feature_bytes())


def class_macs(*, cumulative_heads: bool = False, first: int = 1) -> tuple[FloatArray, FloatArray]:
    """The two sums of (2) in MAC for classes 1 to 3, each of shape (3,): of FN, and of IN.

    (2) counts one head a class; with ``cumulative_heads`` a class runs the heads of its scale and all before.
    """
    macs = np.array([layer_macs(layer) for layer in yolo_v3()], dtype=np.float64)
    network = np.array([macs[: f - first + 1].sum() for f in FEATURES])
    heads = np.array([macs[i - first : i - first + HEAD_LAYERS].sum() for i in HEADS])
    return network, np.cumsum(heads) if cumulative_heads else heads


def classes_for(size: float) -> int:
    """k* of (4): the least class whose features have at least ``size`` bytes.

    Raises
    ------
    ValueError
        if class 3 is too small.
    """
    totals = class_bytes()
    if size > totals[-1]:
        raise ValueError(f"size = {size:.6g}: must not exceed {totals[-1]:.6g} byte, the features of class 3")
    return int(np.searchsorted(totals, size)) + 1


@dataclass(frozen=True, kw_only=True)
class Convention:
    """What the paper leaves open in its fits."""

    first: int = 1  # the number of the first layer
    flops_per_mac: int = 2
    megabyte: float = 1e6  # byte
    cumulative_heads: bool = True
    origin: float = 2e6  # where the communication load counts as zero [byte]


def linear_fits(convention: Convention) -> dict[str, float]:
    """c_1 and L_0 by least squares with an intercept, c_2 through the origin; in FLOP and byte."""
    scale = 1e6 / convention.megabyte
    size = np.cumsum(feature_bytes(convention.first)) * scale - convention.origin
    macs = class_macs(cumulative_heads=convention.cumulative_heads, first=convention.first)
    network, heads = (convention.flops_per_mac * m for m in macs)
    c_1, l_0 = np.polyfit(size, network, 1)
    return {"c_1": float(c_1), "c_2": float(size @ heads / (size @ size)), "L_0": float(l_0)}


def linearity(convention: Convention) -> dict[str, float]:
    """Coefficient of determination of the two fits over the three classes; of IN without an intercept."""
    fit = linear_fits(convention)
    size = class_bytes() - convention.origin
    network, heads = (convention.flops_per_mac * m for m in class_macs(cumulative_heads=convention.cumulative_heads))
    left = {"FN": network - fit["L_0"] - fit["c_1"] * size, "IN": heads - fit["c_2"] * size}
    spread = {"FN": np.var(network), "IN": np.var(heads)}
    return {name: float(1 - np.mean(left[name] ** 2) / spread[name]) for name in left}


def conventions() -> list[tuple[Convention, dict[str, float]]]:
    """Every convention with its relative errors against Table I, the nearest first by the worst of the three."""
    fields = product((1, 0), (2, 1), (1e6, 2.0**20), (True, False), (0.0, 2e6))
    rows = []
    for first, flops, megabyte, cumulative, origin in fields:
        convention = Convention(
            first=first, flops_per_mac=flops, megabyte=megabyte, cumulative_heads=cumulative, origin=origin
        )
        fit = linear_fits(convention)
        rows.append((convention, {name: fit[name] / value - 1 for name, value in PUBLISHED.items()}))
    return sorted(rows, key=lambda row: max(abs(e) for e in row[1].values()))
