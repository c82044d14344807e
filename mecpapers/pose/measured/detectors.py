"""The light and the heavy pose networks under LiteRT, one thread.

The networks are BlazePose's landmark models, Apache-2.0, from the npm package ``@mediapipe/pose``. They are not part of
this project; ``python -m mecpapers.pose.measured.detectors`` fetches them with npm into a folder that git ignores.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.pose.measured.cameras import CROP

PACKAGE = "@mediapipe/pose@0.5.1675469404"
FETCH = "python -m mecpapers.pose.measured.detectors"
SHA256 = {
    "lite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
    "full": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "heavy": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
}
COCO = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""BlazePose's landmark of each COCO joint."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Detection:
    """What a network says of one image."""

    keypoints: FloatArray  # [px of the crop] (17, 2)
    visibility: FloatArray  # logit (17,)
    presence: FloatArray  # logit (17,)
    seconds: float  # processor time of the call [s]


def folder() -> Path:
    """Where the model files lie: ``_build/models`` of the checkout, which git ignores."""
    return Path(__file__).parents[3] / "_build" / "models"


def model_file(name: str, where: Path | None = None) -> Path:
    """The file of one network, checked.

    Raises
    ------
    ValueError
        if it is missing or not the file this project was measured with; the message has the command that fetches it.
    """
    check_choice("network", name, SHA256)
    file = (where or folder()) / f"pose_landmark_{name}.tflite"
    if not file.is_file():
        raise ValueError(f"{file.name} is missing: must be fetched first, by `{FETCH}`")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != SHA256[name]:
        raise ValueError(f"{file.name} has SHA-256 {found[:12]}...: must be {SHA256[name][:12]}...; run `{FETCH}`")
    return file


class Detector:
    """One network, loaded once; its state is the interpreter's alone."""

    def __init__(self, name: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net = Interpreter(str(model_file(name)), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        outputs = {int(np.prod(d["shape"])): d["index"] for d in self._net.get_output_details()}
        self._landmarks = outputs[39 * 5]

    def __call__(self, image: NDArray[np.uint8]) -> Detection:
        """Detect one person in a crop of shape (256, 256, 3), RGB, 8 bits."""
        start = time.thread_time()
        self._net.set_tensor(self._input, (image / np.float32(255)).astype(np.float32)[None])
        self._net.invoke()
        found: NDArray[Any] = self._net.get_tensor(self._landmarks).reshape(39, 5)[list(COCO)].astype(float)
        seconds = time.thread_time() - start
        return Detection(keypoints=found[:, :2], visibility=found[:, 3], presence=found[:, 4], seconds=seconds)


def thumbnail(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """An image of shape (256, 256, 3) as a poor camera would give it: ``side`` pixels across, enlarged again."""
    from PIL import Image

    small = Image.fromarray(image).resize((side, side), Image.Resampling.BOX)
    return np.asarray(small.resize((CROP, CROP), Image.Resampling.BILINEAR))


def fetch(target: Path) -> None:
    """Fetch the networks with npm, and check them."""
    if shutil.which("npm") is None:
        raise ValueError("npm is missing: must be on the path, to fetch the model files")
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(scratch).glob("*.tgz")
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as package:
            for name in SHA256:
                member = package.extractfile(f"package/pose_landmark_{name}.tflite")
                assert member is not None
                (target / f"pose_landmark_{name}.tflite").write_bytes(member.read())
    for name in SHA256:
        print(f"{model_file(name, target).name}: checksum as expected")


if __name__ == "__main__":
    try:
        fetch(folder())
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"detectors: {error}")
