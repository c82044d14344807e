"""Choi et al., *Cooperative Inference for Real-Time 3D Human Pose Estimation in Multi-Device Edge Networks*.

arXiv 2504.03052. Only a summary is at hand, so that this is a labelled reconstruction: ``EQUATIONS`` maps what the
summary names to functions, and numbers no equation. The names below load their module when they are first used.

The reconstruction: ``model``, ``thresholds`` (device tables, the joint optimum, the exact one), ``baselines``,
``timing`` (a frame's delay, the guard); on recorded frames ``calibration``, ``policies``, ``triangulation``,
``accuracy`` (MPJPE, OKS); ``scenario`` (speeds, links, drops). For use: ``schemes``, ``instance``. Two doors:
``evidence``, what the book says of the summary, and ``measured``, what records and holds data.
"""

from __future__ import annotations

from collections.abc import Mapping

from mecpapers.lazy import offer

EQUATIONS: Mapping[str, str] = {
    "score distribution [assumed]": "calibration.calibrate",
    "sum of accuracies [assumed form]": "model.expected_accuracy",
    "offloading probability p_i [assumed]": "model.offload_probability",
    "end-to-end delay D <= D_req [assumed form]": "model.evaluate",
    "constraints [assumed]": "model.violations",
    "transmission times tau_i [named]": "model.evaluate",
    "device table A*(p) [assumed]": "thresholds.device_table",
    "Lagrange multiplier and bisection [named]": "thresholds.solve_cooperative",
    "one bisection": "thresholds.step",
    "slack fill [assumed]": "thresholds.fill_slack",
    "optimum on the grid": "thresholds.solve_exact",
    "smooth case [assumed]": "thresholds.smooth_probabilities",
    "delay of one frame [assumed]": "timing.frame_delay",
    "per-frame guard (ours)": "timing.guard",
    "several people [assumed]": "timing.of_several_people",
    "MPJPE": "accuracy.mpjpe",
    "OKS": "accuracy.oks",
    "triangulation [assumed]": "triangulation.triangulate",
}

_HOMES = {
    "Allocation": "model",
    "Metrics": "model",
    "Problem": "model",
    "Tables": "model",
    "evaluate": "model",
    "violations": "model",
    "Drops": "scenario",
    "Scenario": "scenario",
    "SCHEMES": "schemes",
    "METRICS": "schemes",
    "compare": "schemes",
    "measure": "schemes",
}

__all__ = ["EQUATIONS", *_HOMES]
__getattr__, __dir__ = offer(__name__, _HOMES)
