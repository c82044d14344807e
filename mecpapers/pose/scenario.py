"""Speeds, links and the deadline. Every value is our choice: the summary gives none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.pose.model import Problem, Tables
from mecpapers.units import MEGA, MILLI, from_db


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A field with several values holds one a device; a single one stands for all."""

    deadline_ms: float = 100.0  # D_req
    device_slowdown: float | tuple[float, ...] = 4.0  # a device's core against the measuring one
    server_speedup: float = 4.0  # the server against the measuring core
    servers: int = 1  # M
    bandwidth_mhz: float = 1.0  # B, time-shared
    snr_db: float | tuple[float, ...] = 16.0
    discard_value: float = 0.0  # kappa

    def uplink_rate(self) -> FloatArray:
        """r_i = B log2(1 + SNR_i) [bit/s], scalar or shape (N,)."""
        ratio = from_db(np.asarray(self.snr_db, dtype=float))
        return np.asarray(self.bandwidth_mhz * MEGA * np.log2(1 + ratio))

    def problem(self, tables: Tables) -> Problem:
        """The problem that measured tables make at these speeds and links."""
        return Problem(
            deadline=self.deadline_ms * MILLI,
            device_delay=tables.device_seconds * np.asarray(self.device_slowdown, dtype=float),
            server_delay=tables.server_seconds / self.server_speedup,
            transmission_time=tables.image_bits / self.uplink_rate(),
            discard_value=self.discard_value,
            score_pmf=tables.score_pmf,
            device_accuracy=tables.device_accuracy,
            server_accuracy=tables.server_accuracy,
            servers=self.servers,
        )
