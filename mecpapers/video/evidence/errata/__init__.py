"""The computations that show what the video paper prints wrong, by the keys of errata.toml."""

from collections.abc import Callable

from mecpapers.video.evidence.errata import centralised, distributed, networks
from mecpapers.video.evidence.errata.centralised import convex_share, local_power_range, relaxation_curvature
from mecpapers.video.evidence.errata.distributed import two_devices

__all__ = ["SHOWN", "convex_share", "local_power_range", "relaxation_curvature", "two_devices"]

SHOWN: dict[str, Callable[[], bool]] = {**centralised.SHOWN, **distributed.SHOWN, **networks.SHOWN}
