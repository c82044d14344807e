"""Problems that several experiments draw: crowds whose resources grow with them, and channels that change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.units import MEGA, from_db, from_dbm
from mecpapers.video.model import Problem
from mecpapers.video.scenario import SET_A, Scenario
from mecpapers.wireless import shannon_rate


def scaled(scenario: Scenario, n_devices: int, rng: np.random.Generator) -> Problem:
    """A drop whose server and air time grow with the number of devices, as if each 25 had a cell of their own."""
    problem = replace(scenario, n_devices=n_devices, server_ghz=scenario.server_ghz * n_devices / 25).draw(rng)
    return replace(problem, time_budget=n_devices / 25)


def drifted(problem: Problem, rng: np.random.Generator, step_db: float, scenario: Scenario = SET_A) -> Problem:
    """The same devices after every channel has changed by a normal step in dB; the rates follow by (8).

    Parameters
    ----------
    step_db : standard deviation of the step [dB]
    scenario : whose bandwidth and noise they are
    """
    v = problem.devices
    gain = v.channel * from_db(step_db * rng.standard_normal(v.size))
    bandwidth, noise = scenario.bandwidth_mhz * MEGA, from_dbm(scenario.noise_dbm_per_hz)
    rate = shannon_rate(bandwidth, v.transmit_power, gain, noise)
    return replace(problem, devices=replace(v, channel_gain=gain, uplink_rate=rate))


def anew(problem: Problem) -> Problem:
    """An equal problem of which nothing is remembered yet."""
    return replace(problem, devices=replace(problem.devices))
