"""The ledger of the video paper: what it states, and how each statement is measured."""

from mecpapers.ledger import Claim
from mecpapers.video.claims import centralised, distributed, networks, trends

CLAIMS: tuple[Claim, ...] = (*networks.CLAIMS, *centralised.CLAIMS, *distributed.CLAIMS, *trends.CLAIMS)
