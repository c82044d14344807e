"""Policies at work on recorded frames: who sends, what is used, how late, and how far off the pose is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, IndexArray, lock
from mecpapers.pose.accuracy import mpjpe
from mecpapers.pose.calibration import Calibration
from mecpapers.pose.measured.trace import Trace
from mecpapers.pose.model import TOLERANCE, Allocation, Problem
from mecpapers.pose.thresholds import check_deadline
from mecpapers.pose.timing import frame_delay, guard
from mecpapers.pose.triangulation import (
    LEAST_VIEWS,
    corrected,
    hold_last,
    joint_weights,
    normal_equations,
    solve_views,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Views:
    """Frames made ready for many policies: S scenes of F frames in one row, N cameras."""

    scenes: int
    score: FloatArray  # of each image by the light network [1] (S F, N)
    level: IndexArray  # its level (S F, N)
    size: FloatArray  # bits of an image relative to its camera's calibrated mean (S F, N)
    matrix: FloatArray  # normal equations of both networks, light then heavy (2, S F, N, 17, 3, 3)
    vector: FloatArray  # (2, S F, N, 17, 3)
    truth: FloatArray  # [m] (S F, 17, 3)
    offsets: FloatArray  # [m] (17, 3)
    rest: FloatArray  # [m] (17, 3)

    def __post_init__(self) -> None:
        """Lock the arrays, which several policies read."""
        lock(self, aligned=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a policy did on each frame."""

    error: FloatArray  # MPJPE [m] (S, F)
    delay: FloatArray  # [s] (S, F)
    sent: BoolArray  # (S, F, N)
    discarded: BoolArray  # (S, F, N)
    deadline: float  # [s]

    @property
    def late(self) -> BoolArray:
        """Which frames are beyond the deadline, shape (S, F)."""
        return np.asarray(self.delay > self.deadline * (1 + TOLERANCE))


def prepare(trace: Trace, calibration: Calibration, *, weighted: bool = True) -> Views:
    """Lay a split out for its policies; joints weighted by their visibility, or all alike."""
    chosen = list(calibration.views)
    rig = [trace.rig[c] for c in chosen]
    parts = []
    for net in (calibration.light, calibration.heavy):
        weights = joint_weights(trace.weight[:, :, chosen, net]) if weighted else None
        parts.append(normal_equations(rig, trace.pixels[:, :, chosen, net], weights))
    frames, n = trace.truth[..., 0, 0].size, len(chosen)
    return Views(
        scenes=trace.truth.shape[0],
        score=trace.score[:, :, chosen, calibration.light].reshape(frames, n),
        level=calibration.levels(trace.score[:, :, chosen, calibration.light]).reshape(frames, n),
        size=(trace.bits[:, :, chosen] / calibration.tables.image_bits).reshape(frames, n),
        matrix=np.stack([m.reshape(frames, n, 17, 3, 3) for m, _ in parts]),
        vector=np.stack([v.reshape(frames, n, 17, 3) for _, v in parts]),
        truth=trace.truth.reshape(frames, 17, 3),
        offsets=calibration.offsets,
        rest=calibration.rest,
    )


def subset(views: Views, chosen: tuple[int, ...]) -> Views:
    """The same frames seen by some of the cameras."""
    c = list(chosen)
    cut = {name: getattr(views, name)[:, c] for name in ("score", "level", "size")}
    return replace(views, **cut, matrix=views.matrix[:, :, c], vector=views.vector[:, :, c])


def gains(problem: Problem) -> FloatArray:
    """What the server is expected to add at each level: a^S less the better of a^D and kappa [1], shape (N, K).

    Where local results are kept, a^S less a^D.
    """
    kappa = 0.0 if problem.filtered == "kept" else problem.discard_value
    return np.asarray(problem.server_accuracy - np.maximum(problem.device_accuracy, kappa))


def run_thresholds(views: Views, problem: Problem, allocation: Allocation) -> Outcome:
    """Run thresholds on frames.

    A frame that thresholds leave with fewer than two views takes back the discarded ones of highest score: devices that
    have run their networks can be asked for their results.

    Parameters
    ----------
    allocation : thresholds of shape (N,), or (S F, N) where they change with the frame
    """
    sent, discarded = _wanted(views, problem, allocation)
    if allocation.device_inference:
        discarded = _with_two_views(views, discarded)
    return _outcome(views, problem, sent, discarded, scored=allocation.device_inference)


