"""What the video paper prints wrong, each with the computation that shows it."""

from mecpapers.ledger import Erratum
from mecpapers.video.evidence.errata import centralised, distributed, networks
from mecpapers.video.evidence.errata.centralised import convex_share, local_power_range, relaxation_curvature
from mecpapers.video.evidence.errata.distributed import two_devices

__all__ = ["ERRATA", "convex_share", "local_power_range", "relaxation_curvature", "two_devices"]

ERRATA: tuple[Erratum, ...] = (*centralised.ERRATA, *distributed.ERRATA, *networks.ERRATA)
