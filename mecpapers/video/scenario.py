"""Section VI: the parameters as published, in the units as published, and what the paper leaves out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mecpapers.arrays import FloatArray, freeze
from mecpapers.units import GIGA, MEGA, from_dbm
from mecpapers.video.model import Devices, LocalEnergy, Problem
from mecpapers.wireless import drop_distances, path_gain, shannon_rate

Trait = Literal["power", "network", "weights", "frequency", "frame_size", "accuracy"]
TRAITS: tuple[Trait, ...] = ("power", "network", "weights", "frequency", "frame_size", "accuracy")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Section VI of the paper. A field marked *chosen* is not in the paper: the value is ours."""

    n_devices: int = 25  # N; chosen: 12.3 + 12.7 devices in Table I
    bandwidth_mhz: float = 5.0  # B_w
    noise_dbm_per_hz: float = -174.0  # N_0
    path_loss_db: tuple[float, float] = (128.1, 37.6)  # at 1 km, and per decade of distance
    side_m: float = 500.0
    station: tuple[float, float] = (0.0, 0.0)  # in sides; chosen: a corner of the square
    fading: Literal["none", "rayleigh"] = "none"  # chosen
    transmit_power_w: float = 1.0  # p_n; chosen
    frame_bits: float = 112 * 112 * 3 * 8  # d; 112 x 112 is printed, three channels of 8 bits are chosen
    server_ghz: float = 22.0  # f^max; the paper prints the two values swapped
    device_ghz: float = 1.8  # f_n^max
    energy_coefficient: float = 1e-28  # kappa [J s^2/cycle^3]
    cycles_per_mac: float = 0.12  # rho
    macs_per_frame: float = 4.784e8  # m_c0; chosen: least squares on 3D ResNet-18, M = 1..16
    macs_offset: float = 8.686e8  # m_c1; chosen, likewise
    accuracy_a0: float = 0.4  # m_a0; chosen: fits the two accuracies of Table I
    accuracy_a1: float = 0.0  # m_a1; chosen
    accuracy_a2: float = 0.966  # m_a2; chosen: fits the two accuracies of Table I
    min_accuracy: float = 0.86  # alpha_n
    max_frames: int = 16  # M_n^max
    min_frames: int | None = None  # M_n^min; Sec. VI-C sets it to 1 for Fig. 9
    weight_delay: float = 0.2  # beta_1
    weight_energy: float = 0.2  # beta_2
    weight_accuracy: float = 0.6  # beta_3
    local_energy: LocalEnergy = "eq7"
    mixed: tuple[Trait, ...] = ()  # traits in which the devices differ; the paper's devices differ in place alone

    def __post_init__(self) -> None:
        """Check what no field of the problem shows."""
        freeze(self)
        if self.n_devices < 1 or self.n_devices != int(self.n_devices):
            raise ValueError(f"n_devices = {self.n_devices}: must be a whole number, 1 or more")

    def draw(self, rng: np.random.Generator) -> Problem:
        """Drop the devices and return their problem, fields of shape (N,) in SI units.

        Places, fading and mixture have a stream each, and a stream serves the devices in order: with one seed, the
        first devices of a larger drop are those of a smaller one.
        """
        places, fades, mixture = rng.spawn(3)
        n = self.n_devices
        gain = path_gain(drop_distances(places, n, self.side_m, self.station), *self.path_loss_db)
        if self.fading == "rayleigh":
            gain = gain * fades.exponential(size=n)
        factor = dict(zip(TRAITS, mixture.uniform(size=(n, len(TRAITS))).T, strict=True))
        factor = {trait: u if trait in self.mixed else np.full(n, 0.5) for trait, u in factor.items()}
        power = self.transmit_power_w * _spread(factor["power"], 4)
        shift = _spread(factor["weights"], 3)
        each = np.asarray  # one number stands for all
        devices = Devices(
            uplink_rate=shannon_rate(self.bandwidth_mhz * MEGA, power, gain, from_dbm(self.noise_dbm_per_hz)),
            channel_gain=gain,
            transmit_power=power,
            frame_bits=self.frame_bits * _spread(factor["frame_size"], 2),
            max_frequency=self.device_ghz * GIGA * _spread(factor["frequency"], 2),
            energy_coefficient=each(self.energy_coefficient),
            macs_per_frame=self.macs_per_frame * _spread(factor["network"], 3),
            macs_offset=self.macs_offset * _spread(factor["network"], 3),
            accuracy_a0=self.accuracy_a0 * _spread(factor["accuracy"], 1.5),
            accuracy_a1=each(self.accuracy_a1),
            accuracy_a2=each(self.accuracy_a2),
            min_accuracy=each(self.min_accuracy),
            max_frames=each(self.max_frames),
            min_frames=None if self.min_frames is None else each(self.min_frames),
            weight_delay=self.weight_delay * shift,
            weight_energy=self.weight_energy / shift,
            weight_accuracy=each(self.weight_accuracy),
        )
        return Problem(
            devices=devices,
            server_frequency=self.server_ghz * GIGA,
            cycles_per_mac=self.cycles_per_mac,
            local_energy=self.local_energy,
        )


def _spread(u: FloatArray, ratio: float) -> FloatArray:
    """Map a uniform u in (0, 1) to a factor in (1/ratio, ratio), log-uniform; 0.5 gives 1."""
    return np.asarray(ratio ** (2 * u - 1))


SET_A = Scenario()
EQ31 = replace(SET_A, local_energy="eq31")  # the reading that fits the paper's figures
SET_B = replace(SET_A, macs_offset=1.008e9, fading="rayleigh")
MIXED = replace(SET_A, mixed=TRAITS)
