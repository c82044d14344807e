"""Section V: Table I as published, in the units as published, and what the paper leaves out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mecpapers.fhei.model import Problem, Users
from mecpapers.units import GIGA, MEGA, TERA
from mecpapers.wireless import shannon_rate

_KILO = 1e3  # byte per Kbyte


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Table I. A field marked *chosen* is not in the paper: the value is ours."""

    n_users: int = 5  # M
    transmit_power_w: float = 0.1  # P_U
    station_power_w: float = 1.0  # P_D; chosen
    receive_power_w: float = 0.01  # sigma
    uplink_mhz: float = 20.0  # W_U
    downlink_mhz: float = 160.0  # W_D
    noise_w_per_hz: float = 2e-8  # N_0; chosen so that the limits bind and the benchmarks have answers
    gamma_shape: float = 1.0  # of the gains; chosen: "unit mean, scale 3" is 1/3, with which our N_0 serves few drops
    gamma_scale: float = 3.0  # of the gains
    uplink_gains: tuple[float, ...] = ()  # fixed instead of drawn, as in Fig. 4(a)
    downlink_gains: tuple[float, ...] = ()
    device_gflops: tuple[float, ...] = ()  # fixed instead of drawn; chosen
    slowest_gflops: float = 1.5  # Q_m is printed as 1.5 ~ 4.5; a uniform draw between them is chosen
    fastest_gflops: float = 4.5
    server_tflops: float = 20.0  # F
    input_kbytes: float = 100.0  # I
    min_mbytes: float = 2.8  # d_min
    max_mbytes: float = 6.0  # d_max
    fn_flops_per_byte: float = 12.59e3  # c_1
    in_flops_per_byte: float = 5.664e3  # c_2
    base_gflops: float = 14.527  # L_0 [1e9 FLOP]
    max_mean_energy: float = 5.0  # E-bar [J]
    max_mean_latency: float = 15.0  # T-bar [s]
    energy_coefficient: float = 1e-28  # psi [J s^2/FLOP^3]
    quality_per_mbyte: float = 12.0  # delta_s [mAP/Mbyte]

    def __post_init__(self) -> None:
        """Check what no field of the problem shows."""
        if self.n_users < 1 or self.n_users != int(self.n_users):
            raise ValueError(f"n_users = {self.n_users}: must be a whole number, 1 or more")
        for name in ("uplink_gains", "downlink_gains", "device_gflops"):
            given = getattr(self, name)
            if given and len(given) != self.n_users:
                raise ValueError(f"{name} has {len(given)} values: must have n_users = {self.n_users}")

    def draw(self, rng: np.random.Generator) -> Problem:
        """Draw gains and mobiles, and return their problem; with one seed, more users begin with the fewer."""
        up_rng, down_rng, speed_rng = rng.spawn(3)
        n, shape, scale = self.n_users, self.gamma_shape, self.gamma_scale
        up = np.array(self.uplink_gains or up_rng.gamma(shape, scale, n))
        down = np.array(self.downlink_gains or down_rng.gamma(shape, scale, n))
        speed = np.array(self.device_gflops or speed_rng.uniform(self.slowest_gflops, self.fastest_gflops, n))
        up_rate = shannon_rate(self.uplink_mhz * MEGA, self.transmit_power_w, up, self.noise_w_per_hz)
        down_rate = shannon_rate(self.downlink_mhz * MEGA, self.station_power_w, down, self.noise_w_per_hz)
        users = Users(
            uplink_rate=up_rate,
            downlink_rate=down_rate,
            device_speed=speed * GIGA,
            receive_power=np.full(n, self.receive_power_w),
            uplink_gain=up,
            downlink_gain=down,
        )
        return Problem(
            users=users,
            input_bytes=self.input_kbytes * _KILO,
            transmit_power=self.transmit_power_w,
            server_speed=self.server_tflops * TERA,
            fn_flops_per_byte=self.fn_flops_per_byte,
            fn_base_flops=self.base_gflops * GIGA,
            in_flops_per_byte=self.in_flops_per_byte,
            energy_coefficient=self.energy_coefficient,
            min_feature_bytes=self.min_mbytes * MEGA,
            max_feature_bytes=self.max_mbytes * MEGA,
            max_mean_energy=self.max_mean_energy,
            max_mean_latency=self.max_mean_latency,
            quality_per_byte=self.quality_per_mbyte / MEGA,
        )


TABLE_I = Scenario()
FIG_4A = replace(
    TABLE_I,
    uplink_gains=(0.05, 1.32, 1.95, 4.63, 3.43),
    downlink_gains=(5.17, 1.66, 1.51, 0.62, 1.14),
    device_gflops=(3.0,) * 5,
)
"""The caption's gains, five equal mobiles."""

UNEQUAL = {
    "equal": FIG_4A,
    "slow user 1": replace(FIG_4A, device_gflops=(1.5, 2.25, 3.0, 3.75, 4.5)),
    "slow users 4, 5": replace(FIG_4A, device_gflops=(4.5, 3.75, 3.0, 1.5, 2.25)),
    "below Table I": replace(FIG_4A, device_gflops=(1.2, 2.0, 1.4, 1.0, 3.0)),
}
"""Fig. 4(a) with other mobiles: the paper does not say whose speed is whose."""
