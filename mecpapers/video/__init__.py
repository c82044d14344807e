"""Pan et al., *Joint Optimization of Video-based AI Inference Tasks in MEC-assisted AR Systems* (arXiv 2301.01010).

The paper, section by section: ``networks`` (II-B), ``model`` (II, III), ``local`` (IV-A, Theorem 1), ``edge`` (IV-B,
Theorem 2, Algorithm 1), ``geometric`` (Algorithm 2), ``offloading`` (IV-C, Algorithm 3), ``augmented`` and ``admm`` (V,
Algorithm 4), ``scenario`` (VI), ``cccp`` (its baseline). Ours: ``options`` (P2 as one option a device, and its dual),
``bounds`` (the certified optimum), ``parts`` (the same beyond one machine's memory), ``prices`` (the same by messages).
For use: ``schemes``, ``instance``. Two doors: ``evidence``, what the book says of the paper, and ``measured``, what
records and holds data.

``EQUATIONS`` maps the paper's numbers to functions. The names below load their module when they are first used, so
that importing this package is quick.
"""

from __future__ import annotations

from collections.abc import Mapping

from mecpapers.lazy import offer

EQUATIONS: Mapping[str, str] = {
    "(1)": "model.evaluate",
    "(2)": "model.evaluate",
    "(3)": "networks.macs",
    "(4)": "networks.output_size",
    "(5)": "model.computing_delay",
    "(6)": "model.computing_delay",
    "(7)": "model.computing_energy",
    "(8)": "scenario.Scenario.draw",
    "(9)": "model.transmission_delay",
    "(10)": "model.transmission_energy",
    "(11)": "model.evaluate",
    "(12)": "model.evaluate",
    "(13)": "model.evaluate",
    "(13a)": "model.fewest_frames",
    "(13b)-(13g)": "model.violations",
    "(14)": "model.macs",
    "(15)": "model.accuracy",
    "(16)": "model.Problem",
    "(16a)": "model.fewest_frames",
    "(17)": "model.local_cost",
    "(18)": "model.edge_cost",
    "(19)": "evidence.reference.local_optimum",
    "(20)": "local.local_frequency",
    "(21)": "local.local_frames",
    "(22)": "local.local_frames_combined",
    "(23)": "evidence.reference.edge_optimum",
    "(24)": "evidence.symbolic.lagrangian",
    "(25)": "edge.edge_shares",
    "(26)": "edge.edge_shares",
    "(27)": "edge.converted_cost",
    "(28)": "evidence.reference.geometric_program",
    "(29)": "geometric.relaxed_frames",
    "(29a)-(29c)": "evidence.reference.geometric_program",
    "(30)": "admm.rounds",
    "(30a)": "local.local_frequency",
    "(31)": "model.computing_energy",
    "(32)": "augmented.terms",
    "(33)": "admm.State",
    "(33a)": "admm.finish",
    "(34)": "augmented.local_step",
    "(35)": "augmented.project",
    "(36)": "evidence.reference.augmented_global",
    "(37)": "augmented.edge_value",
    "(38)": "evidence.reference.dual_function",
    "(39)": "evidence.reference.dual_function",
    "(40)": "admm.step",
    "(41)": "augmented.local_step",
    "(42)": "augmented.project",
    "(43)": "augmented.project",
    "(44)": "augmented.project",
    "(45)": "admm.step",
    "(46)": "admm.step",
    "(47)": "evidence.verification.theorem_1_residual",
    "(48)": "evidence.symbolic.local_frequency",
    "(49)": "local.local_frequency",
    "(50)": "evidence.verification.theorem_1_residual",
    "(51)": "evidence.symbolic.local_frames",
    "(52)": "local.local_frames",
    "(53)": "evidence.symbolic.lagrangian",
    "(54)": "evidence.symbolic.lagrangian",
    "(55)-(57)": "evidence.symbolic.prices",
    "(58)": "evidence.verification.theorem_2_residual",
    "(59)": "evidence.verification.theorem_2_residual",
    "(60)": "evidence.symbolic.priced_shares",
    "(61)": "evidence.symbolic.priced_shares",
    "(62)": "edge.edge_shares",
    "(63)": "edge.edge_shares",
    "Theorem 1": "local.solve_local",
    "Theorem 2": "edge.edge_shares",
    "Algorithm 1": "edge.solve_search",
    "Algorithm 2": "geometric.solve_geometric",
    "Algorithm 3": "offloading.solve_channel_aware",
    "Algorithm 4": "admm.solve_admm",
}

_HOMES = {
    "Allocation": "model",
    "Devices": "model",
    "Metrics": "model",
    "Problem": "model",
    "evaluate": "model",
    "violations": "model",
    "Scenario": "scenario",
    "SET_A": "scenario",
    "SET_B": "scenario",
    "EQ31": "scenario",
    "MIXED": "scenario",
    "SCHEMES": "schemes",
    "METRICS": "schemes",
    "compare": "schemes",
    "measure": "schemes",
}

__all__ = ["EQUATIONS", *_HOMES]
__getattr__, __dir__ = offer(__name__, _HOMES)
