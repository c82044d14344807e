"""Sections II-D and VI-A, Fig. 4: accuracy over frames, (15), on recordings that can be passed on.

The paper's Jester and Kinetics clips cannot. In their place stand smartwatch recordings of seven shoulder exercises
(SPAR, Burns et al. 2018): M samples, evenly spaced over a clip, play the part of M frames.
``python -m mecpapers.video.evidence.collect accuracy`` trains and tests anew and writes what ``stored`` reads; it needs
scikit-learn (``pip install 'mecpapers[measure]'``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls
from tqdm import tqdm

from mecpapers.arrays import FloatArray

FRAMES = tuple(range(1, 17))
PAPER_RMSE = (0.0054, 0.0048, 0.0095)  # Sec. VI-A: Jester with ResNet-101 and -18, Kinetics with ResNet-101
_DATA = resources.files("mecpapers.video.measured") / "data"


@dataclass(frozen=True, kw_only=True, eq=False)
class Clips:
    """Clips of six inertial axes at 50 Hz."""

    samples: FloatArray  # three accelerations [g], three rates of turn [rad/s]; shape (clips, samples, 6)
    exercise: NDArray[np.int_]  # 0 ... 6, shape (clips,)
    subject: NDArray[np.int_]  # 1 ... 10, shape (clips,)

    @property
    def seconds(self) -> float:
        """Length of a clip [s]."""
        return self.samples.shape[1] / 50


def clips(pieces: int = 1) -> Clips:
    """Read the clips of two seconds, or join so many neighbours of a recording to a longer one."""
    with (_DATA / "spar.npz").open("rb") as file:
        data = dict(np.load(file))
    within = np.arange(data["recording"].size) - np.searchsorted(data["recording"], data["recording"])
    first = np.flatnonzero(within % pieces == 0)
    first = first[first + pieces <= data["recording"].size]
    first = first[data["recording"][first] == data["recording"][first + pieces - 1]]
    joined = data["samples"][first[:, None] + np.arange(pieces)] / 1000.0
    return Clips(
        samples=joined.reshape(first.size, -1, 6),
        exercise=data["exercise"][first].astype(int),
        subject=data["subject"][first].astype(int),
    )


def sampled(samples: FloatArray, frames: int) -> FloatArray:
    """Take M samples, one from the middle of each M-th of a clip; shape (clips, M, 6)."""
    n = samples.shape[1]
    return samples[:, ((np.arange(frames) + 0.5) * n / frames).astype(int)]


def flat(samples: FloatArray) -> FloatArray:
    """The samples side by side, shape (clips, 6 M)."""
    return samples.reshape(len(samples), -1)


def statistics(samples: FloatArray) -> FloatArray:
    """Mean, spread, least, most and mean absolute step of each axis, shape (clips, 30)."""
    step = np.abs(np.diff(samples, axis=1)).mean(axis=1) if samples.shape[1] > 1 else np.zeros_like(samples[:, 0])
    columns = (samples.mean(axis=1), samples.std(axis=1), samples.min(axis=1), samples.max(axis=1), step)
    return np.concatenate(columns, axis=1)


def _trees() -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(200, random_state=0)


def _vectors() -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=10.0))


CLASSIFIERS: Mapping[str, tuple[Callable[[], Any], Callable[[FloatArray], FloatArray]]] = {
    "extra trees on statistics": (_trees, statistics),
    "support vectors on samples": (_vectors, flat),
    "extra trees on samples": (_trees, flat),
}
"""Fixed before any of them was run: a classifier, and what it sees of the samples."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One classifier on clips of one length, trained anew for every M and every subject left out."""

    classifier: str
    seconds: float  # length of a clip
    clips: int
    frames: tuple[int, ...]
    accuracy: FloatArray  # of the subject left out; shape (frames, subjects)

    @property
    def label(self) -> str:
        """Classifier and length."""
        return f"{self.classifier}, {self.seconds:g} s"

    @property
    def mean(self) -> FloatArray:
        """Mean over the subjects, each counting alike; shape (frames,)."""
        return np.asarray(self.accuracy.mean(axis=1))

    def steps(self) -> tuple[FloatArray, FloatArray]:
        """How much another frame gains, subjects paired, and its standard error; shape (frames - 1,)."""
        gain = np.diff(self.accuracy, axis=0)
        return gain.mean(axis=1), gain.std(axis=1, ddof=1) / np.sqrt(gain.shape[1])


