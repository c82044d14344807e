"""Choi, Kim and Ko, *Enabling AI Quality Control via Feature Hierarchical Edge Inference* (arXiv 2211.07860).

The paper, section by section: ``networks`` (II, its YOLOv3), ``model`` (II-C, III), ``transmission`` (IV-B,
Proposition 1), ``computing`` (IV-B, Proposition 2, and with it P2), ``quality`` (IV-C, P3), ``alternating`` (IV-D),
``scenario`` (V, Table I), ``benchmarks`` (V). Ours: ``mended`` (the algorithm's losses made good), ``bounds`` (the
certified optimum) and ``dual`` (its bound). For use: ``schemes``, ``instance``. Two doors: ``evidence``, what the
book says of the paper, and ``measured``, what records and holds data.

``EQUATIONS`` maps the paper's numbers to functions. The names below load their module when they are first used, so
that importing this package is quick.
"""

from __future__ import annotations

from collections.abc import Mapping

from mecpapers.lazy import offer

EQUATIONS: Mapping[str, str] = {
    "(1)": "networks.layer_macs",
    "(2)": "networks.class_macs",
    "(3)": "networks.yolo_v3",
    "(4)": "networks.classes_for",
    "(5)": "model.feature_flops",
    "(6)": "model.inference_flops",
    "(7)": "model.uplink_delay",
    "(8)": "model.evaluate",
    "(9)": "model.downlink_delay",
    "(10)": "model.computing_delay",
    "(11)": "model.evaluate",
    "(12)": "model.evaluate",
    "(13)": "model.evaluate",
    "(14)": "model.computing_energy",
    "(15)": "model.evaluate",
    "(16)": "model.quality",
    "P1": "model.Problem",
    "P1, constraints": "model.violations",
    "P1, optimum": "bounds.solve_exact",
    "P2": "computing.solve_resources",
    "P3": "quality.greedy_sizes",
    "(17)": "evidence.symbolic.lagrangian",
    "(18)": "transmission.downlink_shares",
    "Proposition 1": "transmission.edge_speeds",
    "(19)": "evidence.symbolic.speed_condition",
    "(20)": "computing.latency_price",
    "(21)": "computing.common_speed",
    "(22)": "computing.allocate",
    "Proposition 2": "computing.least_energy",
    "(23)": "alternating.step",
    "Sec. IV-D": "alternating.solve_alternating",
    "Table I": "scenario.Scenario",
}

_HOMES = {
    "Allocation": "model",
    "Metrics": "model",
    "Problem": "model",
    "Users": "model",
    "evaluate": "model",
    "violations": "model",
    "Scenario": "scenario",
    "TABLE_I": "scenario",
    "FIG_4A": "scenario",
    "SCHEMES": "schemes",
    "METRICS": "schemes",
    "compare": "schemes",
    "measure": "schemes",
}

__all__ = ["EQUATIONS", *_HOMES]
__getattr__, __dir__ = offer(__name__, _HOMES)
