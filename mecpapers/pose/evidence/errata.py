"""What reads wrong in the summary; the paper itself is not at hand."""

from __future__ import annotations

import numpy as np

from mecpapers.ledger import Erratum
from mecpapers.pose.model import Allocation, Problem, evaluate


def _devices_compute_all_the_same() -> bool:
    """Send nothing or everything: the light network has run on every image either way, and its time stays in D."""
    fifty = np.array([0.5, 0.5])
    problem = Problem(
        deadline=0.1, device_delay=np.array(0.04), server_delay=0.01, transmission_time=np.array(0.01),
        discard_value=0.0, score_pmf=fifty, device_accuracy=np.array([0.5, 0.9]),
        server_accuracy=np.array([0.8, 0.9]),
    )  # fmt: skip
    none = Allocation(lower=np.array([0]), upper=np.array([0]))
    half = Allocation(lower=np.array([0]), upper=np.array([1]))
    added = evaluate(problem, half).delay - evaluate(problem, none).delay
    local, sent = float(problem.device_delay.max()), 0.5 * float(problem.offload_cost[0])
    return evaluate(problem, none).delay == local and abs(added - sent) < 1e-12


ERRATA: tuple[Erratum, ...] = (
    Erratum(
        key="four-percent",
        where="summary, Key Results",
        printed="consistently meets delay requirements (within 4% of optimal)",
        corrected="two statements: the delay is met; the accuracy is within 4 % of the optimum",
        evidence="a delay requirement is met or not; only an objective can be near an optimum; both are checked",
        shown=None,
    ),
    Erratum(
        key="device-load",
        where="summary, Why This Works",
        printed="selective offloading reduces computational load on devices",
        corrected="it reduces the load on uplink and server",
        evidence="a threshold needs a score, so every device runs its light network on every image",
        shown=_devices_compute_all_the_same,
    ),
)