def left_out(data: Clips, classifier: str, frames: Sequence[int] = FRAMES) -> Run:
    """Leave one subject out, train on the others, test on that one: no person is in both sets."""
    build, features = CLASSIFIERS[classifier]
    subjects = np.unique(data.subject)
    accuracy = np.empty((len(frames), subjects.size))
    for i, m in enumerate(tqdm(frames, desc=classifier, unit="M", disable=None)):
        x = features(sampled(data.samples, m))
        for j, subject in enumerate(subjects):
            out = data.subject == subject
            model = build().fit(x[~out], data.exercise[~out])
            accuracy[i, j] = np.mean(model.predict(x[out]) == data.exercise[out])
    return Run(
        classifier=classifier,
        seconds=data.seconds,
        clips=len(data.samples),
        frames=tuple(frames),
        accuracy=accuracy,
    )


@dataclass(frozen=True)
class Fit:
    """(15) fitted to a curve."""

    a_0: float
    a_1: float
    a_2: float
    rmse: float


def accuracy_at(fit: Fit, frames: Sequence[float] | FloatArray) -> FloatArray:
    """Phi(M) of (15), shape (len(frames),)."""
    return fit.a_2 - fit.a_0 / (np.asarray(frames, dtype=float) + fit.a_1)


def fit_accuracy(frames: Sequence[float], accuracy: FloatArray) -> Fit:
    """Least squares of (15), shape (len(frames),), within m_a0 >= 0 and m_a1 > -1, each M counting alike.

    m_a1 is sought below 1000, where (15) is a straight line to three digits.
    """
    grid = np.geomspace(1e-3, 1e3, 61)  # of m_a1 + 1; the profile may have several minima
    k = int(np.argmin([_rmse(frames, accuracy, b - 1) for b in grid]))
    low, high = np.log(grid[max(k - 1, 0)]), np.log(grid[min(k + 1, grid.size - 1)])
    found = minimize_scalar(
        lambda s: _rmse(frames, accuracy, np.exp(s) - 1), bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    )
    return fit_accuracy_at(frames, accuracy, float(np.exp(found.x) - 1))


def fit_accuracy_at(frames: Sequence[float], accuracy: FloatArray, a_1: float) -> Fit:
    """Least squares of (15), shape (len(frames),), at a given m_a1: m_a0 and m_a2 follow linearly."""
    x = 1 / (np.asarray(frames, dtype=float) + a_1)
    slope = float(np.polyfit(x, accuracy, 1)[0])
    a_0 = max(0.0, -slope)
    a_2 = float(np.mean(accuracy + a_0 * x))
    return Fit(a_0, a_1, a_2, float(np.sqrt(np.mean((accuracy - a_2 + a_0 * x) ** 2))))


def _rmse(frames: Sequence[float], accuracy: FloatArray, a_1: float) -> float:
    return fit_accuracy_at(frames, accuracy, a_1).rmse


def fit_concave(frames: Sequence[float], accuracy: FloatArray) -> FloatArray:
    """The non-decreasing concave curve nearest by least squares, shape (len(frames),).

    Every such curve on the points M is a constant plus a non-negative mixture of min(M, k), k beyond the first point.
    """
    m = np.asarray(frames, dtype=float)
    ramps = np.minimum(m[:, None], m[1:])
    weights, _ = nnls(ramps - ramps.mean(axis=0), accuracy - accuracy.mean())
    return np.asarray(accuracy.mean() + (ramps - ramps.mean(axis=0)) @ weights)


def to_json(runs: Sequence[Run], about: Mapping[str, str]) -> str:
    """What ``stored`` reads; a frame count a line."""
    rows = [
        {
            "classifier": run.classifier,
            "seconds": run.seconds,
            "clips": run.clips,
            "frames": list(run.frames),
            "accuracy": np.round(run.accuracy, 6).tolist(),
        }
        for run in runs
    ]
    text = json.dumps({"about": about, "runs": rows}, indent=1)
    return text.replace("\n     ", " ").replace("\n    ]", "]") + "\n"


def from_json(text: str) -> tuple[tuple[Run, ...], dict[str, str]]:
    """Read what ``to_json`` wrote: the runs, and what was used."""
    document = json.loads(text)
    runs = [
        Run(**{**row, "frames": tuple(row["frames"]), "accuracy": np.array(row["accuracy"])})
        for row in document["runs"]
    ]
    return tuple(runs), document["about"]


def stored() -> tuple[tuple[Run, ...], dict[str, str]]:
    """The runs that the book shows: all that were made."""
    return from_json((_DATA / "accuracy.json").read_text(encoding="utf-8"))
