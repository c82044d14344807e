"""What reads wrong in the summary; the paper itself is not at hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mecpapers.pose.model import Allocation, Problem, evaluate


def devices_compute_all_the_same(scored: bool = True) -> bool:
    """Send nothing, or half of the images: whether the light networks take the same time either way.

    By hand: 40 ms of light networks; half of the images of two devices at 20 ms each add 20 ms, and take nothing off.
    ``scored``: whether devices run their networks where images are sent, as thresholds need it.
    """
    fifty = np.array([0.5, 0.5])
    problem = Problem(
        deadline=0.1, device_delay=np.array(0.04), server_delay=0.01, transmission_time=np.array([0.01, 0.01]),
        discard_value=0.0, score_pmf=fifty, device_accuracy=np.array([0.5, 0.9]),
        server_accuracy=np.array([0.8, 0.9]),
    )  # fmt: skip
    none = Allocation(lower=np.array([0, 0]), upper=np.array([0, 0]))
    half = Allocation(lower=np.array([0, 0]), upper=np.array([1, 1]), device_inference=scored)
    sent = evaluate(problem, half)
    local = [evaluate(problem, none).delay, sent.delay - float(sent.offload_probability @ problem.offload_cost)]
    return bool(np.allclose(local, 0.04, rtol=0, atol=1e-12))


SHOWN: dict[str, Callable[[], bool]] = {
    "device-load": devices_compute_all_the_same,
}
