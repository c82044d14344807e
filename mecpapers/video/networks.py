"""Sections II-B and VI-A: 3D ResNets (Hara et al., CVPR 2018) as one layer table; (3) and (4) count its MACs.

A spatial frame is 112 x 112, as in Section VI; the temporal axis, the number of frames M, stays open. The same rows
make the ONNX graph of ``measured.graphs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np

from mecpapers.arrays import FloatArray

Axes = tuple[int, int, int]  # time, height, width

SIDE = 112  # pixels
CLASSES = 27  # gestures of the Jester data
STAGES: Mapping[int, tuple[int, int, int, int]] = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One row of the table: what it reads, and how it makes its output from it."""

    name: str
    source: str  # the layer read; "clip" is the network's input
    kind: Literal["convolution", "maximum", "mean", "connected"] = "convolution"
    channels: int  # o_(l+1)
    kernel: Axes = (1, 1, 1)  # K_l^j
    stride: Axes = (1, 1, 1)  # r_l; (4) prints one for all axes
    add: str = ""  # the layer whose output is added before the rectifier
    rectified: bool = True

    @property
    def padding(self) -> Axes:
        """d_l, half the kernel."""
        t, h, w = self.kernel
        return t // 2, h // 2, w // 2


Network = tuple[Layer, ...]


def resnet(depth: int, classes: int = CLASSES) -> Network:
    """3D ResNet-18, -34 or -101, in order of execution, with projections where a shortcut changes shape.

    Raises
    ------
    ValueError
        for another depth.
    """
    if depth not in STAGES:
        raise ValueError(f"depth = {depth}: must be one of {', '.join(map(str, STAGES))}")
    stem = Layer(name="stem", source="clip", channels=64, kernel=(7, 7, 7), stride=(1, 2, 2))
    pool = Layer(name="pool", source="stem", kind="maximum", channels=64, kernel=(3, 3, 3), stride=(2, 2, 2))
    layers = [stem, pool]
    for stage, blocks in enumerate(STAGES[depth]):
        for block in range(blocks):
            step = 2 if stage > 0 and block == 0 else 1
            layers += _block(f"{stage + 1}.{block + 1}", layers[-1], 64 * 2**stage, (step,) * 3, bottleneck=depth > 34)
    last = layers[-1]
    return (
        *layers,
        Layer(name="mean", source=last.name, kind="mean", channels=last.channels, rectified=False),
        Layer(name="classes", source="mean", kind="connected", channels=classes, rectified=False),
    )


def _block(name: str, before: Layer, width: int, stride: Axes, *, bottleneck: bool) -> list[Layer]:
    """Two 3 x 3 x 3 convolutions, or one between two of 1 x 1 x 1; the stride is that of the first 3 x 3 x 3."""
    first: list[tuple[int, Axes, Axes]]
    cube, point, one = (3, 3, 3), (1, 1, 1), (1, 1, 1)
    if bottleneck:
        first, end, end_kernel = [(width, point, one), (width, cube, stride)], 4 * width, point
    else:
        first, end, end_kernel = [(width, cube, stride)], width, cube
    layers, source = [], before.name
    for i, (channels, kernel, step) in enumerate(first):
        layers.append(Layer(name=f"{name}.{i + 1}", source=source, channels=channels, kernel=kernel, stride=step))
        source = layers[-1].name
    shortcut = before.name
    if before.channels != end or stride != one:
        shortcut = f"{name}.projection"
        layers.append(Layer(name=shortcut, source=before.name, channels=end, stride=stride, rectified=False))
    layers.append(Layer(name=f"{name}.out", source=source, channels=end, kernel=end_kernel, add=shortcut))
    return layers


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """(4): M' = (M - K + 2 d) / r + 1, rounded down, along one axis."""
    return (size - kernel + 2 * padding) // stride + 1


def sizes(network: Network, frames: int) -> dict[str, tuple[int, Axes]]:
    """The channels and (time, height, width) of every layer's output, by (4), and of the clip."""
    found: dict[str, tuple[int, Axes]] = {"clip": (3, (frames, SIDE, SIDE))}
    for layer in network:
        _, size = found[layer.source]
        if layer.kind in ("mean", "connected"):
            found[layer.name] = layer.channels, (1, 1, 1)
        else:
            t, h, w = map(output_size, size, layer.kernel, layer.stride, layer.padding)
            found[layer.name] = layer.channels, (t, h, w)
    return found


def macs(network: Network, frames: int, *, padding: bool = True) -> int:
    """C(M): the multiply-and-accumulate operations of all layers, (3), with (4) for their sizes.

    Parameters
    ----------
    padding : count the products with the zeros around the input, as (3) does; else leave them out
    """
    found, taps = sizes(network, frames), _taps if padding else _inner_taps
    return sum(_layer_macs(layer, found, taps) for layer in network)


def _layer_macs(layer: Layer, found: Mapping[str, tuple[int, Axes]], taps: Callable[..., int]) -> int:
    """c_l of (3); a pooling layer multiplies nothing."""
    if layer.kind in ("maximum", "mean"):
        return 0
    (channels, size), (_, out) = found[layer.source], found[layer.name]
    return channels * layer.channels * prod(map(taps, size, out, layer.kernel, layer.stride, layer.padding))


def _taps(size: int, out: int, kernel: int, stride: int, padding: int) -> int:
    """Products along one axis, those with padding included."""
    return out * kernel


def _inner_taps(size: int, out: int, kernel: int, stride: int, padding: int) -> int:
    """Products along one axis whose factor lies inside the input."""
    place = np.arange(out)[:, None] * stride - padding + np.arange(kernel)
    return int(((place >= 0) & (place < size)).sum())


def macs_over(network: Network, frames: Sequence[int], *, padding: bool = True) -> FloatArray:
    """C(M) [MAC] for several M, shape (len(frames),)."""
    return np.array([macs(network, m, padding=padding) for m in frames], dtype=float)


def stage_rows(network: Network, frames: int) -> list[dict[str, Any]]:
    """The table of a network at M frames, its layers gathered by stage: layers, output size and MACs of each."""
    found = sizes(network, frames)
    total = macs(network, frames)
    rows: dict[str, dict[str, Any]] = {}
    for layer in network:
        stage = f"stage {layer.name[0]}" if layer.name[0].isdigit() else layer.name
        row = rows.setdefault(stage, {"part": stage, "layers": 0, "output": "", "MACs": 0})
        channels, size = found[layer.name]
        row["layers"] += 1
        row["output"] = f"{channels} x " + " x ".join(map(str, size))
        row["MACs"] += _layer_macs(layer, found, _taps)
    return [{**row, "share, %": 100 * row["MACs"] / total} for row in rows.values()]


def line(x: FloatArray | Sequence[float], y: FloatArray) -> tuple[float, float, float]:
    """Least squares of y = c0 x + c1, shape (K,), as (14) is fitted: c0, c1 and the RMSE, in the units of y."""
    c_0, c_1 = np.polyfit(x, y, 1)
    return float(c_0), float(c_1), float(np.sqrt(np.mean((y - c_0 * np.asarray(x) - c_1) ** 2)))
