"""Policies at work on recorded frames: who sends, what is used, how late, and how far off the pose is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.pose.calibration import Calibration
from mecpapers.pose.measured.trace import Trace
from mecpapers.pose.model import Allocation, Bins, Problem
from mecpapers.pose.timing import frame_delay, guard
from mecpapers.pose.triangulation import (
    LEAST_VIEWS,
    corrected,
    hold_last,
    joint_weights,
    mpjpe,
    normal_equations,
    solve_views,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Views:
    """Frames made ready for many policies: S scenes of F frames in one row, N cameras."""

    scenes: int
    score: FloatArray  # of each image by the light network [1] (S F, N)
    level: Bins  # its level (S F, N)
    size: FloatArray  # bits of an image relative to its camera's calibrated mean (S F, N)
    matrix: FloatArray  # normal equations of both networks, light then heavy (2, S F, N, 17, 3, 3)
    vector: FloatArray  # (2, S F, N, 17, 3)
    truth: FloatArray  # [m] (S F, 17, 3)
    offsets: FloatArray  # [m] (17, 3)
    rest: FloatArray  # [m] (17, 3)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a policy did on each frame."""

    error: FloatArray  # MPJPE [m] (S, F)
    delay: FloatArray  # [s] (S, F)
    sent: BoolArray  # (S, F, N)
    discarded: BoolArray  # (S, F, N)
    deadline: float  # [s]

    @property
    def late(self) -> float:
        """Share of the frames beyond the deadline."""
        return float(np.mean(self.delay > self.deadline * (1 + 1e-9)))


def prepare(trace: Trace, calibration: Calibration, *, weighted: bool = True) -> Views:
    """Lay a split out for its policies; joints weighted by their visibility, or all alike."""
    chosen = list(calibration.views)
    rig = [trace.rig[c] for c in chosen]
    parts = []
    for net in (calibration.light, calibration.heavy):
        weights = joint_weights(trace.weight[:, :, chosen, net]) if weighted else None
        parts.append(normal_equations(rig, trace.pixels[:, :, chosen, net], weights))
    frames = trace.truth.shape[0] * trace.truth.shape[1]
    n = len(chosen)
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
    """What the server is expected to add at each level: a^S less the better of a^D and kappa, shape (N, K)."""
    return np.asarray(problem.server_accuracy - np.maximum(problem.device_accuracy, problem.discard_value))


def run(
    views: Views, problem: Problem, allocation: Allocation, *, guarded: bool = False, everything: bool = False
) -> Outcome:
    """Run thresholds on frames.

    A frame that thresholds leave with fewer than two views takes back the discarded ones of highest score: devices that
    have run their networks can be asked for their results.

    Parameters
    ----------
    allocation : thresholds of shape (N,), or (S F, N) where they change with the frame
    guarded : in each frame keep only the offloads that fit the deadline, by expected gain a second; an image that is
        kept back is accepted or discarded, whichever the tables value more
    everything : with ``guarded``, consider every image of positive gain, whatever the thresholds say
    """
    n = np.arange(problem.size)
    low, up, level = allocation.lower, allocation.upper, views.level
    air = views.size * problem.transmission_time
    device_delay = float(problem.device_delay.max()) if allocation.device_inference else 0.0
    sent, discarded = (level >= low) & (level < up), level < low
    if guarded:
        wanted, gain = sent, gains(problem)[n, level]
        if everything:
            wanted = gain > 0
        budget = problem.deadline - device_delay
        sent = guard(wanted, gain, air, budget, problem.server_delay, problem.servers)
        worthless = problem.device_accuracy[n, level] < problem.discard_value
        discarded = np.where(wanted & ~sent, worthless, discarded & ~sent)
        if everything:
            discarded = ~sent & worthless
    if allocation.device_inference:
        discarded &= ~_needed(views.score, discarded)
    return Outcome(
        error=mpjpe(poses(views, sent, ~discarded), views.truth).reshape(views.scenes, -1),
        delay=frame_delay(sent, air, device_delay, problem.server_delay, problem.servers).reshape(views.scenes, -1),
        sent=sent.reshape(views.scenes, -1, problem.size),
        discarded=discarded.reshape(views.scenes, -1, problem.size),
        deadline=problem.deadline,
    )


def _needed(score: FloatArray, discarded: BoolArray) -> BoolArray:
    """Discarded views to take back, shape (S F, N): as many as two used views need, the highest scores first."""
    rank = np.argsort(np.argsort(-np.where(discarded, score, -np.inf), axis=1, kind="stable"), axis=1)
    missing = LEAST_VIEWS - (~discarded).sum(axis=1)
    return np.asarray(discarded & (rank < missing[:, None]))


def poses(views: Views, sent: BoolArray, used: BoolArray) -> FloatArray:
    """3-D joints (S F, 17, 3) [m] from the server's results where sent, else the device's.

    With fewer than two used views (where no device computes, or N < 2) the last pose of the scene is held; before the
    first pose, the calibration's mean.
    """
    pick = sent[..., None, None]
    vector = np.where(pick, views.vector[1], views.vector[0])
    matrix = np.where(pick[..., None], views.matrix[1], views.matrix[0])
    joints = corrected(solve_views(matrix, vector, used), views.offsets)
    by_scene = joints.reshape(views.scenes, -1, 17, 3)
    return np.concatenate([hold_last(scene, views.rest) for scene in by_scene])
