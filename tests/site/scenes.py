"""Random instance files for the explorers: mixed and equal devices, ties, outages, weights of 0, both energies."""

from __future__ import annotations

from typing import Any

import numpy as np

from mecpapers.video.networks import line, macs_over, resnet

LINES = {depth: line(range(1, 17), macs_over(resnet(depth), range(1, 17)))[:2] for depth in (18, 34, 101)}


def draw(rng: np.random.Generator, n_devices: int) -> dict[str, Any]:
    """One instance file of Paper I, valid but perhaps infeasible."""
    n, chance = n_devices, lambda p: bool(rng.random() < p)

    def spread(middle: float, ratio: float) -> list[float]:
        """Of its own for each device, the same for a few kinds of them, or for all."""
        kinds = rng.choice([1, 3, n])
        values = middle * ratio ** rng.uniform(-1, 1, kinds)
        return values[rng.integers(kinds, size=n)].tolist() if chance(0.9) else [middle] * n

    rate = np.array(spread(3e7, rng.choice([1.5, 10])))
    if chance(0.2):
        rate[rng.random(n) < 0.3] = 0.0
    depth = rng.choice([18, 34, 101], size=n) if chance(0.5) else np.full(n, 18)
    macs = np.array([LINES[d] for d in depth])
    devices: dict[str, Any] = {
        "uplink_rate": rate.tolist(),
        "transmit_power": spread(1.0, 4) if chance(0.9) else 0.0,
        "frame_bits": spread(301056.0, 2),
        "max_frequency": spread(1.8e9, 2),
        "energy_coefficient": spread(1e-28, 3),
        "macs_per_frame": macs[:, 0].tolist(),
        "macs_offset": (macs[:, 1] * rng.choice([1, 1, 1, 0, -0.05])).tolist(),
        "accuracy_a0": spread(0.4, 1.5) if chance(0.95) else 0.0,
        "accuracy_a1": float(rng.choice([0, 0, 1, -0.5])),
        "accuracy_a2": 0.966,
        "min_accuracy": float(rng.choice([0.86, 0.7, 0.5, 0.0])),
        "max_frames": float(rng.choice([16, 16, 8, 40])),
    }
    if chance(0.5):
        devices["channel_gain"] = spread(1e-12, 30)
    if chance(0.2):
        devices["min_frames"] = rng.integers(1, 9, size=n).astype(float).tolist()
    if chance(0.3):
        devices["weight_delay"] = spread(0.2, 3)
    if chance(0.2):
        devices["weight_energy"] = spread(0.2, 3)
    if chance(0.2):
        devices["weight_accuracy"] = spread(0.6, 3)
    if chance(0.2):  # an accuracy that whole frames meet exactly
        devices |= {"accuracy_a0": 0.4, "accuracy_a1": 0.0, "min_accuracy": 0.966 - 0.4 / float(rng.integers(3, 9))}
    if chance(0.3):  # a few devices, each several times: ties, and classes of devices that are equal
        like = rng.integers(rng.integers(1, n + 1), size=n)
        devices |= {k: np.array(v)[like].tolist() for k, v in devices.items() if isinstance(v, list)}
    return {
        "paper": "video",
        "local_energy": str(rng.choice(["eq7", "eq31"])),
        "weights": {
            "delay": 0.2 * 3 ** rng.uniform(-1, 1),
            "energy": 0.0 if chance(0.1) else 0.2 * 3 ** rng.uniform(-1, 1),
            "accuracy": 0.0 if chance(0.1) else 0.6 * 3 ** rng.uniform(-1, 1),
        },
        "server_frequency": 2.2e10 * 5 ** rng.uniform(-1, 1),
        "time_budget": float(rng.choice([1, 1, 0.5, 3])),
        "cycles_per_mac": 0.12,
        "devices": devices,
    }
