"""The measured world as pictures: what the cameras saw, and what the networks made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray
from mecpapers.pose.measured import cameras, record, trace


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """One frame of one scene: the images rendered anew, the rest from the trace."""

    images: list[NDArray[np.uint8]]  # C of (256, 256, 3)
    light: FloatArray  # keypoints of the lite network [px of the image] (C, 17, 2)
    heavy: FloatArray  # of the heavy one
    truth: FloatArray  # true joints (C, 17, 2)
    score: FloatArray  # of the lite network (C,)
    oks: FloatArray  # light and heavy (C, 2)


def contact_sheet(scene: int, frame: int) -> Sheet:
    """Render a recorded frame again, exactly as it was, and lay what was detected over it."""
    recorded = trace.load()
    joints, images, crops = record.photograph(record.SCENES[scene], frame)
    left_top = np.array([(c.left, c.top) for c in crops])[:, None]
    scale = cameras.CROP / np.array([c.side for c in crops])[:, None, None]
    truth = np.stack([cameras.project(camera, joints)[0] for camera in recorded.rig])
    found = recorded.pixels[scene, frame]
    nets = [trace.network(name) for name in ("lite", "heavy")]
    return Sheet(
        images=images,
        light=(found[:, nets[0]] - left_top) * scale,
        heavy=(found[:, nets[1]] - left_top) * scale,
        truth=(truth - left_top) * scale,
        score=recorded.score[scene, frame, :, nets[0]],
        oks=recorded.oks[scene, frame][:, nets],
    )


def camera_rows() -> list[dict[str, Any]]:
    """What each camera gives over the whole trace: bytes, OKS of the networks, the score of the light one."""
    recorded = trace.load()
    rows = []
    for c, camera in enumerate(recorded.rig):
        ails = [name for name, bad in (("dark", camera.exposure < 1), ("out of focus", camera.blur > 0)) if bad]
        oks = {f"OKS {name}": float(recorded.oks[:, :, c, k].mean()) for k, name in enumerate(trace.NETWORKS)}
        kilobytes, score = float(recorded.bits[:, :, c].mean()) / 8e3, float(recorded.score[:, :, c, 0].mean())
        row = {"camera": c, "defect": ", ".join(ails) or "-", "kB an image": kilobytes}
        rows.append(row | oks | {"score lite": score})
    return rows


def provenance_rows() -> list[dict[str, str]]:
    """What the trace was recorded with, a line an item."""
    made = trace.provenance()
    flat = {**made, **made["models"], **made["versions"]}
    names = ("package", "license", "body", "python", "ai-edge-litert", "numpy", "machine", "threads", "date", "command")
    rows = {name: str(flat[name]) for name in names}
    rows |= {name: f"SHA-256 {digest[:16]}..." for name, digest in flat["sha256"].items()}
    return [{"what": name, "value": value} for name, value in rows.items()]


def network_rows() -> list[dict[str, Any]]:
    """Processor time of each network over the trace [ms]: its tenth percentile, median and ninetieth."""
    recorded = trace.load()
    quantiles = np.quantile(1e3 * recorded.seconds, [0.1, 0.5, 0.9], axis=(0, 1, 2))
    return [
        {"network": name, "10 %, ms": float(low), "median, ms": float(middle), "90 %, ms": float(high)}
        for name, low, middle, high in zip(trace.NETWORKS, *quantiles, strict=True)
    ]
