"""Section VI-A, Fig. 3: how long a 3D ResNet takes over M frames, measured with ONNX Runtime on one thread.

``python -m mecpapers.video.evidence.collect delays`` measures anew and writes what ``stored`` reads; it needs the
packages onnx and onnxruntime (``pip install 'mecpapers[measure]'``).
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mecpapers.arrays import FloatArray
from mecpapers.video.measured.graphs import to_onnx
from mecpapers.video.networks import CLASSES, SIDE, line, macs_over, resnet

FRAMES = tuple(range(1, 17))
DEPTHS = (18, 34)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of Fig. 3, and what the text says of it."""

    depth: int
    clock: float  # [cycle/s]
    rho: float  # [cycle/MAC]
    rmse: float  # of the line [s]

    @property
    def label(self) -> str:
        """As the figure names it."""
        return f"ResNet-{self.depth}, {self.clock / 1e9:g} GHz"


FIGURE_3 = (
    Condition(depth=18, clock=2.8e9, rho=0.128, rmse=9e-3),
    Condition(depth=34, clock=2.8e9, rho=0.122, rmse=17e-3),
    Condition(depth=18, clock=2.2e9, rho=0.123, rmse=11e-3),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Delays:
    """Measured delays of the networks, and of the machine what one must know to read them."""

    frames: tuple[int, ...]
    seconds: Mapping[int, FloatArray]  # depth -> [s], shape (repetitions, frames)
    clock: float  # [cycle/s]; nan where unknown
    about: Mapping[str, str]

    def median(self, depth: int) -> FloatArray:
        """The median over the repetitions [s], shape (frames,)."""
        return np.asarray(np.median(self.seconds[depth], axis=0))

    def least(self, depth: int) -> FloatArray:
        """The least of the repetitions [s], shape (frames,): what others on the machine disturb least."""
        return np.asarray(self.seconds[depth].min(axis=0))

    def macs(self, depth: int, *, padding: bool = True) -> FloatArray:
        """C(M) [MAC], shape (frames,)."""
        return macs_over(resnet(depth), self.frames, padding=padding)

    def seconds_per_mac(self, depth: int) -> float:
        """Time a MAC takes, sum t / sum C [s/MAC], on the medians."""
        return float(self.median(depth).sum() / self.macs(depth).sum())

    def rho(self, depth: int) -> float:
        """The coefficient of Sec. VI-A, f sum t / sum C [cycle/MAC]; the ratio is printed upside down."""
        return self.clock * self.seconds_per_mac(depth)

    def correlation(self, depth: int, *, least: bool = False) -> float:
        """Pearson's, between the MACs of (3)-(4) and the medians, or the least of the repetitions."""
        seconds = self.least(depth) if least else self.median(depth)
        return float(np.corrcoef(self.macs(depth), seconds)[0, 1])

    def misfit(self, depth: int) -> dict[str, float]:
        """RMSE [s] of the medians: about a line in M, and about multiples of the two counts of MACs."""
        t = self.median(depth)
        every, inner = self.macs(depth), self.macs(depth, padding=False)
        return {
            "line": line(self.frames, t)[2],
            "all": _about_multiple(every, t),
            "inner": _about_multiple(inner, t),
        }


def _about_multiple(macs: FloatArray, seconds: FloatArray) -> float:
    """RMSE [s] of the delays about sum t / sum C times the MACs."""
    return float(np.sqrt(np.mean((seconds - macs * seconds.sum() / macs.sum()) ** 2)))


def theory(condition: Condition, frames: Sequence[int] = FRAMES) -> tuple[FloatArray, float]:
    """The delay [s] that (5) gives at the printed rho and clock, shape (len(frames),), and its line's RMSE [s]."""
    t = condition.rho * macs_over(resnet(condition.depth), frames) / condition.clock
    return t, line(frames, t)[2]


def measure(
    depths: Sequence[int] = DEPTHS,
    frames: Sequence[int] = FRAMES,
    repetitions: int = 20,
    seed: int = 0,
    clock: float = float("nan"),
) -> Delays:
    """Time one inference at every M, the repetitions interleaved over M, on one thread.

    Parameters
    ----------
    seed : of the weights and the clips, which are random: a product takes its time whatever its factors
    clock : of the core [cycle/s], for rho alone; nan where unknown
    """
    seconds = {depth: _time(depth, frames, repetitions, seed) for depth in depths}
    return Delays(frames=tuple(frames), seconds=seconds, clock=clock, about=_about())


def _time(depth: int, frames: Sequence[int], repetitions: int, seed: int) -> FloatArray:
    """Seconds of each inference, shape (repetitions, frames), after one at each M that is not counted."""
    import onnxruntime

    rng = np.random.default_rng(seed)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = to_onnx(resnet(depth), rng).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    clips = [rng.standard_normal((1, 3, m, SIDE, SIDE), dtype=np.float32) for m in frames]
    table = np.empty((repetitions + 1, len(clips)))
    for row in tqdm(table, desc=f"ResNet-{depth}", unit="repetition", disable=None):
        for i in rng.permutation(len(clips)):
            start = time.perf_counter()
            (scores,) = session.run(None, {"clip": clips[i]})
            row[i] = time.perf_counter() - start
            if scores.shape != (1, CLASSES) or not np.isfinite(scores).all():
                raise ArithmeticError(f"ResNet-{depth} on {frames[i]} frames: no finite scores")
    return table[1:]


def _about() -> dict[str, str]:
    import onnx
    import onnxruntime

    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "threads": "1",
    }


def processor() -> str:
    """What the system calls the processor, with family and model where it tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    pairs = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    name = fields.get("model name", platform.machine())
    return f"{name}, family {fields.get('cpu family', '?')}, model {fields.get('model', '?')}"


def to_json(delays: Delays) -> str:
    """What ``stored`` reads; seconds to the microsecond."""
    seconds = {str(depth): np.round(table, 6).tolist() for depth, table in delays.seconds.items()}
    clock = None if np.isnan(delays.clock) else delays.clock
    document = asdict(delays) | {"seconds": seconds, "clock": clock}
    rows = json.dumps(document, indent=1)
    return rows.replace("\n   ", " ").replace("\n  ]", "]") + "\n"  # a repetition a line


def from_json(text: str) -> Delays:
    """Read what ``to_json`` wrote."""
    document: dict[str, Any] = json.loads(text)
    return Delays(
        frames=tuple(document["frames"]),
        seconds={int(depth): np.array(table) for depth, table in document["seconds"].items()},
        clock=float("nan") if document["clock"] is None else document["clock"],
        about=document["about"],
    )


def stored() -> Delays:
    """The measurement that the book shows."""
    return from_json((resources.files("mecpapers.video.measured") / "data" / "delays.json").read_text(encoding="utf-8"))
