"""What a real room would add, injected into the trace: cameras out of true, lost images, links that fluctuate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray, check_choice
from mecpapers.pose.accuracy import mpjpe
from mecpapers.pose.calibration import Calibration, calibrate
from mecpapers.pose.evidence.experiments.measured import deployment, run_policy
from mecpapers.pose.evidence.experiments.readings import of_reading
from mecpapers.pose.evidence.experiments.sweeps import spread_scenario
from mecpapers.pose.measured import trace
from mecpapers.pose.measured.cameras import Camera
from mecpapers.pose.model import Problem
from mecpapers.pose.policies import Outcome, Views, poses, prepare
from mecpapers.pose.timing import frame_delay
from mecpapers.solution import Infeasible
from mecpapers.store import kept
from mecpapers.sweep import drop_generator
from mecpapers.units import from_db

JUDGED = ("device", "device-discard", "server-fit", "cooperative-guarded")
DRAWS = 3  # of turned cameras, lost images, and links; the means are shown


def turned(camera: Camera, degrees: float, axis: FloatArray) -> Camera:
    """A camera that has turned about its own centre by an angle [degree] around an axis of the room, shape (3,).

    Camera coordinates are R X + t; the centre -R^T t stays where it is.
    """
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.deg2rad(degrees)
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross  # Rodrigues
    rotation = camera.rotation @ turn
    return replace(camera, rotation=rotation, translation=rotation @ camera.rotation.T @ camera.translation)


@kept
def over_miscalibration(degrees: Sequence[float], cameras: str = "all") -> list[dict[str, float]]:
    """MPJPE [mm] where cameras have turned after the calibration, unknown to the triangulation.

    ``cameras`` "all": each by the same angle about an axis by lot, ``DRAWS`` times; "one": each alone, in turn. The
    images are as they were: it is the assumed poses that are wrong, which comes to the same.
    """
    check_choice("cameras", cameras, ("all", "one"))
    d, recorded = deployment(), trace.load().half(1)
    problem, rows = of_reading("left out").problem(d.calibration.tables), []
    for angle in degrees:
        errors = []
        for k in range(DRAWS if cameras == "all" else len(recorded.rig)):
            axes = drop_generator(0, k).normal(size=(len(recorded.rig), 3))
            hit = [cameras == "all" or c == k for c in range(len(recorded.rig))]
            rig = tuple(turned(c, angle, a) if h else c for c, a, h in zip(recorded.rig, axes, hit, strict=True))
            views = prepare(replace(recorded, rig=rig), d.calibration)
            errors.append([1e3 * run_policy(name, views, problem).error.mean() for name in JUDGED])
        rows.append({"turned by, degree": angle, **dict(zip(JUDGED, np.mean(errors, axis=0).tolist(), strict=True))})
    return rows


@kept
def over_losses(shares: Sequence[float], where: str = "uplink") -> list[dict[str, float]]:
    """MPJPE [mm] where each image is lost with some probability, ``DRAWS`` times.

    ``where`` "uplink": after it was sent, so that a device's own result is used, if there is one and it is worth it;
    "camera": before any network saw it, so that the view is missing.
    """
    d = deployment()
    problem, rows = of_reading("left out").problem(d.calibration.tables), []
    outcomes = [run_policy(name, d.held_out, problem) for name in JUDGED]
    for share in shares:
        errors = []
        for k in range(DRAWS):
            lost = drop_generator(1, k).random(d.held_out.level.shape) < share
            errors.append([
                1e3 * _without(d.held_out, problem, o, lost, where, computes=name != "server-fit").mean()
                for name, o in zip(JUDGED, outcomes, strict=True)
            ])  # fmt: skip
        rows.append({"lost, %": 100 * share, **dict(zip(JUDGED, np.mean(errors, axis=0).tolist(), strict=True))})
    return rows


def _without(
    views: Views, problem: Problem, outcome: Outcome, lost: BoolArray, where: str, computes: bool
) -> FloatArray:
    """Errors [m] of the frames, shape (S F,), where some images are lost, shape (S F, N)."""
    sent, discarded = (x.reshape(lost.shape) for x in (outcome.sent, outcome.discarded))
    gone = lost if where == "camera" else lost & sent
    if where == "uplink" and computes:  # the device's own result stands in, unless the tables value none above it
        local = problem.device_accuracy[np.arange(problem.size), views.level]
        gone = gone & (local < problem.discard_value)
    return mpjpe(poses(views, sent & ~lost, ~discarded & ~gone), views.truth)


@kept
def over_fading(spreads_db: Sequence[float]) -> list[dict[str, Any]]:
    """Links that fluctuate from frame to frame: SNR in dB with a standard deviation, independent, ``DRAWS`` times.

    Thresholds know the mean link alone. The guard knows the links of the frame ("knowing"), or the mean alone
    ("blind"); delays are those of the frame's links in either case.
    """
    d, scenario = deployment(), of_reading("left out")
    problem, rows = scenario.problem(d.calibration.tables), []
    mean = float(np.log2(1 + from_db(np.asarray(scenario.snr_db))))
    blind = run_policy("cooperative-guarded", d.held_out, problem)
    for spread in spreads_db:
        found = []
        for k in range(DRAWS):
            db = np.asarray(scenario.snr_db) + spread * drop_generator(2, k).standard_normal(d.held_out.size.shape)
            views = replace(d.held_out, size=d.held_out.size * mean / np.log2(1 + from_db(db)))
            outcomes = [run_policy(name, views, problem) for name in ("cooperative", "cooperative-guarded")]
            found.append([_shown(o) for o in (*outcomes, _at(blind, views, problem))])
        for who, cells in zip(("thresholds", "guard, knowing", "guard, blind"), np.mean(found, axis=0), strict=True):
            rows.append({"spread, dB": spread, "policy": who, **dict(zip(SHOWN, cells.tolist(), strict=True))})
    return rows


SHOWN = ("MPJPE, mm", "mean delay, ms", "late, %")


def _shown(outcome: Outcome) -> list[float]:
    return [1e3 * float(outcome.error.mean()), 1e3 * float(outcome.delay.mean()), 100 * float(outcome.late.mean())]


def _at(outcome: Outcome, views: Views, problem: Problem) -> Outcome:
    """The same decisions where the air takes as long as these views do."""
    sent = outcome.sent.reshape(views.level.shape)
    air = views.size * problem.transmission_time
    delay = frame_delay(sent, air, float(problem.device_delay.max()), problem.server_delay, problem.servers)
    return replace(outcome, delay=delay.reshape(outcome.delay.shape))


@kept
def over_networks(counts: Sequence[int], speeds: str = "equal") -> list[dict[str, float]]:
    """Unequal networks: on some devices ``full`` in place of ``lite``; the guarded policy at 100 ms.

    Parameters
    ----------
    counts : numbers of devices with the larger network, the first cameras of a fixed order by lot
    speeds : "equal" v_d, so that the larger N_d takes longer; or "matched", so that N_d / v_d is the same
    """
    return [{"larger networks": count, **_judged(*_mixed(count, speeds))} for count in counts]


def unequal_problems(spreads: Sequence[float]) -> list[Problem]:
    """Every case of unequal speeds, links and networks, feasible or not."""
    tables = deployment().calibration.tables
    problems = [spread_scenario(kind, s).problem(tables) for kind in ("speed", "link") for s in spreads]
    return problems + [_mixed(n, speeds)[2] for n in range(1, 6) for speeds in ("equal", "matched")]


def _mixed(count: int, speeds: str) -> tuple[trace.Trace, Calibration, Problem]:
    """Held-out frames, calibration and problem where so many devices run the larger network."""
    check_choice("speeds", speeds, ("equal", "matched"))
    light, full = trace.network("lite"), trace.network("full")
    order = drop_generator(3, 0).permutation(len(trace.load().rig))
    larger = np.isin(np.arange(order.size), order[:count])
    known, held_out = (_swapped(trace.load().half(k), larger, light, full) for k in (0, 1))
    c = calibrate(known)
    seconds = np.where(larger & (speeds == "equal"), _seconds(full), _seconds(light))
    scenario = of_reading("left out")
    return held_out, c, replace(scenario.problem(c.tables), device_delay=seconds * np.asarray(scenario.device_slowdown))


def _seconds(net: int) -> float:
    """Time of one image on the measuring core [s], as calibrated where all devices run this network."""
    return calibrate(trace.load().half(0), light=trace.NETWORKS[net]).tables.device_seconds


def _judged(held_out: trace.Trace, c: Calibration, problem: Problem) -> dict[str, float]:
    views = prepare(held_out, c)
    row = {"device delay, ms": 1e3 * float(problem.device_delay.max())}
    try:
        outcomes = [run_policy(name, views, problem) for name in ("device", "cooperative-guarded")]
    except Infeasible:
        return row | dict.fromkeys(("device, mm", "guarded, mm", "offloaded, %", "late, %"), np.nan)
    errors = (1e3 * float(o.error.mean()) for o in outcomes)
    shares = (100 * float(x.mean()) for x in (outcomes[1].sent, outcomes[1].late))
    return row | dict(zip(("device, mm", "guarded, mm", "offloaded, %", "late, %"), (*errors, *shares), strict=True))


def _swapped(recorded: trace.Trace, larger: BoolArray, light: int, full: int) -> trace.Trace:
    """The trace where some cameras' light network is another one."""
    fields = {}
    for name in ("pixels", "weight", "score", "oks", "seconds"):
        values = getattr(recorded, name).copy()
        values[:, :, larger, light] = values[:, :, larger, full]
        fields[name] = values
    return replace(recorded, **fields)