def run_guarded(views: Views, problem: Problem, allocation: Allocation) -> Outcome:
    """Run thresholds on frames, but keep in each frame only the offloads that fit the deadline, by gain a second.

    An image that is kept back is accepted or discarded, whichever the tables value more.

    Parameters
    ----------
    allocation : as in ``run_thresholds``; its devices run their networks
    """
    wanted, discarded = _wanted(views, problem, allocation)
    sent = _fitting(views, problem, wanted)
    discarded = np.where(wanted & ~sent, _worthless(views, problem), discarded & ~sent)
    return _outcome(views, problem, sent, _with_two_views(views, discarded))


def run_frame_wise(views: Views, problem: Problem) -> Outcome:
    """No thresholds at all: of every frame's images of positive gain send those that fit, by gain a second.

    Raises
    ------
    Infeasible
        if the light networks alone take longer than the deadline.
    """
    check_deadline(problem)
    sent = _fitting(views, problem, np.ones_like(views.level, dtype=bool))  # the guard drops what gains nothing
    return _outcome(views, problem, sent, _with_two_views(views, ~sent & _worthless(views, problem)))


def _wanted(views: Views, problem: Problem, allocation: Allocation) -> tuple[BoolArray, BoolArray]:
    """Images that thresholds send, and those that they discard, (S F, N) each."""
    low, up, level = allocation.lower, allocation.upper, views.level
    kept = problem.filtered == "kept" and allocation.device_inference
    return (level >= low) & (level < up), (level < low) & (not kept)


def _fitting(views: Views, problem: Problem, wanted: BoolArray) -> BoolArray:
    gain = gains(problem)[np.arange(problem.size), views.level]
    return guard(
        wanted, gain, views.size * problem.transmission_time, problem.budget, problem.server_delay, problem.servers
    )


def _worthless(views: Views, problem: Problem) -> BoolArray:
    """Where the tables value a device's own result below none."""
    low = problem.device_accuracy[np.arange(problem.size), views.level] < problem.discard_value
    return np.asarray(low & (problem.filtered == "left out"))


def _with_two_views(views: Views, discarded: BoolArray) -> BoolArray:
    """What stays discarded where each frame takes back as many views as two used ones need, highest scores first."""
    rank = np.argsort(np.argsort(-np.where(discarded, views.score, -np.inf), axis=1, kind="stable"), axis=1)
    missing = LEAST_VIEWS - (~discarded).sum(axis=1)
    return np.asarray(discarded & (rank >= missing[:, None]))


def _outcome(views: Views, problem: Problem, sent: BoolArray, discarded: BoolArray, scored: bool = True) -> Outcome:
    device_delay = float(problem.device_delay.max()) if scored else 0.0
    air = views.size * problem.transmission_time
    return Outcome(
        error=mpjpe(poses(views, sent, ~discarded), views.truth).reshape(views.scenes, -1),
        delay=frame_delay(sent, air, device_delay, problem.server_delay, problem.servers).reshape(views.scenes, -1),
        sent=sent.reshape(views.scenes, -1, problem.size),
        discarded=discarded.reshape(views.scenes, -1, problem.size),
        deadline=problem.deadline,
    )


def poses(views: Views, sent: BoolArray, used: BoolArray) -> FloatArray:
    """3-D joints (S F, 17, 3) [m] from the server's results where sent, else the device's.

    With fewer than two used views (where no device computes, or N < 2) the last pose of the scene is held; before the
    first pose, the calibration's mean.

    Parameters
    ----------
    sent, used : shape (S F, N)
    """
    pick = sent[..., None, None]
    vector = np.where(pick, views.vector[1], views.vector[0])
    matrix = np.where(pick[..., None], views.matrix[1], views.matrix[0])
    joints = corrected(solve_views(matrix, vector, used), views.offsets)
    by_scene = joints.reshape(views.scenes, -1, 17, 3)
    return np.concatenate([hold_last(scene, views.rest) for scene in by_scene])
