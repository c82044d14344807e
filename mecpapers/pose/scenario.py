"""Speeds, links and the deadline. Every value is our choice: the summary gives none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.pose.calibration import shipped
from mecpapers.pose.model import Filtered, Problem, Tables
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
    filtered: Filtered = "left out"  # what becomes of an image below the lower threshold

    def uplink_rate(self) -> FloatArray:
        """r_i = B log2(1 + SNR_i) [bit/s], scalar or shape (N,)."""
        return np.asarray(self.bandwidth_mhz * MEGA * np.log2(1 + from_db(np.asarray(self.snr_db, dtype=float))))

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
            filtered=self.filtered,
        )


@dataclass(frozen=True, kw_only=True)
class Drops(Scenario):
    """The same, and how a drop is made of it: recorded cameras by lot, with shadowing on their links."""

    n_devices: int = 6  # N: so many of the recorded cameras, beyond six some of them again
    shadowing_db: float = 4.0  # standard deviation of the SNRs

    def draw(self, rng: np.random.Generator) -> Problem:
        """Drop ``n_devices`` of the recorded cameras, in an order by lot, with shadowing on every link.

        What is known of them is what the first half of every recorded scene teaches. With one seed, more devices begin
        with the fewer.

        Raises
        ------
        ValueError
            naming the field, the value and the rule.
        """
        if self.n_devices < 1 or self.n_devices != int(self.n_devices):
            raise ValueError(f"n_devices = {self.n_devices}: must be a whole number, 1 or more")
        for name in ("device_slowdown", "snr_db"):
            given = np.size(getattr(self, name))
            if given not in (1, self.n_devices):
                raise ValueError(f"{name} has {given} values: must have one or n_devices = {self.n_devices}")
        n, recorded = int(self.n_devices), shipped().tables
        order_rng, link_rng = rng.spawn(2)
        cameras = np.resize(order_rng.permutation(len(recorded.score_pmf)), n)
        snr = np.asarray(self.snr_db, dtype=float) + self.shadowing_db * link_rng.standard_normal(n)
        return replace(self, snr_db=tuple(snr.tolist())).problem(recorded.of(cameras))


CHOSEN = Drops()
"""Speeds and links as in the book's figures, which have no shadowing."""
