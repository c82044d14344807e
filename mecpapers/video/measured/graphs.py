"""The layer table of ``networks`` as an ONNX graph, which ONNX counts by itself and ONNX Runtime can time."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from mecpapers.video.networks import SIDE, Layer, Network

_OPSET = 17


def to_onnx(network: Network, rng: np.random.Generator | None = None) -> Any:
    """Build the ONNX graph, its frame axis open: random weights, or with no ``rng`` weights by their shape alone.

    Batch normalisation is folded into the convolutions, as engines do before they run; its MACs are not in (3).
    Needs the package ``onnx`` (``pip install 'mecpapers[measure]'``).
    """
    from onnx import TensorProto, helper, numpy_helper

    channels = {"clip": 3} | {layer.name: layer.channels for layer in network}
    weights: dict[str, tuple[int, ...]] = {}
    nodes: list[Any] = []

    def add(kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    for layer in network:
        _add_layer(layer, channels[layer.source], add, weights)
    inputs = [helper.make_tensor_value_info("clip", TensorProto.FLOAT, [1, 3, "frames", SIDE, SIDE])]
    stored = []
    if rng is None:
        inputs += [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in weights.items()]
    else:
        stored = [numpy_helper.from_array(_random(rng, shape), name) for name, shape in weights.items()]
    output = helper.make_tensor_value_info(network[-1].name, TensorProto.FLOAT, [1, network[-1].channels])
    graph = helper.make_graph(nodes, "resnet", inputs, [output], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)


def _add_layer(layer: Layer, sources: int, add: Callable[..., None], weights: dict[str, tuple[int, ...]]) -> None:
    """Append the nodes of one row, and the shapes of its weights."""
    name, axes = layer.name, {"kernel_shape": layer.kernel, "strides": layer.stride, "pads": layer.padding * 2}
    if layer.kind == "maximum":
        add("MaxPool", [layer.source], name, **axes)
    elif layer.kind == "mean":
        add("GlobalAveragePool", [layer.source], f"{name}:5d")
        add("Flatten", [f"{name}:5d"], name)
    else:
        connected = layer.kind == "connected"
        weights[f"{name}:w"] = (layer.channels, sources, *(() if connected else layer.kernel))
        weights[f"{name}:b"] = (layer.channels,)
        steps = ["made", *(["added"] if layer.add else []), *(["rectified"] if layer.rectified else [])]
        names = {step: f"{name}:{step}" for step in steps} | {steps[-1]: name}
        attributes: dict[str, Any] = {"transB": 1} if connected else axes
        operands = [layer.source, f"{name}:w", f"{name}:b"]
        add("Gemm" if connected else "Conv", operands, names["made"], **attributes)
        if layer.add:
            add("Add", [names["made"], layer.add], names["added"])
        if layer.rectified:
            add("Relu", [names[steps[-2]]], name)


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Weights of He's variance, so that activations neither vanish nor overflow."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / max(1, prod(shape[1:]))))


def macs_onnx(model: Any, frames: int) -> int:
    """Count the MACs of an ONNX graph at M frames from the sizes that ONNX's own shape inference finds."""
    from onnx import shape_inference

    clip = model.graph.input[0].type.tensor_type.shape.dim[2]
    clip.dim_value = frames
    graph = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    values = [*graph.input, *graph.value_info, *graph.output]
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}
    shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    return sum(
        prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])
        for node in graph.node
        if node.op_type in ("Conv", "Gemm")
    )
