"""What the video paper prints wrong, each with the computation that shows it."""

from mecpapers.ledger import Erratum
from mecpapers.video.errata import centralised, networks
from mecpapers.video.errata.centralised import convex_share, local_power_range, relaxation_curvature

__all__ = ["ERRATA", "convex_share", "local_power_range", "relaxation_curvature"]

ERRATA: tuple[Erratum, ...] = (*centralised.ERRATA, *networks.ERRATA)
