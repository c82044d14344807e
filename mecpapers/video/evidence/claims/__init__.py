"""The ledger of the video paper: what it states, and how each statement is measured."""

from mecpapers.ledger import Claim
from mecpapers.video.evidence.claims import centralised, distributed, networks, trends

CLAIMS: tuple[Claim, ...] = (*centralised.CLAIMS, *distributed.CLAIMS, *networks.CLAIMS, *trends.CLAIMS)
