"""What reads wrong in the summary; the paper itself is not at hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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


SHOWN: dict[str, Callable[[], bool]] = {
    "device-load": _devices_compute_all_the_same,
}
